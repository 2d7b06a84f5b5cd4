"""Forman curvatures: closed forms, counts by sets, weights, and the estimate with its error."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.cost import TooLargeError
from workbench.diagnostics.curvature import cycles
from workbench.diagnostics.curvature.forman import augmented_forman, forman
from workbench.diagnostics.curvature.minhash import approximate_weighted_forman
from workbench.diagnostics.curvature.weighted_forman import weighted_forman
from workbench.graphs import (
    barbell,
    complete,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    path,
    ring,
    star,
    tree,
)


def relabeled(graph):
    return from_networkx(nx.convert_node_labels_to_integers(graph))


def at(data, value, u, v):
    return float(value[(data.edge_index == torch.tensor([[u], [v]])).all(0)])


def random_graphs():
    return st.builds(
        lambda size, share, seed: nx.gnp_random_graph(size, share, seed=seed),
        st.integers(2, 16),
        st.sampled_from([0.2, 0.4, 0.8]),
        st.integers(0, 10_000),
    )


@pytest.mark.parametrize(
    ("data", "edge", "plain", "triangles", "squares"),
    [
        (path(4), (1, 2), 0, 0, 0),
        (ring(3), (0, 1), 0, 3, 3),
        (ring(4), (0, 1), 0, 0, 2),
        (ring(5), (0, 1), 0, 0, 0),
        (ring(6), (0, 1), 0, 0, 0),
        (complete(5), (0, 1), -4, 5, 17),
        (grid(5, 5), (12, 13), -4, -4, 0),
        (star(5), (0, 1), -1, -1, -1),
        (barbell(5, 0), (4, 5), -6, -6, -6),
        (relabeled(nx.complete_bipartite_graph(3, 3)), (0, 3), -2, -2, 6),
        (relabeled(nx.petersen_graph()), (0, 1), -2, -2, -2),
        (tree(3), (1, 3), -2, -2, -2),
        (relabeled(nx.hypercube_graph(3)), (0, 1), -2, -2, 2),
        (relabeled(nx.grid_2d_graph(6, 6, periodic=True)), (0, 1), -4, -4, 0),
    ],
)
def test_golden_values(data, edge, plain, triangles, squares):
    graph = data.edge_index, data.num_nodes
    assert at(data, forman(*graph), *edge) == plain
    assert at(data, augmented_forman(*graph), *edge) == triangles
    assert at(data, augmented_forman(*graph, max_cycle=4), *edge) == squares


@given(random_graphs())
@settings(max_examples=60, deadline=None)
def test_counts_by_sets(graph):
    data, near = from_networkx(graph), {v: set(graph[v]) for v in graph}
    plain, three, four, shared = [], [], [], []
    for u, v in data.edge_index.T.tolist():
        common = near[u] & near[v]
        squares = sum(
            w in near[k] for k in near[u] - {v} for w in near[v] - {u} if w != k
        )  # u-k-w-v
        plain.append(4 - len(near[u]) - len(near[v]))
        three.append(plain[-1] + 3 * len(common))
        four.append(three[-1] + 2 * squares)
        ball_u, ball_v = near[u] | {u}, near[v] | {v}
        f = {i: 1 / (1 + len(near[i])) for i in ball_u | ball_v}
        shared.append(sum(f[i] for i in ball_u & ball_v) - sum(f[i] for i in ball_u ^ ball_v))
    found = data.edge_index, data.num_nodes
    assert forman(*found).tolist() == plain
    assert augmented_forman(*found).tolist() == three
    assert augmented_forman(*found, max_cycle=4).tolist() == four
    assert weighted_forman(*found).tolist() == pytest.approx(shared, abs=1e-12)


@given(random_graphs(), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_weights_by_sums(graph, seed):
    """Forman's formula for weighted edges and faces of weight 1, word for word."""
    data, draw = from_networkx(graph), np.random.default_rng(seed)
    matrix = np.zeros((len(graph), len(graph)))
    for u, v in graph.edges:
        matrix[u, v] = matrix[v, u] = draw.uniform(0.2, 3)
    plain, faced = [], []
    for u, v in data.edge_index.T.tolist():
        w, common = matrix[u, v], set(graph[u]) & set(graph[v])
        ends = [(a, k) for a, b in ((u, v), (v, u)) for k in graph[a] if k != b]
        plain.append(2 - sum((w / matrix[e]) ** 0.5 for e in ends))
        outside = [(a, k) for a, k in ends if k not in common]
        faced.append(2 + len(common) * w**2 - sum((w / matrix[e]) ** 0.5 for e in outside))
    weight = torch.from_numpy(matrix)[data.edge_index[0], data.edge_index[1]]
    found = forman(data.edge_index, data.num_nodes, weight)
    assert found.tolist() == pytest.approx(plain, abs=1e-9)
    found = augmented_forman(data.edge_index, data.num_nodes, weight)
    assert found.tolist() == pytest.approx(faced, abs=1e-9)


def test_equal_weights_are_no_weights():
    data = karate()
    weight = torch.full((data.num_edges,), 0.3)
    found = forman(data.edge_index, 34, weight)
    torch.testing.assert_close(found, forman(data.edge_index, 34))
    found = augmented_forman(data.edge_index, 34, torch.ones(data.num_edges))
    torch.testing.assert_close(found, augmented_forman(data.edge_index, 34))


@pytest.mark.parametrize("size", [2, 3, 8])
def test_complete_and_regular_graphs(size):
    data = complete(size)
    assert weighted_forman(data.edge_index, size).tolist() == pytest.approx([1] * data.num_edges)
    data = ring(7)  # (4 - 2 d + 3 t) / (d + 1)
    assert weighted_forman(data.edge_index, 7).tolist() == pytest.approx([0] * 14, abs=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        forman,
        augmented_forman,
        lambda *graph: augmented_forman(*graph, max_cycle=4),
        weighted_forman,
        lambda *graph: approximate_weighted_forman(*graph).value,
        lambda *graph: approximate_weighted_forman(*graph).standard_error,
    ],
)
def test_order_of_the_columns_self_loops_repeats_and_isolated_nodes(function):
    data = karate()
    clean = function(data.edge_index, 36)
    order = torch.randperm(data.num_edges, generator=torch.Generator().manual_seed(0))
    loop = torch.tensor([[5, 35], [5, 35]])
    noisy = torch.cat([loop, data.edge_index[:, order], data.edge_index], dim=1)
    found = function(noisy, 36)
    assert torch.equal(found, torch.cat([torch.zeros(2).double(), clean[order], clean]))
    assert function(data.edge_index[:, :0], 3).shape == (0,)
    assert function(data.edge_index[:, :0], 0).shape == (0,)


def test_repeats_add_their_weights_and_weight_0_is_no_edge():
    edge_index = torch.tensor([[0, 1, 0, 1, 1, 2, 0, 2], [1, 0, 1, 0, 2, 1, 2, 0]])
    weight = torch.tensor([1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 0.0, 0.0])
    merged = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    for function in (forman, augmented_forman):
        found = function(edge_index, 3, weight)
        assert found[:4].tolist() == pytest.approx([2 - (4 / 1) ** 0.5] * 4)
        clean = function(merged, 3, torch.tensor([4.0, 4.0, 1.0, 1.0]))
        torch.testing.assert_close(found[:6], clean[[0, 1, 0, 1, 2, 3]])
        assert found[6:].tolist() == [0, 0]


def test_hubs_take_no_time():
    hub = star(200_000)
    graph = hub.edge_index, hub.num_nodes
    assert augmented_forman(*graph, max_cycle=4).unique().tolist() == [4 - 200_000]
    assert float(weighted_forman(*graph).max()) < 0


def test_the_estimate_is_within_two_of_its_errors():
    for data in (
        karate(),
        barbell(5, 2),
        grid(6, 7),
        erdos_renyi(60, 0.1, generator=torch.Generator().manual_seed(0)),
    ):
        graph, inside = (data.edge_index, data.num_nodes), []
        exact = weighted_forman(*graph)
        for seed in range(100):
            generator = torch.Generator().manual_seed(seed)
            found = approximate_weighted_forman(*graph, generator=generator)
            inside.append((found.value - exact).abs() <= 2 * found.standard_error)
        assert float(torch.stack(inside).double().mean()) >= 0.95


def test_more_hashes_bring_less_error_and_the_same_seed_the_same_numbers():
    graph = karate().edge_index, 34
    few, many = (approximate_weighted_forman(*graph, num_hashes=n) for n in (50, 5_000))
    assert float((few.standard_error / many.standard_error).min()) > 5
    error = (many.value - weighted_forman(*graph)).abs().max()
    assert float(error) < 0.2
    again = approximate_weighted_forman(*graph, num_hashes=50)
    assert torch.equal(again.value, few.value)


def test_refusals(monkeypatch):
    one_way = torch.tensor([[0, 1], [1, 2]])
    for function in (forman, augmented_forman, weighted_forman, approximate_weighted_forman):
        with pytest.raises(ValueError, match="to_undirected"):
            function(one_way, 3)
    graph = karate().edge_index, 34
    with pytest.raises(ValueError, match="max_cycle=3"):
        augmented_forman(*graph, torch.ones(156), max_cycle=4)
    with pytest.raises(ValueError, match="got 0"):
        approximate_weighted_forman(*graph, num_hashes=0)
    monkeypatch.setattr(cycles, "LONGEST_SECONDS", 1e-9)
    with pytest.raises(TooLargeError, match="34 nodes"):
        augmented_forman(*graph)
    with pytest.raises(TooLargeError, match="triangles"):
        augmented_forman(*graph, max_cycle=4)
