"""The Cheeger constant: how small the worst cut of a graph is beside what it separates."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Bool, Float64
from numba import njit
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.spectrum.full_spectrum import slowest_modes
from workbench.diagnostics.spectrum.sweep import sweep_cut
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@dataclass(frozen=True)
class CheegerBounds:
    """``lower <= h <= upper``, and the cut that proves the upper bound.

    Attributes:
        lower: half the spectral gap.
        upper: the conductance of the cut ``side``.
        side: the nodes on the side of the cut with the smaller volume; of equal volumes on that of
            fewer nodes, and of equally many on that without node 0.
        num_cuts: different cuts of that conductance among those that were tried; ``side`` is one
            of them.
    """

    lower: Float64[Tensor, ""]
    upper: Float64[Tensor, ""]
    side: Bool[Tensor, " nodes"]
    num_cuts: int


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1e-8 * 2.0 ** min(max(n - 1, 0), 900) * (1 + 2 * m / max(n, 1)),
    bytes=lambda n, m: 8.0 * n**2,
    limit=20,
    instead="cheeger_bounds",
    how="all 2^(n - 1) cuts are tried, twice as many with each node more",
)
def cheeger_constant(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, ""]:
    """Smallest conductance of a cut, exact, for graphs of at most 20 nodes.

        h = min over S of  cut(S, V - S) / min(vol S, vol V - S),   vol = sum of degrees

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``, summed in cut and volume; 1 where not given.

    Returns:
        A float64 scalar without unit, at most 1; 0 if the graph is disconnected (an isolated node
        disconnects it), and 0 where there is no cut at all (fewer than two nodes).

    All ``2^(n-1)`` cuts are tried, one node changing sides at a time.

    Raises:
        TooLargeError: more than 20 nodes; use ``cheeger_bounds``.
        ValueError: the graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import cheeger_constant
        >>> from workbench.graphs import barbell
        >>> found = cheeger_constant(barbell(4, 0).edge_index, 8)
        >>> round(found.item(), 6)  # one edge of a volume of 13
        0.076923

    References:
        Chung, Spectral Graph Theory, chapter 2, AMS 1997.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight).unit[0]
    check_size(cheeger_constant, num_nodes, graph.num_edges)
    if num_nodes < 2 or graph.num_components > 1:
        return torch.zeros((), dtype=torch.float64, device=edge_index.device)
    adjacency = graph.adjacency().toarray()
    order = np.argsort(adjacency.sum(axis=1))  # the heaviest node last: it never changes sides
    value = _smallest_conductance(np.ascontiguousarray(adjacency[order][:, order]))
    return torch.tensor(value, dtype=torch.float64, device=edge_index.device)


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1.1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 250.0 * m,
)
def cheeger_bounds(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> CheegerBounds:
    """Bounds of the Cheeger constant from the spectral gap, with the cut that gives the upper one.

        lambda_1 / 2 <= h <= h_sweep <= sqrt(2 lambda_1)

    The sweep cut is the best of the cuts between levels of the modes of ``lambda_1``. Where that
    eigenvalue is multiple, as on rings, grids and cubes, its eigenspace is swept along the
    projections of every node's indicator and of every edge's difference of two indicators, so that
    the bound depends neither on the basis that a solver returns nor on the numbers of the nodes.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``, summed in cut and volume; 1 where not given.

    Returns:
        ``CheegerBounds(lower, upper, side, num_cuts)``. A disconnected graph gives 0, 0 and its
        first component, of as many cuts as there are others; fewer than two nodes give 0, 0, no
        node and no cut.

    On large sparse graphs the gap carries the tolerance of ``spectral_gap`` (1e-6 relative). Beyond
    20,000 nodes one mode is swept, whatever the multiplicity.

    Raises:
        ValueError: the graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import cheeger_bounds
        >>> from workbench.graphs import barbell
        >>> data = barbell(4, 0)  # one edge between two cliques of volume 13
        >>> bounds = cheeger_bounds(data.edge_index, 8)
        >>> round(float(bounds.upper), 6), bounds.side.nonzero().flatten().tolist()
        (0.076923, [4, 5, 6, 7])

    References:
        Chung, Spectral Graph Theory, chapter 2, AMS 1997. Alon and Milman, J. Comb. Theory B 38,
        1985.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight).unit[0]
    device = edge_index.device
    zero = torch.zeros((), dtype=torch.float64, device=device)
    if num_nodes < 2 or graph.num_components > 1:
        side = torch.zeros(num_nodes, dtype=torch.bool, device=device)
        side, cuts = (side, 0) if num_nodes < 2 else (graph.labels == 0, graph.num_components - 1)
        return CheegerBounds(zero, zero.clone(), side, cuts)
    modes = slowest_modes(graph)
    cut = sweep_cut(graph, modes.potentials)
    lower = torch.tensor(min(modes.gap / 2, cut.conductance), dtype=torch.float64, device=device)
    upper = torch.tensor(cut.conductance, dtype=torch.float64, device=device)
    return CheegerBounds(lower, upper, torch.from_numpy(cut.side).to(device), cut.num_cuts)


@njit(cache=True, nogil=True)
@no_type_check
def _smallest_conductance(adjacency):
    """Gray code over the subsets of all nodes but the last: one node changes sides at a time."""
    size = adjacency.shape[0]
    degree = adjacency.sum(axis=1)
    total = degree.sum()
    inside = np.zeros(size)  # 1 where the node is in S
    to_inside = np.zeros(size)  # conductance from each node into S
    cut, volume, best, best_code = 0.0, 0.0, np.inf, 0
    for step in range(1, 1 << (size - 1)):
        node = 0
        while not (step >> node) & 1:
            node += 1
        sign = 1.0 - 2.0 * inside[node]
        cut += sign * (degree[node] - 2.0 * to_inside[node])
        volume += sign * degree[node]
        inside[node] += sign
        for v in range(size):
            to_inside[v] += sign * adjacency[node, v]
        if volume < 1e-4 * total or cut < 1e-4 * volume:
            # what is left is mostly rounding: sum it anew
            cut, volume = _cut_and_volume(adjacency, degree, inside)
        value = cut / min(volume, total - volume)
        if value < best:
            best, best_code = value, step ^ (step >> 1)
    for u in range(size):
        inside[u] = (best_code >> u) & 1 if u < size - 1 else 0
    cut, volume = _cut_and_volume(adjacency, degree, inside)
    return cut / min(volume, total - volume)


@njit(cache=True, nogil=True)
@no_type_check
def _cut_and_volume(adjacency, degree, inside):
    size, cut, volume = degree.size, 0.0, 0.0
    for u in range(size):
        if inside[u] > 0.5:
            volume += degree[u]
            for v in range(size):
                if inside[v] < 0.5:
                    cut += adjacency[u, v]
    return cut, volume
