"""What a hand does in the rewiring lab, and what follows from it on the screen."""

import threading
from collections.abc import Callable
from pathlib import Path

import ipywidgets
from torch_geometric.data import Data
from torch_geometric.utils import is_undirected

from workbench.diagnostics import Stopped
from workbench.graphs import open_graph
from workbench.rewiring import EDITS
from workbench.widgets.lab.opening import OpenedFile, dropped, uploaded
from workbench.widgets.lab.options import option_controls, option_values
from workbench.widgets.lab.worker import ShouldStop, Worker
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.controls import OWN, Controls
from workbench.widgets.rewiring.screen import Screen
from workbench.widgets.rewiring.state import RewiringState
from workbench.widgets.training.panel import TrainingPanel


class Commands:
    """Changes a ``RewiringState`` and has the screen show it; long work runs in one thread.

    Args:
        state: what is changed.
        controls, screen, training: what is on the page.
        num_edges: budget of the first method.
        rested: called when the hand has rested for a second.
        file: the file that the graph comes from, if it does.

    Attributes:
        filled: set once the method has filled the tape of the graph that is open, or has failed.
        options: the controls of the method's options, by name.
    """

    def __init__(
        self,
        state: RewiringState,
        controls: Controls,
        screen: Screen,
        training: TrainingPanel,
        *,
        num_edges: int,
        rested: Callable[[ShouldStop], None],
        file: OpenedFile | None = None,
    ):
        self._state, self._controls = state, controls
        self._screen, self._training = screen, training
        self._num_edges, self._rested = num_edges, rested
        self._own: Data | None = None
        self._file = file
        self._quiet = False
        self.filled = threading.Event()
        self.worker = Worker(self._show_error)
        self.options: dict[str, ipywidgets.Widget] = {}
        self._observe()
        self._show_options()
        self._show_graph()
        if file is not None:
            controls.file.show(file)

    def _observe(self) -> None:
        controls, screen, state = self._controls, self._screen, self._state
        controls.graph.observe(self._choose_graph, "value")
        controls.upload.observe(self._open_upload, "value")
        controls.on_correction(self._correct_file)
        controls.method.observe(self._choose_method, "value")
        controls.color.observe(lambda _: screen.show_colors(state), "value")
        controls.matrix.observe(self._choose_matrix, "value")
        controls.best.observe(lambda _: self._rest(), "value")
        screen.bar.observe(self._slide, "position")
        screen.bar.on_msg(self._bar_message)
        screen.canvas.on_msg(self._canvas_message)
        screen.matrix.on_msg(self._canvas_message)

    def _choose_graph(self, change) -> None:
        source = change["new"]
        if self._quiet:
            return
        if source == OWN:
            if self._file is not None and self._file.graph is self._own:
                self._use_file(self._file)
            else:
                self._use_graph(self._own, None)
            return
        try:
            graph = open_graph(source)
        except Exception as error:
            self._show_error(error)
            return
        self._use_graph(graph, source)

    def _open_upload(self, change) -> None:
        if change["new"]:
            self._controls.upload.value = ()
            self._open_file(lambda: uploaded(change["new"][0]))

    def _open_file(self, read: Callable[[], OpenedFile]) -> None:
        """Open a file and say how it was taken; one with arcs waits for its button."""
        try:
            file = read()
        except ValueError as error:
            self._show_error(error)
            return
        boxes = self._controls.file
        self._file = file
        graph = file.graph
        arcs = file.is_directed and not is_undirected(graph.edge_index, num_nodes=graph.num_nodes)
        if arcs:
            boxes.show(file, asks_direction=True)
            self._screen.say(f"{file.name} is directed: is each edge to be taken both ways?")
        else:
            self._use_file(file)

    def _use_file(self, file: OpenedFile) -> None:
        self._use_graph(file.graph, file.source, file.opened_with)
        if self._state.graph is file.graph:
            self._controls.file.show(file)

    def _correct_file(self, **options) -> None:
        """Read the file again as its boxes say; the boxes go back where it cannot be."""
        file = self._file
        if file is None:
            return
        # other columns or another header may leave nothing of what else was chosen
        forgets = {"source": None, "target": None, "weight": None} if "header" in options else {}
        try:
            file = file.again(**(forgets | options))
        except ValueError as error:
            self._controls.file.show(file)
            self._show_error(error)
            return
        self._open_file(lambda: file)

    def _use_graph(self, graph: Data, source: str | None, opened_with: dict | None = None) -> None:
        self._controls.file.hide()
        try:
            self._state.set_graph(graph, source, opened_with)
        except ValueError as error:
            self._show_error(error)
            return
        self._show_graph()

    def _choose_method(self, _change) -> None:
        self._show_options()
        self._run_method()

    def _choose_matrix(self, _change) -> None:
        self._screen.show_matrix(self._state)
        self._rest()

    def _option_changed(self, _change) -> None:
        if "num_edges" in self.options:
            self._num_edges = self.options["num_edges"].value
        self._run_method()

    def _run_method(self) -> None:
        method = self._controls.method.value
        try:
            options = option_values(EDITS[method], self.options)
        except ValueError as error:
            self._show_error(error)
            return
        self._screen.bar.stale = True

        def run(should_stop: ShouldStop) -> None:
            try:
                with self._screen.working(self._state, f"{method} is choosing its edits"):
                    edits = self._state.apply_method(method, options, should_stop)
            except Stopped:
                return  # what made it stop fills the tape, or the lab is closed
            self.filled.set()
            if not should_stop():
                self._tape_changed()
                self._screen.say(views.method_text(method, options, edits))

        self.worker.submit("method", run)

    def hand_edit(self, sign: int, u: int, v: int) -> None:
        """Add (``sign=1``) or remove (``-1``) an edge by hand."""
        try:
            self._state.edit(sign, u, v)
        except ValueError as error:
            self._show_error(error)
            return
        self._tape_changed()
        verb = "added" if sign > 0 else "removed"
        pair = views.pair_name(views.node_names(self._state), u, v)
        self._screen.say(f"{verb} {pair} by hand; undo takes it back.")

    def move_on_tape(self, move: Callable[[], object]) -> None:
        """Undo, redo or reset: ``move`` changes the tape, and the screen follows."""
        with self._state.lock:
            before = self._state.tape.edits
            move()
            same = before == self._state.tape.edits
        if same:
            self._screen.bar.position = self._state.tape.position
            self._screen.show_position(self._state)
        else:
            self._tape_changed()

    def _slide(self, change) -> None:
        with self._state.lock:
            self._state.tape.position = min(change["new"], len(self._state.tape))
        self._screen.show_position(self._state)
        self._rest()

    def _bar_message(self, _widget, content, _buffers) -> None:
        state = self._state
        moves = {"undo": state.tape.undo, "redo": state.tape.redo, "reset": state.reset}
        if content["type"] in moves:
            self.move_on_tape(moves[content["type"]])

    def _canvas_message(self, widget, content, buffers) -> None:
        kind, u, v = content.get("type"), content.get("u"), content.get("v")
        if kind == "add":
            self.hand_edit(1, u, v)
        elif kind == "remove":
            self.hand_edit(-1, u, v)
        elif kind == "hover":
            widget.show_hint(u, v, views.hint(self._state, u, v))
        elif kind == "click" and u != v:
            self._screen.canvas.picked = [u]
        elif kind == "file":
            self._open_file(lambda: dropped(content, buffers))

    # ---- what follows --------------------------------------------------------------------

    def _show_graph(self) -> None:
        """Show a graph that was just opened, then let the method fill its tape."""
        state = self._state
        self.filled.clear()
        self._quiet = True
        try:
            from_file = self._file is not None and self._file.graph is state.graph
            own = state.source is None or from_file
            if own:
                self._own = state.graph
            name = self._file.name if from_file else state.name
            text = f"{Path(name).stem if from_file else name} ({state.num_nodes:,})"
            self._controls.name_graph(text, OWN if own else state.source)
        finally:
            self._quiet = False
        self._screen.show_graph(state)
        self._training.set_graph(state.graph)
        self._tape_changed()
        self._run_method()

    def _show_options(self) -> None:
        self.options = option_controls(EDITS[self._controls.method.value])
        if "num_edges" in self.options:
            self.options["num_edges"].value = self._num_edges
        for control in self.options.values():
            control.observe(self._option_changed, "value")
        self._controls.options.children = tuple(self.options.values())

    def _tape_changed(self) -> None:
        """Send the tape at once; its numbers follow when they are there."""
        self._screen.show_tape(self._state)
        self.worker.submit("numbers", self._show_numbers)
        self._rest()

    def _show_numbers(self, should_stop: ShouldStop) -> None:
        text = "computing total resistance, spectral gap and diameter along the tape"
        with self._screen.working(self._state, text):
            numbers = self._state.numbers.measure(self._state.tape.edits, should_stop)
        if numbers is not None and not should_stop():
            self._screen.show_numbers(numbers)

    def _rest(self) -> None:
        """What follows when the hand rests: colors, the best next edges, the still picture."""
        self.worker.stop("picture")
        self.worker.submit("rest", self._show_rest, delay=0.1)

    def _show_rest(self, should_stop: ShouldStop) -> None:
        self._screen.show_colors(self._state)
        self._screen.show_landmarks(self._state, should_stop)
        self._screen.show_best(self._state)
        if not should_stop():
            self.worker.submit("picture", self._rested, delay=1.0)

    def _show_error(self, error: Exception) -> None:
        self._screen.say(str(error) or type(error).__name__, wrong=True)
        self._screen.bar.stale = False
        self.filled.set()
