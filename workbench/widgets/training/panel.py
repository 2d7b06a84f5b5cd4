"""Train before and after: two curves, a Stop that is heard, the difference with its interval."""

import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets
import plotly.graph_objects as go
from torch import Tensor
from torch_geometric.data import Data

from workbench.capture import model_inputs
from workbench.diagnostics import Stopped, sensitivity
from workbench.figures import training_curves
from workbench.graphs.attributes import edge_columns
from workbench.tasks import Task, node_labels, transfer
from workbench.training import (
    PairedProgress,
    PairedRuns,
    compare_training,
    model_for,
    warm_up,
)
from workbench.widgets.canvas.loss_curves import LossCurves
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.controls import row
from workbench.widgets.lab.lab import Lab, command
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.training.named_run import NamedRun, free_name, graph_key
from workbench.widgets.training.state import LABELS, NO_RUN, TrainingState
from workbench.widgets.training.views import (
    SENSITIVITY_NODES,
    progress_text,
    runs_html,
    show_sensitivities,
)

#: What the lab around shows now: its name, and the edge lists before and after.
Pair = tuple[str, Tensor, Tensor]


class TrainingPanel(Lab, state=TrainingState):
    """Trains one model on the original and on the rewired graph, from equal first weights.

    Every training stays under a name, to compare and to delete.

    Args:
        pair: gives the name and the edge lists ``(name, before, after)`` at the moment of the
            click.

    Attributes:
        task, model, layers, width, epochs, seeds: what is trained; set them.
        run: the name of the run that is shown; set it to show another.
        kept: all runs by name, oldest first.
    """

    def __init__(self, pair: Callable[[], Pair]):
        super().__init__(TrainingState())
        self._pair = pair
        self.kept: dict[str, NamedRun] = {}
        self._live: dict[str, dict[int, list[float]]] | None = None
        self._drawn = self._told = 0.0
        self._build()
        self.when("run", then=self._show_run)
        # what the first training would import, so that its first Stop is heard
        self.worker.submit("warm up", lambda _: warm_up())

    @property
    def shown_run(self) -> NamedRun | None:
        """The run that is shown, with its tasks and graphs, or None."""
        return self.kept.get(self.state.run)

    @property
    def losses(self) -> dict[str, dict[int, list[float]]]:
        """Side -> seed -> training loss of each epoch, of what trains or else is shown."""
        if self._live is not None:
            return self._live
        return self.shown_run.losses if self.shown_run else {"before": {}, "after": {}}

    @property
    def runs(self) -> PairedRuns | None:
        """What the run that is shown gave, or None; after a training that is the last one."""
        return self.shown_run and self.shown_run.runs

    @property
    def sensitivities(self) -> tuple[Tensor, Tensor] | None:
        """Matrices of the first seed's models of the run that is shown, or None."""
        return self.shown_run and self.shown_run.sensitivities

    def figure(self) -> go.Figure:
        """The loss curves as a plotly figure."""
        return training_curves(*self._groups().values())

    def set_graph(self, graph: Data) -> None:
        """Offer the tasks that this graph allows; the runs stay, and so does what trains."""
        self.state.set_graph(graph)

    def follow_graph(self) -> None:
        """Grey the runs whose graphs are not those that the lab around shows now."""
        if self.kept:
            self._tell_runs()

    def tasks(self) -> tuple[Task, Task]:
        """The chosen task on the original and on the rewired graph, both without weights.

        What the edges of the graph carry stays out: the lists that are compared say only which
        edges there are.
        """
        return self._tasks(*self._pair()[1:])

    @command
    def start(self) -> None:
        """Train in the background; the cell returns at once."""
        self.worker.submit("train", self._train)

    @command
    def more_seeds(self) -> None:
        """Train ``seeds`` more pairs of the run that is shown, on the two graphs that it had.

        Raises:
            ValueError: no run is shown.
        """
        run = self._chosen_run()
        self.worker.submit(
            "train", lambda stop: self._extend(run, run.next_seeds(self.seeds), stop)
        )

    @command
    def stop(self) -> None:
        """Stop within the current step."""
        self.worker.stop("train")

    @command
    def delete(self) -> None:
        """Forget the run that is shown.

        Raises:
            ValueError: no run is shown.
        """
        del self.kept[self._chosen_run().name]
        self._offer_runs(next(reversed(self.kept), NO_RUN))

    def wait(self, timeout: float = 600.0) -> bool:
        """Block until the training has ended; False after ``timeout`` seconds."""
        return super().wait(timeout)

    def texts(self) -> dict[str, Any]:
        """How far it is, the curves, and the table and sentence about the runs."""
        return {
            "progress": self._left.value,
            "done": self._bar.value,
            "runs": list(self.kept),
            "result": self._result.value,
            "curves": self._groups(),
        }

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        self.pictures["curves"] = LossCurves()
        self.pictures["sensitivity"] = MatrixCanvas(
            height=324,
            mode="both",
            log_scale=True,
            title="sensitivity after training: how far node v hears node u",
            rows="output node",
            columns="input node",
            missing="no influence",
        )
        self._result = ipywidgets.HTML()
        self._bar = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="180px", height="14px")
        )
        self._left = ipywidgets.Label(layout=ipywidgets.Layout(width="230px"))
        # one below the other where there is no room for both
        columns = "repeat(auto-fit, minmax(min(100%, 420px), 1fr))"
        self._pictures = ipywidgets.GridBox(
            layout=ipywidgets.Layout(grid_template_columns=columns, grid_gap="8px")
        )
        start = "Train on the original and on the rewired graph, each seed from equal weights."
        stop = "Stop within the current step; what was learned so far stays."
        more = 'Train as many pairs more as "seeds" says, on the two graphs of the run.'
        names = [name for name in self.state.settings() if name != "run"]
        self._of_runs = row(
            self.control("run"),
            self.button("more_seeds", "More seeds", more, width=100),
            self.button("delete", "Delete", "Forget this run.", width=80),
        )
        self.children = [
            row(*map(self.control, names)),
            row(
                self.button("start", "Train before / after", start, width=170, primary=True),
                self.button("stop", "Stop", stop, width=80),
                self._bar,
                self._left,
            ),
            self._of_runs,
            self._pictures,
            self._result,
            self._status,
        ]
        self._offer_runs(NO_RUN)
        self._allow(False)

    def _allow(self, now: bool) -> None:
        """Start is for when nothing runs, Stop for when something does."""
        for name in ("start", "more_seeds", "delete"):
            self.controls[name].disabled = now
        self.controls["stop"].disabled = not now

    def _offer_runs(self, shown: str) -> None:
        """Put the runs into their menu and show one."""
        self.state.offer("run", list(self.kept) or [NO_RUN], shown)
        self._of_runs.layout.display = None if self.kept else "none"
        self._show_run()

    def _show_run(self) -> None:
        """Curves, sensitivity and words of the run that is chosen."""
        run = self.shown_run
        if run is not None:
            show_sensitivities(self.pictures["sensitivity"], run)
        self._draw_curves(force=True)
        self._tell_runs()

    def _tell_runs(self) -> None:
        run = self.shown_run
        if run is None:
            self._result.value = ""
            return
        now = graph_key(self.state.graph.num_nodes, *self._pair()[1:])
        self._result.value = runs_html(list(self.kept.values()), run, now)

    def _chosen_run(self) -> NamedRun:
        if self.shown_run is None:
            raise ValueError("there is no run yet; train first")
        return self.shown_run

    # ---- the work -------------------------------------------------------------------------

    def _train(self, should_stop: ShouldStop) -> None:
        asked, graph, (name, *edges) = self.state.now(), self.state.graph, self._pair()
        tasks = self._tasks(*edges)
        options = {"width": asked.width, "num_layers": asked.layers}
        run = NamedRun(
            free_name(f"{name}, {asked.model}", self.kept),
            graph_key(graph.num_nodes, *edges),
            tasks,
            partial(model_for, tasks[0], asked.model, **options),
            asked.epochs,
        )
        self._extend(run, list(range(asked.seeds)), should_stop)

    def _extend(self, run: NamedRun, seeds: Sequence[int], should_stop: ShouldStop) -> None:
        """Train pairs of a run, which stays with what comes out."""
        self._allow(True)
        self.say("")
        self._bar.value, self._left.value = 0.0, "preparing"
        self._live = run.losses
        self._draw_curves(force=True)
        try:
            runs = compare_training(
                run.make_model,
                *run.tasks,
                seeds=seeds,
                epochs=run.epochs,
                callbacks=[self._report, lambda _: should_stop()],
            )
            self._live, run = None, run.extend(runs)
            self._keep(run)
            if not runs.stopped:
                self._bar.value = 1.0
            self._left.value = "stopped" if runs.stopped else "done"
            self._measure(run, should_stop)
        finally:
            self._live = None
            self._allow(False)

    def _keep(self, run: NamedRun) -> None:
        self.kept[run.name] = run
        self._offer_runs(run.name)

    def _measure(self, run: NamedRun, should_stop: ShouldStop) -> None:
        """The sensitivity of the first seed's models, before and after."""
        if run.sensitivities or not run.has_pair or run.key[0] > SENSITIVITY_NODES:
            return
        self.pictures["sensitivity"].stale = True
        found = []
        models = run.runs.before_models, run.runs.after_models
        try:
            for task, (model, *_) in zip(run.tasks, models, strict=True):
                data = task.test[0]
                given = {"inputs": model_inputs(model, data), "should_stop": should_stop}
                found.append(sensitivity(model, data.x, data.edge_index, **given))
            self._keep(replace(run, sensitivities=tuple(found)))
        except Stopped:
            self._keep(run)

    def _tasks(self, before: Tensor, after: Tensor) -> tuple[Task, Task]:
        graph = copy(self.state.graph)
        for key in edge_columns(graph):
            del graph[key]
        graph.edge_index = before
        # transfer is between the two nodes that are farthest apart
        task = node_labels(graph) if self.task == LABELS else transfer(graph)

        def rewire(data: Data) -> Data:
            data = copy(data)
            data.edge_index = after
            return data

        return task, task.map(rewire)

    def _report(self, paired: PairedProgress) -> None:
        progress = paired.progress
        losses = self._live[paired.side].setdefault(paired.seed, [])
        if progress.epoch_ended:
            losses.append(progress.curve.train_loss[-1])
        now = time.monotonic()
        if now - self._told > 0.1:
            self._told = now
            done = (paired.run + progress.step / progress.steps) / paired.runs
            self._bar.value = done
            self._left.value = progress_text(paired)
        self._draw_curves()

    def _draw_curves(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._drawn < 0.5:
            return
        self._drawn = now
        self.pictures["curves"].show(self._groups())
        there = self.kept or self._live is not None
        pictures = (self.pictures["curves"], self.pictures["sensitivity"])
        self._pictures.children = pictures if there else ()

    def _groups(self) -> dict[str, list[list[float]]]:
        """The losses of each seed, by side."""
        return {side: list(seeds.values()) for side, seeds in self.losses.items()}

    def tell_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self._left.value = "failed"
        self.say(f"training: {error}", wrong=True)
