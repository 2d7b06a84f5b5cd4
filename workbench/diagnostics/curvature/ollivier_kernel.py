"""Ollivier curvature of a block of edges, as compiled loops."""

import heapq
from typing import no_type_check

import numpy as np
from numba import njit

from workbench.diagnostics.curvature.transport import transport_cost


@njit(cache=True, nogil=True)
@no_type_check
def edge_curvatures(
    begin, end, owner, back, rows, two_hop, start, neighbor, edge, weight, degree, length, alpha,
    kind, curvature,
):  # fmt: skip
    """Curvature of the edges (u, v) whose entry in the list of v is in ``begin .. end - 1``.

    ``owner`` is the v of each entry, ``back`` the place of the same edge in the list of u, and
    ``rows`` 1 + the degree of u, or 0 where the entry is not asked for. ``weight`` and ``length``
    are by entry too; no lengths (size 0) means hops. ``kind`` is an empty array of the type of the
    distances.

    An edge has a table of distances with a row for v and each neighbor of v, a column for u and
    each neighbor of u. The tables of a block are filled together, one source of distances at a
    time, so that each source is looked at once.
    """
    away, far = np.empty(start.size - 1, kind.dtype), 3 if length.size == 0 else np.inf
    away[:] = far
    table, place = _room(begin, end, owner, rows, start, kind)
    low, high = owner[begin], owner[end - 1] + 1
    for q in range(start.size - 1):
        # the entries of q's list that lead into the block, and q itself as the first
        first = start[q] + np.searchsorted(neighbor[start[q] : start[q + 1]], low)
        until = start[q] + np.searchsorted(neighbor[start[q] : start[q + 1]], high)
        if first == until and not low <= q < high:
            continue
        other_side, reach = 0, 0.0
        for a in range(first - 1, until):
            v = q if a < first else neighbor[a]
            for b in range(max(start[v], begin), min(start[v + 1], end)):
                if rows[b] > 0:
                    other_side += two_hop[neighbor[b]]
                    if length.size:
                        step = length[a] if a >= first else 0.0
                        reach = max(reach, step + _width(b, start, neighbor, length))
        if other_side == 0:
            continue
        seen = [np.int64(q)]
        by_meeting = length.size == 0 and 2 * two_hop[q] > other_side
        if length.size:
            seen = _dijkstra(np.int64(q), reach, start, neighbor, length, away)
        elif by_meeting:
            _mark_one_hop(q, start, neighbor, away, 1)
        else:
            _mark_two_hops(q, start, neighbor, away)
        for a in range(first - 1, until):
            v = q if a < first else neighbor[a]
            row = 0 if a < first else back[a] - start[v] + 1
            for b in range(max(start[v], begin), min(start[v + 1], end)):
                if rows[b] > 0:
                    line = table[place[b - begin] + row * rows[b] :][: rows[b]]
                    _read(neighbor[b], by_meeting, start, neighbor, away, line)
        if length.size:
            for x in seen:
                away[x] = np.inf
        elif by_meeting:
            _mark_one_hop(q, start, neighbor, away, 3)
            away[q] = 3
        else:
            _unmark_two_hops(q, start, neighbor, away)
    mass_u, mass_v = np.zeros(start.size - 1), np.zeros(start.size - 1)
    for b in range(begin, end):
        if rows[b] > 0:
            u, v = neighbor[b], owner[b]
            block = table[place[b - begin] : place[b - begin + 1]]
            block = block.reshape((start[v + 1] - start[v] + 1, rows[b])).T
            curvature[edge[b]] = _curvature(
                u, v, start, neighbor, weight, degree, alpha, block, mass_u, mass_v,
                length.size == 0,
            )  # fmt: skip


@njit(cache=True, nogil=True)
@no_type_check
def _room(begin, end, owner, rows, start, kind):
    """One array for all tables of a block, and where each begins."""
    place = np.zeros(end - begin + 1, np.int64)
    for b in range(begin, end):
        v = owner[b]
        place[b - begin + 1] = place[b - begin] + rows[b] * (start[v + 1] - start[v] + 1)
    return np.empty(place[-1], kind.dtype), place


@njit(cache=True, nogil=True)
@no_type_check
def _read(u, by_meeting, start, neighbor, away, line):
    """Distances of u and its neighbors; ``by_meeting``, only what is one hop away is marked."""
    line[0] = away[u]
    for b in range(start[u], start[u + 1]):
        line[1 + b - start[u]] = away[neighbor[b]]
    if by_meeting:
        for b in range(line.size):
            if line[b] == 3:
                p = u if b == 0 else neighbor[start[u] + b - 1]
                for c in range(start[p], start[p + 1]):
                    if away[neighbor[c]] == 1:
                        line[b] = 2
                        break


@njit(cache=True, nogil=True)
@no_type_check
def _mark_one_hop(q, start, neighbor, away, distance):
    for a in range(start[q], start[q + 1]):
        away[neighbor[a]] = distance
    away[q] = 0


@njit(cache=True, nogil=True)
@no_type_check
def _mark_two_hops(q, start, neighbor, away):
    for a in range(start[q], start[q + 1]):
        w = neighbor[a]
        for b in range(start[w], start[w + 1]):
            away[neighbor[b]] = 2
    for a in range(start[q], start[q + 1]):
        away[neighbor[a]] = 1
    away[q] = 0


@njit(cache=True, nogil=True)
@no_type_check
def _unmark_two_hops(q, start, neighbor, away):
    for a in range(start[q], start[q + 1]):
        w = neighbor[a]
        away[w] = 3
        for b in range(start[w], start[w + 1]):
            away[neighbor[b]] = 3
    away[q] = 3


@njit(cache=True, nogil=True)
@no_type_check
def _width(b, start, neighbor, length):
    """Length of an edge with the longest edge at its end."""
    u, widest = neighbor[b], 0.0
    for c in range(start[u], start[u + 1]):
        widest = max(widest, length[c])
    return length[b] + widest


@njit(cache=True, nogil=True)
@no_type_check
def _dijkstra(q, reach, start, neighbor, length, away):
    """Distances from q, exact up to ``reach``; returns the nodes that were touched."""
    away[q] = 0.0
    heap, seen = [(0.0, q)], [q]
    while len(heap):
        here, w = heapq.heappop(heap)
        if here > reach:
            break
        if here > away[w]:
            continue
        for a in range(start[w], start[w + 1]):
            x, there = np.int64(neighbor[a]), here + length[a]
            if there < away[x]:
                if away[x] == np.inf:
                    seen.append(x)
                away[x] = there
                heapq.heappush(heap, (there, x))
    return seen


@njit(cache=True, nogil=True)
@no_type_check
def _curvature(u, v, start, neighbor, weight, degree, alpha, away, mass_u, mass_v, merge):
    """1 - W1 / d of one edge; masses are kept times both degrees, whole where they can be."""
    _spread(u, degree[v], start, neighbor, weight, degree, alpha, mass_u)
    _spread(v, degree[u], start, neighbor, weight, degree, alpha, mass_v)
    # only the difference of the measures is moved
    row_at, column_at = np.empty(away.shape[0], np.int64), np.empty(away.shape[1], np.int64)
    supply, demand = np.empty(away.shape[0]), np.empty(away.shape[1])
    rows, columns, dust = 0, 0, 1e-14 * degree[u] * degree[v]
    for a in range(start[u] - 1, start[u + 1]):
        p = u if a < start[u] else neighbor[a]
        if mass_u[p] - mass_v[p] > dust:
            row_at[rows], supply[rows] = a - start[u] + 1, mass_u[p] - mass_v[p]
            rows += 1
    for b in range(start[v] - 1, start[v + 1]):
        q = v if b < start[v] else neighbor[b]
        if mass_v[q] - mass_u[q] > dust:
            column_at[columns], demand[columns] = b - start[v] + 1, mass_v[q] - mass_u[q]
            columns += 1
    for a in range(start[u], start[u + 1]):
        mass_u[neighbor[a]] = 0.0
    for b in range(start[v], start[v + 1]):
        mass_v[neighbor[b]] = 0.0
    mass_u[u] = mass_v[v] = 0.0
    if rows == 0 or columns == 0:
        return 1.0
    if merge:
        rows = _merge_far(rows, columns, row_at, column_at, supply, away)
        columns = _merge_far(columns, rows, column_at, row_at, demand, away.T)
    cost = np.empty((rows, columns), away.dtype)
    top = 0.0
    for j in range(columns):  # the table lies in memory by columns
        for i in range(rows):
            cost[i, j] = away[row_at[i], column_at[j]]
            top = max(top, cost[i, j])
    moved = transport_cost(cost, supply[:rows], demand[:columns], top)
    return 1.0 - moved / (degree[u] * degree[v] * away[0, 0])


@njit(cache=True, nogil=True)
@no_type_check
def _merge_far(rows, columns, row_at, column_at, mass, away):
    """Make one row of the neighbors that no path brings nearer to any column than over the center.

    Row 0 of ``away`` is the center, and its neighbors are one hop from it, so that these rows are
    all equal. Returns the number of rows that are left.
    """
    kept, far = 0, -1
    for i in range(rows):
        same = away[row_at[i], 0] == 2  # neither the center nor the other end
        for j in range(columns):
            if not same:
                break
            same = away[row_at[i], column_at[j]] == away[0, column_at[j]] + 1
        if same and far >= 0:
            mass[far] += mass[i]
            continue
        if same:
            far = kept
        row_at[kept], mass[kept] = row_at[i], mass[i]
        kept += 1
    return kept


@njit(cache=True, nogil=True)
@no_type_check
def _spread(u, scale, start, neighbor, weight, degree, alpha, mass):
    for a in range(start[u], start[u + 1]):
        mass[neighbor[a]] = (1.0 - alpha) * weight[a] * scale
    mass[u] = alpha * degree[u] * scale
