"""The worst bottlenecks of a graph: cuts that cost its pairs most, each place once."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from workbench.diagnostics.summary.cuts import Cut, narrow_cuts
from workbench.diagnostics.summary.largest import largest_component
from workbench.graphs.edges import UndirectedEdges
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
    """

    edges: Int64[Tensor, "2 edges"]
    side: Bool[Tensor, " nodes"]
    sizes: tuple[int, int]
    num_edges: int
    num_cuts: int
    conductance: float
    loss: float

    @property
    def sentence(self) -> str:
        """The place in words."""
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
        edge_weight: conductances ``[edges]``; 1 where not given.
        count: the most places wanted.

    Returns:
        Places on the CPU, by the loss of their worst cut; fewer where the graph has fewer, or
        where the others lose less than 3 % of what the first one does. Of a disconnected graph,
        those of its largest component. Cuts whose sides cover nearly the same nodes, and bridges
        that follow each other along a path, are one place. A single node is no side of a cut
        where there are others.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. Cost: nine
    eigenvectors by ``laplacian_eigenpairs``; to a million nodes where the graph factors sparsely.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``count`` is negative.

    References:
        Nash-Williams, Random walk and electric currents in networks, 1959. Leighton and Rao,
        Multicommodity max-flow min-cut theorems and their use, J. ACM 46, 1999 (sparsest cut).
    """
    if count < 0:
        raise ValueError(f"count must not be negative, got {count}")
    part = largest_component(edge_index, num_nodes, edge_weight)
    if part.graph.num_nodes < 2:
        return ()
    found = narrow_cuts(part.graph)
    wider = [cut for cut in found if cut.sizes[0] > 1]
    places: list[list[Cut]] = []
    for cut in wider or found:
        for place in places:
            if _same(part.graph, place, cut):
                _join(place, cut)
                break
        else:
            places.append([cut])
    worst = [_bottleneck(part, place, num_nodes) for place in places[:count]]
    return tuple(place for place in worst if place.loss >= NOTABLE * worst[0].loss)


def _join(place: list[Cut], cut: Cut) -> None:
    """Add a cut that is about as narrow and shares no edge: one more resistor in the row."""
    apart = not any(np.intersect1d(cut.edges, other.edges).size for other in place)
    if apart and cut.conductance <= 2 * min(other.conductance for other in place):
        place.append(cut)


def _same(graph: UndirectedEdges, place: list[Cut], cut: Cut) -> bool:
    for side in (cut.side, ~cut.side):
        if min(_overlap(place[0].side, side), _overlap(~place[0].side, ~side)) >= SAME:
            return True
    if cut.edges.size > 1 or any(other.edges.size > 1 for other in place):
        return False
    ends = {int(end[cut.edges[0]]) for end in (graph.source, graph.target)}
    there = {int(end[other.edges[0]]) for end in (graph.source, graph.target) for other in place}
    met = ends & there
    return any(int((graph.source == v).sum() + (graph.target == v).sum()) == 2 for v in met)


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """What two sets share of what they cover."""
    return float((first & second).sum() / max((first | second).sum(), 1))


def _smaller(side: np.ndarray) -> np.ndarray:
    return ~side if 2 * side.sum() > side.size else side


def _bottleneck(part, place: list[Cut], num_nodes: int) -> Bottleneck:
    narrowest = min(place, key=lambda cut: (cut.conductance, -cut.loss))
    cuts = [narrowest, *(cut for cut in place if cut is not narrowest)]
    at = torch.from_numpy(np.concatenate([cut.edges for cut in cuts]))
    edges = torch.stack([part.nodes[part.graph.source[at]], part.nodes[part.graph.target[at]]])
    side = torch.zeros(num_nodes, dtype=torch.bool)
    inner = torch.from_numpy(_smaller(narrowest.side))
    side[part.nodes[inner]] = True
    return Bottleneck(
        edges=edges,
        side=side,
        sizes=narrowest.sizes,
        num_edges=narrowest.edges.size,
        num_cuts=len(place),
        conductance=narrowest.conductance,
        loss=float(sum(cut.loss for cut in place)),
    )
