"""Homophily and assortativity against networkx, PyG and closed forms."""

import math

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.utils import assortativity, subgraph
from torch_geometric.utils import homophily as homophily_of_pyg

from workbench.diagnostics import degree_assortativity, homophily, label_informativeness
from workbench.graphs import from_networkx, grid, karate, ring, sbm, star

MEASURES = ["edge", "node", "class_insensitive", "adjusted"]


def random_case(size, seed, classes=3, probability=0.3):
    graph = nx.gnp_random_graph(size, probability, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (size,), generator=generator)
    return graph, from_networkx(graph), labels


@given(st.integers(3, 25), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_pyg_agrees(size, seed):
    graph, data, labels = random_case(size, seed)
    labels[:3] = torch.arange(3)  # PyG asks for every class
    found = [float(homophily(data.edge_index, size, labels, measure=m)) for m in MEASURES[:3]]
    if data.edge_index.size(1) == 0:
        assert all(math.isnan(value) for value in found)
        return
    expected = [
        homophily_of_pyg(data.edge_index, labels, method=m)
        for m in ("edge", "node", "edge_insensitive")
    ]
    # PyG counts a node without neighbors as 0
    expected[1] *= size / (size - nx.number_of_isolates(graph))
    assert found == pytest.approx(expected, abs=1e-6)


@given(st.integers(3, 25), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_networkx_agrees(size, seed):
    graph, data, labels = random_case(size, seed)
    nx.set_node_attributes(graph, dict(enumerate(labels.tolist())), "label")
    found = float(homophily(data.edge_index, size, labels, measure="adjusted"))
    if (
        graph.number_of_edges()
        and len({graph.nodes[u]["label"] for e in graph.edges for u in e}) > 1
    ):
        assert found == pytest.approx(nx.attribute_assortativity_coefficient(graph, "label"))
    else:
        assert math.isnan(found)
    degrees = {d for u, d in graph.degree if d}
    found = float(degree_assortativity(data.edge_index, size))
    if len(degrees) > 1:
        assert found == pytest.approx(nx.degree_assortativity_coefficient(graph), abs=1e-9)
        assert found == pytest.approx(assortativity(data.edge_index), abs=1e-4)
    else:
        assert math.isnan(found)


@given(st.integers(3, 15), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_informativeness_by_its_definition(size, seed):
    _, data, labels = random_case(size, seed)
    found = float(label_informativeness(data.edge_index, size, labels))
    arcs = labels[data.edge_index].T.tolist()
    share = {a: sum(x == a for x, _ in arcs) / len(arcs) for a, _ in arcs}
    if len(share) < 2:
        assert math.isnan(found)
        return
    joint = {(a, b): sum([x, y] == [a, b] for x, y in arcs) / len(arcs) for a, b in arcs}
    information = sum(p * math.log(p / (share[a] * share[b])) for (a, b), p in joint.items())
    entropy = -sum(p * math.log(p) for p in share.values())
    assert found == pytest.approx(information / entropy, abs=1e-12)


def test_a_bipartite_coloring_is_all_heterophily_and_tells_everything():
    data, labels = grid(4, 6), (torch.arange(4)[:, None] + torch.arange(6)).flatten() % 2
    found = {m: float(homophily(data.edge_index, 24, labels, measure=m)) for m in MEASURES}
    assert found == pytest.approx({"edge": 0, "node": 0, "class_insensitive": 0, "adjusted": -1})
    assert float(label_informativeness(data.edge_index, 24, labels)) == pytest.approx(1)


def test_classes_that_are_components():
    two = torch.cat([ring(5).edge_index, ring(4).edge_index + 5], dim=1)
    labels = torch.tensor([3] * 5 + [7] * 4)
    found = {m: float(homophily(two, 9, labels, measure=m)) for m in MEASURES}
    assert found == pytest.approx({"edge": 1, "node": 1, "class_insensitive": 1, "adjusted": 1})
    assert float(label_informativeness(two, 9, labels)) == pytest.approx(1)


def test_labels_that_edges_ignore_give_zero():
    data = sbm([2000, 1000], 0.01, 0.01, generator=torch.Generator().manual_seed(2))
    labels = (torch.arange(3000) >= 2000).long()
    assert abs(float(homophily(data.edge_index, 3000, labels, measure="adjusted"))) < 0.02
    assert float(label_informativeness(data.edge_index, 3000, labels)) < 1e-3


@pytest.mark.parametrize("unknown", [-1, math.nan])
@pytest.mark.parametrize("measure", MEASURES)
def test_unknown_labels_are_as_if_the_node_were_not_there(measure, unknown):
    data, labels = karate(), torch.arange(34).double() % 3
    labels[[0, 5, 33]] = unknown
    known = (labels >= 0).nonzero().flatten()
    rest, _ = subgraph(known, data.edge_index, relabel_nodes=True, num_nodes=34)
    found = homophily(data.edge_index, 34, labels, measure=measure)
    expected = homophily(rest, 31, labels[known], measure=measure)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        label_informativeness(data.edge_index, 34, labels),
        label_informativeness(rest, 31, labels[known]),
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_weights_are_multiplicities(measure):
    edge_index = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
    labels, weight = torch.tensor([0, 0, 1, 1]), torch.tensor([3.0, 3, 1, 1, 2, 2])
    found = float(homophily(edge_index, 4, labels, weight, measure=measure))
    expected = {
        "edge": 5 / 6,
        "node": (1 + 3 / 4 + 2 / 3 + 1) / 4,
        "class_insensitive": (6 / 7 - 1 / 2) + (4 / 5 - 1 / 2),
        "adjusted": (5 / 6 - (49 + 25) / 144) / (1 - (49 + 25) / 144),
    }
    assert found == pytest.approx(expected[measure])


def test_self_loops_and_repeats_change_nothing():
    data, labels = karate(), torch.arange(34) % 4
    loops = torch.tensor([[1, 2], [1, 2]])
    noisy = torch.cat([data.edge_index, loops, data.edge_index], dim=1)
    for measure in MEASURES:
        assert homophily(noisy, 34, labels, measure=measure) == homophily(
            data.edge_index, 34, labels, measure=measure
        )
    assert degree_assortativity(noisy, 34) == degree_assortativity(data.edge_index, 34)


def test_a_star_is_disassortative_and_nothing_is_nan():
    assert float(degree_assortativity(star(7).edge_index, 7)) == pytest.approx(-1)
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 3):
        assert degree_assortativity(empty, size).isnan()
        assert label_informativeness(empty, size, torch.zeros(size).long()).isnan()
        for measure in MEASURES:
            assert homophily(empty, size, torch.arange(size), measure=measure).isnan()


def test_bad_input():
    data = ring(5)
    with pytest.raises(ValueError, match=r"5 nodes, got shape \[4\]"):
        homophily(data.edge_index, 5, torch.zeros(4).long())
    with pytest.raises(ValueError, match="to_undirected"):
        homophily(torch.tensor([[0], [1]]), 2, torch.zeros(2).long())
    with pytest.raises(ValueError, match="to_undirected"):
        degree_assortativity(torch.tensor([[0], [1]]), 2)
