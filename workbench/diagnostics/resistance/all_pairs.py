"""Effective resistance between all pairs, its sum, and commute times: dense and exact."""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.resistance.dense_elimination import exact_resistance
from workbench.diagnostics.resistance.elimination import OR_SPARSE
from workbench.diagnostics.resistance.grounded_inverse import grounded_inverse, resistance_in_place
from workbench.diagnostics.resistance.pair_sums import pair_sums
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix


@diagnostic(
    of="pair",
    scaling=-1,
    seconds=lambda n, m: 2.5e-11 * n**3 + 1e-8 * n**2,
    bytes=lambda n, m: 16.0 * n**2,
    limit=20_000,
    instead="resistance_of_pairs",
)
def effective_resistance(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> PairMatrix:
    """Effective resistance of every pair of nodes, each edge being a resistor.

        R_uv = (1_u - 1_v)^T L^+ (1_u - 1_v),   L = D - A

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.

    Returns:
        ``[nodes, nodes]`` float64, symmetric, on the device of the input; in ohms where weights
        are in siemens, in unit resistors without weights. 0 on the diagonal, ``inf`` between
        components. No node gives a ``[0, 0]`` matrix.

    Self-loops carry no current and change nothing. A repeated edge counts once, but repeats with
    weights are parallel conductors, whose conductances add. An isolated node is a component.

    One Cholesky factor and inverse of the grounded Laplacian per component, in place: the peak is
    two matrices of the size of the result, one on a connected graph on the CPU. Where resistances
    lie a factor of 1e6 and more apart, as beside a weak link, that would lose digits, and the
    nodes are eliminated without subtraction instead: in three times the time, on the CPU, in four
    matrices. Each value is within 1e-9 of itself, in most cases 1e-14.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``resistance_of_pairs``.
        ValueError: the graph is directed, a weight is negative, the weights of a component span
            more than 140 orders of magnitude, or a resistance is beyond what float64 holds.

    Examples:
        >>> from workbench.diagnostics import effective_resistance
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> effective_resistance(edges, 4)[0].round(decimals=9).tolist()  # as many ohm as edges
        [0.0, 1.0, 2.0, 3.0]

    References:
        Klein and Randić, Resistance distance, J. Math. Chem. 12, 1993. Black, Wan and Nayyeri,
        Understanding oversquashing in GNNs through the lens of effective resistance, ICML 2023,
        arXiv 2302.06835.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    check_size(effective_resistance, num_nodes, graph.num_edges, device=edge_index.device)
    return all_pairs(graph)


@diagnostic(
    of="graph",
    scaling=-1,
    seconds=lambda n, m: 2.5e-11 * n**3 + 5e-9 * n**2,
    bytes=lambda n, m: 8.0 * n**2,
    limit=20_000,
    instead="approximate_total_resistance",
    how=OR_SPARSE,
)
def total_resistance(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    within_components: bool = False,
) -> Float64[Tensor, ""]:
    """Sum of the effective resistance over unordered pairs: the Kirchhoff index.

        R_tot = sum_{u<v} R_uv = n tr(L^+) = n tr(G) - 1^T G 1,   G = inverse of the grounded L

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        within_components: sum over pairs inside one component only, so that the sum is finite.

    Returns:
        A float64 scalar; ``inf`` if the graph is disconnected, unless ``within_components``. No
        node or one node gives 0.

    Self-loops, repeats, isolated nodes and weights: as in ``effective_resistance``. The trace
    comes from one Cholesky inverse per component, or, where elimination stays sparse (roads,
    grids, trees), from that, to a million nodes; no matrix of resistances is formed.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows, and elimination does not stay sparse; use
            ``approximate_total_resistance``.
        ValueError: as in ``effective_resistance``.

    Examples:
        >>> from workbench.diagnostics import total_resistance
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> round(total_resistance(edges, 4).item(), 9)  # 3 * 1 + 2 * 2 + 1 * 3
        10.0

    References:
        Klein and Randić 1993. Black, Wan and Nayyeri, ICML 2023, arXiv 2302.06835. Ghosh, Boyd
        and Saberi, Minimizing effective resistance of a graph, SIAM Review 50, 2008.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    if graph.num_components > 1 and not within_components:
        return torch.full((), torch.inf, dtype=torch.float64, device=edge_index.device)
    mass = torch.ones(num_nodes, dtype=torch.float64, device=edge_index.device)
    return pair_sums(total_resistance, graph, mass).sum()


@diagnostic(
    of="pair",
    scaling=0,
    seconds=lambda n, m: 2.5e-11 * n**3 + 1.2e-8 * n**2,
    bytes=lambda n, m: 16.0 * n**2,
    limit=20_000,
    instead="commute_time_of_pairs",
)
def commute_time(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> PairMatrix:
    """Expected steps of a random walk from u to v and back to u.

        C_uv = vol R_uv,   vol = sum of the degrees in the component of u and v (2m if connected)

    Returns:
        ``[nodes, nodes]`` float64, symmetric, in steps; ``inf`` between components.

    The walk follows an edge with probability proportional to its conductance. Self-loops are
    dropped, so the walk never stays. Repeats, isolated nodes and weights: as in
    ``effective_resistance``.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``commute_time_of_pairs``.
        ValueError: as in ``effective_resistance``.

    Examples:
        >>> from workbench.diagnostics import commute_time
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> commute_time(edges, 4)[0, 3].round(decimals=9).item()  # 6 arcs times 3 ohm
        18.0

    References:
        Chandra, Raghavan, Ruzzo, Smolensky and Tiwari, The electrical resistance of a graph
        captures its commute and cover times, STOC 1989.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    check_size(commute_time, num_nodes, graph.num_edges, device=edge_index.device)
    labels = graph.labels
    volume = torch.zeros(num_nodes, dtype=torch.float64, device=edge_index.device)
    volume.index_add_(0, labels, graph.degree())
    resistance = all_pairs(graph)
    return resistance.mul_(volume[labels].clamp(min=torch.finfo(torch.float64).tiny)[:, None])


def all_pairs(graph: SimpleGraph) -> PairMatrix:
    """``[nodes, nodes]`` resistance of a graph that has been checked, component by component."""
    size, device = graph.num_nodes, graph.source.device
    if graph.num_components == 1:
        return _component_resistance(graph)
    result = torch.full((size, size), torch.inf, dtype=torch.float64, device=device)
    result.fill_diagonal_(0.0)
    for nodes, part in graph.parts():
        result[nodes[:, None], nodes] = _component_resistance(part)
    return result


def _component_resistance(graph: SimpleGraph) -> PairMatrix:
    """Resistance of all pairs of a connected graph."""
    inverse = grounded_inverse(graph)
    if inverse is None:
        return torch.from_numpy(exact_resistance(graph)).to(graph.device)
    if isinstance(inverse, Tensor):
        diagonal = inverse.diagonal().clone()
        resistance = inverse.mul_(-2.0).add_(diagonal[:, None]).add_(diagonal)
        return resistance.fill_diagonal_(0.0).clamp_(min=0.0)
    resistance_in_place(inverse, np.diagonal(inverse).copy())
    return torch.from_numpy(inverse)
