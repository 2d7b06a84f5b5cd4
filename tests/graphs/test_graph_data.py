import pytest
import torch
from torch_geometric.data import Batch, Data, HeteroData

from workbench.graphs import GraphData


def graph(num_nodes, copies, pairs, patches):
    """Made up: some copies of all nodes, pairs with values, patches with edges between them."""
    nodes, rows = torch.arange(num_nodes), copies * num_nodes
    edge_index = torch.stack([nodes[:-1], nodes[1:]])
    return GraphData(
        x=torch.rand(num_nodes, 2),
        edge_index=edge_index,
        rrwp=torch.rand(pairs, 3),
        rrwp_index=torch.randint(num_nodes, (2, pairs)),
        edge_layers=torch.rand(num_nodes - 1, 4) > 0.5,
        subgraph_index=nodes.repeat(copies),
        subgraph_batch=torch.arange(copies).repeat_interleave(num_nodes),
        subgraph_edge_index=torch.arange(rows).flip(0).expand(2, -1),
        subgraph_column=torch.arange(num_nodes - 1).repeat(copies),
        patch_index=nodes,
        patch_batch=nodes % patches,
        patch_edge_index=nodes.flip(0).expand(2, -1),
        patch_column=torch.arange(num_nodes - 1),
    )


def test_what_points_is_shifted_by_what_it_points_at():
    first, second = graph(4, 3, 5, 2), graph(3, 2, 7, 3)
    batch = Batch.from_data_list([first, second])
    shift = {
        "rrwp_index": 4,  # nodes
        "subgraph_index": 4,
        "patch_index": 4,
        "subgraph_batch": 3,  # copies
        "patch_batch": 2,  # patches
        "patch_edge_index": 4,  # rows of patches
        "patch_column": 3,
        "subgraph_edge_index": 12,  # rows of copies
        "subgraph_column": 3,  # edges
        "rrwp": 0,
        "edge_layers": 0,
    }
    for key, by in shift.items():
        end = first[key].size(-1 if "index" in key else 0)
        part = batch[key][..., end:] if "index" in key else batch[key][end:]
        assert torch.equal(part, second[key] + by if by else second[key]), key
    assert batch.num_nodes == 7


def test_a_batch_comes_apart_again():
    graphs = [graph(4, 3, 5, 2), graph(3, 2, 7, 3), graph(5, 1, 0, 1)]
    batch = Batch.from_data_list(graphs)
    for number, one in enumerate(graphs):
        for key, value in one.to_dict().items():
            assert torch.equal(batch[number][key], value), key


def test_a_graph_without_copies_joins():
    none = torch.zeros(0, dtype=torch.int64)
    empty = GraphData(
        edge_index=none.expand(2, 0),
        num_nodes=2,
        subgraph_index=none,
        subgraph_batch=none,
        subgraph_edge_index=none.expand(2, 0),
    )
    batch = Batch.from_data_list([empty, empty])
    assert batch.subgraph_batch.numel() == 0
    assert batch.num_nodes == 4


def test_a_plain_graph_becomes_one_and_stays_itself():
    plain = Data(x=torch.rand(3, 1), edge_index=torch.tensor([[0], [1]]), y=torch.tensor(1))
    found = GraphData.of(plain)
    assert type(found) is GraphData
    assert type(plain) is Data
    assert found.x is plain.x
    assert found.keys() == plain.keys()
    assert GraphData.of(found) is found
    with pytest.raises(TypeError, match="got HeteroData"):
        GraphData.of(HeteroData())
