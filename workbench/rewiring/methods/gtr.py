"""GTR: add the edge that lowers the total effective resistance most, again and again."""

from dataclasses import replace
from typing import Literal, no_type_check

import numpy as np
import torch
from numba import njit

from workbench.rewiring.engine.incremental import REBUILD_AFTER, REBUILD_FADED
from workbench.rewiring.engine.pseudo_inverse import check_dense, column, pseudo_inverse, squared
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import (
    Ranking,
    Rewired,
    apply_edits,
    check_num_edges,
    check_variant,
    choices,
)
from workbench.ties import TIE, best_first, largest
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


def gtr(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    edge_weight: EdgeWeight | None = None,
    variant: Literal["paper", "official"] = "paper",
) -> Rewired:
    """Add edges greedily, each lowering the total effective resistance as much as one edge can.

        R_tot - R_tot' = n B_st^2 / (1 + R_st),   B_st^2 = (e_s - e_t)^T (L^+)^2 (e_s - e_t)

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes, isolated ones included.
        num_edges: how many edges to add. The paper and its code give no default.
        edge_weight: conductances ``[edges]`` of the edges that are there; 1 where not given. An
            added edge has conductance 1. A column of weight 0 is no edge and is not kept.
        variant: in a disconnected graph, ``"paper"`` compares the real decrease inside each
            component (n = nodes of the component), ``"official"`` leaves out the factor n, as the
            released code does. In a connected graph they are the same.

    Returns:
        A ``Rewired``; ``score`` is the decrease of the total resistance (within components) at
        each edit. Of pairs that are tied, up to 1e-9, the first in ``canonical_order`` is added,
        so that another numbering of the nodes leads to the same decreases. Fewer edges come back
        where every component is complete.

    Components are never joined, so an isolated node stays isolated. Self-loops stay and do not
    matter. A repeated edge counts once, but repeats with weights are parallel conductors, whose
    conductances add. Cost: O(n^3) once, then one pass over two n x n arrays an edge, on the CPU.

    Raises:
        TooLargeError: more than 8,000 nodes; the message names the way out.
        ValueError: the graph is directed, ``num_edges`` or a weight is negative, ``variant`` is
            unknown, or the weights span so many orders of magnitude that float64 cannot hold the
            resistances.

    Differs from the released code: where no candidate is left it adds the self-loop (0, 0); this
    stops. It breaks ties by rounding noise.

    References:
        Black, Wan, Nayyeri and Wang, Understanding Oversquashing in GNNs through the Lens of
        Effective Resistance, ICML 2023, arXiv 2302.06835.
    """
    check_num_edges(num_edges)
    state = _Gains(edge_index, num_nodes, edge_weight, variant)
    edits, score, num_tied = [], [], []
    for _ in range(num_edges):
        found = state.best()
        if found is None:
            break
        s, t, tied = found
        score.append(state.add(s, t))
        edits.append((1, s, t))
        num_tied.append(tied)
    made = choices(edits, score, num_tied)
    if edge_weight is None:
        return apply_edits(edge_index, num_nodes, *made)
    conducts = edge_weight.to(edge_index.device) > 0
    rewired = apply_edits(edge_index[:, conducts], num_nodes, *made)
    kept = conducts.clone()
    kept[conducts] = rewired.kept
    return replace(rewired, kept=kept)


def gtr_ranking(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    edge_weight: EdgeWeight | None = None,
    variant: Literal["paper", "official"] = "paper",
) -> Ranking:
    """The ``num_edges`` non-edges that would lower the total resistance most, each on its own.

    The score is the decrease of the total resistance within components. The first pair is the one
    that ``gtr`` adds first. Input, ties and errors are as in ``gtr``.

    Raises:
        TooLargeError: as ``gtr``.
        ValueError: as ``gtr``.
    """
    check_num_edges(num_edges)
    state = _Gains(edge_index, num_nodes, edge_weight, variant)
    rows = np.arange(num_nodes)
    gains = np.concatenate([state.row(s) for s in range(num_nodes)]) if num_nodes else np.zeros(0)
    start = rows * (2 * num_nodes - rows - 1) // 2
    chosen = largest(gains, count=num_edges)
    chosen = chosen[gains[chosen] > 0]
    s = np.searchsorted(start, chosen, side="right") - 1
    t = chosen - start[s] + s + 1
    order = state.order.keys(s, t).argsort()
    order = order[best_first(gains[chosen[order]])][:num_edges]
    s, t, chosen = s[order], t[order], chosen[order]
    decrease = gains[chosen] * state.nodes_of[s] / state.factor[s]
    pairs = torch.from_numpy(np.stack([s, t]))
    return Ranking(pairs.to(edge_index.device), torch.from_numpy(decrease).to(edge_index.device))


class _Gains:
    """P = L^+, P^2 and which pairs are free, with the best gain of every row; upper triangles."""

    def __init__(
        self, edge_index: EdgeIndex, num_nodes: int, weight: EdgeWeight | None, variant: str
    ):
        check_variant(variant)
        check_dense(num_nodes, "gtr")
        self.graph = simple_graph(edge_index.cpu(), num_nodes, weight)
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
        graph = self.graph
        if self.added:
            extra = torch.tensor(self.added, dtype=torch.int64).T
            graph = type(graph)(
                torch.cat([graph.source, extra[0]]),
                torch.cat([graph.target, extra[1]]),
                torch.cat([graph.weight, torch.ones(extra.size(1), dtype=torch.float64)]),
                graph.num_nodes,
            )
        self.p = pseudo_inverse(graph, self.labels)
        self.p2 = squared(self.p)
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
