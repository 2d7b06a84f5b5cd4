"""The Cheeger constant by a plain search over subsets, its golden values, and its bounds."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import TooLargeError, cheeger_bounds, cheeger_constant, spectral_gap
from workbench.diagnostics.spectrum.full_spectrum import slowest_modes
from workbench.diagnostics.spectrum.sweep import sweep_cut
from workbench.graphs import (
    barbell,
    complete,
    from_networkx,
    grid,
    karate,
    path,
    petersen,
    ring,
    ring_of_cliques,
    star,
)
from workbench.topology import simple_graph


def of(function, data):
    return function(data.edge_index, data.num_nodes)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (barbell(4, 0), 1 / 13),
        (ring(8), 0.25),
        (complete(6), 0.6),
        (path(6), 0.2),
        (petersen(), 1 / 3),
    ],
)
def test_golden_values(data, expected):
    assert float(of(cheeger_constant, data)) == pytest.approx(expected)


@given(st.integers(2, 8), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_every_subset_tried_one_by_one(size, seed):
    graph = nx.gnp_random_graph(size, 0.5, seed=seed)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = 0.5 + (7 * u + 3 * v) % 5
    data = from_networkx(graph)
    edge_weight = torch.tensor(
        [graph.edges[u, v]["weight"] for u, v in data.edge_index.T.tolist()], dtype=torch.float64
    )
    expected = 0.0
    if nx.is_connected(graph):
        expected = min(
            nx.conductance(graph, subset, weight="weight")
            for count in range(1, size)
            for subset in combinations(range(size), count)
        )
    found = cheeger_constant(data.edge_index, size, edge_weight)
    assert float(found) == pytest.approx(expected, rel=1e-10)
    bounds = cheeger_bounds(data.edge_index, size, edge_weight)
    assert bounds.lower <= found * (1 + 1e-9)
    assert found <= bounds.upper * (1 + 1e-9)


@pytest.mark.parametrize("data", [karate(), grid(6, 7), barbell(5, 3), ring(40), grid(30, 40)])
def test_the_sweep_cut_is_a_witness(data):
    bounds = of(cheeger_bounds, data)
    source, target = data.edge_index
    degree = torch.bincount(source, minlength=data.num_nodes).double()
    cut = (bounds.side[source] != bounds.side[target]).sum() / 2
    volume, other = degree[bounds.side].sum(), degree[~bounds.side].sum()
    assert volume <= other
    assert float(cut / volume) == pytest.approx(float(bounds.upper))
    gap = float(of(spectral_gap, data))
    assert float(bounds.lower) == pytest.approx(gap / 2)
    assert float(bounds.upper) <= (2 * gap) ** 0.5 + 1e-9


def test_weights_over_many_orders_of_magnitude():
    # two heavy pairs joined by a feather: the feather is the cut
    edge_index = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
    weight = torch.tensor([1e6, 1e6, 1e-6, 1e-6, 1e6, 1e6], dtype=torch.float64)
    found = cheeger_constant(edge_index, 4, weight)
    assert float(found) == pytest.approx(1e-6 / (2e6 + 1e-6), rel=1e-9)


def test_twenty_nodes_and_no_more():
    assert float(of(cheeger_constant, ring(20))) == pytest.approx(0.1)
    with pytest.raises(TooLargeError, match=r"21 nodes.*cheeger_bounds"):
        of(cheeger_constant, ring(21))


def test_disconnected_and_tiny_graphs():
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 2, 30):
        bounds = cheeger_bounds(empty, size)
        assert bounds.lower == bounds.upper == 0
        assert bounds.side.shape == (size,)
        if size < 20:
            assert cheeger_constant(empty, size) == 0


@pytest.mark.parametrize(
    ("data", "upper", "cuts"),
    [
        (ring_of_cliques(6, 5), 2 / 66, 3),  # opposite links; five cliques have 11 edges each
        (from_networkx(nx.hypercube_graph(4)), 0.25, 4),  # a cut for each dimension
        (ring(12), 1 / 6, 6),
        (grid(12, 12), 12 / 264, 2),
        (star(7), 1.0, 6),  # no level of its modes parts half of the leaves from the others
        (barbell(5, 0), 1 / 21, 1),
    ],
)
def test_a_multiple_gap_gives_one_number(data, upper, cuts):
    """The eigenspace is swept along the graph's own directions, in any order of the nodes."""
    for seed in range(4):
        order = torch.randperm(data.num_nodes, generator=torch.Generator().manual_seed(seed))
        found = cheeger_bounds(order[data.edge_index], data.num_nodes)
        assert float(found.upper) == pytest.approx(upper, rel=1e-12)
        assert found.num_cuts == cuts


@pytest.mark.parametrize("size", [250, 251])
def test_a_multiple_gap_found_by_iterations(size):
    found = cheeger_bounds(ring(size).edge_index, size)
    assert float(found.upper) == pytest.approx(1 / (size // 2), rel=1e-12)
    assert found.num_cuts == (size // 2 if size % 2 == 0 else size)


def test_more_modes_than_iterations_look_for():
    """299 of one eigenvalue: each node alone."""
    found = cheeger_bounds(complete(300).edge_index, 300)
    assert float(found.upper) == pytest.approx(1.0)
    assert int(found.side.sum()) == 1


@pytest.mark.parametrize("data", [path(6), barbell(4, 0), barbell(3, 1), grid(3, 4)], ids=str)
def test_the_side_of_equal_volumes_hangs_on_no_sign_and_no_basis(data):
    """Of fewer nodes, or without node 0: a solver returns a mode or its opposite, as it likes."""
    graph = simple_graph(data.edge_index, data.num_nodes)
    modes = slowest_modes(graph).potentials
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal([modes.shape[1]] * 2))[0]
    sides = [sweep_cut(graph, m).side for m in (modes, -modes, modes @ turn)]
    assert all(np.array_equal(side, sides[0]) for side in sides)
    assert not sides[0][0] or sides[0].sum() < data.num_nodes / 2
    assert np.array_equal(cheeger_bounds(data.edge_index, data.num_nodes).side.numpy(), sides[0])
