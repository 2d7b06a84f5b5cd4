"""The expressivity lab: two graphs, a test of the Weisfeiler-Leman family, round by round."""

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import networkx as nx
from torch import nn
from torch_geometric.data import Data

from workbench.diagnostics import TESTS, Distinction
from workbench.graphs import FAMOUS_PAIRS
from workbench.training import EmbeddingDistance
from workbench.widgets import expressivity_views as views
from workbench.widgets import expressivity_words as words
from workbench.widgets.color_rounds import ColorRounds
from workbench.widgets.expressivity_controls import Controls
from workbench.widgets.expressivity_state import Colored, Pair
from workbench.widgets.expressivity_tests import RAISED
from workbench.widgets.graph_canvas import GraphCanvas
from workbench.widgets.job import ShouldStop, Worker
from workbench.widgets.matrix_canvas import MatrixCanvas
from workbench.widgets.model_on_pair import ModelOnPair
from workbench.widgets.opening import dropped_graph, graph_of, uploaded_graph
from workbench.widgets.still_picture import StillPicture
from workbench.widgets.whole_number import whole_number

#: A line of code that sets the test waits this long for its answer.
WAIT_SECONDS = 120.0
YOUR_PAIR = "your graphs"
Source = Data | nx.Graph | str | Path


class ExpressivityLab(StillPicture, ipywidgets.VBox):
    """Two graphs side by side, recolored round by round; code and mouse drive the same state.

    Attributes:
        a, b: the graphs (PyG ``Data``); set one to put your own in its place.
        pair: name of the famous pair, or "your graphs"; set it to choose another.
        test: the test, a key of ``workbench.diagnostics.TESTS``; set it.
        round: the round that is drawn; set it.
        verdict: the answer of the test in one line.
        distinction: the same with its witness and all colors.
    """

    def __init__(self, pair: Pair, test: str):
        self._pair = pair
        self._chosen: list[tuple[int, ...] | None] = [None, None]
        self._colored: Colored = pair.colored(test)
        self._worker = Worker(self._wrong)
        self._controls = Controls(test)
        self._model = ModelOnPair(lambda: self._worker.submit("model", self._run_model))
        self._matrices = [
            MatrixCanvas(height=330, classes=True, title=which) for which in ("a", "b")
        ]
        self._graphs = [
            GraphCanvas(
                height=330,
                editable=False,
                classes=True,
                hides_picture=which == "a",
                file_prompt=f"open as graph {which}",
            )
            for which in "ab"
        ]
        self._rounds = ColorRounds(
            graph_a=self._graphs[0],
            graph_b=self._graphs[1],
            matrix_a=self._matrices[0],
            matrix_b=self._matrices[1],
        )
        for graph, matrix in zip(self._graphs, self._matrices, strict=True):
            ipywidgets.jslink((graph, "selection"), (matrix, "selection"))
        pictures = ipywidgets.Box([*self._graphs, *self._matrices])
        pictures.add_class("workbench-pictures")
        self._show_pair()
        self._show_test()
        self._listen()
        shown = [
            self._controls.verdict,
            self._rounds,
            pictures,
            self._controls.why,
            self._model,
            self._controls.status,
        ]
        super().__init__([*self._controls.rows, *shown])
        self.add_class("workbench-lab")
        self.add_class("workbench-expressivity")

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def a(self) -> Data:
        """The first graph."""
        return self._pair.graphs[0]

    @a.setter
    def a(self, value: Source) -> None:
        self._put(0, value)

    @property
    def b(self) -> Data:
        """The second graph."""
        return self._pair.graphs[1]

    @b.setter
    def b(self, value: Source) -> None:
        self._put(1, value)

    @property
    def pair(self) -> str:
        """Name of the famous pair, or "your graphs"."""
        return self._pair.name

    @pair.setter
    def pair(self, name: str) -> None:
        self._open(famous(name))

    @property
    def test(self) -> str:
        """The test that colors the graphs."""
        return self._colored.test

    @test.setter
    def test(self, value: str) -> None:
        if value not in TESTS:
            raise ValueError(f"test must be one of {', '.join(TESTS)}; got {value!r}")
        self._take(self._pair, self._pair.colored(value))

    @property
    def round(self) -> int:
        """The round that is drawn; 0 is the start."""
        return self._rounds.position

    @round.setter
    def round(self, value: int) -> None:
        self._rounds.position = whole_number(value, "round", 0, self._colored.last)

    @property
    def verdict(self) -> str:
        """The answer of the test in one line."""
        return words.verdict(self._colored)

    @property
    def distinction(self) -> Distinction:
        """The answer with its witness, and the colors of all rounds."""
        return self._colored.distinction

    def why(self, graph: str, *nodes: int) -> str:
        """Why a node (one number) or a pair (two) has its color in the round that is drawn.

        Args:
            graph: ``"a"`` or ``"b"``.
            nodes: one or two nodes.

        Raises:
            ValueError: there is no such graph or node, or no node is given.
            TypeError: a node is no whole number.
        """
        if graph in ("a", "b") and not nodes:
            raise ValueError(f'give one or two nodes: lab.why("{graph}", 0)')
        self.choose(graph, *nodes)
        which = "ab".index(graph)
        return words.why_text(self._colored, which, self.round, nodes)

    def choose(self, graph: str, *nodes: int) -> None:
        """Explain a node or a pair of one graph below the pictures; no node chooses none.

        Raises:
            ValueError: there is no such graph or node.
            TypeError: a node is no whole number.
        """
        if graph not in ("a", "b"):
            raise ValueError(f'graph must be "a" or "b", got {graph!r}')
        which = "ab".index(graph)
        size = self._pair.sizes[which]
        if len(nodes) > 2:
            raise ValueError(f"give one or two nodes from 0 to {size - 1}, got {nodes}")
        nodes = tuple(whole_number(node, "a node", 0, size - 1) for node in nodes)
        self._chosen[which] = nodes or None
        self._graphs[which].picked = list(nodes[:1])
        self._show_why()

    def run_model(
        self,
        model: str | nn.Module | Callable[[int], nn.Module] = "GIN",
        *,
        num_layers: int | None = None,
        seed: int = 0,
    ) -> EmbeddingDistance:
        """Embed both graphs with a model, and measure the noise of relabelings.

        Args:
            model: a key of ``workbench.models.MODELS``, run with random weights; or a module of
                your own with its weights as they are, called as ``model(x, edge_index, batch)``
                (``batch`` only where its forward names it), which returns one row for the graph;
                or a function of the number of input channels that builds one. Graphs without
                ``x`` get the feature 1 at every node. It stays in the menu.
            num_layers: 1 to 32, 6 if not given; only for the models of the menu.
            seed: of the random weights, also of a model that a function builds, and of the random
                relabelings.

        Raises:
            ValueError: the model is unknown or does not fit the graphs, or a number is out of
                range.
            TypeError: ``model`` is none of these.
        """
        return self._model.run_chosen(model, self.a, self.b, num_layers=num_layers, seed=seed)

    @property
    def result(self) -> EmbeddingDistance | None:
        """What the last run of a model on this pair gave, or None."""
        return self._model.result

    def picture(self, format: str = "png") -> bytes:
        """Both graphs and the histogram at the current round, as a PNG or SVG file."""
        return views.picture(self._colored, self.round, format)

    def save(self, path: str | Path) -> Path:
        """Write the picture; ``path`` ends in ``.png`` or ``.svg``.

        Raises:
            ValueError: another ending.
        """
        path = Path(path)
        if path.suffix not in (".png", ".svg"):
            raise ValueError(f"path must end in .png or .svg, got {path.name!r}")
        path.write_bytes(self.picture(path.suffix[1:]))
        return path

    def wait(self, timeout: float = WAIT_SECONDS) -> bool:
        """Block until everything asked for is on the screen; False after ``timeout`` seconds."""
        return self._worker.wait(timeout)

    def close(self) -> None:
        """Stop the thread and remove the lab from the page."""
        self._worker.close()
        super().close()

    # ---- what follows what ----------------------------------------------------------------

    def _listen(self) -> None:
        shown = self._controls
        shown.pair.observe(self._pair_chosen, "value")
        shown.test.observe(self._test_chosen, "value")
        shown.raise_k.on_click(lambda _: setattr(shown.test, "value", RAISED[self.test]))
        self._rounds.observe(lambda _: self._rested(), "position")
        for which in (0, 1):
            shown.uploads[which].observe(lambda change, w=which: self._uploaded(w, change), "value")
            self._graphs[which].observe(lambda change, w=which: self._node(w, change.new), "picked")
            for canvas in (self._graphs[which], self._matrices[which]):
                canvas.on_msg(lambda *message, w=which: self._heard(w, *message))

    def _pair_chosen(self, change) -> None:
        if not self._controls.follows and change.new in FAMOUS_PAIRS:
            self._submit(lambda: (famous(change.new), self._controls.test.value))

    def _test_chosen(self, change) -> None:
        if not self._controls.follows:
            self._submit(lambda: (self._pair, change.new))

    def _uploaded(self, which: int, change) -> None:
        if change.new:
            file = change.new[0]
            self._controls.uploads[which].value = ()
            self._open_file(which, lambda: uploaded_graph(file))

    def _heard(self, which: int, widget, content, buffers) -> None:
        u, v = content.get("u"), content.get("v")
        if content.get("type") == "hover":
            widget.show_hint(u, v, words.hint(self._colored, which, self.round, u, v))
        elif content.get("type") == "click":
            self.choose("ab"[which], u, v)
        elif content.get("type") == "file":
            self._open_file(which, lambda: dropped_graph(content, buffers))

    def _node(self, which: int, picked: list[int]) -> None:
        chosen = self._chosen[which]
        if chosen is None or list(chosen[:1]) != picked:
            self._chosen[which] = tuple(picked) or None
            self._show_why()

    def _rested(self) -> None:
        self._show_why()
        self._worker.submit("picture", self._store_picture)

    # ---- commands -------------------------------------------------------------------------

    def _put(self, which: int, value: Source) -> None:
        self._open(self._with(which, graph_of(value)[0]))

    def _with(self, which: int, data: Data) -> Pair:
        graphs = list(self._pair.graphs)
        graphs[which] = data
        return Pair(*graphs, YOUR_PAIR)

    def _open(self, pair: Pair) -> None:
        self._take(pair, pair.colored(self.test))

    def _open_file(self, which: int, read: Callable[[], Data]) -> None:
        # a request of its own for each side: a file is never lost to a newer request
        self._submit(lambda: (self._with(which, read()), self.test), f"file {which}")

    def _submit(self, find, key: str = "colors") -> None:
        """Find (pair, test) and its colors in the thread, the newest request wins."""

        def work(should_stop: ShouldStop) -> None:
            self._controls.say("computing …")
            pair, test = find()
            colored = pair.colored(test)
            if not should_stop():
                self._take(pair, colored)

        self._worker.submit(key, work)

    def _take(self, pair: Pair, colored: Colored) -> None:
        """Show another pair, or another test of this one."""
        other, self._pair, self._colored = pair is not self._pair, pair, colored
        if other:
            self._chosen = [None, None]
            self._show_pair()
            self._model.clear()
        self._show_test()
        self._controls.say("")
        self._worker.submit("picture", self._store_picture)

    def _run_model(self, _: ShouldStop) -> None:
        self._controls.say(f"running {self._model.model.value} …")
        self._model.run(self.a, self.b)
        self._controls.say("")

    def _wrong(self, error: Exception) -> None:
        # the menus go back to what is shown
        self._controls.sync(self._pair.name, self.test)
        self._controls.say(str(error), wrong=True)

    # ---- what is shown --------------------------------------------------------------------

    def _show_pair(self) -> None:
        views.show_pair(self._pair, self._graphs, self._matrices)
        known = FAMOUS_PAIRS.get(self._pair.name)
        names = " and ".join(self._pair.names)
        self._controls.about_pair.value = html.escape(
            known.sentence if known else f"Your graphs: {names}."
        )

    def _show_test(self) -> None:
        self._controls.sync(self._pair.name, self.test)
        self._controls.about_test.value = html.escape(self._colored.text.sentence)
        self._controls.verdict.value = words.verdict_html(self._colored)
        views.show_colors(self._colored, self._rounds, self._matrices)
        self._show_why()

    def _show_why(self) -> None:
        self._controls.why.value = words.why_html(self._colored, self.round, self._chosen)


def famous(name: str) -> Pair:
    """A pair of the library.

    Raises:
        ValueError: there is no such pair.
    """
    if name not in FAMOUS_PAIRS:
        raise ValueError(f"pair must be one of {', '.join(FAMOUS_PAIRS)}; got {name!r}")
    return Pair(*FAMOUS_PAIRS[name].build(), name)


def expressivity_lab(
    a: Source | None = None, b: Source | None = None, *, test: str = "1-wl"
) -> ExpressivityLab:
    """Two graphs under a Weisfeiler-Leman test: drag through its rounds, and see who notices.

    Args:
        a, b: your two graphs: a PyG ``Data``, a networkx graph, a name such as ``"ring:6"`` or the
            path of a graph file. Where both hold ``x`` or ``edge_attr``, the tests read them; of
            one graph alone they are left out, and the lab says so. None and None opens the first
            regular pair of the library; ``a`` alone is the name of one of
            ``workbench.graphs.FAMOUS_PAIRS``.
        test: the test to start with, a key of ``workbench.diagnostics.TESTS``.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.test = "2-fwl"``, ``lab.round = 1``,
        ``lab.pair``, ``lab.a``, ``lab.verdict``, ``lab.why("a", 3)``, ``lab.run_model("GIN")`` and
        ``lab.save(path)`` below it. A graph file dropped on one of the graphs takes its place.

    Raises:
        ValueError: the test or the pair is unknown, only one graph is given, or one has no nodes.
        TooLargeError: a graph is too large to draw, or for the test.
        TypeError: ``a`` or ``b`` is no graph.
    """
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}; got {test!r}")
    if b is None:
        if a is not None and not (isinstance(a, str) and a in FAMOUS_PAIRS):
            names = ", ".join(FAMOUS_PAIRS)
            raise ValueError(f"give two graphs, or the name of a famous pair: {names}; got {a!r}")
        return ExpressivityLab(famous(a or "hexagon and two triangles"), test)
    if a is None:
        raise ValueError("give two graphs, a and b; a is missing")
    return ExpressivityLab(Pair(graph_of(a)[0], graph_of(b)[0], YOUR_PAIR), test)
