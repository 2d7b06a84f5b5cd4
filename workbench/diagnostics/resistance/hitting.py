"""Hitting times of the random walk, on undirected and on directed graphs."""

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.diagnostics.resistance.first_passage import first_passage
from workbench.topology import (
    DirectedGraphError,
    SimpleGraph,
    check_edge_index,
    check_edge_weight,
    simple_graph,
)
from workbench.topology.simple_graph import WIDEST
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix


@diagnostic(
    of="pair",
    scaling=0,
    seconds=lambda n, m: 5e-11 * n**3 + 2e-8 * n**2,
    bytes=lambda n, m: 40.0 * n**2,
    limit=12_000,
    instead="commute_time_of_pairs",
    advice="the two hitting times of a pair sum to its commute time",
)
def hitting_time(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> PairMatrix:
    """Expected steps of a random walk from u until it first stands on v.

        undirected:  H_uv = 1/2 sum_k d_k (R_uv + R_vk - R_uk)
        directed:    H_uv = (Z_vv - Z_uv) / pi_v,   Z = (I - P + 1 pi^T)^-1,   P = D^-1 A

    Args:
        edge_index: ``[2, edges]``; the walk goes from row 0 to row 1. Directed graphs are allowed.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``: an edge is taken with probability proportional to
            its weight; 1 where not given.

    Returns:
        ``[nodes, nodes]`` float64, row = from, column = to, in steps; not symmetric. ``inf``
        between components, 0 on the diagonal.

    Self-loops are dropped, so the walk never stays. A repeated edge counts once; with weights,
    repeats add. An isolated node is a component.

    Where the formulas above would lose digits (weak links, times of a million steps and more), the
    states are eliminated without subtraction instead, on the CPU, which takes two to four times as
    long: each time is within 1e-9 of itself, in most cases 1e-14.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``commute_time_of_pairs``.
        ValueError: a component of a directed graph is not strongly connected: a walk could leave
            for good and the expected time would be infinite. A weight is negative or not finite, a
            step has a chance below 1e-140, or a time is beyond what float64 holds.

    Examples:
        >>> from workbench.diagnostics import hitting_time
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> hitting_time(edges, 4)[0].round(decimals=6).tolist()  # the square of the distance
        [0.0, 1.0, 4.0, 9.0]

    References:
        Lovász, Random walks on graphs: a survey, 1993. Tetali, Random walks and the effective
        resistance of networks, J. Theor. Probab. 4, 1991. Kemeny and Snell, Finite Markov Chains.
        Grassmann, Taksar and Heyman, Operations Research 33, 1985.
    """
    check_edge_index(edge_index, num_nodes)
    check_size(hitting_time, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    try:
        graph = simple_graph(edge_index, num_nodes, edge_weight)
    except DirectedGraphError:
        return _fundamental_matrices(_arcs(edge_index, num_nodes, edge_weight), edge_index)
    return _undirected(graph)


#: A formula that subtracts leaves nine digits of a time while the longest is below this.
MOST_STEPS = 3e5


def _undirected(graph: SimpleGraph) -> PairMatrix:
    """Tetali's formula; the sum over k stays inside each component."""
    graph, _ = graph.unit
    labels = graph.labels
    degree, resistance = graph.degree(), all_pairs(graph)
    volume = torch.zeros_like(degree).index_add_(0, labels, degree)[labels]
    reached = torch.zeros_like(degree)
    for rows, target in zip(resistance.split(512), reached.split(512), strict=True):
        # a node outside the component has R = inf and must count 0, not inf * d
        target.copy_(torch.where(rows.isinf(), 0.0, rows) @ degree)
    if graph.num_edges and not float(reached.max()) <= MOST_STEPS:
        return _by_component(graph.adjacency(), labels.cpu().numpy(), _exact, graph.device)
    result = resistance.mul_(volume.clamp(min=torch.finfo(torch.float64).tiny)[:, None])
    return result.add_(reached).sub_(reached[:, None]).mul_(0.5).fill_diagonal_(0.0)


def _fundamental_matrices(adjacency: csr_array, edge_index: EdgeIndex) -> PairMatrix:
    """The fundamental matrix of each weak component, which must be strongly connected."""
    num_weak, weak = connected_components(adjacency, directed=True, connection="weak")
    num_strong, strong = connected_components(adjacency, directed=True, connection="strong")
    if num_strong > num_weak:
        torn = next(k for k in range(num_weak) if np.unique(strong[weak == k]).size > 1)
        source, target = adjacency.tocoo().coords
        bridge = (strong[source] != strong[target]).nonzero()[0][0]
        raise ValueError(
            "hitting times of a directed graph need every component strongly connected; that of "
            f"{int((weak == torn).sum())} nodes is not: no walk returns over the arc "
            f"{int(source[bridge])} -> {int(target[bridge])}; keep a strongly connected part, or "
            "apply torch_geometric.utils.to_undirected"
        )
    return _by_component(adjacency, weak, _of_chain, edge_index.device)


def _by_component(adjacency: csr_array, labels: np.ndarray, function, device) -> PairMatrix:
    """What ``function`` makes of the transition matrix of each component."""
    size = adjacency.shape[0]
    result = torch.full((size, size), torch.inf, dtype=torch.float64, device=device)
    result.fill_diagonal_(0.0)
    for component in range(labels.max() + 1):
        nodes = (labels == component).nonzero()[0]
        if nodes.size > 1:
            at = torch.from_numpy(nodes).to(device)
            block = adjacency[nodes][:, nodes].toarray()
            # by the largest first: the sum of a row may be beyond float64
            block /= block.max(axis=1, keepdims=True)
            block = torch.from_numpy(block / block.sum(axis=1, keepdims=True)).to(device)
            result[at[:, None], at] = function(block)
    return result


def _of_chain(walk: Tensor) -> Tensor:
    """H from the transition matrix of an irreducible chain, by the fundamental matrix."""
    size = walk.size(0)
    eye = torch.eye(size, dtype=walk.dtype, device=walk.device)
    # pi (I - P + 1 1^T) = 1^T: the stationary distribution by one regular solve
    stationary, singular = torch.linalg.solve_ex((eye - walk + 1.0).T, torch.ones_like(walk[0]))
    if int(singular) == 0:
        inverse, singular = torch.linalg.inv_ex(eye - walk + stationary)
        steps = float(inverse.abs().max() / stationary.min().clamp(min=0.0))
        if int(singular) == 0 and steps <= MOST_STEPS:
            return ((inverse.diagonal() - inverse) / stationary).fill_diagonal_(0.0)
    return _exact(walk)


def _exact(walk: Tensor) -> Tensor:
    """The same without subtraction."""
    chance = walk.cpu().numpy()
    least = float(chance[chance > 0].min())
    if least < 1.0 / WIDEST:
        raise ValueError(
            f"a step has the chance {least:g}, too small for float64 to tell how long a walk takes "
            "that needs it; leave out the weakest edges"
        )
    times = first_passage(chance, np.ones(len(chance)))
    if not times.max() < np.inf:
        raise ValueError(
            f"a walk takes more than {np.finfo(float).max:.1g} steps, the largest number of "
            "float64; leave out the weakest edges"
        )
    return torch.from_numpy(times).to(walk.device)


def _arcs(edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None) -> csr_array:
    """Arcs without self-loops, each once (weights of repeats added)."""
    off = edge_index[0] != edge_index[1]
    source, target = edge_index[:, off].cpu().numpy()
    if edge_weight is None:
        weight = np.ones(source.size)
    else:
        weight = check_edge_weight(edge_weight, edge_index)[off].cpu().numpy()
    adjacency = csr_array((weight, (source, target)), shape=(num_nodes, num_nodes))
    adjacency.sum_duplicates()
    if edge_weight is None:
        adjacency.data[:] = 1.0
    adjacency.eliminate_zeros()
    return adjacency
