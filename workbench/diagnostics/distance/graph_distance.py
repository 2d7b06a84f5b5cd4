"""How far a graph is from another on the same nodes: what a rewiring cost, in six numbers."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.distance.distribution_distance import (
    degree_distribution_distance,
    hop_distribution_distance,
)
from workbench.diagnostics.distance.spectral_distance import spectral_distance
from workbench.diagnostics.distance.two_graphs import check_two_graphs
from workbench.diagnostics.resistance.all_pairs import effective_resistance
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, OtherEdgeIndex, OtherEdgeWeight

#: So many distances are held at a time, of 8 bytes each.
_DISTANCES = 10_000_000


@dataclass(frozen=True)
class NewEdges:
    """The edges of a graph that another lacks, by how far apart their ends are there.

    Attributes:
        hops: hop distances that occur, ascending; ``inf`` for ends in different components.
        share: share of the new edges at each of them.
        count: number of new edges at each of them.
    """

    hops: Float64[Tensor, " distances"]
    share: Float64[Tensor, " distances"]
    count: Int64[Tensor, " distances"]


@dataclass(frozen=True)
class GraphDistance:
    """Distances between two graphs on the same nodes, 0 where they agree.

    Attributes:
        edges: ``edge_jaccard_distance``, 0 to 1.
        spectrum: ``spectral_distance``.
        degrees: ``degree_distribution_distance``, in units of degree.
        hops: ``hop_distribution_distance``, in hops.
        resistance: ``resistance_matrix_distance``, 0 to 1.
        new_edges: ``hops_of_new_edges``.
    """

    edges: Float64[Tensor, ""]
    spectrum: Float64[Tensor, ""]
    degrees: Float64[Tensor, ""]
    hops: Float64[Tensor, ""]
    resistance: Float64[Tensor, ""]
    new_edges: NewEdges


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 4e-10 * n**3 + 4e-8 * n * (n + 2.0 * m),
    bytes=lambda n, m: 32.0 * n**2 + 400.0 * m,
    limit=10_000,
    instead="spectral_distance_bounds",
    advice="edge_jaccard_distance, degree_distribution_distance and hops_of_new_edges take as much",
)
def graph_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> GraphDistance:
    """What differs between two graphs on the same nodes, such as before and after a rewiring.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        other: ``[2, edges]``, the other graph.
        num_nodes: number of nodes of both; node v is the same node in both.
        edge_weight: conductances of ``edge_index`` (strengths, never lengths); 1 where not given.
        other_weight: conductances of ``other``.

    Returns:
        ``GraphDistance``; each entry is the result of the function that its description names,
        where weights and components are described.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; ``spectral_distance_bounds``,
            ``edge_jaccard_distance``, ``degree_distribution_distance`` and ``hops_of_new_edges``
            take larger graphs.
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import graph_distance
        >>> from workbench.graphs import path, ring
        >>> distance = graph_distance(path(4).edge_index, ring(4).edge_index, 4)
        >>> float(distance.edges), float(distance.degrees), distance.new_edges.hops.tolist()
        (0.25, 0.5, [3.0])
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    check_size(graph_distance, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    both = (edge_index, other, num_nodes)
    weights = (edge_weight, other_weight)
    return GraphDistance(
        edge_jaccard_distance(*both, *weights),
        spectral_distance(*both, *weights),
        degree_distribution_distance(*both, *weights),
        hop_distribution_distance(*both, *weights),
        resistance_matrix_distance(*both, *weights),
        hops_of_new_edges(*both, *weights),
    )


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 1e-6 * (n + m),
    bytes=lambda n, m: 300.0 * m,
)
def edge_jaccard_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """Share of the edges of either graph that is not in both.

        1 - |E & E'| / |E | E'|      with weights:  1 - sum_e min(w_e, w'_e) / sum_e max(w_e, w'_e)

    Arguments: as in ``graph_distance``.

    Returns:
        A float64 scalar between 0 and 1; a metric. 0 for two graphs without edges.

    An edge of weight 0 is none. Linear in the number of edges.

    Raises:
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import edge_jaccard_distance
        >>> from workbench.graphs import path, ring
        >>> float(edge_jaccard_distance(path(4).edge_index, ring(4).edge_index, 4))  # 1 of 4
        0.25

    References:
        Jaccard, 1912. Ruzicka, 1958, for the weighted form.
    """
    first, second = _pair(edge_index, other, num_nodes, edge_weight, other_weight)
    key, at = torch.unique(torch.cat([_keys(first), _keys(second)]), return_inverse=True)
    weight = first.weight.new_zeros(2, key.numel())
    weight[0, at[: first.num_edges]] = first.weight
    weight[1, at[first.num_edges :]] = second.weight
    union = weight.amax(0).sum()
    return torch.where(union > 0, 1.0 - weight.amin(0).sum() / union, torch.zeros_like(union))


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 5e-11 * n**3 + 2e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
    limit=15_000,
    instead="resistance_of_pairs",
    advice="on chosen pairs of both graphs",
)
def resistance_matrix_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """Relative difference of the effective resistances of all pairs.

        || R - R' ||_F / (|| R ||_F + || R' ||_F)

    Arguments: as in ``graph_distance``.

    Returns:
        A float64 scalar between 0 and 1; symmetric, and a metric. Pairs in different components of
        both graphs are left out; 1, the limit, where a pair is joined in one graph only.

    Loops, repeats, weights: as in ``effective_resistance``, of which it takes two.

    Raises:
        TooLargeError: as in ``effective_resistance``.
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import resistance_matrix_distance
        >>> from workbench.graphs import complete, path
        >>> before, after = path(3).edge_index, complete(3).edge_index
        >>> round(float(resistance_matrix_distance(before, after, 3)), 4)
        0.3924
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    first = effective_resistance(edge_index, num_nodes, edge_weight)
    second = effective_resistance(other, num_nodes, other_weight)
    apart = first.isinf()
    if not torch.equal(apart, second.isinf()):
        return first.new_ones(())
    first[apart], second[apart] = 0.0, 0.0
    total = first.norm() + second.norm()
    return torch.where(total > 0, first.sub_(second).norm() / total, torch.zeros_like(total))


@diagnostic(
    of="two graphs",
    # a hundred new edges
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 1e8 + 50.0 * n + 300.0 * m,
)
def hops_of_new_edges(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> NewEdges:
    """Hop distance in the first graph between the ends of the edges that only the other has.

    Arguments: as in ``graph_distance``; of the weights only counts whether they are 0.

    Returns:
        ``NewEdges``, empty where there is none. A local rewiring has its share at 2.

    One search from an end of each new edge, on the CPU.

    Raises:
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import hops_of_new_edges
        >>> from workbench.graphs import path, ring
        >>> new = hops_of_new_edges(path(5).edge_index, ring(5).edge_index, 5)
        >>> new.hops.tolist(), new.count.tolist()
        ([4.0], [1])
    """
    first, second = _pair(edge_index, other, num_nodes, edge_weight, other_weight)
    new = ~torch.isin(_keys(second), _keys(first))
    source, target = second.source[new].cpu().numpy(), second.target[new].cpu().numpy()
    # from the end that more new edges share
    ends = np.bincount(np.concatenate([source, target]), minlength=num_nodes)
    swap = ends[target] > ends[source]
    source, target = np.where(swap, target, source), np.where(swap, source, target)
    adjacency, hops = first.adjacency(), np.zeros(source.size)
    sources, at = np.unique(source, return_inverse=True)
    block = max(_DISTANCES // max(num_nodes, 1), 1)
    for begin in range(0, sources.size, block):
        there = dijkstra(adjacency, indices=sources[begin : begin + block], unweighted=True)
        here = (at >= begin) & (at < begin + block)
        hops[here] = there[at[here] - begin, target[here]]
    met, count = torch.unique(torch.from_numpy(hops), return_counts=True)
    met, count = met.to(edge_index.device), count.to(edge_index.device)
    return NewEdges(met, count.double() / max(source.size, 1), count)


def _pair(
    edge_index: Tensor, other: Tensor, num_nodes: int, weight: Tensor | None, others: Tensor | None
) -> tuple[SimpleGraph, SimpleGraph]:
    check_two_graphs(edge_index, other, num_nodes, weight, others)
    first = simple_graph(edge_index, num_nodes, weight)
    others = None if others is None else others.to(edge_index.device)
    return first, simple_graph(other.to(edge_index.device), num_nodes, others)


def _keys(graph: SimpleGraph) -> Tensor:
    return graph.source * graph.num_nodes + graph.target
