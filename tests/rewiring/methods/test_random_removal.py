"""Removal at random: uniform, within what there is, and no loop goes."""

from collections import Counter

import torch

from workbench.graphs import ring
from workbench.rewiring import random_removal


def test_every_edge_goes_equally_often():
    edges, n = ring(6).edge_index, 6
    gone = Counter()
    for seed in range(600):
        generator = torch.Generator().manual_seed(seed)
        removed = random_removal(edges, n, num_edges=2, generator=generator).removed
        gone.update(map(tuple, removed.T.tolist()))
    assert len(gone) == 6
    assert sum(gone.values()) == 1200
    # 200 each on average, with a standard deviation of 11.5
    assert all(150 < times < 250 for times in gone.values())


def test_a_repeated_edge_goes_as_a_whole_and_a_loop_stays():
    edges = torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 0, 2]])
    found = random_removal(edges, 3, num_edges=5)
    assert found.removed.tolist() == [[0], [1]]
    assert found.edge_index.tolist() == [[2], [2]]
