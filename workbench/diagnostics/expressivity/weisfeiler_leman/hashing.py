"""The compiled loops of color refinement: hash what each item sees, renumber, verify.

Colors are numbered 0, 1, 2, ... over all graphs of a call. In every round each item's multiset of
seen colors is hashed to 64 bits, and items with equal (color, hash) get the same new number. Two
different hashes prove that two items saw different things. That equal hashes mean equal things is
no proof, so ``seen_equal``, ``pairs_seen_equal`` and
``triples_seen_equal`` look again, without a hash.
"""

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def mix(value):
    """A 64-bit number in which every bit of the input moves every bit (SplitMix64)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
@no_type_check
def hash_seen(indptr, neighbor, label, colors, seed, kinds, result):
    """Hash of the multiset of (label, color) that each item sees, a sum over its entries.

    An entry counts as the product of two scrambled numbers, one of its color and an odd one of its
    label (``kinds`` of them): one multiplication for each entry, where mixing both takes three.
    """
    scrambled, factor = np.empty(colors.size, np.uint64), np.empty(kinds, np.uint64)
    for item in range(colors.size):
        scrambled[item] = mix(np.uint64(colors[item]) + seed)
    for kind in range(kinds):
        factor[kind] = mix(~np.uint64(kind) - seed) | np.uint64(1)
    for item in range(result.size):
        total = np.uint64(0)
        for at in range(indptr[item], indptr[item + 1]):
            total += scrambled[neighbor[at]] * factor[label[at]]
        result[item] = total


@njit(cache=True, nogil=True)
@no_type_check
def hash_pairs(colors, seed, result):
    """2-FWL: hash of the multiset over w of (C[u, w], C[w, v]), for every u, v of one graph."""
    size = colors.shape[0]
    left, right = np.empty((size, size), np.uint64), np.empty((size, size), np.uint64)
    for u in range(size):
        for v in range(size):
            left[u, v] = mix(np.uint64(colors[u, v]) + seed)
            right[u, v] = mix(left[u, v])
    for u in range(size):
        row = result[u]
        row[:] = 0
        for w in range(size):
            first, second = left[u, w], right[w]
            for v in range(size):  # contiguous, so that it runs eight wide
                both = first + second[v]
                row[v] += (both ^ (both >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)


@njit(cache=True, nogil=True)
@no_type_check
def hash_triples(colors, seed, result):
    """3-FWL: hash of the multiset over w of (C[w, v, z], C[u, w, z], C[u, v, w])."""
    size = colors.shape[0]
    one = np.empty((size, size, size), np.uint64)
    two, three = np.empty_like(one), np.empty_like(one)
    for u in range(size):
        for v in range(size):
            for z in range(size):
                one[u, v, z] = mix(np.uint64(colors[u, v, z]) + seed)
                two[u, v, z] = mix(one[u, v, z])
                three[u, v, z] = mix(two[u, v, z])
    for u in range(size):
        for v in range(size):
            row = result[u, v]
            row[:] = 0
            for w in range(size):
                first, second, third = one[w, v], two[u, w], three[u, v, w]
                for z in range(size):
                    all_three = first[z] + second[z] + third
                    mixed = all_three ^ (all_three >> np.uint64(32))
                    row[z] += mixed * np.uint64(0xD6E8FEB86659FD93)


@njit(cache=True, nogil=True)
@no_type_check
def renumber(colors, hashes, result):
    """Number the different (color, hash) from 0 in the order in which they occur; how many."""
    room = 16
    while room < 2 * colors.size:
        room *= 2
    mask = np.uint64(room - 1)
    number = np.full(room, -1, np.int64)
    first = np.empty(room, np.int64)
    count = 0
    for item in range(colors.size):
        at = mix(hashes[item] + mix(np.uint64(colors[item]))) & mask
        while number[at] >= 0:
            other = first[at]
            if hashes[other] == hashes[item] and colors[other] == colors[item]:
                break
            at = (at + np.uint64(1)) & mask
        if number[at] < 0:
            number[at], first[at] = count, item
            count += 1
        result[item] = number[at]
    return count


@njit(cache=True, nogil=True)
@no_type_check
def by_color(colors, count):
    """Items sorted by color, and where each color starts."""
    start = np.zeros(count + 1, np.int64)
    for color in colors:
        start[color + 1] += 1
    for color in range(count):
        start[color + 1] += start[color]
    order, free = np.empty(colors.size, np.int64), start[:-1].copy()
    for item in range(colors.size):
        order[free[colors[item]]] = item
        free[colors[item]] += 1
    return order, start


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _find(keys, owner, mark, key):
    """Place of ``key`` in a table that belongs to ``mark``, or the free place where it goes."""
    mask = np.uint64(keys.size - 1)
    at = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while owner[at] == mark and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return at


@njit(cache=True, nogil=True)
@no_type_check
def sees_equal(indptr, neighbor, label, colors, count):
    """Whether all items of each color see the same multiset of (label, color): no hash decides."""
    order, start = by_color(colors, count)
    longest = 0
    for item in range(colors.size):
        longest = max(longest, indptr[item + 1] - indptr[item])
    room = 16
    while room < 2 * longest:
        room *= 2
    keys, owner = np.empty(room, np.int64), np.full(room, -1, np.int64)
    left, visit = np.zeros(room, np.int64), np.full(room, -1, np.int64)
    total = np.zeros(room, np.int64)
    for color in range(count):
        if start[color + 1] - start[color] < 2:
            continue
        model = order[start[color]]
        for at in range(indptr[model], indptr[model + 1]):
            key = np.int64(label[at]) * (1 << 32) + colors[neighbor[at]]
            place = _find(keys, owner, color, key)
            if owner[place] != color:
                owner[place], keys[place], total[place] = color, key, 0
            total[place] += 1
        for member in range(start[color] + 1, start[color + 1]):
            item = order[member]
            if indptr[item + 1] - indptr[item] != indptr[model + 1] - indptr[model]:
                return False
            for at in range(indptr[item], indptr[item + 1]):
                key = np.int64(label[at]) * (1 << 32) + colors[neighbor[at]]
                place = _find(keys, owner, color, key)
                if owner[place] != color:
                    return False
                if visit[place] != item:
                    visit[place], left[place] = item, total[place]
                left[place] -= 1
                if left[place] < 0:
                    return False
    return True


@njit(cache=True, nogil=True)
@no_type_check
def transpose_colors(flat, graph_start, graph_size, result):
    """Whether the color of (v, u) follows from that of (u, v); ``result[color]`` is it."""
    result[:] = -1
    for graph in range(graph_size.size):
        base, size = graph_start[graph], graph_size[graph]
        for u in range(size):
            for v in range(size):
                color, other = flat[base + u * size + v], flat[base + v * size + u]
                if result[color] < 0:
                    result[color] = other
                elif result[color] != other:
                    return False
    return True


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _local(color, local, used):
    """Number of a color among those that the model of a class sees, a new one at need."""
    if local[color] < 0:
        local[color] = used
        return used, used + 1
    return local[color], used


@njit(cache=True, nogil=True)
@no_type_check
def pairs_seen_equal(flat, turned, count, graph_start, graph_size, graph_of):
    """Whether all pairs of each color see the same multiset through w: no hash decides.

    ``flat`` holds the colors of all graphs one after another; graph g has ``graph_size[g]`` nodes
    and starts at ``graph_start[g]``. ``turned`` holds those of (v, u) at (u, v), so that both are
    read in the order of memory. Colors that the first pair of a class sees get small numbers, and
    the places of a small table count what it sees. Pairs of one class see equally many nodes, so
    they see the same where no count falls below 0. Where the color of (v, u) follows from that of
    (u, v), one of both is looked at: what (v, u) sees is what (u, v) sees, turned around.
    """
    order, start = by_color(flat, count)
    other = np.empty(count, np.int64)
    half = transpose_colors(flat, graph_start, graph_size, other)
    width = graph_size.max()
    one, two = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    left, total = np.zeros(width * width, np.int32), np.zeros(width * width, np.int32)
    places = np.empty(width, np.int64)
    for color in range(count):
        if start[color + 1] - start[color] < 2 or (half and other[color] < color):
            continue
        model = order[start[color]]
        size = graph_size[graph_of[model]]
        row, column = _pair_rows(model, graph_start, graph_of, size)
        ones = twos = used = 0
        for w in range(size):
            a, ones = _local(flat[row + w], one, ones)
            b, twos = _local(turned[column + w], two, twos)
            place = a * width + b
            if total[place] == 0:
                places[used] = place
                used += 1
            total[place] += 1
        for member in range(start[color] + 1, start[color + 1]):
            item = order[member]
            if graph_size[graph_of[item]] != size:
                return False
            x, y = _pair_rows(item, graph_start, graph_of, size)
            if half and other[color] == color and y < x:
                # its mirror image is in the class; one that sees what it sees itself is enough
                base = graph_start[graph_of[item]]
                u, v = (item - base) // size, (item - base) % size
                if model != base + v * size + u:
                    continue
            for at in range(used):
                left[places[at]] = total[places[at]]
            for w in range(size):
                a, b = one[flat[x + w]], two[turned[y + w]]
                if a < 0 or b < 0:
                    return False
                place = a * width + b
                left[place] -= 1
                if left[place] < 0:
                    return False
        for at in range(used):  # the tables are clean again
            left[places[at]] = total[places[at]] = 0
        for w in range(size):
            one[flat[row + w]] = two[turned[column + w]] = -1
    return True


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _pair_rows(item, graph_start, graph_of, size):
    """Where the row of u and that of v begin, for the pair (u, v)."""
    base = graph_start[graph_of[item]]
    return base + (item - base) // size * size, base + (item - base) % size * size


@njit(cache=True, nogil=True)
@no_type_check
def triples_seen_equal(flat, second, third, count, graph_start, graph_size, graph_of):
    """``pairs_seen_equal`` for triples.

    ``second[u, v, w]`` is the color of (u, w, v) and ``third[u, v, w]`` that of (w, u, v), so that
    what (u, v, z) sees is read in the order of memory. Two colors are numbered together before the
    third one joins, so that the tables stay small.
    """
    order, start = by_color(flat, count)
    width = graph_size.max()
    one, two = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    three, both = np.full(count, -1, np.int32), np.full(width * width, -1, np.int32)
    left, total = np.zeros(width * width, np.int32), np.zeros(width * width, np.int32)
    places = np.empty(width, np.int64)
    for color in range(count):
        if start[color + 1] - start[color] < 2:
            continue
        model = order[start[color]]
        size = graph_size[graph_of[model]]
        row, column, shaft = _triple_rows(model, graph_start, graph_of, size)
        ones = twos = threes = joined = used = 0
        for w in range(size):
            a, ones = _local(flat[row + w], one, ones)
            b, twos = _local(second[column + w], two, twos)
            c, threes = _local(third[shaft + w], three, threes)
            d, joined = _local(a * width + b, both, joined)
            place = d * width + c
            if total[place] == 0:
                places[used] = place
                used += 1
            total[place] += 1
        for member in range(start[color] + 1, start[color + 1]):
            item = order[member]
            if graph_size[graph_of[item]] != size:
                return False
            x, y, z = _triple_rows(item, graph_start, graph_of, size)
            for at in range(used):
                left[places[at]] = total[places[at]]
            for w in range(size):
                a, b, c = one[flat[x + w]], two[second[y + w]], three[third[z + w]]
                if a < 0 or b < 0 or c < 0:
                    return False
                d = both[a * width + b]
                if d < 0:
                    return False
                place = d * width + c
                left[place] -= 1
                if left[place] < 0:
                    return False
        for at in range(used):  # the tables are clean again
            left[places[at]] = total[places[at]] = 0
        for w in range(size):
            both[one[flat[row + w]] * width + two[second[column + w]]] = -1
        for w in range(size):
            one[flat[row + w]] = two[second[column + w]] = three[third[shaft + w]] = -1
    return True


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def _triple_rows(item, graph_start, graph_of, size):
    """Where the rows over w begin, for the triple (u, v, z): (u, v, .), (u, ., z), (., v, z)."""
    base = graph_start[graph_of[item]]
    pair, z = (item - base) // size, (item - base) % size
    u, v = pair // size, pair % size
    return base + (u * size + v) * size, base + (u * size + z) * size, base + (v * size + z) * size
