"""Before and after: the difference of paired results, and how sure it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import stats

from workbench.tasks.metrics import score_range
from workbench.ties import TIE, levels
from workbench.training.run import Run


@dataclass(frozen=True)
class Interval:
    """A mean, and the interval around it.

    Attributes:
        mean: of the values.
        low: lower end; NaN where a single value gives none.
        high: upper end; NaN where a single value gives none.
    """

    mean: float
    low: float
    high: float


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


def mean_interval(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    least: float = -math.inf,
    most: float = math.inf,
) -> Interval:
    r"""Student's t interval for a mean; it ends at what is possible.

    .. math::
        \bar x \pm t_{(1 + c) / 2,\, n - 1} \, s / \sqrt{n}

    It takes the values for normally distributed. Few values of a score near its limit are not, and
    their interval would go on beyond it: it is cut at ``least`` and ``most``.

    Args:
        values: one or more numbers.
        confidence: between 0 and 1.
        least: the least that a value can be, such as 0 for an accuracy, -1 for its change.
        most: the most that a value can be, such as 1 for an accuracy and for its change.

    Raises:
        ValueError: there is no value, one is not finite or outside the limits, or ``confidence``
            is not between 0 and 1.

    Examples:
        >>> from workbench.training import mean_interval
        >>> found = mean_interval([1, 2, 3])
        >>> found.mean, round(found.low, 2), round(found.high, 2)  # 2 -+ 4.303 / sqrt(3)
        (2.0, -0.48, 4.48)
        >>> mean_interval([0.9, 1.0, 0.8], least=0, most=1).high
        1.0
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, such as 0.95; got {confidence}")
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f"an interval is of one or more finite numbers; got {list(values)}")
    slack = TIE * float(np.abs(numbers).max())
    if numbers.min() < least - slack or numbers.max() > most + slack:
        raise ValueError(
            f"values must lie between {least:g} and {most:g}, got {numbers.min():g} to "
            f"{numbers.max():g}; give the limits of this score as least and most"
        )
    mean, count = float(numbers.mean()), numbers.size
    if count == 1:
        return Interval(mean, math.nan, math.nan)
    if not levels(numbers, scale=float(np.abs(numbers).max())).any():
        return Interval(mean, mean, mean)
    reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * float(stats.sem(numbers))
    return Interval(mean, float(max(mean - reach, least)), float(min(mean + reach, most)))


def paired_comparison(
    before: Sequence[float | Run],
    after: Sequence[float | Run],
    *,
    confidence: float = 0.95,
    least: float | None = None,
    most: float | None = None,
) -> Comparison:
    r"""Student's t interval for the mean difference of paired results; it ends at what is possible.

    .. math::
        \bar d \pm t_{(1 + c) / 2,\, n - 1} \, s_d / \sqrt{n}, \qquad d_i = after_i - before_i

    It takes the differences for normally distributed, and is cut where no difference can be larger
    (``mean_interval``). The few seeds of one graph vary over first weights and not over graphs, so
    it says nothing about other graphs.

    Args:
        before: results, or runs whose test scores are taken; entry i and entry i of ``after`` are
            one pair.
        after: the same.
        confidence: between 0 and 1.
        least: the least that a result can be; None for that of the runs' metric, of numbers no
            limit.
        most: the most that a result can be; None likewise.

    Raises:
        ValueError: the lengths differ or are 0, a result is missing, no finite number or outside
            the limits, or ``confidence`` is not between 0 and 1.

    Examples:
        >>> from workbench.training import paired_comparison
        >>> found = paired_comparison([0, 0, 0], [1, 2, 3])
        >>> found.mean, round(found.low, 2), round(found.high, 2)  # 2 -+ 4.303 / sqrt(3)
        (2.0, -0.48, 4.48)
        >>> found.within_noise
        True
        >>> paired_comparison([0.2, 0.2, 0.2], [1.0, 0.8, 1.0], least=0, most=1).high
        1.0
    """
    if len(before) != len(after) or not len(before):
        raise ValueError(
            f"paired results need one after for each before; got {len(before)} and {len(after)}"
        )
    metrics = {item.result["metric"] for item in (*before, *after) if isinstance(item, Run)}
    names = {_said(item) for item in (*before, *after) if isinstance(item, Run)}
    metric = names.pop() if len(names) == 1 else "score"
    known = score_range(metrics.pop()) if len(metrics) == 1 else (-math.inf, math.inf)
    limits = (known[0] if least is None else least, known[1] if most is None else most)
    first, second = _values(before, "before", *limits), _values(after, "after", *limits)
    differences = second - first
    # what subtraction adds is no difference, such as 0.3 - 0.1 against 0.2
    scale = float(np.abs([first, second]).max())
    alike = not levels(differences, scale=scale).any()
    differences[np.abs(differences) <= TIE * scale] = 0.0
    if alike:
        differences[:] = differences.mean()
    count, farthest = len(differences), limits[1] - limits[0]
    found = mean_interval(
        differences.tolist(), confidence=confidence, least=-farthest, most=farthest
    )
    within_noise = not (found.low > 0 or found.high < 0)
    change = f"{metric} changes by {found.mean:+.3f}" if found.mean else f"{metric} does not change"
    if count == 1:
        sentence = (
            f"With one seed {change}; one pair gives no interval, so this may be noise. "
            "Train more seeds."
        )
    elif alike:
        sentence = (
            f"In each of {count} seeds {change}. {count} seeds that agree cannot show a spread: "
            "the interval is a point, and says nothing about other seeds. Train more."
        )
    else:
        verdict = (
            "It includes 0: the difference is within noise."
            if within_noise
            else "It does not include 0: the difference is more than noise between seeds."
        )
        ends = [f"{end:+.3f}" for end in (found.low, found.high)]
        if farthest in (-found.low, found.high):
            ends[-1] += ", cut where no change can be larger"
        sentence = (
            f"Over {count} seeds {change} on average, {100 * confidence:g} % interval "
            f"{' to '.join(ends)}. {verdict}"
        )
    return Comparison(found.mean, found.low, found.high, confidence, count, within_noise, sentence)


def _said(run: Run) -> str:
    lower = not run.result.get("higher_is_better", True)
    return f"{run.result['metric']} (lower is better)" if lower else run.result["metric"]


def _values(
    results: Sequence[float | Run], side: str, least: float, most: float
) -> Float64[np.ndarray, " results"]:
    values = [item.result["test"] if isinstance(item, Run) else item for item in results]
    if any(value is None or not math.isfinite(value) for value in values):
        raise ValueError(f"{side} holds a result that is missing or not finite: {values}")
    outside = [value for value in values if not least - TIE <= value <= most + TIE]
    if outside:
        raise ValueError(
            f"{side} holds {outside[0]:g}, and results lie between {least:g} and {most:g}; give "
            "the limits of this score as least and most"
        )
    return np.array(values, dtype=np.float64)
