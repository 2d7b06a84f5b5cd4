"""Topological concentration by listing every walk, and its estimate by its expectation."""

from collections import Counter

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import (
    TooLargeError,
    approximate_topological_concentration,
    topological_concentration,
)
from workbench.graphs import complete, from_networkx, karate, path, ring, sbm, star


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, **options)


def levels(graph, node, depth):
    """Ends of all walks of 1 .. depth steps, one walk at a time."""
    found, walks = [], [node]
    for _ in range(depth):
        walks = [v for u in walks for v in graph[u]]
        found.append(Counter(walks))
    return found


def by_walks(graph, partners, depth, beta, training):
    if beta is None:
        beta = graph.number_of_nodes() / (2 * max(graph.number_of_edges(), 1))
    found = []
    for i in graph:
        own, total = levels(graph, i, depth), 0.0
        for j in partners[i]:
            other = levels(graph, j, depth)
            above = below = 0.0
            for k in range(depth):
                for m in range(depth):
                    above += beta ** (k + m) * sum(c for v, c in own[k].items() if v in other[m])
                    size = sum(own[k].values()) - (training and k == m == 0)
                    below += beta ** (k + m) * size
            total += above / below if below > 0 and len(graph[i]) > training else 0.0
        found.append(total / max(len(partners[i]), 1))
    return found


@given(
    st.integers(2, 12),
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.sampled_from([None, 0.5, 1.0]),
)
@settings(max_examples=40, deadline=None)
def test_every_walk_listed(size, seed, depth, beta):
    graph = nx.gnp_random_graph(size, 0.3, seed=seed)
    links = nx.gnp_random_graph(size, 0.3, seed=seed + 1)
    data = from_networkx(graph)
    found = of(topological_concentration, data, depth=depth, beta=beta)
    assert found.tolist() == pytest.approx(by_walks(graph, graph, depth, beta, True))
    pairs = torch.tensor(list(links.edges), dtype=torch.int64).reshape(-1, 2).T
    found = of(topological_concentration, data, pairs=pairs, depth=depth, beta=beta)
    assert found.tolist() == pytest.approx(by_walks(graph, links, depth, beta, False))


def test_closed_forms():
    # neighbors of adjacent nodes of K_n: n - 2 in common, out of n - 1 without the partner
    found = of(topological_concentration, complete(6), depth=1)
    assert found.tolist() == pytest.approx([1.0] * 6)
    pairs = complete(6).edge_index
    found = of(topological_concentration, complete(6), pairs=pairs, depth=1)
    assert found.tolist() == pytest.approx([4 / 5] * 6)
    assert of(topological_concentration, ring(9), depth=1).tolist() == [0] * 9
    # leaves of a star have one neighbor, and its center shares none with them
    assert of(topological_concentration, star(5), depth=1).tolist() == [0] * 5
    ends = of(topological_concentration, path(5), pairs=torch.tensor([[0], [2]]), depth=1)
    assert ends.tolist() == pytest.approx([1, 0, 0.5, 0, 0])  # not symmetric: 1 of 1, 1 of 2


def test_partners_in_another_component_count_with_zero():
    two = torch.cat([complete(4).edge_index, complete(4).edge_index + 4], dim=1)
    pairs = torch.tensor([[0, 0, 8], [1, 5, 2]])  # node 8 is isolated
    found = topological_concentration(two, 9, pairs, depth=1)
    assert found.tolist() == pytest.approx([1 / 3, 2 / 3, 0, 0, 0, 0, 0, 0, 0])


def test_self_loops_repeats_and_directions_change_nothing():
    data = karate()
    loops = torch.tensor([[3], [3]])
    noisy = torch.cat([data.edge_index.flip(1), loops, data.edge_index], dim=1)
    pairs = torch.tensor([[0, 5, 7], [33, 20, 7]])
    more = torch.cat([pairs, pairs.flip(0)], dim=1)
    for options in ({}, {"pairs": pairs}):
        expected = of(topological_concentration, data, **options)
        again = {"pairs": more} if options else {}
        torch.testing.assert_close(topological_concentration(noisy, 34, **again), expected)


def expectation(data, depth, similarity):
    adjacency = torch.zeros(data.num_nodes, data.num_nodes, dtype=torch.float64)
    adjacency[tuple(data.edge_index)] = 1
    root = adjacency.sum(1).sqrt()
    walk = adjacency / root / root[:, None]
    rows = sum(torch.linalg.matrix_power(walk, k) for k in range(1, depth + 1))
    if similarity == "cosine":
        rows = rows / rows.norm(dim=1, keepdim=True)
    return ((rows @ rows.T) * adjacency).sum(1) / adjacency.sum(1)


@pytest.mark.parametrize("similarity", ["cosine", "inner"])
def test_the_stated_error_holds(similarity):
    data, trials = karate(), 100
    options = {"depth": 3, "similarity": similarity}
    expected = expectation(data, **options)
    within = torch.zeros(trials, 34)
    for seed in range(trials):
        generator = torch.Generator().manual_seed(seed)
        found = of(approximate_topological_concentration, data, generator=generator, **options)
        error = (found.value - expected).abs()
        within[seed] = error <= 3 * found.standard_error
        assert float((found.standard_error / expected).max()) < 0.3
    assert float(within.mean()) >= 0.98
    assert float(within.mean(0).min()) >= 0.95  # of every node


@pytest.mark.parametrize("similarity", ["cosine", "inner"])
def test_more_features_come_closer_and_the_same_seed_gives_the_same(similarity):
    def found(num_features):
        options = {"num_features": num_features, "similarity": similarity}
        return of(approximate_topological_concentration, karate(), **options)

    few, many = found(64), found(64 * 64)
    ratio = few.standard_error.mean() / many.standard_error.mean()
    assert float(ratio) == pytest.approx(8, rel=0.2)
    error = (many.value - expectation(karate(), 2, similarity)).abs() / many.standard_error
    assert float(error.max()) < 4.5
    assert torch.equal(found(64).value, few.value)


def test_the_generator_moves_on():
    generator = torch.Generator().manual_seed(5)
    first = of(approximate_topological_concentration, karate(), generator=generator)
    second = of(approximate_topological_concentration, karate(), generator=generator)
    assert not torch.equal(first.value, second.value)


def test_nodes_with_the_same_neighbors_are_alike_for_certain():
    # the leaves of a star see the same: cosine 1, without error
    pairs = torch.tensor([[1, 2], [3, 4]])
    found = of(approximate_topological_concentration, star(6), pairs=pairs, depth=1)
    assert found.value.tolist() == pytest.approx([0, 1, 1, 1, 1, 0])
    assert found.standard_error.tolist() == pytest.approx([0] * 6, abs=1e-12)


def test_estimate_of_links_that_are_not_edges():
    pairs = torch.tensor([[0], [4]])
    found = of(approximate_topological_concentration, path(5), pairs=pairs, depth=1)
    assert found.value[[1, 2, 3]].tolist() == [0, 0, 0]
    assert found.standard_error[[1, 2, 3]].tolist() == [0, 0, 0]
    assert float(found.value[0].abs()) <= 3 * float(found.standard_error[0])


def test_empty_tiny_and_bad_input():
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 3):
        assert topological_concentration(empty, size).tolist() == [0.0] * size
        found = approximate_topological_concentration(empty, size)
        assert found.value.tolist() == found.standard_error.tolist() == [0.0] * size
    for function in (topological_concentration, approximate_topological_concentration):
        with pytest.raises(ValueError, match="nodes 0 to 9"):
            function(ring(5).edge_index, 5, torch.tensor([[0], [9]]))
        with pytest.raises(ValueError, match="depth must be at least 1"):
            function(ring(5).edge_index, 5, depth=0)
        with pytest.raises(ValueError, match="to_undirected"):
            function(torch.tensor([[0], [1]]), 2)


def test_too_many_walks_are_refused_before_they_start():
    data = star(1_000_000)
    with pytest.raises(TooLargeError, match=r"1,000,000 nodes .* use approximate_topological"):
        of(topological_concentration, data)


def test_large_graphs():
    data = sbm([1500, 1500], 0.006, 0.001, generator=torch.Generator().manual_seed(1))
    exact = of(topological_concentration, data)
    assert float(exact.max()) <= 1
    assert float(exact.min()) >= 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_lie_on_the_device_of_the_input():
    data = karate()
    edge_index = data.edge_index.cuda()
    assert topological_concentration(edge_index, 34).is_cuda
    found = approximate_topological_concentration(edge_index, 34)
    assert found.value.is_cuda
    expected = of(approximate_topological_concentration, data).value
    torch.testing.assert_close(found.value.cpu(), expected)
