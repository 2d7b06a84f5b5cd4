"""Resistance curvature of nodes and edges: how much of the current passes them by."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.resistance.elimination import BY_EDGES
from workbench.diagnostics.resistance.resistance_sparse import of_edges
from workbench.topology import SimpleGraph, as_columns, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, NodeVector


@diagnostic(
    of="node",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 900.0 * n + 500.0 * m,
    instead="resistance_of_pairs",
    how=BY_EDGES,
)
def node_resistance_curvature(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 0.1,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> NodeVector:
    """Resistance curvature of every node.

        p_u = 1 - 1/2 sum_{v ~ u} w_uv R_uv,   sum_u p_u = number of components

    where w_uv R_uv is the share of random spanning trees (forests) that hold the edge.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        tolerance: relative error of a resistance at two standard errors, where resistances have
            to be estimated (see ``resistance_of_edges``).
        generator: source of the random signs of an estimate, on the CPU; seed 0 if not given.
        should_stop: asked now and then; where it says True, the work ends.

    Returns:
        ``[nodes]`` float64; no unit; 1 for an isolated node, 1 - d/2 in a tree, 1/n at every node
        of a connected graph that looks the same from each.

    Self-loops count nowhere. A repeated edge counts once; with weights, repeats are parallel
    conductors and add. Cost and exactness: those of ``resistance_of_edges``; an error of
    ``tolerance`` in the resistances of a node is one of half the sum of w R times it here.

    Raises:
        ValueError: the graph is directed, or a weight is negative or not finite.
        TooLargeError: as ``resistance_of_edges``.
        Stopped: ``should_stop`` said so.

    Examples:
        >>> from workbench.diagnostics import node_resistance_curvature
        >>> from workbench.graphs import path
        >>> node_resistance_curvature(path(4).edge_index, 4).round(decimals=6).tolist()
        [0.5, 0.0, 0.0, 0.5]

    References:
        Devriendt and Lambiotte, Discrete curvature on graphs from the effective resistance,
        J. Phys. Complex. 3, 2022, arXiv 2201.06385.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    return _at_nodes(graph, _resistance(graph, tolerance, generator, should_stop))


@diagnostic(
    of="edge",
    scaling=1,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 900.0 * n + 500.0 * m,
    instead="resistance_of_pairs",
    how=BY_EDGES,
)
def resistance_curvature(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 0.1,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " edges"]:
    """Resistance curvature of every edge (the link curvature), from that of its ends.

        kappa_uv = 2 (p_u + p_v) / R_uv,   p_u = 1 - 1/2 sum_{v ~ u} w_uv R_uv

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        tolerance: relative error of a resistance at two standard errors, where resistances have
            to be estimated (see ``resistance_of_edges``).
        generator: source of the random signs of an estimate, on the CPU; seed 0 if not given.
        should_stop: asked now and then; where it says True, the work ends.

    Returns:
        ``[edges]`` float64, aligned with the columns of ``edge_index``, in units of conductance; 2
        on a complete graph, 4 - d_u - d_v in a tree (that of ``forman``).

    Self-loops and columns of weight 0 get 0 and count nowhere. A repeated edge counts once; with
    weights, repeats are parallel conductors and add. Isolated nodes and other components do not
    matter. Cost and exactness: those of ``resistance_of_edges``, exact wherever elimination stays
    sparse. Elsewhere p is a small difference of large sums, so that an estimate tells edges apart
    only where their curvature is far from 0: ask for a smaller ``tolerance``.

    Raises:
        ValueError: the graph is directed, or a weight is negative or not finite.
        TooLargeError: as ``resistance_of_edges``.
        Stopped: ``should_stop`` said so.

    Examples:
        >>> from workbench.diagnostics import resistance_curvature
        >>> from workbench.graphs import ring
        >>> resistance_curvature(ring(4).edge_index, 4).round(decimals=6).unique().tolist()
        [1.333333]

    References:
        Devriendt and Lambiotte, Discrete curvature on graphs from the effective resistance,
        J. Phys. Complex. 3, 2022, arXiv 2201.06385.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    resistance = _resistance(graph, tolerance, generator, should_stop)
    node = _at_nodes(graph, resistance)
    value = 2 * (node[graph.source] + node[graph.target]) / resistance
    return as_columns(graph, value, edge_index)


def _resistance(
    graph: SimpleGraph,
    tolerance: float,
    generator: torch.Generator | None,
    should_stop: Callable[[], bool] | None,
) -> Float64[Tensor, " undirected"]:
    """Effective resistance of every undirected edge."""
    return of_edges(graph, tolerance, generator, should_stop).to(graph.device)


def _at_nodes(graph: SimpleGraph, resistance: Tensor) -> NodeVector:
    node = torch.ones(graph.num_nodes, dtype=torch.float64, device=graph.source.device)
    share = graph.weight * resistance / 2
    return node.index_add_(0, graph.source, -share).index_add_(0, graph.target, -share)
