"""Why a node or a pair has its color: what a person chose in each graph, and what is said of it."""

from collections.abc import Callable

from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.widgets.expressivity import words
from workbench.widgets.lab.whole_number import whole_number

#: The colors of a pair, and which of their rounds is drawn.
Drawn = tuple[PairColoring, int]


class Explanation:
    """A node, a pair or nothing chosen in each graph.

    Args:
        drawn: gives the colors and their round at this moment.
    """

    def __init__(self, drawn: Callable[[], Drawn]):
        self._drawn = drawn
        self._chosen: list[tuple[int, ...] | None] = [None, None]

    def forget(self) -> None:
        """Choose nothing."""
        self._chosen = [None, None]

    def choose(self, graph: str, nodes: tuple[int, ...]) -> int:
        """Choose nodes of a graph, ``"a"`` or ``"b"``, or none; its number.

        Raises:
            ValueError: there is no such graph or node, or they are more than two.
            TypeError: a node is no whole number.
        """
        if graph not in ("a", "b"):
            raise ValueError(f'graph must be "a" or "b", got {graph!r}')
        which = "ab".index(graph)
        last = self._drawn()[0].pair.sizes[which] - 1
        if len(nodes) > 2:
            raise ValueError(f"give one or two nodes from 0 to {last}, got {nodes}")
        self._chosen[which] = tuple(whole_number(node, "a node", 0, last) for node in nodes) or None
        return which

    def pick(self, which: int, picked: list[int]) -> bool:
        """Choose what is picked on the picture of a graph; whether that is another node."""
        chosen = self._chosen[which]
        other = chosen is None or list(chosen[:1]) != picked
        if other:
            self._chosen[which] = tuple(picked) or None
        return other

    def nodes(self, which: int) -> tuple[int, ...]:
        """What is chosen in a graph."""
        return self._chosen[which] or ()

    def text(self, which: int) -> str:
        """Why the chosen nodes of a graph have their color."""
        colored, round = self._drawn()
        return words.why_text(colored, which, round, self.nodes(which))

    def hint(self, which: int, u: int, v: int) -> str:
        """What two nodes of a graph are to each other, for a tooltip."""
        colored, round = self._drawn()
        return words.hint(colored, which, round, u, v)

    def html(self) -> str:
        """The same of both graphs, for the page."""
        return words.why_html(*self._drawn(), self._chosen)
