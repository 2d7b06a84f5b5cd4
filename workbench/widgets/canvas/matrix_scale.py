"""Between which numbers the colors of matrices are spread."""

import math
from dataclasses import dataclass

import numpy as np

from workbench.widgets.canvas.matrix_canvas import levels
from workbench.widgets.canvas.palette import MANY

#: Matrices of more rows are spread between quantiles: among so many cells a few far ones would
#: leave one gray to all others.
QUANTILE_ROWS = MANY
QUANTILES = 0.01, 0.99

#: Cells that the quantiles are taken from.
_SAMPLE = 100_000


@dataclass(frozen=True)
class Scale:
    """The ends of a color scale.

    Attributes:
        low, high: the ends; equal where all cells are one number.
        logarithmic: whether the colors are spread evenly in the logarithm.
        below, above: whether there are cells beyond an end, which have its color.
    """

    low: float
    high: float
    logarithmic: bool = False
    below: bool = False
    above: bool = False

    def levels(self, matrix: np.ndarray) -> bytes:
        """The levels that a ``MatrixCanvas`` draws; cells beyond an end have that of the end."""
        shown = np.maximum(matrix, self.low) if self.logarithmic else matrix  # 0 has no logarithm
        return levels(shown, (self.low, self.high), log_scale=self.logarithmic)


def shared_scale(*matrices: np.ndarray, logarithmic: bool = False) -> Scale:
    """One scale for square matrices of numbers that are not negative.

    Up to ``QUANTILE_ROWS`` rows from 0 to the largest number, on a logarithmic scale from the least
    one above 0. Beyond, between ``QUANTILES`` of the cells off the diagonal (on a logarithmic scale
    of those above 0), rounded outwards so that the scale stays while a slider moves.

    Where the numbers above 0 are one, logarithms say nothing, and the scale is linear.
    """
    ends = [_ends(matrix) for matrix in matrices]
    least, most = min(first for first, _ in ends), max(last for _, last in ends)
    if _same(least, most):
        return Scale(most, most)
    low, high = 0.0, most
    if logarithmic:
        low = float(min(np.min(m, where=m > 0.0, initial=most) for m in matrices))
        if _same(low, most):
            low, logarithmic = 0.0, False
    if max(map(len, matrices)) > QUANTILE_ROWS:
        inner = np.array([_quantiles(matrix, logarithmic) for matrix in matrices])
        first, last = np.nanmin(inner, initial=most), np.nanmax(inner, initial=0.0)
        if not _same(first, last):
            low, high = _round_outwards(first, last, logarithmic)
            high = min(high, most)
    return Scale(low, high, logarithmic, least < low, most > high)


def _same(low: float, high: float) -> bool:
    """Whether two numbers are equal up to rounding."""
    return bool(high - low <= 1e-9 * high)


def _ends(matrix: np.ndarray) -> tuple[float, float]:
    """The least and the largest of its numbers."""
    low, high = matrix.min(), matrix.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        there = np.isfinite(matrix)
        high = matrix.max(where=there, initial=0.0)
        low = matrix.min(where=there, initial=high)
    return float(low), float(high)


def _quantiles(matrix: np.ndarray, above_zero: bool) -> np.ndarray:
    """Those of the cells off the diagonal, from a sample of all rows and columns; nan of none."""
    size = len(matrix)
    step = max(1, size * size // _SAMPLE)
    while math.gcd(step, size * (size + 1)) > 1:  # else it would keep to some columns
        step += 1
    at = np.arange(0, size * size, step)
    cells = matrix.ravel()[at[at % (size + 1) > 0]]
    cells = cells[np.isfinite(cells) & (cells > 0.0 if above_zero else True)]
    return np.quantile(cells, QUANTILES) if cells.size else np.full(2, np.nan)


def _round_outwards(low: float, high: float, logarithmic: bool) -> tuple[float, float]:
    """The ends moved apart to a round number, by a tenth of the scale at most."""
    steps = [0.1 * end for end in (low, high)] if logarithmic else 2 * [0.1 * (high - low)]
    first, last = (math.floor(math.log10(step)) for step in steps)
    low = math.floor(low / 10.0**first) * 10.0**first
    high = math.ceil(high / 10.0**last) * 10.0**last
    return round(low, max(0, -first)), round(high, max(0, -last))
