"""What each item of a refinement sees, as one sparse table: the difference between the tests.

1-WL colors nodes that see their neighbors. The others change what is colored (pairs of root and
node, tuples) and what is seen (all nodes with a distance, copies of the graph).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import no_type_check

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from workbench.diagnostics.expressivity.weisfeiler_leman.hashing import renumber


@dataclass(frozen=True)
class Graph:
    """One graph, ready for refinement: a simple adjacency in rows of what each node sees.

    Attributes:
        size: number of nodes.
        indptr, neighbor, label: row v holds the nodes u with an edge u -> v, and the edge's label;
            u stands there once for each label that an edge u -> v has.
        pair: number of the set of labels that the edges u -> v of the entry have together, the
            label itself where it is one.
        kinds: labels and sets are numbers below this; like them, it is that of the whole batch.
        color: first color of each node.
    """

    size: int
    indptr: np.ndarray
    neighbor: np.ndarray
    label: np.ndarray
    pair: np.ndarray
    kinds: int
    color: np.ndarray

    def seen_labels(self) -> np.ndarray:
        """``[nodes, nodes]``: 1 + set of labels of the edges column -> row, 0 where none is."""
        table = np.zeros((self.size, self.size), dtype=np.int64)
        table[self.row(), self.neighbor] = self.pair + 1
        return table

    def adjacency(self) -> csr_array:
        """0/1 matrix, row = the node that sees."""
        graph = self.simple()
        ones = np.ones(graph.neighbor.size)
        return csr_array((ones, graph.neighbor, graph.indptr), shape=(self.size, self.size))

    def row(self) -> np.ndarray:
        """The node that sees, for each entry."""
        return np.repeat(np.arange(self.size), np.diff(self.indptr))

    def simple(self) -> "Graph":
        """The graph with one edge for each pair of nodes, whose label is the set of labels."""
        row = self.row()
        again = (row[1:] == row[:-1]) & (self.neighbor[1:] == self.neighbor[:-1])
        if not again.any():
            return self
        kept = np.concatenate([[True], ~again])
        degree = np.bincount(row[kept], minlength=self.size)
        sets = self.pair[kept]
        return replace(
            self,
            indptr=np.concatenate([[0], np.cumsum(degree)]),
            neighbor=self.neighbor[kept],
            label=sets,
            pair=sets,
        )


@dataclass(frozen=True)
class Relation:
    """Items of one graph with their first color, and the (label, item) that each one sees.

    ``color`` rows and labels mean the same in every graph, so that they can be numbered together.
    """

    color: np.ndarray
    indptr: np.ndarray
    neighbor: np.ndarray
    label: np.ndarray
    nodes: np.ndarray

    def number_rows(self) -> "Relation":
        """The same with first colors as numbers from 0, ready for the loop."""
        whole = [array.astype(np.int64) for array in (self.indptr, self.neighbor, self.label)]
        return Relation(number_rows(self.color), *whole, self.nodes)


def nodes_see_neighbors(graph: Graph) -> Relation:
    """1-WL."""
    nodes = np.arange(graph.size)[:, None]
    return Relation(graph.color[:, None], graph.indptr, graph.neighbor, graph.label, nodes)


def nodes_see_all(graph: Graph, distance: np.ndarray) -> Relation:
    """GD-WL: every node sees every node, itself too, labeled with a class of distances."""
    size = graph.size
    indptr = np.arange(size + 1) * size
    neighbor = np.tile(np.arange(size), size)
    nodes = np.arange(size)[:, None]
    return Relation(graph.color[:, None], indptr, neighbor, distance.ravel(), nodes)


def marked_copies(graph: Graph, marks: np.ndarray, inside: np.ndarray | None = None) -> Relation:
    """Copies of the graph, one for each row of ``marks [copies, l]``, whose nodes are told apart.

    Items are (copy, node), which sees its neighbors in its own copy, and then one for each copy,
    (copy, -1), which sees all nodes of the copy, so that copies can be compared as a whole.
    ``inside [copies, nodes]`` keeps some nodes of each copy only (ego nets).
    """
    copies, size, width = marks.shape[0], graph.size, marks.shape[1]
    color = np.zeros((copies, size, 1 + width), dtype=np.int64)
    color[:, :, 0] = graph.color
    for place in range(width):
        color[np.arange(copies), marks[:, place], 1 + place] = 1
    nodes = np.empty((copies, size, width + 1), dtype=np.int64)
    nodes[:, :, :-1], nodes[:, :, -1] = marks[:, None], np.arange(size)
    row = np.repeat(np.arange(copies * size), np.tile(np.diff(graph.indptr), copies))
    seen = (np.arange(copies)[:, None] * size + graph.neighbor[None]).ravel()
    label = np.tile(graph.label, copies)
    keep = np.ones(copies * size, dtype=bool) if inside is None else inside.ravel()
    there = keep[row] & keep[seen]
    number = np.cumsum(keep) - 1
    row, seen, label = number[row[there]], number[seen[there]], label[there]
    kept = int(keep.sum())
    whole = kept + np.arange(copies * size)[keep] // max(size, 1)
    color = np.concatenate([color.reshape(-1, 1 + width)[keep], np.full((copies, 1 + width), -1)])
    return _sort(
        color,
        np.concatenate([row, whole]),
        np.concatenate([seen, np.arange(kept)]),
        np.concatenate([label, np.full(kept, graph.kinds)]),
        np.concatenate(
            [nodes.reshape(-1, width + 1)[keep], np.column_stack((marks, np.full(copies, -1)))]
        ),
    )


def marked_tuples(graph: Graph, marks: np.ndarray, k: int) -> Relation:
    """``marked_copies`` with k-tuples of nodes instead of nodes, which see as in oblivious k-WL."""
    copies, width = marks.shape
    parts = []
    for row in marks:
        color = graph.color << width
        np.add.at(color, row, 1 << np.arange(width))  # one bit for each mark
        parts.append(tuples_see_tuples(replace(graph, color=color), k))
    size = graph.size**k
    row = np.repeat(np.arange(copies * size), np.concatenate([np.diff(p.indptr) for p in parts]))
    seen = np.concatenate([part.neighbor + i * size for i, part in enumerate(parts)])
    label = np.concatenate([part.label for part in parts])
    color = np.concatenate([part.color for part in parts])
    tuples = np.concatenate([part.nodes for part in parts])
    nodes = np.concatenate([np.repeat(marks, size, axis=0), tuples], axis=1)
    whole = np.full((copies, width + k), -1)
    whole[:, :width] = marks
    return _sort(
        np.concatenate([color, np.full((copies, color.shape[1]), -1)]),
        np.concatenate([row, copies * size + np.arange(copies * size) // size]),
        np.concatenate([seen, np.arange(copies * size)]),
        np.concatenate([label, np.full(copies * size, k * (graph.kinds + 1))]),
        np.concatenate([nodes, whole]),
    )


def copies_see_each_other(graph: Graph) -> Relation:
    """DSS: node-marked copies, and a summary of each node over all copies.

    The summary of u, (-1, u), sees u in every copy; u in a copy sees its neighbors there, the
    summary of u and the summaries of u's neighbors.
    """
    size = graph.size
    inner = marked_copies(graph, np.arange(size)[:, None])
    items, pairs = inner.color.shape[0], size * size
    row = np.repeat(np.arange(items), np.diff(inner.indptr))
    inside = row < pairs
    copy, node = np.divmod(np.arange(pairs), size)
    high = graph.kinds + 1  # above the edges' labels and that of seeing a whole copy
    around = items + inner.neighbor[inside] % size
    rows = [row, np.arange(pairs), row[inside], items + node]
    seen = [inner.neighbor, items + node, around, copy * size + node]
    kinds = [np.full(pairs, high), inner.label[inside] + high + 1, np.full(pairs, 2 * high + 1)]
    return _sort(
        np.concatenate([inner.color, np.column_stack((graph.color, np.full(size, 2)))]),
        np.concatenate(rows),
        np.concatenate(seen),
        np.concatenate([inner.label, *kinds]),
        np.concatenate([inner.nodes, np.column_stack((np.full(size, -1), np.arange(size)))]),
    )


def tuples_see_tuples(graph: Graph, k: int, near: str = "all") -> Relation:
    """Oblivious k-WL: a tuple sees, for each place i, the tuples with another node at place i.

    ``near="all"`` puts every node there, ``"neighbors"`` only neighbors of the node that was there
    (delta-k-LWL), ``"told-apart"`` every node, and says which are neighbors (delta-k-WL).
    """
    size, count = graph.size, graph.size**k
    nodes = np.stack(np.unravel_index(np.arange(count), (size,) * k), axis=1)
    color = tuple_types(graph, nodes)
    table = graph.seen_labels()
    rows, seen, labels = [], [], []
    high = graph.kinds + 1  # sets of labels, and none
    for place in range(k):
        step = size ** (k - 1 - place)
        there = nodes[:, place]
        if near == "neighbors":
            degree = np.diff(graph.indptr)[there]
            row = np.repeat(np.arange(count), degree)
            inside = np.arange(row.size) - np.repeat(np.cumsum(degree) - degree, degree)
            other = graph.neighbor[graph.indptr[there[row]] + inside]
        else:
            row = np.repeat(np.arange(count), size)
            other = np.tile(np.arange(size), count)
        rows.append(row)
        seen.append(row + (other - there[row]) * step)
        kind = table[there[row], other] if near != "all" else 0
        labels.append(np.full(row.size, place * high) + kind)
    return _sort(color, np.concatenate(rows), np.concatenate(seen), np.concatenate(labels), nodes)


def tuple_types(graph: Graph, nodes: np.ndarray) -> np.ndarray:
    """Isomorphism type of each ordered tuple, as a row: node colors, equalities, edge labels."""
    table, columns = graph.seen_labels(), list(nodes.T)
    loops = table.diagonal()
    width = len(columns) * (3 * len(columns) + 1) // 2
    found = np.empty((nodes.shape[0], width), dtype=np.int64, order="F")
    for i, first in enumerate(columns):
        found[:, 2 * i], found[:, 2 * i + 1] = graph.color[first], loops[first]
    at = 2 * len(columns)
    for i, first in enumerate(columns):
        for j, second in enumerate(columns):
            if i < j:
                found[:, at] = first == second
                at += 1
            if i != j:
                found[:, at] = table[first, second]
                at += 1
    return found


def together(parts: Sequence[Relation]) -> tuple[Relation, np.ndarray]:
    """Relations of many graphs as one, with first colors numbered over all; each one's start."""
    items = np.cumsum([0] + [part.nodes.shape[0] for part in parts])
    if len(parts) == 1:
        return parts[0].number_rows(), items
    entries = np.cumsum([0] + [part.neighbor.size for part in parts])
    indptr = [part.indptr[1:] + begin for part, begin in zip(parts, entries, strict=False)]
    neighbor = [part.neighbor + begin for part, begin in zip(parts, items, strict=False)]
    whole = Relation(
        np.concatenate([part.color for part in parts]),
        np.concatenate([[0], *indptr]),
        np.concatenate(neighbor),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.nodes for part in parts]),
    )
    return whole.number_rows(), items


def number_rows(rows: np.ndarray) -> np.ndarray:
    """Rows of integers -> numbers from 0, equal where the rows are."""
    code, room = np.zeros(rows.shape[0], dtype=np.int64), 1
    if not rows.shape[0]:
        return code
    lowest, highest = rows.min(axis=0).tolist(), rows.max(axis=0).tolist()
    for column, low, high in zip(rows.T, lowest, highest, strict=True):
        if low == high:
            continue
        span = high - low + 1
        if room * span >= 1 << 62:
            code, room = _renumber(code), rows.shape[0]
        if room * span >= 1 << 62:
            column, low, span = _renumber(column), 0, rows.shape[0]
        code, room = code * span + (column - low), room * span
    return _renumber(code)


def _renumber(code: np.ndarray) -> np.ndarray:
    number = np.empty(code.size, dtype=np.int64)
    code = np.ascontiguousarray(code, dtype=np.int64)
    renumber(np.zeros_like(code), code.view(np.uint64), number)
    return number


def _sort(color, row, seen, label, nodes) -> Relation:
    """The relation of entries in any order."""
    return Relation(color, *_by_row(row, seen, label, color.shape[0]), nodes)


@njit(cache=True, nogil=True)
@no_type_check
def _by_row(row, seen, label, size):
    """A stable counting sort by row."""
    start = np.zeros(size + 1, dtype=np.int64)
    for v in row:
        start[v + 1] += 1
    for v in range(size):
        start[v + 1] += start[v]
    place, sorted_seen, sorted_label = start[:-1].copy(), np.empty_like(seen), np.empty_like(label)
    for k in range(row.size):
        at = place[row[k]]
        sorted_seen[at], sorted_label[at] = seen[k], label[k]
        place[row[k]] += 1
    return start, sorted_seen, sorted_label
