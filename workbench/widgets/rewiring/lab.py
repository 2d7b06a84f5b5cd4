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
from torch_geometric.data import Data

from workbench.diagnostics import Stopped
from workbench.graphs import write_graph
from workbench.graphs.files.build import Weight
from workbench.rewiring import EDITS, Edit, Tape
from workbench.rewiring.tape.next_edges import best_next_edges
from workbench.rewiring.tape.node_pairs import RESISTANCE
from workbench.training import PairedRuns
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.controls import pair_of_pictures, row
from workbench.widgets.lab.lab import QUICK_NODES, Lab, command
from workbench.widgets.lab.opening import OpenedFile, graph_of
from workbench.widgets.lab.options import MOST, option_controls, option_values
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring import views
from workbench.widgets.rewiring.code import code
from workbench.widgets.rewiring.moment import Start
from workbench.widgets.rewiring.source import GraphSource
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


class RewiringLab(Lab, state=RewiringState):
    """Graph, tape and position on the screen. Code and mouse drive the same state.

    Attributes:
        source, method, num_edges, view, color, matrix, best: what is shown; set them.
        options: the controls of the method's own options, by name.
    """

    def __init__(self, state: RewiringState, file: OpenedFile | None = None):
        super().__init__(state)
        self.options: dict[str, ipywidgets.Widget] = {}
        self._filled = threading.Event()
        self._numbered: tuple[Start, tuple[Edit, ...]] | None = None  # whose numbers are shown
        self._from = GraphSource(state, self._show_graph, self.say, self.failed, file)
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

    def numbers(self) -> dict[str, float]:
        """The numbers on the cards at the current position, by name."""
        now = self.state.moment()
        found = now.start.numbers.measure(now.edits)
        return {name: float(values[now.position]) for name, values in found.values.items()}

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
        self._ungrey()
        grey = "; the grey numbers are those of another tape" * self.pictures["bar"].stale
        self.say(f"stopped; the tape is as it was{grey}.")

    @command
    def open_graph(self, data: Data | nx.Graph | str) -> None:
        """Start over with another graph: one in memory, or what ``open_graph`` understands.

        Raises:
            TypeError, ValueError: as ``rewiring_lab``.
        """
        self._from.take(*graph_of(data))

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
        """Before, after and the matrix as the bytes of a PNG or SVG file."""
        return views.still(self.state.moment(), self.color, self.matrix, format)

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

        ``.png``, ``.svg``, ``.html``: the figure. ``.py``: the code. ``.json``: the tape of edits.
        Anything else that ``write_graph`` knows (``.graphml``, ``.npz``, ...): the rewired graph.
        """
        path = Path(path)
        if path.suffix in self.formats():
            return super().save(path)
        write_graph(self.rewired, path)
        return path

    def texts(self) -> dict[str, Any]:
        """The cards' numbers at the slider, its length, the table of edges and the file's line."""
        bar = self.pictures["bar"]
        values = views.card_values(bar)
        return {
            "cards": {name: float(at[bar.position]) for name, at in values.items()},
            "cards_stale": bar.stale,
            "position": bar.position,
            "edits": list(bar.edits),
            "best_edges": self._best.value,
            "file": self._from.boxes.said,
            "caption": self.state.moment().caption,
        }

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        graph = GraphCanvas(hides_picture=True, height=440, file_prompt="open as the graph")
        matrix = MatrixCanvas(height=440, rows="node", columns="node")
        bar = TapeBar()
        self.pictures = {"graph": graph, "matrix": matrix, "bar": bar}
        # one way only: the slider leads, and a stale canvas can never move it back
        self.follow("position", bar, graph, matrix)
        self.link("selection", graph, matrix)
        self._best = ipywidgets.HTML()
        self.training = TrainingPanel(self._pair)
        self.controls |= {"upload": self._from.upload, "file": self._from.boxes}
        self.controls["options"] = row()
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
            row(*(self.control(name) for name in ("view", "color", "matrix", "best", "weighted"))),
            pair_of_pictures(graph, matrix),
            bar,
            self._status,
            self._best,
            self.training,
            row(ipywidgets.Label("export"), *exports),
        ]
        self.controls["stop"].disabled = True

    def _listen(self) -> None:
        self.when("method", then=self._choose_method)
        self.when("num_edges", then=self._run_method)
        self.when("view", then=self._show_view)
        self.when("color", then=self._show_colors)
        self.when("matrix", then=self._choose_matrix)
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
                self.failed(error)
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
        self._show_position()
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
                self._show_position()
            else:
                self._show_tape()

    def _choose_method(self) -> None:
        self._show_options()
        self._run_method()

    def _choose_matrix(self) -> None:
        self._show_matrix()
        self._rest()

    def _choose_weights(self) -> None:
        """The same graph with its weights, or without."""
        start = self.state.start
        if (start.edge_weight is not None) != (self.weighted and "edge_weight" in start.graph):
            self._from.take(start.graph, start.source, start.opened_with)

    def _run_method(self) -> None:
        method = self.method
        try:
            options = option_values(EDITS[method], self.options)
        except ValueError as error:
            self.failed(error)
            return
        options = {"num_edges": self.num_edges} | options
        self.pictures["bar"].stale = True
        self.worker.submit("method", lambda stop: self._fill(method, options, stop))

    def _fill(self, method: str, options: dict, should_stop: ShouldStop) -> None:
        """In the worker: put what the method does on the tape."""
        try:
            with self._telling(f"{method} is choosing its edits"):
                edits = self.state.apply_method(method, options, should_stop)
        except Stopped:
            return  # what made it stop fills the tape, or nothing does
        self._filled.set()
        if edits is not None and not should_stop():
            self._show_tape()
            told = " Edges conduct by their weights; a new edge has 1." * self._uses_weights()
            self.say(views.method_text(method, options, edits) + told)

    # ---- what is shown --------------------------------------------------------------------

    def _show_graph(self) -> None:
        """Show a graph that was just opened, then let the method fill its tape."""
        self._filled.clear()
        start = self.state.start
        views.show_graph(start, self.pictures["graph"], self.pictures["matrix"])
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
        self.options = option_controls(EDITS[self.method])
        for control in self.options.values():
            control.observe(lambda _: self._run_method(), "value")
        self.controls["options"].children = tuple(self.options.values())

    def _show_tape(self) -> None:
        """Send the tape at once; its numbers follow when they are there."""
        with self.state.lock:
            views.show_tape(self.state.moment(), self.pictures["graph"], self.pictures["bar"])
        self._show_position()
        self.worker.submit("numbers", self._show_numbers)
        self._rest()

    def _show_position(self) -> None:
        """The matrix at the current position; undo and redo where they would do anything."""
        now, bar = self.state.moment(), self.pictures["bar"]
        bar.can_undo, bar.can_redo = now.can_undo, now.can_redo
        self._show_matrix()

    def _show_view(self) -> None:
        for name in ("graph", "matrix"):
            self.pictures[name].mode = self.view

    def _show_colors(self) -> None:
        views.show_colors(self.state.moment(), self.pictures["graph"], self.color)

    def _show_matrix(self) -> None:
        views.show_matrix(self.state.moment(), self.pictures["matrix"], self.matrix)

    def _show_numbers(self, should_stop: ShouldStop) -> None:
        """In the worker: the cards, at every position."""
        now, bar = self.state.moment(), self.pictures["bar"]
        text = "computing total resistance, spectral gap and diameter along the tape"
        with self._telling(text):
            numbers = now.start.numbers.measure(now.edits, should_stop)
        if numbers is not None and not should_stop():
            self._numbered = now.start, now.edits
            with bar.hold_sync():
                bar.cards, bar.stale = views.cards(numbers), False

    def _rest(self) -> None:
        """What follows when the hand rests: colors, the best next edges, the still picture."""
        self.worker.stop("picture")
        self.worker.submit("rest", self._show_rest, delay=0.1)

    def _show_rest(self, should_stop: ShouldStop) -> None:
        now, graph = self.state.moment(), self.pictures["graph"]
        self._show_colors()
        if self.matrix == RESISTANCE:
            views.show_landmarks(now, self.pictures["matrix"], should_stop)
        if self.best:
            best = best_next_edges(now.edge_index, now.start.num_nodes, edge_weight=now.columns[1])
            views.show_best(best, graph)
            self._best.value = views.best_table(best, now.start.node_names)
        elif self._best.value:
            graph.candidates, self._best.value = b"", ""
        self.training.follow_graph()
        if not should_stop():
            self.rested(1.0)

    def failed(self, error: Exception) -> None:
        """Tell what went wrong; what was greyed for it is as before."""
        super().failed(error)
        self._ungrey()

    def _ungrey(self) -> None:
        """The cards are those of the tape, unless its numbers are not there."""
        now = self.state.moment()
        self.pictures["bar"].stale = self._numbered != (now.start, now.edits)
        self._filled.set()

    @contextmanager
    def _telling(self, text: str) -> Iterator[None]:
        """In the worker, around what may take long: Stop is there; on a small graph be silent."""
        self.controls["stop"].disabled = False
        large = self.state.start.num_nodes > QUICK_NODES
        told = f"{text}… The picture and the slider can be used meanwhile."
        try:
            with self.working(told) if large else nullcontext():
                yield
        finally:
            self.controls["stop"].disabled = True

    def _uses_weights(self) -> bool:
        return self.state.start.edge_weight is not None

    def _pair(self) -> tuple[str, Tensor, Tensor]:
        now = self.state.moment()
        return now.title, now.start.edge_index, now.edge_index

    def _ipython_display_(self) -> None:
        waits = not self._filled.is_set()
        super()._ipython_display_()
        if waits and self._filled.wait(WAIT_SECONDS):
            self._store_picture()


def rewiring_lab(
    data: Data | nx.Graph | str | Path = "karate",
    *,
    method: str = "gtr",
    num_edges: int = 20,
    weighted: bool = True,
    undirected: bool = False,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
    header: bool | None = None,
) -> RewiringLab:
    """The rewiring lab on one graph: drag the slider through the edits of a published method.

    Args:
        data: a PyG ``Data``, a networkx graph, or what ``workbench.graphs.open_graph``
            understands: a name such as ``"karate"`` or ``"ring:24"``, or the path of a graph file.
        method: the rewiring that fills the tape first; one of ``workbench.rewiring.EDITS``.
        num_edges: its budget of undirected edges, 0 to 100,000.
        weighted: whether the weights of edges are their conductances; False for 1 each.
        undirected: take each edge both ways; of two weights the mean.
        source, target, weight, header: how to read a file, as in ``read_graph``.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.tape``, ``lab.position = 12``,
        ``lab.rewired``, ``lab.numbers()``, ``lab.code()`` and ``lab.save(path)`` below it. A graph
        file dropped on the graph takes its place.

    Raises:
        ValueError: the method is unknown, ``num_edges`` is out of range, or the graph is directed
            or has no nodes.
        TypeError: ``data`` is none of the above, or ``num_edges`` is no whole number.
    """
    if method not in EDITS:
        raise ValueError(f"method must be one of {', '.join(EDITS)}; got {method!r}")
    num_edges = whole_number(num_edges, "num_edges", 0, MOST)
    reading = {"source": source, "target": target, "weight": weight, "header": header}
    reading = {name: value for name, value in reading.items() if value is not None}
    path = Path(data).expanduser() if isinstance(data, str | Path) else None
    file = None
    if path is not None and path.is_file():
        if undirected:
            reading["directed"] = False
        file = OpenedFile.read(path.name, path.read_bytes(), path=str(data), **reading)
        graph, opened, reading = file.graph, file.source, file.opened_with
    else:
        graph, opened = graph_of(data, both_ways=undirected, **reading)
    try:
        start = Start(graph, opened, reading, weighted=weighted)
    except ValueError as error:
        if "directed" not in str(error):
            raise
        way = "or rewiring_lab(..., undirected=True) to take each edge both ways"
        raise ValueError(f"{error}; {way}") from None
    return RewiringLab(RewiringState(start, method, num_edges, weighted), file)
