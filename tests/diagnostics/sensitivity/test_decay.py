"""Decay with distance and with depth: exact exponentials, the released code, statistics."""

import itertools
import math

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress

from workbench.diagnostics import (
    TooLargeError,
    decay_fit,
    effective_resistance,
    hop_distance,
    sensitivity_decay,
)
from workbench.diagnostics.sensitivity.decay_rate import decay_rate, decay_statistics
from workbench.graphs import barbell, complete, from_networkx, grid, karate, path, ring


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_an_exact_exponential_is_found():
    distance = hop_distance(grid(4, 5).edge_index, 20)
    fit = decay_fit(3 * torch.exp(-0.7 * distance), distance)
    assert float(fit.rate) == pytest.approx(0.7)
    assert float(fit.standard_error) == pytest.approx(0, abs=1e-9)
    assert float(fit.r_squared) == pytest.approx(1)
    assert float(fit.half_distance) == pytest.approx(math.log(2) / 0.7)
    assert fit.pairs == 380


def test_bins_of_equal_width_are_the_means_of_their_pairs():
    graph = karate()
    away = effective_resistance(graph.edge_index, 34)
    random = torch.rand(34, 34, generator=torch.Generator().manual_seed(0)).double()
    found = sensitivity_decay(random, away, num_bins=5)
    r, s = away.T.numpy(), random.numpy()
    assert found.distance[0] == 0
    assert int(found.pairs[0]) == 34
    borders = np.linspace(r[r > 0].min(), r.max(), 6)
    for k, (low, high) in enumerate(itertools.pairwise(borders), start=1):
        inside = (r > 0) & (r >= low - 1e-12) & ((r < high) | (k == 5))
        assert int(found.pairs[k]) == inside.sum()
        assert float(found.distance[k]) == pytest.approx(r[inside].mean())
        assert float(found.mean[k]) == pytest.approx(s[inside].mean())
        error = s[inside].std(ddof=1) / inside.sum() ** 0.5
        assert float(found.standard_error[k]) == pytest.approx(error)
    assert int(found.pairs.sum()) == 34 * 34


def test_odd_bins():
    one = torch.zeros(1, 1).double()
    assert sensitivity_decay(one, one, num_bins=3).distance.tolist() == [0]
    distance = hop_distance(complete(4).edge_index, 4)
    assert sensitivity_decay(distance, distance, num_bins=3).pairs.tolist() == [4, 12]
    apart = torch.tensor([[0.0, torch.inf], [torch.inf, 0.0]]).double()
    assert sensitivity_decay(apart * 0 + 1, apart, num_bins=2).pairs.tolist() == [2]
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        sensitivity_decay(one, one, num_bins=0)


def test_fit_by_scipy():
    distance = hop_distance(karate().edge_index, 34)
    noise = torch.randn(34, 34, generator=torch.Generator().manual_seed(0)).double()
    sensitivity = torch.exp(noise - distance.T)
    sensitivity[noise > 1] = 0.0
    fit = decay_fit(sensitivity, distance)
    used = (sensitivity > 0) & ~torch.eye(34, dtype=torch.bool)
    other = linregress(distance.T[used].numpy(), sensitivity[used].log().numpy())
    assert float(fit.rate) == pytest.approx(-other.slope)
    assert float(fit.standard_error) == pytest.approx(other.stderr)
    assert float(fit.r_squared) == pytest.approx(other.rvalue**2)
    assert fit.pairs == int(used.sum())


def test_fits_of_little_or_no_decay():
    distance = hop_distance(path(5).edge_index, 5)
    flat = decay_fit(torch.ones(5, 5).double(), distance)
    assert (float(flat.rate), float(flat.half_distance)) == (0, math.inf)
    two = torch.cat([ring(3).edge_index, ring(3).edge_index + 3], dim=1)
    for edge_index, size in ((two, 6), (torch.empty(2, 0, dtype=torch.int64), 3)):
        fit = decay_fit(torch.ones(size, size).double(), hop_distance(edge_index, size))
        assert fit.rate.isnan()
        assert fit.r_squared.isnan()
        assert fit.half_distance.isnan()
    with pytest.raises((ValueError, TypeError)):
        decay_fit(torch.ones(5, 5).double(), distance[:3, :3])


def official(graph):
    """The released function: slope of log (A^k)_vu / sum_l (A^k)_lv for k from D to 2 D - 1."""
    adjacency = nx.to_numpy_array(graph, nodelist=range(len(graph))) + np.eye(len(graph))
    diameter = nx.diameter(graph)
    depths = np.arange(diameter, 2 * diameter)
    powers = np.stack([np.linalg.matrix_power(adjacency, k) for k in depths], axis=2)
    logs = np.log(powers) - np.log(powers.sum(axis=0))[:, None, :]
    slopes = [linregress(depths, row).slope for row in logs.reshape(-1, depths.size)]
    return torch.tensor(slopes).reshape(len(graph), len(graph))


@given(st.integers(3, 10), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_released_code(size, seed):
    graph = nx.gnp_random_graph(size, 0.3, seed=seed)
    if not nx.is_connected(graph) or nx.diameter(graph) < 2:
        return
    edge_index = from_networkx(graph).edge_index
    found = decay_rate(edge_index, size, variant="official")
    expected = official(graph)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-10)
    assert torch.equal(decay_rate(edge_index, size), -found)
    statistics = decay_statistics(found)
    positive = expected[expected > 1e-12]
    assert float(statistics.prevalence) == pytest.approx(positive.numel() / size**2)
    if positive.numel() > 1:
        assert float(statistics.intensity) == pytest.approx(float(positive.mean()))
        assert float(statistics.variability) == pytest.approx(float(positive.std()))
        assert float(statistics.extremity) == pytest.approx(float(positive.max()))


def test_closed_form_on_a_square():
    """A + I on C4 has eigenvalues 3, 1, 1, -1: the powers are (3^r + 2 + (-1)^r) / 4 and so on."""
    r = np.arange(2, 4)
    shares = {0: 3.0**r + 2 + (-1.0) ** r, 1: 3.0**r - (-1.0) ** r, 2: 3.0**r - 2 + (-1.0) ** r}
    found = decay_rate(ring(4).edge_index, 4)
    for hops, share in shares.items():
        rate = -np.diff(np.log(share / (4 * 3.0**r)))[0]
        assert float(found[0, hops]) == pytest.approx(rate)


def test_laws():
    data = barbell(5, 2)
    size = data.num_nodes
    found = decay_rate(data.edge_index, size)
    order = torch.randperm(size, generator=torch.Generator().manual_seed(0))
    turned = decay_rate(order[data.edge_index], size)
    torch.testing.assert_close(turned[order][:, order], found)
    # all mixed from the first step, and in the end
    assert not decay_rate(complete(6).edge_index, 6).any()
    assert float(decay_rate(data.edge_index, size, depths=(2000, 2001)).abs().max()) < 1e-6
    weight = torch.full((data.edge_index.size(1),), 4.0)
    options = {"self_loops": False, "depths": (9, 14)}
    plain = decay_rate(data.edge_index, size, **options)
    torch.testing.assert_close(decay_rate(data.edge_index, size, weight, **options), plain)
    noisy = torch.cat([data.edge_index, data.edge_index[:, :4], torch.tensor([[1], [1]])], dim=1)
    torch.testing.assert_close(decay_rate(noisy, size), found)


def test_components_and_tiny_graphs():
    two = torch.cat([path(3).edge_index, path(4).edge_index + 3], dim=1)
    found = decay_rate(two, 8)
    assert bool(found[:3, 3:].isnan().all())
    assert not found[:3, :3].isnan().any()
    assert not found[3:7, 3:7].isnan().any()
    assert found[7, 7] == 0
    none = torch.empty(2, 0, dtype=torch.int64)
    assert decay_rate(none, 0).shape == (0, 0)
    assert decay_rate(none, 1).tolist() == [[0.0]]
    statistics = decay_statistics(decay_rate(none, 1))
    assert (float(statistics.prevalence), float(statistics.extremity)) == (0, 0)
    assert decay_statistics(decay_rate(none, 0)).prevalence.isnan()


def test_the_share_of_pairs_is_in_double_and_of_what_is_asked():
    rate = decay_rate(ring(12).edge_index, 12, variant="official")
    share = decay_statistics(rate).prevalence
    assert (share.dtype, float(share)) == (torch.float64, 7 / 12)
    rate = torch.tensor([[0.0, 1.0], [torch.nan, torch.nan]], dtype=torch.float64)
    assert float(decay_statistics(rate).prevalence) == 1 / 2
    assert float(decay_statistics(rate, variant="official").prevalence) == 1 / 4
    with pytest.raises((ValueError, TypeError)):
        decay_statistics(rate, variant="code")


def test_shares_at_the_end_of_float64_have_no_rate_rather_than_a_wrong_one():
    """On a path of 680 nodes the far end's share falls to 3^-679; logarithms reach farther."""
    size, first = 680, 679
    found = decay_rate(path(size).edge_index, size)[0].numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        walks, rows = np.log(1.0 * (np.arange(size) == 0)), []
        for depth in range(1, 2 * first):
            sides = np.r_[walks[1:], -np.inf], np.r_[-np.inf, walks[:-1]]
            walks = np.logaddexp(np.logaddexp(*sides), walks)
            rows += [walks - np.logaddexp.reduce(walks)] if depth >= first else []
        depth = np.arange(first) - (first - 1) / 2
        expected = -(depth @ np.stack(rows)) / (depth @ depth)
    known = ~np.isnan(found)
    assert 0 < (~known).sum() < 40
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-9)


@pytest.mark.parametrize("loops", [True, False])
def test_nodes_that_are_all_alike_have_no_rate_from_rounding(loops):
    for graph in (nx.complete_graph(150), nx.hypercube_graph(5), nx.paley_graph(13)):
        edges, size = from_networkx(nx.Graph(graph)).edge_index, len(graph)
        for variant in ("paper", "official"):
            rate = decay_rate(edges, size, self_loops=loops, variant=variant)
            assert not ((rate != 0) & (rate.abs() < 1e-9)).any()


def test_refusals():
    data = ring(4)
    for depths in ((0, 3), (3, 3)):
        with pytest.raises(ValueError, match="depths"):
            decay_rate(data.edge_index, 4, depths=depths)
    with pytest.raises((ValueError, TypeError)):
        decay_rate(data.edge_index, 4, variant="code")
    with pytest.raises(TooLargeError, match="100,000 nodes"):
        decay_rate(data.edge_index, 100_000)
    long = ring(3000)
    with pytest.raises(TooLargeError, match=r"2999 layers.*sensitivity"):
        decay_rate(long.edge_index, 3000)


@pytest.mark.parametrize("seed", range(3))
def test_distances_that_rounding_parts_are_one(seed):
    """Around a ring: k (20 - k) / 20 ohm over k edges, which sums part."""
    away = effective_resistance(ring(20).edge_index, 20)
    shaken = away * (1 + 1e-14 * torch.randn(20, 20, generator=generator(seed)))
    heard = torch.rand(20, 20, generator=generator(3)).double()
    for bins in (None, 3, 7, 81):
        expected = sensitivity_decay(heard, away, num_bins=bins)
        found = sensitivity_decay(heard, shaken, num_bins=bins)
        assert found.pairs.tolist() == expected.pairs.tolist()
        torch.testing.assert_close(found.mean, expected.mean)
    assert sensitivity_decay(heard, shaken).pairs.tolist() == [20, *[40] * 9, 20]
    # 81 bins of 0.05 ohm from 0.95 to 5: each distance is where one begins, 5 the end of the last
    assert sensitivity_decay(heard, shaken, num_bins=81).pairs.tolist() == [20, *[40] * 8, 60]


@pytest.mark.parametrize("seed", range(3))
def test_a_fit_is_of_what_differs_by_more_than_rounding(seed):
    noise = 1 + 1e-14 * torch.randn(6, 6, generator=generator(seed))
    alike = effective_resistance(complete(6).edge_index, 6) * noise
    heard = torch.rand(6, 6, generator=generator(seed)).double()
    assert decay_fit(heard, alike).rate.isnan()
    flat = decay_fit(noise, hop_distance(path(6).edge_index, 6))
    assert (float(flat.rate), float(flat.r_squared)) == (0, 1)
    assert float(flat.half_distance) == math.inf
    # as loud two hops away as one hop, and louder at none: no decay, whatever the last digits
    hops = hop_distance(path(3).edge_index, 3)
    bent = torch.ones(3, 3).double()
    bent[0, 1] = bent[2, 1] = 4.0
    bent[1, 0] = bent[1, 2] = 0.25
    level = decay_fit(bent * noise[:3, :3], hops)
    assert (float(level.rate), float(level.half_distance)) == (0, math.inf)
