"""GTR: add the edge that lowers the total effective resistance most, again and again."""

from dataclasses import replace
from typing import Literal, no_type_check

import numpy as np
import torch
from numba import njit

from workbench.rewiring.base import (
    TIE,
    Ranking,
    Rewired,
    apply_edits,
    best_first,
    check_num_edges,
    check_variant,
)
from workbench.rewiring.incremental import REBUILD_ABOVE, REBUILD_AFTER
from workbench.rewiring.pseudo_inverse import check_dense, column, pseudo_inverse, squared
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
        each edit. Ties, up to 1e-9, go to the first pair (s, t), s < t, in row-major order. Fewer
        edges come back where every component is complete.

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
    edits, score = [], []
    for _ in range(num_edges):
        found = state.best()
        if found is None:
            break
        s, t = found
        score.append(state.add(s, t))
        edits.append((1, s, t))
    edits = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T
    score = torch.tensor(score, dtype=torch.float64)
    if edge_weight is None:
        return apply_edits(edge_index, num_nodes, edits, score)
    conducts = edge_weight.to(edge_index.device) > 0
    rewired = apply_edits(edge_index[:, conducts], num_nodes, edits, score)
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
    first = np.repeat(rows, num_nodes - 1 - rows)
    start = rows * (2 * num_nodes - rows - 1) // 2
    chosen = best_first(gains, num_edges)
    chosen = chosen[gains[chosen] > 0]
    s = first[chosen]
    t = chosen - start[s] + s + 1
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
        self.rows = update_and_rank(self.p, self.p2, 0.0, nothing, nothing, self.free, self.factor)

    def row(self, s: int) -> np.ndarray:
        """Gains of the pairs (s, t), t > s; 0 where the pair is not free."""
        p, p2 = np.diagonal(self.p), np.diagonal(self.p2)
        resistance = p[s] + p[s + 1 :] - 2.0 * self.p[s, s + 1 :]
        biharmonic = p2[s] + p2[s + 1 :] - 2.0 * self.p2[s, s + 1 :]
        return self.factor[s] * self.free[s, s + 1 :] * biharmonic / (1.0 + resistance)

    def best(self) -> tuple[int, int] | None:
        """The first pair, row by row, within a tie of the best gain; None where none is free."""
        if self.rows.size == 0 or self.rows.max() <= 0.0:
            return None
        enough = (1.0 - TIE) * self.rows.max()
        s = int(np.argmax(self.rows >= enough))
        return s, s + 1 + int(np.argmax(self.row(s) >= enough))

    def add(self, s: int, t: int) -> float:
        """Add an edge, and return by how much the total resistance fell."""
        k, q = (column(m, s) - column(m, t) for m in (self.p, self.p2))
        shrink = 1.0 / (1.0 + k[s] - k[t])
        kk = k @ k
        self.free[s, t] = 0
        self.added.append((s, t))
        self.age += 1
        # |P x|^2 comes from P alone and x^T P^2 x from P^2 alone: their difference is the drift.
        if self.age >= REBUILD_AFTER or abs(kk - (q[s] - q[t])) > REBUILD_ABOVE * kk:
            self.rebuild()
        else:
            z = 0.5 * kk * shrink**2 * k - shrink * q
            self.rows = update_and_rank(self.p, self.p2, -shrink, k, z, self.free, self.factor)
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
