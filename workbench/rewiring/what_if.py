"""What one more or one fewer edge would do, before it is done."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from torch import Tensor

from workbench.rewiring.incremental import NEAR_BRIDGE, ResistanceTracker
from workbench.rewiring.pseudo_inverse import column


@dataclass(frozen=True)
class WhatIf:
    """The effect of adding the edge (u, v) where it is not, or removing it where it is.

    Attributes:
        sign: +1 the edge would be added, -1 removed.
        resistance: effective resistance of the pair now; inf between components.
        total_resistance_change: exact; -inf where the edge would make the graph connected, +inf
            where it is a bridge, nan where the graph is disconnected before and after (the total
            is inf both times).
        total_resistance_within_change: exact, of the sum over pairs inside components.
        spectral_gap_change: to first order.
    """

    sign: int
    resistance: float
    total_resistance_change: float
    total_resistance_within_change: float
    spectral_gap_change: float


def what_if(
    tracker: ResistanceTracker,
    spectral_gap: float,
    fiedler: Float64[Tensor, " nodes"],
    u: int,
    v: int,
) -> WhatIf:
    """What adding the edge (u, v) with conductance 1, or removing it if it is there, would do.

        R_tot' - R_tot = -n w |P x|^2 / (1 + w R),   w = +1 (add), -1 (remove),   x = e_u - e_v

        gap' - gap  ~  w ((y_u - y_v)^2 - gap (y_u^2 + y_v^2)),    L y = gap D y,  y^T D y = 1

    The second is the first-order perturbation of the generalized eigenproblem: L changes by
    ``w x x^T`` and D by w at u and v. It says little where the gap is a multiple eigenvalue, and
    nothing of higher order. An edge of another conductance is removed with it as w. Cost: O(n).

    Args:
        tracker: the graph as it is.
        spectral_gap: of that graph.
        fiedler: its Fiedler vector y, as ``diagnostics.fiedler_vector`` gives it; the length is
            set here.
        u, v: two different nodes.

    Raises:
        ValueError: ``u == v``, or a node is out of range.
    """
    resistance = tracker.resistance_of(u, v)
    gain = tracker.gain(u, v)  # refuses u == v
    weight = tracker.weight(u, v)
    sign = -1 if weight else 1
    y, degree = fiedler.cpu().numpy(), tracker.degree().numpy()
    length = float(degree @ y**2)
    first_order = 0.0
    if length > 0:
        change = (y[u] - y[v]) ** 2 - spectral_gap * (y[u] ** 2 + y[v] ** 2)
        first_order = sign * (weight or 1.0) * float(change) / length
    here, there = tracker.labels == tracker.labels[u], tracker.labels == tracker.labels[v]
    components = tracker.num_components
    total = None
    if sign > 0 and np.isinf(resistance):
        within = _across(tracker, u, v, here, there, 1.0)
        total = -np.inf if components == 2 else np.nan
    elif sign > 0:
        within = -gain
    else:
        k = column(tracker.inverse, u) - column(tracker.inverse, v)
        slack = 1.0 - weight * resistance
        if slack > NEAR_BRIDGE:
            within = int(here.sum()) * weight * float(k @ k) / slack
        else:
            side = here & (k > 0.5 * (k[u] + k[v]))
            within = -_across(tracker, u, v, side, here & ~side, 1.0 / weight)
            total = np.inf
    if total is None:
        total = within
    before = components > 1
    if before and total != -np.inf:
        total = np.nan
    return WhatIf(sign, resistance, float(total), float(within), first_order)


def _across(tracker: ResistanceTracker, u: int, v: int, first, second, bridge: float) -> float:
    """Sum of R_iu + bridge + R_vj over i in ``first`` (u's side) and j in ``second`` (v's side)."""
    diagonal = np.diagonal(tracker.inverse)
    sums = []
    for end, side in ((u, first), (v, second)):
        to_end = diagonal + diagonal[end] - 2.0 * column(tracker.inverse, end)
        sums.append(to_end[side].sum())
    sizes = int(first.sum()), int(second.sum())
    return float(sums[0] * sizes[1] + sums[1] * sizes[0] + bridge * sizes[0] * sizes[1])
