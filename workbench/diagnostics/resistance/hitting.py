"""Hitting times of the random walk, on undirected and on directed graphs."""

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.topology import (
    DirectedGraphError,
    SimpleGraph,
    check_edge_index,
    check_edge_weight,
    simple_graph,
)
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

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``commute_time_of_pairs``.
        ValueError: a component of a directed graph is not strongly connected: a walk could leave
            for good and the expected time would be infinite. A weight is negative or not finite.

    Examples:
        >>> from workbench.diagnostics import hitting_time
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> hitting_time(edges, 4)[0].round(decimals=6).tolist()  # the square of the distance
        [0.0, 1.0, 4.0, 9.0]

    References:
        Lovász, Random walks on graphs: a survey, 1993. Tetali, Random walks and the effective
        resistance of networks, J. Theor. Probab. 4, 1991. Kemeny and Snell, Finite Markov Chains.
    """
    check_edge_index(edge_index, num_nodes)
    check_size(hitting_time, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    try:
        graph = simple_graph(edge_index, num_nodes, edge_weight)
    except DirectedGraphError:
        return _directed(_arcs(edge_index, num_nodes, edge_weight), edge_index)
    return _undirected(graph)


def _undirected(graph: SimpleGraph) -> PairMatrix:
    """Tetali's formula; the sum over k stays inside each component."""
    labels = graph.labels
    degree, resistance = graph.degree(), all_pairs(graph)
    volume = torch.zeros_like(degree).index_add_(0, labels, degree)[labels]
    reached = torch.zeros_like(degree)
    for rows, target in zip(resistance.split(512), reached.split(512), strict=True):
        # a node outside the component has R = inf and must count 0, not inf * d
        target.copy_(torch.where(rows.isinf(), 0.0, rows) @ degree)
    result = resistance.mul_(volume.clamp(min=torch.finfo(torch.float64).tiny)[:, None])
    return result.add_(reached).sub_(reached[:, None]).mul_(0.5).fill_diagonal_(0.0)


def _directed(adjacency: csr_array, edge_index: EdgeIndex) -> PairMatrix:
    """The fundamental matrix of each weak component, which must be strongly connected."""
    size = adjacency.shape[0]
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
    device = edge_index.device
    result = torch.full((size, size), torch.inf, dtype=torch.float64, device=device)
    result.fill_diagonal_(0.0)
    for component in range(num_weak):
        nodes = (weak == component).nonzero()[0]
        if nodes.size > 1:
            at = torch.from_numpy(nodes).to(device)
            block = torch.from_numpy(adjacency[nodes][:, nodes].toarray()).to(device)
            result[at[:, None], at] = _fundamental(block / block.sum(1, keepdim=True))
    return result


def _fundamental(walk: Tensor) -> Tensor:
    """H from the transition matrix of an irreducible chain."""
    size = walk.size(0)
    eye = torch.eye(size, dtype=walk.dtype, device=walk.device)
    # pi (I - P + 1 1^T) = 1^T: the stationary distribution by one regular solve
    stationary = torch.linalg.solve((eye - walk + 1.0).T, torch.ones_like(walk[0]))
    inverse = torch.linalg.inv(eye - walk + stationary)
    return ((inverse.diagonal() - inverse) / stationary).fill_diagonal_(0.0)


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
