"""Every curvature of the edges that fits into the seconds: how low, how often negative, where."""

import functools
import inspect
import time
from collections.abc import Callable

import torch

from workbench.diagnostics import DIAGNOSTICS, Stopped, TooLargeError
from workbench.diagnostics.summary.measure import Budget, Measure, exact, percent, rounded
from workbench.typing import EdgeIndex

#: Name in ``DIAGNOSTICS`` -> how it is shown.
CURVATURES = {
    "balanced_forman": "balanced Forman",
    "augmented_forman": "augmented Forman (triangles)",
    "weighted_forman": "weighted Forman",
    "resistance_curvature": "resistance curvature",
    "ollivier_ricci": "Ollivier-Ricci",
}


#: More edges than these share the least value: it marks no place.
FEW, SMALL_SHARE = 4, 0.01


def curvatures(
    edge_index: EdgeIndex, num_nodes: int, budget: Budget
) -> tuple[list[Measure], dict[str, tuple[int, int]]]:
    """Least, mean and share of negative edges of every curvature that fits; and where it is least.

    Of edges that share the least value up to rounding, the first; none where so many share it that
    it is no place.
    """
    rows, lowest = [], {}
    off = edge_index[0] < edge_index[1]
    for name, shown in CURVATURES.items():
        if name not in DIAGNOSTICS or not bool(off.any()) or not budget.allows(name, shown=shown):
            continue
        try:
            found = _within(budget, DIAGNOSTICS[name])(edge_index, num_nodes)
        except Stopped:
            budget.left_out.append(f"{shown} (not done in {budget.seconds:.3g} s)")
            continue
        except TooLargeError as error:
            budget.left_out.append(f"{shown} ({str(error).split(':')[0]})")
            continue
        value, ends = found[off], edge_index[:, off]
        negative = float((value < -1e-12).double().mean())
        value = torch.where(value.abs() < 1e-12, 0.0, value)
        low, mean = float(value.min()), float(value.mean())
        least = (value <= low + 1e-9 * max(abs(low), 1.0)).nonzero().flatten()
        if low < 0 and least.numel() <= max(FEW, SMALL_SHARE * value.numel()):
            lowest[shown] = (int(ends[0, least[0]]), int(ends[1, least[0]]))
        meaning = (
            f"lowest of an edge; mean {rounded(mean, 4)}; negative on {percent(negative)} of edges"
        )
        rows.append(exact("curvature", shown, low, "", meaning))
    return rows, lowest


def _within(budget: Budget, function: Callable) -> Callable:
    """The function, stopped when the budget is spent, if it can be."""
    if "should_stop" in inspect.signature(function).parameters:
        return functools.partial(function, should_stop=lambda: time.monotonic() > budget.end)
    return function
