"""Uniform non-edges."""

import numpy as np
import torch

from conftest import oracle_graph
from workbench.rewiring import random_edges

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def test_every_pair_is_as_likely():
    """400 draws of one of 8 free pairs: chi-squared below its 1e-4 quantile for 7 degrees of
    freedom, 29.9."""
    path = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    counts: dict[tuple[int, int], int] = {}
    generator = torch.Generator().manual_seed(0)
    for _ in range(400):
        (pair,) = random_edges(path, 5, num_edges=1, generator=generator).added.T.tolist()
        counts[tuple(pair)] = counts.get(tuple(pair), 0) + 1
    assert len(counts) == 8
    expected = 400 / 8
    assert sum((c - expected) ** 2 / expected for c in counts.values()) < 29.9


def test_all_pairs_and_no_more():
    edge_index, num_nodes, _ = oracle_graph("karate")
    rewired = random_edges(edge_index, num_nodes, num_edges=10**6)
    assert rewired.edge_index.size(1) == num_nodes * (num_nodes - 1)
    rows = torch.triu_indices(7, 7, 1)
    every = random_edges(NOTHING, 7, num_edges=21).added
    assert sorted(every.T.tolist()) == rows.T.tolist()


def test_a_million_nodes_need_no_matrix():
    size = 1_000_000
    added = random_edges(NOTHING, size, num_edges=1000).added
    assert added.size(1) == 1000
    assert bool((added[0] < added[1]).all())
    # Uniform over pairs: the mean of the larger node is 2/3 of the range, of the smaller 1/3.
    assert abs(float(added[1].double().mean()) / size - 2 / 3) < 0.03
    assert abs(float(added[0].double().mean()) / size - 1 / 3) < 0.03


def test_generators_choose():
    edge_index, num_nodes, _ = oracle_graph("karate")
    runs = [
        random_edges(edge_index, num_nodes, generator=torch.Generator().manual_seed(s)).edits
        for s in (1, 1, 2)
    ]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    ranking = random_edges.declaration.greedy(
        edge_index, num_nodes, generator=torch.Generator().manual_seed(1)
    ).propose(10)
    assert torch.equal(ranking.pairs, runs[0][1:])
    assert np.isnan(ranking.score.numpy()).all()
