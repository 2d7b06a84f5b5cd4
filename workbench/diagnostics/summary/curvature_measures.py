"""Every curvature of the edges that fits into the seconds: how low, how often negative, where."""

import torch

from workbench.diagnostics import DIAGNOSTICS, TooLargeError
from workbench.diagnostics.summary.measure import Budget, Measure, exact, percent, rounded
from workbench.typing import EdgeIndex

#: Name in ``DIAGNOSTICS`` -> how it is shown.
CURVATURES = {
    "balanced_forman": "balanced Forman",
    "ollivier_ricci": "Ollivier-Ricci",
    "augmented_forman": "augmented Forman (triangles)",
    "weighted_forman": "weighted Forman",
    "resistance_curvature": "resistance curvature",
}


def curvatures(
    edge_index: EdgeIndex, num_nodes: int, budget: Budget
) -> tuple[list[Measure], dict[str, tuple[int, int]]]:
    """Least, mean and share of negative edges of every curvature that fits; and where it is least.

    Of edges that share the least value up to rounding, the first.
    """
    rows, lowest = [], {}
    off = edge_index[0] < edge_index[1]
    for name, shown in CURVATURES.items():
        if name not in DIAGNOSTICS or not bool(off.any()) or not budget.allows(name, shown=shown):
            continue
        try:
            found = DIAGNOSTICS[name](edge_index, num_nodes)
        except TooLargeError as error:
            budget.left_out.append(f"{shown} ({str(error).split(':')[0]})")
            continue
        value, ends = found[off], edge_index[:, off]
        negative = float((value < -1e-12).double().mean())
        value = torch.where(value.abs() < 1e-12, 0.0, value)
        low, mean = float(value.min()), float(value.mean())
        at = int((value <= low + 1e-9 * max(abs(low), 1.0)).nonzero()[0])
        lowest[shown] = (int(ends[0, at]), int(ends[1, at]))
        meaning = (
            f"lowest of an edge; mean {rounded(mean, 4)}; negative on {percent(negative)} of edges"
        )
        rows.append(exact("curvature", shown, low, "", meaning))
    return rows, lowest
