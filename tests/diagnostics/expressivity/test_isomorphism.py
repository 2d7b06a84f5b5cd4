"""Isomorphism classes against networkx, and graphs relabeled by hand."""

import hypothesis.strategies as st
import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from torch_geometric.data import Data

from workbench.diagnostics import graph_classes, is_isomorphic, isomorphism_classes
from workbench.graphs import read_graphs, ring, rook, shrikhande


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
