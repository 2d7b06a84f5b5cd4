"""Star-mesh elimination of a resistor network, and what is read off it, without cancellation.

A node j with conductances c_jk to the nodes k that are left is replaced by the mesh

    c_kl += c_jk c_jl / c_j,   c_j = sum_k c_jk,   p_jk = c_jk / c_j

that leaves every resistance between the others as it was. Only positive numbers are added, so
that p and c keep full precision however far the weights are apart. In a picture where resistances
are squared distances, j sits at the mean of the others under p, and 1 / c_j off them; so

    R_jk = 1 / c_j + sum_l p_jl R_lk - V_j,   V_j = sum_{l<m} p_jl p_jm R_lm

on the way back. V_j is at most (number of l) / c_j by Foster's law: this subtraction loses a digit
or two and not more. Fronts are those of ``elimination_fronts``.

References:
    Grassmann, Taksar and Heyman, Regenerative analysis and steady state distributions for Markov
    chains, Operations Research 33, 1985 (elimination without subtraction). Takahashi, Fagan and
    Chin, Formation of a sparse bus impedance matrix, 1973 (entries of an inverse on the pattern).
    Campbell and Davis, Computing the sparse inverse subset: an inverse multifrontal approach, 1995.
"""

from typing import no_type_check

import numpy as np
from numba import njit

#: Columns between two products of matrices: enough for the product to pay, few for plain loops.
_COLUMNS = 48

#: Rows of one such product, so that little of the triangle that nobody reads is computed.
_ROWS = 128

#: Products of fewer multiplications per row are loops.
_SMALL = 256

#: The order of a sum is free; nothing else about arithmetic is.
_SUMS = {"reassoc", "contract", "nsz"}


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
@no_type_check
def eliminate(
    begin, end, start, neighbor, weight, rows, row_start, column_start, child, sibling,
    panel_start, panel, pivot, place, stack, top, front, where,
):  # fmt: skip
    """Eliminate fronts ``begin`` to ``end``; returns the height of the stack.

    ``panel`` takes p (row after row of each front), ``pivot`` takes c_j, 0 for the last node of a
    component. ``place[q]`` is where ``rows[q]`` is in the parent. Meshes that a parent has not
    taken yet wait on ``stack``.
    """
    for f in range(begin, end):
        low, first, columns = row_start[f], column_start[f], column_start[f + 1] - column_start[f]
        width = row_start[f + 1] - low
        mesh = front[: width * width].reshape(width, width)
        mesh[:] = 0.0
        for i in range(width):
            where[rows[low + i]] = i
        for a in range(columns):
            for q in range(start[first + a], start[first + a + 1]):
                if neighbor[q] > first + a:
                    mesh[a, where[neighbor[q]]] += weight[q]
        c = child[f]
        while c >= 0:
            at = row_start[c] + column_start[c + 1] - column_start[c]
            count = row_start[c + 1] - at
            for i in range(at, at + count):
                place[i] = where[rows[i]]
            top -= count * count
            for i in range(count):
                row = mesh[place[at + i]]
                for k in range(i + 1, count):
                    row[place[at + k]] += stack[top + i * count + k]
            c = sibling[c]
        chance = panel[panel_start[f] : panel_start[f + 1]].reshape(columns, width)
        for low in range(0, columns, _COLUMNS):
            high = min(low + _COLUMNS, columns)
            for a in range(low, high):
                total = 0.0
                for b in range(a + 1, width):
                    total += mesh[a, b]
                pivot[first + a] = total
                chance[a, : a + 1] = 0.0
                for b in range(a + 1, width):
                    chance[a, b] = mesh[a, b] / total if total > 0.0 else 0.0
                for c in range(a + 1, high):
                    if mesh[a, c] > 0.0:
                        for b in range(c + 1, width):
                            mesh[c, b] += mesh[a, c] * chance[a, b]
            if (high - low) * (width - high) < _SMALL:
                for i in range(high, width):
                    for a in range(low, high):
                        for k in range(i + 1, width):
                            mesh[i, k] += mesh[a, i] * chance[a, k]
            else:
                given = mesh[low:high, high:].T.copy()
                share = chance[low:high, high:].T.copy()
                for i in range(0, width - high, _ROWS):
                    product = np.dot(given[i : i + _ROWS], share[i:].T)
                    for k in range(product.shape[0]):
                        mesh[high + i + k, high + i :] += product[k]
        for i in range(columns, width):
            for k in range(columns, width):
                stack[top] = mesh[i, k]
                top += 1
    return top


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
@no_type_check
def resistances(
    first_front, last_front, start, neighbor, rows, row_start, column_start, parent, panel_start,
    panel, pivot, place, offset, stack, where, mean, of_edge, to_last,
):  # fmt: skip
    """Resistances of the pairs in each front, from that before ``last_front`` to ``first_front``.

    ``of_edge[q]`` takes that of the edge to ``neighbor[q]`` from the node it belongs to, where
    that one is eliminated first; ``to_last`` that of each node to the last of its component.
    """
    for f in range(last_front - 1, first_front - 1, -1):
        low, first, columns = row_start[f], column_start[f], column_start[f + 1] - column_start[f]
        width = row_start[f + 1] - low
        own = stack[offset[f] : offset[f] + width * width].reshape(width, width)
        if width > columns:
            p, at = parent[f], low + columns
            above = row_start[p + 1] - row_start[p]
            outer = stack[offset[p] : offset[p] + above * above].reshape(above, above)
            for i in range(width - columns):
                row = outer[place[at + i]]
                for k in range(width - columns):
                    own[columns + i, columns + k] = row[place[at + k]]
        chance = panel[panel_start[f] : panel_start[f + 1]].reshape(columns, width)
        for begin in range((columns - 1) // _COLUMNS * _COLUMNS, -1, -_COLUMNS):
            stop = min(begin + _COLUMNS, columns)
            given = np.zeros((stop - begin, width - stop))
            share = chance[begin:stop, stop:].copy()
            if (stop - begin) * (width - stop) < _SMALL:
                for a in range(stop - begin):
                    for i in range(width - stop):
                        for k in range(width - stop):
                            given[a, k] += share[a, i] * own[stop + i, stop + k]
            else:
                np.dot(share, own[stop:, stop:].copy(), given)
            for a in range(stop - 1, begin - 1, -1):
                j, own[a, a] = first + a, 0.0
                if pivot[j] <= 0.0:
                    to_last[j] = 0.0
                    continue
                mean[stop:width] = given[a - begin]
                for c in range(a + 1, stop):
                    total = 0.0
                    for b in range(a + 1, width):
                        total += chance[a, b] * own[c, b]
                    mean[c] = total
                    if chance[a, c] > 0.0:
                        for k in range(stop, width):
                            mean[k] += chance[a, c] * own[c, k]
                spread, distance = 0.0, 0.0
                for b in range(a + 1, width):
                    spread += chance[a, b] * mean[b]
                    distance += chance[a, b] * to_last[rows[low + b]]
                base = 1.0 / pivot[j] - 0.5 * spread
                to_last[j] = base + distance
                for b in range(a + 1, width):
                    own[a, b] = base + mean[b]
                    own[b, a] = own[a, b]
        for i in range(width):
            where[rows[low + i]] = i
        for a in range(columns):
            for q in range(start[first + a], start[first + a + 1]):
                if neighbor[q] > first + a:
                    of_edge[q] = own[a, where[neighbor[q]]]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)
@no_type_check
def of_pairs(
    source, target, front_of, rows, row_start, column_start, parent, panel_start, panel, pivot,
    flow, awaited,
):  # fmt: skip
    """R_uv = sum_j y_j^2 / c_j, y the unit current from u to v carried up: only fronts above them.

    All pairs together, so that a front is read once. ``flow [pairs, nodes]`` is zero and
    ``awaited [fronts]`` is False, on entry and on return.
    """
    count, found = source.size, 0
    result, above = np.zeros(count), np.empty(parent.size, dtype=np.int64)
    path = np.empty(parent.size, dtype=np.int64)
    for pair in range(count):
        flow[pair, source[pair]] += 1.0
        flow[pair, target[pair]] -= 1.0
        for end in (source[pair], target[pair]):
            f, length = front_of[end], 0
            while f >= 0 and not awaited[f]:
                awaited[f] = True
                path[length] = f
                length += 1
                f = parent[f]
            at, old = found + length - 1, found - 1
            found += length
            while length > 0:  # both lists ascend, and so does what becomes of them
                if old >= 0 and above[old] > path[length - 1]:
                    above[at] = above[old]
                    old -= 1
                else:
                    length -= 1
                    above[at] = path[length]
                at -= 1
    for f in above[:found]:
        awaited[f] = False
        low, columns = row_start[f], column_start[f + 1] - column_start[f]
        width = row_start[f + 1] - low
        chance = panel[panel_start[f] : panel_start[f + 1]].reshape(columns, width)
        local = np.empty((count, width))
        for pair in range(count):
            for i in range(width):
                local[pair, i] = flow[pair, rows[low + i]]
                flow[pair, rows[low + i]] = 0.0
        for a in range(columns):
            c = pivot[column_start[f] + a]
            for pair in range(count):
                y = local[pair, a]
                if y != 0.0 and c > 0.0:
                    result[pair] += y * y / c
                    for b in range(a + 1, width):
                        local[pair, b] += chance[a, b] * y
        for pair in range(count):
            for i in range(columns, width):
                flow[pair, rows[low + i]] = local[pair, i]
    return result


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def carry_up(rows, row_start, column_start, panel_start, panel, pivot, flow):
    """``flow[j]`` becomes the mass of all nodes whose current would leave through j."""
    for f in range(column_start.size - 1):
        low, first = row_start[f], column_start[f]
        width = row_start[f + 1] - low
        for a in range(column_start[f + 1] - first):
            if pivot[first + a] > 0.0:
                for b in range(a + 1, width):
                    given = panel[panel_start[f] + a * width + b]
                    flow[rows[low + b]] += given * flow[first + a]


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def carry_down(rows, row_start, column_start, panel_start, panel, pivot, flow):
    """``flow``, masses as ``carry_up`` leaves them, becomes their potentials; 0 at the last nodes.

    That is x_j = t_j / c_j + sum_l p_jl x_l, which only adds.
    """
    for f in range(column_start.size - 2, -1, -1):
        low, first = row_start[f], column_start[f]
        width = row_start[f + 1] - low
        for a in range(column_start[f + 1] - first - 1, -1, -1):
            potential = flow[first + a] / pivot[first + a] if pivot[first + a] > 0.0 else 0.0
            if pivot[first + a] > 0.0:
                for b in range(a + 1, width):
                    potential += panel[panel_start[f] + a * width + b] * flow[rows[low + b]]
            flow[first + a] = potential
