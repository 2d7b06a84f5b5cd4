"""The expressivity lab at work: what follows what on the page, and what the thread computes."""

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import networkx as nx
from torch_geometric.data import Data

from workbench.graphs import FAMOUS_PAIRS
from workbench.widgets.canvas.color_rounds import ColorRounds
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.expressivity import views, words
from workbench.widgets.expressivity.controls import Controls
from workbench.widgets.expressivity.model_on_pair import ModelOnPair
from workbench.widgets.expressivity.state import Colored, Pair
from workbench.widgets.expressivity.tests import RAISED
from workbench.widgets.lab.opening import dropped_graph, graph_of, uploaded_graph
from workbench.widgets.lab.whole_number import whole_number
from workbench.widgets.lab.worker import ShouldStop, Worker

YOUR_PAIR = "your graphs"
Source = Data | nx.Graph | str | Path


class ExpressivityScreen:
    """Two graphs, their colors round by round, and everything on the page that shows them.

    Args:
        pair: the graphs.
        test: the test that colors them.
        rested: called in the worker when what is asked for is on the page.

    Attributes:
        pair, colored: what is shown.
        graphs, matrices, rounds, controls, model: the widgets that show it.
        worker: the thread that finds colors.
    """

    def __init__(self, pair: Pair, test: str, *, rested: Callable[[ShouldStop], None]):
        self.pair, self.colored = pair, pair.colored(test)
        self._store_picture = rested
        self._chosen: list[tuple[int, ...] | None] = [None, None]
        self.worker = Worker(self._wrong)
        self.controls = Controls(test)
        self.model = ModelOnPair(lambda: self.worker.submit("model", self._run_model))
        self.matrices = [
            MatrixCanvas(height=330, classes=True, title=which) for which in ("a", "b")
        ]
        self.graphs = [
            GraphCanvas(
                height=330,
                editable=False,
                classes=True,
                hides_picture=which == "a",
                file_prompt=f"open as graph {which}",
            )
            for which in "ab"
        ]
        self.rounds = ColorRounds(
            graph_a=self.graphs[0],
            graph_b=self.graphs[1],
            matrix_a=self.matrices[0],
            matrix_b=self.matrices[1],
        )
        for graph, matrix in zip(self.graphs, self.matrices, strict=True):
            ipywidgets.jslink((graph, "selection"), (matrix, "selection"))
        self._show_pair()
        self._show_test()
        self._listen()

    def rows(self) -> list[ipywidgets.Widget]:
        """Everything on the page, from top to bottom."""
        pictures = ipywidgets.Box([*self.graphs, *self.matrices])
        pictures.add_class("workbench-pictures")
        shown = self.controls
        below = [shown.verdict, self.rounds, pictures, shown.why, self.model, shown.status]
        return [*shown.rows, *below]

    # ---- what follows what ----------------------------------------------------------------

    def _listen(self) -> None:
        shown = self.controls
        shown.pair.observe(self._pair_chosen, "value")
        shown.test.observe(self._test_chosen, "value")
        shown.raise_k.on_click(lambda _: setattr(shown.test, "value", RAISED[self.colored.test]))
        self.rounds.observe(lambda _: self._rested(), "position")
        for which in (0, 1):
            shown.uploads[which].observe(lambda change, w=which: self._uploaded(w, change), "value")
            self.graphs[which].observe(lambda change, w=which: self._node(w, change.new), "picked")
            for canvas in (self.graphs[which], self.matrices[which]):
                canvas.on_msg(lambda *message, w=which: self._heard(w, *message))

    def _pair_chosen(self, change) -> None:
        if not self.controls.follows and change.new in FAMOUS_PAIRS:
            self._submit(lambda: (famous(change.new), self.controls.test.value))

    def _test_chosen(self, change) -> None:
        if not self.controls.follows:
            self._submit(lambda: (self.pair, change.new))

    def _uploaded(self, which: int, change) -> None:
        if change.new:
            file = change.new[0]
            self.controls.uploads[which].value = ()
            self._open_file(which, lambda: uploaded_graph(file))

    def _heard(self, which: int, widget, content, buffers) -> None:
        u, v = content.get("u"), content.get("v")
        if content.get("type") == "hover":
            widget.show_hint(u, v, words.hint(self.colored, which, self.rounds.position, u, v))
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
        self.worker.submit("picture", self._store_picture)

    # ---- commands -------------------------------------------------------------------------

    def choose(self, graph: str, *nodes: int) -> int:
        """Explain a node or a pair of one graph, no node chooses none; 0 for a and 1 for b.

        Raises:
            ValueError: there is no such graph or node.
            TypeError: a node is no whole number.
        """
        if graph not in ("a", "b"):
            raise ValueError(f'graph must be "a" or "b", got {graph!r}')
        which = "ab".index(graph)
        size = self.pair.sizes[which]
        if len(nodes) > 2:
            raise ValueError(f"give one or two nodes from 0 to {size - 1}, got {nodes}")
        nodes = tuple(whole_number(node, "a node", 0, size - 1) for node in nodes)
        self._chosen[which] = nodes or None
        self.graphs[which].picked = list(nodes[:1])
        self._show_why()
        return which

    def put(self, which: int, value: Source) -> None:
        """Show another graph in the place of one."""
        self.open(self._with(which, graph_of(value)[0]))

    def _with(self, which: int, data: Data) -> Pair:
        graphs = list(self.pair.graphs)
        graphs[which] = data
        return Pair(*graphs, YOUR_PAIR)

    def open(self, pair: Pair) -> None:
        """Show another pair under the same test."""
        self.take(pair, pair.colored(self.colored.test))

    def _open_file(self, which: int, read: Callable[[], Data]) -> None:
        # a request of its own for each side: a file is never lost to a newer request
        self._submit(lambda: (self._with(which, read()), self.colored.test), f"file {which}")

    def _submit(self, find, key: str = "colors") -> None:
        """Find (pair, test) and its colors in the thread, the newest request wins."""

        def work(should_stop: ShouldStop) -> None:
            self.controls.say("computing …")
            pair, test = find()
            colored = pair.colored(test)
            if not should_stop():
                self.take(pair, colored)

        self.worker.submit(key, work)

    def take(self, pair: Pair, colored: Colored) -> None:
        """Show another pair, or another test of this one."""
        other, self.pair, self.colored = pair is not self.pair, pair, colored
        if other:
            self._chosen = [None, None]
            self._show_pair()
            self.model.clear()
        self._show_test()
        self.controls.say("")
        self.worker.submit("picture", self._store_picture)

    def _run_model(self, _: ShouldStop) -> None:
        self.controls.say(f"running {self.model.model.value} …")
        self.model.run(*self.pair.graphs)
        self.controls.say("")

    def _wrong(self, error: Exception) -> None:
        # the menus go back to what is shown
        self.controls.sync(self.pair.name, self.colored.test)
        self.controls.say(str(error), wrong=True)

    # ---- what is shown --------------------------------------------------------------------

    def _show_pair(self) -> None:
        views.show_pair(self.pair, self.graphs, self.matrices)
        known = FAMOUS_PAIRS.get(self.pair.name)
        names = " and ".join(self.pair.names)
        self.controls.about_pair.value = html.escape(
            known.sentence if known else f"Your graphs: {names}."
        )

    def _show_test(self) -> None:
        self.controls.sync(self.pair.name, self.colored.test)
        self.controls.about_test.value = html.escape(self.colored.text.sentence)
        self.controls.verdict.value = words.verdict_html(self.colored)
        views.show_colors(self.colored, self.rounds, self.matrices)
        self._show_why()

    def _show_why(self) -> None:
        self.controls.why.value = words.why_html(self.colored, self.rounds.position, self._chosen)


def famous(name: str) -> Pair:
    """A pair of the library.

    Raises:
        ValueError: there is no such pair.
    """
    if name not in FAMOUS_PAIRS:
        raise ValueError(f"pair must be one of {', '.join(FAMOUS_PAIRS)}; got {name!r}")
    return Pair(*FAMOUS_PAIRS[name].build(), name)
