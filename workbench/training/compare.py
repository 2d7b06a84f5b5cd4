"""Before and after: the difference of paired results, and how sure it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from workbench.ties import TIE, levels
from workbench.training.run import Run


@dataclass(frozen=True)
class Comparison:
    """The mean paired difference, after minus before, and its confidence interval.

    Attributes:
        mean: mean of the differences.
        low: lower end of the interval; NaN where a single pair gives none.
        high: upper end of the interval; NaN where a single pair gives none.
        confidence: share of such intervals that hold the true mean, such as 0.95.
        num_seeds: number of pairs.
        within_noise: the interval includes 0, or there is none.
        sentence: the same in words, with what it does not show.
    """

    mean: float
    low: float
    high: float
    confidence: float
    num_seeds: int
    within_noise: bool
    sentence: str


def paired_comparison(
    before: Sequence[float | Run], after: Sequence[float | Run], *, confidence: float = 0.95
) -> Comparison:
    r"""Student's t interval for the mean difference of paired results.

    .. math::
        \bar d \pm t_{(1 + c) / 2,\, n - 1} \, s_d / \sqrt{n}, \qquad d_i = after_i - before_i

    It takes the differences for normally distributed. The few seeds of one graph vary over first
    weights and not over graphs, so it says nothing about other graphs.

    Args:
        before: results, or runs whose test scores are taken; entry i and entry i of ``after`` are
            one pair.
        after: the same.
        confidence: between 0 and 1.

    Raises:
        ValueError: the lengths differ or are 0, a result is missing or no finite number, or
            ``confidence`` is not between 0 and 1.

    Examples:
        >>> from workbench.training import paired_comparison
        >>> found = paired_comparison([0, 0, 0], [1, 2, 3])
        >>> found.mean, round(found.low, 2), round(found.high, 2)  # 2 -+ 4.303 / sqrt(3)
        (2.0, -0.48, 4.48)
        >>> found.within_noise
        True
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, such as 0.95; got {confidence}")
    if len(before) != len(after) or not len(before):
        raise ValueError(
            f"paired results need one after for each before; got {len(before)} and {len(after)}"
        )
    metrics = {_said(item) for item in (*before, *after) if isinstance(item, Run)}
    metric = metrics.pop() if len(metrics) == 1 else "score"
    first, second = _values(before, "before"), _values(after, "after")
    differences = second - first
    # what subtraction adds is no difference, such as 0.3 - 0.1 against 0.2
    scale = float(np.abs([first, second]).max())
    alike = not levels(differences, scale=scale).any()
    differences[np.abs(differences) <= TIE * scale] = 0.0
    count, mean = len(differences), float(differences.mean())
    percent = f"{100 * confidence:g} %"
    change = f"{metric} changes by {mean:+.3f}" if mean else f"{metric} does not change"
    if count == 1:
        low = high = math.nan
        within_noise = True
        sentence = (
            f"With one seed {change}; one pair gives no interval, so this may be noise. "
            "Train more seeds."
        )
    elif alike:
        low = high = mean
        within_noise = mean == 0
        sentence = (
            f"In each of {count} seeds {change}, so the spread between seeds is 0 and the "
            "interval is a point; that is too sure for so few seeds."
        )
    else:
        error = float(stats.sem(differences))
        reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * error
        low, high = mean - reach, mean + reach
        within_noise = low <= 0 <= high
        verdict = (
            "It includes 0: the difference is within noise."
            if within_noise
            else "It does not include 0: the difference is more than noise between seeds."
        )
        sentence = (
            f"Over {count} seeds {change} on average, {percent} interval {low:+.3f} to "
            f"{high:+.3f}. {verdict}"
        )
    return Comparison(mean, low, high, confidence, count, within_noise, sentence)


def _said(run: Run) -> str:
    lower = not run.result.get("higher_is_better", True)
    return f"{run.result['metric']} (lower is better)" if lower else run.result["metric"]


def _values(results: Sequence[float | Run], side: str) -> np.ndarray:
    values = [item.result["test"] if isinstance(item, Run) else item for item in results]
    if any(value is None or not math.isfinite(value) for value in values):
        raise ValueError(f"{side} holds a result that is missing or not finite: {values}")
    return np.array(values, dtype=np.float64)
