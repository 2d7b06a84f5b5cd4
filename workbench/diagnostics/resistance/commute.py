"""Commute times of chosen pairs and of every edge, on large sparse graphs."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.resistance.elimination import BY_EDGES, BY_PAIRS
from workbench.diagnostics.resistance.resistance_sparse import of_columns, resistance_of_pairs
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs


@diagnostic(
    of="pair",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 400.0 * n + 200.0 * m,
    how=BY_PAIRS,
)
def commute_time_of_pairs(
    edge_index: EdgeIndex,
    num_nodes: int,
    pairs: Pairs,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 1e-3,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " pairs"]:
    """Expected steps of a random walk from u to v and back to u, for chosen pairs.

        C_uv = vol R_uv,   vol = sum of the degrees in the component of u and v (2m if connected)

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        pairs: ``[2, pairs]`` nodes, one pair a column.
        edge_weight: conductances ``[edges]``: an edge is taken with probability proportional to
            its weight; 1 where not given.
        tolerance: largest relative error, where an iteration has to be used.
        should_stop: as in ``resistance_of_pairs``.

    Returns:
        ``[pairs]`` float64 on the device of ``edge_index``, in steps; 0 for a node with itself,
        ``inf`` between components.

    Self-loops are dropped, so the walk never stays. Repeats, isolated nodes, cost, what is exact
    and what is refused: as in ``resistance_of_pairs``.

    Raises:
        TooLargeError: as in ``resistance_of_pairs``.
        Stopped: ``should_stop`` said so.
        ValueError: as in ``resistance_of_pairs``.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import commute_time_of_pairs
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> commute_time_of_pairs(edges, 4, torch.tensor([[0], [3]])).round(decimals=6).tolist()
        [18.0]

    References:
        Chandra, Raghavan, Ruzzo, Smolensky and Tiwari, The electrical resistance of a graph
        captures its commute and cover times, STOC 1989.
    """
    resistance = resistance_of_pairs(
        edge_index, num_nodes, pairs, edge_weight, tolerance=tolerance, should_stop=should_stop
    )
    return _times_volume(resistance, simple_graph(edge_index, num_nodes, edge_weight), pairs[0])


@diagnostic(
    of="edge",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 400.0 * m,
    instead="resistance_of_pairs",
    how=BY_EDGES,
)
def commute_time_of_edges(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 0.1,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " edges"]:
    """Expected steps of a random walk along each edge's ends, there and back by any way.

        C_uv = vol R_uv,   vol = sum of the degrees in the component of u and v (2m if connected)

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        tolerance: relative error at two standard errors, where the answer has to be estimated.
        generator: source of the random signs of an estimate.
        should_stop: as in ``resistance_of_edges``.

    Returns:
        ``[edges]`` float64 on the device of ``edge_index``, one for each of its columns, in steps.
        A bridge of an unweighted graph has 2 m, the most there can be.

    Self-loops have 0. Repeats, columns of weight 0, what is exact and what is estimated: as in
    ``resistance_of_edges``.

    Raises:
        TooLargeError: as in ``resistance_of_edges``.
        Stopped: ``should_stop`` said so.
        ValueError: as in ``resistance_of_edges``.

    Examples:
        >>> from workbench.diagnostics import commute_time_of_edges
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> commute_time_of_edges(edges, 4).round(decimals=6).tolist()
        [6.0, 6.0, 6.0, 6.0, 6.0, 6.0]

    References:
        Chandra, Raghavan, Ruzzo, Smolensky and Tiwari, STOC 1989.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    resistance = of_columns(graph, edge_index, tolerance, generator, should_stop)
    return _times_volume(resistance, graph, edge_index[0])


def _times_volume(resistance: Tensor, graph: SimpleGraph, nodes: Tensor) -> Tensor:
    """Resistances times the volume of the component of one of their nodes."""
    labels, degree = graph.labels, graph.degree()
    volume = torch.zeros_like(degree).index_add_(0, labels, degree)
    # a single node has no volume, and inf from it to any other
    of_node = volume[labels[nodes.to(labels.device)]]
    return torch.where(resistance.isfinite(), resistance * of_node, resistance)
