"""What the expressivity lab knows: a pair of graphs, a test, the colors of every round."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.diagnostics import (
    TESTS,
    Distinction,
    TooLargeError,
    distinguishes,
    is_isomorphic,
)
from workbench.diagnostics.expressivity.color_numbers import first_numbers, steady
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import graphs_of
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import seen_distances
from workbench.graphs import layout
from workbench.widgets.expressivity.tests import text_of

#: All pairs of nodes are drawn up to here.
LARGEST_MATRIX = 300
#: Larger graphs are for ``distinguishes``, not for the eye.
LARGEST_NODES = 1_000


class Pair:
    """Two graphs, with what does not depend on the test.

    Raises:
        TooLargeError: a graph has too many nodes to look at.
        ValueError: a graph has no nodes.
    """

    def __init__(self, a: Data, b: Data, name: str = ""):
        for data in (a, b):
            if not data.num_nodes:
                raise ValueError("a graph without nodes cannot be shown; give one with nodes")
            if data.num_nodes > LARGEST_NODES:
                raise TooLargeError(
                    f"a graph has {data.num_nodes:,} nodes and the lab draws up to "
                    f"{LARGEST_NODES:,}; use workbench.diagnostics.distinguishes"
                )
        self.graphs, self.name = (a, b), name
        self.sizes = (int(a.num_nodes), int(b.num_nodes))
        self.positions = [_positions(data) for data in self.graphs]
        self.names = [
            getattr(data, "name", None) or which
            for data, which in zip(self.graphs, "ab", strict=True)
        ]
        self.isomorphic = bool(is_isomorphic(a, b))
        self._colored: dict[str, Colored] = {}

    def both_hold(self, key: str) -> bool:
        """Whether both graphs hold a feature, so that the tests read it."""
        return all(data.get(key) is not None for data in self.graphs)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """(feature, the graph that holds it) where only one graph does: no test reads these."""
        return [
            (key, which)
            for key in ("x", "edge_attr")
            for data, other, which in zip(self.graphs, self.graphs[::-1], "ab", strict=True)
            if data.get(key) is not None and other.get(key) is None
        ]

    @cached_property
    def seen_edges(self) -> list[list[list[tuple[int, str]]]]:
        """Of each graph and node, the nodes that it sees along its edges, ascending.

        Each with the label of the edge in words, which is empty where the graphs have no
        ``edge_attr``. A repeated edge counts once for each label that it has.
        """
        if self.both_hold("edge_attr"):
            labels, texts = _edge_labels(self.graphs)
        else:
            labels, texts = [[0] * data.edge_index.size(1) for data in self.graphs], [""]
        found = []
        for data, size, numbers in zip(self.graphs, self.sizes, labels, strict=True):
            seen: list[set[tuple[int, int]]] = [set() for _ in range(size)]
            for (u, v), number in zip(data.edge_index.T.tolist(), numbers, strict=True):
                seen[v].add((u, number))
            found.append([[(u, texts[number]) for u, number in sorted(part)] for part in seen])
        return found

    @cached_property
    def neighbors(self) -> list[list[list[int]]]:
        """Of each graph and node, the nodes that it sees along its edges, ascending."""
        return [[sorted({u for u, _ in part}) for part in seen] for seen in self.seen_edges]

    def colored(self, test: str) -> "Colored":
        """The colors of a test, computed once.

        Raises:
            ValueError: the test is unknown, or the features of the graphs do not fit.
            TooLargeError: the test would not fit into memory.
        """
        if test not in self._colored:
            self._colored[test] = Colored(self, test)
        return self._colored[test]


class Colored:
    """A test that was run on a pair, ready to be drawn.

    Colors are numbered so that a class which splits leaves its number to its largest part: from
    round to round only what changed changes its color.

    Attributes:
        test, text: which test.
        distinction: the answer, from ``workbench.diagnostics.distinguishes``.
        items: ``[rounds][items]`` color numbers of all items of both graphs.
        counts: ``[rounds, 2, colors]`` how many items of each graph have each color.
        nodes: of each graph ``[rounds, nodes]``, the color that stands for each node.
        pairs: of each graph ``[rounds, nodes, nodes]`` or None where too large; -1 for none.
    """

    def __init__(self, pair: Pair, test: str):
        if test not in TESTS:
            raise ValueError(f"test must be one of {', '.join(TESTS)}; got {test!r}")
        self.pair, self.test, self.text = pair, test, text_of(test)
        self.distinction: Distinction = distinguishes(*pair.graphs, test=test)
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
        self.pairs = [self._matrix(which) for which in (0, 1)]

    @property
    def last(self) -> int:
        """Number of the last round."""
        return len(self.items) - 1

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

    def _table(self, which: int) -> np.ndarray:
        rows = self._nodes[self.start[which] : self.start[which + 1]]
        # the last place of each side is for -1, a copy as a whole
        table = np.full((self.pair.sizes[which] + 1,) * rows.shape[1], -1, dtype=np.int64)
        table[tuple(rows.T)] = np.arange(len(rows))
        return table

    def _node_items(self, which: int) -> np.ndarray:
        v = np.arange(self.pair.sizes[which])
        form = tuple(v if part == "v" else part for part in self.text.node)
        return self._places(which, form)

    def _places(self, which: int, form: tuple) -> np.ndarray:
        place = self._tables[which][form]
        return np.where(place >= 0, place + self.start[which], -1)

    def _colors_at(self, place: np.ndarray) -> np.ndarray:
        return np.stack([np.where(place >= 0, colors[place], -1) for colors in self.items])

    def _matrix(self, which: int) -> np.ndarray | None:
        size = self.pair.sizes[which]
        if max(self.pair.sizes) > LARGEST_MATRIX:
            return None
        if self.text.pair is not None:
            u, v = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
            form = tuple({"u": u, "v": v}.get(part, part) for part in self.text.pair)
            return self._colors_at(self._places(which, form))
        if self.distances is not None:
            return np.repeat(self.distance_classes[which][None], len(self.items), axis=0)
        seen = np.zeros((size, size), dtype=bool)
        for v, others in enumerate(self.pair.neighbors[which]):
            seen[v, others] = True
        return np.where(seen[None], self.nodes[which][:, None, :], -1)


def _edge_labels(graphs: Sequence[Data]) -> tuple[list[list[int]], list[str]]:
    """Of each graph, a number for each column of ``edge_index``, equal for equal rows of
    ``edge_attr`` over all graphs; and the words for each number."""
    parts = [data.edge_attr.detach().cpu() for data in graphs]
    rows = torch.cat([part.reshape(part.size(0), -1) for part in parts])
    kinds, number = torch.unique(rows, dim=0, return_inverse=True)
    for form in ("{:.4g}", "{!r}"):
        texts = [", ".join(form.format(entry) for entry in row) for row in kinds.tolist()]
        if len(set(texts)) == len(texts):
            break
    numbers = number.split([part.size(0) for part in parts])
    return [part.tolist() for part in numbers], [f"edge label {text}" for text in texts]


def _positions(data: Data) -> np.ndarray:
    pos = data.get("pos")
    if pos is not None and pos.size(1) >= 2 and bool(torch.isfinite(pos).all()):
        return pos[:, :2].detach().cpu().numpy().astype(np.float32)
    return layout(data.edge_index.cpu(), data.num_nodes).numpy()
