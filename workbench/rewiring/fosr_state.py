"""The state of FoSR between two edits: the graph, its vector x, the search for the best pair."""

from typing import no_type_check

import numpy as np
import torch
from numba import njit
from scipy.sparse import csr_array
from torch import Tensor

from workbench.rewiring.base import best_first
from workbench.topology import simple_graph


class FosrState:
    """The graph, the vector x, and the neighbors: those given in rows, those added in lists."""

    def __init__(self, edge_index, num_nodes, power_iterations, initial, generator):
        if power_iterations < 0:
            raise ValueError(f"power_iterations must not be negative, got {power_iterations}")
        graph = simple_graph(edge_index, num_nodes)
        source, target = graph.source.cpu().numpy(), graph.target.cpu().numpy()
        self.degree = graph.degree().cpu().numpy()
        rows, columns = np.concatenate([source, target]), np.concatenate([target, source])
        ones = np.ones(rows.size)
        self.adjacency = csr_array((ones, (rows, columns)), shape=(num_nodes, num_nodes))
        self.offsets = self.adjacency.indptr.astype(np.int64)
        self.neighbors = self.adjacency.indices.astype(np.int64)
        # Added neighbors of u: to[head[u]], to[next[head[u]]], ... until -1.
        self.head = np.full(num_nodes, -1, dtype=np.int64)
        self.next, self.to = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
        self.used = 0
        self.mark = np.full(num_nodes, -1, dtype=np.int64)
        self.x = _start(num_nodes, initial, generator)
        for _ in range(power_iterations):
            self.power_step()

    def power_step(self) -> None:
        """x <- (I + D^-1/2 A D^-1/2) (x - its part along sqrt(d)), scaled to length 1."""
        total = self.degree.sum()
        if total == 0:
            return
        root = np.sqrt(self.degree)
        x = self.x - (self.x @ root) * root / total
        scaled = np.divide(x, root, out=np.zeros_like(x), where=root > 0)
        step = self.adjacency @ scaled
        used = self.used
        # entries 2k and 2k + 1 of `to` are the two ends of the k-th added edge
        ends = self.to[:used].reshape(-1, 2)
        np.add.at(step, ends[:, 0], scaled[ends[:, 1]])
        np.add.at(step, ends[:, 1], scaled[ends[:, 0]])
        step = np.divide(step, root, out=x.copy(), where=root > 0)
        x = x + step
        length = np.linalg.norm(x)
        self.x = x / length if length > 0 else x

    def add(self, u: int, v: int) -> None:
        """Join u and v."""
        if self.used + 2 > self.to.size:
            self.next = np.concatenate([self.next, np.zeros_like(self.next)])
            self.to = np.concatenate([self.to, np.zeros_like(self.to)])
        for a, b in ((u, v), (v, u)):
            self.to[self.used], self.next[self.used] = b, self.head[a]
            self.head[a] = self.used
            self.used += 1
        self.degree[[u, v]] += 1.0

    def best(self) -> tuple[int, int, float]:
        """(u, v, y_u y_v) of the non-edge with the smallest product, the first row by row.

        (-1, -1, 0) where the graph is complete.
        """
        y = self.x / np.sqrt(self.degree + 1.0)
        return smallest_product(
            y,
            np.argsort(y),
            self.offsets,
            self.neighbors,
            self.head,
            self.next,
            self.to,
            self.mark,
        )

    def smallest(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The ``count`` non-edges [2, count] of smallest product y_u y_v, and the products."""
        y = self.x / np.sqrt(self.degree + 1.0)
        u, v, _ = self.best()
        if u < 0 or count == 0:
            return np.zeros((2, 0), dtype=np.int64), np.zeros(0)
        order = np.argsort(y, kind="stable")
        width = count + 8
        while True:
            width = min(2 * width, y.size)
            nodes = np.unique(np.concatenate([order[:width], order[-width:]]))
            block = np.triu(~self.adjacency[nodes][:, nodes].toarray().astype(bool), 1)
            pairs = nodes[np.stack(np.nonzero(block))]
            product = y[pairs[0]] * y[pairs[1]]
            chosen = best_first(-product, count)
            # A pair with an end outside `nodes` has at least this product.
            low, high = order[width - 1], order[-width]
            beyond = min(y[low] * y[order[-1]], y[high] * y[order[0]], 0.0)
            if nodes.size == y.size or (chosen.size == count and product[chosen[-1]] <= beyond):
                break
        # Among equals the pair that ``best`` names comes first, wherever it was found.
        first = (pairs[0, chosen] == u) & (pairs[1, chosen] == v)
        pairs = np.concatenate([[[u], [v]], pairs[:, chosen[~first]]], axis=1)[:, :count]
        return pairs, y[pairs[0]] * y[pairs[1]]


def _start(num_nodes: int, initial: Tensor | None, generator: torch.Generator | None) -> np.ndarray:
    if initial is None:
        if generator is None:
            generator = torch.Generator().manual_seed(0)
        options = {"generator": generator, "device": generator.device, "dtype": torch.float64}
        return (2.0 * torch.rand(num_nodes, **options) - 1.0).cpu().numpy()
    if initial.shape != (num_nodes,) or not bool(torch.isfinite(initial).all()):
        raise ValueError(
            f"initial needs {num_nodes} finite numbers, one for each node; got shape "
            f"{list(initial.shape)}, {int((~torch.isfinite(initial)).sum())} of them not finite"
        )
    return initial.detach().to("cpu", torch.float64).numpy()


@njit(cache=True, nogil=True)
@no_type_check
def smallest_product(y, order, offsets, neighbors, head, next_, to, mark):
    """The pair that ``FosrState.best`` describes. ``order`` sorts y; ``mark`` is scratch."""
    size = y.size
    best = np.inf
    if size < 2:
        return -1, -1, 0.0
    top, bottom = y[order[size - 1]], y[order[0]]
    mark[:] = -1
    # Pairs of opposite signs: rows from the most negative y on, partners from the largest down,
    # until no partner could do better. Only if there is none, every row is looked at.
    for full in range(2):
        for rank in range(size):
            i = order[rank]
            if not full and (y[i] >= 0.0 or y[i] * top >= best):
                break
            value = row_minimum(i, y, order, offsets, neighbors, head, next_, to, mark, best)
            best = min(best, value)
        if best < 0.0:
            break
    if best == np.inf:
        return -1, -1, 0.0
    # Ties: the first row with such a partner, then its first such partner.
    mark[:] = -1
    for i in range(size):
        if min(y[i] * top, y[i] * bottom) > best:
            continue
        value = row_minimum(i, y, order, offsets, neighbors, head, next_, to, mark, np.inf)
        if value <= best:
            for j in range(size):
                if mark[j] != i and y[i] * y[j] <= best:
                    return min(i, j), max(i, j), y[i] * y[j]
    return -1, -1, 0.0


@njit(cache=True, nogil=True)
@no_type_check
def row_minimum(i, y, order, offsets, neighbors, head, next_, to, mark, limit):
    """Smallest y_i y_j over j not adjacent to i, or ``limit`` if that is smaller; marks i's row."""
    mark[i] = i
    for at in range(offsets[i], offsets[i + 1]):
        mark[neighbors[at]] = i
    at = head[i]
    while at >= 0:
        mark[to[at]] = i
        at = next_[at]
    size = y.size
    for rank in range(size):
        j = order[size - 1 - rank] if y[i] < 0.0 else order[rank]
        if y[i] * y[j] >= limit:
            break
        if mark[j] != i:
            return y[i] * y[j]
    return limit
