"""The sensitivity lab at work: what runs in the background, and what the page shows of it."""

import html
import time
from collections.abc import Callable

import ipywidgets
from torch import Tensor

from workbench.diagnostics import BlindSpots, Stopped
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.drawn_graph import show_graph
from workbench.widgets.lab.worker import ShouldStop, Worker
from workbench.widgets.sensitivity import views
from workbench.widgets.sensitivity.blindness import Blindness
from workbench.widgets.sensitivity.controls import SensitivityControls
from workbench.widgets.sensitivity.state import PATIENCE, SensitivityState, Shown

HELP = (
    "Point at a node to see what reaches it, click it to hold it; a cell of the matrix is what the "
    "column does to the row."
)


class SensitivityScreen:
    """Computes what the controls ask for, latest wins, and shows it when it is there.

    Attributes:
        canvas, matrix: the graph and the matrix.
        worker: the thread behind them.
        rested: called with the bytes of a picture when everything asked for is on the page.
    """

    def __init__(self, state: SensitivityState, controls: SensitivityControls):
        self._state, self._controls, self._blind = state, controls, Blindness(state)
        self._error = self._undefined = ""
        self._told, self._patience = 0.0, PATIENCE
        self.rested: Callable[[bytes], None] | None = None
        self.worker = Worker(self._failed)
        self.canvas = GraphCanvas(hides_picture=True, editable=False, height=400)
        self.matrix = MatrixCanvas(
            height=400,
            rows="output node",
            columns="input node",
            missing="no influence",
            title="sensitivity",
        )
        ipywidgets.jslink((self.canvas, "selection"), (self.matrix, "selection"))
        self._panels = ipywidgets.HTML()
        self._panels.layout.min_height = "230px"
        self._status, self._summary = ipywidgets.HTML(), ipywidgets.HTML()
        for line in (self._status, self._summary):
            line.add_class("workbench-status")
        show_graph(state, self.canvas, self.matrix)
        self.show_node()
        self._listen()
        self._say(HELP)

    def rows(self) -> list[ipywidgets.Widget]:
        """What stands below the controls."""
        columns = ipywidgets.Layout(
            grid_template_columns="minmax(0, 1.25fr) minmax(0, 1fr)", grid_gap="8px"
        )
        pictures = ipywidgets.GridBox([self.canvas, self.matrix], layout=columns)
        return [pictures, self._summary, self._panels, self._status]

    @property
    def node(self) -> int | None:
        """The node that colors the graph."""
        return self.canvas.selection[0] if self.canvas.selection else None

    @node.setter
    def node(self, value: int | None) -> None:
        chosen = [] if value is None else [int(value)]
        self.canvas.picked = self.canvas.selection = chosen

    # ---- what follows what ----------------------------------------------------------------

    def _listen(self) -> None:
        controls = self._controls
        controls.norm.observe(lambda _: self.ask(), "value")
        for control in (controls.model, controls.scale, controls.measure, controls.among):
            control.observe(lambda _: self.show(), "value")
        controls.view.observe(lambda _: self.show_node(), "value")
        controls.compute.on_click(lambda _: self.ask(patience=float("inf")))
        controls.stop.on_click(lambda _: self.stop())
        self.canvas.observe(lambda _: self.show_node(), "selection")
        for canvas in (self.canvas, self.matrix):
            canvas.on_msg(self._heard)

    def _heard(self, widget, content, _) -> None:
        if content.get("type") == "hover":
            u, v = content["u"], content["v"]
            widget.show_hint(u, v, views.pair_text(self._state, self.shown(), u, v))
        elif content.get("type") == "click" and widget is self.matrix:
            self.node = content["u"]

    def ask(self, *, patience: float | None = None) -> None:
        """Compute what is not there yet, unless that takes over ``patience`` (``PATIENCE``) s."""
        self._error, self._patience = "", PATIENCE if patience is None else patience
        self.canvas.stale = self.matrix.stale = True
        self._controls.running(True)
        self.worker.submit("matrix", self._compute)

    def _compute(self, should_stop: ShouldStop) -> None:
        """In the worker: the model that is shown first, then the others."""
        norm, first, patience = self.shown().norm, self.shown().model, self._patience
        names = [first, *(name for name in self._state.models if name != first)]
        more, told = False, ""
        self._controls.running(True)
        try:
            for i, model in enumerate(names):
                seconds = self._state.compute(
                    model,
                    norm,
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
            done = self._state.rows_done(model, norm)
            told = f"stopped at row {done:,} of {self._state.num_nodes:,}"
        finally:
            self._controls.running(False, more=more)
            self._controls.left.value = told
        if not more:
            self._controls.bar.value = 0.0
        self.show()

    def stop(self) -> None:
        """Stop computing; the rows that are there stay."""
        self.worker.stop("matrix")

    def forget(self) -> None:
        """Drop what was found with models that have changed."""
        self._blind.forget()

    def _report(self, done: float, left: float) -> None:
        now = time.monotonic()
        if now - self._told > 0.1:
            self._told = now
            self._controls.bar.value = done
            self._controls.left.value = f"{done:.0%} of the rows, {left:.0f} s left"

    def _failed(self, error: Exception) -> None:
        self._error = f"{type(error).__name__}: {error}"
        self._controls.running(False)
        self._controls.bar.value, self._controls.left.value = 0.0, ""
        shown = self.shown()
        if self._state.matrix(shown.model, shown.norm) is None:
            with self.matrix.hold_sync():
                self.matrix.size, self.matrix.stale = 0, False
                self.matrix.title = f"no sensitivity of {shown.model}; the line below says why"
        self.canvas.stale = False
        self._status.value = f'<span class="workbench-wrong">{views.error_text(error)}</span>'

    # ---- what is shown --------------------------------------------------------------------

    def must_be_there(self) -> Tensor:
        """The matrix that is shown.

        Raises:
            RuntimeError: it could not be computed, or is not there yet.
        """
        shown = self.shown()
        found = self._state.matrix(shown.model, shown.norm)
        if found is None:
            why = self._error or "it is not computed yet; lab.compute(), then lab.wait()"
            raise RuntimeError(f"there is no sensitivity of {shown.model}: {why}")
        return found

    def shown(self) -> Shown:
        """What the controls ask for."""
        controls = self._controls
        return Shown(
            controls.model.value,
            controls.norm.value,
            controls.scale.value,
            controls.view.value,
            self.node,
            controls.measure.value,
            controls.among.value,
        )

    def found(self) -> BlindSpots | None:
        """The blind spots of the curvature that is shown; None where it is not defined."""
        shown = self.shown()
        try:
            found, self._undefined = self._blind.find(shown), ""
        except ValueError as error:  # a directed graph has no such curvature
            found, self._undefined = None, f"{shown.measure}: {error}"
        return found

    def show(self) -> None:
        """Everything that follows from the matrix; the drawings in the worker."""
        self._show_matrix()
        self.worker.submit("panels", self._show_panels)

    def _show_matrix(self) -> None:
        shown = self.shown()
        there = self._state.matrix(shown.model, shown.norm) is not None
        views.show_matrix(self._state, self.matrix, shown)
        self.canvas.stale = self.matrix.stale = not there
        self.show_node()

    def show_node(self) -> None:
        """The colors of the nodes, and the missed pairs."""
        views.show_node(self._state, self.canvas, self.shown(), self.found())

    def _show_panels(self, should_stop: ShouldStop) -> None:
        shown = self.shown()
        if self._state.matrix(shown.model, shown.norm) is None:
            return
        found = self.found()
        panels = views.panels_html(self._state, shown, found)
        if should_stop():
            return
        self._panels.value = panels
        self._summary.value = html.escape(views.summary(self._state, shown, found))
        said = " ".join([self._undefined, *self._state.warned]).strip()
        self._say(said or HELP, wrong=bool(said))
        if self.rested is not None:
            self.rested(views.still(self._state, shown, found, "png"))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        kind = "workbench-wrong" if wrong else "workbench-fine"
        self._status.value = f'<span class="{kind}">{html.escape(text)}</span>'
