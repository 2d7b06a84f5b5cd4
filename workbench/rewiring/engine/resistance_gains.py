"""What GTR keeps between two edits: the gain of every pair, from a dense pseudo-inverse."""

from typing import Literal, no_type_check

import numpy as np
import torch
from numba import njit

from workbench.rewiring.declaration import Ranking, check_edit, check_num_edges, check_variant
from workbench.rewiring.engine.growth import Growth
from workbench.rewiring.engine.incremental import REBUILD_AFTER
from workbench.rewiring.engine.pseudo_inverse import check_dense, pseudo_inverse, square
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import TIE, best_first, largest
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: P is built again where an entry of its diagonal falls to this share of what it was: the rounding
#: of what was subtracted would be too much of the rest (an edge beside one of tiny conductance).
REBUILD_FADED = 1e-3

#: Numbers that are looked at before the caller is asked whether to go on.
_MOMENT = 20_000_000

#: Why ``add_best`` ends: as many were added as were asked for, no pair is free, an order of tied
#: pairs is wanted, or everything is to be computed anew.
GROWN, COMPLETE, TIED, FADED = range(4)


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
        self.nodes_of, self.free = free_pairs(*graph.ends, self.labels)
        self.factor = self.nodes_of if variant == "paper" else np.ones(num_nodes)
        self.rows, self.diagonals = np.zeros(num_nodes), (np.zeros(num_nodes), np.zeros(num_nodes))
        self.added: list[list[int]] = []
        self.order = StructuralOrder(self.graph)
        self.rebuild()

    def rebuild(self) -> None:
        """Compute everything from the graph itself, so that rounding does not add up."""
        self.p = pseudo_inverse(self._grown())
        self.p2 = square(self.p)
        self.age = 0
        nothing = np.zeros(self.labels.size)
        update_and_rank(*self._matrices, 0.0, nothing, nothing)
        self.built = self.diagonals[0].copy()

    @property
    def _matrices(self) -> tuple[np.ndarray, ...]:
        """What the kernels read and write."""
        return self.p, self.p2, self.free, self.factor, self.rows, *self.diagonals

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

    def grow(self, count: int) -> Growth:
        """Add the best pairs one after another, ``count`` or as many as take a moment.

        The score is by how much the total resistance fell.
        """
        made = Growth.empty(min(count, _MOMENT // max(self.labels.size, 1) ** 2 + 1))
        done, why, place = 0, GROWN, np.zeros(0, dtype=np.int64)
        while done < made.score.size and why != COMPLETE:
            rest = made.part(done)
            more, why = add_best(*self._matrices, self.nodes_of, self.built, self.age, place, *rest)
            self.added += rest.pairs[:more].tolist()
            self.age += more
            done += more
            if why == FADED:
                self.rebuild()
            elif why == TIED:
                place = self.order.place
        return made.part(0, done)

    def add(self, s: int, t: int) -> None:
        """Add an edge."""
        self.added.append([s, t])
        self.age += 1
        if not join(*self._matrices, self.built, self.age, s, t)[1]:
            self.rebuild()


@njit(cache=True, nogil=True)
@no_type_check
def free_pairs(source, target, labels):
    """The size of each node's component, and which pairs (s, t), s < t, of one are no edge."""
    size = labels.size
    count, free = np.zeros(size), np.empty((size, size), dtype=np.uint8)
    for v in range(size):
        count[labels[v]] += 1.0
        for u in range(size):
            free[v, u] = labels[u] == labels[v]
    for e in range(source.size):
        free[source[e], target[e]] = 0
    return count[labels], free


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nnan", "nsz", "arcp"})
@no_type_check
def update_and_rank(p, p2, free, factor, rows, diagonal, diagonal2, c, k, z):
    """P += c k k^T and P2 += k z^T + z k^T, the diagonals and the best gain of every row."""
    size = k.size
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
        rows[i] = factor[i] * most


@njit(cache=True, nogil=True)
@no_type_check
def join(p, p2, free, factor, rows, diagonal, diagonal2, built, age, s, t):
    """Add the edge (s, t), s < t: |P x|^2 / (1 + R_st), and whether rounding has not added up."""
    size = rows.size
    k, q = np.empty(size), np.empty(size)
    for v in range(size):
        k[v] = p[min(v, s), max(v, s)] - p[min(v, t), max(v, t)]
        q[v] = p2[min(v, s), max(v, s)] - p2[min(v, t), max(v, t)]
    shrink, kk = 1.0 / (1.0 + k[s] - k[t]), 0.0
    for v in range(size):
        kk += k[v] * k[v]
    free[s, t] = 0
    # |P x|^2 comes from P alone and x^T P^2 x from P^2 alone: their difference is the drift.
    if age >= REBUILD_AFTER or abs(kk - (q[s] - q[t])) > TIE * kk:
        return kk * shrink, False
    z = 0.5 * kk * shrink**2 * k - shrink * q
    update_and_rank(p, p2, free, factor, rows, diagonal, diagonal2, -shrink, k, z)
    for v in range(size):
        if diagonal[v] < REBUILD_FADED * built[v]:
            return kk * shrink, False
    return kk * shrink, True


@njit(cache=True, nogil=True)
@no_type_check
def add_best(
    p, p2, free, factor, rows, diagonal, diagonal2, nodes_of, built, age, place,
    pairs, decrease, num_tied,
):  # fmt: skip
    """Add the best pair as often as ``pairs`` has room: how many were added, and why it ends."""
    numbers = np.arange(rows.size)
    for done in range(decrease.size):
        most = rows.max() if rows.size else 0.0
        if most <= 0.0:
            return done, COMPLETE
        near = np.flatnonzero(rows >= most - TIE * most)
        of = (p, p2, diagonal, diagonal2, free, factor, near)
        s, t, count = first_of_best(*of, numbers)
        if count > 1:
            if place.size == 0:
                return done, TIED
            s, t, count = first_of_best(*of, place)
        fell, exact = join(
            p, p2, free, factor, rows, diagonal, diagonal2, built, age + done + 1, s, t
        )
        pairs[done, 0], pairs[done, 1] = s, t
        decrease[done], num_tied[done] = nodes_of[s] * fell, count
        if not exact:
            return done + 1, FADED
    return decrease.size, GROWN


@njit(cache=True, nogil=True)
@no_type_check
def first_of_best(p, p2, diagonal, diagonal2, free, factor, rows, place):
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
                elif gain >= (1.0 - TIE) * best:
                    count += 1
                    key = min(place[s], place[t]) * place.size + max(place[s], place[t])
                    if key < first:
                        u, v, first = s, t, key
    return u, v, count
