"""What elimination in a given order leaves behind, block by block, before any number is computed.

A *front* is a block of nodes that are eliminated together, followed by the later nodes that they
then see. Its parent is the front where the earliest of those goes; all of them lie in the parent.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import no_type_check

import numpy as np
from numba import njit
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Fronts:
    """Fronts of an elimination, children before parents, every subtree a stretch.

    Nodes are numbered in the order of elimination: new node k is ``order[k]``. Those of front f,
    ascending, are ``rows[row_start[f] : row_start[f + 1]]``; ``column_start[f]`` up to
    ``column_start[f + 1]`` are eliminated there.

    Attributes:
        parent: of each front, -1 for the last of a component.
        child: the last child of each front, -1 for none.
        sibling: the child of the same parent before each front, -1 for none.
        panel_start: where the numbers of each front's eliminated nodes start.
        stack_up: numbers that wait at most while fronts are eliminated,
        stack_down: and while they are gone through in reverse,
        offset: each at its place of that stack.
        widest: nodes of the largest front.
        operations: multiplications of the elimination.
    """

    order: np.ndarray
    adjacency: csr_array
    rows: np.ndarray
    row_start: np.ndarray
    column_start: np.ndarray
    parent: np.ndarray
    child: np.ndarray
    sibling: np.ndarray
    panel_start: np.ndarray
    stack_up: int
    stack_down: int
    offset: np.ndarray
    widest: int
    operations: float

    @property
    def bytes(self) -> int:
        """Memory of the factor, its working arrays and one pass over it."""
        stacks = max(self.stack_up, self.stack_down) + 4 * self.widest**2
        return int(8 * (self.panel_start[-1] + stacks) + 12 * self.rows.size)

    @cached_property
    def front_of(self) -> np.ndarray:
        """The front where each node (by its new number) is eliminated."""
        return np.repeat(np.arange(self.parent.size), np.diff(self.column_start))


def fronts_of(adjacency: csr_array, order: np.ndarray, block_start: np.ndarray) -> Fronts:
    """Fronts of eliminating ``order`` block by block; small blocks joined.

    References:
        Liu, The multifrontal method for sparse matrix solution, SIAM Review 34, 1992.
    """
    order = order.astype(np.int64)
    _, row_start, parent, _, _ = _structure(*_relabel(adjacency, order)[1:], block_start)
    group = _join_fronts(parent, np.diff(block_start), np.diff(row_start))
    rank = _postorder_rank(parent, group)[group]
    block = np.repeat(np.arange(parent.size), np.diff(block_start))
    order = order[np.argsort(rank[block], kind="stable")]
    column_start = np.concatenate([[0], np.cumsum(np.bincount(rank[block]))])
    adjacency, start, neighbor = _relabel(adjacency, order)
    rows, row_start, parent, child, sibling = _structure(start, neighbor, column_start)
    shape = parent.size, order.size
    table = csr_array((np.empty(rows.size, dtype=np.int8), rows, row_start), shape=shape)
    table.sort_indices()
    rows = table.indices
    widths, columns = np.diff(row_start), np.diff(column_start)
    panel_start = np.concatenate([[0], np.cumsum(columns * widths)])
    up, down, offset = _stacks(parent, columns, widths)
    operations = float((columns * widths.astype(float) ** 2).sum())
    widest = int(widths.max(initial=0))
    return Fronts(
        order, adjacency, rows, row_start, column_start, parent, child, sibling, panel_start, up,
        down, offset, widest, operations,
    )  # fmt: skip


def _relabel(adjacency: csr_array, order: np.ndarray):
    """The graph with its nodes in a new order: (matrix, start, neighbor)."""
    moved = adjacency[order][:, order].tocsr()
    moved.sort_indices()
    return moved, moved.indptr.astype(np.int64), moved.indices.astype(np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _structure(start, neighbor, column_start):
    """Rows of every front, its own first; where they start; parents, last children, siblings."""
    count, size = column_start.size - 1, start.size - 1
    rows = np.empty(4 * size + 16, dtype=np.int32)
    row_start, parent = np.zeros(count + 1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    child, sibling = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    seen, front_of = np.full(size, -1, dtype=np.int64), np.empty(size, dtype=np.int64)
    for f in range(count):
        front_of[column_start[f] : column_start[f + 1]] = f
    top = 0
    for f in range(count):
        low, high = column_start[f], column_start[f + 1]
        need = high - low + start[high] - start[low]
        c = child[f]
        while c >= 0:
            need += row_start[c + 1] - row_start[c]
            c = sibling[c]
        if top + need > rows.size:
            larger = np.empty(2 * rows.size + need, dtype=np.int32)
            larger[:top] = rows[:top]
            rows = larger
        for j in range(low, high):
            rows[top] = j
            top += 1
        nearest = size
        for q in range(start[low], start[high]):
            v = neighbor[q]
            if v >= high and seen[v] != f:
                seen[v] = f
                rows[top] = v
                top += 1
                nearest = min(nearest, v)
        c = child[f]
        while c >= 0:
            for q in range(row_start[c] + column_start[c + 1] - column_start[c], row_start[c + 1]):
                v = rows[q]
                if v >= high and seen[v] != f:
                    seen[v] = f
                    rows[top] = v
                    top += 1
                    nearest = min(nearest, v)
            c = sibling[c]
        row_start[f + 1] = top
        if nearest < size:
            p = front_of[nearest]
            parent[f] = p
            sibling[f] = child[p]
            child[p] = f
    return rows[:top].copy(), row_start, parent, child, sibling


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _join_fronts(parent, columns, widths):
    """The front that each one joins (itself, or an ancestor): small fronts cost more than zeros."""
    count = parent.size
    group, zeros = np.arange(count), np.zeros(count)
    columns, widths = columns.copy(), widths.copy()
    for f in range(count):
        p = parent[f]
        if p < 0:
            continue
        total = columns[f] + columns[p]
        extra = zeros[f] + zeros[p] + columns[f] * (widths[p] - (widths[f] - columns[f]))
        share = 0.5 if total <= 16 else (0.2 if total <= 48 else 0.05)
        if extra <= share * total * (widths[p] + columns[f] - 0.5 * total):
            group[f] = p
            columns[p], zeros[p], widths[p] = total, extra, widths[p] + columns[f]
    for f in range(count - 1, -1, -1):
        group[f] = group[group[f]]
    return group


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _postorder_rank(parent, group):
    """Place of each group (by its front) in an order where every subtree is a stretch."""
    count = parent.size
    child, sibling = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    rank, stack = np.full(count, -1, dtype=np.int64), np.empty(count, dtype=np.int64)
    for f in range(count):
        if group[f] == f and parent[f] >= 0:
            p = group[parent[f]]
            sibling[f] = child[p]
            child[p] = f
    done = 0
    for root in range(count):
        if group[root] != root or parent[root] >= 0:
            continue
        stack[0], top = root, 1
        while top:
            f = stack[top - 1]
            if child[f] >= 0:
                stack[top] = child[f]
                child[f] = sibling[child[f]]
                top += 1
            else:
                rank[f] = done
                done += 1
                top -= 1
    return rank


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def _stacks(parent, columns, widths):
    """Numbers on the stack of the way up and of the way down, at most."""
    count = parent.size
    waiting, top, up, down = np.zeros(count, dtype=np.int64), 0, 0, 0
    offset = np.zeros(count, dtype=np.int64)
    for f in range(count):
        later = widths[f] - columns[f]
        top += later * later - waiting[f]
        up = max(up, top)
        if parent[f] >= 0:
            waiting[parent[f]] += later * later
    for f in range(count - 1, -1, -1):
        if parent[f] >= 0:
            offset[f] = offset[parent[f]] + widths[parent[f]] ** 2
        down = max(down, offset[f] + widths[f] ** 2)
    return up, down, offset
