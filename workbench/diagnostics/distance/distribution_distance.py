"""Distance between two graphs by the distributions of their degrees and of their hop distances."""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.distance.hop_distance import hop_distance
from workbench.diagnostics.distance.two_graphs import check_two_graphs
from workbench.topology import both_directions, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, OtherEdgeIndex, OtherEdgeWeight


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 1e-6 * (n + m),
    bytes=lambda n, m: 50.0 * n + 300.0 * m,
)
def degree_distribution_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """Wasserstein-1 distance between the degree distributions of two graphs.

        1/n sum_i | d_i - d'_i |        over the sorted degrees

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        other: ``[2, edges]``, the other graph, on as many nodes.
        num_nodes: number of nodes.
        edge_weight: conductances of ``edge_index`` (strengths, never lengths), so that the degree
            is their sum; 1 where not given.
        other_weight: conductances of ``other``.

    Returns:
        A float64 scalar in units of degree; 0 without nodes. A metric on distributions: which node
        has which degree does not matter.

    Isolated nodes have degree 0.

    Raises:
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import degree_distribution_distance
        >>> from workbench.graphs import path, ring
        >>> float(degree_distribution_distance(path(4).edge_index, ring(4).edge_index, 4))
        0.5
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    first = simple_graph(edge_index, num_nodes, edge_weight).degree()
    second = simple_graph(other, num_nodes, other_weight).degree().to(first.device)
    if num_nodes == 0:
        return first.sum()
    return (first.sort().values - second.sort().values).abs().mean()


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 1e-8 * n * (n + 2.0 * m),
    bytes=lambda n, m: 16.0 * n**2 + 300.0 * m,
    limit=15_000,
    instead="hops_of_new_edges",
    advice="it searches from the ends of the new edges only",
)
def hop_distribution_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """Wasserstein-1 distance between the distributions of hop distances over all pairs of nodes.

    Arguments: as in ``degree_distribution_distance``; of the weights only counts whether they
    are 0.

    Returns:
        A float64 scalar in hops; 0 with fewer than two nodes. A metric on distributions: which
        pair is how far apart does not matter. Pairs in different components count as n hops apart,
        one more than any path is long, so that a graph that falls apart is far from a connected
        one, and the distance stays finite.

    Cost: two of ``hop_distance``.

    Raises:
        TooLargeError: as in ``hop_distance``.
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import hop_distribution_distance
        >>> from workbench.graphs import complete, star
        >>> float(hop_distribution_distance(star(4).edge_index, complete(4).edge_index, 4))
        0.5
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    counts = [
        _hop_counts(edge_index, num_nodes, edge_weight),
        _hop_counts(other, num_nodes, other_weight),
    ]
    value = 0.0
    if num_nodes > 1:
        from scipy.stats import wasserstein_distance  # here: it loads as long as all of scipy else

        hops = np.arange(num_nodes + 1)
        value = float(wasserstein_distance(hops, hops, *counts))
    return torch.tensor(value, dtype=torch.float64, device=edge_index.device)


def _hop_counts(edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None) -> np.ndarray:
    """Number of ordered pairs of different nodes at each distance from 0 to n; n: no path."""
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    hops = hop_distance(both_directions(graph.source, graph.target), num_nodes)
    hops = hops.cpu().clamp_(max=num_nodes)
    counts = torch.bincount(hops.long().flatten(), minlength=num_nodes + 1).numpy()
    counts[0] -= num_nodes
    return counts
