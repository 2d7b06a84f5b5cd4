"""The expressivity lab: two graphs, a test of the Weisfeiler-Leman family, round by round."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets
from torch import nn
from torch_geometric.data import Data

from workbench.benchmarks import EmbeddingDistance
from workbench.choices import check_choice
from workbench.diagnostics import TESTS, Distinction
from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.graphs import FAMOUS_PAIRS
from workbench.models import MODELS
from workbench.widgets.expressivity import views, words
from workbench.widgets.expressivity.drawn_pair import DrawnPair, Source, famous, pair_of
from workbench.widgets.expressivity.explanation import Explanation
from workbench.widgets.expressivity.model_on_pair import ModelOnPair
from workbench.widgets.expressivity.state import FIRST_PAIR, ExpressivityState
from workbench.widgets.expressivity.test_texts import RAISED, text_of
from workbench.widgets.lab.controls import file_button, row
from workbench.widgets.lab.lab import Lab, command
from workbench.widgets.lab.opening import OpenedFile, graph_of, read_drop, read_upload
from workbench.widgets.lab.worker import ShouldStop

#: The lines of text, and their look.
_LINES = {
    "about_pair": "about",
    "about_test": "about",
    "says": "verdict",
    "why": "why",
    "ran": "status",
}


class ExpressivityLab(Lab, state=ExpressivityState):
    """Two graphs side by side, recolored round by round; code and mouse drive the same state.

    What the page asks for is found in the thread; a line of code that sets a graph, the pair or the
    test returns when it is there, and raises where it cannot be.

    Attributes:
        a, b: the graphs (PyG ``Data``); set one to put your own in its place.
        pair: name of the famous pair, or "your graphs"; set it to choose another.
        test: the test, a key of ``workbench.diagnostics.TESTS``; set it.
        round: the round that is drawn; set it.
        model, num_layers, seed: which model "run model" runs; set them.
        verdict: the answer of the test in one line.
        distinction: the same with its witness and all colors.
    """

    def __init__(self, pair: DrawnPair, test: str):
        super().__init__(ExpressivityState())
        self._colored = pair.coloring(test)
        self._why = Explanation(self._picture_now)
        self._model = ModelOnPair(self.state, lambda: self._pair, self._tell_run)
        self._build()
        self.add_class("workbench-expressivity")
        self._show_pair()
        self._take(self._colored)
        self._listen()

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def a(self) -> Data:
        """The first graph."""
        return self._pair.graphs[0]

    @a.setter
    def a(self, value: Source) -> None:
        self._take(self._pair.replace_graph(0, graph_of(value)[0]).coloring(self.test))

    @property
    def b(self) -> Data:
        """The second graph."""
        return self._pair.graphs[1]

    @b.setter
    def b(self, value: Source) -> None:
        self._take(self._pair.replace_graph(1, graph_of(value)[0]).coloring(self.test))

    @property
    def pair(self) -> str:
        """Name of the famous pair, or "your graphs"."""
        return self._pair.name

    @pair.setter
    def pair(self, name: str) -> None:
        self._take(famous(name).coloring(self.test))

    @property
    def test(self) -> str:
        """The test that colors the graphs."""
        return self._colored.test

    @test.setter
    def test(self, value: str) -> None:
        self._take(self._pair.coloring(self.state.check("test", value)))

    @property
    def verdict(self) -> str:
        """The answer of the test in one line."""
        return words.verdict(self._colored)

    @property
    def distinction(self) -> Distinction:
        """The answer with its witness, and the colors of all rounds."""
        return self._colored.distinction

    @property
    def result(self) -> EmbeddingDistance | None:
        """What the last run of a model on this pair gave, or None."""
        return self._model.result

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
        return self._why.text(self._choose(graph, *nodes))

    @command
    def choose(self, graph: str, *nodes: int) -> None:
        """Explain a node or a pair of one graph below the pictures; no node chooses none.

        Raises:
            ValueError: there is no such graph or node.
            TypeError: a node is no whole number.
        """
        self._choose(graph, *nodes)

    @command
    def raise_k(self) -> None:
        """From nodes to pairs to triples: 1-WL, 2-FWL, 3-FWL. The call returns at once.

        Raises:
            ValueError: the test has no larger k here.
        """
        if self.state.test not in RAISED:
            raise ValueError(f"k is raised from {', '.join(RAISED)}; the test is {self.test}")
        self.state.test = RAISED[self.state.test]

    @command
    def run(self) -> None:
        """Run the model of the menu in the thread; the call returns at once."""
        self.worker.submit("model", self._run)

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
        if isinstance(model, str):
            return self._model.run(model, num_layers, seed)
        if num_layers is not None:
            raise ValueError("num_layers is for the models of the menu; yours has its own")
        return self._model.run_own(model, seed)

    def picture(self, format: str = "png") -> bytes:
        """Both graphs and the histogram at the current round, as a PNG, SVG or PDF file."""
        return views.picture(*self._picture_now(), format)

    def texts(self) -> dict[str, Any]:
        """The sentences around the pictures; ``why`` as HTML."""
        told = {name: html.unescape(line.value) for name, line in self._lines.items()}
        return told | {"why": self._lines["why"].value, "verdict": self.verdict}

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        pictures = self.pictures = views.new_pictures()
        for which in "ab":
            self.link("selection", pictures[which], pictures[f"matrix_{which}"])
        canvases = ipywidgets.Box([one for name, one in pictures.items() if name != "rounds"])
        canvases.add_class("workbench-pictures")
        self._lines = {name: ipywidgets.HTML() for name in _LINES}
        for name, line in self._lines.items():
            line.add_class(f"workbench-{_LINES[name]}")
        for which, name in enumerate("ab"):
            about = f"A file in place of graph {name}, of any kind that is read; or drop it there."
            self.controls[f"open_{name}"] = file_button(
                f"open {name} …",
                about,
                lambda file, w=which: self._open(w, lambda: read_upload(file)),
                width=100,
            )
        raise_k = "From nodes to pairs to triples: 1-WL, 2-FWL, 3-FWL."
        run = "Embed both graphs, and both again under other numberings."
        self.children = [
            row(self.control("pair"), *(self.controls[f"open_{which}"] for which in "ab")),
            self._lines["about_pair"],
            row(self.control("test"), self.button("raise_k", "raise k", raise_k, width=100)),
            self._lines["about_test"],
            self._lines["says"],
            pictures["rounds"],
            canvases,
            self._lines["why"],
            row(
                *(self.control(name) for name in ("model", "num_layers", "seed")),
                self.button("run", "run model", run, width=100),
            ),
            self._lines["ran"],
            self._status,
        ]

    def _listen(self) -> None:
        self.when("pair", "test", then=self._ask_colors)
        self.when("round", then=self._follow_round)
        self.when("model", then=self._follow_model)
        self.pictures["rounds"].observe(lambda change: self._slid(change.new), "position")
        for which, name in enumerate("ab"):
            self.pictures[name].observe(lambda change, w=which: self._node(w, change.new), "picked")
            for picture in (self.pictures[name], self.pictures[f"matrix_{name}"]):
                picture.on_msg(lambda *message, w=which: self._hear(w, *message))

    def _slid(self, position: int) -> None:
        # the page may tell of a round that another test had
        self.state.round = min(position, self.state.bounds("round")[1])

    def _follow_round(self) -> None:
        self.pictures["rounds"].position = self.state.round
        self._show_why()
        self.store_picture()

    def _follow_model(self) -> None:
        self.controls["num_layers"].disabled = self.state.model not in MODELS

    def _hear(self, which: int, widget: ipywidgets.Widget, content: dict, buffers: Any) -> None:
        u, v, kind = content.get("u"), content.get("v"), content.get("type")
        if kind == "hover":
            widget.show_hint(u, v, self._why.hint(which, u, v))
        elif kind == "click":
            self.choose("ab"[which], u, v)
        elif kind == "file":
            self._open(which, lambda: read_drop(content, buffers))

    def _node(self, which: int, picked: list[int]) -> None:
        if self._why.pick(which, picked):
            self._show_why()

    def _choose(self, graph: str, *nodes: int) -> int:
        which = self._why.choose(graph, nodes)
        self.pictures[graph].picked = list(self._why.nodes(which)[:1])
        self._show_why()
        return which

    # ---- the work -------------------------------------------------------------------------

    @property
    def _pair(self) -> DrawnPair:
        return self._colored.pair

    def _picture_now(self) -> tuple[PairColoring, int]:
        """The colors, and which of their rounds is drawn; the thread may change both."""
        colored = self._colored
        return colored, min(self.state.round, colored.last)

    def _ask_colors(self) -> None:
        """A menu was moved, or follows what is shown."""
        if (self.state.pair, self.state.test) != (self.pair, self.test):
            self.worker.submit("colors", self._color)

    def _color(self, should_stop: ShouldStop) -> None:
        asked = self.state.now()
        if (asked.pair, asked.test) == (self.pair, self.test):
            return
        try:
            with self.tell_work("computing …"):
                pair = self._pair if asked.pair == self.pair else famous(asked.pair)
                colored = pair.coloring(asked.test)
        except Exception:
            if not should_stop():  # the menus go back to what is shown
                self.state.show(self.pair, self.test)
            raise
        if not should_stop():
            self._take(colored)

    def _open(self, which: int, read: Callable[[], OpenedFile]) -> None:
        def work(should_stop: ShouldStop) -> None:
            with self.tell_work("reading …"):
                file = read()
                colored = self._pair.replace_graph(which, file.graph).coloring(self.state.test)
            if not should_stop():
                notes = f": {file.said}" if file.notes else ""
                self._take(colored, f"{file.name} is graph {'ab'[which]} now{notes}.")

        # a request of its own for each side: a file is never lost to a newer request
        self.worker.submit(f"file {which}", work)

    def _run(self, _: ShouldStop) -> None:
        asked = self.state.now()
        with self.tell_work(f"running {asked.model} …"):
            self._model.embed(asked)

    # ---- what is shown --------------------------------------------------------------------

    def _take(self, colored: PairColoring, said: str = "") -> None:
        """Show another pair, or another test of this one."""
        other, self._colored = colored.pair is not self._pair, colored
        # one message, so that no round of one test is drawn with the colors of another
        with self.pictures["rounds"].hold_sync():
            if other:
                self._show_pair()
            self.state.show(self.pair, self.test)
            self.state.start(colored.telling_round, colored.last)
            self._show_test()
        self.say(said)
        self.store_picture()

    def _show_pair(self) -> None:
        pair = self._pair
        self._why.forget()
        self._model.forget()
        known = FAMOUS_PAIRS.get(pair.name)
        self.made_by = "expressivity_lab()" if known else "expressivity_lab(a, b)"
        views.show_pair(pair, self.pictures)
        about = known.sentence if known else f"Your graphs: {' and '.join(pair.names)}."
        self._lines["about_pair"].value = html.escape(about)

    def _show_test(self) -> None:
        colored = self._colored
        views.show_colors(colored, self.pictures)
        self.controls["raise_k"].disabled = colored.test not in RAISED
        self._lines["about_test"].value = html.escape(text_of(colored.test).sentence)
        self._lines["says"].value = words.verdict_html(colored)
        self._show_why()

    def _show_why(self) -> None:
        self._lines["why"].value = self._why.html()

    def _tell_run(self, text: str) -> None:
        self._lines["ran"].value = text


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
    check_choice("test", test, TESTS)
    return ExpressivityLab(pair_of(a, b, FIRST_PAIR), test)
