"""Star-mesh elimination against exact fractions, dense inverses, closed forms and Foster's law."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.diagnostics import Stopped, effective_resistance
from workbench.diagnostics.resistance.elimination import Elimination, plan
from workbench.diagnostics.resistance.elimination_order import elimination_order
from workbench.graphs import from_networkx, grid, random_regular, ring, star, tree
from workbench.topology import SimpleGraph, simple_graph


def network(graph):
    """The undirected edges of a networkx graph, with its weights."""
    data = from_networkx(graph)
    return simple_graph(data.edge_index, data.num_nodes, data.get("edge_weight"))


def eliminate(edges):
    return Elimination(plan(edges.adjacency()))


def dense(edges: SimpleGraph):
    both = torch.stack([edges.source, edges.target])
    return effective_resistance(
        torch.cat([both, both.flip(0)], dim=1), edges.num_nodes, edges.weight.repeat(2)
    )


def in_fractions(graph, u, v):
    """Effective resistance by Gaussian elimination in exact fractions; u and v are connected."""
    nodes = sorted(nx.node_connected_component(graph, u) - {v})
    place = {node: i for i, node in enumerate(nodes)}
    matrix = [[Fraction(0)] * (len(nodes) + 1) for _ in nodes]
    for a, b, data in graph.subgraph([*nodes, v]).edges(data=True):
        weight = Fraction(data["weight"])
        for one, other in ((a, b), (b, a)):
            if one in place:
                matrix[place[one]][place[one]] += weight
                if other in place:
                    matrix[place[one]][place[other]] -= weight
    matrix[place[u]][-1] = Fraction(1)
    for k, row in enumerate(matrix):
        for below in matrix[k + 1 :]:
            ratio = below[k] / row[k]
            below[:] = [x - ratio * y for x, y in zip(below, row, strict=True)]
    potential = [Fraction(0)] * len(nodes)
    for k in reversed(range(len(nodes))):
        known = sum(matrix[k][j] * potential[j] for j in range(k + 1, len(nodes)))
        potential[k] = (matrix[k][-1] - known) / matrix[k][k]
    return potential[place[u]]


@st.composite
def graphs(draw, exponents):
    """1 to 14 nodes, often disconnected, with conductances over many orders of magnitude."""
    size, probability = draw(st.integers(1, 14)), draw(st.sampled_from([0.1, 0.25, 0.5]))
    graph = nx.gnp_random_graph(size, probability, seed=draw(st.integers(0, 10_000)))
    for _, _, edge in graph.edges(data=True):
        edge["weight"] = draw(st.floats(1.0, 10.0)) * 10.0 ** draw(exponents)
    return graph


@given(graphs(st.integers(-14, 14)))
@settings(max_examples=60, deadline=None)
def test_full_precision_with_weights_28_orders_of_magnitude_apart(graph):
    edges = network(graph)
    if edges.num_edges == 0:
        return
    elimination = eliminate(edges)
    found, _ = elimination.of_edges()
    source, target = edges.source.numpy(), edges.target.numpy()
    pairs = elimination.of_pairs(source, target)
    expected = [float(in_fractions(graph, u, v)) for u, v in zip(source, target, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    # the flows from both ends of a pair cancel: their rounding, squared, times a resistance
    rounding = np.finfo(float).eps ** 2 * edges.num_nodes**2 * max(expected)
    np.testing.assert_allclose(pairs, expected, rtol=1e-12, atol=rounding)


@given(graphs(st.integers(-4, 4)))
@settings(max_examples=30, deadline=None)
def test_pairs_keep_full_precision_where_resistances_are_less_far_apart(graph):
    edges = network(graph)
    if edges.num_edges == 0:
        return
    source, target = edges.source.numpy(), edges.target.numpy()
    expected = [float(in_fractions(graph, u, v)) for u, v in zip(source, target, strict=True)]
    np.testing.assert_allclose(eliminate(edges).of_pairs(source, target), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "graph",
    [
        nx.gnm_random_graph(700, 2100, seed=1),  # wide fronts, several components
        nx.barabasi_albert_graph(600, 3, seed=2),
        nx.random_geometric_graph(800, 0.07, seed=3),
        nx.grid_graph((9, 9, 9)),
        nx.disjoint_union(nx.grid_2d_graph(20, 21), nx.random_regular_graph(4, 300, seed=4)),
    ],
    ids=["random", "scale-free", "geometric", "cubic", "two kinds"],
)
def test_edges_pairs_and_sums_agree_with_the_dense_inverse(graph):
    plain = network(nx.convert_node_labels_to_integers(graph))
    random = np.random.default_rng(0)
    weight = torch.from_numpy(10.0 ** random.uniform(-2, 2, plain.num_edges))
    edges = SimpleGraph(plain.source, plain.target, weight, plain.num_nodes)
    size, expected = edges.num_nodes, dense(edges).numpy()
    labels = edges.labels.numpy()
    elimination = eliminate(edges)
    found, to_last = elimination.of_edges()
    np.testing.assert_allclose(found, expected[edges.source, edges.target], rtol=1e-9)
    count = labels.max() + 1
    assert float((weight.numpy() * found).sum()) == pytest.approx(size - count, rel=1e-13)
    first, second = random.integers(0, size, (2, 300))
    same = labels[first] == labels[second]
    first, second = first[same], second[same]
    pairs = elimination.of_pairs(first, second)
    np.testing.assert_allclose(pairs, expected[first, second], rtol=1e-9)
    last = [
        nodes[to_last[nodes] == 0][0] for k in range(count) for nodes in [np.where(labels == k)[0]]
    ]
    np.testing.assert_allclose(
        to_last, expected[np.arange(size), np.array(last)[labels]], rtol=1e-9
    )
    mass = random.uniform(0, 2, size)
    inner = np.where(np.isfinite(expected), expected, 0.0)
    sums = np.bincount(labels, mass * (inner @ mass)) / 2
    np.testing.assert_allclose(elimination.pair_sums(mass, labels), sums, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("data", [tree(11), star(5000), tree(4, branching=9)])
def test_on_a_tree_every_edge_has_exactly_its_own_resistance(data):
    weight = torch.rand(data.num_edges // 2, generator=torch.Generator().manual_seed(0)).double()
    plain = simple_graph(data.edge_index, data.num_nodes)
    edges = SimpleGraph(plain.source, plain.target, weight + 1e-9, data.num_nodes)
    found, _ = eliminate(edges).of_edges()
    np.testing.assert_allclose(found, 1 / edges.weight.numpy(), rtol=1e-15)


def test_a_long_ring():
    found, _ = eliminate(simple_graph(ring(50_000).edge_index, 50_000)).of_edges()
    np.testing.assert_allclose(found, 49_999 / 50_000, rtol=1e-14)


@pytest.mark.parametrize(
    "graph",
    [
        nx.empty_graph(5),
        nx.path_graph(2),
        nx.complete_graph(90),  # one block of more columns than one product takes
        nx.complete_bipartite_graph(2, 3000),  # two hubs
        nx.complete_bipartite_graph(3, 40),
        nx.star_graph(20_000),
        nx.wheel_graph(4000),
        nx.barbell_graph(70, 5),
    ],
)
def test_the_order_holds_every_node_once_and_hubs_do_not_slow_it(graph):
    edges = network(graph)
    adjacency = edges.adjacency()
    order, block_start, _ = elimination_order(adjacency.indptr, adjacency.indices)
    assert sorted(order) == list(range(edges.num_nodes))
    assert block_start[-1] == edges.num_nodes
    fronts = plan(adjacency)
    assert sorted(fronts.order) == list(range(edges.num_nodes))
    found, _ = Elimination(fronts).of_edges()
    labels = edges.labels
    assert found.sum() == pytest.approx(edges.num_nodes - int(labels.max()) - 1)


def test_the_order_keeps_a_grid_sparse():
    """Nested dissection by hand leaves about 31/4 n log2 n entries; the order stays below."""
    adjacency = simple_graph(grid(128, 128).edge_index, 128**2).adjacency()
    fronts = plan(adjacency)
    assert fronts.panel_start[-1] < 7.75 * 128**2 * 14


def test_what_fills_in_is_not_eliminated():
    data = random_regular(40_000, 6, generator=torch.Generator().manual_seed(0))
    assert plan(simple_graph(data.edge_index, data.num_nodes).adjacency()) is None
    small = simple_graph(grid(30, 30).edge_index, 900).adjacency()
    assert plan(small, most_operations=1e4) is None


def test_what_does_not_fit_is_not_eliminated(monkeypatch):
    from workbench.diagnostics.resistance import elimination

    monkeypatch.setattr(elimination, "available_bytes", lambda: 100_000)
    assert plan(simple_graph(grid(60, 60).edge_index, 3600).adjacency()) is None


def test_it_stops_when_asked():
    fronts = plan(simple_graph(grid(40, 40).edge_index, 1600).adjacency())
    with pytest.raises(Stopped):
        Elimination(fronts, should_stop=lambda: True)
    answers = iter([False, True])
    elimination = Elimination(fronts, should_stop=lambda: next(answers))
    with pytest.raises(Stopped):
        elimination.of_edges()


def test_no_nodes():
    found, to_last = Elimination(plan(csr_array((0, 0)))).of_edges()
    assert found.size == to_last.size == 0
