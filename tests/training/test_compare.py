import math

import pytest
import torch

from workbench.tasks import METRICS
from workbench.tasks.metrics import score_range
from workbench.training import Curve, Run, mean_interval, paired_comparison


def test_the_interval_is_students():
    # differences 0.1, 0.2, 0.3: mean 0.2, deviation 0.1, t of 2 degrees of freedom 4.302653
    comparison = paired_comparison([0.1, 0.2, 0.3], [0.2, 0.4, 0.6])
    assert comparison.mean == pytest.approx(0.2)
    assert comparison.low == pytest.approx(0.2 - 4.302653 * 0.1 / math.sqrt(3), abs=1e-6)
    assert comparison.high == pytest.approx(0.2 + 4.302653 * 0.1 / math.sqrt(3), abs=1e-6)
    assert comparison.within_noise
    assert "within noise" in comparison.sentence
    narrower = paired_comparison([0.1, 0.2, 0.3], [0.2, 0.4, 0.6], confidence=0.5)
    assert narrower.high < comparison.high
    assert not narrower.within_noise


def test_a_clear_difference_says_so():
    comparison = paired_comparison([0.20, 0.22, 0.20], [0.9, 0.95, 0.9])
    assert not comparison.within_noise
    assert comparison.low > 0
    assert comparison.sentence == (
        "Over 3 seeds score changes by +0.710 on average, 95 % interval +0.667 to +0.753. "
        "It does not include 0: the difference is more than noise between seeds."
    )


def test_swapping_the_sides_changes_the_sign():
    one = paired_comparison([0.1, 0.5], [0.4, 0.6])
    other = paired_comparison([0.4, 0.6], [0.1, 0.5])
    assert (one.mean, one.low, one.high) == pytest.approx((-other.mean, -other.high, -other.low))


def run(test, metric="mae", *, higher_is_better=False):
    result = {"metric": metric, "higher_is_better": higher_is_better, "test": test}
    result |= {"val": test, "best_epoch": 1, "chance": 2.0}
    when = "2025-01-02T03:04:05+00:00"
    return Run({}, 0, {}, "cpu", Curve((1.0,), (1.0,), (test,)), result, False, when, 1.0)


def test_of_an_error_it_says_that_lower_is_better():
    found = paired_comparison([run(1.0), run(1.2)], [run(0.5), run(0.8)])
    assert found.sentence.startswith("Over 2 seeds mae (lower is better) changes by -0.450")


def test_one_seed_gives_no_interval_and_says_so():
    comparison = paired_comparison([0.2], [0.9])
    assert math.isnan(comparison.low)
    assert math.isnan(comparison.high)
    assert comparison.within_noise
    assert "no interval" in comparison.sentence


@pytest.mark.parametrize(("after", "mean"), [([0.2] * 3, 0.0), ([0.9] * 3, 0.7)])
def test_equal_differences_collapse_the_interval_and_say_so(after, mean):
    comparison = paired_comparison([0.2] * 3, after)
    assert comparison.mean == comparison.low == comparison.high == pytest.approx(mean)
    assert comparison.within_noise == (mean == 0)
    assert "the interval is a point" in comparison.sentence
    assert "3 seeds that agree cannot show a spread" in comparison.sentence


def test_equal_differences_are_equal_in_spite_of_rounding():
    # 0.3 - 0.1 is not 0.2 in floating point
    comparison = paired_comparison([0.0, 0.1], [0.2, 0.3])
    assert comparison.low == comparison.high
    # nor where the difference lies half way between two numbers of 12 decimals
    half, before = 0.2697867137645, [0.0, 0.1, 0.3]
    comparison = paired_comparison(before, [value + half for value in before])
    assert comparison.mean == comparison.low == comparison.high == pytest.approx(half)
    # and what is no difference does not change the score
    assert "score does not change" in paired_comparison([0.3] * 2, [0.1 + 0.2] * 2).sentence


@pytest.mark.parametrize(
    ("before", "after", "confidence", "message"),
    [
        ([0.1], [0.1, 0.2], 0.95, "got 1 and 2"),
        ([], [], 0.95, "got 0 and 0"),
        ([0.1], [math.nan], 0.95, "after holds a result that is missing or not finite"),
        ([0.1], [0.2], 95.0, r"confidence must be between 0 and 1, such as 0.95; got 95.0"),
    ],
)
def test_what_cannot_be_compared_is_refused(before, after, confidence, message):
    with pytest.raises(ValueError, match=message):
        paired_comparison(before, after, confidence=confidence)


METRIC_NAMES = sorted({name for known in METRICS.values() for name in known})


@pytest.mark.parametrize("name", METRIC_NAMES)
def test_no_interval_of_any_score_leaves_what_is_possible(name):
    """One that varies much near its limit: Student's interval would go beyond it."""
    low, high = score_range(name)
    worst, best = max(low, -5.0), min(high, 5.0)
    before, after = [worst, worst, worst], [best, best, (best + 2 * worst) / 3]
    for one, other in ((before, after), (after, before)):
        runs = [[run(value, name) for value in side] for side in (one, other)]
        found = paired_comparison(*runs)
        assert high - low >= found.high >= found.mean >= found.low >= low - high
        numbers = paired_comparison(one, other, least=low, most=high)
        assert (numbers.low, numbers.high) == (found.low, found.high)
        is_cut = high - low in (found.high, -found.low)
        assert is_cut == math.isfinite(high - low)
        assert ("cut where no change can be larger" in found.sentence) == is_cut
        assert not is_cut or paired_comparison(one, other).sentence != found.sentence
    interval = mean_interval(after, least=low, most=high)
    assert low <= interval.low <= interval.mean <= interval.high <= high


def test_metrics_of_one_name_have_one_range_and_keep_to_it():
    for target, known in METRICS.items():
        for name, metric in known.items():
            assert (metric.low, metric.high) == score_range(name), target
    assert score_range("no such score") == (-math.inf, math.inf)
    labels = torch.tensor([0, 1, 0, 1])
    for logits in (torch.eye(2)[labels], torch.eye(2)[1 - labels]):
        for metric in METRICS["class"].values():
            assert metric.low <= metric.function(logits, labels) <= metric.high


def test_what_leaves_the_limits_is_refused():
    with pytest.raises(ValueError, match=r"after holds 1\.2, and results lie between 0 and 1"):
        paired_comparison([0.2], [1.2], least=0, most=1)
    with pytest.raises(ValueError, match=r"between 0 and 1, got 0\.1 to 1\.2"):
        mean_interval([0.1, 1.2], least=0, most=1)
    with pytest.raises(ValueError, match=r"one or more finite numbers; got \[\]"):
        mean_interval([])
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        mean_interval([0.1], confidence=1)
