"""Hop distances of all pairs, kept up to date while edges come and go."""

from typing import no_type_check

import numpy as np
from numba import njit

from workbench.topology.search import both_ways, search

#: Between components. Twice this and one still fit 16 bits, so sums need no test.
UNREACHED = 16_383


class HopTracker:
    """All-pairs hop distances of an undirected graph of at most 16,000 nodes, as int16.

    An added edge costs one pass over the rows that get shorter, O(n^2) at most. A removed edge
    costs a breadth-first search from each node that had a shortest path through it and no other.
    """

    def __init__(self, source: np.ndarray, target: np.ndarray, num_nodes: int):
        if num_nodes > UNREACHED:
            raise ValueError(
                f"hop distances are kept for at most {UNREACHED:,} nodes, got {num_nodes:,}; "
                "use diameter_bounds"
            )
        self.distance = np.full((num_nodes, num_nodes), UNREACHED, dtype=np.int16)
        self._search(source, target, np.arange(num_nodes))

    def add(self, u: int, v: int) -> None:
        """Take up a new edge."""
        from_u, from_v = self.distance[u].copy(), self.distance[v].copy()
        _shorten(self.distance, from_u, from_v)

    def remove(self, u: int, v: int, source: np.ndarray, target: np.ndarray) -> None:
        """Give up an edge; ``source`` and ``target`` are the edges that remain."""
        distance = self.distance
        start, neighbor = both_ways(source, target, distance.shape[0])
        gap = distance[u] - distance[v]
        rows = np.flatnonzero(gap)
        # Nodes nearer to u lose their way to v, unless another neighbor of v is as near as u.
        lost = [
            rows[
                (sign * gap[rows] > 0)
                & ~(
                    distance[neighbor[start[end] : start[end + 1]]][:, rows] < distance[end][rows]
                ).any(axis=0)
            ]
            for end, sign in ((u, 1), (v, -1))
        ]
        self._search(source, target, np.concatenate(lost))

    def diameter(self, nodes: np.ndarray | None = None) -> float:
        """The largest distance, between any of the nodes if they are given.

        inf if these are disconnected, 0 for one node or none.
        """
        among = nodes is not None and nodes.size < len(self.distance)
        distance = self.distance[np.ix_(nodes, nodes)] if among else self.distance
        if distance.size == 0:
            return 0.0
        most = int(distance.max())
        return np.inf if most == UNREACHED else float(most)

    def _search(self, source: np.ndarray, target: np.ndarray, rows: np.ndarray) -> None:
        start, neighbor = both_ways(source, target, self.distance.shape[0])
        _all_searches(start, neighbor, rows, self.distance)


@njit(cache=True, nogil=True)
@no_type_check
def _all_searches(start, neighbor, rows, distance):
    """Fill the given rows of ``distance``."""
    size = distance.shape[0]
    queue = np.empty(size, dtype=np.int64)
    for source in rows:
        row = distance[source]
        if search(start, neighbor, source, row, queue) < size:
            for v in range(size):
                if row[v] < 0:
                    row[v] = UNREACHED


@njit(cache=True, nogil=True)
@no_type_check
def _shorten(distance, from_u, from_v):
    """d_ij = min(d_ij, d_iu + 1 + d_vj, d_iv + 1 + d_uj) for a new edge (u, v)."""
    size = from_u.size
    for i in range(size):
        a, b = from_u[i], from_v[i]
        if a - b > 1:
            step, beyond = np.int16(b + 1), from_u
        elif b - a > 1:
            step, beyond = np.int16(a + 1), from_v
        else:
            continue  # neither end comes nearer to i, so nothing does
        row = distance[i]
        for j in range(size):
            row[j] = min(row[j], np.int16(step + beyond[j]))
