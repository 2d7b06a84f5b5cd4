"""Sparse answers agree with the dense ones, and estimates cover the truth as often as they say."""

import numpy as np
import pytest
import torch

from workbench.diagnostics import (
    TooLargeError,
    approximate_total_resistance,
    effective_resistance,
    resistance_of_pairs,
    total_resistance,
)
from workbench.diagnostics.resistance import pair_sums, resistance_sparse
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver, stays_sparse
from workbench.graphs import erdos_renyi, grid, karate, path, random_regular, ring, star, tree
from workbench.topology import simple_graph


def adjacency(data):
    return simple_graph(data.edge_index, data.num_nodes).adjacency()


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def random_pairs(num_nodes, count, seed=0):
    return torch.randint(0, num_nodes, (2, count), generator=seeded(seed))


@pytest.fixture
def filled_in(monkeypatch):
    """Every graph counts as one where elimination fills in."""
    for module in (pair_sums, resistance_sparse):
        monkeypatch.setattr(module, "plan", lambda adjacency, **options: None)


def test_factored_pairs_are_exact():
    data, pairs = grid(25, 41), random_pairs(1025, 20)
    expected = effective_resistance(data.edge_index, 1025)[pairs[0], pairs[1]]
    found = resistance_of_pairs(data.edge_index, 1025, pairs)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_factored_pairs_of_a_ring():
    pairs = random_pairs(20_000, 40)
    steps = (pairs[0] - pairs[1]).abs().double()
    found = resistance_of_pairs(ring(20_000).edge_index, 20_000, pairs)
    torch.testing.assert_close(found, steps * (20_000 - steps) / 20_000, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-6])
@pytest.mark.parametrize(
    "data", [random_regular(900, 4, generator=seeded(1)), grid(20, 45), ring(600)]
)
def test_conjugate_gradients_keep_their_tolerance(data, tolerance):
    pairs = random_pairs(data.num_nodes, 50)
    columns = np.arange(50)
    right = np.zeros((data.num_nodes, 50))
    right[pairs[0], columns] += 1.0
    right[pairs[1], columns] -= 1.0
    solver = LaplacianSolver(adjacency(data), tolerance=tolerance, method="cg")
    found = torch.from_numpy((right * solver.solve(right)).sum(0))
    expected = effective_resistance(data.edge_index, data.num_nodes)[pairs[0], pairs[1]]
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=0)


def test_the_rule_that_chooses_the_solver():
    assert stays_sparse(adjacency(grid(100, 100)))
    assert stays_sparse(adjacency(tree(13)))
    assert stays_sparse(adjacency(star(20_000)))
    assert not stays_sparse(adjacency(random_regular(10_000, 4, generator=seeded(0))))


def test_large_random_graph_by_iteration():
    data = erdos_renyi(20_000, 6 / 20_000, generator=seeded(0))
    source, target = data.edge_index
    pairs = torch.stack([source[:40], target[:40]])
    loose = resistance_of_pairs(data.edge_index, data.num_nodes, pairs, tolerance=1e-2)
    tight = resistance_of_pairs(data.edge_index, data.num_nodes, pairs, tolerance=1e-8)
    torch.testing.assert_close(loose, tight, rtol=1e-2, atol=0)
    assert bool((tight <= 1 + 1e-6).all())


def test_a_million_node_path_between_components_and_with_itself():
    data = path(1_000_000)
    pairs = torch.tensor([[0, 10, 999_999, 4, 1_000_000], [999_999, 250_010, 0, 4, 3]])
    found = resistance_of_pairs(data.edge_index, 1_000_001, pairs)
    expected = torch.tensor([999_999, 250_000, 999_999, 0, torch.inf], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


def test_weighted_pairs_and_components():
    edge_index = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    weight = torch.tensor([2.0, 2.0, 0.5, 0.5])
    pairs = torch.tensor([[0, 3, 0, 2], [1, 2, 2, 2]])
    found = resistance_of_pairs(edge_index, 4, pairs, weight)
    assert found.tolist() == pytest.approx([0.5, 2.0, torch.inf, 0.0])


def test_no_pairs():
    assert resistance_of_pairs(karate().edge_index, 34, torch.empty(2, 0).long()).shape == (0,)


def test_pairs_are_checked():
    with pytest.raises(ValueError, match="outside 0 to 33"):
        resistance_of_pairs(karate().edge_index, 34, torch.tensor([[0], [34]]))
    with pytest.raises(ValueError, match="tolerance"):
        resistance_of_pairs(karate().edge_index, 34, torch.tensor([[0], [1]]), tolerance=0.0)


@pytest.mark.parametrize(
    "data", [grid(20, 40), ring(700), random_regular(600, 3, generator=seeded(2))]
)
def test_the_estimate_covers_the_truth(data, filled_in):
    truth = float(total_resistance(data.edge_index, data.num_nodes))
    misses = 0
    for seed in range(60):
        found = approximate_total_resistance(
            data.edge_index, data.num_nodes, num_probes=48, generator=seeded(seed)
        )
        assert 0 < float(found.standard_error) < 0.1 * truth
        misses += abs(float(found.value) - truth) > 3 * float(found.standard_error)
    assert misses <= 3  # 95 % of 60


def test_the_estimate_repeats_itself(filled_in):
    data = grid(30, 30)
    first, second = (
        approximate_total_resistance(data.edge_index, 900, generator=seeded(5)) for _ in range(2)
    )
    assert first.value == second.value
    assert first.standard_error > 0


@pytest.mark.parametrize("data", [karate(), grid(30, 30), ring(3000)])
def test_small_and_sparse_totals_are_exact(data):
    found = approximate_total_resistance(data.edge_index, data.num_nodes)
    assert float(found.standard_error) == 0
    truth = float(total_resistance(data.edge_index, data.num_nodes))
    assert float(found.value) == pytest.approx(truth, rel=1e-10)


def test_the_estimate_of_a_disconnected_graph(filled_in):
    data = grid(20, 30)
    assert approximate_total_resistance(data.edge_index, 601).value.isinf()
    within = approximate_total_resistance(data.edge_index, 601, within_components=True)
    truth = float(total_resistance(data.edge_index, 600))
    assert abs(float(within.value) - truth) < 5 * float(within.standard_error)
    with pytest.raises(ValueError, match="num_probes"):
        approximate_total_resistance(data.edge_index, 600, num_probes=2)


def test_too_many_pairs_are_refused_before_long(monkeypatch, filled_in):
    clock = iter(range(0, 10_000_000, 1000))
    monkeypatch.setattr(resistance_sparse.time, "perf_counter", lambda: float(next(clock)))
    data = grid(70, 70)
    with pytest.raises(TooLargeError, match="approximate_total_resistance"):
        resistance_of_pairs(data.edge_index, 4900, random_pairs(4900, 5000))
