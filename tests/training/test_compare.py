import math

import pytest
import torch

from workbench.graphs.tasks import ring_transfer
from workbench.models import GCN
from workbench.training import compare_training, paired_comparison


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


def test_equal_differences_are_equal_in_spite_of_rounding():
    # 0.3 - 0.1 is not 0.2 in floating point
    comparison = paired_comparison([0.0, 0.1], [0.2, 0.3])
    assert comparison.low == comparison.high


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


def make_model():
    return GCN(5, 16, 5, num_layers=3, dropout=0.1)


def shortcut(data):
    """A ring with an edge from its source to its target."""
    half = data.num_nodes // 2
    data = data.clone()
    data.edge_index = torch.cat([data.edge_index, torch.tensor([[0, half], [half, 0]])], dim=1)
    return data


def test_a_shortcut_is_found_to_help():
    before = ring_transfer(8)  # four hops, three layers: it cannot be learned
    pair = compare_training(make_model, before, before.map(shortcut), seeds=[3, 5], epochs=100)
    assert pair.seeds == (3, 5)
    assert [run.seed for run in pair.before] == [run.seed for run in pair.after] == [3, 5]
    assert [run.result["test"] for run in pair.before] == [0.2, 0.2]
    comparison = pair.comparison()
    assert comparison.mean > 0.3
    assert "accuracy changes by +" in comparison.sentence
    assert len(pair.before_models) == len(pair.after_models) == 2


def test_on_the_same_task_nothing_differs_and_the_caller_is_not_disturbed(tmp_path):
    task = ring_transfer(6)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    pair = compare_training(make_model, task, task, seeds=2, epochs=3, directory=tmp_path)
    assert torch.equal(torch.rand(3), expected)
    for before, after in zip(pair.before, pair.after, strict=True):
        assert before.curve == after.curve
    assert pair.before[0].curve != pair.before[1].curve
    assert len(list(tmp_path.glob("*.json"))) == 4


def test_progress_counts_over_all_runs_and_stopping_begins_no_other():
    heard = []

    def stop(paired):
        heard.append(paired)
        return paired.run == 2 and paired.progress.step == 2

    task = ring_transfer(6)
    pair = compare_training(make_model, task, task, seeds=3, epochs=4, callbacks=[stop])
    assert pair.stopped
    assert (len(pair.before), len(pair.after)) == (2, 1)
    assert pair.seeds == (0, 1)
    assert [p.side for p in heard if p.progress.step == 1] == [
        "before",
        "before",
        "after",
        "after",
        "before",
        "before",
    ]
    assert heard[-1].runs == 6
    assert heard[-1].seconds_left > 0
    # the pair that ended counts, the half one does not
    assert pair.comparison().num_seeds == 1


def test_nothing_ended_nothing_to_compare():
    task = ring_transfer(6)
    pair = compare_training(make_model, task, task, callbacks=[lambda paired: True])
    assert len(pair.before) == 1
    assert pair.after == ()
    with pytest.raises(ValueError, match="no pair of runs ended"):
        pair.comparison()


def test_tasks_that_one_model_cannot_fit_are_refused():
    with pytest.raises(ValueError, match=r"one in_channels.*before has 5, after has 4"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6, num_classes=4))
    with pytest.raises(ValueError, match=r"one or more different numbers, got \[1, 1\]"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6), seeds=[1, 1])
    with pytest.raises(ValueError, match=r"one or more different numbers, got \[\]"):
        compare_training(make_model, ring_transfer(6), ring_transfer(6), seeds=0)
