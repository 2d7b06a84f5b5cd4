import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from conftest import oracle_graph, oracle_names
from workbench.graphs import GraphNote, from_networkx, generators, to_networkx


def edges(data):
    return data.edge_index.T.tolist()


def test_names_of_any_kind_are_numbered_in_order():
    graph = nx.Graph([("b", "a"), ("a", (1, 2))])
    data = from_networkx(graph)
    assert edges(data) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert data.labels == ["b", "a", "(1, 2)"]


def test_nodes_named_by_their_number_have_no_labels():
    assert "labels" not in from_networkx(nx.path_graph(3))
    graph = nx.Graph()
    graph.add_nodes_from([2, 0, 1])
    assert from_networkx(graph).labels == ["2", "0", "1"]


def test_direction_is_kept():
    data = from_networkx(nx.DiGraph([(0, 1), (2, 1)]))
    assert edges(data) == [[0, 1], [2, 1]]
    assert data.is_directed()


def test_weights_are_conductances_and_default_to_one():
    graph = nx.Graph()
    graph.add_edge(0, 1, weight=2)
    graph.add_edge(1, 2, weight=np.float32(0.5))
    graph.add_edge(2, 2)
    data = from_networkx(graph)
    assert data.edge_weight.tolist() == [2.0, 2.0, 0.5, 0.5, 1.0]
    assert data.edge_weight.dtype == torch.float64


@pytest.mark.parametrize("weight", [-1, "2", None, float("nan"), float("inf"), True, 1j])
def test_a_weight_that_is_no_conductance_is_named(weight):
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=weight)
    with pytest.raises(ValueError, match=r"edge \('a', 'b'\) has weight"):
        from_networkx(graph)


def test_multigraphs():
    graph = nx.MultiGraph([(0, 1), (1, 0), (0, 1), (1, 2)])
    with pytest.warns(UserWarning, match="2 repeated edges dropped"):
        assert edges(from_networkx(graph)) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    for _, _, attributes in graph.edges(data=True):
        attributes["weight"] = 2.0
    with pytest.warns(UserWarning, match="conductances added"):
        assert from_networkx(graph).edge_weight.tolist() == [6.0, 6.0, 2.0, 2.0]
    arcs = nx.MultiDiGraph([(0, 1), (1, 0)])
    assert edges(from_networkx(arcs)) == [[0, 1], [1, 0]]


def test_positions_and_classes():
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, {0: (0.0, 1.0), 1: [2, 3]}, "pos")
    nx.set_node_attributes(graph, {0: 1, 1: 0}, "class")
    data = from_networkx(graph)
    assert data.pos.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert data.y.tolist() == [1, 0]
    # a position of one node is no drawing, words are no positions
    del graph.nodes[0]["pos"]
    with pytest.warns(GraphNote, match="1 of 2 nodes have no pos, so places are left out"):
        assert "pos" not in from_networkx(graph)
    nx.set_node_attributes(graph, "left", "pos")
    nx.set_node_attributes(graph, {0: "red", 1: "blue"}, "class")
    with pytest.warns(GraphNote, match="left out: pos"):
        data = from_networkx(graph)
    assert "pos" not in data
    assert data.y.tolist() == [1, 0]
    assert data.class_names == ["blue", "red"]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_graphs_without_edges(n):
    data = from_networkx(nx.empty_graph(n))
    assert data.num_nodes == n
    assert data.edge_index.shape == (2, 0)
    assert data.edge_index.dtype == torch.int64
    assert len(to_networkx(data)) == n


def test_what_is_no_graph_is_refused():
    check = getattr(from_networkx, "__wrapped__", from_networkx)
    with pytest.raises(TypeError, match="got list"):
        check([(0, 1)])


def test_to_networkx_and_back():
    data = generators.les_miserables()
    graph = to_networkx(data)
    assert graph.name == "les_miserables"
    assert [label for _, label in graph.nodes(data="label")] == data.labels
    assert graph.degree(data.labels.index("Valjean")) == 36
    back = from_networkx(graph)
    assert torch.equal(back.edge_index, data.edge_index)
    assert torch.equal(back.edge_weight, data.edge_weight)
    assert torch.equal(back.pos.double(), data.pos.double())
    assert back.labels == data.labels
    assert back.name == data.name


def test_to_networkx_of_karate_keeps_the_clubs():
    data = generators.karate()
    assert torch.equal(from_networkx(to_networkx(data)).y, data.y)


def test_one_direction_or_two_weights_make_a_digraph():
    one_way = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2)
    assert to_networkx(one_way).is_directed()
    both = torch.tensor([[0, 1], [1, 0]])
    uneven = Data(edge_index=both, num_nodes=2, edge_weight=torch.tensor([1.0, 2.0]))
    assert to_networkx(uneven).is_directed()
    even = Data(edge_index=both, num_nodes=2, edge_weight=torch.tensor([2.0, 2.0]))
    assert not to_networkx(even).is_directed()


def test_repeats_and_loops_of_data():
    edge_index = torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 0, 2]])
    data = Data(edge_index=edge_index, num_nodes=3, edge_weight=torch.tensor([1.0, 1, 2, 2, 5]))
    with pytest.warns(UserWarning, match="2 repeated columns"):
        graph = to_networkx(data)
    assert sorted(graph.edges(data="weight")) == [(0, 1, 3.0), (2, 2, 5.0)]


def test_nodes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="outside 0 to 1"):
        to_networkx(Data(edge_index=torch.tensor([[0], [2]]), num_nodes=2))


@pytest.mark.parity
def test_every_graph_of_the_suite_goes_there_and_back():
    for name in oracle_names(directed=None):
        edge_index, n, weight = oracle_graph(name)
        back = from_networkx(
            to_networkx(Data(edge_index=edge_index, num_nodes=n, edge_weight=weight))
        )
        order = torch.argsort(edge_index[0] * n + edge_index[1])
        assert torch.equal(back.edge_index, edge_index[:, order]), name
        assert weight is None or torch.equal(back.edge_weight, weight[order]), name


def test_a_hundred_thousand_nodes():
    data = generators.ring(100_000)
    assert torch.equal(from_networkx(to_networkx(data)).edge_index, data.edge_index)
