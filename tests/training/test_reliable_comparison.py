"""BREC's statistic in both forms, against closed forms and on degenerate embeddings."""

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.training import reliable_paired_comparison


def normal(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def hotelling(difference):
    difference = difference.double().numpy()
    mean, spread = difference.mean(axis=0), np.cov(difference.T)
    return len(difference) * mean @ np.linalg.solve(np.atleast_2d(spread), mean)


def test_paper_is_hotelling():
    first, second = normal(1, 32, 16), 0.4 + normal(2, 32, 16)
    found = reliable_paired_comparison(first, second, mode="paper")
    assert found.statistic == pytest.approx(hotelling(first.double() - second.double()), rel=1e-9)
    assert found.threshold == pytest.approx(72.338, abs=1e-3)  # where the code's 72.34 is from
    # one channel: the square of Student's t
    one = reliable_paired_comparison(first[:, :1], second[:, :1], mode="paper")
    t = stats.ttest_rel(first[:, 0].double(), second[:, 0].double()).statistic
    assert one.statistic == pytest.approx(t**2, rel=1e-9)


def test_the_level_is_kept():
    # equal distributions: a share alpha of all pairs is above the threshold
    found = [
        reliable_paired_comparison(
            normal(2 * i, 32, 4), normal(2 * i + 1, 32, 4), mode="paper", alpha=0.2
        ).distinguished
        for i in range(400)
    ]
    assert abs(np.mean(found) - 0.2) < 3 * (0.2 * 0.8 / 400) ** 0.5


def test_the_code_leaves_the_factor_out():
    first, second = normal(1, 32, 16), 4 + normal(2, 32, 16)
    paper = reliable_paired_comparison(first, second, mode="paper")
    code = reliable_paired_comparison(first, second, mode="code")
    assert code.statistic == pytest.approx(paper.statistic / 32, rel=1e-3)
    assert code.threshold == 72.34
    # between the two thresholds lie pairs on which the modes differ
    near = first + 1.0 + normal(3, 32, 16)
    assert reliable_paired_comparison(first, near, mode="paper").distinguished
    assert not reliable_paired_comparison(first, near, mode="code").distinguished


@pytest.mark.parametrize("mode", ["code", "paper"])
def test_degenerate_embeddings(mode):
    same = normal(1, 1, 16).repeat(32, 1)
    assert reliable_paired_comparison(same, same, mode=mode).statistic == 0
    assert not reliable_paired_comparison(same, same, mode=mode)
    # two constant embeddings: a pseudo-inverse of zero would call them equal
    other = normal(2, 1, 16).repeat(32, 1)
    assert reliable_paired_comparison(same, other, (same, same), mode=mode)
    # a relabeling that changes the embedding is not reliable
    moved = reliable_paired_comparison(same, other, (same, other + 1), mode=mode)
    assert moved.distinguished
    assert not moved.reliable
    assert not moved


def test_rounding_noise_is_no_difference():
    center = 100 * normal(1, 1, 16)
    for seed in range(100):
        copies = [center + 1e-5 * normal(4 * seed + i, 32, 16) for i in range(4)]
        for mode in ("code", "paper"):
            found = reliable_paired_comparison(*copies[:2], tuple(copies[2:]), mode=mode)
            assert found.reliable
            assert not found.distinguished


def test_the_code_asks_that_it_is_not_the_reliability_block():
    first, second = normal(1, 32, 4), 100 + normal(2, 32, 4)
    assert reliable_paired_comparison(first, second).distinguished
    found = reliable_paired_comparison(first, second, (first, second))
    assert found.statistic == found.reliability > found.threshold
    assert not found.distinguished


def test_what_is_refused():
    with pytest.raises(ValueError, match="mode must be one of code, paper; got 'exact'"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2), mode="exact")
    with pytest.raises(ValueError, match="16 copies of 16 channels are too few"):
        reliable_paired_comparison(normal(1, 16, 16), normal(2, 16, 16), mode="paper")
    with pytest.raises(ValueError, match="not a number"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2) * float("nan"))
    with pytest.raises(ValueError, match="alpha must be between 0 and 1"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2), mode="paper", alpha=5)
