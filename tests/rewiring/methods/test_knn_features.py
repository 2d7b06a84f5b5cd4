"""Nearest features: whom a node asks for, both ways, ties and lone nodes."""

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from workbench.rewiring import knn_features

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def pairs(rewired):
    return set(map(tuple, rewired.edge_index[:, rewired.is_new].T.tolist()))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_against_a_tree_search(metric):
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(1)).double()
    places = x if metric == "euclidean" else x / x.norm(dim=1, keepdim=True)
    near = cKDTree(places.numpy()).query(places.numpy(), k=5)[1][:, 1:]
    expected = {(u, int(v)) for u in range(60) for v in near[u]}
    found = knn_features(NOTHING, 60, x=x, k=4, metric=metric)
    assert pairs(found) == expected | {(v, u) for u, v in expected}


def test_edges_that_are_there_stay_and_are_not_added_again():
    x = torch.tensor([[0.0], [1.0], [10.0]])
    edges = torch.tensor([[0, 2, 2], [1, 2, 1]])
    found = knn_features(edges, 3, x=x, k=1, metric="euclidean")
    assert torch.equal(found.edge_index[:, :3], edges)
    assert pairs(found) == {(1, 0), (1, 2)}
    assert found.edge_type.tolist() == [0, 0, 0, 1, 1]


def test_of_equals_all_are_joined_and_more_neighbors_than_nodes():
    same = torch.ones(4, 2)
    assert len(pairs(knn_features(NOTHING, 4, x=same, k=1))) == 12
    assert len(pairs(knn_features(NOTHING, 3, x=torch.eye(3), k=9))) == 6
    assert pairs(knn_features(NOTHING, 1, x=torch.ones(1, 2))) == set()


def test_what_it_refuses():
    with pytest.raises(ValueError, match=r"x must be finite, a row for each of the 3 nodes"):
        knn_features(NOTHING, 3, x=torch.full((3, 1), np.nan))
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        knn_features(NOTHING, 3, x=torch.ones(3, 1), k=0)
