"""The rewiring lab: choose a graph, drag a slider through the edits, train, see what changed."""

import html
import tempfile
import time
from pathlib import Path

import ipywidgets
import networkx as nx
import numpy as np
import plotly.graph_objects as go
import traitlets
from IPython.display import Image, display
from torch_geometric.data import Data

from workbench.figures import graph_figure, picture
from workbench.graphs import GRAPHS, from_networkx, open_graph, read_graph, write_graph
from workbench.rewiring import REWIRINGS
from workbench.widgets import rewiring_views as views
from workbench.widgets.graph_canvas import GraphCanvas
from workbench.widgets.job import ShouldStop, Worker
from workbench.widgets.matrix_canvas import MatrixCanvas
from workbench.widgets.options import option_controls, option_values
from workbench.widgets.rewiring_controls import OWN, Controls
from workbench.widgets.rewiring_state import COLORINGS, MATRICES, RewiringState
from workbench.widgets.tape_bar import TapeBar
from workbench.widgets.training_panel import TrainingPanel

#: Up to this many nodes a new lab waits until its numbers are there.
WAIT_NODES = 400


class RewiringLab(ipywidgets.VBox):
    """Graph, tape and position on the screen. Code and mouse drive the same state.

    Attributes:
        graph: the graph before its edits (PyG ``Data``).
        tape: the ordered edits, each with who made it.
        position: how many edits of the tape are applied; set it to move the slider.
        rewired: the graph at the current position (PyG ``Data``).
        runs: what the last "Train before / after" gave, or None.
    """

    def __init__(self, state: RewiringState, method: str, num_edges: int):
        self._state = state
        self._worker = Worker(self._show_error)
        self._quiet = False
        self._picture = None
        self._num_edges = num_edges
        self._own: Data | None = None
        self._canvas = GraphCanvas(hides_picture=True, height=440)
        self._matrix = MatrixCanvas(height=440, rows="node", columns="node")
        self._bar = TapeBar()
        self._best, self._status = ipywidgets.HTML(), ipywidgets.HTML()
        self._status.add_class("workbench-status")
        self._controls = Controls(method, self._export)
        self._training = TrainingPanel(
            lambda: (self._state.edge_index, self.tape.edge_index()), self._say
        )
        self._link()
        pictures = ipywidgets.GridBox(
            [self._canvas, self._matrix],
            layout=ipywidgets.Layout(
                grid_template_columns="minmax(0, 1.25fr) minmax(0, 1fr)", grid_gap="8px"
            ),
        )
        below = [self._bar, self._status, self._best, self._training, self._controls.exports]
        super().__init__([*self._controls.rows(), pictures, *below])
        self.add_class("workbench-lab")
        self._show_options()
        self._show_graph()
        if self._state.num_nodes <= WAIT_NODES:
            self.wait(20)

    def _link(self) -> None:
        # one way only: the slider leads, and a stale canvas can never move it back
        ipywidgets.jsdlink((self._bar, "position"), (self._canvas, "position"))
        ipywidgets.jsdlink((self._bar, "position"), (self._matrix, "position"))
        ipywidgets.jslink((self._canvas, "selection"), (self._matrix, "selection"))
        controls = self._controls
        traitlets.dlink((controls.view, "value"), (self._canvas, "mode"))
        traitlets.dlink((controls.view, "value"), (self._matrix, "mode"))
        controls.graph.observe(self._choose_graph, "value")
        controls.upload.observe(self._open_upload, "value")
        controls.method.observe(self._choose_method, "value")
        controls.color.observe(lambda _: self._show_colors(), "value")
        controls.matrix.observe(lambda _: self._show_matrix(), "value")
        controls.best.observe(lambda _: self._rest(), "value")
        self._bar.observe(self._slide, "position")
        self._bar.on_msg(self._bar_message)
        self._canvas.on_msg(self._canvas_message)
        self._matrix.on_msg(self._canvas_message)

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def graph(self) -> Data:
        """The graph before its edits."""
        return self._state.graph

    @property
    def rewired(self) -> Data:
        """The graph at the current position."""
        return self._state.rewired()

    @property
    def tape(self):
        """The ordered edits, each with who made it."""
        return self._state.tape

    @property
    def position(self) -> int:
        """How many edits of the tape are applied."""
        return self._state.tape.position

    @position.setter
    def position(self, value: int) -> None:
        if not 0 <= value <= len(self.tape.edits):
            raise ValueError(f"position must be from 0 to {len(self.tape.edits)}, got {value}")
        self._bar.position = int(value)

    @property
    def runs(self):
        """What the last "Train before / after" gave, or None."""
        return self._training.runs

    @property
    def training(self) -> TrainingPanel:
        """The panel that trains before and after: ``lab.training.start()``, ``.stop()``."""
        return self._training

    def numbers(self) -> dict[str, float]:
        """The numbers on the cards at the current position, by name."""
        numbers = self._state.measure()
        return {name: float(values[self.position]) for name, values in numbers.values.items()}

    def edit(self, u: int, v: int) -> None:
        """Add the edge between ``u`` and ``v`` by hand, or remove it where there is one."""
        edge_index = self.tape.edge_index()
        there = bool(((edge_index[0] == u) & (edge_index[1] == v)).any())
        self._hand_edit(-1 if there else 1, u, v)

    def undo(self) -> None:
        """Take the last edit back; an abandoned tail of the tape comes back with it."""
        self._move_on_tape(self.tape.undo)

    def redo(self) -> None:
        """Do again what was undone."""
        self._move_on_tape(self.tape.redo)

    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. Undo brings them back."""
        self._move_on_tape(self._state.reset)

    def figure(self) -> go.Figure:
        """Before and after as a plotly figure."""
        return graph_figure(
            self._state.positions,
            self._state.edge_index.numpy(),
            self.tape.edge_index().numpy(),
            node_values=views.colorings(self._state, self._controls.color.value),
            node_label=views.with_unit(self._controls.color.value, COLORINGS),
            labels=views.node_names(self._state),
            title=self._caption(),
        )

    def picture(self, format: str = "png") -> bytes:
        """Before, after and the matrix as the bytes of a PNG or SVG file."""
        matrix, shown = None, self._controls.matrix.value
        if self._state.dense:
            order = self._state.order
            matrix = self._state.matrix(shown)[np.ix_(order, order)]
        return picture(
            self._state.positions,
            self._state.edge_index.numpy(),
            self.tape.edge_index().numpy(),
            node_values=views.colorings(self._state, self._controls.color.value),
            matrix=matrix,
            matrix_title=views.with_unit(shown, MATRICES),
            caption=self._caption(),
            format=format,
        )

    def code(self) -> str:
        """Python that reproduces the graph at the current position."""
        return self._state.code()

    def save(self, path: str | Path) -> Path:
        """Write the current state; the ending of ``path`` says what.

        ``.png``, ``.svg``, ``.html``: the figure. ``.py``: the code. ``.json``: the tape of edits.
        Anything else that ``write_graph`` knows (``.graphml``, ``.npz``, ...): the rewired graph.
        """
        path = Path(path)
        if path.suffix in (".png", ".svg"):
            path.write_bytes(self.picture(path.suffix[1:]))
        elif path.suffix == ".html":
            self.figure().write_html(path, include_plotlyjs=True)
        elif path.suffix == ".py":
            path.write_text(self.code(), encoding="utf-8")
        elif path.suffix == ".json":
            self.tape.save(path)
        else:
            write_graph(self.rewired, path)
        return path

    def wait(self, timeout: float = 60.0) -> bool:
        """Block until everything asked for is on the screen; False after ``timeout`` seconds."""
        return self._worker.wait(timeout)

    def _ipython_display_(self) -> None:
        # a page without a kernel shows this picture; the live canvas hides it
        self._picture = display(Image(self.picture()), display_id=True)
        display(self._repr_mimebundle_(), raw=True)

    # ---- commands ------------------------------------------------------------------------

    def _choose_graph(self, change) -> None:
        source = change["new"]
        if self._quiet:
            return
        if source == OWN:
            self._use_graph(self._own, None)
            return
        try:
            graph = open_graph(source)
        except Exception as error:
            self._show_error(error)
            return
        self._use_graph(graph, source)

    def _open_upload(self, change) -> None:
        if not change["new"]:
            return
        file = change["new"][0]
        suffix = Path(file["name"]).suffix
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"upload{suffix}"
                path.write_bytes(bytes(file["content"]))
                graph = read_graph(path)
        except Exception as error:
            self._say(f"{file['name']} was not opened: {error}", wrong=True)
            return
        finally:
            self._quiet = True
            self._controls.upload.value = ()
            self._quiet = False
        graph.name = Path(file["name"]).stem
        self._use_graph(graph, None)

    def _use_graph(self, graph: Data, source: str | None) -> None:
        try:
            self._state.set_graph(graph, source)
        except ValueError as error:
            self._show_error(error)
            return
        self._show_graph()

    def _choose_method(self, _change) -> None:
        self._show_options()
        self._run_method()

    def _show_options(self) -> None:
        self._options = option_controls(REWIRINGS[self._controls.method.value])
        if "num_edges" in self._options:
            self._options["num_edges"].value = self._num_edges
        for control in self._options.values():
            control.observe(self._option_changed, "value")
        self._controls.options.children = tuple(self._options.values())

    def _option_changed(self, _change) -> None:
        if "num_edges" in self._options:
            self._num_edges = self._options["num_edges"].value
        self._run_method()

    def _run_method(self) -> None:
        method = self._controls.method.value
        try:
            options = option_values(REWIRINGS[method], self._options)
        except ValueError as error:
            self._show_error(error)
            return
        self._bar.stale = True

        def run(should_stop):
            made = self._state.apply_method(method, options)
            if not should_stop():
                self._tape_changed()
                wanted = options.get("num_edges", made)
                few = (
                    f"; {wanted} were asked for and no more were to be had" if made < wanted else ""
                )
                self._say(f"{method} made {made} edits{few}.")

        self._worker.submit("method", run)

    def _hand_edit(self, sign: int, u: int, v: int) -> None:
        try:
            self._state.edit(sign, u, v)
        except ValueError as error:
            self._show_error(error)
            return
        self._tape_changed()
        verb = "added" if sign > 0 else "removed"
        pair = views.pair_name(views.node_names(self._state), u, v)
        self._say(f"{verb} {pair} by hand; undo takes it back.")

    def _move_on_tape(self, move) -> None:
        with self._state.lock:
            before = list(self.tape.edits)
            move()
            same = before == list(self.tape.edits)
        if same:
            self._bar.position = self.tape.position
            self._show_buttons()
        else:
            self._tape_changed()

    def _bar_message(self, _widget, content, _buffers) -> None:
        command = {"undo": self.undo, "redo": self.redo, "reset": self.reset}.get(content["type"])
        if command:
            command()

    def _canvas_message(self, widget, content, _buffers) -> None:
        kind, u, v = content.get("type"), content.get("u"), content.get("v")
        if kind == "add":
            self._hand_edit(1, u, v)
        elif kind == "remove":
            self._hand_edit(-1, u, v)
        elif kind == "hover":
            widget.show_hint(u, v, self._hint(u, v))
        elif kind == "click" and u != v:
            self._canvas.picked = [u]

    def _slide(self, change) -> None:
        with self._state.lock:
            self.tape.position = min(change["new"], len(self.tape.edits))
        self._show_matrix()
        self._show_buttons()
        self._rest()

    def _export(self, suffix: str) -> None:
        stem = self._state.source or getattr(self.graph, "name", None) or "graph"
        stem = "".join(c if c.isalnum() else "-" for c in stem)
        path = Path(f"{stem}-{self._controls.method.value}-{self.position}{suffix}")
        try:
            self.save(path)
        except Exception as error:
            self._show_error(error)
            return
        self._say(f"wrote {path} ({path.stat().st_size / 1000:,.0f} kB) beside the notebook.")

    # ---- views ---------------------------------------------------------------------------

    def _show_graph(self) -> None:
        """Show a graph that was just opened, then let the method fill its tape."""
        state = self._state
        self._quiet = True
        try:
            name = state.source or getattr(self.graph, "name", None) or "your graph"
            if state.source is None:
                self._own = self.graph
            self._controls.name_graph(f"{name} ({state.num_nodes:,})", state.source or OWN)
        finally:
            self._quiet = False
        views.show_graph(state, self._canvas, self._matrix)
        self._training.set_graph(self.graph)
        self._tape_changed()
        self._run_method()

    def _tape_changed(self) -> None:
        """Send the tape at once; its numbers follow when they are there."""
        tape = self.tape
        with self._canvas.hold_sync(), self._bar.hold_sync():
            self._canvas.spans = np.ascontiguousarray(tape.spans(), "<i4").tobytes()
            names = views.node_names(self._state)
            self._bar.edits = [views.edit_text(edit, names) for edit in tape.edits]
            self._bar.length = len(tape.edits)
            self._bar.position = tape.position
            self._bar.stale = True
        self._show_buttons()
        self._show_matrix()
        self._worker.submit("numbers", self._show_numbers)
        self._rest()

    def _show_buttons(self) -> None:
        self._bar.can_undo, self._bar.can_redo = self.tape.can_undo, self.tape.can_redo

    def _show_numbers(self, should_stop: ShouldStop) -> None:
        numbers = self._state.measure(should_stop)
        if numbers is None or should_stop():
            return
        with self._bar.hold_sync():
            self._bar.cards, self._bar.stale = views.cards(numbers), False

    def _show_matrix(self) -> None:
        views.show_matrix(self._state, self._matrix, self._controls.matrix.value)

    def _show_colors(self) -> None:
        views.show_colors(self._state, self._canvas, self._controls.color.value)

    def _rest(self) -> None:
        """What follows when the hand rests: colors, the best next edges, the still picture."""
        self._worker.submit("rest", self._show_rest)

    def _show_rest(self, should_stop: ShouldStop) -> None:
        if not _patient(0.1, should_stop):
            return
        self._show_colors()
        if self._controls.best.value:
            best = self._state.best_next_edges()
            rows = [(u, v, i) for i, edges in enumerate(best.values()) for u, v, _ in edges]
            with self._canvas.hold_sync():
                self._canvas.methods = list(best)
                self._canvas.candidates = np.array(rows, "<i4").reshape(-1, 3).tobytes()
            self._best.value = views.best_table(best, views.node_names(self._state))
        elif self._best.value:
            self._canvas.candidates, self._best.value = b"", ""
        if self._picture is not None and _patient(1.0, should_stop):
            self._picture.update(Image(self.picture()))

    def _hint(self, u: int, v: int) -> str:
        """What joining (or cutting) a pair would do, in words."""
        if u == v:
            return ""
        try:
            return views.what_if_text(self._state.what_if(u, v))
        except ValueError as error:
            return str(error)

    def _caption(self) -> str:
        name = self._state.source or getattr(self.graph, "name", None) or "graph"
        edits = f"edit {self.position} of {len(self.tape.edits)}"
        return f"{name}, {self._controls.method.value}, {edits}"

    def _say(self, text: str, *, wrong: bool = False) -> None:
        kind = "workbench-wrong" if wrong else "workbench-fine"
        self._status.value = f'<span class="{kind}">{html.escape(text)}</span>'

    def _show_error(self, error: Exception) -> None:
        self._say(str(error) or type(error).__name__, wrong=True)
        self._bar.stale = False

    def close(self) -> None:
        """Stop the threads and remove the lab from the page."""
        self._training.close()
        self._worker.close()
        super().close()


def rewiring_lab(
    data: Data | nx.Graph | str | Path = "karate", *, method: str = "gtr", num_edges: int = 20
) -> RewiringLab:
    """The rewiring lab on one graph: drag the slider through the edits of a published method.

    Args:
        data: a PyG ``Data``, a networkx graph, or what ``workbench.graphs.open_graph``
            understands: a name such as ``"karate"`` or ``"ring:24"``, or the path of a graph file.
        method: the rewiring that fills the tape first; one of ``workbench.rewiring.REWIRINGS``.
        num_edges: its budget of undirected edges.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.tape``, ``lab.position = 12``,
        ``lab.rewired``, ``lab.numbers()``, ``lab.code()`` and ``lab.save(path)`` below it.

    Raises:
        ValueError: the method is unknown, or the graph is directed or has no nodes.
        TypeError: ``data`` is none of the above.
    """
    if method not in REWIRINGS:
        raise ValueError(f"method must be one of {', '.join(REWIRINGS)}; got {method!r}")
    source = None
    if isinstance(data, str | Path):
        source = str(data)
        graph = open_graph(source)
    elif isinstance(data, Data):
        graph = data
    elif isinstance(data, nx.Graph):
        graph = from_networkx(data)
    else:
        raise TypeError(
            f"rewiring_lab needs a PyG Data, a networkx graph, a name of a graph "
            f"({', '.join(GRAPHS)}) or the path of a graph file; got {type(data).__name__}"
        )
    if not graph.num_nodes:
        raise ValueError("the graph has no nodes; there is nothing to show")
    return RewiringLab(RewiringState(graph, source), method, num_edges)


def _patient(seconds: float, should_stop: ShouldStop) -> bool:
    """Wait for a hand that may still move; False if it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if should_stop():
            return False
        time.sleep(0.02)
    return not should_stop()
