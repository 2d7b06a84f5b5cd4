"""Train before and after: two curves, a Stop that is heard, the difference with its interval."""

import time
from collections.abc import Callable
from copy import copy
from typing import Any

import ipywidgets
import plotly.graph_objects as go
from torch import Tensor
from torch_geometric.data import Data

from workbench.capture import model_inputs
from workbench.diagnostics import sensitivity
from workbench.figures import training_curves
from workbench.graphs.attributes import edge_columns
from workbench.tasks import Task, node_labels, transfer
from workbench.training import PairedProgress, PairedRuns, compare_training, warm_up
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.controls import row
from workbench.widgets.lab.lab import Lab, command
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.training.curves import loss_curves
from workbench.widgets.training.state import LABELS, TrainingState
from workbench.widgets.training.views import (
    progress_text,
    result_html,
    show_sensitivities,
)

#: Sensitivity of all pairs is drawn up to this many nodes.
SENSITIVITY_NODES = 300


class TrainingPanel(Lab, state=TrainingState):
    """Trains one model on the original and on the rewired graph, from equal first weights.

    Args:
        edge_lists: gives the edge lists ``(before, after)`` at the moment of the click.

    Attributes:
        task, model, layers, width, epochs, seeds: what is trained; set them.
        runs: the ``PairedRuns`` of the last training, or None.
        sensitivities: ``(before, after)`` matrices of the first seed's models, or None.
        losses: side -> seed -> training loss of each epoch, while it trains.
    """

    def __init__(self, edge_lists: Callable[[], tuple[Tensor, Tensor]]):
        super().__init__(TrainingState())
        self._edge_lists = edge_lists
        self.runs: PairedRuns | None = None
        self.sensitivities: tuple[Tensor, Tensor] | None = None
        self.losses: dict[str, dict[int, list[float]]] = {}
        self._drawn = self._told = 0.0
        self._build()
        # what the first training would import, so that its first Stop is heard
        self.worker.submit("warm up", lambda _: warm_up())

    def figure(self) -> go.Figure:
        """The loss curves of the last training as a plotly figure."""
        return training_curves(*map(list, self._groups().values()))

    def set_graph(self, graph: Data) -> None:
        """Offer the tasks that this graph allows; forget the last runs."""
        self.stop()
        self.state.set_graph(graph)
        self.runs = self.sensitivities = None
        self._pictures.children = ()
        self._result.value = ""

    def tasks(self) -> tuple[Task, Task]:
        """The chosen task on the original and on the rewired graph, both without weights.

        What the edges of the graph carry stays out: the lists that are compared say only which
        edges there are.
        """
        before, after = self._edge_lists()
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

    @command
    def start(self) -> None:
        """Train in the background; the cell returns at once."""
        self.worker.submit("train", self._train)

    @command
    def stop(self) -> None:
        """Stop within the current step."""
        self.worker.stop("train")

    def wait(self, timeout: float = 600.0) -> bool:
        """Block until the training has ended; False after ``timeout`` seconds."""
        return super().wait(timeout)

    def texts(self) -> dict[str, Any]:
        """How far it is, and the table and sentence about the runs."""
        return {
            "progress": self._left.value,
            "done": self._bar.value,
            "result": self._result.value,
            "curves": self._curves.value,
        }

    def _build(self) -> None:
        self.pictures["sensitivity"] = MatrixCanvas(
            height=300,
            mode="both",
            log_scale=True,
            title="sensitivity after training: how far node v hears node u",
            rows="output node",
            columns="input node",
            missing="no influence",
        )
        self._curves, self._result = ipywidgets.HTML(), ipywidgets.HTML()
        self._bar = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="180px", height="14px")
        )
        self._left = ipywidgets.Label(layout=ipywidgets.Layout(width="230px"))
        columns = "minmax(0, 1fr) minmax(0, 1.25fr)"
        self._pictures = ipywidgets.GridBox(
            layout=ipywidgets.Layout(grid_template_columns=columns, grid_gap="8px")
        )
        start = "Train on the original and on the rewired graph, each seed from equal weights."
        stop = "Stop within the current step; what was learned so far stays."
        self.children = [
            row(*(self.control(name) for name in self.state.settings())),
            row(
                self.button("start", "Train before / after", start, width=170, primary=True),
                self.button("stop", "Stop", stop, width=80),
                self._bar,
                self._left,
            ),
            self._pictures,
            self._result,
            self._status,
        ]
        self._running(False)

    def _running(self, now: bool) -> None:
        """Start is for when nothing runs, Stop for when something does."""
        self.controls["start"].disabled, self.controls["stop"].disabled = now, not now

    def _train(self, should_stop: ShouldStop) -> None:
        self._running(True)
        self._result.value = ""
        self.say("")
        self._bar.value, self._left.value = 0.0, "preparing"
        self.losses = {"before": {}, "after": {}}
        self._pictures.children = (self._curves, self.pictures["sensitivity"])
        try:
            before, after = self.tasks()
            self.runs = compare_training(
                lambda: self.state.model_for(before),
                before,
                after,
                seeds=self.seeds,
                epochs=self.epochs,
                callbacks=[self._report, lambda _: should_stop()],
            )
            self._draw_curves(force=True)
            self._tell_result(before)
            self._draw_sensitivity(before, after, should_stop)
        finally:
            self._running(False)

    def _report(self, paired: PairedProgress) -> None:
        progress = paired.progress
        losses = self.losses[paired.side].setdefault(paired.seed, [])
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
        self._curves.value = loss_curves(self._groups())

    def _groups(self) -> dict[str, list[list[float]]]:
        """The losses of each seed, by side."""
        return {side: list(self.losses.get(side, {}).values()) for side in ("before", "after")}

    def _tell_result(self, task: Task) -> None:
        if not self.runs.stopped:
            self._bar.value = 1.0
        self._left.value = "stopped" if self.runs.stopped else "done"
        self._result.value = result_html(self.runs, task)

    def _draw_sensitivity(self, before: Task, after: Task, should_stop: ShouldStop) -> None:
        nodes, heat = self.state.graph.num_nodes, self.pictures["sensitivity"]
        if nodes > SENSITIVITY_NODES or not self.runs.after_models:
            heat.size, heat.values = 0, b""
            heat.title = (
                f"sensitivity is drawn up to {SENSITIVITY_NODES} nodes; beyond, call "
                "sensitivity(model, x, edge_index, nodes=...)"
            )
            return
        heat.stale = True
        pair = []
        for task, models in ((before, self.runs.before_models), (after, self.runs.after_models)):
            data = task.test[0]
            inputs = model_inputs(models[0], data)
            pair.append(
                sensitivity(
                    models[0], data.x, data.edge_index, inputs=inputs, should_stop=should_stop
                )
            )
            if should_stop():
                return
        self.sensitivities = tuple(pair)
        show_sensitivities(heat, *pair)

    def failed(self, error: Exception) -> None:
        """Tell what went wrong."""
        self._left.value = "failed"
        self.say(f"training: {error}", wrong=True)
