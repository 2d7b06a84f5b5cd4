"""What GTR keeps between two edits: the gain of every pair, from a dense pseudo-inverse."""

from typing import Literal, no_type_check

import numpy as np
import torch
from numba import njit

from workbench.rewiring.declaration import Ranking, check_edit, check_num_edges, check_variant
from workbench.rewiring.engine.incremental import REBUILD_AFTER, REBUILD_FADED
from workbench.rewiring.engine.pseudo_inverse import check_dense, column, pseudo_inverse, square
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import TIE, best_first, largest
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


class ResistanceGains:
    """By how much each new edge would lower the total resistance: the ``Greedy`` of GTR.

    P = L^+, P^2 and which pairs are free, with the best gain of every row; upper triangles.
    ``gtr`` says what its arguments mean, how ties are broken and what it refuses.
    """

    def __init__(
        self,
        edge_index: EdgeIndex,
        num_nodes: int,
        *,
        edge_weight: EdgeWeight | None = None,
        variant: Literal["paper", "official"] = "paper",
    ):
        check_variant(variant)
        check_dense(num_nodes, "gtr")
        self._device, self._variant = edge_index.device, variant
        self._start(simple_graph(edge_index.cpu(), num_nodes, edge_weight))

    def _start(self, graph: SimpleGraph) -> None:
        num_nodes, variant = graph.num_nodes, self._variant
        self.graph = graph
        self.labels = self.graph.labels.numpy()
        self.nodes_of = np.bincount(self.labels)[self.labels].astype(np.float64)
        self.factor = self.nodes_of if variant == "paper" else np.ones(num_nodes)
        self.free = (self.labels[:, None] == self.labels).astype(np.uint8)
        self.free[self.graph.source, self.graph.target] = 0
        self.added: list[tuple[int, int]] = []
        self.order = StructuralOrder(self.graph)
        self.rebuild()

    def rebuild(self) -> None:
        """Compute everything from the graph itself, so that rounding does not add up."""
        self.p = pseudo_inverse(self._grown())
        self.p2 = square(self.p)
        self.age = 0
        nothing = np.zeros(self.labels.size)
        self.update(0.0, nothing, nothing)
        self.built = self.diagonals[0]

    def update(self, c: float, k: np.ndarray, z: np.ndarray) -> None:
        """P += c k k^T and P^2 += k z^T + z k^T, and what is read from them."""
        self.rows = update_and_rank(self.p, self.p2, c, k, z, self.free, self.factor)
        self.diagonals = np.diagonal(self.p).copy(), np.diagonal(self.p2).copy()

    def row(self, s: int) -> np.ndarray:
        """Gains of the pairs (s, t), t > s; 0 where the pair is not free."""
        p, p2 = self.diagonals
        resistance = p[s] + p[s + 1 :] - 2.0 * self.p[s, s + 1 :]
        biharmonic = p2[s] + p2[s + 1 :] - 2.0 * self.p2[s, s + 1 :]
        return self.factor[s] * self.free[s, s + 1 :] * biharmonic / (1.0 + resistance)

    def propose(self, count: int) -> Ranking:
        """The ``count`` non-edges that would lower the total resistance most, each on its own.

        The score is the decrease of the total resistance within components. The first pair is the
        one that ``gtr`` adds first.
        """
        check_num_edges(count)
        size = self.labels.size
        rows = np.arange(size)
        gains = np.concatenate([self.row(s) for s in range(size)]) if size else np.zeros(0)
        start = rows * (2 * size - rows - 1) // 2
        chosen = largest(gains, count=count)
        chosen = chosen[gains[chosen] > 0]
        s = np.searchsorted(start, chosen, side="right") - 1
        t = chosen - start[s] + s + 1
        order = self.order.keys(s, t).argsort()
        order = order[best_first(gains[chosen[order]])][:count]
        s, t, chosen = s[order], t[order], chosen[order]
        decrease = gains[chosen] * self.nodes_of[s] / self.factor[s]
        pairs = torch.from_numpy(np.stack([s, t]))
        return Ranking.on(self._device, pairs, torch.from_numpy(decrease))

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add an edge of conductance 1 (+1) or remove one (-1); what that joins or parts counts.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        u, v = min(u, v), max(u, v)
        graph = self._grown()
        here = (graph.source == u) & (graph.target == v)
        check_edit(sign, u, v, bool(here.any()), graph.num_nodes)
        if sign > 0 and self.free[u, v]:
            self.add(u, v)
            return
        # components change, or an edge goes: everything anew
        ends, weight = torch.stack([graph.source, graph.target])[:, ~here], graph.weight[~here]
        if sign > 0:
            ends = torch.cat([ends, torch.tensor([[u], [v]])], dim=1)
            weight = torch.cat([weight, torch.ones(1, dtype=torch.float64)])
        order = (ends[0] * graph.num_nodes + ends[1]).argsort()
        self._start(SimpleGraph(*ends[:, order], weight[order], graph.num_nodes))

    def _grown(self) -> SimpleGraph:
        """The graph with the edges that were added."""
        graph = self.graph
        if not self.added:
            return graph
        extra = torch.tensor(self.added, dtype=torch.int64).T
        return SimpleGraph(
            torch.cat([graph.source, extra[0]]),
            torch.cat([graph.target, extra[1]]),
            torch.cat([graph.weight, torch.ones(extra.size(1), dtype=torch.float64)]),
            graph.num_nodes,
        )

    def best(self) -> tuple[int, int, int] | None:
        """The first of the best pairs and how many those are; None where no pair is free."""
        if self.rows.size == 0 or self.rows.max() <= 0.0:
            return None
        of = self.p, self.p2, *self.diagonals, self.free, self.factor, largest(self.rows), TIE
        s, t, count = first_of_best(*of, np.arange(self.rows.size))
        if count > 1:
            s, t, count = first_of_best(*of, self.order.place)
        return s, t, count

    def add(self, s: int, t: int) -> float:
        """Add an edge, and return by how much the total resistance fell."""
        k, q = (column(m, s) - column(m, t) for m in (self.p, self.p2))
        shrink = 1.0 / (1.0 + k[s] - k[t])
        kk = k @ k
        self.free[s, t] = 0
        self.added.append((s, t))
        self.age += 1
        # |P x|^2 comes from P alone and x^T P^2 x from P^2 alone: their difference is the drift.
        exact = self.age < REBUILD_AFTER and abs(kk - (q[s] - q[t])) <= TIE * kk
        if exact:
            self.update(-shrink, k, 0.5 * kk * shrink**2 * k - shrink * q)
            exact = (self.diagonals[0] >= REBUILD_FADED * self.built).all()
        if not exact:
            self.rebuild()
        return float(self.nodes_of[s] * kk * shrink)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nnan", "nsz", "arcp"})
@no_type_check
def update_and_rank(p, p2, c, k, z, free, factor):
    """P += c k k^T and P2 += k z^T + z k^T, and the best gain of every row, in one pass."""
    size = k.size
    best = np.zeros(size)
    diagonal, diagonal2 = np.empty(size), np.empty(size)
    for i in range(size):
        p[i, i] += c * k[i] * k[i]
        p2[i, i] += 2.0 * k[i] * z[i]
        diagonal[i], diagonal2[i] = p[i, i], p2[i, i]
    for i in range(size):
        ki, zi, cki = k[i], z[i], c * k[i]
        here, here2 = 1.0 + diagonal[i], diagonal2[i]
        most = 0.0
        # Rows as slices: the loop then has no index that could be negative, and vectorizes.
        row, row2, allowed = p[i, i + 1 :], p2[i, i + 1 :], free[i, i + 1 :]
        kj, zj, there, there2 = k[i + 1 :], z[i + 1 :], diagonal[i + 1 :], diagonal2[i + 1 :]
        for j in range(row.size):
            a = row[j] + cki * kj[j]
            b = row2[j] + ki * zj[j] + zi * kj[j]
            row[j], row2[j] = a, b
            gain = allowed[j] * (here2 + there2[j] - 2.0 * b) / (here + there[j] - 2.0 * a)
            most = gain if gain > most else most
        best[i] = factor[i] * most
    return best


@njit(cache=True, nogil=True)
@no_type_check
def first_of_best(p, p2, diagonal, diagonal2, free, factor, rows, tie, place):
    """The pair (s, t), s < t, of largest gain, s in ``rows``, and how many pairs tie with it.

    Of those the first by the lower, then the higher ``place`` of its ends.
    """
    best, count, u, v, first = 0.0, 0, -1, -1, place.size**2
    for turn in range(2):
        for s in rows:
            for t in range(s + 1, place.size):
                if not free[s, t]:
                    continue
                biharmonic = diagonal2[s] + diagonal2[t] - 2.0 * p2[s, t]
                gain = factor[s] * biharmonic / (1.0 + diagonal[s] + diagonal[t] - 2.0 * p[s, t])
                if turn == 0:
                    best = max(best, gain)
                elif gain >= (1.0 - tie) * best:
                    count += 1
                    key = min(place[s], place[t]) * place.size + max(place[s], place[t])
                    if key < first:
                        u, v, first = s, t, key
    return u, v, count
