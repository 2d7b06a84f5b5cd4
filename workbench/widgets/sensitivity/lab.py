"""The sensitivity lab: what reaches each node of a graph through a model, and what squashes it."""

import html
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets
import networkx as nx
import numpy as np
import plotly.graph_objects as go
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.diagnostics import BlindSpots, Decay, Stopped
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.controls import pair_of_pictures, row
from workbench.widgets.lab.drawn_graph import left_out, show_graph
from workbench.widgets.lab.lab import QUICK_NODES, Lab, command
from workbench.widgets.lab.opening import graph_of
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.sensitivity import views
from workbench.widgets.sensitivity.blindness import MEASURES, Blindness
from workbench.widgets.sensitivity.sensitivities import PATIENCE, Sensitivities
from workbench.widgets.sensitivity.state import SensitivityState

HELP = (
    "Point at a node to see what reaches it, click it to hold it; a cell of the matrix is what the "
    "column does to the row."
)


class SensitivityLab(Lab, state=SensitivityState):
    """Graph, matrix, decay and blind spots of one or several models. Code drives it as the mouse.

    Attributes:
        model, norm, scale, view, node, curvature, among: what is shown; set them.
    """

    made_by = "sensitivity_lab(model, data)"

    def __init__(self, known: Sensitivities, **settings: Any):
        super().__init__(SensitivityState(known.models, known.num_nodes))
        self._known, self._blind = known, Blindness(known)
        self._error = self._undefined = ""
        self._told, self._patience = 0.0, PATIENCE
        for name, value in settings.items():
            setattr(self.state, name, value)
        self._build()
        show_graph(known, *self.pictures.values())
        self._show_node()
        self._listen()
        self.say(HELP + left_out(known.left_out))
        self.compute(PATIENCE)
        if known.num_nodes <= QUICK_NODES:
            self.wait(20)

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def matrix(self) -> np.ndarray:
        """``[nodes, nodes]`` of the model and norm that are shown: row = output, column = input.

        Raises:
            RuntimeError: it could not be computed, or is not there yet.
        """
        found = self._known.matrix(self.state.model, self.state.norm)
        if found is None:
            why = self._error or "it is not computed yet; lab.compute(), then lab.wait()"
            raise RuntimeError(f"there is no sensitivity of {self.state.model}: {why}")
        return found.numpy()

    @property
    def decay(self) -> dict[str, Decay]:
        """Against each distance ("hops", "resistance (ohm)"), of the model that is shown."""
        _ = self.matrix
        return self._known.decay(self.state.model, self.state.norm)

    @property
    def blind_spots(self) -> BlindSpots | None:
        """What the chosen curvature misses; None without a curvature or a matrix."""
        shown = self.state.now()
        try:
            found = self._blind.find(shown.model, shown.norm, shown.curvature, shown.among)
        except ValueError as error:  # a directed graph has no such curvature
            self._undefined = f"{shown.curvature}: {error}"
            return None
        self._undefined = ""
        return found

    @property
    def models(self) -> list[str]:
        """The names of the models."""
        return self._known.models

    @command
    def compute(self, patience: float = float("inf")) -> None:
        """Compute what is not there yet, unless it takes over ``patience`` seconds.

        The call returns at once.
        """
        self._error, self._patience = "", patience
        for picture in self.pictures.values():
            picture.stale = True
        self._allow(True)
        self.worker.submit("matrix", self._compute)

    @command
    def stop(self) -> None:
        """Stop computing; the rows that are there stay."""
        self.worker.stop("matrix")

    @command
    def refresh(self) -> None:
        """Read the models again, such as after they were trained on."""
        self._known.refresh()
        self._blind.forget()
        self.compute(PATIENCE)

    def figure(self) -> go.Figure:
        """The matrices of all models on one color scale, as a plotly figure."""
        return views.matrix_figure(self._known, self.state.now())

    def decay_figure(self) -> go.Figure:
        """How sensitivity falls with hops and with resistance, of all models."""
        return views.decay_figure(self._known, self.state.now())

    def blind_figure(self) -> go.Figure:
        """Curvature against sensitivity, what is missed in red.

        Raises:
            ValueError: no curvature is chosen, or the matrix is not there.
        """
        found = self.blind_spots
        if found is None:
            raise ValueError(
                f"no blind spots to draw: set lab.curvature to one of {', '.join(MEASURES)}, and "
                "wait for the matrix"
            )
        return views.blind_figure(found, self.state.now())

    def picture(self, format: str = "png") -> bytes:
        """Graph, matrix, decay and blind spots as the bytes of a PNG, SVG or PDF file."""
        return views.still(self._known, self.state.now(), self.blind_spots, format)

    def formats(self) -> dict[str, Callable[[Path], object]]:
        """The picture, the matrices as a page, and the one that is shown as numbers."""
        return super().formats() | {
            ".html": lambda path: self.figure().write_html(path, include_plotlyjs=True),
            ".npy": lambda path: np.save(path, self.matrix),
        }

    def texts(self) -> dict[str, Any]:
        """The sentences about the matrix and the work, and the drawings."""
        return {
            "summary": html.unescape(self._summary.value),
            "panels": self._panels.value,
            "progress": self._left.value,
            "rows": self._known.rows_done(self.state.model, self.state.norm),
        }

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        matrix = MatrixCanvas(
            height=400, rows="output node", columns="input node", missing="no influence"
        )
        matrix.title = "sensitivity"
        graph = GraphCanvas(hides_picture=True, editable=False, height=400)
        self.pictures = {"graph": graph, "matrix": matrix}
        self.link("selection", graph, matrix)
        self._summary, self._panels = ipywidgets.HTML(), ipywidgets.HTML()
        self._summary.add_class("workbench-status")
        self._panels.layout.min_height = "230px"
        self._bar = ipywidgets.FloatProgress(
            min=0, max=1, layout=ipywidgets.Layout(width="140px", height="14px")
        )
        self._left = ipywidgets.Label(layout=ipywidgets.Layout(width="260px"))
        compute = "Compute the rows that are not there yet."
        stop = "Stop at once; the rows that are there stay."
        first = ["norm", "scale", "view"]
        if len(self.models) > 1:
            first.insert(0, "model")
        self.children = [
            row(*(self.control(name) for name in first)),
            row(
                *(self.control(name) for name in ("curvature", "among")),
                self.button("compute", "Compute", compute, primary=True),
                self.button("stop", "Stop", stop, width=70),
                self._bar,
                self._left,
            ),
            pair_of_pictures(graph, matrix),
            self._summary,
            self._panels,
            self._status,
        ]

    def _listen(self) -> None:
        self.when("norm", then=lambda: self.compute(PATIENCE))
        self.when("model", "scale", "curvature", "among", then=self._show)
        self.when("view", "node", then=self._show_node)
        self.choose_on(self.pictures["graph"])
        for picture in self.pictures.values():
            picture.on_msg(self._hear)

    def _hear(self, widget: ipywidgets.Widget, content: dict, _: Any) -> None:
        if content.get("type") == "hover":
            u, v = content["u"], content["v"]
            widget.show_hint(u, v, views.pair_text(self._known, self.state.now(), u, v))
        elif content.get("type") == "click" and widget is self.pictures["matrix"]:
            self.state.node = content["u"]

    # ---- the work -------------------------------------------------------------------------

    def _compute(self, should_stop: ShouldStop) -> None:
        """In the worker: the model that is shown first, then the others."""
        shown, patience = self.state.now(), self._patience
        names = [shown.model, *(name for name in self.models if name != shown.model)]
        more, told = False, ""
        self._allow(True)
        try:
            for i, model in enumerate(names):
                seconds = self._known.compute(
                    model,
                    shown.norm,
                    report=lambda done, left, i=i: self._report((i + done) / len(names), left),
                    should_stop=should_stop,
                    patience=patience,
                )
                if seconds is not None:
                    more = True
                    told = f"all rows: about {seconds:.0f} s more. Press Compute"
                    break
                self._show_matrix()
        except Stopped:
            more = True
            done = self._known.rows_done(model, shown.norm)
            told = f"stopped at row {done:,} of {self._known.num_nodes:,}"
        finally:
            self._allow(False, more=more)
            self._left.value = told
        if not more:
            self._bar.value = 0.0
        self._show()

    def _report(self, done: float, left: float) -> None:
        now = time.monotonic()
        if now - self._told > 0.1:
            self._told = now
            self._bar.value = done
            self._left.value = f"{done:.0%} of the rows, {left:.0f} s left"

    def _allow(self, now: bool, *, more: bool = False) -> None:
        """Stop is for when something runs, Compute for when something is left to do."""
        self.controls["stop"].disabled = not now
        self.controls["compute"].disabled = now or not more

    def tell_error(self, error: Exception) -> None:
        """Tell why there is no matrix, or what else went wrong."""
        self._error = f"{type(error).__name__}: {error}"
        self._allow(False)
        self._bar.value, self._left.value = 0.0, ""
        matrix = self.pictures["matrix"]
        if self._known.matrix(self.state.model, self.state.norm) is None:
            with matrix.hold_sync():
                matrix.size, matrix.stale = 0, False
                matrix.title = f"no sensitivity of {self.state.model}; the line below says why"
        self.pictures["graph"].stale = False
        notes = " ".join(getattr(error, "__notes__", ()))
        self.say(f"{self._error} {notes}".strip(), wrong=True)

    # ---- what is shown --------------------------------------------------------------------

    def _show(self) -> None:
        """Everything that follows from the matrix; the drawings in the worker."""
        self._show_matrix()
        self.worker.submit("panels", self._show_panels)

    def _show_matrix(self) -> None:
        shown = self.state.now()
        there = self._known.matrix(shown.model, shown.norm) is not None
        views.show_matrix(self._known, self.pictures["matrix"], shown)
        for picture in self.pictures.values():
            picture.stale = not there
        self._show_node()

    def _show_node(self) -> None:
        """The colors of the nodes, and the missed pairs."""
        views.show_node(self._known, self.pictures["graph"], self.state.now(), self.blind_spots)

    def _show_panels(self, should_stop: ShouldStop) -> None:
        shown = self.state.now()
        if self._known.matrix(shown.model, shown.norm) is None:
            return
        found = self.blind_spots
        panels = views.panels_html(self._known, shown, found)
        if should_stop():
            return
        self._panels.value = panels
        self._summary.value = html.escape(views.summary(self._known, shown, found))
        said = " ".join([self._undefined, *self._known.warned]).strip()
        self.say(said or HELP + left_out(self._known.left_out), wrong=bool(said))
        self._store_picture()


def sensitivity_lab(
    model: nn.Module | Mapping[str, nn.Module],
    data: Data | nx.Graph | str | Path,
    *,
    norm: str = "frobenius",
    curvature: str = "balanced Forman",
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
) -> SensitivityLab:
    """See what reaches each node of a graph through a model, and what is squashed on the way.

    The sensitivity of every pair of nodes as a matrix beside the graph; the nodes colored by what
    reaches the one under the pointer; the decay against hops and resistance; and the blind spots
    of a curvature, what it does not see of what the model squashes, in red.

    Args:
        model: your own module or one of ``workbench.models``; or several by name, such as
            ``{"untrained": a, "trained": b}``, to switch between on one color scale. They are
            copied: train on and call ``lab.refresh()``.
        data: a PyG ``Data`` with ``x`` and ``edge_index``, or a graph with features.
        norm: of the Jacobian blocks: ``"frobenius"``, ``"l1"`` or ``"spectral"``.
        curvature: whose blind spots are shown first, or ``"none"``.
        inputs: more keyword arguments of the model, such as ``{"edge_attr": ...}``.
        readout: from what the model returns to one row per node, as in ``sensitivity``.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.matrix``, ``lab.norm = "l1"``,
        ``lab.node = 5``, ``lab.decay["hops"]``, ``lab.blind_spots``, ``lab.figure()`` and
        ``lab.save(path)`` below it. What cannot be computed is said on the page, and by
        ``lab.matrix``; the kernel goes on.

    Raises:
        ValueError: the data have no ``x``, no model is given, or an option is unknown.
        TooLargeError: the graph has too many nodes to draw all pairs.
        TypeError: ``data`` is no graph, or ``model`` no module.
    """
    models = dict(model) if isinstance(model, Mapping) else {type(model).__name__: model}
    if not models:
        raise ValueError("give at least one model")
    for name, one in models.items():
        if not isinstance(one, nn.Module):
            raise TypeError(f"{name} must be a torch.nn.Module, got {type(one).__name__}")
    opened, _ = graph_of(data)
    known = Sensitivities(models, opened, inputs=inputs, readout=readout)
    return SensitivityLab(known, norm=norm, curvature=curvature)
