"""Ollivier curvature: closed forms, transport by linear programs, bounds and theorems."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse.csgraph import dijkstra

from workbench.diagnostics import Stopped, TooLargeError, balanced_forman
from workbench.diagnostics.curvature import ollivier as module
from workbench.diagnostics.curvature.ollivier import ollivier_ricci
from workbench.diagnostics.curvature.transport import transport_cost
from workbench.graphs import barbell, complete, from_networkx, grid, karate, path, ring, star, tree

ALPHAS = [0.0, 0.3, 0.5, 0.9]


def relabeled(graph):
    return from_networkx(nx.convert_node_labels_to_integers(graph))


def random_graphs(largest=12):
    return st.builds(
        lambda size, share, seed: nx.gnp_random_graph(size, share, seed=seed),
        st.integers(2, largest),
        st.sampled_from([0.2, 0.4, 0.8]),
        st.integers(0, 10_000),
    )


def by_program(supply, demand, cost):
    """Optimal transport as the linear program of its definition."""
    rows, columns = cost.shape
    sums = np.zeros((rows + columns, rows * columns))
    for i in range(rows):
        sums[i, i * columns : (i + 1) * columns] = 1
    for j in range(columns):
        sums[rows + j, j::columns] = 1
    solved = linprog(cost.ravel(), A_eq=sums, b_eq=np.concatenate([supply, demand]))
    assert solved.status == 0
    return solved.fun


def by_definition(edge_index, weight, length, alpha):
    """1 - W1 / d of each column, from whole measures and all shortest paths."""
    size = int(edge_index.max()) + 1
    walk, lengths = np.zeros((size, size)), np.zeros((size, size))
    walk[edge_index[0], edge_index[1]] = weight
    lengths[edge_index[0], edge_index[1]] = length
    none = walk.sum(1) == 0
    walk[none] = lengths[none] > 0
    distance, found = dijkstra(lengths), []
    walk = (1 - alpha) * walk / np.maximum(walk.sum(1, keepdims=True), 1e-300)
    walk += alpha * np.eye(size)
    for u, v in edge_index.T.tolist():
        rows, columns = np.flatnonzero(walk[u]), np.flatnonzero(walk[v])
        moved = by_program(walk[u, rows], walk[v, columns], distance[np.ix_(rows, columns)])
        found.append(1 - moved / distance[u, v])
    return torch.tensor(found, dtype=torch.float64)


def both_ways(data, seed):
    """A random positive number for each edge, the same in both directions."""
    draw = torch.rand(data.num_nodes, data.num_nodes, generator=torch.Generator().manual_seed(seed))
    draw = 0.2 + 2 * torch.maximum(draw, draw.T)
    return draw[data.edge_index[0], data.edge_index[1]].double()


@pytest.mark.parametrize(
    ("data", "edge", "moving", "lazy"),
    [
        (path(4), (1, 2), 0, 0),
        (ring(3), (0, 1), 0.5, 0.75),
        (ring(4), (0, 1), 0, 0.5),
        (ring(5), (0, 1), 0, 0.25),
        (ring(6), (0, 1), 0, 0),
        (complete(5), (0, 1), 0.75, 0.625),
        (grid(5, 5), (12, 13), 0, 0),
        (star(5), (0, 1), 0, 0.25),
        (barbell(5, 0), (4, 5), -1.2, -0.6),
        (relabeled(nx.complete_bipartite_graph(3, 3)), (0, 3), 0, 1 / 3),
        (relabeled(nx.petersen_graph()), (0, 1), -1 / 3, 0),
        (tree(3), (1, 3), -2 / 3, -1 / 3),
        (relabeled(nx.hypercube_graph(3)), (0, 1), 0, 1 / 3),
        (relabeled(nx.grid_2d_graph(6, 6, periodic=True)), (0, 1), 0, 0),
    ],
)
def test_golden_values(data, edge, moving, lazy):
    at = (data.edge_index == torch.tensor(edge).view(2, 1)).all(0)
    for alpha, expected in ((0.0, moving), (0.5, lazy), ("lin-lu-yau", 2 * lazy)):
        found = ollivier_ricci(data.edge_index, data.num_nodes, alpha=alpha)[at]
        assert float(found) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [2, 3, 4, 9])
def test_complete_graphs(size):
    """kappa = (n - 2)/(n - 1), and n/(n - 1) for Lin-Lu-Yau."""
    graph = complete(size).edge_index, size
    assert ollivier_ricci(*graph).unique().tolist() == pytest.approx([(size - 2) / (size - 1)])
    found = ollivier_ricci(*graph, alpha="lin-lu-yau").unique()
    assert found.tolist() == pytest.approx([size / (size - 1)])


@given(st.integers(2, 40), st.integers(0, 1_000))
@settings(max_examples=40, deadline=None)
def test_trees(size, seed):
    """-2 (1 - 1/d_u - 1/d_v)_+ where walkers do not rest (Jost and Liu)."""
    data = from_networkx(nx.random_labeled_tree(size, seed=seed))
    degree = torch.bincount(data.edge_index[0], minlength=size).double()
    share = 1 / degree[data.edge_index]
    expected = -2 * (1 - share.sum(0)).clamp(min=0)
    torch.testing.assert_close(ollivier_ricci(data.edge_index, size), expected)
    expected = -2 * (1 - share.sum(0))  # Lin, Lu and Yau: without the positive part
    found = ollivier_ricci(data.edge_index, size, alpha="lin-lu-yau")
    torch.testing.assert_close(found, expected)


@given(random_graphs(), st.sampled_from(ALPHAS), st.booleans(), st.booleans(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_definition_by_linear_programs(graph, alpha, weighted, with_lengths, seed):
    data = from_networkx(graph)
    if not data.num_edges:
        return
    weight = both_ways(data, seed) if weighted else None
    length = both_ways(data, seed + 1) if with_lengths else None
    found = ollivier_ricci(data.edge_index, data.num_nodes, weight, alpha=alpha, edge_length=length)
    ones = torch.ones(data.num_edges).double()
    expected = by_definition(
        data.edge_index,
        ones if weight is None else weight,
        ones if length is None else length,
        alpha,
    )
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


@given(random_graphs(), st.sampled_from(ALPHAS), st.floats(0, 1), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_edges_of_weight_zero_with_lengths_are_ways(graph, alpha, share, seed):
    """No walker takes them, but where a node has no others."""
    data = from_networkx(graph)
    if not data.num_edges:
        return
    weight, length = both_ways(data, seed), both_ways(data, seed + 1)
    weight[both_ways(data, seed + 2) < 0.2 + 2 * share] = 0.0
    found = ollivier_ricci(data.edge_index, data.num_nodes, weight, alpha=alpha, edge_length=length)
    expected = by_definition(data.edge_index, weight, length, alpha)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


def test_a_long_edge_whose_weight_underflows():
    """Path 0-1-2 of lengths 1 and 31: all walkers of 1 go to 0, those of 2 have one way, to 1."""
    length = torch.tensor([1.0, 1.0, 31.0, 31.0], dtype=torch.float64)
    edge_index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    weight = torch.exp(-(length**2))
    assert float(weight[2]) == 0.0
    found = ollivier_ricci(edge_index, 3, weight, edge_length=length)
    assert found.tolist() == pytest.approx([0, 0, 1 - 1 / 31, 1 - 1 / 31], abs=1e-15)
    assert ollivier_ricci(edge_index, 3, weight).tolist() == [0, 0, 0, 0], "of hops it is no edge"


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e200])
def test_a_common_factor_of_the_weights_changes_nothing(scale):
    """Also where the product of two sums of weights is below or above all numbers."""
    data = karate()
    weight = 2.0 ** torch.randint(3, (34, 34), generator=torch.Generator().manual_seed(0))
    weight = torch.maximum(weight, weight.T)[data.edge_index[0], data.edge_index[1]].double()
    for length in (None, both_ways(data, 3)):
        for alpha in ALPHAS:
            options = {"alpha": alpha, "edge_length": length}
            plain = ollivier_ricci(data.edge_index, 34, weight, **options)
            found = ollivier_ricci(data.edge_index, 34, weight * scale, **options)
            torch.testing.assert_close(found, plain, rtol=0, atol=1e-9)


def test_equal_weights_and_unit_lengths_are_none():
    data = karate()
    for alpha in ALPHAS:
        plain = ollivier_ricci(data.edge_index, 34, alpha=alpha)
        weight, length = torch.full((156,), 0.7), torch.ones(156)
        found = ollivier_ricci(data.edge_index, 34, weight, alpha=alpha)
        torch.testing.assert_close(found, plain, rtol=0, atol=1e-9)
        found = ollivier_ricci(data.edge_index, 34, alpha=alpha, edge_length=length)
        torch.testing.assert_close(found, plain, rtol=0, atol=1e-9)


def test_the_same_as_the_package_for_transport():
    """POT on neighborhoods of a hundred nodes, with all shortest paths."""
    ot = pytest.importorskip("ot", reason="POT is not installed")
    graph = nx.gnp_random_graph(220, 0.4, seed=0)
    data, near = from_networkx(graph), {v: sorted(graph[v]) for v in graph}
    distance = dijkstra(nx.to_scipy_sparse_array(graph), unweighted=True)
    found = ollivier_ricci(data.edge_index, 220)
    for e in range(0, data.num_edges, 997):
        u, v = data.edge_index[:, e].tolist()
        shares = [np.full(len(near[x]), 1 / len(near[x])) for x in (u, v)]
        moved = ot.emd2(*shares, distance[np.ix_(near[u], near[v])])
        assert float(found[e]) == pytest.approx(1 - moved, abs=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.booleans(), st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_transport(rows, columns, whole, seed):
    draw = np.random.default_rng(seed)
    cost = draw.integers(0, 4, (rows, columns)) if whole else 5 * draw.random((rows, columns))
    cost = cost.astype(np.int8 if whole else np.float64)
    supply, demand = draw.random(rows) + 0.01, draw.random(columns) + 0.01
    if whole:
        supply, demand = np.full(rows, float(columns)), np.full(columns, float(rows))
    demand *= supply.sum() / demand.sum()
    found = transport_cost(cost, supply, demand, float(cost.max()))
    expected = by_program(supply, demand, cost.astype(np.float64))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(random_graphs(16))
@settings(max_examples=40, deadline=None)
def test_bounds_of_jost_and_liu(graph):
    """For walkers that do not rest, from the degrees and the triangles t alone."""
    data = from_networkx(graph)
    found = ollivier_ricci(data.edge_index, data.num_nodes)
    assert bool((found > -2).all())
    for (u, v), kappa in zip(data.edge_index.T.tolist(), found.tolist(), strict=True):
        low, high = sorted((graph.degree(u), graph.degree(v)))
        t = len(set(graph[u]) & set(graph[v]))
        apart = 1 - 1 / low - 1 / high
        least = -max(apart - t / low, 0) - max(apart - t / high, 0) + t / high
        assert least - 1e-12 <= kappa <= t / high + 1e-12


@given(random_graphs(16))
@settings(max_examples=60, deadline=None)
def test_balanced_forman_is_a_lower_bound_of_lin_lu_yau(graph):
    """Topping et al., theorem 2."""
    data = from_networkx(graph)
    found = ollivier_ricci(data.edge_index, data.num_nodes, alpha="lin-lu-yau")
    below = balanced_forman(data.edge_index, data.num_nodes)
    assert bool((found >= below - 1e-12).all())


@given(random_graphs(12), st.floats(0.0, 0.99))
@settings(max_examples=40, deadline=None)
def test_idleness(graph, alpha):
    """kappa / (1 - alpha) is Lin-Lu-Yau's from 1 / (max(d_u, d_v) + 1) on, and never above it."""
    data = from_networkx(graph)
    limit = ollivier_ricci(data.edge_index, data.num_nodes, alpha="lin-lu-yau")
    found = ollivier_ricci(data.edge_index, data.num_nodes, alpha=alpha) / (1 - alpha)
    assert bool((found <= limit + 1e-9).all())
    degree = torch.bincount(data.edge_index[0], minlength=data.num_nodes)
    flat = alpha >= 1 / (degree[data.edge_index].amax(0) + 1)
    torch.testing.assert_close(found[flat], limit[flat], rtol=1e-9, atol=1e-9)


def test_order_of_the_columns_self_loops_repeats_and_isolated_nodes():
    data, length = karate(), None
    order = torch.randperm(156, generator=torch.Generator().manual_seed(0))
    noisy = torch.cat(
        [torch.tensor([[5, 35], [5, 35]]), data.edge_index[:, order], data.edge_index], dim=1
    )
    for length in (None, both_ways(data, 3)):
        clean = ollivier_ricci(data.edge_index, 36, edge_length=length)
        if length is not None:
            length = torch.cat([torch.ones(2).double(), length[order], 2 * length])
        found = ollivier_ricci(noisy, 36, edge_length=length)
        expected = torch.cat([torch.zeros(2).double(), clean[order], clean])
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for num_nodes in (0, 1, 3):
        assert ollivier_ricci(data.edge_index[:, :0], num_nodes).shape == (0,)


def test_blocks_and_threads_change_nothing(monkeypatch):
    data = from_networkx(nx.barabasi_albert_graph(300, 4, seed=0))
    length, before = both_ways(data, 1), torch.get_num_threads()
    whole = [ollivier_ricci(data.edge_index, 300, edge_length=x) for x in (None, length)]
    monkeypatch.setattr(module, "_TABLE_BYTES", 1_000)
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            for expected, x in zip(whole, (None, length), strict=True):
                found = ollivier_ricci(data.edge_index, 300, edge_length=x)
                assert torch.equal(found, expected)
    finally:
        torch.set_num_threads(before)


def test_a_hub_with_leaves_and_two_hubs():
    hub = star(100_000)
    found = ollivier_ricci(hub.edge_index, 100_000, alpha=0.5)
    assert found.unique().tolist() == pytest.approx([1 / 99_999])
    data = relabeled(nx.complete_bipartite_graph(2, 1_000))
    found = ollivier_ricci(data.edge_index, data.num_nodes)
    assert found.abs().max() < 1e-12


def test_refusals(monkeypatch):
    data = karate()
    graph = data.edge_index, 34
    with pytest.raises(ValueError, match="to_undirected"):
        ollivier_ricci(torch.tensor([[0, 1], [1, 2]]), 3)
    for alpha in (-0.1, 1.0):
        with pytest.raises(ValueError, match=str(alpha)):
            ollivier_ricci(*graph, alpha=alpha)
    with pytest.raises(ValueError, match="positive"):
        ollivier_ricci(*graph, edge_length=torch.zeros(156))
    with pytest.raises(ValueError, match="same length"):
        ollivier_ricci(*graph, edge_length=torch.arange(1.0, 157.0))
    with pytest.raises(ValueError, match="not negative"):
        ollivier_ricci(*graph, torch.full((156,), -1.0))
    with pytest.raises(Stopped):
        ollivier_ricci(*graph, should_stop=lambda: True)
    monkeypatch.setattr(module, "LONGEST_SECONDS", 1e-9)
    with pytest.raises(TooLargeError, match="34 nodes"):
        ollivier_ricci(*graph)
    assert ollivier_ricci(*graph, should_stop=lambda: False).shape == (156,)
    monkeypatch.setattr(module, "available_bytes", lambda: 10)
    with pytest.raises(TooLargeError, match="17"):
        ollivier_ricci(*graph, should_stop=lambda: False)
