"""The expressivity lab: two graphs, a test of the Weisfeiler-Leman family, round by round."""

from collections.abc import Callable
from pathlib import Path

import ipywidgets
from torch import nn
from torch_geometric.data import Data

from workbench.benchmarks import EmbeddingDistance
from workbench.diagnostics import TESTS, Distinction
from workbench.graphs import FAMOUS_PAIRS
from workbench.widgets.expressivity import views, words
from workbench.widgets.expressivity.screen import YOUR_PAIR, ExpressivityScreen, Source, famous
from workbench.widgets.expressivity.state import Pair
from workbench.widgets.lab.opening import graph_of
from workbench.widgets.lab.still_picture import StillPicture
from workbench.widgets.lab.whole_number import whole_number

#: A line of code that sets the test waits this long for its answer.
WAIT_SECONDS = 120.0


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
        self._screen = screen = ExpressivityScreen(pair, test, rested=self._store_picture)
        self._controls, self._model, self._rounds = screen.controls, screen.model, screen.rounds
        self._graphs, self._matrices = screen.graphs, screen.matrices
        super().__init__(screen.rows())
        self.add_class("workbench-lab")
        self.add_class("workbench-expressivity")

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def a(self) -> Data:
        """The first graph."""
        return self._screen.pair.graphs[0]

    @a.setter
    def a(self, value: Source) -> None:
        self._screen.put(0, value)

    @property
    def b(self) -> Data:
        """The second graph."""
        return self._screen.pair.graphs[1]

    @b.setter
    def b(self, value: Source) -> None:
        self._screen.put(1, value)

    @property
    def pair(self) -> str:
        """Name of the famous pair, or "your graphs"."""
        return self._screen.pair.name

    @pair.setter
    def pair(self, name: str) -> None:
        self._screen.open(famous(name))

    @property
    def test(self) -> str:
        """The test that colors the graphs."""
        return self._screen.colored.test

    @test.setter
    def test(self, value: str) -> None:
        if value not in TESTS:
            raise ValueError(f"test must be one of {', '.join(TESTS)}; got {value!r}")
        self._screen.take(self._screen.pair, self._screen.pair.colored(value))

    @property
    def round(self) -> int:
        """The round that is drawn; 0 is the start."""
        return self._rounds.position

    @round.setter
    def round(self, value: int) -> None:
        self._rounds.position = whole_number(value, "round", 0, self._screen.colored.last)

    @property
    def verdict(self) -> str:
        """The answer of the test in one line."""
        return words.verdict(self._screen.colored)

    @property
    def distinction(self) -> Distinction:
        """The answer with its witness, and the colors of all rounds."""
        return self._screen.colored.distinction

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
        which = self._screen.choose(graph, *nodes)
        return words.why_text(self._screen.colored, which, self.round, nodes)

    def choose(self, graph: str, *nodes: int) -> None:
        """Explain a node or a pair of one graph below the pictures; no node chooses none.

        Raises:
            ValueError: there is no such graph or node.
            TypeError: a node is no whole number.
        """
        self._screen.choose(graph, *nodes)

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
        return views.picture(self._screen.colored, self.round, format)

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
        return self._screen.worker.wait(timeout)

    def close(self) -> None:
        """Stop the thread and remove the lab from the page."""
        self._screen.worker.close()
        super().close()


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
