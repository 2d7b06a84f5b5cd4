"""What one more or one fewer edge would do, before it is done."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from torch import Tensor

from workbench.rewiring.engine.incremental import ResistanceTracker
from workbench.rewiring.engine.pseudo_inverse import column, exact_fall
from workbench.topology import one_thread


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
    modes: Float64[Tensor, "nodes modes"],
    u: int,
    v: int,
) -> WhatIf:
    """What adding the edge (u, v) with conductance 1, or removing it if it is there, would do.

        R_tot' - R_tot = -n w |P x|^2 / (1 + w R),   w = +1 (add), -1 (remove),   x = e_u - e_v

        gap' - gap  ~  smallest eigenvalue of  w (z z^T - gap (y_u y_u^T + y_v y_v^T)),
                       z = y_u - y_v,   L Y = gap D Y,   Y^T D Y = 1,   y_v the row of v

    The second is the first-order perturbation of the generalized eigenproblem: L changes by
    ``w x x^T`` and D by w at u and v. It says nothing of higher order. An edge of another
    conductance is removed with it as w. Whether an edge is a bridge is asked of the graph where
    ``1 - w R`` is not clear of rounding. Cost: O(n), and O(n^3) without subtraction where it is not
    clear or where resistances lie too far apart (``ResistanceTracker.far_apart``).

    Args:
        tracker: the graph as it is.
        spectral_gap: of that graph.
        modes: ``[nodes, modes]`` Y above, all modes of that eigenvalue: one column where it is
            simple, the vector of ``diagnostics.fiedler_vector``.
        u, v: two different nodes.

    Raises:
        ValueError: ``u == v``, or a node is out of range.

    Examples:
        >>> from workbench.diagnostics import fiedler_vector, spectral_gap
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import ResistanceTracker, what_if
        >>> edge_index = path(4).edge_index
        >>> tracker = ResistanceTracker(edge_index, 4)
        >>> gap, mode = spectral_gap(edge_index, 4).item(), fiedler_vector(edge_index, 4)
        >>> change = what_if(tracker, gap, mode[:, None], 0, 3)  # close the path to a ring
        >>> round(change.resistance, 9), round(change.total_resistance_change, 9)
        (3.0, -5.0)
    """
    resistance = tracker.resistance_of(u, v)
    gain = tracker.gain(u, v)  # refuses u == v
    weight = tracker.weight(u, v)
    sign = -1 if weight else 1
    at_u, at_v = modes[[u, v]].cpu().numpy()
    change = np.outer(at_u - at_v, at_u - at_v)
    change -= spectral_gap * (np.outer(at_u, at_u) + np.outer(at_v, at_v))
    with one_thread(len(change)):
        first_order = float(np.linalg.eigvalsh(sign * (weight or 1.0) * change)[0])
    here, there = tracker.labels == tracker.labels[u], tracker.labels == tracker.labels[v]
    components = tracker.num_components
    total = None
    if sign > 0 and np.isinf(resistance):
        within = _across(tracker, u, v, here, there, 1.0)
        total = -np.inf if components == 2 else np.nan
    elif sign > 0:
        within = -gain
    elif (slack := tracker.slack(u, v)) is not None and not tracker.far_apart:
        k = column(tracker.inverse, u) - column(tracker.inverse, v)
        within = int(here.sum()) * weight * float(k @ k) / slack
    elif (labels := (rest := tracker.without(u, v)).labels.numpy())[u] == labels[v]:
        within = exact_fall(rest, u, v, weight)
    else:
        within = -_across(tracker, u, v, labels == labels[u], labels == labels[v], 1.0 / weight)
        total = np.inf
    if total is None:
        total = within
    before = components > 1
    if before and total != -np.inf:
        total = np.nan
    return WhatIf(sign, resistance, float(total), float(within), first_order)


def _across(tracker: ResistanceTracker, u: int, v: int, first, second, bridge: float) -> float:
    """Sum of R_iu + bridge + R_vj over i in ``first`` (u's side) and j in ``second`` (v's side)."""
    sums = [tracker.resistance_to(u)[first].sum(), tracker.resistance_to(v)[second].sum()]
    sizes = int(first.sum()), int(second.sum())
    return float(sums[0] * sizes[1] + sums[1] * sizes[0] + bridge * sizes[0] * sizes[1])
