"""A simple graph as neighbor lists for compiled loops, by the degrees of nodes too."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from numba import njit

from workbench.topology import SimpleGraph


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
    if not by_degree:
        size = graph.num_nodes
        start, neighbor, edge, _ = graph.neighbors
        middle = start[:-1] + np.bincount(graph.ends[1], minlength=size)
        parts = neighbor.astype(np.int32), edge.astype(np.int32)
        return NeighborLists(start, *parts, np.arange(size), middle)
    start, node, edge, _ = graph.neighbors
    order = np.argsort(np.diff(start), kind="stable")
    return NeighborLists(*_by_rank(start, node, edge, order))


@njit(cache=True, nogil=True)
@no_type_check
def _by_rank(start, node, edge, order):
    """What ``NeighborLists`` holds where node ``order[r]`` is called r."""
    size = order.size
    rank, begin = np.empty(size, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    for r in range(size):
        rank[order[r]] = r
        begin[r + 1] = begin[r] + start[order[r] + 1] - start[order[r]]
    place, middle = begin[:-1].copy(), begin[:-1].copy()
    neighbor, number = np.empty(node.size, dtype=np.int32), np.empty(node.size, dtype=np.int32)
    for r in range(size):
        for a in range(start[order[r]], start[order[r] + 1]):
            to = rank[node[a]]
            neighbor[place[to]], number[place[to]] = r, edge[a]
            place[to] += 1
            middle[to] += r < to
    return begin, neighbor, number, rank, middle
