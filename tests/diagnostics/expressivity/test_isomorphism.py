"""Isomorphism classes against networkx, and graphs relabeled by hand."""

import itertools
import random

import hypothesis.strategies as st
import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from torch_geometric.data import Data

from workbench.diagnostics import graph_classes, is_isomorphic, isomorphism_classes
from workbench.graphs import load_brec, read_graphs, ring, rook, shrikhande


@st.composite
def graphs(draw):
    """Small graphs with two node labels; directed ones too, and some with edge labels."""
    size = draw(st.integers(1, 5))
    arcs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    edges = torch.tensor(draw(st.lists(arcs, max_size=7, unique=True)), dtype=torch.int64)
    edges = edges.reshape(-1, 2).T
    if draw(st.booleans()):
        edges = torch.cat([edges, edges.flip(0)], dim=1)
    labels = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    return Data(edge_index=edges, num_nodes=size, x=torch.tensor(labels)[:, None])


def relabeled(data, random):
    order = torch.tensor(random.sample(range(data.num_nodes), data.num_nodes))
    x = torch.empty_like(data.x)
    x[order] = data.x
    return Data(edge_index=order[data.edge_index], num_nodes=data.num_nodes, x=x)


def as_networkx(data):
    graph = nx.DiGraph()
    graph.add_nodes_from((v, {"x": int(data.x[v])}) for v in range(data.num_nodes))
    graph.add_edges_from(data.edge_index.T.tolist())
    return graph


@pytest.mark.slow
@given(st.lists(graphs(), min_size=1, max_size=4), st.randoms())
@settings(max_examples=60, deadline=None)
def test_against_networkx(some, random):
    some = some + [relabeled(data, random) for data in some]
    classes = isomorphism_classes(some).tolist()
    networks = [as_networkx(data) for data in some]
    same_x = nx.algorithms.isomorphism.categorical_node_match("x", 0)
    for i, one in enumerate(networks):
        for j, two in enumerate(networks[:i]):
            equal = nx.is_isomorphic(one, two, node_match=same_x)
            assert (classes[i] == classes[j]) == equal
            assert is_isomorphic(some[i], some[j]) == equal


def test_edge_labels_count():
    one, two = ring(4), ring(4)
    one.edge_attr = (one.edge_index.sum(0) == 1).long()  # the edge 0 - 1
    two.edge_attr = (two.edge_index.sum(0) == 5).long()  # the edge 2 - 3
    assert is_isomorphic(one, two)
    two.edge_attr = (two.edge_index.sum(0) % 4 == 1).long()  # both of them
    assert not is_isomorphic(one, two)


def test_rook_and_shrikhande_differ():
    assert not is_isomorphic(rook(), shrikhande())
    assert isomorphism_classes([]).numel() == 0


def test_graphs_on_seven_nodes(data_root):
    graphs = read_graphs(data_root / "expressiveness" / "connected" / "graph7c.g6")
    found = isomorphism_classes(graphs)
    assert found.tolist() == list(range(853))  # OEIS A001349, each graph once
    assert int(graph_classes(graphs).max()) + 1 < 853  # 1-WL merges some


def test_widths_must_agree():
    one, two = ring(4), ring(4)
    one.x, two.x = torch.zeros(4, 1), torch.zeros(4, 2)
    with pytest.raises(ValueError, match="x has 1 channels"):
        is_isomorphic(one, two)


@st.composite
def labeled_graphs(draw):
    """Small graphs with three edge labels; directed ones too, with repeats and self-loops."""
    size = draw(st.integers(1, 4))
    arcs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.integers(0, 2))
    rows = torch.tensor(draw(st.lists(arcs, max_size=6)), dtype=torch.int64).reshape(-1, 3).T
    edges, label = rows[:2], rows[2]
    if draw(st.booleans()):
        edges, label = torch.cat([edges, edges.flip(0)], dim=1), torch.cat([label, label])
    return Data(edge_index=edges, num_nodes=size, edge_attr=label)


def shuffled(data, random):
    """Other node numbers, and the edges in another order."""
    nodes = torch.tensor(random.sample(range(data.num_nodes), data.num_nodes))
    edges = data.edge_index.size(1)
    edges = torch.tensor(random.sample(range(edges), edges), dtype=torch.int64)
    return Data(
        edge_index=nodes[data.edge_index][:, edges],
        num_nodes=data.num_nodes,
        edge_attr=data.edge_attr[edges],
    )


def labeled_networkx(data):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(data.num_nodes))
    for u, v, label in zip(*data.edge_index.tolist(), data.edge_attr.tolist(), strict=True):
        kept = graph.get_edge_data(u, v, {"labels": frozenset()})["labels"]
        graph.add_edge(u, v, labels=kept | {label})
    return graph


@given(st.lists(labeled_graphs(), min_size=1, max_size=5), st.randoms())
@settings(max_examples=150, deadline=None)
def test_edge_labels_against_networkx(some, random):
    some = some + [shuffled(data, random) for data in some]
    classes = isomorphism_classes(some).tolist()
    networks = [labeled_networkx(data) for data in some]
    same = nx.algorithms.isomorphism.categorical_edge_match("labels", None)
    for i, one in enumerate(networks):
        for j, two in enumerate(networks[:i]):
            equal = nx.is_isomorphic(one, two, edge_match=same)
            assert (classes[i] == classes[j]) == equal


def test_every_small_labeled_graph_against_networkx():
    """All ways to give the three pairs of three nodes no edge, an arc or two, in two labels."""
    kinds = list(itertools.product((None, 0, 1), repeat=2))
    some = []
    for chosen in itertools.product(kinds, repeat=3):
        arcs = [
            (u, v, label)
            for (low, high), labels in zip([(0, 1), (0, 2), (1, 2)], chosen, strict=True)
            for u, v, label in ((low, high, labels[0]), (high, low, labels[1]))
            if label is not None
        ]
        rows = torch.tensor(arcs, dtype=torch.int64).reshape(-1, 3).T
        some.append(Data(edge_index=rows[:2], num_nodes=3, edge_attr=rows[2]))
    # Burnside over S3: 9^3 labelings, 9 * 3 fixed by each exchange, 9 by each rotation
    assert int(isomorphism_classes(some).max()) + 1 == (9**3 + 3 * 9 * 3 + 2 * 9) // 6


def with_one_label(data, column):
    """The edge in ``column`` has label 1 in both directions, all others label 0."""
    u, v = data.edge_index[:, column].tolist()
    source, target = data.edge_index
    marked = ((source == u) & (target == v)) | ((source == v) & (target == u))
    return Data(edge_index=data.edge_index, num_nodes=data.num_nodes, edge_attr=marked.long())


@pytest.mark.parametrize("number", [359, 384, 385])
def test_hard_pairs_with_an_edge_label(data_root, number):
    pair = load_brec(data_root)[number]
    one, two = with_one_label(pair.first, 0), with_one_label(pair.second, 0)
    assert not is_isomorphic(one, two)
    assert is_isomorphic(one, shuffled(one, random.Random(0)))
    one.edge_attr, two.edge_attr = torch.arange(2).repeat(one.num_edges)[: one.num_edges], None
    assert is_isomorphic(one, shuffled(one, random.Random(1)))  # directions differ
