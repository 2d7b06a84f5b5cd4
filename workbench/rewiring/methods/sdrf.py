"""SDRF: relieve the most negatively curved edge, again and again."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.curvature_state import CurvatureState
from workbench.rewiring.result import Rewired, apply_edits, choices
from workbench.ties import TIE, largest
from workbench.typing import EdgeIndex


@rewiring("edits", removes=True, greedy=CurvatureState)
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
    should_stop: Callable[[], bool] | None = None,
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
        should_stop: asked before each edge; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is r_kl at each addition and the curvature of the edge at each
        removal. Of edges or pairs that are tied, up to 1e-9, the first in ``canonical_order`` is
        taken, so that another numbering of the nodes leads to the same scores. ``num_tied`` is the
        number of edges of that curvature, at an addition times that of pairs of that rise where
        tau is infinite. Fewer edges come back if the edge of least curvature has no candidate
        left, where no edge is left, and where tau is infinite and the edge just added would be
        removed at once.

    Self-loops stay and do not matter, repeated edges count once, weights play no role, isolated
    nodes stay isolated. Sparse: an edit recomputes the edges around it. Runs on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, an option is unknown, ``num_edges`` or ``tau`` is
            negative, or ``removal_bound`` is nan.

    Differs from the released code: its curvatures fill a matrix with zeros off the edges, so that
    where all are positive the least one is that of (0, 0), and where all are negative the largest
    one is; here both are of edges. Where nothing can be added it goes on removing edges; this
    stops. It runs on a CPU with a kernel that skips most edges.

    Examples:
        >>> import math
        >>> from workbench.graphs import barbell
        >>> from workbench.rewiring import sdrf
        >>> data = barbell(4)  # its bridge has the least curvature
        >>> rewired = sdrf(data.edge_index, 8, num_edges=1, removal_bound=math.inf)
        >>> ((rewired.added < 4).sum(0) == 1).tolist()  # from one clique to the other
        [True]

    References:
        Topping, Di Giovanni, Chamberlain, Dong and Bronstein, Understanding over-squashing and
        bottlenecks on graphs via curvature, ICLR 2022, arXiv 2111.14522.
    """
    check_num_edges(num_edges)
    if math.isnan(removal_bound):
        raise ValueError("removal_bound must be a number (math.inf removes nothing), got nan")
    if not tau >= 0:
        raise ValueError(f"tau must be at least 0 (math.inf takes the best), got {tau}")
    check_stop(should_stop, "sdrf")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    state = CurvatureState(edge_index, num_nodes, variant=variant, candidates=candidates)
    edits, score, num_tied = [], [], []
    for _ in range(num_edges):
        check_stop(should_stop, "sdrf")
        if not state.alive.any():
            break
        lowest, alike = state.lowest()
        pairs, rise = state.candidates(lowest)
        if rise.size == 0:
            break
        old = state.highest(), state.curvature.copy()
        chosen, tied = _choose(state, pairs, rise, tau, generator)
        u, v = pairs[:, chosen].tolist()
        state.add(u, v)
        (edge, most), curvature = (
            old if variant == "official" else (state.highest(), state.curvature)
        )
        remove = bool(curvature[edge] > removal_bound + TIE)
        if remove and edge == state.source.size - 1 and math.isinf(tau):
            break  # the new edge would go at once, and so on forever
        edits.append((1, u, v))
        score.append(rise[chosen])
        num_tied.append(alike * tied)
        if remove:
            edits.append((-1, int(state.source[edge]), int(state.target[edge])))
            score.append(curvature[edge])
            num_tied.append(most)
            state.remove(edge)
    return apply_edits(edge_index, num_nodes, *choices(edits, score, num_tied), graph=state.graph)


def _choose(
    state: CurvatureState,
    pairs: np.ndarray,
    rise: np.ndarray,
    tau: float,
    generator: torch.Generator,
) -> tuple[int, int]:
    """Which candidate is added, and among how many equal ones it was chosen."""
    if math.isinf(tau):
        best = largest(rise, scale=1.0)
        if best.size == 1:
            return int(best[0]), 1
        keys = state.order.keys(*pairs[:, best])
        return int(best[keys.argmin()]), np.unique(keys).size
    order = np.lexsort((rise, state.order.keys(*pairs)))
    weight = torch.from_numpy(np.exp(tau * (rise - rise.max())))[order]  # at most 1: no overflow
    drawn = torch.multinomial(weight.to(generator.device), 1, generator=generator)
    return int(order[int(drawn)]), 1
