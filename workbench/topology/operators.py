"""The matrices of a graph: Laplacian, normalized adjacency, random walk. One maker each."""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64
from numba import njit
from scipy.sparse import csr_array
from torch import Tensor

from workbench.topology.checks import check_edge_index, check_edge_weight
from workbench.topology.simple_graph import SimpleGraph
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix


def laplacian_matrix(graph: SimpleGraph, *, normalized: bool) -> PairMatrix:
    """``D - A``, or ``I - D^{-1/2} A D^{-1/2}`` if normalized, dense.

    The row of an isolated node is 0 in both, so that each component gives one eigenvalue 0.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.topology import laplacian_matrix, simple_graph
        >>> laplacian_matrix(simple_graph(path(3).edge_index, 3), normalized=False).tolist()
        [[1.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 1.0]]
    """
    strength = graph.strength
    if not normalized:
        return _symmetric(graph, -graph.conductance, strength)
    return _symmetric(graph, -_normalize(graph), (strength > 0).astype(np.float64))


def sparse_laplacian(graph: SimpleGraph, *, normalized: bool) -> csr_array:
    """``laplacian_matrix`` on the CPU, sparse, each row sorted.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.topology import simple_graph, sparse_laplacian
        >>> graph = simple_graph(path(3).edge_index, 3)
        >>> sparse_laplacian(graph, normalized=False).toarray().tolist()
        [[1.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 1.0]]
    """
    lists, strength = graph.neighbors, graph.strength
    scale = np.ones_like(strength)
    if normalized:
        scale = np.divide(1.0, np.sqrt(strength), out=np.zeros_like(strength), where=strength > 0)
    diagonal = (strength > 0).astype(np.float64) if normalized else strength
    parts = _with_diagonal(lists.start, lists.node, lists.weight, scale, diagonal)
    return csr_array(parts, shape=(graph.num_nodes, graph.num_nodes))


def normalized_adjacency(graph: SimpleGraph) -> PairMatrix:
    """``D^{-1/2} A D^{-1/2}``, dense, with 0 on the diagonal: as ``walk_matrix`` but symmetric.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.topology import normalized_adjacency, simple_graph
        >>> normalized_adjacency(simple_graph(ring(3).edge_index, 3)).round(decimals=6).tolist()
        [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
    """
    return _symmetric(graph, _normalize(graph), np.zeros(graph.num_nodes))


def walk_matrix(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, "nodes nodes"]:
    """``P = D^{-1} A``: row v holds the chances that a walker at v is at each node one step later.

    Args:
        edge_index: ``[2, edges]``; a walker goes from row 0 to row 1, so directed graphs work.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        A sparse (COO, coalesced) float64 matrix on the device of the input. Rows sum to 1, but for
        nodes from which no edge leads: theirs is 0, so that a walk ends there.

    A self-loop is a step that stays. A repeated edge counts once; with weights, repeats add.

    Raises:
        TypeError, ValueError: the input is no edge list, or a weight is negative or not finite.

    Examples:
        >>> from workbench.graphs import star
        >>> from workbench.topology import walk_matrix
        >>> walk_matrix(star(3).edge_index, 3).to_dense().tolist()
        [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    check_edge_index(edge_index, num_nodes)
    size = (num_nodes, num_nodes)
    if edge_weight is None:
        edge_index = torch.unique(edge_index, dim=1)
        value = torch.ones(edge_index.size(1), dtype=torch.float64, device=edge_index.device)
    else:
        value = check_edge_weight(edge_weight, edge_index)
    matrix = torch.sparse_coo_tensor(edge_index, value, size, check_invariants=False).coalesce()
    place, value = matrix.indices(), matrix.values()
    degree = value.new_zeros(num_nodes).index_add_(0, place[0], value)
    kept = value > 0  # an edge of weight 0 is none
    chance = value[kept] / degree[place[0, kept]]
    return torch.sparse_coo_tensor(
        place[:, kept], chance, size, is_coalesced=True, check_invariants=False
    )


def walk_powers(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_steps: int,
) -> Float64[Tensor, "nodes nodes steps"]:
    """``I, P, P^2, ...``: so many powers of ``walk_matrix``, dense, side by side on the last axis.

    Entry (v, u, k) is the chance that a walk from v is at u after k steps, exactly 0 where no walk
    of k steps leads there.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.topology import walk_powers
        >>> walk_powers(ring(4).edge_index, 4, num_steps=3)[0].tolist()  # from node 0 to each node
        [[1.0, 0.0, 0.5], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5], [0.0, 0.5, 0.0]]
    """
    walk = walk_matrix(edge_index, num_nodes, edge_weight)
    powers = [torch.eye(num_nodes, dtype=torch.float64, device=edge_index.device)]
    for _ in range(num_steps - 1):
        powers.append(torch.sparse.mm(walk, powers[-1]))
    return torch.stack(powers, dim=-1)


def _normalize(graph: SimpleGraph) -> Float64[np.ndarray, " undirected"]:
    graph, _ = graph.unit  # or a product of degrees is beyond what float64 holds
    (source, target), strength = graph.ends, graph.strength
    return graph.conductance / np.sqrt(strength[source] * strength[target])


def _symmetric(graph: SimpleGraph, weight: np.ndarray, diagonal: np.ndarray) -> PairMatrix:
    return torch.from_numpy(_fill(*graph.ends, weight, diagonal)).to(graph.device)


@njit(cache=True, nogil=True)
@no_type_check
def _fill(source, target, weight, diagonal):
    matrix = np.zeros((diagonal.size, diagonal.size))
    for v in range(diagonal.size):
        matrix[v, v] = diagonal[v]
    for e in range(source.size):
        matrix[source[e], target[e]] = matrix[target[e], source[e]] = weight[e]
    return matrix


@njit(cache=True, nogil=True)
@no_type_check
def _with_diagonal(start, node, weight, scale, diagonal):
    """Rows of the Laplacian from sorted neighbor lists, the diagonal in its place."""
    size, count = diagonal.size, node.size + diagonal.size
    value, column = np.empty(count), np.empty(count, dtype=np.int64)
    pointer = np.empty(size + 1, dtype=np.int64)
    pointer[0] = at = 0
    for v in range(size):
        first = start[v]
        while first < start[v + 1] and node[first] < v:
            value[at], column[at] = -weight[first] * scale[v] * scale[node[first]], node[first]
            at, first = at + 1, first + 1
        value[at], column[at] = diagonal[v], v
        at += 1
        for p in range(first, start[v + 1]):
            value[at], column[at] = -weight[p] * scale[v] * scale[node[p]], node[p]
            at += 1
        pointer[v + 1] = at
    return value, column, pointer
