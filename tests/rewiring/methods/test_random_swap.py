"""Swaps: degrees stay, graphs that allow none, and every swap of a small graph."""

from collections import Counter

import torch

from conftest import oracle_graph, oracle_names
from workbench.graphs import complete, ring, star
from workbench.rewiring import random_swap


def test_no_degree_changes():
    for name in oracle_names(directed=False, max_nodes=60):
        edges, size, _ = oracle_graph(name)
        found = random_swap(edges, size, num_edges=12)
        before, after = (torch.bincount(e[0], minlength=size) for e in (edges, found.edge_index))
        assert torch.equal(before, after)
        assert found.edits[0].tolist() == [-1, -1, 1, 1] * (found.edits.size(1) // 4)
        assert found.edits.size(1) <= 24


def test_graphs_that_allow_no_swap():
    for data in (complete(5), star(6), ring(3)):
        assert random_swap(data.edge_index, data.num_nodes, num_edges=6).edits.numel() == 0
    edges, size, _ = oracle_graph("karate")
    assert random_swap(edges, size, num_edges=1).edits.numel() == 0


def test_every_swap_is_as_likely():
    """Two edges far apart in two ways: a matching of four nodes becomes one of the other two."""
    edges = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    seen = Counter()
    for seed in range(400):
        generator = torch.Generator().manual_seed(seed)
        added = random_swap(edges, 4, num_edges=2, generator=generator).added
        seen[tuple(sorted(map(tuple, added.T.tolist())))] += 1
    assert set(seen) == {((0, 2), (1, 3)), ((0, 3), (1, 2))}
    assert all(150 < times < 250 for times in seen.values())  # 200, standard deviation 10
