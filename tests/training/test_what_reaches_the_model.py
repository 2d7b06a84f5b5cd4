"""What reaches a model in training: what its forward names and the graphs have, and no answers."""

import pytest
import torch
from torch import nn
from torch_geometric.data import Data

from workbench.graphs import les_miserables
from workbench.models import GCN, GPS
from workbench.rewiring import Rewire
from workbench.tasks import Task, graph_labels, node_labels
from workbench.training import OnPairs, fit
from workbench.training.randomness import OwnRandomness

EDGES = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])


def made(maker, *arguments, **options):
    with OwnRandomness(0):
        return maker(*arguments, **options)


def weighted():
    data = les_miserables()
    data.y = (data.edge_index[0].bincount(minlength=77) > 5).long()
    return data


def test_edge_weights_reach_the_model_and_change_what_it_learns():
    data, plain = weighted(), weighted()
    assert data.edge_weight.dtype == torch.float64
    del plain.edge_weight
    runs = []
    for graph in (data, plain, data):
        task = node_labels(graph)
        model = made(GCN, task.in_channels, 8, 2, num_layers=2)
        runs.append(fit(model, task, epochs=4))
    assert runs[0].curve == runs[2].curve
    assert runs[0].curve != runs[1].curve


def test_weights_of_one_are_no_weights():
    data, plain = weighted(), weighted()
    data.edge_weight = torch.ones_like(data.edge_weight)
    del plain.edge_weight
    tasks = [node_labels(graph) for graph in (data, plain)]
    runs = [fit(made(GCN, 77, 8, 2, num_layers=2), task, epochs=4) for task in tasks]
    assert runs[0].curve == runs[1].curve


def test_a_rewired_graph_brings_its_weights():
    task = node_labels(weighted()).map(Rewire("random_edges", num_edges=5))
    [graph] = task.train
    assert graph.edge_weight.shape == (graph.num_edges,)
    assert not fit(made(GCN, 77, 8, 2, num_layers=2), task, epochs=1).stopped


def bonds(kind):
    """Paths of four nodes; the class is the kind of the bond in the middle, and nothing else."""
    edge_attr = torch.tensor([[1.0, 0.0]]).repeat(6, 1)
    edge_attr[2:4] = torch.eye(2)[kind]
    return Data(x=torch.ones(4, 1), edge_index=EDGES, edge_attr=edge_attr, y=torch.tensor([kind]))


def test_gps_with_edge_features_learns_from_them():
    task = graph_labels([bonds(i % 2) for i in range(40)])
    scores = []
    for seed in (0, 1, 2):
        with OwnRandomness(seed):
            model = GPS(1, 16, 2, num_layers=2, local="gine", edge_channels=2, level="graph")
        scores.append(fit(model, task, epochs=15, batch_size=8, seed=seed).result["test"])
    assert sum(scores) / 3 > 0.8  # guessing: 0.5
    without = [bonds(0) for _ in range(20)]
    for number, graph in enumerate(without):
        graph.y = torch.tensor([number % 2])
        del graph.edge_attr
    with pytest.raises(ValueError, match="got no edge_attr; edge_channels=2"):
        fit(model, graph_labels(without), epochs=1)


class Hears(nn.Module):
    """Notes what it is called with."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 2)
        self.heard = []

    def forward(self, x, edge_index, batch, *, walks, edge_weight=None, y=None, mask=None):
        self.heard.append((walks.dtype, edge_weight.dtype, y, mask, batch.numel()))
        return self.linear(x)


def test_named_attributes_arrive_and_answers_do_not():
    graph = Data(x=torch.ones(4, 1), edge_index=EDGES, y=torch.tensor([0, 1, 1, 0]))
    graph.mask, graph.walks = torch.ones(4).bool(), torch.arange(4)
    graph.edge_weight = torch.ones(6, dtype=torch.float64)
    task = Task("t", "node", [graph], [graph], [graph], 1, 2)
    model = Hears()
    fit(model, task, epochs=1)
    assert set(model.heard) == {(torch.int64, torch.float32, None, None, 4)}
    assert graph.edge_weight.dtype == torch.float64  # the graph itself is as it was
    del graph.walks
    with pytest.raises(TypeError, match=r"it needs 'walks', which train.* does not have"):
        fit(Hears(), task, epochs=1)


def test_a_whole_graph_goes_to_a_model_that_asks_for_it():
    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(1, 2)

        def forward(self, data):
            return self.linear(data.x)

    graph = Data(x=torch.ones(4, 1), edge_index=EDGES, y=torch.tensor([0, 1, 1, 0]))
    graph.mask = torch.ones(4).bool()
    task = Task("t", "node", [graph], [graph], [graph], 1, 2)
    assert fit(Whole(), task, epochs=1).arguments["model"] == "Whole"


@pytest.mark.parametrize("level", ["edge", "pair"])
@pytest.mark.parametrize("target", ["class", "multilabel", "value"])
def test_a_model_of_nodes_is_trained_on_pairs(level, target):
    draw = torch.Generator().manual_seed(0)

    def graph():
        x = torch.rand(4, 3, generator=draw)
        pairs = EDGES if level == "edge" else torch.tensor([[0, 0, 3], [2, 3, 1]])
        larger = (x[pairs[0]] > x[pairs[1]]).float()
        y = {"class": larger[:, 0].long(), "multilabel": larger[:, :2], "value": larger[:, :2]}
        return Data(x=x, edge_index=EDGES, edge_label_index=pairs, y=y[target])

    graphs = [graph() for _ in range(12)]
    task = Task("t", level, graphs, graphs, graphs, 3, 2, target=target)
    model = made(lambda: OnPairs(GCN(3, 8, 8, num_layers=1), 8, 2, directed=True))
    run = fit(model, task, epochs=25)
    assert run.curve.train_loss[-1] < 0.9 * run.curve.train_loss[0]
    both = made(lambda: OnPairs(GCN(3, 8, 8, num_layers=1), 8, 2)).eval()
    turned = graphs[0].clone()
    turned.edge_label_index = turned.edge_label_index.flip(0)
    assert torch.equal(both(graphs[0]), both(turned))
    assert not torch.equal(model(graphs[0]), model(turned))


def pointing(level):
    """The node with the largest first feature, asked by the graph or by each of its nodes."""
    draw = torch.Generator().manual_seed(0)

    def graph(size):
        x = torch.rand(size, 2, generator=draw)
        one_way = torch.stack([torch.arange(size - 1), torch.arange(1, size)])
        y = x[:, 0].argmax().view(1)
        data = Data(x=x, edge_index=torch.cat([one_way, one_way.flip(0)], dim=1), y=y)
        if level == "node":
            data.y, data.mask = y.repeat(size), torch.ones(size).bool()
        return data

    graphs = [graph(3 + i % 5) for i in range(60)]
    width = 1 if level == "graph" else 8
    return Task("t", level, graphs[:40], graphs[40:50], graphs[50:], 2, width, target="pointer")


@pytest.mark.parametrize("level", ["node", "graph"])
def test_a_pointer_is_learned(level):
    task = pointing(level)
    model = made(GCN, 2, 16, task.out_channels, num_layers=0)
    run = fit(model, task, epochs=30, batch_size=8)
    assert run.result["test"] > 0.6  # a node in three to seven: 0.22
    assert run.result["metric"] == "accuracy"
