"""Train before and after: two curves, a Stop that is heard, the difference with its interval."""

import time
from collections.abc import Callable
from copy import copy

import ipywidgets
import plotly.graph_objects as go
import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.capture import model_inputs
from workbench.diagnostics import hop_distance, sensitivity
from workbench.figures import training_curves
from workbench.graphs.attributes import edge_columns
from workbench.tasks import Task, node_labels, transfer
from workbench.training import PairedProgress, PairedRuns, compare_training, warm_up
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.worker import Worker
from workbench.widgets.training.controls import FAR_SIDE, LABELS, TrainingControls
from workbench.widgets.training.views import (
    progress_text,
    result_html,
    show_sensitivities,
    update_curves,
)

#: Sensitivity of all pairs is drawn up to this many nodes.
SENSITIVITY_NODES = 300


class TrainingPanel(ipywidgets.VBox):
    """Trains one model on the original and on the rewired graph, from equal first weights.

    Args:
        edge_lists: gives the edge lists ``(before, after)`` at the moment of the click.
        say: shows a line of text to the user; ``say(text, wrong=True)`` an error.

    Attributes:
        runs: the ``PairedRuns`` of the last training, or None.
        sensitivities: ``(before, after)`` matrices of the first seed's models, or None.
    """

    def __init__(self, edge_lists: Callable[[], tuple[Tensor, Tensor]], say: Callable):
        self._edge_lists, self._say = edge_lists, say
        self._worker = Worker(self._failed)
        self.runs: PairedRuns | None = None
        self.sensitivities: tuple[Tensor, Tensor] | None = None
        self._graph: Data | None = None
        self._drawn = self._told = 0.0
        self.controls = controls = TrainingControls()
        self.task_menu, self.model_menu = controls.task_menu, controls.model_menu
        self.layers, self.width = controls.layers, controls.width
        self.epochs, self.seeds = controls.epochs, controls.seeds
        self.start_button, self.stop_button = controls.start_button, controls.stop_button
        self._bar, self._left = controls.bar, controls.left
        self.figure: go.FigureWidget | None = None
        self.heat = MatrixCanvas(
            height=300,
            mode="both",
            log_scale=True,
            title="sensitivity after training: how far node v hears node u",
            rows="output node",
            columns="input node",
            missing="no influence",
        )
        self._result = ipywidgets.HTML()
        self._pictures = ipywidgets.GridBox(
            layout=ipywidgets.Layout(
                grid_template_columns="minmax(0, 1fr) minmax(0, 1.25fr)", grid_gap="8px"
            ),
        )
        super().__init__([*controls.rows(), self._pictures, self._result])
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        # what the first training would import, so that its first Stop is heard; a FigureWidget
        # alone takes two seconds, which the import of this package would pay otherwise
        self._worker.submit("warm up", lambda _: (warm_up(), go.FigureWidget()))

    def set_graph(self, graph: Data) -> None:
        """Offer the tasks that this graph allows; forget the last runs."""
        self.stop()
        self._graph, self.runs, self.sensitivities = graph, None, None
        y = getattr(graph, "y", None)
        labeled = y is not None and y.dim() == 1 and y.size(0) == graph.num_nodes
        self.task_menu.options = [FAR_SIDE, LABELS] if labeled else [FAR_SIDE]
        self._pictures.children = ()
        self._result.value = ""
        if graph.edge_index.numel() and graph.num_nodes <= 3_000:
            distance = hop_distance(graph.edge_index, graph.num_nodes)
            far = int(distance[torch.isfinite(distance)].max())
            self.layers.value = min(max(far, 2), 12)

    def tasks(self) -> tuple[Task, Task]:
        """The chosen task on the original and on the rewired graph, both without weights.

        What the edges of the graph carry stays out: the lists that are compared say only which
        edges there are.
        """
        before, after = self._edge_lists()
        graph = copy(self._graph)
        for key in edge_columns(graph):
            del graph[key]
        graph.edge_index = before
        # transfer is between the two nodes that are farthest apart
        task = node_labels(graph) if self.task_menu.value == LABELS else transfer(graph)

        def rewire(data: Data) -> Data:
            data = copy(data)
            data.edge_index = after
            return data

        return task, task.map(rewire)

    def start(self) -> None:
        """Train in the background; the cell returns at once."""
        self._worker.submit("train", self._train)

    def stop(self) -> None:
        """Stop within the current step."""
        self._worker.stop("train")

    def wait(self, timeout: float = 600.0) -> bool:
        """Block until the training has ended; False after ``timeout`` seconds."""
        return self._worker.wait(timeout)

    def close(self) -> None:
        """Stop the thread and remove the panel."""
        self._worker.close()
        super().close()

    def _train(self, should_stop: Callable[[], bool]) -> None:
        self.controls.running(True)
        self._result.value = ""
        self._bar.value, self._left.value = 0.0, "preparing"
        self._losses: dict[str, dict[int, list[float]]] = {"before": {}, "after": {}}
        # made anew, so that plotly measures the width that it has to fill
        self.figure = go.FigureWidget(training_curves([], []))
        self.figure.update_layout(height=300, autosize=True)
        self._pictures.children = (self.figure, self.heat)
        try:
            before, after = self.tasks()
            self.runs = compare_training(
                lambda: self.controls.model_for(before),
                before,
                after,
                seeds=self.seeds.value,
                epochs=self.epochs.value,
                callbacks=[self._report, lambda _: should_stop()],
            )
            self._draw_curves(force=True)
            self._tell_result(before)
            self._draw_sensitivity(before, after, should_stop)
        finally:
            self.controls.running(False)

    def _report(self, paired: PairedProgress) -> None:
        progress = paired.progress
        losses = self._losses[paired.side].setdefault(paired.seed, [])
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
        new = training_curves(*(list(self._losses[s].values()) for s in ("before", "after")))
        update_curves(self.figure, new)

    def _tell_result(self, task: Task) -> None:
        if not self.runs.stopped:
            self._bar.value = 1.0
        self._left.value = "stopped" if self.runs.stopped else "done"
        self._result.value = result_html(self.runs, task)

    def _draw_sensitivity(self, before: Task, after: Task, should_stop) -> None:
        nodes = self._graph.num_nodes
        if nodes > SENSITIVITY_NODES or not self.runs.after_models:
            self.heat.size, self.heat.values = 0, b""
            self.heat.title = (
                f"sensitivity is drawn up to {SENSITIVITY_NODES} nodes; beyond, call "
                "sensitivity(model, x, edge_index, nodes=...)"
            )
            return
        self.heat.stale = True
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
        show_sensitivities(self.heat, *pair)

    def _failed(self, error: Exception) -> None:
        self._left.value = "failed"
        self._say(f"training: {error}", wrong=True)
