"""The worst bottlenecks of a graph: cuts that cost its pairs most, each place once."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from workbench.report.cuts import Cut, narrow_cuts
from workbench.report.largest import Part, largest_component
from workbench.ties import best_first, levels
from workbench.topology import SimpleGraph
from workbench.typing import EdgeIndex, EdgeWeight

#: Two cuts are one place where both sides share this much of what they cover.
SAME = 0.7

#: A place that loses less than this share of what the first one does is none beside it.
NOTABLE = 0.03


@dataclass(frozen=True)
class Bottleneck:
    """One narrow place: a cut, with the cuts beside it that part nearly the same nodes.

    Attributes:
        edges: ``[2, edges]`` that cross, ``u < v``; those of the narrowest cut first.
        side: ``[nodes]``, true on the smaller side of that cut; nodes of other components: false.
        sizes: nodes on the smaller and on the larger side.
        num_edges: edges of that cut.
        num_cuts: edge-disjoint cuts here; two and more are resistors in a row.
        conductance: of that cut.
        loss: the sum of |S| |V - S| / conductance over those cuts, in ohms: what the total
            resistance has at least because of this place.
        num_alike: places that are as narrow and part as many nodes, this one among them, as in a
            graph that looks the same from several sides; which one of them stands here is chance.
            Where they overlap, as around a ring, it is as many as have room beside each other.
        alike: ``[2, edges]`` that cross the worst cut of any of them, this one among them.
    """

    edges: Int64[Tensor, "2 edges"]
    side: Bool[Tensor, " nodes"]
    sizes: tuple[int, int]
    num_edges: int
    num_cuts: int
    conductance: float
    loss: float
    num_alike: int
    alike: Int64[Tensor, "2 alike"]

    @property
    def sentence(self) -> str:
        """The place in words."""
        others = f"; one of {self.num_alike} alike" if self.num_alike > 1 else ""
        return self._place() + others

    def _place(self) -> str:
        few, many = (f"{size:,} node{'s' * (size != 1)}" for size in self.sizes)
        row = f", the narrowest of {self.num_cuts} such cuts in a row" if self.num_cuts > 1 else ""
        if self.num_edges > 1:
            return f"{self.num_edges:,} edges are all that joins {few} to the other {many}{row}"
        if self.num_cuts > 1 and self.edges.size(1) == self.num_cuts:
            return (
                f"a corridor of {self.num_cuts} edges, one after the other: the only way between "
                f"{few} and {many}"
            )
        return f"a bridge: the only edge between {few} and {many}{row}"


def bottlenecks(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    count: int = 3,
) -> tuple[Bottleneck, ...]:
    """The places that cost most resistance, of the cuts that the slowest modes and bridges show.

        R_tot >= sum over edge-disjoint cuts of |S| |V - S| / c(S)

    where c(S) is the conductance between the two sides (Nash-Williams: each cut is a resistor of
    1 / c(S) in the way of every pair that it parts). So a place's ``loss`` is a sure lower bound
    of its part in the total resistance; that no worse cut exists is not sure (the worst one is
    NP-hard to find).

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 if not given.
        count: the most places wanted.

    Returns:
        Places on the CPU, by the loss of their worst cut; fewer if the graph has fewer, or
        where the others lose less than 3 % of what the first one does. Of a disconnected graph,
        those of its largest component. Cuts whose sides cover nearly the same nodes, and bridges
        that follow each other along a path, are one place. Places that cannot be told apart by
        these numbers, up to rounding, come once, with how many they are. A single node is no side
        of a cut where there are others.

    The numbers of the places are the same for every numbering of the nodes.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. Cost: nine
    eigenvectors by ``laplacian_eigenpairs``; to a million nodes where the graph factors sparsely.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``count`` is negative.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.report import bottlenecks
        >>> place = bottlenecks(barbell(5).edge_index, 10)[0]
        >>> place.edges.tolist(), place.sizes
        ([[4], [5]], (5, 5))
        >>> round(place.loss, 6)  # |S| |V - S| / 1
        25.0

    References:
        Nash-Williams, Random walk and electric currents in networks, 1959. Leighton and Rao,
        Multicommodity max-flow min-cut theorems and their use, J. ACM 46, 1999 (sparsest cut).
    """
    if count < 0:
        raise ValueError(f"count must not be negative, got {count}")
    part = largest_component(edge_index, num_nodes, edge_weight)
    if part.graph.num_nodes < 2:
        return ()
    cuts = narrow_cuts(part.graph)
    cuts = [cut for cut in cuts if cut.sizes[0] > 1] or cuts
    beside = _Beside(part.graph, cuts)
    worst = -levels(np.array([cut.loss for cut in cuts]))
    left, places = np.ones(len(cuts), dtype=bool), []
    while left.any() and len(places) < count:
        equals = np.flatnonzero(left & (worst == worst[left].min())).tolist()
        near = [beside.of(at) & left for at in equals]
        rows = [_row(cuts, at, there) for at, there in zip(equals, near, strict=True)]
        alike = _alike(rows)
        members = [equals[k] for k in alike]
        # those beside each other are one place: each counts as its share of what is beside it
        num_alike = round(sum(1 / near[k][members].sum() for k in alike))
        places.append(_bottleneck(part, [rows[k] for k in alike], num_alike, num_nodes))
        for k in alike:
            left &= ~near[k]
    return tuple(place for place in places if place.loss >= NOTABLE * places[0].loss)


class _Beside:
    """Which cuts are at one place: their sides cover nearly the same, or they share a corridor."""

    def __init__(self, graph: SimpleGraph, cuts: list[Cut]):
        self.sides = np.stack([cut.side for cut in cuts]).astype(np.float32)
        self.sizes = self.sides.sum(axis=1)
        corridor = _corridors(graph)
        single = [cut.edges[0] if cut.edges.size == 1 else -1 for cut in cuts]
        self.corridor = np.array([corridor[edge] if edge >= 0 else -1 for edge in single])

    def of(self, at: int) -> np.ndarray:
        """``[cuts]`` whether a cut is where the one at ``at`` is."""
        count = self.sides.shape[1]
        common = self.sides @ self.sides[at]
        here, there = self.sizes[at], self.sizes
        same = (self.corridor == self.corridor[at]) & (self.corridor >= 0)
        # both sides against both sides, and crosswise; ``common`` counts nodes, so this is exact
        for size, both in ((there, common), (count - there, here - common)):
            inside = both / np.maximum(here + size - both, 1)
            outside = (count - here - size + both) / np.maximum(count - both, 1)
            same |= np.minimum(inside, outside) >= SAME
        return same


def _corridors(graph: SimpleGraph) -> np.ndarray:
    """A number for each edge; edges that follow each other through nodes of degree 2 share one."""
    ends = np.stack(graph.ends)
    edges = np.arange(graph.num_edges)
    inner = np.bincount(ends.ravel(), minlength=graph.num_nodes) == 2
    node, edge = ends.ravel(), np.concatenate([edges, edges])
    node, edge = node[inner[node]], edge[inner[node]]
    edge = edge[np.argsort(node, kind="stable")].reshape(-1, 2)
    ones, shape = np.ones(len(edge), dtype=np.int8), (graph.num_edges,) * 2
    return connected_components(csr_array((ones, edge.T), shape=shape), directed=False)[1]


def _row(cuts: list[Cut], at: int, near: np.ndarray) -> list[Cut]:
    """A cut and those beside it that are about as narrow and share no edge: resistors in a row."""
    row, taken = [cuts[at]], set(cuts[at].edges.tolist())
    others = [cuts[k] for k in np.flatnonzero(near) if k != at]
    keys = [[cut.loss for cut in others], [-cut.conductance for cut in others]]
    for k in best_first(*map(np.array, keys)):
        cut = others[k]
        if cut.conductance <= 2 * row[0].conductance and taken.isdisjoint(cut.edges.tolist()):
            row.append(cut)
            taken.update(cut.edges.tolist())
    return row


def _alike(rows: list[list[Cut]]) -> list[int]:
    """Which rows lose most, of those the ones that are alike in all that is said of them."""
    loss = np.array([sum(cut.loss for cut in row) for row in rows])
    keys = np.stack(
        [
            -levels(loss),
            levels(np.array([row[0].conductance for row in rows])),
            np.array([row[0].sizes[0] for row in rows]),
            np.array([row[0].edges.size for row in rows]),
            np.array([len(row) for row in rows]),
        ]
    )
    first = keys[:, np.lexsort(keys[::-1])[0]]
    return np.flatnonzero((keys == first[:, None]).all(axis=0)).tolist()


def _smaller(side: np.ndarray) -> np.ndarray:
    return ~side if 2 * side.sum() > side.size else side


def _bottleneck(part: Part, rows: list[list[Cut]], num_alike: int, num_nodes: int) -> Bottleneck:
    """The place of the first row; the others are alike."""
    row = rows[0]
    narrowest = row[best_first(np.array([-cut.conductance for cut in row]))[0]]
    cuts = [narrowest, *(cut for cut in row if cut is not narrowest)]
    side = torch.zeros(num_nodes, dtype=torch.bool)
    side[part.nodes[torch.from_numpy(_smaller(narrowest.side))]] = True
    return Bottleneck(
        edges=_ends(part, [cut.edges for cut in cuts]),
        side=side,
        sizes=narrowest.sizes,
        num_edges=narrowest.edges.size,
        num_cuts=len(row),
        conductance=narrowest.conductance,
        loss=float(sum(cut.loss for cut in row)),
        num_alike=num_alike,
        alike=_ends(part, [np.unique(np.concatenate([other[0].edges for other in rows]))]),
    )


def _ends(part: Part, edges: list[np.ndarray]) -> Int64[Tensor, "2 edges"]:
    at = torch.from_numpy(np.concatenate(edges))
    return torch.stack([part.nodes[part.graph.source[at]], part.nodes[part.graph.target[at]]])
