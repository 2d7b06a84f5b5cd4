"""Hop distances and diameters against networkx and closed forms."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import TooLargeError, diameter, diameter_bounds, hop_distance
from workbench.diagnostics.distance import hop_distance as distance
from workbench.graphs import erdos_renyi, from_networkx, grid, karate, path, ring, star, tree


@given(st.integers(1, 14), st.integers(0, 10_000), st.booleans())
@settings(max_examples=50, deadline=None)
def test_networkx_agrees(size, seed, directed):
    graph = nx.gnp_random_graph(size, 0.2, seed=seed, directed=directed)
    arcs = list(graph.to_directed().edges())
    edge_index = torch.tensor(arcs, dtype=torch.int64).reshape(-1, 2).T.contiguous()
    expected = torch.full((size, size), torch.inf, dtype=torch.float64)
    for u, row in nx.all_pairs_shortest_path_length(graph):
        for v, hops in row.items():
            expected[u, v] = hops
    assert torch.equal(hop_distance(edge_index, size), expected)
    if not directed:
        assert float(diameter(edge_index, size)) == float(expected.max())
        bounds = diameter_bounds(edge_index, size)
        assert bounds.lower <= expected.max() <= bounds.upper


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (path(1000), 999),
        (ring(10_000), 5000),
        (grid(200, 50), 248),
        (star(5000), 2),
        (tree(12), 24),
    ],
)
def test_closed_forms(data, expected):
    assert float(diameter(data.edge_index, data.num_nodes)) == expected
    bounds = diameter_bounds(data.edge_index, data.num_nodes)
    assert bounds.lower <= expected <= bounds.upper


def test_bounds_meet_on_trees_and_nearly_on_grids():
    bounds = diameter_bounds(tree(12).edge_index, 2**13 - 1)
    assert (bounds.lower, bounds.upper) == (24, 24)
    bounds = diameter_bounds(grid(500, 400).edge_index, 200_000)
    assert bounds.lower == 898
    assert bounds.upper <= 904


def test_self_loops_and_repeats_change_nothing():
    data = karate()
    noisy = torch.cat([data.edge_index, data.edge_index, torch.tensor([[3], [3]])], dim=1)
    assert torch.equal(hop_distance(noisy, 34), hop_distance(data.edge_index, 34))
    assert diameter(noisy, 34) == 5


def test_disconnected_and_tiny_graphs():
    empty = torch.empty(2, 0, dtype=torch.int64)
    assert diameter(empty, 0) == diameter(empty, 1) == 0
    assert diameter(empty, 2).isinf()
    assert diameter_bounds(empty, 2).lower.isinf()
    assert diameter(
        from_networkx(nx.disjoint_union(nx.cycle_graph(4), nx.path_graph(2))).edge_index, 6
    ).isinf()


def test_directed_diameter_names_to_undirected():
    for function in (diameter, diameter_bounds):
        with pytest.raises(ValueError, match="to_undirected"):
            function(torch.tensor([[0, 1], [1, 2]]), 3)


def test_a_diameter_that_takes_too_many_searches_names_the_bounds(monkeypatch):
    monkeypatch.setattr(distance, "_LARGEST_WORK", 1000)
    data = ring(10_002)
    with pytest.raises(TooLargeError, match=r"10,002 nodes.*use diameter_bounds"):
        diameter(data.edge_index, data.num_nodes)


def test_random_graph():
    data = erdos_renyi(500, 0.01, generator=torch.Generator().manual_seed(0))
    assert float(diameter(data.edge_index, 500)) == float(hop_distance(data.edge_index, 500).max())


@pytest.mark.parametrize("seed", range(12))
def test_bounds_do_not_hang_on_the_numbering(seed):
    """Sparse random graphs: many nodes are equally far out, and another one bounds otherwise."""
    size = 40 + 5 * seed
    whole = nx.gnp_random_graph(size, (2.2 + 2 * (seed % 2)) / size, seed=seed)
    part = max(nx.connected_components(whole), key=len)
    graph = from_networkx(nx.convert_node_labels_to_integers(whole.subgraph(part)))
    expected = diameter_bounds(graph.edge_index, graph.num_nodes)
    for other in range(6):
        order = torch.randperm(graph.num_nodes, generator=torch.Generator().manual_seed(other))
        assert diameter_bounds(order[graph.edge_index], graph.num_nodes) == expected
