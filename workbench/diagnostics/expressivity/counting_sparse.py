"""Homomorphisms of small connected patterns, along the edges of a sparse graph.

Nodes of the pattern with one or two neighbors are summed out one after another, by sparse products
of the adjacency matrix; this ends for every pattern of treewidth 2 (trees, cycles, and what is
glued of them). Cliques are counted by common neighbors instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from workbench.diagnostics.expressivity.counting_patterns import Edges

#: Multiplications, searches, and multiplications of full matrices in a second, roughly.
_PRODUCTS, _SEARCHES, _DENSE = 3e7, 1e7, 1e10

#: Multiplications at a time, so that no product fills the memory.
_AT_ONCE = 10_000_000


@dataclass(frozen=True)
class Step:
    """A node of the pattern that is summed out, its neighbors, and whether those are adjacent."""

    node: int
    around: tuple[int, ...]
    adjacent: bool


@dataclass(frozen=True)
class Elimination:
    """An order that keeps every step at one or two neighbors; ``root`` is left at the end.

    Attributes:
        root: where there are ``apart`` steps, a few images of it are followed at a time.
        before: steps that need no matrix beyond the edges of the graph.
        after: the other ones.
        apart: number of steps among these that do not touch the root and join nodes apart.
    """

    root: int
    before: tuple[Step, ...]
    after: tuple[Step, ...]
    apart: int


def elimination(edges: Edges) -> Elimination | None:
    """The best order for a connected pattern; None where its treewidth is above 2."""
    found = []
    for root in range(1 + max(map(max, edges))):
        near: dict[int, set[int]] = {}
        for u, v in edges:
            near.setdefault(u, set()).add(v)
            near.setdefault(v, set()).add(u)
        steps, apart, first = [], 0, None
        while len(near) > 1:
            choices = [_step(node, near, root) for node in near if node != root]
            rank, step = min((c for c in choices if c), key=lambda c: c[0], default=(None, None))
            if step is None:
                return None
            for node in step.around:
                near[node] = near[node] - {step.node} | (set(step.around) - {node})
            del near[step.node]
            if rank > 1 and first is None:
                first = len(steps)
            apart += rank == 3
            steps.append(step)
        first = len(steps) if first is None else first
        found.append(Elimination(root, tuple(steps[:first]), tuple(steps[first:]), apart))
    return min(found, key=lambda order: (order.apart, len(order.after)))


def _step(node: int, near: dict[int, set[int]], root: int) -> tuple[int, Step] | None:
    around = sorted(near[node], key=lambda other: (other != root, other))
    if len(around) > 2:
        return None
    if len(around) == 1:
        return 0, Step(node, tuple(around), False)
    adjacent = around[1] in near[around[0]]
    rank = 1 if adjacent else 2 if around[0] == root else 3
    return rank, Step(node, tuple(around), adjacent)


def sparse_cost(order: Elimination, adjacency: csr_array) -> tuple[float, float, np.ndarray]:
    """Seconds and bytes at most, and multiplications for each image of the root."""
    size, degree = adjacency.shape[0], np.diff(adjacency.indptr).astype(np.float64)
    row = np.repeat(degree, np.diff(adjacency.indptr))
    shorter = float(np.minimum(row, degree[adjacency.indices]).sum())
    length = _Lengths()
    seconds, kept, by_root = 0.0, 12.0 * adjacency.nnz, np.zeros(size)
    for step in order.before + order.after:
        if len(step.around) == 1:
            seconds += 1e-7 * size + length.of(step.node, *step.around) * row.size / _PRODUCTS
            continue
        u, v = step.around
        one, two = length.of(u, step.node), length.of(step.node, v)
        if step.adjacent and max(one, two, length.of(u, v)) == 1:
            seconds += shorter / _SEARCHES
            kept += 12.0 * row.size
            continue
        reached = np.ones(size)
        for _ in range(two):
            reached = np.minimum(adjacency @ reached, size)
        steps, most = reached, reached.sum()
        for _ in range(one):
            steps = np.minimum(adjacency @ steps, most)
        length.join(u, v, one + two, step.adjacent)
        seconds += float(steps.sum()) / _PRODUCTS
        if order.apart:
            kept += 24.0 * float(np.minimum(steps, size).sum())
        else:
            by_root += steps
    return seconds, kept + 36.0 * min(float(by_root.sum()), _AT_ONCE + by_root.max()), by_root


class _Lengths:
    """How many edges of the graph an entry of each pair's matrix spans; it bounds the entries."""

    def __init__(self) -> None:
        self.known: dict[frozenset[int], int] = {}

    def of(self, u: int, v: int) -> int:
        return self.known.get(frozenset((u, v)), 1)

    def join(self, u: int, v: int, length: int, adjacent: bool) -> None:
        self.known[frozenset((u, v))] = min(length, self.of(u, v)) if adjacent else length


def dense_seconds(order: Elimination, num_nodes: int) -> float:
    """Seconds of ``contract`` with a full matrix."""
    products = sum(len(step.around) == 2 for step in order.before + order.after)
    return (products * num_nodes**3 + 10.0 * num_nodes**2) / _DENSE


def contract(
    order: Elimination, edges: Edges, adjacency: csr_array | np.ndarray, by_root: np.ndarray
) -> float:
    """The number of homomorphisms; ``by_root`` of ``sparse_cost`` tells what fits at a time."""
    weights: dict[int, np.ndarray] = {}
    matrices = dict.fromkeys(edges, adjacency)
    for step in order.before:
        _sum_out(step, weights, matrices)
    root = order.root
    weights.setdefault(root, np.ones(adjacency.shape[0]))
    if not order.after:
        return float(weights[root].sum())
    whole = order.apart or isinstance(adjacency, np.ndarray)
    total = 0.0
    for rows in [slice(None)] if whole else _parts(by_root):
        some = {root: weights[root][rows]}
        blocks = {}
        for (u, v), matrix in matrices.items():
            if root in (u, v):
                blocks[root, v if u == root else u] = (matrix if u == root else matrix.T)[rows]
            else:
                blocks[u, v] = matrix
        here = weights | some
        for step in order.after:
            _sum_out(step, here, blocks)
        total += float(here[root].sum())
    return total


def _parts(cost: np.ndarray) -> Iterator[slice]:
    """Slices of at most ``_AT_ONCE`` each, or of one row."""
    begin, total = 0, np.concatenate([[0], np.cumsum(cost)])
    while begin < cost.size:
        end = int(np.searchsorted(total, total[begin] + _AT_ONCE, side="right")) - 1
        end = max(end, begin + 1)
        yield slice(begin, end)
        begin = end


def _sum_out(step: Step, weights: dict, matrices: dict) -> None:
    """Replace a node by a weight on its neighbor, or by a matrix between its neighbors."""

    def taken(u: int, v: int) -> csr_array | np.ndarray:
        found = matrices.pop((u, v)) if (u, v) in matrices else matrices.pop((v, u)).T
        return found if isinstance(found, np.ndarray) else found.tocsr()

    weight = weights.pop(step.node, None)
    if len(step.around) == 1:
        (u,) = step.around
        matrix = taken(u, step.node)
        sums = matrix @ (np.ones(matrix.shape[1]) if weight is None else weight)
        weights[u] = sums * weights.get(u, 1.0)
        return
    u, v = step.around
    left, right = taken(u, step.node), taken(step.node, v)
    if isinstance(left, np.ndarray):
        product = (left if weight is None else left * weight) @ right
        matrices[u, v] = product * taken(u, v) if step.adjacent else product
        return
    if weight is not None:
        scaled = left.data * weight[left.indices]
        left = csr_array((scaled, left.indices, left.indptr), shape=left.shape)
    if not step.adjacent:
        matrices[u, v] = left @ right
        return
    mask = taken(u, v)
    if mask.shape[0] == mask.shape[1]:
        matrices[u, v] = _product_at(left, right, mask)
    else:
        matrices[u, v] = (left @ right).multiply(mask).tocsr()


def _product_at(left: csr_array, right: csr_array, mask: csr_array) -> csr_array:
    """``(left @ right) * mask``, entry by entry of the mask, along the shorter of row and column.

    This is O(m^1.5) for the edges of any graph, where the product alone squares the degrees.
    """
    size, columns = mask.shape[1], right.T.tocsr()
    row = np.repeat(np.arange(mask.shape[0]), np.diff(mask.indptr))
    column, value = mask.indices.astype(np.int64), np.zeros(mask.nnz)
    by_row = np.diff(left.indptr)[row] <= np.diff(columns.indptr)[column]
    for chosen, followed, start, searched, end in (
        (by_row, left, row, columns, column),
        (~by_row, columns, column, left, row),
    ):
        searched.sort_indices()
        key = np.repeat(np.arange(searched.shape[0]), np.diff(searched.indptr)) * size
        key += searched.indices
        places = np.flatnonzero(chosen)
        for part in _parts(np.diff(followed.indptr)[start[places]].astype(np.float64)):
            entry = places[part]
            at, owner = _entries(followed, start[entry])
            wanted = end[entry][owner] * size + followed.indices[at]
            found = np.minimum(np.searchsorted(key, wanted), key.size - 1)
            there = key[found] == wanted
            terms = followed.data[at[there]] * searched.data[found[there]]
            value[entry] = np.bincount(owner[there], terms, minlength=entry.size)
    return csr_array((value * mask.data, mask.indices, mask.indptr), shape=mask.shape)


def _entries(matrix: csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of all entries of some rows, and which of the rows each is in."""
    counts = np.diff(matrix.indptr)[rows]
    owner = np.repeat(np.arange(rows.size), counts)
    inside = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return matrix.indptr[rows][owner] + inside, owner
