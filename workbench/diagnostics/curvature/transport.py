"""Exact optimal transport between two small measures, as a compiled loop."""

from typing import no_type_check

import numpy as np
from numba import njit

# The primal-dual method. Prices y (rows) and z (columns) with y_i + z_j <= cost_ij; flow goes only
# where this is an equality ("tight"), as much as fits (Dinic). Then the rows that still have mass,
# and all that tight entries connect to them, raise their prices until a new entry is tight. With
# whole costs 0..3 that happens at most three times, and the prices stay whole.
#
# Tight entries and entries with flow are kept as bits, 64 to a word: a search looks at words.

_ONE = np.uint64(1)
_NONE = np.uint64(0)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACE = np.zeros(64, np.int64)
for _bit in range(64):
    _PLACE[(int(_DE_BRUIJN) << _bit & (1 << 64) - 1) >> 58] = _bit


@njit(cache=True, nogil=True)
@no_type_check
def transport_cost(cost, supply, demand, top):
    """Least cost of moving ``supply [rows]`` to ``demand [columns]``; their sums are equal.

    ``cost`` is ``[rows, columns]``, at least 0 and at most ``top``.
    """
    return transport(cost, supply, demand, top)[0]


@njit(cache=True, nogil=True)
@no_type_check
def transport(cost, supply, demand, top):
    """The least cost, as ``transport_cost``, and a plan of that cost: how much goes where,
    ``[columns, rows]``.

    Of several plans one is taken that hangs on the order of the rows and columns.
    """
    rows, columns = cost.shape
    row_price, column_price = np.empty(rows), np.zeros(columns)
    for i in range(rows):
        row_price[i] = cost[i].min()
    left, need, flow = supply.copy(), demand.copy(), np.zeros((columns, rows))
    row_level, column_level = np.empty(rows, np.int32), np.empty(columns, np.int32)
    tight = np.empty((rows, (columns + 63) // 64), np.uint64)
    carries = np.zeros((columns, (rows + 63) // 64), np.uint64)
    dust, close = 1e-13 * supply.sum(), 1e-12 * top
    while True:
        _set_tight(cost, row_price, column_price, close, tight)
        while _set_levels(tight, carries, left, need, dust, row_level, column_level):
            _push(tight, carries, left, need, flow, dust, row_level, column_level)
        lowest = np.inf
        for i in range(rows):
            if left[i] > dust:
                lowest = min(lowest, row_price[i])
        if lowest >= top:
            break
        step = np.inf
        for i in range(rows):
            if row_level[i] >= 0:
                for j in range(columns):
                    if column_level[j] < 0:
                        step = min(step, cost[i, j] - row_price[i] - column_price[j])
        if step == np.inf:
            break
        for i in range(rows):
            if row_level[i] >= 0:
                row_price[i] += step
        for j in range(columns):
            if column_level[j] >= 0:
                column_price[j] -= step
    # what is left goes from rows at price top to columns at price 0: all those are tight
    i = j = 0
    while i < rows and j < columns:
        amount = min(left[i], need[j])
        if amount > dust:
            flow[j, i] += amount
        left[i] -= amount
        need[j] -= amount
        if left[i] <= need[j]:
            i += 1
        else:
            j += 1
    return (row_price * supply).sum() + (column_price * demand).sum(), flow


@njit(cache=True, nogil=True)
@no_type_check
def _set_tight(cost, row_price, column_price, close, tight):
    rows, columns = cost.shape
    for i in range(rows):
        for w in range(tight.shape[1]):
            word = _NONE
            for b in range(min(64, columns - 64 * w)):
                j = 64 * w + b
                if cost[i, j] - row_price[i] - column_price[j] <= close:
                    word |= _ONE << np.uint64(b)
            tight[i, w] = word


@njit(cache=True, nogil=True)
@no_type_check
def _lowest(word):
    """Place of the lowest bit of a word that is not 0."""
    return _PLACE[np.int64(((word & (~word + _ONE)) * _DE_BRUIJN) >> np.uint64(58))]


@njit(cache=True, nogil=True)
@no_type_check
def _set_levels(tight, carries, left, need, dust, row_level, column_level):
    """Steps from rows that have mass left, along tight entries and back along flow.

    Returns whether a column that needs mass is reached.
    """
    rows = row_level.size
    new_rows = np.full(carries.shape[1], ~_NONE)
    new_columns = np.full(tight.shape[1], ~_NONE)
    column_level[:] = -1
    queue, head, tail, found = np.empty(rows, np.int32), 0, 0, False
    for i in range(rows):
        row_level[i] = -1
        if left[i] > dust:
            row_level[i] = 0
            new_rows[i >> 6] &= ~(_ONE << np.uint64(i & 63))
            queue[tail] = i
            tail += 1
    while head < tail:
        i = queue[head]
        head += 1
        for w in range(new_columns.size):
            reached = tight[i, w] & new_columns[w]
            new_columns[w] &= ~reached
            while reached != _NONE:
                j = 64 * w + _lowest(reached)
                reached &= reached - _ONE
                column_level[j] = row_level[i] + 1
                found = found or need[j] > dust
                for x in range(new_rows.size):
                    back = carries[j, x] & new_rows[x]
                    new_rows[x] &= ~back
                    while back != _NONE:
                        other = 64 * x + _lowest(back)
                        back &= back - _ONE
                        row_level[other] = column_level[j] + 1
                        queue[tail] = other
                        tail += 1
    return found


@njit(cache=True, nogil=True)
@no_type_check
def _push(tight, carries, left, need, flow, dust, row_level, column_level):
    """Send mass along paths of rising level until none is left."""
    rows = row_level.size
    go, back = tight.copy(), carries.copy()  # entries that may still lead on
    path_row, path_column = np.empty(rows + 1, np.int64), np.empty(rows + 1, np.int64)
    for first in range(rows):
        depth = 0
        path_row[0] = first
        while left[first] > dust and depth >= 0:
            i = path_row[depth]
            j = _next(go[i], column_level, row_level[i] + 1)
            if j < 0:  # a dead end: the step that led here leads nowhere
                depth -= 1
                if depth >= 0:
                    back[path_column[depth], i >> 6] &= ~(_ONE << np.uint64(i & 63))
                continue
            path_column[depth] = j
            if need[j] <= dust:
                other = _next(back[j], row_level, column_level[j] + 1)
                if other < 0:
                    go[i, j >> 6] &= ~(_ONE << np.uint64(j & 63))
                else:
                    depth += 1
                    path_row[depth] = other
                continue
            amount = min(left[first], need[j])
            for d in range(depth):
                amount = min(amount, flow[path_column[d], path_row[d + 1]])
            left[first] -= amount
            need[j] -= amount
            for d in range(depth + 1):
                at, here = path_column[d], path_row[d]
                flow[at, here] += amount
                carries[at, here >> 6] |= _ONE << np.uint64(here & 63)
                if d < depth:
                    there = path_row[d + 1]
                    flow[at, there] -= amount
                    if flow[at, there] <= dust:
                        carries[at, there >> 6] &= ~(_ONE << np.uint64(there & 63))
                        back[at, there >> 6] &= ~(_ONE << np.uint64(there & 63))
            depth = 0


@njit(cache=True, nogil=True)
@no_type_check
def _next(words, level, wanted):
    """The first entry of that level; those before it are struck out. -1 where there is none."""
    for w in range(words.size):
        while words[w] != _NONE:
            at = 64 * w + _lowest(words[w])
            if level[at] == wanted:
                return at
            words[w] &= words[w] - _ONE
    return -1
