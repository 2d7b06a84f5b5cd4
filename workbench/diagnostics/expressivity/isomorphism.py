"""Exact isomorphism of graphs, the ground truth behind every test of expressivity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import classes_of, graphs_of
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph

if TYPE_CHECKING:
    from torch_geometric.data import Data


def isomorphism_classes(graphs: Sequence["Data"]) -> Int64[Tensor, " graphs"]:
    """A number for each graph, equal for isomorphic graphs, numbered in the order of occurrence.

    An isomorphism keeps equal rows of ``x`` and of ``edge_attr`` equal, where every graph holds
    them, directions and self-loops. A repeated edge counts once for each label that it has.

    Graphs that 1-WL does not tell apart are compared by BLISS's canonical form. Undirected edges
    of the most frequent label are edges there; every other edge becomes a node between its ends,
    colored by its labels, or two nodes, tail and head, where its two directions differ.

    Args:
        graphs: PyG graphs; undirected ones store both directions.

    Raises:
        ValueError: ``x`` or ``edge_attr`` has different widths in two graphs.

    Examples:
        >>> from workbench.diagnostics import isomorphism_classes
        >>> from workbench.graphs import complete, path, ring, star
        >>> isomorphism_classes([ring(3), star(3), complete(3), path(3)]).tolist()
        [0, 1, 0, 1]

    References:
        Junttila and Kaski, Engineering an efficient canonical labeling tool for large and sparse
        graphs, ALENEX 2007 (BLISS, through igraph).
    """
    if not graphs:
        return torch.zeros(0, dtype=torch.int64)
    return isomorphic(graphs_of(graphs), graphs[0].edge_index.device)


def isomorphic(prepared: list[Graph], device: torch.device) -> Int64[Tensor, " graphs"]:
    """``isomorphism_classes`` of graphs that are ready for refinement."""
    cells = classes_of(prepared, "1-wl", device)
    alone = (torch.bincount(cells)[cells] == 1).tolist()
    highest = max((int(graph.label.max(initial=0)) for graph in prepared), default=0)
    sets: dict[tuple[int, ...], int] = {}
    read = [
        None if single else _pairs(graph, highest, sets)
        for graph, single in zip(prepared, alone, strict=True)
    ]
    plain = _most_frequent([pairs for pairs in read if pairs is not None])
    names = [
        ("alone", place) if pairs is None else _canonical(pairs, plain)
        for place, pairs in enumerate(read)
    ]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([number[name] for name in names])


def is_isomorphic(data_a: "Data", data_b: "Data") -> bool:
    """Whether two graphs are the same up to the order of their nodes; ``isomorphism_classes``.

    Examples:
        >>> from workbench.diagnostics import is_isomorphic
        >>> from workbench.graphs import complete, ring, star
        >>> is_isomorphic(ring(3), complete(3)), is_isomorphic(ring(4), star(4))
        (True, False)
    """
    first, second = isomorphism_classes([data_a, data_b]).tolist()
    return first == second


@dataclass(frozen=True)
class _Pairs:
    """A graph as colored nodes and colored pairs of nodes.

    Attributes:
        color: ``[nodes, 2]``, the color, and the kind of the self-loop.
        low, high: the pairs that an edge joins, ``low < high``.
        kind: ``[pairs, 2]``, the kind of the edge low -> high, and of high -> low.

    A kind is 0 where there is no edge, and otherwise stands for a set of labels.
    """

    color: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kind: np.ndarray


def _pairs(graph: Graph, highest: int, sets: dict[tuple[int, ...], int]) -> _Pairs:
    """``sets`` numbers the sets of several labels, over all graphs."""
    row = np.repeat(np.arange(graph.size), np.diff(graph.indptr))
    seen, kind = graph.neighbor, graph.label + 1
    first = np.ones(row.size, dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (seen[1:] != seen[:-1])
    if not first.all():
        parts = np.split(graph.label, np.flatnonzero(first)[1:])
        kind, row, seen = kind[first], row[first], seen[first]
        for at, part in enumerate(parts):
            if part.size > 1:
                kind[at] = highest + 2 + sets.setdefault(tuple(part.tolist()), len(sets))
    loop = row == seen
    color = np.stack([graph.color, np.zeros_like(graph.color)], axis=1)
    color[row[loop], 1] = kind[loop]
    row, seen, kind = row[~loop], seen[~loop], kind[~loop]
    key = np.minimum(row, seen) * graph.size + np.maximum(row, seen)
    key, place = np.unique(key, return_inverse=True)
    both = np.zeros((key.size, 2), dtype=np.int64)
    both[place.ravel(), (seen < row).astype(np.int64)] = kind  # a row sees an edge's source
    low, high = np.divmod(key, max(graph.size, 1))
    return _Pairs(color, low, high, both[:, ::-1])


def _most_frequent(read: list[_Pairs]) -> int:
    """The kind of most undirected edges over all graphs; -1 where none is undirected."""
    kinds = [pairs.kind[pairs.kind[:, 0] == pairs.kind[:, 1], 0] for pairs in read]
    kinds = np.concatenate([np.zeros(0, dtype=np.int64), *kinds])
    return int(np.bincount(kinds).argmax()) if kinds.size else -1


def _canonical(pairs: _Pairs, plain: int) -> tuple:
    """Equal for isomorphic graphs, and only for them."""
    nodes, kind = pairs.color.shape[0], pairs.kind
    same = kind[:, 0] == kind[:, 1]
    direct, one, two = same & (kind[:, 0] == plain), same & (kind[:, 0] != plain), ~same
    # the side of the smaller kind is the tail, whichever node has the smaller number
    turned = two & (kind[:, 0] > kind[:, 1])
    tail = np.where(turned, pairs.high, pairs.low)
    head = np.where(turned, pairs.low, pairs.high)
    kind = np.sort(kind, axis=1)
    middle = nodes + np.arange(one.sum())
    begin = nodes + middle.size + np.arange(two.sum())
    end = begin + begin.size
    edges = np.concatenate(
        [
            np.stack([tail[direct], head[direct]], axis=1),
            np.stack([tail[one], middle], axis=1),
            np.stack([middle, head[one]], axis=1),
            np.stack([tail[two], begin], axis=1),
            np.stack([begin, end], axis=1),
            np.stack([end, head[two]], axis=1),
        ]
    )
    # what a node stands for, and its colors
    parts = [(0, pairs.color), (1, kind[one]), (2, kind[two]), (3, kind[two])]
    color = np.concatenate([np.insert(rows, 0, role, axis=1) for role, rows in parts])
    _, dense = np.unique(color, axis=0, return_inverse=True)
    size = color.shape[0]
    import igraph  # here, as it takes a second to load

    drawn = igraph.Graph(n=size, edges=edges.tolist(), vertex_attrs={"node": range(size)})
    order = drawn.canonical_permutation(color=dense.ravel().tolist())
    form = drawn.permute_vertices(order)
    edges = np.sort(np.array(form.get_edgelist(), dtype=np.int64).reshape(-1, 2), axis=1)
    edges = np.sort(edges @ np.array([size, 1]))
    return nodes, color[form.vs["node"]].tobytes(), edges.tobytes()
