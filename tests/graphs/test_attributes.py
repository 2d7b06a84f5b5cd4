import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.transforms import ToUndirected

from workbench.graphs import GraphNote, undirected
from workbench.graphs.attributes import edge_columns, node_rows


def test_edges_stored_one_way_get_their_other_direction_and_what_belongs_to_it():
    data = Data(
        edge_index=torch.tensor([[2, 0], [1, 1]]),
        edge_attr=torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
        num_nodes=4,
    )
    both = undirected(data)
    assert both.edge_index.tolist() == [[0, 1, 1, 2], [1, 0, 2, 1]]
    assert both.edge_attr.tolist() == [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0], [1.0, 2.0]]
    assert both.num_nodes == 4
    assert data.edge_index.tolist() == [[2, 0], [1, 1]]


def test_of_two_weights_the_mean_is_taken_and_said():
    data = Data(
        edge_index=torch.tensor([[0, 1, 1], [1, 0, 2]]),
        edge_weight=torch.tensor([2.0, 4.0, 7.0]),
        num_nodes=3,
    )
    with pytest.warns(GraphNote, match="1 pair had two weights, one each way: the mean is taken"):
        both = undirected(data)
    assert both.edge_weight.tolist() == [3.0, 3.0, 7.0, 7.0]
    assert both.edge_weight.dtype == torch.float32


def test_what_is_undirected_stays_and_nothing_is_said(recwarn):
    data = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=2)
    assert undirected(data).edge_index.tolist() == [[0, 1], [1, 0]]
    assert not recwarn


def test_names_are_no_attribute_of_edges_where_there_are_as_many_of_both():
    """PyG takes a list of names for one there, and its transform fails over it."""
    data = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), num_nodes=3, labels=list("abc"))
    data.edge_length = torch.tensor([1.0, 2.0, 3.0])
    assert edge_columns(data) == ["edge_length"]
    both = undirected(data)
    assert both.labels == ["a", "b", "c"]
    assert both.edge_length.tolist() == [1.0, 3.0, 1.0, 2.0, 3.0, 2.0]
    with pytest.raises((AttributeError, TypeError)):
        ToUndirected()(data)


def test_what_has_an_entry_for_each_node():
    """Tensors and lists by their length; as many edges as nodes are told apart by name."""
    data = Data(
        x=torch.ones(3, 2),
        edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]),
        edge_weight=torch.ones(3),
        y=torch.arange(3),
        labels=["a", "b", "c"],
        scale=torch.tensor(2.0),
        share=torch.ones(2),
        num_nodes=3,
    )
    assert sorted(node_rows(data)) == ["labels", "x", "y"]
    single = Data(x=torch.ones(1, 2), edge_index=torch.zeros(2, 0).long(), y=torch.tensor([4]))
    assert node_rows(single) == ["x"]
