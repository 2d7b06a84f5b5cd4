"""A simple graph as neighbor lists for compiled loops, and its edge values as columns."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64
from numba import njit
from scipy.sparse import csr_array
from torch import Tensor

from workbench.topology import SimpleGraph
from workbench.typing import EdgeIndex


@dataclass(frozen=True)
class NeighborLists:
    """Sorted neighbors of every node, with the number of the undirected edge that leads there.

    Attributes:
        start: ``[nodes + 1]`` int64; the neighbors of v are ``neighbor[start[v]:start[v + 1]]``.
        neighbor: ``[2 edges]`` int32.
        edge: ``[2 edges]`` int32, the place of each in the ``SimpleGraph`` it came from.
        rank: ``[nodes]`` the name that each node of the graph has here.
        middle: ``[nodes]`` int64, where in each list the neighbors after the node itself begin.
    """

    start: np.ndarray
    neighbor: np.ndarray
    edge: np.ndarray
    rank: np.ndarray
    middle: np.ndarray

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return self.rank.size

    @property
    def num_edges(self) -> int:
        """Number of undirected edges."""
        return self.edge.size // 2


def neighbor_lists(graph: SimpleGraph, *, by_degree: bool = False) -> NeighborLists:
    """Neighbor lists of a graph; with ``by_degree`` nodes are renamed in the order of degree.

    In that order a loop over the neighbors of higher rank, or over lists shorter than the
    present one, takes O(m^1.5) steps whatever the hubs.
    """
    (source, target), size = graph.ends, graph.num_nodes
    if not by_degree:
        start, neighbor, edge, _ = graph.neighbors
        middle = start[:-1] + np.bincount(target, minlength=size)
        parts = neighbor.astype(np.int32), edge.astype(np.int32)
        return NeighborLists(start, *parts, np.arange(size), middle)
    rank = np.empty(size, dtype=np.int64)
    degree = np.bincount(source, minlength=size) + np.bincount(target, minlength=size)
    rank[np.argsort(degree, kind="stable")] = np.arange(size)
    source, target = rank[source], rank[target]
    rows, columns = np.concatenate([target, source]), np.concatenate([source, target])
    number = np.arange(graph.num_edges, dtype=np.int32)
    lists = csr_array((np.concatenate([number, number]), (rows, columns)), shape=(size, size))
    lists = lists.tocsc()  # of a symmetric matrix; a sort in linear time
    start, neighbor = lists.indptr.astype(np.int64), lists.indices.astype(np.int32)
    middle = start[:-1] + np.bincount(np.maximum(source, target), minlength=size)
    return NeighborLists(start, neighbor, lists.data.astype(np.int32), rank, middle)


def as_columns(
    graph: SimpleGraph, value: np.ndarray | Tensor, edge_index: EdgeIndex
) -> Float64[Tensor, " edges"]:
    """The value of each undirected edge, for each column of the ``edge_index`` it came from.

    Columns that are no edge of the graph (self-loops, weight 0) get 0.
    """
    source, target = graph.ends
    first = np.searchsorted(source, np.arange(graph.num_nodes + 1))
    value = value.cpu().numpy() if isinstance(value, Tensor) else value
    result = _look_up(first, target, value, *edge_index.cpu().numpy())
    return torch.from_numpy(result).to(edge_index.device)


@njit(cache=True, nogil=True)
@no_type_check
def _look_up(first, target, value, one, other):
    result = np.zeros(one.size)
    for e in range(one.size):
        u, v = min(one[e], other[e]), max(one[e], other[e])
        low, end = first[u], first[u + 1]
        high = end
        while low < high:
            half = (low + high) // 2
            if target[half] < v:
                low = half + 1
            else:
                high = half
        if low < end and target[low] == v:
            result[e] = value[low]
    return result
