"""The state of FoSR between two edits: the graph, its vector x, the search for the best pair."""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float
from numba import njit
from scipy.sparse import csr_array
from torch import Tensor

from workbench.rewiring.declaration import Ranking, check_edit, check_num_edges
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import TIE, best_first
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Nodes among which the pairs of a ranking are looked for, unless the ranking itself needs more.
_MOST_RANKED = 2_000

#: What is left of an entry of x after a step is 0 below this share of the largest one before it.
_ROUNDING = 1e-13


class FosrState:
    """The graph and the vector x: the ``Greedy`` of FoSR.

    Neighbors stand in rows, those added since in lists. ``fosr`` says what the arguments mean, how
    ties are broken and what is refused.
    """

    def __init__(
        self,
        edge_index: EdgeIndex,
        num_nodes: int,
        *,
        power_iterations: int = 5,
        initial: Float[Tensor, " nodes"] | None = None,
        generator: torch.Generator | None = None,
    ):
        if power_iterations < 0:
            raise ValueError(f"power_iterations must not be negative, got {power_iterations}")
        graph = simple_graph(edge_index, num_nodes)
        self._device = edge_index.device
        source, target = graph.ends
        rows, columns = np.concatenate([source, target]), np.concatenate([target, source])
        ones = np.ones(rows.size)
        self._set(csr_array((ones, (rows, columns)), shape=(num_nodes, num_nodes)))
        self.mark = np.full(num_nodes, -1, dtype=np.int64)
        self.x = _start(num_nodes, initial, generator)
        self.order = StructuralOrder(graph, self.x)
        for _ in range(power_iterations):
            self.power_step()

    def _set(self, adjacency: csr_array) -> None:
        self.adjacency = adjacency
        self.degree = np.asarray(adjacency.sum(axis=1), dtype=np.float64).ravel()
        self.offsets = adjacency.indptr.astype(np.int64)
        self.neighbors = adjacency.indices.astype(np.int64)
        # Added neighbors of u: to[head[u]], to[next[head[u]]], ... until -1.
        self.head = np.full(self.degree.size, -1, dtype=np.int64)
        self.next, self.to = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
        self.used = 0

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
        x[abs(x) <= _ROUNDING * abs(self.x).max()] = 0.0
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

    def propose(self, count: int) -> Ranking:
        """The ``count`` non-edges with the largest first-order rise of the gap, each on its own.

        The first pair is the one that ``fosr`` adds next; the score is as there. Pairs that tie are
        in the order of ``best``, unless those that tie with the last one spread over more than
        ``_MOST_RANKED`` nodes.
        """
        check_num_edges(count)
        self._fold()
        y = self.x / np.sqrt(self.degree + 1.0)
        u, v, _, _ = self.best()
        if u < 0 or count == 0:
            nothing = torch.zeros(2, 0, dtype=torch.int64)
            return Ranking.on(self._device, nothing, torch.zeros(0, dtype=torch.float64))
        order, place = np.argsort(y, kind="stable"), self.order.place
        width = count + 8
        while True:
            width = min(2 * width, y.size)
            nodes = np.unique(np.concatenate([order[:width], order[-width:]]))
            nodes = nodes[np.argsort(place[nodes])]
            block = np.triu(~self.adjacency[nodes][:, nodes].toarray().astype(bool), 1)
            pairs = np.sort(nodes[np.stack(np.nonzero(block))], axis=0)
            product = y[pairs[0]] * y[pairs[1]]
            chosen = best_first(-product)[:count]
            if nodes.size == y.size:
                break
            # A pair with an end outside `nodes` has at least this product.
            low, high = order[width - 1], order[-width]
            beyond = min(y[low] * y[order[-1]], y[high] * y[order[0]], 0.0)
            last = product[chosen[-1]] if chosen.size == count else np.inf
            if last + TIE * abs(last) < beyond or (last <= beyond and width >= _MOST_RANKED):
                break
        # Among equals the pair that ``best`` names comes first, wherever it was found.
        first = (pairs[0, chosen] == u) & (pairs[1, chosen] == v)
        pairs = np.concatenate([[[u], [v]], pairs[:, chosen[~first]]], axis=1)[:, :count]
        rise = -2.0 * y[pairs[0]] * y[pairs[1]]
        return Ranking.on(self._device, torch.from_numpy(pairs), torch.from_numpy(rise))

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add (+1) or remove (-1) an edge, then one power step, as after each edge of ``fosr``.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        self._fold()
        size = self.degree.size
        there = min(u, v) >= 0 and max(u, v) < size and bool(self.adjacency[u, v])
        check_edit(sign, u, v, there, size)
        ends = [u, v], [v, u]
        changed = self.adjacency + csr_array(([sign, sign], ends), shape=(size, size), dtype=float)
        changed.eliminate_zeros()
        self._set(changed)
        self.power_step()

    def _fold(self) -> None:
        """Put the added edges into the rows."""
        if self.used:
            ends = self.to[: self.used].reshape(-1, 2)
            both = np.concatenate([ends, ends[:, ::-1]]).T
            ones, shape = np.ones(both.shape[1]), self.adjacency.shape
            self._set(self.adjacency + csr_array((ones, tuple(both)), shape=shape))

    def best(self) -> tuple[int, int, float, int]:
        """(u, v, y_u y_v, how many tie) of the non-edge with the smallest product.

        (-1, -1, 0, 0) if the graph is complete. Of pairs that tie it is the first by the values
        that x started from, then by ``canonical_order``.
        """
        y = self.x / np.sqrt(self.degree + 1.0)
        order = np.argsort(y)
        lists = self.offsets, self.neighbors, self.head, self.next, self.to
        product = smallest_product(y, order, *lists, self.mark)
        if product == np.inf:
            return -1, -1, 0.0, 0
        limit = product + TIE * abs(product)
        tied = count_up_to(limit, y, y[order], *lists)
        place = by_place = np.arange(y.size)
        if tied > 1:
            place, by_place = self.order.place, np.argsort(self.order.place)
        u, v = first_up_to(limit, y, order, place, by_place, *lists, self.mark)
        return u, v, y[u] * y[v], tied


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
