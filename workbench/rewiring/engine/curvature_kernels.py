"""Compiled loops over the neighbors of an edge: its balanced Forman curvature, and its changes."""

from typing import no_type_check

import numpy as np
from numba import njit

# Common to the kernels below. For an edge (x, y), mark[w] is 1 for a neighbor of x, 2 for one of y,
# 3 for both. Each neighbor k of x has a count t: of its neighbors that close a 4-cycle over (x, y).


@njit(cache=True, nogil=True)
@no_type_check
def _set_marks(x, y, start, neighbor, mark, on):
    for a in range(start[x], start[x + 1]):
        mark[neighbor[a]] = (mark[neighbor[a]] | 1) if on else 0
    for a in range(start[y], start[y + 1]):
        mark[neighbor[a]] = (mark[neighbor[a]] | 2) if on else 0


@njit(cache=True, nogil=True)
@no_type_check
def _counts(x, y, theirs, start, neighbor, mark, official):
    """t of each neighbor of x; ``theirs`` is the mark of y's neighbors. Marks are set."""
    counts = np.zeros(start[x + 1] - start[x], dtype=np.int64)
    for a in range(counts.size):
        k = neighbor[start[x] + a]
        near_y = (mark[k] & theirs) != 0
        if not official and (k == y or near_y):
            continue
        for b in range(start[k], start[k + 1]):
            w = neighbor[b]
            if official:
                counts[a] += (mark[w] & theirs) != 0
            else:
                counts[a] += mark[w] == theirs and w != x
        if official and near_y:
            counts[a] -= 1
    return counts


@njit(cache=True, nogil=True)
@no_type_check
def _summary(at_x, at_y):
    """How many counts of both ends are positive, and the largest."""
    sharp, most = 0, 0
    for counts in (at_x, at_y):
        for a in range(counts.size):
            sharp += counts[a] > 0
            most = max(most, counts[a])
    return sharp, most


@njit(cache=True, nogil=True)
@no_type_check
def _value(degree_x, degree_y, triangles, sharp, most, official):
    low, high = min(degree_x, degree_y), max(degree_x, degree_y)
    if low == 1 and not official:
        return 0.0
    value = 2.0 / low + 2.0 / high - 2.0 + (2.0 / high + 1.0 / low) * triangles
    return value + sharp / (high * most) if most > 0 else value


@njit(cache=True, nogil=True)
@no_type_check
def curvatures(edges, source, target, start, neighbor, mark, official, curvature):
    """Write the curvature of each of ``edges`` into ``curvature``."""
    for e in edges:
        x, y = source[e], target[e]
        _set_marks(x, y, start, neighbor, mark, True)
        triangles = 0
        for a in range(start[x], start[x + 1]):
            triangles += mark[neighbor[a]] == 3
        at_x = _counts(x, y, 2, start, neighbor, mark, official)
        at_y = _counts(y, x, 1, start, neighbor, mark, official)
        sharp, most = _summary(at_x, at_y)
        curvature[e] = _value(at_x.size, at_y.size, triangles, sharp, most, official)
        _set_marks(x, y, start, neighbor, mark, False)


@njit(cache=True, nogil=True)
@no_type_check
def affected_edges(i, j, start, neighbor, edge, mark, seen):
    """Edges between i or a neighbor of it and j or a neighbor of it; (i, j) is an edge."""
    for a in range(start[j], start[j + 1]):
        mark[neighbor[a]] = 1
    mark[j] = 1
    found, used = np.empty(neighbor.size, dtype=np.int64), 0
    for a in range(start[i] - 1, start[i + 1]):
        u = i if a < start[i] else neighbor[a]
        for b in range(start[u], start[u + 1]):
            # An edge between two neighbors of both ends is met from either side: once is enough.
            if mark[neighbor[b]] and not seen[edge[b]]:
                seen[edge[b]] = 1
                found[used] = edge[b]
                used += 1
    for a in range(start[j], start[j + 1]):
        mark[neighbor[a]] = 0
    mark[j] = 0
    for a in range(used):
        seen[found[a]] = 0
    return found[:used]


@njit(cache=True, nogil=True)
@no_type_check
def improvements(x, y, start, neighbor, mark, official, ball):
    """Candidate pairs (near x, near y) and the change of the curvature of (x, y) that each makes.

    A pair of two neighbors changes two counts by one. A pair with an end of the edge makes a
    triangle, and its other node l counts in new ways; the published kernel and the formula differ.
    """
    _set_marks(x, y, start, neighbor, mark, True)
    at_x = _counts(x, y, 2, start, neighbor, mark, official)
    at_y = _counts(y, x, 1, start, neighbor, mark, official)
    triangles = 0
    for a in range(start[x], start[x + 1]):
        triangles += mark[neighbor[a]] == 3
    sharp, most = _summary(at_x, at_y)
    now = _value(at_x.size, at_y.size, triangles, sharp, most, official)
    room = (at_x.size + 1) * (at_y.size + 1)
    pairs, change, used = np.empty((room, 2), dtype=np.int64), np.empty(room), 0
    near = np.zeros(mark.size, dtype=np.bool_)

    for a in range(at_x.size):
        i = neighbor[start[x] + a]
        if i == y:
            continue
        for b in range(start[i], start[i + 1]):
            near[neighbor[b]] = True
        for b in range(at_y.size):
            j = neighbor[start[y] + b]
            if j in (x, i) or near[j]:
                continue
            gained, largest = 0, most
            if official or (mark[i] == 1 and mark[j] == 2):
                gained = (at_x[a] == 0) + (at_y[b] == 0)
                largest = max(most, at_x[a] + 1, at_y[b] + 1)
            value = _value(at_x.size, at_y.size, triangles, sharp + gained, largest, official)
            pairs[used, 0], pairs[used, 1], change[used] = i, j, value - now
            used += 1
        for b in range(start[i], start[i + 1]):
            near[neighbor[b]] = False

    for turn in range(2 if ball else 0):  # join x to a neighbor l of y, then y to one of x
        here, there = (x, y) if turn == 0 else (y, x)
        mine, yours = (at_x, at_y) if turn == 0 else (at_y, at_x)
        for b in range(yours.size):
            end = neighbor[start[there] + b]
            if end == here or mark[end] == 3:
                continue
            sharp_new, most_new, shared = 0, 0, 0
            for c in range(start[end], start[end + 1]):
                near[neighbor[c]] = True
            for c in range(mine.size):
                count = mine[c]
                if count > 0 and not official:
                    count -= near[neighbor[start[here] + c]]
                sharp_new += count > 0
                most_new = max(most_new, count)
            for c in range(yours.size):
                count = yours[c]
                if official:
                    beside = near[neighbor[start[there] + c]]
                    shared += beside
                    count += beside - (c == b)
                elif c == b:
                    count = 0
                sharp_new += count > 0
                most_new = max(most_new, count)
            if official:
                sharp_new += shared > 1
                most_new = max(most_new, shared - 1)
            for c in range(start[end], start[end + 1]):
                near[neighbor[c]] = False
            degree = mine.size if official else mine.size + 1
            value = _value(degree, yours.size, triangles + 1, sharp_new, most_new, official)
            pairs[used, 0], pairs[used, 1], change[used] = here, end, value - now
            used += 1
    _set_marks(x, y, start, neighbor, mark, False)
    return pairs[:used], change[:used]
