"""Kemeny's constant against its spectrum, its hitting times, closed forms and its estimate."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    TooLargeError,
    approximate_kemeny_constant,
    hitting_time,
    kemeny_constant,
    laplacian_spectrum,
)
from workbench.diagnostics.resistance import pair_sums
from workbench.graphs import (
    complete,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    path,
    random_regular,
    ring,
    star,
)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, data.get("edge_weight"), **options)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (complete(7), 6**2 / 7),
        (ring(10), (10**2 - 1) / 6),
        (star(8), 7 - 1 / 2),  # one eigenvalue 2, six of 1
        (path(2), 1 / 2),
        (path(1), 0),
        (ring(4000), (4000**2 - 1) / 6),
    ],
)
def test_closed_forms(data, expected):
    assert float(of(kemeny_constant, data)) == pytest.approx(expected, rel=1e-9)


@given(st.integers(2, 14), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_spectrum_hitting_times_and_networkx(size, seed):
    graph = nx.gnp_random_graph(size, 0.4, seed=seed)
    graph.add_edges_from(nx.path_graph(size).edges)
    random = seeded(seed)
    for _, _, edge in graph.edges(data=True):
        edge["weight"] = float(0.1 + 10 * torch.rand((), generator=random).double())
    data = from_networkx(graph)
    found = float(of(kemeny_constant, data))
    spectrum = of(laplacian_spectrum, data)
    assert found == pytest.approx(float((1 / spectrum[1:]).sum()), rel=1e-9)
    weight = data.edge_weight.double()
    degree = torch.zeros(size).double().index_add_(0, data.edge_index[0], weight)
    means = of(hitting_time, data) @ (degree / degree.sum())
    torch.testing.assert_close(means, torch.full_like(means, found), rtol=1e-8, atol=0)
    assert found == pytest.approx(nx.kemeny_constant(graph, weight="weight"), rel=1e-6)


def test_elimination_and_the_dense_inverse_agree(monkeypatch):
    data = grid(40, 60)
    weight = torch.rand(data.num_edges // 2, generator=seeded(0)).double() + 0.1
    keys = torch.minimum(*data.edge_index) * 2400 + torch.maximum(*data.edge_index)
    weight = weight[torch.unique(keys, return_inverse=True)[1]]
    sparse = float(kemeny_constant(data.edge_index, 2400, weight))
    monkeypatch.setattr(pair_sums, "plan", lambda adjacency, **options: None)
    dense = float(kemeny_constant(data.edge_index, 2400, weight))
    assert sparse == pytest.approx(dense, rel=1e-9)


def test_components():
    both = torch.cat([ring(10).edge_index, complete(7).edge_index + 10], dim=1)
    assert kemeny_constant(both, 17).isinf()
    assert approximate_kemeny_constant(both, 17).value.isinf()
    expected = 99 / 6 + 36 / 7
    for num_nodes in (17, 20):  # with isolated nodes
        found = kemeny_constant(both, num_nodes, within_components=True)
        assert float(found) == pytest.approx(expected)
        found = approximate_kemeny_constant(both, num_nodes, within_components=True)
        assert float(found.value) == pytest.approx(expected)
        assert found.standard_error == 0


def test_many_components_by_elimination():
    data = grid(50, 50)
    both = torch.cat([data.edge_index, data.edge_index + 2500], dim=1)
    one = float(of(kemeny_constant, data))
    found = kemeny_constant(both, 5001, within_components=True)
    assert float(found) == pytest.approx(2 * one, rel=1e-10)


def test_any_unit_of_conductance_self_loops_and_repeats():
    data = karate()
    expected = float(of(kemeny_constant, data))
    weight = torch.full((data.num_edges,), 1e-9, dtype=torch.float64)
    assert float(kemeny_constant(data.edge_index, 34, weight)) == pytest.approx(expected)
    noisy = torch.cat([data.edge_index, data.edge_index, torch.tensor([[3], [3]])], dim=1)
    assert float(kemeny_constant(noisy, 34)) == pytest.approx(expected)


@pytest.mark.parametrize("num_nodes", [0, 1])
def test_no_edges(num_nodes):
    empty = torch.empty(2, 0, dtype=torch.int64)
    assert kemeny_constant(empty, num_nodes) == 0
    assert approximate_kemeny_constant(empty, num_nodes).value == 0


@pytest.mark.parametrize(
    "data", [grid(20, 40), ring(700), erdos_renyi(700, 0.01, generator=seeded(2))]
)
def test_the_estimate_covers_the_truth(data, monkeypatch):
    monkeypatch.setattr(pair_sums, "plan", lambda adjacency, **options: None)
    truth, misses = float(of(kemeny_constant, data, within_components=True)), 0
    for seed in range(60):
        found = of(
            approximate_kemeny_constant,
            data,
            num_probes=48,
            within_components=True,
            generator=seeded(seed),
        )
        assert 0 < float(found.standard_error) < 0.1 * truth
        misses += abs(float(found.value) - truth) > 3 * float(found.standard_error)
    assert misses <= 3  # 95 % of 60


def test_refusals():
    data = random_regular(21_000, 6, generator=seeded(0))
    with pytest.raises(TooLargeError, match="approximate_kemeny_constant"):
        of(kemeny_constant, data)
    with pytest.raises(ValueError, match="num_probes"):
        of(approximate_kemeny_constant, karate(), num_probes=5)
    with pytest.raises(ValueError, match="to_undirected"):
        kemeny_constant(torch.tensor([[0, 1], [1, 2]]), 3)
