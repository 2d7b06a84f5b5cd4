"""Every curvature of the edges that fits into the seconds: how low, how often negative, where."""

import functools
import inspect
import time
from collections.abc import Callable

import torch

from workbench.diagnostics import DIAGNOSTICS, Stopped, TooLargeError
from workbench.report.extremes import Tied, meaning_text
from workbench.report.largest import Part
from workbench.report.measure import (
    Budget,
    Measure,
    exact,
    percent,
    round_digits,
    settle_digits,
)
from workbench.ties import TIE, smallest

#: Name in ``DIAGNOSTICS`` -> how it is shown.
CURVATURES = {
    "balanced_forman": "balanced Forman",
    "augmented_forman": "augmented Forman (triangles)",
    "weighted_forman": "weighted Forman",
    "resistance_curvature": "resistance curvature",
    "ollivier_ricci": "Ollivier-Ricci",
}


def curvatures(part: Part, budget: Budget) -> tuple[list[Measure], dict[str, Tied]]:
    """Least, mean and share of negative edges of every curvature that fits; and where it is least.

    ``part`` is the whole graph. Of each curvature that is negative somewhere, all edges that share
    the least value up to rounding.
    """
    rows, lowest = [], {}
    edge_index, num_nodes = part.edge_index(), part.graph.num_nodes
    up = edge_index[0] < edge_index[1]
    for name, shown in CURVATURES.items():
        if name not in DIAGNOSTICS or not bool(up.any()) or not budget.allows(name, shown=shown):
            continue
        try:
            found = _limit_time(budget, DIAGNOSTICS[name])(edge_index, num_nodes)
        except Stopped:
            budget.left_out.append(f"{shown} (not done in {budget.seconds:.3g} s)")
            continue
        except TooLargeError as error:
            budget.left_out.append(f"{shown} ({str(error).split(':')[0]})")
            continue
        value = found[up]
        # differences of numbers of size 1 and more
        value = torch.where(value.abs() <= TIE, 0.0, value)
        negative, mean = float((value < 0).double().mean()), float(value.mean())
        tied = smallest(value.numpy(), scale=1.0)
        low = float(value[tied[0]])
        if low < 0:
            lowest[shown] = part.whole(edge_index[:, up][:, torch.from_numpy(tied)])
        meaning = (
            f"lowest of an edge; mean {round_digits(settle_digits(mean, scale=1.0), 4)}; "
            f"negative on {percent(negative)} of edges"
        )
        meaning = meaning_text(meaning, tied, value.numel(), "edges so low")
        rows.append(exact("curvature", shown, low, "", meaning))
    return rows, lowest


def _limit_time(budget: Budget, function: Callable) -> Callable:
    """The function, stopped when the budget is spent, if it can be."""
    if "should_stop" in inspect.signature(function).parameters:
        return functools.partial(function, should_stop=lambda: time.monotonic() > budget.end)
    return function
