import pytest
import torch

from workbench.graphs import karate
from workbench.topology import (
    both_directions,
    laplacian_matrix,
    normalized_adjacency,
    simple_graph,
    sparse_laplacian,
    walk_matrix,
    walk_powers,
)

PATH = both_directions(torch.tensor([0, 1]), torch.tensor([1, 2]))  # and node 3 alone


def test_the_three_of_a_path_by_hand():
    graph, root = simple_graph(PATH, 4), 0.5**0.5
    plain = [[1, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 1, 0], [0, 0, 0, 0]]
    assert laplacian_matrix(graph, normalized=False).tolist() == plain
    expected = torch.tensor([[0, root, 0], [root, 0, root], [0, root, 0]], dtype=torch.float64)
    found = normalized_adjacency(graph)
    torch.testing.assert_close(found[:3, :3], expected)
    assert not found[3].any()
    both = laplacian_matrix(graph, normalized=True) + found
    assert both.tolist() == torch.diag(torch.tensor([1.0, 1, 1, 0])).tolist()
    walk = [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert walk_matrix(PATH, 4).to_dense().tolist() == walk


def test_a_walk_follows_the_arrows_and_stays_on_a_loop():
    edges = torch.tensor([[0, 0, 0, 1], [1, 1, 0, 2]])  # 0 -> 1 twice, 0 -> 0, 1 -> 2
    walk = [[0.5, 0.5, 0], [0, 0, 1], [0, 0, 0]]
    assert walk_matrix(edges, 3).to_dense().tolist() == walk
    weight = torch.tensor([1.0, 2.0, 1.0, 0.0])  # repeats add, 0 is no edge
    walk = [[0.25, 0.75, 0], [0, 0, 0], [0, 0, 0]]
    assert walk_matrix(edges, 3, weight).to_dense().tolist() == walk


def test_as_many_powers_as_steps_and_the_first_is_of_none():
    """Along a directed ring of 3 a walk is at u + k after k steps."""
    arrows = torch.tensor([[0, 1, 2], [1, 2, 0]])
    found = walk_powers(arrows, 3, num_steps=4)
    assert found.shape == (3, 3, 4)
    for k in range(4):
        assert found[..., k].equal(torch.eye(3, dtype=torch.float64).roll(k, 1))
    assert walk_powers(arrows, 3, torch.tensor([2.0, 0.0, 1.0]), num_steps=3)[0, :, 2].sum() == 0


def test_conductances_count():
    graph = simple_graph(PATH, 4, torch.tensor([4.0, 4.0, 5.0, 5.0]))
    assert laplacian_matrix(graph, normalized=False).diagonal().tolist() == [4, 9, 5, 0]
    assert normalized_adjacency(graph)[0, 1].item() == pytest.approx(4 / 6)
    walk = walk_matrix(PATH, 4, torch.tensor([4.0, 4.0, 5.0, 5.0])).to_dense()
    torch.testing.assert_close(walk[1], torch.tensor([4 / 9, 0, 5 / 9, 0], dtype=torch.float64))


def test_no_edges_and_a_wrong_node():
    none = torch.zeros(2, 0, dtype=torch.int64)
    assert walk_matrix(none, 2).to_dense().tolist() == [[0, 0], [0, 0]]
    assert walk_matrix(none, 0).shape == (0, 0)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        walk_matrix(PATH, 2)


@pytest.mark.parametrize("normalized", [False, True])
def test_the_sparse_laplacian_is_the_dense_one(normalized):
    weight = torch.rand(156, generator=torch.Generator().manual_seed(0)).double() + 0.1
    club = karate()
    weight = weight[(club.edge_index.sum(0) * 7 + club.edge_index.prod(0)) % 156]
    for graph in (
        simple_graph(PATH, 4),
        simple_graph(club.edge_index, 34, weight),
        simple_graph(PATH[:, :0], 3),
        simple_graph(PATH[:, :0], 0),
    ):
        found = sparse_laplacian(graph, normalized=normalized)
        assert found.has_sorted_indices
        dense = laplacian_matrix(graph, normalized=normalized)
        torch.testing.assert_close(torch.from_numpy(found.toarray()), dense, rtol=1e-15, atol=1e-15)
