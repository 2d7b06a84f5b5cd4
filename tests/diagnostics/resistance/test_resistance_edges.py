"""Resistance and commute time of every edge: exact, or within the stated error as often as said."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.utils import coalesce

from workbench.diagnostics import (
    Stopped,
    TooLargeError,
    commute_time,
    commute_time_of_edges,
    commute_time_of_pairs,
    effective_resistance,
    estimate,
    resistance_of_edges,
    resistance_of_pairs,
)
from workbench.diagnostics.resistance import edge_projection, resistance_sparse
from workbench.graphs import (
    barbell,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    random_regular,
    ring,
    tree,
)

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def on_edges(matrix, edge_index):
    return matrix[edge_index[0], edge_index[1]]


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, data.get("edge_weight"), **options)


@pytest.fixture
def filled_in(monkeypatch):
    """Every graph of more than 500 nodes counts as one where elimination fills in."""
    monkeypatch.setattr(resistance_sparse, "plan", lambda adjacency, **options: None)


@pytest.mark.parametrize("data", [karate(), grid(31, 33), tree(10), barbell(40, 600)])
def test_all_pairs_agree(data):
    expected = on_edges(of(effective_resistance, data), data.edge_index)
    torch.testing.assert_close(of(resistance_of_edges, data), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("size", [20, 3000])
def test_every_edge_of_a_ring(size):
    found = of(resistance_of_edges, ring(size))
    assert bool(((found - (size - 1) / size).abs() < 1e-13).all())


@given(st.integers(1, 30), st.sampled_from([0.05, 0.15, 0.4]), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_networkx_agrees_and_foster_holds(size, probability, seed):
    graph = nx.gnp_random_graph(size, probability, seed=seed)
    random = np.random.default_rng(seed)
    for _, _, edge in graph.edges(data=True):
        # wide enough that elimination does it, narrow enough for networkx
        edge["weight"] = float(10.0 ** random.uniform(-2.5, 2.5))
    data = from_networkx(graph)
    found = of(resistance_of_edges, data)
    weight = torch.tensor([graph.edges[u, v]["weight"] for u, v in data.edge_index.T.tolist()])
    foster = float((weight.double() * found).sum() / 2)
    assert foster == pytest.approx(size - nx.number_connected_components(graph), abs=1e-5)
    for nodes in nx.connected_components(graph):
        part = graph.subgraph(nodes)
        expected = nx.resistance_distance(part, weight="weight", invert_weight=False)
        for at, (u, v) in enumerate(data.edge_index.T.tolist()):
            if u in nodes:
                assert float(found[at]) == pytest.approx(expected[u][v], rel=1e-7)


def test_weak_links_keep_their_digits():
    """Two cliques joined by 1e-13 siemens: a factor of L would have nothing left of either."""
    data = barbell(6, 0)
    weight = torch.ones(data.num_edges, dtype=torch.float64)
    joint = ((data.edge_index < 6).sum(0) == 1).nonzero().flatten()
    weight[joint] = 1e-13
    found = resistance_of_edges(data.edge_index, 12, weight)
    assert found[joint].tolist() == pytest.approx([1e13, 1e13], rel=1e-14)
    inside = torch.ones(data.num_edges, dtype=torch.bool)
    inside[joint] = False
    assert found[inside].tolist() == pytest.approx([2 / 6] * int(inside.sum()), rel=1e-14)


def test_columns_of_every_kind():
    """A repeat, a self-loop, a weight of 0 inside and between components, any order of columns."""
    edge_index = torch.tensor(
        [[1, 0, 1, 2, 2, 0, 3, 0, 4, 0, 1], [0, 1, 2, 1, 2, 2, 0, 3, 3, 1, 0]]
    )
    edge_index = torch.cat([edge_index, torch.tensor([[2, 3], [0, 4]])], dim=1)
    weight = torch.tensor([1.0, 1.0, 4.0, 4.0, 9.0, 0.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.0, 2.0])
    found = resistance_of_edges(edge_index, 6, weight)
    half, quarter, inf = 1 / 2, 1 / 4, torch.inf
    expected = [half, half, quarter, quarter, 0, half + quarter, inf, inf, half, half, half]
    assert found.tolist() == pytest.approx([*expected, half + quarter, half])
    commute = commute_time_of_edges(edge_index, 6, weight)
    volume = 2 * (2 + 4)
    assert commute[:6].tolist() == pytest.approx([volume * value for value in expected[:6]])
    assert commute[6].isinf()
    assert float(commute[8]) == pytest.approx(2 * 2 * half)


@pytest.mark.parametrize("num_nodes", [0, 1, 3])
def test_no_edges(num_nodes):
    empty = torch.empty(2, 0, dtype=torch.int64)
    for function in (resistance_of_edges, commute_time_of_edges):
        found = function(empty, num_nodes)
        assert found.shape == (0,)
        assert found.dtype == torch.float64
    assert commute_time_of_pairs(empty, num_nodes, empty).shape == (0,)


def test_directed_input_and_bad_options():
    with pytest.raises(ValueError, match="to_undirected"):
        resistance_of_edges(torch.tensor([[0, 1], [1, 2]]), 3)
    for tolerance in (0.0, 1.0, -1.0):
        with pytest.raises(ValueError, match="tolerance"):
            of(resistance_of_edges, karate(), tolerance=tolerance)


def test_permutation_equivariance_and_no_gradient():
    data, order = grid(25, 30), torch.randperm(750, generator=seeded(0))
    weight = torch.ones(data.num_edges, dtype=torch.float64, requires_grad=True)
    moved = resistance_of_edges(order[data.edge_index], 750, weight)
    assert not moved.requires_grad
    torch.testing.assert_close(moved, of(resistance_of_edges, data), rtol=1e-12, atol=0)


def test_commute_times_agree_with_the_matrix():
    data = grid(20, 35)
    edge_index = torch.cat([data.edge_index, ring(9).edge_index + 700], dim=1)
    expected = commute_time(edge_index, 710)
    found = commute_time_of_edges(edge_index, 710)
    torch.testing.assert_close(found, on_edges(expected, edge_index), rtol=1e-9, atol=0)
    pairs = torch.randint(0, 710, (2, 60), generator=seeded(0))
    pairs[:, 0] = 709  # an isolated node with itself
    found = commute_time_of_pairs(edge_index, 710, pairs)
    torch.testing.assert_close(found, on_edges(expected, pairs), rtol=1e-9, atol=0)


def test_a_large_graph_is_exact_in_seconds():
    data = grid(150, 200)
    found = of(resistance_of_edges, data)
    assert float(found.sum()) / 2 == pytest.approx(30_000 - 1, rel=1e-13)
    few = torch.randperm(data.num_edges, generator=seeded(1))[:50]
    pairs = resistance_of_pairs(data.edge_index, data.num_nodes, data.edge_index[:, few])
    torch.testing.assert_close(found[few], pairs, rtol=1e-12, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        random_regular(600, 3, generator=seeded(2)),
        erdos_renyi(700, 0.012, generator=seeded(3)),  # several components
        from_networkx(nx.barabasi_albert_graph(600, 2, seed=1)),
        grid(20, 30),
    ],
    ids=["regular", "random", "scale-free", "grid"],
)
@pytest.mark.parametrize("tolerance", [0.2, 0.05])
def test_projections_keep_their_error_in_95_of_100_edges(data, tolerance, filled_in):
    truth = on_edges(of(effective_resistance, data), data.edge_index)
    within, off = [], []
    for seed in range(20):
        found = of(resistance_of_edges, data, tolerance=tolerance, generator=seeded(seed))
        error = (found / truth - 1).abs()
        within.append(float((error <= tolerance).double().mean()))
        off.append(float(((found - truth) / truth).mean()))
    assert sum(share >= 0.95 for share in within) >= 19  # of 20 draws
    assert abs(np.mean(off)) < 0.1 * tolerance  # no bias to speak of


def test_projections_with_weights_repeat_themselves(filled_in):
    data = random_regular(800, 4, generator=seeded(5))
    keys = torch.minimum(*data.edge_index) * 800 + torch.maximum(*data.edge_index)
    _, edge = torch.unique(keys, return_inverse=True)
    weight = (0.1 + 10 * torch.rand(int(edge.max()) + 1, generator=seeded(6)).double())[edge]
    truth = on_edges(effective_resistance(data.edge_index, 800, weight), data.edge_index)
    first, second = (
        resistance_of_edges(data.edge_index, 800, weight, generator=seeded(7)) for _ in range(2)
    )
    assert torch.equal(first, second)
    assert float(((first / truth - 1).abs() <= 0.1).double().mean()) >= 0.95


def test_projections_stop_and_refuse(filled_in, monkeypatch):
    data = random_regular(800, 4, generator=seeded(5))
    with pytest.raises(Stopped):
        of(resistance_of_edges, data, should_stop=lambda: True)
    clock = iter(range(0, 10_000_000, 1000))
    monkeypatch.setattr(edge_projection.time, "perf_counter", lambda: float(next(clock)))
    with pytest.raises(TooLargeError, match="resistance_of_pairs"):
        of(resistance_of_edges, data)


def test_the_estimate_names_the_methods():
    for name in ("resistance_of_edges", "resistance_of_pairs", "approximate_total_resistance"):
        expected = estimate(name, num_nodes=1_000_000)
        assert "elimination" in expected.why
    assert "projection" in estimate("resistance_of_edges", num_nodes=10).why


def test_noise_in_the_list_changes_no_value():
    data = karate()
    expected = of(resistance_of_edges, data)
    noisy = torch.cat([data.edge_index, data.edge_index.flip(1)], dim=1)
    found = resistance_of_edges(noisy, 35)
    torch.testing.assert_close(found, torch.cat([expected, expected.flip(0)]))
    assert torch.equal(coalesce(noisy), data.edge_index)


@CUDA
def test_results_return_to_cuda():
    data = grid(30, 30)
    found = resistance_of_edges(data.edge_index.cuda(), 900)
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), of(resistance_of_edges, data))
