"""Several arms: what is drawn anew, tests by hand and by scipy, and what the sentence says."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.graphs import karate
from workbench.models import GCN
from workbench.rewiring import Rewire
from workbench.tasks import node_labels
from workbench.training import ArmRuns, Curve, Run, compare_training, holm


@pytest.fixture(scope="module")
def task():
    data = karate()
    data.x = torch.eye(34)
    return node_labels(data)


def make_model():
    return GCN(34, 4, 2, num_layers=1)


def edges_of(task):
    return task.train[0].edge_index


@pytest.fixture(scope="module")
def arms(task):
    return compare_training(
        make_model,
        {
            "none": task,
            "gtr": task.map(Rewire("gtr", num_edges=3)),
            "random": task.map(Rewire("random_edges", num_edges=3)),
            "other": lambda seed: task.map(Rewire("random_edges", num_edges=3, seed=100 + seed)),
        },
        seeds=3,
        epochs=1,
    )


def test_each_seed_draws_its_own_edges(task):
    rewired = task.map(Rewire("random_edges", num_edges=5))
    drawn = [edges_of(rewired.draw(seed)) for seed in range(4)]
    assert len({tuple(edges.flatten().tolist()) for edges in drawn}) == 4
    assert torch.equal(edges_of(rewired.draw(2)), drawn[2])
    assert torch.equal(drawn[0], edges_of(rewired)), "the first draw is the task's own"
    assert task.draw(1) is task
    fixed = task.map(Rewire("gtr", num_edges=2))
    assert fixed.draw(1) is fixed
    # what is mapped afterwards is made anew of the new draw
    twice = rewired.map(Rewire("gtr", num_edges=1))
    assert not torch.equal(edges_of(twice.draw(1)), edges_of(twice))
    assert edges_of(twice.draw(1)).size(1) == edges_of(task).size(1) + 12


def test_a_pair_of_tasks_is_drawn_anew_for_each_seed_too(task, monkeypatch):
    from workbench.training import pairs

    seen = []
    fit = pairs.fit
    monkeypatch.setattr(
        pairs, "fit", lambda model, task, **o: seen.append(edges_of(task)) or fit(model, task, **o)
    )
    after = task.map(Rewire("random_edges", num_edges=5))
    compare_training(make_model, task, after, seeds=3, epochs=1)
    before, after = seen[::2], seen[1::2]
    assert all(edges is before[0] for edges in before)
    assert len({tuple(edges.flatten().tolist()) for edges in after}) == 3


def test_arms_are_trained_once_each_and_named(arms):
    assert arms.seeds == (0, 1, 2)
    assert list(arms.runs) == list(arms.models) == ["none", "gtr", "random", "other"]
    assert all(len(runs) == 3 for runs in arms.runs.values())
    assert arms.drawn == ("random", "other")
    assert list(arms.frame().columns) == list(arms.runs)
    assert arms.frame().shape == (3, 4)
    said = str(arms)
    for part in (
        "None: ",
        "Gtr against none: ",
        "Random against none: ",
        "P is Holm's, over 3 comparisons",
        "Intervals of fewer than 5 seeds are nominal",
        "first weights, the task of random, the task of other",
        "The same for all seeds: graphs and split of none, gtr.",
    ):
        assert part in said, (part, said)


def test_a_pair_of_arms_is_the_pair_of_tasks(task):
    other = task.map(Rewire("gtr", num_edges=3))
    two = compare_training(make_model, task, other, seeds=2, epochs=2)
    arms = compare_training(make_model, {"before": task, "after": other}, seeds=2, epochs=2)
    assert [run.curve for run in two.after] == [run.curve for run in arms.runs["after"]]
    (found,) = arms.comparisons()
    assert found.comparison == two.comparison()


def runs_of(**scores):
    """Arms with these test scores."""
    count = len(next(iter(scores.values())))
    made = {
        name: tuple(
            Run({}, 0, {}, "cpu", Curve(), {"test": value, "metric": "accuracy"}, False, "", 0.0)
            for value in values
        )
        for name, values in scores.items()
    }
    return ArmRuns(tuple(range(count)), made, {}, (), False)


BASE = [0.5, 0.6, 0.4, 0.7, 0.55, 0.45]
BETTER = [0.6, 0.75, 0.45, 0.72, 0.7, 0.48]
MIXED = [0.55, 0.5, 0.45, 0.65, 0.6, 0.5]


def test_the_sign_flip_is_all_signs_tried():
    arms = runs_of(base=BASE, better=BETTER, mixed=MIXED)
    for found in arms.comparisons():
        difference = np.array(found.differences)
        flipped = [abs(np.dot(s, difference)) for s in product((-1, 1), repeat=6)]
        expected = np.mean(np.array(flipped) >= abs(difference.sum()) - 1e-12)
        assert found.p_value == pytest.approx(expected)
    better, mixed = arms.comparisons()
    assert better.p_value == pytest.approx(2 / 2**6)
    assert better.adjusted == pytest.approx(2 * 2 / 2**6)
    assert mixed.adjusted >= mixed.p_value
    assert "within noise" in str(mixed)


def test_the_other_tests_are_scipys():
    arms = runs_of(base=BASE, better=BETTER)
    difference = np.array(BETTER) - np.array(BASE)
    (by_t,) = arms.comparisons(test="t")
    assert by_t.p_value == pytest.approx(stats.ttest_rel(BETTER, BASE).pvalue)
    (ranked,) = arms.comparisons(test="wilcoxon")
    assert ranked.p_value == pytest.approx(stats.wilcoxon(difference).pvalue)
    (back,) = arms.comparisons(baseline="better")
    assert back.differences == pytest.approx(-difference)


def test_the_effect_size_and_its_interval():
    (found,) = runs_of(base=BASE, better=BETTER).comparisons()
    difference = np.array(found.differences)
    assert found.effect_size == pytest.approx(difference.mean() / difference.std(ddof=1))
    statistic = found.effect_size * math.sqrt(6)
    assert found.effect_low < found.effect_size < found.effect_high
    for end, share in ((found.effect_low, 0.975), (found.effect_high, 0.025)):
        assert stats.nct.cdf(statistic, 5, end * math.sqrt(6)) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_that_of_the_definition(seed):
    p = np.random.default_rng(seed).uniform(0, 0.3, size=6)
    order = np.argsort(p)
    expected = np.empty(6)
    for i, at in enumerate(order):
        expected[at] = max(min(1, (6 - j) * p[order[j]]) for j in range(i + 1))
    assert holm(p.tolist()) == pytest.approx(expected)
    kept = holm([math.nan, 0.02])
    assert math.isnan(kept[0])
    assert kept[1] == 0.02


def test_one_seed_and_equal_arms():
    (found,) = runs_of(base=[0.5], other=[0.6]).comparisons()
    assert math.isnan(found.p_value)
    assert "one seed, which shows no spread" in str(found)
    (same,) = runs_of(base=BASE, other=BASE).comparisons()
    assert same.p_value == 1
    assert math.isnan(same.effect_size)
    assert same.comparison.mean == 0
    assert "within noise" in str(same)


def test_what_is_refused(task):
    with pytest.raises(TypeError, match="two tasks, before and after, or one dict"):
        compare_training(make_model, task)
    with pytest.raises(ValueError, match="at least two arms"):
        compare_training(make_model, {"none": task})
    with pytest.raises(ValueError, match="baseline must be one of base, other; got 'nobody'"):
        runs_of(base=BASE, other=BASE).comparisons(baseline="nobody")
    with pytest.raises(ValueError, match="test must be one of sign-flip, t, wilcoxon; got 'sign'"):
        runs_of(base=BASE, other=BASE).comparisons(test="sign")
