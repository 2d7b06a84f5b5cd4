import pytest
import torch
from torch_geometric.data import Batch, Data

from workbench.cost import TooLargeError
from workbench.graphs import GraphData, grid, path, ring
from workbench.models import Subgraphs
from workbench.models.subgraphs import POLICIES


def copies_of(data, policy, **options):
    """Of each copy: its nodes, its edges as pairs of nodes, and the place of each edge."""
    found = Subgraphs(policy, **options)(data)
    nodes, copy = found.subgraph_index, found.subgraph_batch
    at = copy[found.subgraph_edge_index[0]]
    assert torch.equal(at, copy[found.subgraph_edge_index[1]])
    pairs = nodes[found.subgraph_edge_index]
    assert torch.equal(pairs, data.edge_index[:, found.subgraph_column])
    count = int(copy.max()) + 1 if copy.numel() else 0
    return [
        (nodes[copy == c].tolist(), sorted(map(tuple, pairs[:, at == c].T.tolist())))
        for c in range(count)
    ]


def both(*edges):
    return sorted([*edges, *((v, u) for u, v in edges)])


def test_the_copies_of_a_path_of_four():
    data = path(4)
    assert copies_of(data, "node_deleted") == [
        ([1, 2, 3], both((1, 2), (2, 3))),
        ([0, 2, 3], both((2, 3))),
        ([0, 1, 3], both((0, 1))),
        ([0, 1, 2], both((0, 1), (1, 2))),
    ]
    every = [0, 1, 2, 3]
    assert copies_of(data, "edge_deleted") == [
        (every, both((1, 2), (2, 3))),
        (every, both((0, 1), (2, 3))),
        (every, both((0, 1), (1, 2))),
    ]
    assert copies_of(data, "ego_nets", num_hops=1) == [
        ([0, 1], both((0, 1))),
        ([0, 1, 2], both((0, 1), (1, 2))),
        ([1, 2, 3], both((1, 2), (2, 3))),
        ([2, 3], both((2, 3))),
    ]
    far = copies_of(data, "ego_nets", num_hops=3)
    assert far == [(every, both((0, 1), (1, 2), (2, 3)))] * 4


@pytest.mark.parametrize("policy", POLICIES)
def test_the_released_copies_keep_every_node(policy):
    data = path(4)
    kept = copies_of(data, policy, variant="official")
    assert all(nodes == [0, 1, 2, 3] for nodes, _ in kept)
    assert [pairs for _, pairs in kept] == [pairs for _, pairs in copies_of(data, policy)]


def test_the_root_of_an_ego_net_is_marked():
    found = Subgraphs("ego_nets_plus", num_hops=1)(path(3))
    assert found.subgraph_mark.tolist() == [[1, 0], [0, 1], [0, 1], [1, 0], [0, 1], [0, 1], [1, 0]]
    assert "subgraph_mark" not in Subgraphs("ego_nets")(path(3))


def test_ego_nets_are_those_whose_messages_arrive():
    one_way = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3)
    nets = copies_of(one_way, "ego_nets", num_hops=1)
    assert [nodes for nodes, _ in nets] == [[0], [0, 1], [1, 2]]


def test_an_edge_is_deleted_with_its_repeats_and_loops_stay():
    edges = torch.tensor([[0, 1, 0, 1, 1, 2], [1, 0, 1, 1, 2, 1]])  # 0-1 thrice, a loop at 1
    without = copies_of(Data(edge_index=edges, num_nodes=3), "edge_deleted")
    assert [pairs for _, pairs in without] == [
        [(1, 1), (1, 2), (2, 1)],
        [(0, 1), (0, 1), (1, 0), (1, 1)],
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_graph_without_anything_to_delete_is_its_own_copy(policy):
    none = torch.zeros(2, 0, dtype=torch.int64)
    assert copies_of(Data(edge_index=none, num_nodes=1), policy) == [([0], [])]
    three = copies_of(Data(edge_index=none, num_nodes=3), policy)
    assert len(three) == (1 if policy == "edge_deleted" else 3)
    assert copies_of(Data(edge_index=none, num_nodes=0), policy) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_copies_join_in_a_batch_and_come_apart(policy):
    graphs = [Subgraphs(policy)(graph) for graph in (grid(2, 3), ring(4), path(3))]
    assert all(isinstance(graph, GraphData) for graph in graphs)
    batch = Batch.from_data_list(graphs)
    nodes = batch.subgraph_index[batch.subgraph_edge_index]
    assert torch.equal(nodes, batch.edge_index[:, batch.subgraph_column])
    at = batch.subgraph_batch[batch.subgraph_edge_index]
    assert torch.equal(at[0], at[1])
    count = sum(int(graph.subgraph_batch.max()) + 1 for graph in graphs)
    assert batch.subgraph_batch.unique().numel() == count
    for number, graph in enumerate(graphs):
        for key, value in graph.to_dict().items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(batch[number][key], value), key


def test_the_graph_that_came_stays_as_it_is():
    data = path(3)
    before = sorted(data.keys())
    Subgraphs()(data)
    assert sorted(data.keys()) == before
    assert type(data) is Data


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match=r"policy must be one of node_deleted, .*got 'edges'"):
        Subgraphs("edges")
    with pytest.raises(ValueError, match="num_hops=2 has no place in policy 'node_deleted'"):
        Subgraphs("node_deleted", num_hops=2)
    with pytest.raises(ValueError, match="num_hops must be at least 1, got 0"):
        Subgraphs("ego_nets", num_hops=0)
    with pytest.raises(ValueError, match="official\", got 'mine'"):
        Subgraphs("ego_nets", variant="mine")
    message = r"of 8,000 nodes and 15,998 edges would look through 8,000 copies .* 8.06 GB; at most"
    with pytest.raises(TooLargeError, match=message):
        Subgraphs()(path(8_000))
    told = "Subgraphs('ego_nets_plus', num_hops=2, variant='paper')"
    assert repr(Subgraphs()) == told
