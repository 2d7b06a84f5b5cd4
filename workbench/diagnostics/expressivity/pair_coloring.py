"""The colors of a test on a pair of graphs, round by round, at each node and each pair of nodes."""

from functools import cached_property

import numpy as np

from workbench.diagnostics.expressivity.color_numbers import first_numbers, steady
from workbench.diagnostics.expressivity.graph_pair import GraphPair
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import (
    TESTS,
    Distinction,
    distinguishes,
    graphs_of,
)
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import seen_distances

#: An item: ``"u"`` and ``"v"`` stand for nodes, -1 for a copy as a whole or for all copies.
Form = tuple[str | int, ...]


def shown_items(test: str) -> tuple[Form, Form | None]:
    """The item of a test that stands for node v, and the one that stands for the pair (u, v).

    The second is None where the test colors nodes alone.
    """
    build, options = TESTS[test]
    if build.__name__ in ("node_items", "distance_items"):
        return ("v",), None
    if "k" in options:
        k = options["k"]
        return ("v",) * k, ("u",) + ("v",) * (k - 1)
    if options.get("marks", 1) == 2:
        return ("v", "v", -1), ("u", "v", -1)
    # a pair is the node v of the copy that is marked at u; copies that see each other have a
    # summary of each node
    return ((-1, "v") if options.get("policy") == "dss" else ("v", -1)), ("u", "v")


class PairColoring:
    """A test that was run on a pair.

    Colors are numbered so that a class which splits leaves its number to its largest part: from
    round to round only what changed changes its color.

    Attributes:
        pair, test: what was colored, and by what.
        node_item, pair_item: what stands for a node and for a pair, see ``shown_items``.
        distinction: the answer, from ``workbench.diagnostics.distinguishes``.
        items: ``[rounds][items]`` color numbers of all items of both graphs.
        counts: ``[rounds, 2, colors]`` how many items of each graph have each color.
        nodes: of each graph ``[rounds, nodes]``, the color that stands for each node; -1 for none.

    Raises:
        ValueError: the test is unknown, or the features of the graphs do not fit.
        TooLargeError: the test would not fit into memory.
    """

    def __init__(self, pair: GraphPair, test: str):
        self.distinction: Distinction = distinguishes(*pair.graphs, test=test)
        self.pair, self.test = pair, test
        self.node_item, self.pair_item = shown_items(test)
        found = self.distinction.coloring
        self.start = found.start.tolist()
        self._nodes = found.nodes.cpu().numpy()
        self._tables = [self._table(which) for which in (0, 1)]
        shown = np.concatenate([self._node_items(which) for which in (0, 1)])
        steadied = steady([colors.cpu().numpy() for colors in found.rounds])
        self.items = first_numbers(steadied, shown[shown >= 0])
        most = max((int(colors.max(initial=-1)) for colors in self.items), default=-1) + 1
        ends = self.start[1]
        self.counts = np.stack(
            [
                [np.bincount(part, minlength=most) for part in (colors[:ends], colors[ends:])]
                for colors in self.items
            ]
        )
        self.nodes = [self._colors_at(self._node_items(which)) for which in (0, 1)]

    @property
    def last(self) -> int:
        """Number of the last round."""
        return len(self.items) - 1

    @property
    def telling_round(self) -> int:
        """Where the graphs part, or where nothing changes any more."""
        found = self.distinction.round
        return self.last if found is None else found

    @cached_property
    def pairs(self) -> list[np.ndarray]:
        """Of each graph ``[rounds, nodes, nodes]``; -1 for none.

        Where the test colors nodes alone: the class of the distance that it sees, else the color
        of the column where the row sees it.
        """
        return [self._matrix(which) for which in (0, 1)]

    @cached_property
    def _seen(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        kind = TESTS[self.test][1].get("distance")
        return None if kind is None else seen_distances(graphs_of(self.pair.graphs), kind)

    @property
    def distances(self) -> list[np.ndarray] | None:
        """Of each graph ``[nodes, nodes]`` or ``[nodes, nodes, numbers]``: what GD-WL sees.

        Row = the node that sees.
        """
        return None if self._seen is None else self._seen[0]

    @property
    def distance_classes(self) -> list[np.ndarray]:
        """Of each graph ``[nodes, nodes]`` numbers of the different distances, as the test has
        them: small ones first, the same in both graphs."""
        return self._seen[1]

    def item(self, which: int, *nodes: int) -> int:
        """Place of an item in ``items``; -1 where there is none."""
        found = int(self._tables[which][nodes])
        return found if found < 0 else found + self.start[which]

    def color(self, which: int, round: int, *nodes: int) -> int:
        """Color of an item; -1 where there is none."""
        place = self.item(which, *nodes)
        return -1 if place < 0 else int(self.items[round][place])

    def witness(self, which: int) -> list[int]:
        """Nodes of a graph whose color is more frequent there in the first round that differs."""
        round = self.distinction.round
        if round is None:
            return []
        mine, other = self.counts[round, which], self.counts[round, 1 - which]
        colors = self.nodes[which][round]
        return np.flatnonzero((colors >= 0) & (mine > other)[colors]).tolist()

    def witness_color(self) -> tuple[int, int]:
        """A color that differs in the first round that differs, and how many do.

        It is one that stands at nodes if there is any, and of these the rarest: the easiest to
        find.

        Raises:
            ValueError: the graphs are equal to the test.
        """
        round = self.distinction.round
        if round is None:
            raise ValueError(f"{self.test} finds no difference, so there is no color that differs")
        counts = self.counts[round]
        differing = np.flatnonzero(counts[0] != counts[1])
        on_nodes = np.unique(np.concatenate([part[round] for part in self.nodes]))
        elsewhere = np.where(np.isin(differing, on_nodes), 0, counts.sum())
        rank = elsewhere + counts.sum(axis=0)[differing]
        return int(differing[np.argmin(rank)]), len(differing)

    def _table(self, which: int) -> np.ndarray:
        rows = self._nodes[self.start[which] : self.start[which + 1]]
        # the last place of each side is for -1, a copy as a whole
        table = np.full((self.pair.sizes[which] + 1,) * rows.shape[1], -1, dtype=np.int64)
        table[tuple(rows.T)] = np.arange(len(rows))
        return table

    def _node_items(self, which: int) -> np.ndarray:
        v = np.arange(self.pair.sizes[which])
        return self._places(which, tuple(v if part == "v" else part for part in self.node_item))

    def _places(self, which: int, form: tuple) -> np.ndarray:
        place = self._tables[which][form]
        return np.where(place >= 0, place + self.start[which], -1)

    def _colors_at(self, place: np.ndarray) -> np.ndarray:
        return np.stack([np.where(place >= 0, colors[place], -1) for colors in self.items])

    def _matrix(self, which: int) -> np.ndarray:
        size = self.pair.sizes[which]
        if self.pair_item is not None:
            u, v = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
            form = tuple({"u": u, "v": v}.get(part, part) for part in self.pair_item)
            return self._colors_at(self._places(which, form))
        if self.distances is not None:
            return np.repeat(self.distance_classes[which][None], len(self.items), axis=0)
        seen = np.zeros((size, size), dtype=bool)
        for v, others in enumerate(self.pair.seen_edges[which]):
            seen[v, [u for u, _ in others]] = True
        return np.where(seen[None], self.nodes[which][:, None, :], -1)
