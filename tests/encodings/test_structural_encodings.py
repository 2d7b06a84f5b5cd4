"""Distances, resistances, potentials, degrees, cycles and ego nets: closed forms and counts."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.utils import from_networkx

from workbench.cost import TooLargeError
from workbench.diagnostics import commute_time, effective_resistance, hop_distance
from workbench.encodings import (
    commute_embedding,
    cycle_counts,
    degree,
    distance_encoding,
    ego_nets,
    electrostatic,
    elene,
    elene_edges,
    resistance_embedding,
    rrwp,
    shortest_path,
)
from workbench.graphs import complete, load_strongly_regular, path, ring
from workbench.topology import simple_graph

NONE = torch.zeros(2, 0, dtype=torch.int64)


def edges(graph):
    return from_networkx(graph).edge_index


def random_graph(seed, size=14, share=0.25):
    return nx.gnp_random_graph(size, share, seed=seed)


# ---- distances -----------------------------------------------------------------------------------


def test_shortest_paths_are_hop_distances_and_stop_at_the_limit():
    graph = random_graph(1, 20, 0.12)
    hops = hop_distance(edges(graph), 20)
    found = shortest_path(edges(graph), 20, max_hops=3)
    assert torch.equal(found.sum(-1), (hops <= 3).double())
    assert torch.equal(found.argmax(-1)[hops <= 3].double(), hops[hops <= 3])


def test_paths_follow_the_arrows():
    found = shortest_path(torch.tensor([[0, 1], [1, 2]]), 3, max_hops=2)
    assert found[0, 2].tolist() == [0, 0, 1]
    assert found[2, 0].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="max_hops must not be negative, got -1"):
        shortest_path(NONE, 2, max_hops=-1)
    with pytest.raises(TooLargeError, match="distance_encoding"):
        shortest_path(NONE, 20_000, max_hops=4)


def test_distances_from_a_set():
    found = distance_encoding(path(5).edge_index, 5, targets=[0, 4], max_hops=3)
    assert found.tolist() == [
        [1, 0, 0, 0, 1],
        [0, 1, 0, 1, 0],
        [0, 0, 2, 0, 0],
        [0, 1, 0, 1, 0],
        [1, 0, 0, 0, 1],
    ]
    graph = random_graph(2)
    walks = distance_encoding(edges(graph), 14, targets=[3, 5], max_hops=4, kind="walks")
    powers = rrwp(edges(graph), 14, num_steps=5)
    torch.testing.assert_close(walks, powers[3] + powers[5])
    with pytest.raises(ValueError, match="target 7 is no node; the graph has the nodes 0 to 4"):
        distance_encoding(path(5).edge_index, 5, targets=[7])


# ---- resistance ----------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_squared_distances_are_resistances_and_commute_times(weighted):
    graph = nx.disjoint_union(random_graph(3, 9, 0.5), nx.cycle_graph(5))
    edge_index = edges(graph)
    weight = None
    if weighted:
        low, high = edge_index.min(0).values, edge_index.max(0).values
        weight = 1.0 + (7 * low + 3 * high) % 5
    options = {"num_frequencies": 14, "edge_weight": weight}
    for embed, measure in (
        (resistance_embedding, effective_resistance),
        (commute_embedding, commute_time),
    ):
        z = embed(edge_index, 14, **options)
        for first, last in ((0, 9), (9, 14)):  # a component by itself
            inside = (edge_index >= first).all(0) & (edge_index < last).all(0)
            of = None if weight is None else weight[inside]
            expected = measure(edge_index[:, inside] - first, last - first, of)
            found = torch.cdist(z[first:last], z[first:last]).square()
            torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)


def test_fewer_columns_never_give_more_than_the_resistance():
    graph = nx.barbell_graph(5, 3)
    exact = effective_resistance(edges(graph), 13)
    last = torch.zeros_like(exact)
    for count in range(1, 13):
        z = resistance_embedding(edges(graph), 13, num_frequencies=count)
        found = torch.cdist(z, z).square()
        assert bool((found >= last - 1e-9).all())
        last = found
    torch.testing.assert_close(last, exact, rtol=1e-8, atol=1e-8)


# ---- potentials ----------------------------------------------------------------------------------


def test_potentials_are_those_of_the_pseudo_inverse():
    graph = nx.disjoint_union(random_graph(4, 10, 0.5), nx.path_graph(4))
    graph.add_node(14)
    found = electrostatic(edges(graph), 15)
    assert found[14].tolist() == [0] * 10
    for nodes in (range(10), range(10, 14)):
        part = graph.subgraph(nodes)
        inverse = np.linalg.pinv(nx.laplacian_matrix(part).toarray().astype(float))
        E = inverse - np.diag(inverse)
        P = nx.to_numpy_array(part)
        P = P / P.sum(1, keepdims=True)
        expected = np.stack(
            [
                *(E.min(0), E.max(0), E.mean(0), E.std(0, ddof=1)),
                *(E.min(1), E.max(1), E.mean(1), E.std(1, ddof=1)),
                *((P * E).sum(0), (P * E).sum(1)),
            ],
            axis=1,
        )
        torch.testing.assert_close(found[list(nodes)], torch.from_numpy(expected))


def test_potentials_on_an_edge_and_a_complete_graph():
    # L^+ of K_n is (I - J/n) / n, so E = -1/n off the diagonal
    found = electrostatic(complete(5).edge_index, 5)
    spread = (0.2**2 * 4 / 25 * 5 / 4) ** 0.5
    expected = [-0.2, 0, -0.16, spread] * 2 + [-0.2, -0.2]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64).expand(5, 10))
    pair, weight = path(2).edge_index, torch.tensor([4.0, 4.0])
    assert electrostatic(pair, 2, edge_weight=weight)[0, 0] == pytest.approx(-1 / 8)


# ---- degrees and cycles --------------------------------------------------------------------------


def test_degrees_are_one_hot():
    graph = nx.star_graph(6)
    found = degree(torch.cat([edges(graph), torch.tensor([[1], [1]])], dim=1), 7, max_degree=4)
    assert found.argmax(1).tolist() == [4, 1, 1, 1, 1, 1, 1]
    assert degree(NONE, 2).argmax(1).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_cycles_are_counted_as_networkx_lists_them(seed):
    graph = random_graph(seed, 11, 0.35)
    expected = torch.zeros(11, 5, dtype=torch.float64)
    for cycle in nx.simple_cycles(graph, length_bound=7):
        for node in cycle:
            expected[node, len(cycle) - 3] += 1
    assert torch.equal(cycle_counts(edges(graph), 11, max_length=7), expected)


def test_cycles_come_out_the_same_in_blocks(monkeypatch):
    import sys

    graph = random_graph(9, 12, 0.5)
    whole = cycle_counts(edges(graph), 12)
    monkeypatch.setattr(sys.modules["workbench.encodings.cycle_counts"], "_BLOCK", 20)
    assert torch.equal(cycle_counts(edges(graph), 12), whole)


def test_cycles_of_a_dense_graph_are_refused_before_they_are_counted():
    with pytest.raises(TooLargeError, match=r"walks, and at most 200,000,000.*max_length=4"):
        cycle_counts(complete(100).edge_index, 100, max_length=8)
    with pytest.raises(ValueError, match="max_length must be at least 3, got 2"):
        cycle_counts(NONE, 3, max_length=2)


# ---- ELENE ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_ego_nets_against_networkx(hops):
    graph = random_graph(6, 13, 0.2)
    nets = ego_nets(simple_graph(edges(graph), 13), hops)
    row = 0
    for root in range(13):
        ego = nx.ego_graph(graph, root, hops)
        far = nx.single_source_shortest_path_length(graph, root, hops)
        for node in sorted(ego):
            counts = [sum(far[w] == far[node] + d for w in ego[node]) for d in (-1, 0, 1)]
            found = (nets.root[row], nets.node[row], nets.hop[row])
            assert tuple(map(int, found)) == (root, node, far[node])
            assert nets.degrees[row].tolist() == counts
            row += 1
    assert row == nets.root.numel()


def test_node_and_edge_form_on_a_graph_that_one_can_draw():
    triangle = torch.tensor([[0, 1, 1, 2, 2, 0, 2, 3], [1, 0, 2, 1, 0, 2, 3, 2]])  # and a tail
    found = elene(triangle, 4, max_degree=3)
    # of node 3: itself with one neighbor farther, node 2 with one nearer
    assert found[3].nonzero().flatten().tolist() == [1, (1 * 4 + 1) * 16]
    assert found.sum(1).tolist() == [3, 3, 4, 2]
    rows = elene_edges(triangle, 4, max_degree=3)
    # of the tail: its two ends alone, each the other's neighbor
    assert rows[6].nonzero().flatten().tolist() == [2 * 4 + 1, 12 + 0 + 1]
    # of an edge of the triangle: three nodes, all of degree 2
    assert rows[0].sum() == 3
    assert rows[0].nonzero().flatten().tolist() == [2 * 4 + 2, 12 + 2, 16 + 2]
    loop = torch.cat([torch.tensor([[1], [1]]), triangle], dim=1)
    assert not bool(elene_edges(loop, 4)[0].any())


def test_the_edge_form_goes_both_ways():
    graph = random_graph(8, 12, 0.3)
    edge_index = edges(graph)
    found = elene_edges(edge_index, 12, hops=2)
    reverse = elene_edges(edge_index.flip(0), 12, hops=2)
    back = {(v, u): row for (u, v), row in zip(edge_index.T.tolist(), found, strict=True)}
    for (u, v), row in zip(edge_index.T.tolist(), reverse, strict=True):
        assert torch.equal(back[u, v], row) == torch.equal(found[0], found[0])


def test_the_edge_form_tells_rook_and_shrikhande_apart_and_the_node_form_does_not():
    rook = nx.line_graph(nx.complete_bipartite_graph(4, 4))
    shifts = [(0, 1), (1, 0), (1, 1)]
    shrikhande = nx.Graph(
        ((a, b), ((a + x) % 4, (b + y) % 4)) for a in range(4) for b in range(4) for x, y in shifts
    )
    one, two = (edges(nx.convert_node_labels_to_integers(g)) for g in (rook, shrikhande))
    assert torch.equal(elene(one, 16), elene(two, 16))
    seen = [sorted(map(tuple, elene_edges(e, 16).tolist())) for e in (one, two)]
    assert seen[0] != seen[1]


def test_what_would_be_too_wide_is_refused():
    with pytest.raises(TooLargeError, match="hops=2 and max_degree=20 make 27,783 columns"):
        elene(NONE, 3, max_degree=20, hops=2)


def test_a_directed_graph_is_refused_where_both_ways_are_needed():
    one_way = torch.tensor([[0], [1]])
    for encode in (electrostatic, degree, cycle_counts, elene, elene_edges, resistance_embedding):
        with pytest.raises(ValueError, match="to_undirected"):
            encode(one_way, 2)
    assert ring(3).num_nodes == 3


def test_the_edge_form_tells_all_strongly_regular_graphs_of_25_nodes_apart(data_root):
    """The card's count: 15 of 15 by intersections, and one class by the node form."""
    graphs = load_strongly_regular("sr251256", root=data_root)
    classes = {
        encode.__name__: {
            tuple(sorted(map(tuple, encode(data.edge_index, 25).tolist()))) for data in graphs
        }
        for encode in (elene, elene_edges)
    }
    assert len(graphs) == 15
    assert {name: len(found) for name, found in classes.items()} == {"elene": 1, "elene_edges": 15}
