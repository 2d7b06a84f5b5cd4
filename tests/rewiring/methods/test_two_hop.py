"""Pairs at two hops: common neighbors, in their order."""

import networkx as nx
import pytest
import torch

from conftest import oracle_graph
from workbench.diagnostics import TooLargeError
from workbench.rewiring import two_hop
from workbench.rewiring.methods import two_hop as module


def test_common_neighbors_as_networkx_counts_them():
    edges, size, _ = oracle_graph("karate")
    graph = nx.Graph(edges.T.tolist())
    found = two_hop(edges, size, num_edges=1000)
    pairs = found.added.T.tolist()
    assert [len(list(nx.common_neighbors(graph, u, v))) for u, v in pairs] == found.score.tolist()
    far = dict(nx.all_pairs_shortest_path_length(graph))
    assert {(u, v) for u, v in pairs} == {
        (u, v) for u in graph for v in graph if u < v and far[u][v] == 2
    }
    assert bool((found.score.diff() <= 0).all())


def test_many_walks_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_WALKS", 5)
    edges, size, _ = oracle_graph("karate")
    with pytest.raises(TooLargeError, match="walks of two steps, more than 5"):
        two_hop(edges, size)
    assert two_hop(torch.tensor([[0, 1], [1, 0]]), 2).added.numel() == 0
