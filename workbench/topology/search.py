"""Neighbor lists for compiled loops, and breadth-first search over them."""

from typing import NamedTuple, no_type_check

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from workbench.typing import EdgeIndex


class Lists(NamedTuple):
    """Neighbors of v: ``neighbor[start[v] : start[v + 1]]``, int64, each once and sorted."""

    start: np.ndarray
    neighbor: np.ndarray

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return self.start.size - 1


def lists(source: np.ndarray, target: np.ndarray, num_nodes: int) -> Lists:
    """For each source its targets."""
    ones = np.ones(source.size, dtype=np.int8)
    matrix = csr_array((ones, (source, target)), shape=(num_nodes, num_nodes))
    return Lists(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64))


def both_ways(source: np.ndarray, target: np.ndarray, num_nodes: int) -> Lists:
    """For each node its neighbors, whatever the direction."""
    ends = np.concatenate([source, target]), np.concatenate([target, source])
    return lists(*ends, num_nodes)


def incoming(edge_index: EdgeIndex, num_nodes: int) -> Lists:
    """The nodes from which each node hears, along the direction of the edges."""
    source, target = edge_index.cpu().numpy()
    return lists(target, source, num_nodes)


@njit(cache=True, nogil=True)
@no_type_check
def search(start, neighbor, source, distance, queue):
    """Fill ``distance [nodes]`` from ``source`` (-1 = not reached), and ``queue`` in that order.

    Returns how many nodes are reached, ``source`` among them.
    """
    distance[:] = -1
    distance[source] = 0
    queue[0] = source
    head, tail = 0, 1
    while head < tail:
        u = queue[head]
        head += 1
        for a in range(start[u], start[u + 1]):
            v = neighbor[a]
            if distance[v] < 0:
                distance[v] = distance[u] + 1
                queue[tail] = v
                tail += 1
    return tail
