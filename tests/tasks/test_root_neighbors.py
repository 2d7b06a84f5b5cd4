"""RootNeighbors: who counts, and what guessing scores."""

import pytest
import torch

from conftest import load_oracle
from workbench.tasks import root_neighbors


def degrees(graph):
    return torch.bincount(graph.edge_index[0], minlength=graph.num_nodes)


def test_the_answer_is_the_mean_over_the_neighbors_of_degree_six():
    task = root_neighbors(40, channels=3)
    for part, (least, most), few in (("train", (1, 3), 3), ("val", (3, 5), 5), ("test", (3, 5), 5)):
        for graph in getattr(task, part):
            assert graph.edge_index.size(1) == 2 * (graph.num_nodes - 1)  # a tree
            assert graph.mask.nonzero().tolist() == [[0]]
            around = graph.edge_index[1, graph.edge_index[0] == 0]
            assert few <= around.numel() <= 10
            hubs = around[degrees(graph)[around] == 6]
            assert least <= hubs.numel() <= most
            torch.testing.assert_close(graph.y[0], graph.x[hubs].mean(0))
            assert float(graph.x.abs().max()) <= 2


@pytest.mark.parity
def test_sizes_and_the_score_of_guessing_are_the_published_ones():
    oracle = load_oracle("08_synthetic_tasks.json")["RootNeighbors"]
    count = oracle["num_components"]
    task = root_neighbors(count)
    nodes = sum(g.num_nodes for part in (task.train, task.val, task.test) for g in part)
    assert nodes == pytest.approx(oracle["num_nodes"], rel=0.01)
    # means over 1,000 draws: three standard errors are 0.01
    assert task.chance == pytest.approx(oracle["constant_mean_baseline_mae"]["test"], abs=0.015)
    for part, hubs in oracle["hubs_per_root"].items():
        found = {str(int((degrees(g)[1:] == 6).sum())) for g in getattr(task, part)}
        assert found == set(hubs)


def test_sizes_that_are_none():
    with pytest.raises(ValueError, match="num_trees must be at least 1, got 0"):
        root_neighbors(0)
