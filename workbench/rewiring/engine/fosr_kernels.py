"""Compiled loops of FoSR: a power step, the best pair, and both in turn.

Neighbors of v stand in ``neighbors[offsets[v] : offsets[v + 1]]``, those added since in the list
``to[head[v]], to[next_[head[v]]], ...`` until -1; entries 2k and 2k + 1 of ``to`` are the two ends
of the k-th added edge.
"""

from typing import no_type_check

import numpy as np
from numba import njit

from workbench.ties import TIE

#: What is left of an entry of x after a step is 0 below this share of the largest one before it.
_ROUNDING = 1e-13


@njit(cache=True, nogil=True)
@no_type_check
def power_step(x, degree, offsets, neighbors, head, next_, to, used):
    """(I + D^-1/2 A D^-1/2) (x - its part along sqrt(d)), scaled to length 1."""
    size, total, along = x.size, degree.sum(), 0.0
    if total == 0.0:
        return x
    most = np.abs(x).max()
    root, scaled, step = np.sqrt(degree), np.zeros(size), np.zeros(size)
    for v in range(size):
        along += x[v] * root[v]
    x = x - along * root / total
    for v in range(size):
        if root[v] > 0.0:
            scaled[v] = x[v] / root[v]
    for v in range(size):
        for at in range(offsets[v], offsets[v + 1]):
            step[v] += scaled[neighbors[at]]
    for at in range(0, used, 2):
        step[to[at]] += scaled[to[at + 1]]
        step[to[at + 1]] += scaled[to[at]]
    square = 0.0
    for v in range(size):
        # a walker on an isolated node stays
        x[v] += step[v] / root[v] if root[v] > 0.0 else x[v]
        if abs(x[v]) <= _ROUNDING * most:
            x[v] = 0.0
        square += x[v] * x[v]
    return x / np.sqrt(square) if square > 0.0 else x


@njit(cache=True, nogil=True)
@no_type_check
def power_steps(times, x, degree, offsets, neighbors, head, next_, to, used):
    """As many power steps."""
    for _ in range(times):
        x = power_step(x, degree, offsets, neighbors, head, next_, to, used)
    return x


@njit(cache=True, nogil=True)
@no_type_check
def join(u, v, degree, head, next_, to, used):
    """Add the edge (u, v); ``to`` has room from ``used`` on."""
    to[used], next_[used], head[u] = v, head[u], used
    to[used + 1], next_[used + 1], head[v] = u, head[v], used + 1
    degree[u] += 1.0
    degree[v] += 1.0


@njit(cache=True, nogil=True)
@no_type_check
def best(x, degree, offsets, neighbors, head, next_, to, place, by_place, mark):
    """(u, v, y_u y_v, how many tie) of the non-edge with the smallest product.

    Of pairs that tie it is the first by ``place``, which ``by_place`` sorts; where that is empty,
    (-1, -1, y_u y_v, how many tie). (-1, -1, 0, 0) where the graph is complete.
    """
    y = x / np.sqrt(degree + 1.0)
    order = np.argsort(y)
    product = smallest_product(y, order, offsets, neighbors, head, next_, to, mark)
    if product == np.inf:
        return -1, -1, 0.0, 0
    limit = product + TIE * abs(product)
    tied = count_up_to(limit, y, y[order], offsets, neighbors, head, next_, to)
    if tied == 1:
        place = by_place = np.arange(y.size)
    elif place.size == 0:
        return -1, -1, product, tied
    u, v = first_up_to(limit, y, order, place, by_place, offsets, neighbors, head, next_, to, mark)
    return u, v, y[u] * y[v], tied


@njit(cache=True, nogil=True)
@no_type_check
def add_best(
    x, degree, offsets, neighbors, head, next_, to, used, place, by_place, mark,
    pairs, product, num_tied,
):  # fmt: skip
    """Add the best pair, then a power step, as often as ``pairs`` has room.

    Returns x, how many were added, and whether ``place`` is wanted to go on.
    """
    for done in range(product.size):
        u, v, value, tied = best(
            x, degree, offsets, neighbors, head, next_, to, place, by_place, mark
        )
        if u < 0:
            return x, done, tied > 1
        join(u, v, degree, head, next_, to, used)
        used += 2
        x = power_step(x, degree, offsets, neighbors, head, next_, to, used)
        pairs[done, 0], pairs[done, 1], product[done], num_tied[done] = u, v, value, tied
    return x, product.size, False


@njit(cache=True, nogil=True)
@no_type_check
def smallest_product(y, order, offsets, neighbors, head, next_, to, mark):
    """The smallest y_u y_v of a non-edge, inf if there is none. ``order`` sorts y."""
    best = np.inf
    if y.size < 2:
        return best
    top = y[order[-1]]
    mark[:] = -1
    # Pairs of opposite signs: rows from the most negative y on, partners from the largest down,
    # until no partner could do better. Only if there is none, every row is looked at.
    for full in range(2):
        for rank in range(y.size):
            i = order[rank]
            if not full and (y[i] >= 0.0 or y[i] * top >= best):
                break
            mark_row(i, offsets, neighbors, head, next_, to, mark)
            for at in range(y.size):
                j = order[-1 - at] if y[i] < 0.0 else order[at]
                if y[i] * y[j] >= best:
                    break
                if mark[j] != i:
                    best = y[i] * y[j]
        if best < 0.0:
            break
    return best


@njit(cache=True, nogil=True)
@no_type_check
def first_up_to(limit, y, order, place, by_place, offsets, neighbors, head, next_, to, mark):
    """The first non-edge with a product of at most ``limit``; there is one.

    By the lower place of its ends, then by the higher one. ``by_place`` sorts the places.
    """
    top, bottom = y[order[-1]], y[order[0]]
    mark[:] = -1
    for i in by_place:
        if min(y[i] * top, y[i] * bottom) > limit:
            continue
        mark_row(i, offsets, neighbors, head, next_, to, mark)
        found = -1
        for at in range(y.size):
            j = order[-1 - at] if y[i] < 0.0 else order[at]
            if y[i] * y[j] > limit:
                break
            if mark[j] != i and (found < 0 or place[j] < place[found]):
                found = j
        if found >= 0:
            return min(i, found), max(i, found)
    return -1, -1


@njit(cache=True, nogil=True)
@no_type_check
def count_up_to(limit, y, ascending, offsets, neighbors, head, next_, to):
    """How many non-edges have a product of at most ``limit``; ``ascending`` is y, sorted."""
    twice = 0
    for i in range(y.size):
        # all partners are at one end of the sorted y; those that are none are taken out again
        low, high = 0, y.size
        while low < high:
            half = (low + high) // 2
            if (y[i] * ascending[half] <= limit) == (y[i] < 0.0):
                high = half
            else:
                low = half + 1
        partners = y.size - low if y[i] < 0.0 else low
        if partners == 0:
            continue
        partners -= y[i] * y[i] <= limit
        for at in range(offsets[i], offsets[i + 1]):
            partners -= y[i] * y[neighbors[at]] <= limit
        at = head[i]
        while at >= 0:
            partners -= y[i] * y[to[at]] <= limit
            at = next_[at]
        twice += partners
    return twice // 2


@njit(cache=True, nogil=True)
@no_type_check
def mark_row(i, offsets, neighbors, head, next_, to, mark):
    """Mark node i and its neighbors with i."""
    mark[i] = i
    for at in range(offsets[i], offsets[i + 1]):
        mark[neighbors[at]] = i
    at = head[i]
    while at >= 0:
        mark[to[at]] = i
        at = next_[at]
