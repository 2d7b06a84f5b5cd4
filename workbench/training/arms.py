"""Several arms trained on the same seeds: each against a baseline, corrected for their number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, stats
from torch import nn

from workbench.choices import check_choice
from workbench.training.compare import Comparison, paired_comparison
from workbench.training.run import Run

if TYPE_CHECKING:
    import pandas as pd

#: Paired tests of a mean difference of 0.
TESTS = ("sign-flip", "t", "wilcoxon")

#: Below this many seeds an interval holds its confidence only if the normal law does.
FEW_SEEDS = 5

#: More flips of signs than this are drawn in place of trying all.
FLIPS = 2**16


@dataclass(frozen=True)
class ArmComparison:
    """One arm against the baseline, paired by seed.

    Attributes:
        name: the arm.
        baseline: the arm that it is compared with.
        comparison: mean difference (arm minus baseline), its interval, and both in words.
        differences: one for each seed.
        p_value: of the paired test, two-sided; NaN where one seed gives none.
        adjusted: the same after Holm's correction for the number of arms.
        effect_size: mean difference over the standard deviation of the differences (Cohen's d of
            pairs); NaN where the differences do not vary.
        effect_low, effect_high: its interval, from the noncentral t law.
    """

    name: str
    baseline: str
    comparison: Comparison
    differences: tuple[float, ...]
    p_value: float
    adjusted: float
    effect_size: float
    effect_low: float
    effect_high: float

    def __str__(self) -> str:
        found, count = self.comparison, len(self.differences)
        text = f"{self.name} against {self.baseline}: {found.mean:+.3f}"
        if count == 1:
            return f"{text}, one seed, which shows no spread"
        text += f" [{found.low:+.3f}, {found.high:+.3f}], p = {self.adjusted:.3g}"
        alone = self.adjusted <= 1 - found.confidence
        return f"{text}, {'more than noise between seeds' if alone else 'within noise'}"


@dataclass(frozen=True)
class ArmRuns:
    """Runs of several arms, paired by seed and by first weights.

    Attributes:
        seeds: one for each round of runs that was begun.
        runs: arm -> a run for each seed, in the order of the seeds.
        models: arm -> the trained models.
        drawn: arms whose task was made or drawn anew for each seed.
        stopped: a run was stopped, and no other begun.
    """

    seeds: tuple[int, ...]
    runs: Mapping[str, tuple[Run, ...]]
    models: Mapping[str, tuple[nn.Module, ...]]
    drawn: tuple[str, ...]
    stopped: bool

    def comparisons(
        self, *, baseline: str | None = None, test: str = "sign-flip", confidence: float = 0.95
    ) -> list[ArmComparison]:
        """Every other arm against ``baseline``, over the seeds of which all arms ended.

        Args:
            baseline: the first arm unless given.
            test: ``"sign-flip"`` (a difference is as likely with either sign; exact up to 16
                seeds), ``"t"`` or ``"wilcoxon"``; its p-values are corrected by Holm's method. Of n
                seeds the first and the last give no p below ``2 / 2**n``.
            confidence: of the intervals, which are not corrected.

        Raises:
            ValueError: no seed of all arms ended, ``baseline`` is no arm, ``test`` no test, or
                ``confidence`` not between 0 and 1.
        """
        check_choice("test", test, TESTS)
        names = list(self.runs)
        baseline = names[0] if baseline is None else baseline
        check_choice("baseline", baseline, names)
        scores = self._scores()
        if not scores[baseline]:
            raise ValueError("no seed of all arms ended, so there is nothing to compare")
        found = []
        for name in (name for name in names if name != baseline):
            comparison = paired_comparison(scores[baseline], scores[name], confidence=confidence)
            first, second = ([run.result["test"] for run in scores[n]] for n in (baseline, name))
            difference = np.array(second) - np.array(first)
            scale = float(np.abs([first, second]).max(initial=0.0))
            difference[np.abs(difference) <= 1e-9 * scale] = 0.0
            found.append((name, comparison, difference))
        raw = [_p_value(difference, test) for *_, difference in found]
        return [
            ArmComparison(
                name,
                baseline,
                comparison,
                tuple(difference.tolist()),
                p_value,
                adjusted,
                *_effect(difference, confidence),
            )
            for (name, comparison, difference), p_value, adjusted in zip(
                found, raw, holm(raw), strict=True
            )
        ]

    def frame(self) -> "pd.DataFrame":
        """The test scores: a row for each seed, a column for each arm."""
        import pandas as pd

        scores = {
            name: [run.result["test"] for run in runs] for name, runs in self._scores().items()
        }
        count = len(next(iter(scores.values())))
        return pd.DataFrame(scores, index=pd.Index(self.seeds[:count], name="seed"))

    def sentence(self, **options: Any) -> str:
        """The comparisons in words, with what was drawn anew and what was not.

        Args:
            options: those of ``comparisons``.
        """
        compared = self.comparisons(**options)
        scores = self._scores()
        base = compared[0].baseline if compared else next(iter(scores))
        seeds = len(scores[base])
        mean = float(np.mean([run.result["test"] for run in scores[base]]))
        said = [f"{seeds} seed{'s' * (seeds > 1)}, {scores[base][0].result['metric']}"]
        said += [f"{base}: {mean:.3f} on average", *map(str, compared)]
        if len(compared) > 1:
            said.append(f"p is Holm's, over {len(compared)} comparisons")
        if seeds < FEW_SEEDS:
            said.append(f"intervals of fewer than {FEW_SEEDS} seeds are nominal")
        anew = ["first weights", *(f"the task of {name}" for name in self.drawn)]
        said.append(f"drawn anew for each seed: {', '.join(anew)}")
        fixed = [name for name in self.runs if name not in self.drawn]
        if fixed:
            said.append(f"the same for all seeds: graphs and split of {', '.join(fixed)}")
        return ". ".join(text[:1].upper() + text[1:] for text in said) + "."

    def __str__(self) -> str:
        return self.sentence()

    def _scores(self) -> dict[str, tuple[Run, ...]]:
        """The runs of the seeds of which all arms ended."""
        rounds = zip(*self.runs.values(), strict=False)
        whole = list(takewhile(lambda runs: not any(run.stopped for run in runs), rounds))
        return {name: tuple(runs[at] for runs in whole) for at, name in enumerate(self.runs)}


def holm(p_values: list[float]) -> list[float]:
    """p-values after Holm's correction: of the i-th least of n, (n - i + 1) p, never falling.

    A NaN stays one, and is none of the n.

    Examples:
        >>> from workbench.training import holm
        >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]

    References:
        S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
        Statistics 6, 1979.
    """
    there = [at for at, p in enumerate(p_values) if not math.isnan(p)]
    result, highest = list(p_values), 0.0
    for done, at in enumerate(sorted(there, key=lambda at: p_values[at])):
        highest = max(highest, min(1.0, (len(there) - done) * p_values[at]))
        result[at] = highest
    return result


def _p_value(difference: np.ndarray, test: str) -> float:
    if difference.size < 2:
        return math.nan
    if not difference.any():
        return 1.0
    if test == "t":
        return float(stats.ttest_1samp(difference, 0).pvalue) if np.ptp(difference) else 0.0
    if test == "wilcoxon":
        return float(stats.wilcoxon(difference).pvalue)
    options = {"permutation_type": "samples", "n_resamples": FLIPS, "rng": 0}
    return float(stats.permutation_test((difference,), np.mean, **options).pvalue)


def _effect(difference: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Mean over standard deviation, and the values that the noncentral t law cannot exclude."""
    count = difference.size
    spread = float(difference.std(ddof=1)) if count > 1 else 0.0
    if spread <= 1e-12 * float(np.abs(difference).max(initial=0.0)):
        return math.nan, math.nan, math.nan
    effect = float(difference.mean()) / spread
    statistic = effect * math.sqrt(count)

    def end(share: float) -> float:
        def miss(center: float) -> float:
            below = float(stats.nct.cdf(statistic, count - 1, center))
            # far from the center it loses all digits, and says so
            return (float(center < statistic) if math.isnan(below) else below) - share

        reach = 10 + 3 * abs(statistic)
        found = optimize.brentq(miss, statistic - reach, statistic + reach)
        return float(found) / math.sqrt(count)

    return effect, end((1 + confidence) / 2), end((1 - confidence) / 2)
