"""Closed forms, laws and a second implementation of resistance and commute times."""

import tracemalloc

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.utils import coalesce

from workbench.diagnostics import (
    commute_time,
    effective_resistance,
    hop_distance,
    total_resistance,
)
from workbench.graphs import (
    barbell,
    complete,
    from_networkx,
    grid,
    karate,
    lollipop,
    path,
    petersen,
    ring,
    star,
    tree,
)

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, data.get("edge_weight"), **options)


@st.composite
def weighted_graphs(draw):
    """A networkx graph of 1 to 12 nodes with conductances, often disconnected."""
    size, probability = draw(st.integers(1, 12)), draw(st.sampled_from([0.1, 0.3, 0.7]))
    graph = nx.gnp_random_graph(size, probability, seed=draw(st.integers(0, 10_000)))
    for _, _, edge in graph.edges(data=True):
        edge["weight"] = draw(st.floats(0.1, 10.0))
    return graph


@pytest.mark.parametrize("size", [3, 8, 1000])
def test_ring(size):
    steps = (torch.arange(size)[:, None] - torch.arange(size)).abs().double()
    expected = steps * (size - steps) / size
    torch.testing.assert_close(of(effective_resistance, ring(size)), expected, rtol=1e-11, atol=0)


@pytest.mark.parametrize("data", [path(300), star(9), tree(6), tree(3, branching=4)])
def test_on_a_tree_resistance_is_hop_distance(data):
    hops = hop_distance(data.edge_index, data.num_nodes)
    torch.testing.assert_close(of(effective_resistance, data), hops, rtol=1e-11, atol=1e-12)


def test_complete_graph():
    expected = (2 / 7) * (1 - torch.eye(7).double())
    torch.testing.assert_close(of(effective_resistance, complete(7)), expected)


def test_series_and_parallel_conductors():
    # 0 -(2)- 1 -(4)- 2 and, beside it, 0 -(1)- 3 -(3)- 2
    source, target = torch.tensor([0, 1, 0, 3]), torch.tensor([1, 2, 3, 2])
    edge_index = torch.stack([torch.cat([source, target]), torch.cat([target, source])])
    weight = torch.tensor([2.0, 4.0, 1.0, 3.0]).repeat(2)
    found = effective_resistance(edge_index, 4, weight)[0, 2]
    assert float(found) == pytest.approx(1 / (1 / (1 / 2 + 1 / 4) + 1 / (1 / 1 + 1 / 3)))


@pytest.mark.parametrize(
    ("data", "total", "largest"),
    [
        (path(6), 35, 5),
        (ring(8), 42, 2),
        (complete(7), 6, 2 / 7),
        (star(7), 36, 2),
        (barbell(5, 0), 49, 1.8),
        (lollipop(5, 5), 107, 5.4),
        (petersen(), 33, 0.8),
        (grid(4, 4), 126.285714, 1.857143),
    ],
)
def test_golden_values(data, total, largest):
    resistance = of(effective_resistance, data)
    assert float(of(total_resistance, data)) == pytest.approx(total, rel=1e-7)
    assert float(resistance.sum() / 2) == pytest.approx(total, rel=1e-7)
    assert float(resistance.max()) == pytest.approx(largest, rel=1e-6)


@given(weighted_graphs())
@settings(max_examples=40, deadline=None)
def test_networkx_agrees(graph):
    data = from_networkx(graph)
    found = of(effective_resistance, data)
    expected = torch.full_like(found, torch.inf)
    for nodes in nx.connected_components(graph):
        part = graph.subgraph(nodes)
        for u, row in nx.resistance_distance(part, weight="weight", invert_weight=False).items():
            for v, value in row.items():
                expected[u, v] = value
    expected.fill_diagonal_(0.0)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-10)


@given(weighted_graphs())
@settings(max_examples=40, deadline=None)
def test_foster_and_commute(graph):
    data = from_networkx(graph)
    resistance, count = of(effective_resistance, data), nx.number_connected_components(graph)
    assert torch.equal(resistance, resistance.T)
    conductance = torch.tensor(
        [graph.edges[u, v]["weight"] for u, v in data.edge_index.T.tolist()], dtype=torch.float64
    )
    foster = (conductance * resistance[data.edge_index[0], data.edge_index[1]]).sum() / 2
    assert float(foster) == pytest.approx(data.num_nodes - count, abs=1e-9)
    commute = of(commute_time, data)
    for nodes in nx.connected_components(graph):
        at = torch.tensor(sorted(nodes))
        volume = sum(d for _, d in graph.subgraph(nodes).degree(weight="weight"))
        block = volume * resistance[at[:, None], at]
        torch.testing.assert_close(commute[at[:, None], at], block)


def test_rayleigh_an_edge_never_raises_a_resistance():
    data = karate()
    before = of(effective_resistance, data)
    for u, v in [(0, 9), (16, 26), (11, 23)]:
        more = torch.cat([data.edge_index, torch.tensor([[u, v], [v, u]])], dim=1)
        assert bool((effective_resistance(more, 34) <= before + 1e-12).all())


def test_added_edge_lowers_the_total_by_the_closed_form():
    data = barbell(5, 0)
    more = torch.cat([data.edge_index, torch.tensor([[9, 2], [2, 9]])], dim=1)
    assert float(total_resistance(more, 10)) == pytest.approx(49 - 18.071428571)


def test_self_loops_and_repeats_change_nothing():
    data = karate()
    expected = of(effective_resistance, data)
    noisy = torch.cat([data.edge_index, data.edge_index, torch.tensor([[3, 3], [3, 3]])], dim=1)
    assert torch.equal(effective_resistance(noisy, 34), expected)


def test_repeats_with_weights_are_parallel_conductors():
    edge_index, weight = (
        torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0]]),
        torch.tensor([2.0, 2.0, 3.0, 3.0]),
    )
    assert float(effective_resistance(edge_index, 2, weight)[0, 1]) == pytest.approx(1 / 5)


def test_between_components():
    edge_index = torch.tensor([[0, 1, 3, 4, 4, 5], [1, 0, 4, 3, 5, 4]])  # node 2 is isolated
    inf = torch.inf
    expected = torch.tensor(
        [
            [0, 1, inf, inf, inf, inf],
            [1, 0, inf, inf, inf, inf],
            [inf, inf, 0, inf, inf, inf],
            [inf, inf, inf, 0, 1, 2],
            [inf, inf, inf, 1, 0, 1],
            [inf, inf, inf, 2, 1, 0],
        ],
        dtype=torch.float64,
    )
    assert torch.allclose(effective_resistance(edge_index, 6), expected)
    assert total_resistance(edge_index, 6).isinf()
    assert float(total_resistance(edge_index, 6, within_components=True)) == pytest.approx(5)
    assert float(commute_time(edge_index, 6)[3, 5]) == pytest.approx(4 * 2)


@pytest.mark.parametrize("data", [ring(1500), barbell(40, 1420)])
def test_the_peak_is_two_matrices(data):
    of(effective_resistance, data)  # compiled before the count starts
    apart = torch.cat([data.edge_index, ring(400).edge_index + 1500], dim=1)
    # of a disconnected graph only the blocks are traced: torch itself holds the whole result
    for edge_index, num_nodes, traced in ((data.edge_index, 1500, 2), (apart, 1900, 1)):
        tracemalloc.start()
        effective_resistance(edge_index, num_nodes)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < traced * 8 * num_nodes**2


def test_many_small_components():
    pairs = torch.arange(2000).view(-1, 2).T
    found = effective_resistance(torch.cat([pairs, pairs.flip(0)], dim=1), 2001)
    assert int(found.isfinite().sum()) == 2001 + 2000
    assert bool((found[pairs[0], pairs[1]] == 1).all())


def test_any_unit_of_conductance():
    data = grid(5, 6)
    for unit in (1e-9, 1e9):
        weight = torch.full((data.num_edges,), unit, dtype=torch.float64)
        found = effective_resistance(data.edge_index, 30, weight) * unit
        torch.testing.assert_close(found, of(effective_resistance, data), rtol=1e-12, atol=0)


def test_a_weight_that_requires_a_gradient():
    data = karate()
    weight = torch.ones(data.num_edges, dtype=torch.float64, requires_grad=True)
    assert not effective_resistance(data.edge_index, 34, weight).requires_grad


def test_directed_input_names_to_undirected():
    for function in (effective_resistance, total_resistance, commute_time):
        with pytest.raises(ValueError, match="to_undirected"):
            function(torch.tensor([[0, 1], [1, 2]]), 3)


def test_permutation_equivariance():
    data, order = karate(), torch.randperm(34, generator=torch.Generator().manual_seed(0))
    moved = coalesce(order[data.edge_index])
    found = effective_resistance(moved, 34)[order[:, None], order]
    torch.testing.assert_close(found, of(effective_resistance, data), rtol=1e-10, atol=1e-12)


@CUDA
def test_cuda_stays_there_and_agrees():
    data = karate()
    found = effective_resistance(data.edge_index.cuda(), 34)
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), of(effective_resistance, data))
    total = total_resistance(data.edge_index.cuda(), 34)
    assert total.is_cuda
    assert float(total) == pytest.approx(float(of(total_resistance, data)))
