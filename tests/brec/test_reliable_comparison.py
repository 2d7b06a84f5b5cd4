"""BREC's statistic in both forms, against closed forms and on degenerate embeddings."""

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.benchmarks import reliable_paired_comparison


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


def turned(tensor, seed):
    """The same copies and channels in another order: sums are added up otherwise."""
    generator = torch.Generator().manual_seed(seed)
    copies, channels = (torch.randperm(size, generator=generator) for size in tensor.shape)
    return tensor[copies][:, channels]


def few_directions(scale):
    """Differences that scatter in 4 of 16 directions, and by ``scale`` of it in the others."""
    mixed = torch.linalg.qr(normal(5, 16, 16)).Q
    spread = torch.cat([torch.ones(4), torch.full((12,), scale)])
    return (normal(6, 32, 16) * spread) @ mixed


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (normal(1, 32, 16), normal(2, 32, 16)),
        (normal(1, 1, 16) + 1e-7 * normal(2, 32, 16), normal(3, 1, 16) + 1e-7 * normal(4, 32, 16)),
        (few_directions(0.0), few_directions(0.0) + 0.3 * normal(7, 1, 16)),
        (3.0 * few_directions(1.4e-3), few_directions(1.4e-3) + 0.3 * normal(7, 1, 16)),
        (few_directions(1e-2), torch.zeros(32, 16)),
        (normal(1, 1, 16).repeat(32, 1), normal(2, 1, 16).repeat(32, 1)),
    ],
)
def test_another_order_of_sums_stays_within_the_range(first, second):
    """Where the statistic moves over the threshold with the order of sums, this was said before."""
    found = reliable_paired_comparison(first, second)
    for seed in range(20):
        other = reliable_paired_comparison(turned(first, seed), turned(second, seed))
        assert found.on_edge or bool(other) == bool(found)


def test_a_variance_at_the_cut_of_the_pseudo_inverse_decides():
    """A difference lies in a direction that is kept above 16 digits of the largest variance."""
    cut = 16 * torch.finfo(torch.float32).eps
    scatter = torch.zeros(32, 16, dtype=torch.float64)
    scatter[:, 0] = torch.tensor([1.0, -1.0]).repeat(16)
    scatter[:, 1] = torch.tensor([1.0, 1.0, -1.0, -1.0]).repeat(8)
    moved = torch.zeros(16, dtype=torch.float64)
    moved[1] = 0.1
    for share, distinguished, on_edge in ((0.1, False, False), (10, True, False), (1, None, True)):
        scale = torch.ones(16, dtype=torch.float64)
        scale[1] = (share * cut) ** 0.5
        first = (scatter * scale + moved).float()
        found = reliable_paired_comparison(first, torch.zeros(32, 16))
        assert found.on_edge is on_edge
        assert distinguished is None or found.distinguished is distinguished
        # as the reliability block: it decides whether the model is reliable
        again = reliable_paired_comparison(first, first, (first, torch.zeros(32, 16)))
        assert again.on_edge is on_edge


def test_constant_differences_hang_on_whether_anything_scatters():
    """S of 0 stands for 1e-7 times the identity; with rounding it would be 1e-14."""
    same = normal(1, 1, 16).repeat(32, 1)
    for moved, distinguished, on_edge in ((1e-3, False, True), (1e-2, True, False)):
        found = reliable_paired_comparison(same, same + moved / 4)
        assert (found.distinguished, found.on_edge) == (distinguished, on_edge)
    # a few digits are no difference on any machine
    assert not reliable_paired_comparison(same, same * (1 + 2e-7)).on_edge
    assert not reliable_paired_comparison(same, same).on_edge


def test_a_statistic_at_the_threshold_is_on_edge_in_both_modes():
    first, second = normal(1, 32, 16).double(), normal(2, 32, 16).double()
    difference = first - second
    centered, direction = difference - difference.mean(dim=0), normal(3, 1, 16).double()
    for mode in ("code", "paper"):
        one = reliable_paired_comparison(centered + direction, 0 * first, mode=mode)
        at = direction * (one.threshold / one.statistic) ** 0.5
        for share, on_edge in ((1 - 1e-6, False), (1.0, True), (1 + 1e-6, False)):
            found = reliable_paired_comparison(centered + at * share, 0 * first, mode=mode)
            assert found.on_edge is on_edge


def test_what_is_refused():
    with pytest.raises(ValueError, match="mode must be one of code, paper; got 'exact'"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2), mode="exact")
    with pytest.raises(ValueError, match="16 copies of 16 channels are too few"):
        reliable_paired_comparison(normal(1, 16, 16), normal(2, 16, 16), mode="paper")
    with pytest.raises(ValueError, match="not a number"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2) * float("nan"))
    with pytest.raises(ValueError, match="alpha must be between 0 and 1"):
        reliable_paired_comparison(normal(1, 4, 2), normal(2, 4, 2), mode="paper", alpha=5)
