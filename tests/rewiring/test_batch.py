"""A batch is rewired graph by graph: what comes out is the batch of what each graph becomes."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from workbench.graphs import barbell, grid, path, ring
from workbench.rewiring import REWIRINGS, Rewire, rewired_data


def graphs() -> list[Data]:
    made = []
    for number, data in enumerate((barbell(4, 1), ring(7), grid(3, 3), path(5))):
        graph = Data(edge_index=data.edge_index, num_nodes=data.num_nodes)
        graph.x = torch.arange(3.0 * data.num_nodes).view(-1, 3) + number
        graph.pos = graph.x[:, :2].clone()
        graph.edge_attr = torch.arange(data.num_edges).view(-1, 1).float()
        graph.y = torch.tensor([number])
        made.append(graph)
    return made


def same(one: Data, other: Data) -> bool:
    def equal(a, b):
        return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b

    keys = set(one.keys())
    return keys == set(other.keys()) and all(equal(one[key], other[key]) for key in keys)


@pytest.mark.parametrize("name", REWIRINGS)
def test_each_graph_of_a_batch_is_rewired_by_itself(name):
    transform = Rewire(name)
    each = [transform(graph) for graph in graphs()]
    before = Batch.from_data_list(graphs())
    batch = transform(before)
    assert same(before, Batch.from_data_list(graphs()))
    assert same(batch, Batch.from_data_list(each))
    assert batch.num_graphs == 4
    assert all(same(one, other) for one, other in zip(batch.to_data_list(), each, strict=True))
    joined = batch.batch[batch.edge_index]
    assert torch.equal(joined[0], joined[1])


def test_every_graph_has_the_whole_budget_and_follows_what_it_followed():
    before = Batch.from_data_list(graphs(), follow_batch=["edge_attr"])
    batch = Rewire("gtr", num_edges=2)(before)
    assert [int(graph.is_added.sum()) for graph in batch.to_data_list()] == [4, 4, 4, 4]
    assert torch.equal(batch.edge_attr_batch, batch.batch[batch.edge_index[0]])


def test_one_rewiring_for_a_whole_batch_is_refused():
    batch = Batch.from_data_list(graphs())
    result = REWIRINGS["gtr"](batch.edge_index, batch.num_nodes, num_edges=1)
    with pytest.raises(ValueError, match="batch of 4 graphs cannot take one rewiring"):
        rewired_data(batch, result)
    flat = Data(edge_index=batch.edge_index, num_nodes=batch.num_nodes, batch=batch.batch)
    with pytest.raises(TypeError, match="4 graphs stand in one Data"):
        Rewire("gtr")(flat)
    hand = Batch(edge_index=batch.edge_index, batch=batch.batch, num_nodes=batch.num_nodes)
    with pytest.raises(TypeError, match="does not say where its graphs begin"):
        Rewire("gtr")(hand)


def test_a_graph_without_an_edge_list_is_told_how_to_get_one():
    with pytest.raises(TypeError, match=r"with num_nodes and no edge_index; .*torch.zeros\(2, 0"):
        Rewire("gtr")(Data(num_nodes=3))
    sparse = torch.eye(3).to_sparse_csr()
    with pytest.raises(TypeError, match=r"with adj_t and no edge_index; .*before ToSparseTensor"):
        Rewire("gtr")(Data(adj_t=sparse))
