"""SDRF: relieve the most negatively curved edge, again and again."""

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from workbench.rewiring.base import (
    TIE,
    Ranking,
    Rewired,
    apply_edits,
    best_first,
    check_num_edges,
    check_variant,
)
from workbench.rewiring.curvature_state import CurvatureState
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


def sdrf(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    variant: Literal["paper", "official"] = "paper",
    candidates: Literal["ball", "neighbors"] = "ball",
    removal_bound: float = 0.5,
    tau: float = math.inf,
    generator: torch.Generator | None = None,
) -> Rewired:
    """Stochastic discrete Ricci flow on the balanced Forman curvature.

    ``num_edges`` times: take the edge (x, y) of least curvature; of all pairs (k, l), k near x and
    l near y, that are no edge, add one with probability proportional to exp(tau r_kl), where r_kl
    is the rise of Ric(x, y) it brings; then remove the edge of largest curvature if that is above
    ``removal_bound``.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        num_edges: how many edges to add; 10 as in the released code (``loops``).
        variant: ``"paper"`` for the published curvature, and removal by the curvature after the
            addition; ``"official"`` for the arithmetic of the released CUDA code (see
            ``diagnostics.balanced_forman``), its own estimate of r_kl, and removal by the
            curvature before the addition.
        candidates: ``"ball"``: k may be x itself and l may be y itself, as in the paper and its
            code; ``"neighbors"``: they may not, as in the FoSR repository's version.
        removal_bound: after each addition, the edge of largest curvature is removed if it is above
            this bound; inf removes none. 0.5 as in the released code. Removing edges may
            disconnect the graph, and with few triangles and squares (rings, trees) the new edge is
            soon the most curved one, so that the paper's variant ends early: use inf there.
        tau: ``math.inf`` (the default here) takes the largest rise; the released code's default
            is 1, which draws.
        generator: draws where tau is finite. Default: one with seed 0.

    Returns:
        A ``Rewired``; ``score`` is r_kl at each addition and the curvature of the edge at each
        removal. Ties, up to 1e-9, go to the first pair (u, v), u < v, in row-major order. Fewer
        edges come back where the edge of least curvature has no candidate left, where no edge is
        left, and where tau is infinite and the edge just added would be removed at once.

    Self-loops stay and do not matter, repeated edges count once, weights play no role, isolated
    nodes stay isolated. Sparse: an edit recomputes the edges around it. Runs on the CPU.

    Raises:
        ValueError: the graph is directed, an option is unknown, ``num_edges`` or ``tau`` is
            negative, or ``removal_bound`` is nan.

    Differs from the released code: it takes the minimum over all pairs, so that where all
    curvatures are positive its "edge" is (0, 0); here it is over edges. Where nothing can be added
    it goes on removing edges; this stops. It runs on a CPU with a kernel that skips most edges.

    References:
        Topping, Di Giovanni, Chamberlain, Dong and Bronstein, Understanding over-squashing and
        bottlenecks on graphs via curvature, ICLR 2022, arXiv 2111.14522.
    """
    check_num_edges(num_edges)
    _check_options(variant, candidates, removal_bound, tau)
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    state = CurvatureState(simple_graph(edge_index, num_nodes), variant)
    edits, score = [], []
    for _ in range(num_edges):
        if not state.alive.any():
            break
        pairs, rise = state.candidates(state.lowest(TIE), ball=candidates == "ball")
        if rise.size == 0:
            break
        old = state.highest(TIE), state.curvature.copy()
        chosen = _choose(pairs, rise, tau, generator)
        u, v = pairs[:, chosen].tolist()
        state.add(u, v)
        edge, curvature = old if variant == "official" else (state.highest(TIE), state.curvature)
        remove = bool(curvature[edge] > removal_bound + TIE)
        if remove and edge == state.source.size - 1 and math.isinf(tau):
            break  # the new edge would go at once, and so on forever
        edits.append((1, u, v))
        score.append(rise[chosen])
        if remove:
            edits.append((-1, int(state.source[edge]), int(state.target[edge])))
            score.append(curvature[edge])
            state.remove(edge)
    edits = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T
    return apply_edits(edge_index, num_nodes, edits, torch.tensor(score, dtype=torch.float64))


def sdrf_ranking(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    variant: Literal["paper", "official"] = "paper",
    candidates: Literal["ball", "neighbors"] = "ball",
) -> Ranking:
    """The candidates for the edge of least curvature that raise its curvature most.

    The score is the rise. The first pair is the one that ``sdrf`` adds first with tau = inf. There
    may be fewer than ``num_edges``: only pairs near the one edge are candidates.

    Raises:
        ValueError: as ``sdrf``.
    """
    check_num_edges(num_edges)
    _check_options(variant, candidates, math.inf, math.inf)
    state = CurvatureState(simple_graph(edge_index, num_nodes), variant)
    pairs, rise = np.zeros((2, 0), dtype=np.int64), np.zeros(0)
    if state.alive.any():
        pairs, rise = state.candidates(state.lowest(TIE), ball=candidates == "ball")
        # Of a pair that comes twice, the larger rise counts; then row-major order.
        order = np.lexsort((-rise, pairs[1], pairs[0]))
        pairs, rise = pairs[:, order], rise[order]
        first = np.append(True, (np.diff(pairs, axis=1) != 0).any(axis=0))[: rise.size]
        pairs, rise = pairs[:, first], rise[first]
    chosen = best_first(rise, num_edges)
    made = (torch.from_numpy(pairs[:, chosen]), torch.from_numpy(rise[chosen]))
    return Ranking(*(t.to(edge_index.device) for t in made))


def _choose(pairs: np.ndarray, rise: np.ndarray, tau: float, generator: torch.Generator) -> int:
    if math.isinf(tau):
        close = np.flatnonzero(rise >= rise.max() - TIE * max(1.0, abs(rise.max())))
        return int(close[np.lexsort((-rise[close], pairs[1, close], pairs[0, close]))[0]])
    weight = torch.from_numpy(np.exp(tau * (rise - rise.max())))  # at most 1: never overflows
    weight: Tensor = weight.to(generator.device)
    return int(torch.multinomial(weight, 1, generator=generator))


def _check_options(variant: str, candidates: str, removal_bound: float, tau: float) -> None:
    check_variant(variant)
    if candidates not in ("ball", "neighbors"):
        raise ValueError(f"candidates must be 'ball' or 'neighbors', got {candidates!r}")
    if math.isnan(removal_bound):
        raise ValueError("removal_bound must be a number (math.inf removes nothing), got nan")
    if not tau >= 0:
        raise ValueError(f"tau must be at least 0 (math.inf takes the best), got {tau}")
