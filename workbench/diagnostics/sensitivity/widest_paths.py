"""Shortest paths between all nodes, and of these the one whose lowest value is highest."""

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
@no_type_check
def widest_paths(start, neighbor, curvature, hops, best):
    """Row s: hop distance from s (-1 = none), and the lowest curvature on the best way there."""
    num_nodes = start.size - 1
    queue = np.empty(num_nodes, dtype=np.int64)
    for source in range(num_nodes):
        hops[source, :] = -1
        best[source, :] = -np.inf
        hops[source, source] = 0
        best[source, source] = np.inf
        queue[0] = source
        head, tail = 0, 1
        while head < tail:
            u = queue[head]
            head += 1
            for a in range(start[u], start[u + 1]):
                v = neighbor[a]
                if hops[source, v] < 0:
                    hops[source, v] = hops[source, u] + 1
                    queue[tail] = v
                    tail += 1
                if hops[source, v] == hops[source, u] + 1:
                    best[source, v] = max(best[source, v], min(best[source, u], curvature[a]))
