"""Which edges a list of edits adds and removes in the end, and which edit is impossible."""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Int64
from numba import njit


class Difference(NamedTuple):
    """What the graph after a list of edits has more and less than the one before.

    Edges are keys ``u * num_nodes + v``, ``u < v``.
    """

    gone: Int64[np.ndarray, " gone"]
    new: Int64[np.ndarray, " new"]  # in the order in which they were added last


def difference(
    original: Int64[np.ndarray, " edges"], num_nodes: int, edits: Int64[np.ndarray, "3 edits"]
) -> Difference:
    """What is gone and what is new after ``edits``, whose rows are the sign, u and v, ``u < v``.

    ``original`` holds the sorted keys of the graph's edges.

    Raises:
        ValueError: an edit is impossible: a sign other than +1 and -1, a self-loop, a node out of
            range, an edge added that exists or removed that does not.
    """
    sign, u, v = np.ascontiguousarray(edits)  # one layout, so that one kernel is compiled
    keys = u * num_nodes + v
    order = keys.argsort(kind="stable")
    place = np.searchsorted(original, keys[order])
    gone, new, last, wrong = _difference(original, place, keys, sign, u, v, order, num_nodes)
    if wrong < keys.size:
        raise _impossible(wrong, int(sign[wrong]), int(u[wrong]), int(v[wrong]), num_nodes)
    return Difference(gone, new[last.argsort()])


def _impossible(at: int, sign: int, u: int, v: int, num_nodes: int) -> ValueError:
    if sign not in (1, -1):
        return ValueError(f"edit {at} has sign {sign}; +1 adds an edge and -1 removes one")
    if u < 0 or v >= num_nodes or u == v:
        return ValueError(
            f"edit {at} names nodes {u} and {v}; it needs two different nodes of "
            f"0 to {num_nodes - 1}"
        )
    return ValueError(
        f"edit {at} {'adds' if sign > 0 else 'removes'} the edge ({u}, {v}), which is "
        f"{'already' if sign > 0 else 'not'} there"
    )


@njit(cache=True, nogil=True)
@no_type_check
def _difference(original, place, keys, sign, u, v, order, num_nodes):
    """Keys that went, keys that came with the edit that added each last, the first wrong edit.

    ``order`` sorts the edits by key and keeps their order within one; ``place`` is where each of
    them stands or would stand in ``original``.
    """
    gone, new = np.empty(keys.size, dtype=np.int64), np.empty(keys.size, dtype=np.int64)
    last = np.empty(keys.size, dtype=np.int64)
    num_gone, num_new, wrong = 0, 0, keys.size
    before = now = False
    for k in range(keys.size):
        at = order[k]
        key = keys[at]
        if abs(sign[at]) != 1 or u[at] < 0 or v[at] >= num_nodes or u[at] >= v[at]:
            wrong = min(wrong, at)
        if k == 0 or keys[order[k - 1]] != key:
            before = now = place[k] < original.size and original[place[k]] == key
        if now == (sign[at] > 0):
            wrong = min(wrong, at)
        now = not now
        if k + 1 < keys.size and keys[order[k + 1]] == key:
            continue
        if before and not now:
            gone[num_gone] = key
            num_gone += 1
        elif now and not before:
            new[num_new], last[num_new] = key, at
            num_new += 1
    return gone[:num_gone], new[:num_new], last[:num_new], wrong
