"""The rewiring lab: choose a graph, drag a slider through the edits, train, see what changed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import ipywidgets
import networkx as nx
import plotly.graph_objects as go
from torch import Tensor
from torch_geometric.data import Batch, Data, Dataset

from workbench.diagnostics import Stopped
from workbench.graphs import write_graph
from workbench.rewiring import Tape
from workbench.rewiring.tape.numbers import NUMBERS
from workbench.training import PairedRuns
from workbench.widgets.lab.controls import row
from workbench.widgets.lab.lab import QUICK_NODES, Lab, command
from workbench.widgets.lab.opening import OpenedFile, graph_of, graphs_of
from workbench.widgets.lab.options import option_controls, option_values
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.cards import card_values, note_at
from workbench.widgets.rewiring.code import code
from workbench.widgets.rewiring.pictures import Pictures
from workbench.widgets.rewiring.source import GraphSource, Several
from workbench.widgets.rewiring.state import RewiringState
from workbench.widgets.training.panel import TrainingPanel

#: A cell that shows a larger lab waits this many seconds for its edits, to store their picture.
WAIT_SECONDS = 30.0

EXPORTS = {
    "GraphML": (".graphml", "The rewired graph, for Gephi, networkx, igraph."),
    "npz": (".npz", "The rewired graph as numpy arrays."),
    "SVG": (".svg", "The picture, before and after, as vectors."),
    "PNG": (".png", "The picture, before and after, as pixels."),
    "HTML": (".html", "The figure as one file that opens without a network."),
    "Python": (".py", "The code that reproduces this state."),
    "tape": (".json", "The list of edits, each with who made it."),
}


#: What can be opened: one graph, or several of which one is shown.
Graphs = Data | nx.Graph | str | Batch | Dataset | Sequence[Data]

#: What is shown, in the order of the controls.
SHOWN = ("view", "color", "matrix", "scale", "best", "weighted")


class RewiringLab(Lab, state=RewiringState):
    """Graph, tape and position on the screen. Code and mouse drive the same state.

    Attributes:
        source, method, num_edges, view, color, matrix, best: what is shown; set them.
        options: the controls of the method's own options, by name.
    """

    def __init__(self, state: RewiringState, origin: OpenedFile | Several | None = None):
        super().__init__(state)
        self.options: dict[str, ipywidgets.Widget] = {}
        self._filled = threading.Event()
        self.page = Pictures(state)
        self._from = GraphSource(state, self._show_graph, self.say, self.tell_error, origin)
        self._build()
        self._listen()
        self._show_options()
        self._show_graph()
        if state.start.num_nodes <= QUICK_NODES:
            self.wait(20)

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def graph(self) -> Data:
        """The graph before its edits."""
        return self.state.start.graph

    @property
    def rewired(self) -> Data:
        """The graph at the current position."""
        return self.state.moment().rewired()

    @property
    def tape(self) -> Tape:
        """The ordered edits, each with who made it."""
        return self.state.tape

    @property
    def position(self) -> int:
        """How many edits of the tape are applied; set it to move the slider."""
        return self.state.tape.position

    @position.setter
    def position(self, value: int) -> None:
        with self.state.lock:
            self.pictures["bar"].position = whole_number(value, "position", 0, len(self.tape))

    @property
    def runs(self) -> PairedRuns | None:
        """What the last "Train before / after" gave, or None."""
        return self.training.runs

    def numbers(self, *, within_components: bool = False) -> dict[str, float]:
        """The numbers at the current position, by name.

        Of a disconnected graph the cards show those within its components (as ``profile`` has
        them: of the pairs of one component, and of the largest one).
        """
        now = self.state.moment()
        found = now.start.numbers.measure(now.edits)
        field = found.within if within_components else str
        return {name: float(found.values[field(name)][now.position]) for name in NUMBERS}

    @command
    def edit(self, u: int, v: int) -> None:
        """Add the edge between ``u`` and ``v`` by hand, or remove it where there is one."""
        with self.state.lock:
            self._edit(-1 if self.tape.has_edge(u, v) else 1, u, v)

    @command
    def undo(self) -> None:
        """Take the last edit back; an abandoned tail of the tape comes back with it."""
        self._move(lambda: self.tape.undo())

    @command
    def redo(self) -> None:
        """Do again what was undone."""
        self._move(lambda: self.tape.redo())

    @command
    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. One undo brings them back."""
        self._move(self.state.reset)

    @command
    def stop(self) -> None:
        """Stop the method that is choosing its edits, and the numbers that are computed."""
        for key in ("method", "numbers", "rest"):
            self.worker.stop(key)
        self.page.ungrey()
        self._filled.set()
        grey = "; the grey numbers are those of another tape" * self.pictures["bar"].stale
        self.say(f"stopped; the tape is as it was{grey}.")

    @command
    def open_graph(self, data: Graphs, index: int = 0) -> None:
        """Start over with another graph: one in memory, or what ``open_graph`` understands.

        Of a batch, a data set or a list that with this ``index``; a box offers the others.

        Raises:
            TypeError, ValueError: as ``rewiring_lab``.
        """
        graphs = graphs_of(data)
        if graphs is None:
            self._from.take(*graph_of(data))
        else:
            self._from.take_one_of(Several(graphs, index))

    @command
    def option(self, name: str, value: Any) -> None:
        """Set one of the method's own options.

        Raises:
            ValueError: it has no such option.
        """
        if name not in self.options:
            known = ", ".join(self.options) or "none"
            raise ValueError(f"{self.method} has no option {name!r}; it has {known}")
        self.options[name].value = value

    @command
    def export(self, suffix: str) -> Path:
        """Write a file with this ending beside the notebook."""
        now = self.state.moment()
        stem = "".join(c if c.isalnum() else "-" for c in now.start.name)
        path = self.save(f"{stem}-{self.method}-{now.position}{suffix}")
        size = path.stat().st_size / 1000
        self.say(f"wrote {path} ({size:,.0f} kB) beside the notebook.")
        return path

    def figure(self) -> go.Figure:
        """Before and after as a plotly figure."""
        return views.figure(self.state.moment(), self.color)

    def picture(self, format: str = "png") -> bytes:
        """Before, after and the matrix as the bytes of a PNG, SVG or PDF file."""
        return views.still(self.state.moment(), self.color, self.matrix, self.scale, format)

    def code(self) -> str:
        """Python that reproduces the graph at the current position."""
        return code(self.state.moment())

    def formats(self) -> dict[str, Callable[[Path], object]]:
        """The picture, the figure as a page, the code, and the tape of edits."""
        return super().formats() | {
            ".html": lambda path: self.figure().write_html(path, include_plotlyjs=True),
            ".py": lambda path: path.write_text(self.code(), encoding="utf-8"),
            ".json": lambda path: self.tape.save(path),
        }

    def save(self, path: str | Path) -> Path:
        """Write the current state; the ending of ``path`` says what.

        ``.png``, ``.svg``, ``.pdf``, ``.html``: the figure. ``.py``: the code. ``.json``: the tape
        of edits. Anything else that ``write_graph`` knows (``.graphml``, ``.npz``, ...): the
        rewired graph.
        """
        path = Path(path)
        if path.suffix in self.formats():
            return super().save(path)
        write_graph(self.rewired, path)
        return path

    def texts(self) -> dict[str, Any]:
        """The cards' numbers at the slider and what they leave out, the table, the file's line."""
        bar = self.pictures["bar"]
        values = card_values(bar)
        return {
            "cards": {name: float(at[bar.position]) for name, at in values.items()},
            "cards_stale": bar.stale,
            "left_out": note_at(bar.notes, bar.position),
            "position": bar.position,
            "edits": list(bar.edits),
            "best_edges": self.page.best.value,
            "file": self._from.boxes.said,
            "caption": self.state.moment().caption,
        }

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        graph, matrix, bar = self.page.graph, self.page.matrix, self.page.bar
        self.pictures = {"graph": graph, "matrix": matrix, "bar": bar}
        # one way only: the slider leads, and a stale canvas can never move it back
        self.follow("position", bar, graph, matrix)
        self.link("selection", graph, matrix)
        self.training = TrainingPanel(self._pair)
        self.controls |= {"upload": self._from.upload, "file": self._from.boxes}
        self.controls |= {"options": row(), "border": self.page.border}
        exports = [
            self.button("export", name, about, suffix, width=82)
            for name, (suffix, about) in EXPORTS.items()
        ]
        stop = "Stop what is being computed; the tape stays as it is."
        self.children = [
            row(
                self.control("source"),
                self._from.upload,
                self.control("method"),
                self.control("num_edges"),
                self.controls["options"],
                self.button("stop", "Cancel", stop, width=76),
            ),
            self._from.boxes,
            row(*(self.control(name) for name in SHOWN)),
            self.page.pair,
            bar,
            self._status,
            self.page.best,
            self.training,
            row(ipywidgets.Label("export"), *exports),
        ]
        self.controls["stop"].disabled = True

    def _listen(self) -> None:
        self.when("method", then=self._choose_method)
        self.when("num_edges", then=self._run_method)
        self.when("view", then=self.page.show_view)
        self.when("color", then=self._choose_colors)
        self.when("matrix", "scale", then=self._choose_matrix)
        self.when("best", then=self._rest)
        self.when("weighted", then=self._choose_weights)
        bar = self.pictures["bar"]
        bar.observe(self._slid, "position")
        for picture in self.pictures.values():
            picture.on_msg(self._heard)

    def _heard(self, widget: ipywidgets.Widget, content: dict, buffers: Sequence) -> None:
        kind, u, v = content.get("type"), content.get("u"), content.get("v")
        if kind in ("undo", "redo", "reset"):
            self.do(kind)
        elif kind in ("add", "remove"):
            try:
                self._edit(1 if kind == "add" else -1, u, v)
            except ValueError as error:
                self.tell_error(error)
        elif kind == "hover":
            widget.show_hint(u, v, views.hint(self.state.moment(), u, v))
        elif kind == "click" and u != v:
            self.pictures["graph"].picked = [u]
        elif kind == "file":
            self._from.drop(content, buffers)

    def _slid(self, change: Any) -> None:
        state, bar = self.state, self.pictures["bar"]
        with state.lock:
            state.move(change.new)
            bar.position = state.tape.position
        self.page.show_position()
        self._rest()

    # ---- commands -------------------------------------------------------------------------

    def _edit(self, sign: int, u: int, v: int) -> None:
        with self.state.lock:
            self.state.edit(sign, u, v)
            self._show_tape()
        verb = "added" if sign > 0 else "removed"
        pair = views.pair_name(self.state.start.node_names, u, v)
        self.say(f"{verb} {pair} by hand; undo takes it back.")

    def _move(self, move: Callable[[], object]) -> None:
        """Undo, redo or reset: ``move`` changes the tape, and the page follows."""
        with self.state.lock:
            before = self.tape.edits
            move()
            if before == self.tape.edits:
                self.pictures["bar"].position = self.tape.position
                self.page.show_position()
            else:
                self._show_tape()

    def _choose_method(self) -> None:
        self._show_options()
        self._run_method()

    def _choose_colors(self) -> None:
        if self.state.start.num_nodes <= QUICK_NODES:
            self.page.show_colors()
        self._rest()

    def _choose_matrix(self) -> None:
        self.page.show_matrix()
        self._rest()

    def _choose_weights(self) -> None:
        """The same graph with its weights, or without."""
        start = self.state.start
        if (start.edge_weight is not None) != (self.weighted and "edge_weight" in start.graph):
            self._from.take(start.given, start.source, start.opened_with)

    def _run_method(self) -> None:
        method = self.method
        try:
            options = option_values(self.state.methods[method], self.options)
        except ValueError as error:
            self.tell_error(error)
            return
        options = {"num_edges": self.num_edges} | options
        self.pictures["bar"].stale = True
        self.worker.submit("method", lambda stop: self._fill(method, options, stop))

    def _fill(self, method: str, options: dict, should_stop: ShouldStop) -> None:
        """In the worker: put what the method does on the tape."""
        try:
            with self._tell_long_work(f"{method} is choosing its edits"):
                edits = self.state.apply_method(method, options, should_stop)
        except Stopped:
            return  # what made it stop fills the tape, or nothing does
        self._filled.set()
        if edits is not None and not should_stop():
            self._show_tape()
            self.say(views.method_text(self.state.start, method, options, edits))

    # ---- what is shown --------------------------------------------------------------------

    def _show_graph(self) -> None:
        """Show a graph that was just opened, then let the method fill its tape."""
        self._filled.clear()
        start = self.state.start
        self.page.show_graph()
        there = "edge_weight" in start.graph
        self.controls["weighted"].layout.display = None if there else "none"
        self.training.set_graph(start.graph)
        self._show_tape()
        self._run_method()

    def _show_options(self) -> None:
        """The controls of the method's own options, in the place of those of the last method."""
        for old in self.options.values():
            old.unobserve_all()
            old.close()
        self.options = option_controls(self.state.methods[self.method])
        for control in self.options.values():
            control.observe(lambda _: self._run_method(), "value")
        self.controls["options"].children = tuple(self.options.values())

    def _show_tape(self) -> None:
        """Send the tape at once; its numbers follow when they are there."""
        self.page.show_tape()
        self.page.show_position()
        self.worker.submit("numbers", self._show_numbers)
        self._rest()

    def _show_numbers(self, should_stop: ShouldStop) -> None:
        """In the worker: the cards, at every position."""
        with self._tell_long_work(
            "computing total resistance, spectral gap and diameter along the tape"
        ):
            self.page.show_numbers(should_stop)

    def _rest(self) -> None:
        """What follows when the hand rests; at last the still picture."""
        self.worker.stop("picture")
        self.worker.submit("rest", self._show_rest, delay=0.1)

    def _show_rest(self, should_stop: ShouldStop) -> None:
        self.page.show_rest(should_stop)
        self.training.follow_graph()
        if not should_stop():
            self.store_picture(1.0)

    def tell_error(self, error: Exception) -> None:
        """Tell what went wrong; what was greyed for it is as before."""
        super().tell_error(error)
        self.page.ungrey()
        self._filled.set()

    @contextmanager
    def _tell_long_work(self, text: str) -> Iterator[None]:
        """In the worker, around what may take long: Stop is there; on a small graph be silent."""
        self.controls["stop"].disabled = False
        large = self.state.start.num_nodes > QUICK_NODES
        told = f"{text}… The picture and the slider can be used meanwhile."
        try:
            with self.tell_work(told) if large else nullcontext():
                yield
        finally:
            self.controls["stop"].disabled = True

    def _pair(self) -> tuple[str, Tensor, Tensor]:
        now = self.state.moment()
        return now.title, now.start.edge_index, now.edge_index

    def _ipython_display_(self) -> None:
        waits = not self._filled.is_set()
        super()._ipython_display_()
        if waits and self._filled.wait(WAIT_SECONDS):
            self._store_picture()
