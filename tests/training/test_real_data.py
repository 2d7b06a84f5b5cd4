"""The loop on real data sets: above guessing by a margin that no accident gives."""

import torch

from workbench.graphs.datasets import load_dataset
from workbench.graphs.tasks import graph_labels, node_labels
from workbench.models import GCN, GIN
from workbench.training import fit
from workbench.training.randomness import OwnRandomness


def test_cora(data_root):
    task = node_labels(load_dataset("Cora", root=data_root)[0])
    assert [int(part[0].mask.sum()) for part in (task.train, task.val, task.test)] == [
        140,
        500,
        1000,
    ]
    with OwnRandomness(0):
        model = GCN(task.in_channels, 16, task.out_channels, num_layers=2, dropout=0.5)
    run = fit(model, task, epochs=20)
    assert run.result["test"] > 0.6
    assert task.chance < 0.2


def test_mutag(data_root):
    dataset = load_dataset("MUTAG", root=data_root)
    task = graph_labels(dataset, generator=torch.Generator().manual_seed(1))
    assert len(task.train) + len(task.val) + len(task.test) == 188
    with OwnRandomness(0):
        model = GIN(task.in_channels, 16, task.out_channels, num_layers=3, level="graph")
    run = fit(model, task, epochs=20)
    assert run.result["val"] > task.chance
    assert run.curve.train_loss[-1] < 0.5
