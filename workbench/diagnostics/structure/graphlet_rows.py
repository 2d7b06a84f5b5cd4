"""Compiled sums over walks and triangles, row by row, from which graphlets are counted.

For a node u and every node v within reach, with S the common neighbors of u and v, and t the
number of triangles on an edge:

    c = |S|      E = edges inside S      Y = sum_{w in S} t_wv      Z = sum_{w in S} t_wu
    D = sum_{w in S} d_w                 P = walks of three steps from u to v

Graphs are in compressed rows (``start``, ``neighbor``), neighbors ascending, symmetric.
"""

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
@no_type_check
def triangles(start, neighbor):
    """Number of triangles on every arc."""
    size = start.size - 1
    found = np.zeros(neighbor.size, dtype=np.int64)
    mark = np.full(size, -1, dtype=np.int64)
    for u in range(size):
        for a in range(start[u], start[u + 1]):
            mark[neighbor[a]] = u
        for a in range(start[u], start[u + 1]):
            w = neighbor[a]
            for b in range(start[w], start[w + 1]):
                found[a] += mark[neighbor[b]] == u
    return found


@njit(cache=True, nogil=True)
@no_type_check
def apexes(start, neighbor, triangle):
    """Third nodes of the triangles on every arc that goes up (w < x): their start, and they."""
    size = start.size - 1
    first = np.zeros(neighbor.size + 1, dtype=np.int64)
    for u in range(size):
        for a in range(start[u], start[u + 1]):
            first[a + 1] = first[a] + (triangle[a] if neighbor[a] > u else 0)
    apex = np.empty(first[-1], dtype=np.int32)
    mark = np.full(size, -1, dtype=np.int64)
    for u in range(size):
        for a in range(start[u], start[u + 1]):
            mark[neighbor[a]] = u
        for a in range(start[u], start[u + 1]):
            w, at = neighbor[a], first[a]
            if w > u:
                for b in range(start[w], start[w + 1]):
                    if mark[neighbor[b]] == u:
                        apex[at] = neighbor[b]
                        at += 1
    return first, apex


@njit(cache=True, nogil=True)
@no_type_check
def reach(start, neighbor):
    """Of every node: the nodes at hop 2, and the steps that a third one would take."""
    size = start.size - 1
    second = np.zeros(size, dtype=np.int64)
    third = np.zeros(size, dtype=np.int64)
    seen = np.full(size, -1, dtype=np.int64)
    adjacent = np.full(size, -1, dtype=np.int64)
    for u in range(size):
        seen[u] = u
        for a in range(start[u], start[u + 1]):
            adjacent[neighbor[a]] = u
        for a in range(start[u], start[u + 1]):
            w = neighbor[a]
            for b in range(start[w], start[w + 1]):
                v = neighbor[b]
                if seen[v] != u:
                    seen[v] = u
                    second[u] += adjacent[v] != u
                    third[u] += start[v + 1] - start[v]
    return second, third


@njit(cache=True, nogil=True)
@no_type_check
def rows(start, neighbor, triangle, first, apex, low, high, edge, second, third_room):
    """Sums of the rows ``low .. high - 1``.

    ``edge [6, arcs]`` takes (c, E, Y, Z, D, P) of the rows' arcs. ``second`` is the number of
    nodes at hop 2 of all these rows; 0 leaves them out. ``third_room`` bounds the pairs at hop 3;
    0 leaves them out. Returns the columns and (c, E, Y, Z, D) of the pairs at hop 2, and for hop
    3 the end of each row, the columns and the numbers of induced paths.
    """
    size = start.size - 1
    common, inside = np.zeros(size, np.int64), np.zeros(size, np.int64)
    there, here = np.zeros(size, np.int64), np.zeros(size, np.int64)
    degree, walks = np.zeros(size, np.int64), np.zeros(size, np.int64)
    adjacent = np.full(size, -1, dtype=np.int64)
    near, far = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
    column, value = np.empty(second, dtype=np.int32), np.empty((5, second), dtype=np.int64)
    end = np.zeros(high - low, dtype=np.int64)
    far_column = np.empty(third_room, dtype=np.int32)
    far_value = np.empty(third_room, dtype=np.float64)
    at, far_at = 0, 0
    for u in range(low, high):
        own = start[u + 1] - start[u]
        num_near = 0
        for a in range(start[u], start[u + 1]):
            adjacent[neighbor[a]] = u
        for a in range(start[u], start[u + 1]):
            w = neighbor[a]
            for b in range(start[w], start[w + 1]):
                v = neighbor[b]
                if v == u:
                    continue
                if common[v] == 0:
                    near[num_near] = v
                    num_near += 1
                common[v] += 1
                there[v] += triangle[b]
                here[v] += triangle[a]
                degree[v] += start[w + 1] - start[w]
                if v > w and adjacent[v] == u:
                    for k in range(first[b], first[b + 1]):
                        inside[apex[k]] += 1
        inside[u] = 0
        for a in range(start[u], start[u + 1]):
            v, steps = neighbor[a], own
            for b in range(start[v], start[v + 1]):
                steps += common[neighbor[b]]
            edge[0, a], edge[1, a], edge[2, a] = common[v], inside[v], there[v]
            edge[3, a], edge[4, a], edge[5, a] = here[v], degree[v], steps
        if second:
            num_second = 0
            for k in range(num_near):
                if adjacent[near[k]] != u:
                    far[num_second] = near[k]
                    num_second += 1
            column[at : at + num_second] = np.sort(far[:num_second])
            for k in range(at, at + num_second):
                v = column[k]
                value[0, k], value[1, k], value[2, k] = common[v], inside[v], there[v]
                value[3, k], value[4, k] = here[v], degree[v]
            at += num_second
        if third_room:
            num_far = 0
            for k in range(num_near):
                w = near[k]
                for b in range(start[w], start[w + 1]):
                    v = neighbor[b]
                    if adjacent[v] != u and v != u:
                        if walks[v] == 0:
                            far[num_far] = v
                            num_far += 1
                        walks[v] += common[w]
            ordered = np.sort(far[:num_far])
            for k in range(num_far):
                v = ordered[k]
                paths = walks[v] - there[v] - here[v] + 2 * inside[v]
                walks[v] = 0
                if paths:
                    far_column[far_at], far_value[far_at] = v, paths
                    far_at += 1
            end[u - low] = far_at
        for k in range(num_near):
            v = near[k]
            common[v] = inside[v] = there[v] = here[v] = degree[v] = 0
    return column[:at], value[:, :at], end, far_column[:far_at].copy(), far_value[:far_at].copy()
