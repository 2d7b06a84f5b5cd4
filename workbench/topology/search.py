"""Neighbor lists for compiled loops, and breadth-first search over them."""

from typing import NamedTuple, no_type_check

import numpy as np
from numba import njit

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
    return Lists(*_lists(source, target, int(num_nodes)))


def both_ways(source: np.ndarray, target: np.ndarray, num_nodes: int) -> Lists:
    """For each node its neighbors, whatever the direction."""
    ends = np.concatenate([source, target]), np.concatenate([target, source])
    return lists(*ends, num_nodes)


def in_neighbors(edge_index: EdgeIndex, num_nodes: int) -> Lists:
    """The nodes from which each node hears, along the direction of the edges."""
    source, target = edge_index.cpu().numpy()
    return lists(target, source, num_nodes)


@njit(cache=True, nogil=True)
@no_type_check
def _lists(source, target, num_nodes):
    """Two counting sorts, by target and then by source; repeats stand side by side then."""
    count = source.size
    by_target, sorted_ = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    place = np.zeros(num_nodes + 1, dtype=np.int64)
    for k in range(count):
        place[target[k] + 1] += 1
    for v in range(num_nodes):
        place[v + 1] += place[v]
    for k in range(count):
        by_target[place[target[k]]] = k
        place[target[k]] += 1
    start = np.zeros(num_nodes + 1, dtype=np.int64)
    for k in range(count):
        start[source[k] + 1] += 1
    for v in range(num_nodes):
        start[v + 1] += start[v]
    place[:] = start
    for k in by_target:
        sorted_[place[source[k]]] = target[k]
        place[source[k]] += 1
    kept = begin = 0
    for v in range(num_nodes):
        first, end = kept, start[v + 1]
        for k in range(begin, end):
            if kept == first or sorted_[kept - 1] != sorted_[k]:
                sorted_[kept] = sorted_[k]
                kept += 1
        begin, start[v + 1] = end, kept
    return start, sorted_[:kept]


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
