import networkx as nx
import numpy as np
import pytest
import torch

from workbench.graphs import EXAMPLES, GRAPHS, generators, open_graph
from workbench.graphs.networkx_graphs import to_networkx
from workbench.topology import simple_graph

#: Graph, edges, and how many nodes have each degree.
CLOSED_FORMS = [
    (generators.path(10), 9, {1: 2, 2: 8}),
    (generators.path(1), 0, {0: 1}),
    (generators.path(0), 0, {}),
    (generators.ring(12), 12, {2: 12}),
    (generators.ring(3), 3, {2: 3}),
    (generators.complete(8), 8 * 7 // 2, {7: 8}),
    (generators.complete(1), 0, {0: 1}),
    (generators.star(9), 8, {1: 8, 8: 1}),
    (generators.star(1), 0, {0: 1}),
    (generators.barbell(6, 1), 2 * 15 + 2, {2: 1, 5: 10, 6: 2}),
    (generators.barbell(5), 2 * 10 + 1, {4: 8, 5: 2}),
    (generators.lollipop(5, 4), 10 + 4, {1: 1, 2: 3, 4: 4, 5: 1}),
    (generators.lollipop(5, 0), 10, {4: 5}),
    (generators.clique_path(20), 45 + 10, {1: 1, 2: 9, 9: 9, 10: 1}),
    (generators.crossed_ring(8), 2 * 8 - 4, {2: 2, 3: 4, 4: 2}),
    (generators.crossed_ring(20), 2 * 20 - 4, {2: 2, 3: 4, 4: 14}),
    (generators.tree(4), 30, {1: 16, 2: 1, 3: 14}),
    (generators.tree(2, 3), 12, {1: 9, 3: 1, 4: 3}),
    (generators.tree(5, 1), 5, {1: 2, 2: 4}),
    (generators.tree(0), 0, {0: 1}),
    (generators.grid(6, 7), 6 * 6 + 7 * 5, {2: 4, 3: 18, 4: 20}),
    (generators.grid(1, 5), 4, {1: 2, 2: 3}),
    (generators.ring_of_cliques(5, 5), 5 * 10 + 5, {4: 15, 5: 10}),
    (generators.ring_of_cliques(2, 2), 4, {2: 4}),
    (generators.csl(41, 3), 82, {4: 41}),
    (generators.rook(4), 48, {6: 16}),
    (generators.rook(3), 18, {4: 9}),
    (generators.shrikhande(), 48, {6: 16}),
    (generators.petersen(), 15, {3: 10}),
    (generators.karate(), 78, None),
    (generators.les_miserables(), 254, None),
]


@pytest.mark.parametrize(
    ("data", "edges", "degrees"), CLOSED_FORMS, ids=lambda d: getattr(d, "name", "")
)
def test_edges_and_degrees_are_those_of_the_closed_form(data, edges, degrees):
    found = simple_graph(data.edge_index, data.num_nodes)
    assert found.num_edges == edges
    # simple: nothing but both directions of each edge
    assert data.edge_index.size(1) == 2 * edges
    counts = found.degree().long().bincount()
    if degrees is not None:
        assert {d: int(c) for d, c in enumerate(counts) if c} == degrees


@pytest.mark.parametrize("data", [case[0] for case in CLOSED_FORMS], ids=lambda d: d.name)
def test_every_graph_is_sorted_drawn_and_named(data):
    source, target = data.edge_index
    key = source * max(data.num_nodes, 1) + target
    assert bool((key.diff() > 0).all())
    assert data.pos.dtype == torch.float32
    assert data.pos.shape == (data.num_nodes, 2)
    if data.num_nodes > 1:
        low, high = data.pos.min(dim=0).values, data.pos.max(dim=0).values
        assert float(high.max()) == pytest.approx(1.0, abs=1e-5)
        assert float(low.min()) == pytest.approx(-1.0, abs=1e-5)
        distance = torch.pdist(data.pos)
        assert float(distance.min()) > 1e-3
    assert isinstance(data.name, str)


def edge_set(graph):
    return {tuple(sorted(edge)) for edge in graph.edges}


@pytest.mark.parametrize(
    ("data", "graph"),
    [
        (generators.path(7), nx.path_graph(7)),
        (generators.ring(7), nx.cycle_graph(7)),
        (generators.complete(7), nx.complete_graph(7)),
        (generators.star(7), nx.star_graph(6)),
        (generators.barbell(5, 3), nx.barbell_graph(5, 3)),
        (generators.lollipop(5, 3), nx.lollipop_graph(5, 3)),
        (generators.tree(3, 2), nx.balanced_tree(2, 3)),
        (generators.grid(3, 4), nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4))),
        (generators.ring_of_cliques(4, 5), nx.ring_of_cliques(4, 5)),
        (generators.csl(11, 4), nx.circulant_graph(11, [1, 4])),
    ],
    ids=lambda d: getattr(d, "name", ""),
)
def test_numbering_is_that_of_networkx(data, graph):
    assert edge_set(to_networkx(data)) == edge_set(graph)
    assert data.num_nodes == len(graph)


def test_crossed_ring_is_the_published_construction():
    for n in (6, 8, 10, 12, 20, 30):
        published = {(i, (i + 1) % n) for i in range(n)}
        published |= {(i, n - 1 - i) for i in range(n // 2)}
        published |= {(i, n + 1 - i) for i in range(n // 2) if n + 1 - i < n}
        simple = {tuple(sorted(edge)) for edge in published}
        graph = to_networkx(generators.crossed_ring(n))
        assert edge_set(graph) == simple
        assert nx.shortest_path_length(graph, 0, n // 2) == n // 2


def test_crossed_ring_degrees():
    for n in (8, 12, 20):
        degrees = sorted(d for _, d in to_networkx(generators.crossed_ring(n)).degree)
        assert degrees == [2] * 2 + [3] * 4 + [4] * (n - 6)


def resistance(data, u, v):
    pseudo_inverse = np.linalg.pinv(nx.laplacian_matrix(to_networkx(data)).toarray())
    return pseudo_inverse[u, u] + pseudo_inverse[v, v] - 2 * pseudo_inverse[u, v]


@pytest.mark.parametrize(
    ("n", "expected"), [(6, 3.6667), (8, 4.5), (10, 5.4), (12, 6.3333), (20, 10.2)]
)
def test_clique_path_resistance_and_distance(n, expected):
    data = generators.clique_path(n)
    # one clique edge beside k - 2 detours, then the path: 2 / k + n / 2
    assert resistance(data, 0, n - 1) == pytest.approx(2 / (n // 2) + n // 2)
    assert resistance(data, 0, n - 1) == pytest.approx(expected, abs=5e-4)
    assert nx.shortest_path_length(to_networkx(data), 0, n - 1) == n // 2 + 1


@pytest.mark.parametrize("n", [6, 8, 10, 12])
def test_crossed_ring_and_ring_resistance(n):
    assert resistance(generators.crossed_ring(n), 0, n // 2) == pytest.approx(0.5 + n / 8)
    assert resistance(generators.ring(n), 0, n // 2) == pytest.approx(n / 4)


@pytest.mark.parametrize("n", [6, 8, 20])
def test_walk_weights_of_the_transfer_graphs(n):
    r = n // 2

    def weight(data, steps, v, u):
        graph = to_networkx(data)
        adjacency = nx.to_numpy_array(graph)
        scale = 1 / np.sqrt(adjacency.sum(axis=1))
        return np.linalg.matrix_power(scale[:, None] * adjacency * scale, steps)[v, u]

    assert weight(generators.ring(n), r, 0, r) == pytest.approx(2.0 ** -(r - 1))
    assert weight(generators.crossed_ring(n), r, 0, r) == pytest.approx(8 / 9 * 2.0 ** -(r - 1))
    r += 1
    expected = 2.0 ** -(r - 2) / ((r - 1) * (r - 2) ** 0.5)
    assert weight(generators.clique_path(n), r, 0, n - 1) == pytest.approx(expected)


def test_rook_and_shrikhande_are_strongly_regular_and_differ():
    adjacency = []
    for data in (generators.rook(4), generators.shrikhande()):
        a = nx.to_numpy_array(to_networkx(data))
        adjacency.append(a)
        # A^2 = 6 I + 2 A + 2 (J - I - A): both common-neighbor counts are 2
        assert (a @ a == 6 * np.eye(16) + 2 * (np.ones((16, 16)) - np.eye(16))).all()
    rook, shrikhande = (nx.from_numpy_array(a) for a in adjacency)
    # rows and columns of the board are 4-cliques; the Shrikhande graph has none
    assert max(map(len, nx.find_cliques(rook))) == 4
    assert max(map(len, nx.find_cliques(shrikhande))) == 3


def test_petersen_is_the_petersen_graph():
    assert nx.is_isomorphic(to_networkx(generators.petersen()), nx.petersen_graph())


def test_tree_is_numbered_by_levels():
    data = generators.tree(3, 2)
    distance = nx.single_source_shortest_path_length(to_networkx(data), 0)
    assert [distance[v] for v in range(15)] == [0] + [1] * 2 + [2] * 4 + [3] * 8
    # a level is a line in the drawing, the root on top
    assert len({round(float(y), 5) for y in data.pos[7:, 1]}) == 1
    assert float(data.pos[0, 1]) == pytest.approx(float(data.pos[:, 1].max()))


def test_karate_has_its_clubs():
    data = generators.karate()
    graph = nx.karate_club_graph()
    assert edge_set(to_networkx(data)) == edge_set(graph)
    assert data.y.bincount().tolist() == [17, 17]
    assert [int(data.y[v]) for v in (0, 33)] == [0, 1]
    assert "edge_weight" not in data


def test_les_miserables_keeps_names_and_weights():
    data = generators.les_miserables()
    graph = nx.les_miserables_graph()
    assert data.labels == list(graph)
    for (u, v), weight in zip(data.edge_index.T.tolist(), data.edge_weight.tolist(), strict=True):
        assert weight == graph[data.labels[u]][data.labels[v]]["weight"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: generators.ring(2), "num_nodes of at least 3, got 2"),
        (lambda: generators.path(-1), "at least 0, got -1"),
        (lambda: generators.star(0), "at least 1, got 0"),
        (lambda: generators.barbell(0), "clique_size of at least 1, got 0"),
        (lambda: generators.lollipop(3, -1), "path_length of at least 0, got -1"),
        (lambda: generators.crossed_ring(2), "at least 3, got 2"),
        (lambda: generators.clique_path(1), "at least 2, got 1"),
        (lambda: generators.grid(0, 3), "rows of at least 1, got 0"),
        (lambda: generators.tree(-1), "depth of at least 0"),
        (lambda: generators.csl(10, 5), "skip=5 with num_nodes=10"),
        (lambda: generators.csl(10, 9), "from 2 to 8"),
        (lambda: generators.csl(10, 1), "skip of at least 2"),
        (lambda: generators.complete(10**6), "smaller graph"),
        (lambda: generators.tree(10**9), "smaller graph"),
        (lambda: generators.path(10**12), "smaller graph"),
    ],
)
def test_impossible_parameters_name_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_generator_is_in_the_catalog_with_an_example():
    assert set(GRAPHS) == set(generators.__all__)
    assert list(EXAMPLES) == list(GRAPHS)
    for name, text in EXAMPLES.items():
        assert text.partition(":")[0] == name
        assert open_graph(text).num_nodes > 0


@pytest.mark.parametrize("make", [generators.ring, generators.path, generators.star])
def test_a_hundred_thousand_nodes(make):
    assert make(100_000).num_nodes == 100_000
