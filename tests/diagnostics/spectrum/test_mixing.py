"""Mixing times by powers of the walk, one step at a time, and bounds that hold."""

import math

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    TooLargeError,
    mixing_time,
    mixing_time_bounds,
    relaxation_time,
    stationary_distribution,
)
from workbench.diagnostics.spectrum.mixing import _first_step, _symmetric_walk
from workbench.graphs import (
    barbell,
    complete,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    lollipop,
    path,
    petersen,
    ring,
    star,
)
from workbench.topology import simple_graph


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, **options)


def walk_matrix(edge_index, num_nodes, weight=None, *, lazy):
    adjacency = torch.zeros(num_nodes, num_nodes, dtype=torch.float64)
    adjacency[tuple(edge_index)] = 1.0 if weight is None else weight
    walk = adjacency / adjacency.sum(1, keepdim=True)
    return 0.5 * (walk + torch.eye(num_nodes)) if lazy else walk


def step_by_step(walk, stationary, epsilon, most=20_000):
    power = torch.eye(len(walk), dtype=torch.float64)
    for steps in range(most):
        if float((power - stationary).abs().sum(1).max()) / 2 <= epsilon + 1e-12:
            return steps
        power = power @ walk
    return math.inf


@given(
    st.integers(2, 12),
    st.integers(0, 10_000),
    st.sampled_from([0.4, 0.25, 0.01]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_one_step_at_a_time(size, seed, epsilon, lazy, weighted):
    graph = nx.gnp_random_graph(size, 0.4, seed=seed)
    edge_index = from_networkx(graph).edge_index
    weight = 0.5 + (edge_index.sum(0) % 4).double() if weighted else None
    found = float(mixing_time(edge_index, size, weight, epsilon=epsilon, lazy=lazy))
    bounds = mixing_time_bounds(edge_index, size, weight, epsilon=epsilon, lazy=lazy)
    if not nx.is_connected(graph) or (not lazy and nx.is_bipartite(graph)):
        assert found == bounds.lower == bounds.upper == math.inf
        return
    stationary = stationary_distribution(edge_index, size, weight)
    walk = walk_matrix(edge_index, size, weight, lazy=lazy)
    torch.testing.assert_close(stationary @ walk, stationary)
    assert found == step_by_step(walk, stationary, epsilon)
    assert float(bounds.lower) <= found * (1 + 1e-9)
    assert found <= math.ceil(float(bounds.upper) * (1 + 1e-9))
    values = torch.linalg.eigvals(walk).abs().sort().values
    assert float(relaxation_time(edge_index, size, weight, lazy=lazy)) == pytest.approx(
        1 / (1 - float(values[-2])), rel=1e-6
    )


@pytest.mark.parametrize("data", [karate(), barbell(6, 4), lollipop(8, 8), grid(6, 7), ring(31)])
@pytest.mark.parametrize("epsilon", [0.25, 1e-3])
def test_slow_graphs(data, epsilon):
    stationary = of(stationary_distribution, data)
    walk = walk_matrix(data.edge_index, data.num_nodes, lazy=True)
    assert float(of(mixing_time, data, epsilon=epsilon)) == step_by_step(walk, stationary, epsilon)


def test_closed_forms():
    # from a node of K_n the walk is at distance 1/n after one step
    assert float(of(mixing_time, complete(10), lazy=False)) == 1
    assert float(of(relaxation_time, complete(10), lazy=False)) == pytest.approx(9 / 8)
    assert float(of(relaxation_time, ring(100))) == pytest.approx(
        2 / (1 - math.cos(2 * math.pi / 100))
    )
    assert float(of(relaxation_time, petersen(), lazy=False)) == pytest.approx(3)
    # the odd ring that is not lazy is held up by its eigenvalue next to -1
    assert float(of(relaxation_time, ring(101), lazy=False)) == pytest.approx(
        1 / (1 - math.cos(math.pi / 101))
    )
    assert of(stationary_distribution, star(5)).tolist() == [0.5] + [0.125] * 4


def test_mixing_of_a_ring_grows_with_its_square():
    times = [float(of(mixing_time, ring(size))) for size in (50, 100, 200)]
    assert times[1] / times[0] == pytest.approx(4, rel=0.02)
    assert times[2] / times[1] == pytest.approx(4, rel=0.01)


def test_bounds_of_large_graphs():
    for data in (path(30_000), grid(150, 200)):
        slow = float(of(relaxation_time, data))
        bounds = of(mixing_time_bounds, data)
        assert float(bounds.lower) == pytest.approx((slow - 1) * math.log(2))
        assert slow < float(bounds.upper) < 20 * slow
        assert of(relaxation_time, data, lazy=False) == math.inf
    graph = nx.random_regular_graph(4, 4000, seed=1)
    bounds = of(mixing_time_bounds, from_networkx(graph), lazy=False)
    assert 1 < float(bounds.lower) < float(bounds.upper) < 100


def test_every_component_has_its_own_distribution():
    two = torch.cat([ring(5).edge_index, path(3).edge_index + 5], dim=1)
    found = stationary_distribution(two, 9)
    assert found.tolist() == pytest.approx([0.2] * 5 + [0.25, 0.5, 0.25] + [1.0])
    assert mixing_time(two, 9) == relaxation_time(two, 9) == math.inf


def test_self_loops_repeats_and_column_order_change_nothing():
    data = karate()
    noisy = torch.cat([data.edge_index.flip(1), torch.tensor([[3], [3]]), data.edge_index], dim=1)
    assert torch.equal(stationary_distribution(noisy, 34), of(stationary_distribution, data))
    assert mixing_time(noisy, 34) == of(mixing_time, data)


def test_tiny_graphs_and_bad_input():
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 2):
        expected = 0 if size < 2 else math.inf
        for lazy in (True, False):
            assert mixing_time(empty, size, lazy=lazy) == expected
            assert relaxation_time(empty, size, lazy=lazy) == expected
            assert mixing_time_bounds(empty, size, lazy=lazy).upper == expected
        assert stationary_distribution(empty, size).tolist() == [1.0] * size
    assert mixing_time(path(2).edge_index, 2) == 1
    for function in (mixing_time, mixing_time_bounds):
        for epsilon in (0.0, 1.0, -0.1):
            with pytest.raises(ValueError, match="between 0 and 1"):
                of(function, karate(), epsilon=epsilon)
    for function in (stationary_distribution, mixing_time, relaxation_time, mixing_time_bounds):
        with pytest.raises(ValueError, match="to_undirected"):
            function(torch.tensor([[0], [1]]), 2)


@pytest.mark.parametrize("lazy", [False, True])
def test_arrays_and_tensors_find_the_same_step(lazy):
    """The CPU searches with arrays, other devices with tensors."""
    graph = simple_graph(karate().edge_index, 34)
    values, vectors = torch.linalg.eigh(_symmetric_walk(graph, lazy=lazy))
    root = graph.degree().sqrt() / graph.degree().sum().sqrt()
    tensors = values[:-1], vectors[:, :-1], root
    for low, high in ((0, 1), (3, 4), (100, 200)):
        found = _first_step(*tensors, low, high, 0.25)
        assert found == _first_step(*(tensor.numpy() for tensor in tensors), low, high, 0.25)
        assert found == of(mixing_time, karate(), lazy=lazy)


def test_large_graphs_are_refused_with_the_way_out():
    with pytest.raises(TooLargeError, match=r"20,000 nodes .* mixing_time_bounds"):
        of(mixing_time, ring(20_000))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_lie_on_the_device_of_the_input():
    data = erdos_renyi(200, 0.05, generator=torch.Generator().manual_seed(1))
    edge_index = data.edge_index.cuda()
    assert mixing_time(edge_index, 200).is_cuda
    assert mixing_time(edge_index, 200).cpu() == of(mixing_time, data)
    assert stationary_distribution(edge_index, 200).is_cuda
