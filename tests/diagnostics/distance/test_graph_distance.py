"""Distances between graphs: closed forms, metric laws, second implementations, odd graphs."""

import math

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from workbench.diagnostics import TooLargeError
from workbench.diagnostics.distance.distribution_distance import (
    degree_distribution_distance,
    hop_distribution_distance,
)
from workbench.diagnostics.distance.graph_distance import (
    edge_jaccard_distance,
    graph_distance,
    hops_of_new_edges,
    resistance_matrix_distance,
)
from workbench.diagnostics.distance.spectral_distance import (
    spectral_distance,
    spectral_distance_bounds,
)
from workbench.graphs import (
    complete,
    from_networkx,
    grid,
    karate,
    path,
    ring,
    rook,
    shrikhande,
    star,
)

DISTANCES = {
    "edges": edge_jaccard_distance,
    "spectrum": spectral_distance,
    "degrees": degree_distribution_distance,
    "hops": hop_distribution_distance,
    "resistance": resistance_matrix_distance,
}


@st.composite
def graphs(draw, count):
    """Edge lists on the same nodes, with conductances, a few of them 0."""
    size = draw(st.integers(1, 9))
    made = []
    for _ in range(count):
        graph = nx.gnp_random_graph(
            size, draw(st.sampled_from([0.1, 0.4])), seed=draw(st.integers(0, 999))
        )
        edge_index = from_networkx(graph).edge_index if graph.number_of_edges() else none()
        low, high = edge_index.aminmax(dim=0) if edge_index.numel() else edge_index
        weight = ((low * 7 + high * 3 + draw(st.integers(0, 9))) % 5).double() / 2
        made.append((edge_index, weight))
    return size, made


def none():
    return torch.empty(2, 0, dtype=torch.int64)


@pytest.mark.parametrize("name", DISTANCES)
@given(graphs(3))
@settings(max_examples=25, deadline=None)
def test_they_are_metrics(name, sizes_and_graphs):
    size, made = sizes_and_graphs
    for weighted in (False, True):
        d = {}
        for i, (a, w) in enumerate(made):
            for j, (b, x) in enumerate(made):
                weights = (w, x) if weighted else (None, None)
                d[i, j] = float(DISTANCES[name](a, b, size, *weights))
        for i in range(3):
            assert d[i, i] == pytest.approx(0, abs=1e-12)
            for j in range(3):
                assert d[i, j] >= 0
                assert d[i, j] == pytest.approx(d[j, i], abs=1e-12)
                for k in range(3):
                    assert d[i, k] <= d[i, j] + d[j, k] + 1e-9


@pytest.mark.parametrize("name", DISTANCES)
@given(graphs(2), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_nodes(name, sizes_and_graphs, seed):
    size, ((first, weight), (second, other)) = sizes_and_graphs
    order = torch.randperm(size, generator=torch.Generator().manual_seed(seed))
    found = DISTANCES[name](first, second, size, weight, other)
    together = DISTANCES[name](order[first], order[second], size, weight, other)
    torch.testing.assert_close(together, found, atol=1e-10, rtol=1e-10)
    if name in ("spectrum", "degrees", "hops"):  # of distributions: even one graph alone
        alone = DISTANCES[name](first, order[second], size, weight, other)
        torch.testing.assert_close(alone, found, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("name", DISTANCES)
def test_loops_repeats_and_column_order(name):
    data, size = karate(), 34
    order = torch.randperm(156, generator=torch.Generator().manual_seed(0))
    noisy = torch.cat([data.edge_index[:, order], data.edge_index, torch.tensor([[3], [3]])], dim=1)
    assert float(DISTANCES[name](data.edge_index, noisy, size)) == pytest.approx(0, abs=1e-12)


def test_edges():
    square, chord = ring(4).edge_index, complete(4).edge_index
    assert float(edge_jaccard_distance(square, chord, 4)) == pytest.approx(2 / 6)
    assert float(edge_jaccard_distance(none(), square, 4)) == 1
    assert float(edge_jaccard_distance(none(), none(), 4)) == 0
    one, two = torch.ones(8), torch.full((8,), 3.0)
    assert float(edge_jaccard_distance(square, square, 4, one, two)) == pytest.approx(2 / 3)


def test_spectra():
    # K_n: 0 and n / (n - 1); an empty graph: 0
    expected = math.sqrt(4) * 5 / 4
    assert float(spectral_distance(complete(5).edge_index, none(), 5)) == pytest.approx(expected)
    # cospectral and not isomorphic
    first, second = rook().edge_index, shrikhande().edge_index
    assert float(spectral_distance(first, second, 16)) == pytest.approx(0, abs=1e-12)
    assert float(edge_jaccard_distance(first, second, 16)) > 0


@given(graphs(2), st.booleans(), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_bounds_hold_the_spectral_distance(sizes_and_graphs, weighted, ends):
    size, ((first, weight), (second, other)) = sizes_and_graphs
    weights = (weight, other) if weighted else (None, None)
    exact = spectral_distance(first, second, size, *weights)
    bounds = spectral_distance_bounds(first, second, size, *weights, num_eigenvalues=ends)
    assert float(bounds.lower) <= float(exact) + 1e-9
    assert float(exact) <= float(bounds.upper) + 1e-9
    if 2 * ends >= size and size % 2 == 0:  # all eigenvalues are there
        assert float(bounds.lower) == pytest.approx(float(exact), abs=1e-7)
    same = spectral_distance_bounds(first, first, size, weights[0], weights[0])
    assert (float(same.lower), float(same.upper)) == (0, 0)


def test_eigenvalues_from_the_ends_raise_the_lower_bound():
    data = grid(20, 20)
    more = torch.cat([data.edge_index, torch.tensor([[0, 399], [399, 0]])], dim=1)
    exact = float(spectral_distance(data.edge_index, more, 400))
    lower = [
        float(spectral_distance_bounds(data.edge_index, more, 400, num_eigenvalues=count).lower)
        for count in (0, 10, 50, 200)
    ]
    assert lower == sorted(lower)
    assert lower[-1] == pytest.approx(exact)
    assert lower[2] > 2 * lower[0]


def test_bounds_at_a_hundred_thousand_nodes():
    data = grid(250, 400)
    added = torch.tensor([[0, 50_000], [50_000, 0]])
    more = torch.cat([data.edge_index, added], dim=1)
    bounds = spectral_distance_bounds(data.edge_index, more, 100_000)
    assert 0 < float(bounds.lower) < float(bounds.upper) < 1
    found = hops_of_new_edges(data.edge_index, more, 100_000)
    assert found.hops.tolist() == [125]
    assert 0 < float(degree_distribution_distance(data.edge_index, more, 100_000)) < 1e-4
    with pytest.raises(TooLargeError, match="spectral_distance_bounds"):
        graph_distance(data.edge_index, more, 100_000)


def test_degrees():
    found = degree_distribution_distance(star(5).edge_index, ring(5).edge_index, 5)
    assert float(found) == pytest.approx((2 + 4 * 1) / 5)  # 4, 1, 1, 1, 1 against 2, 2, 2, 2, 2
    found = degree_distribution_distance(none(), complete(6).edge_index, 6)
    assert float(found) == 5


@given(graphs(2))
@settings(max_examples=40, deadline=None)
def test_distributions_by_scipy_and_networkx(sizes_and_graphs):
    size, made = sizes_and_graphs
    known = []
    for edge_index, weight in made:
        graph = nx.empty_graph(size)
        for (u, v), w in zip(edge_index.T.tolist(), weight.tolist(), strict=True):
            if w > 0:
                graph.add_edge(u, v, weight=w)
        length = dict(nx.all_pairs_shortest_path_length(graph))
        hops = [length[u].get(v, size) for u in range(size) for v in range(u)]
        known.append((hops, [d for _, d in graph.degree(weight="weight")]))
    (first, weight), (second, other) = made
    if size > 1:
        found = hop_distribution_distance(first, second, size, weight, other)
        assert float(found) == pytest.approx(wasserstein_distance(known[0][0], known[1][0]))
    found = degree_distribution_distance(first, second, size, weight, other)
    assert float(found) == pytest.approx(wasserstein_distance(known[0][1], known[1][1]))


def test_hops():
    # of the three pairs of P3 one is two apart, of K3 none
    found = hop_distribution_distance(path(3).edge_index, complete(3).edge_index, 3)
    assert float(found) == pytest.approx(1 / 3)
    found = hop_distribution_distance(none(), complete(6).edge_index, 6)
    assert float(found) == 5  # apart counts as six


def test_resistance():
    # P2 with conductance 1 and 3: | 1 - 1/3 | / (1 + 1/3)
    edge = path(2).edge_index
    found = resistance_matrix_distance(edge, edge, 2, torch.ones(2), torch.full((2,), 3.0))
    assert float(found) == pytest.approx(0.5)
    both = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    assert float(resistance_matrix_distance(both, path(4).edge_index, 4)) == 1
    assert float(resistance_matrix_distance(both, both, 4)) == 0
    assert float(resistance_matrix_distance(none(), none(), 4)) == 0
    first, second = karate().edge_index, grid(2, 17).edge_index
    matrices = []
    for edge_index in (first, second):
        graph = nx.Graph(edge_index.T.tolist())
        known = nx.resistance_distance(graph)
        matrices.append(np.array([[known[u][v] for v in range(34)] for u in range(34)]))
    expected = np.linalg.norm(matrices[0] - matrices[1]) / sum(map(np.linalg.norm, matrices))
    assert float(resistance_matrix_distance(first, second, 34)) == pytest.approx(expected)


def test_hops_of_new_edges():
    data, size = ring(8), 9  # node 8 is isolated
    new = [(0, 2), (0, 4), (1, 5), (3, 8), (0, 1), (7, 7)]
    both = torch.tensor([*new, *((v, u) for u, v in new)]).T
    found = hops_of_new_edges(data.edge_index, torch.cat([data.edge_index, both], dim=1), size)
    assert found.hops.tolist() == [2, 4, math.inf]
    assert found.count.tolist() == [1, 2, 1]
    assert found.share.tolist() == [0.25, 0.5, 0.25]
    assert hops_of_new_edges(data.edge_index, data.edge_index, 8).hops.shape == (0,)
    weight = torch.zeros(both.size(1))  # edges of weight 0 are none
    assert hops_of_new_edges(data.edge_index, both, size, None, weight).hops.shape == (0,)


@given(graphs(2))
@settings(max_examples=30, deadline=None)
def test_new_edges_by_networkx(sizes_and_graphs):
    size, ((first, _), (second, _)) = sizes_and_graphs
    graph = nx.empty_graph(size)
    graph.add_edges_from(first.T.tolist())
    length = dict(nx.all_pairs_shortest_path_length(graph))
    fresh = {(u, v) for u, v in second.T.tolist() if u < v} - set(map(tuple, first.T.tolist()))
    expected = sorted(length[u].get(v, math.inf) for u, v in fresh)
    found = hops_of_new_edges(first, second, size)
    assert torch.repeat_interleave(found.hops, found.count).tolist() == expected
    assert float(found.share.sum()) == pytest.approx(1.0 if fresh else 0.0)


def test_all_at_once():
    data = karate()
    more = torch.cat([data.edge_index, torch.tensor([[4, 15], [15, 4]])], dim=1)
    found = graph_distance(data.edge_index, more, 34)
    for name, function in DISTANCES.items():
        assert torch.equal(getattr(found, name), function(data.edge_index, more, 34))
        assert float(getattr(found, name)) > 0
    assert found.new_edges.count.tolist() == [1]
    for size in (0, 1, 2):
        empty = graph_distance(none(), none(), size)
        assert all(float(getattr(empty, name)) == 0 for name in DISTANCES)


def test_refusals():
    for function in (*DISTANCES.values(), spectral_distance_bounds, hops_of_new_edges):
        with pytest.raises(ValueError, match="to_undirected"):
            function(ring(4).edge_index, torch.tensor([[0], [1]]), 4)
        with pytest.raises(ValueError, match="0 to 3"):
            function(ring(4).edge_index, ring(5).edge_index, 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda():
    first, second = karate().edge_index, grid(2, 17).edge_index
    for function in DISTANCES.values():
        found = function(first.cuda(), second.cuda(), 34)
        assert found.is_cuda
        torch.testing.assert_close(found.cpu(), function(first, second, 34))
