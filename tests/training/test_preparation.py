"""What a model requires is made of each graph once, before the first step, whatever trains it."""

import pytest
import torch
from torch import nn
from torch_geometric.data import Data

from workbench.capture import call, prepare
from workbench.models import MODELS
from workbench.tasks import (
    TASKS,
    Task,
    graph_labels,
    held_out_links,
    node_labels,
    ring_transfer,
)
from workbench.training import OnPairs, compare_training, fit, model_for
from workbench.training.randomness import OwnRandomness

REQUIRING = [name for name in MODELS if MODELS[name](1, 4, 2, num_layers=1).requires]


class Steps:
    """Counts its calls; writes into the graph that it is given."""

    def __init__(self):
        self.calls = 0

    def __call__(self, data):
        self.calls += 1
        data.steps = torch.ones(data.num_nodes, 1)
        return data


class Walker(nn.Module):
    def __init__(self, channels, out_channels, *transforms):
        super().__init__()
        self.requires = transforms
        self.linear = nn.Linear(channels + 1, out_channels)

    def forward(self, x, edge_index, batch, *, steps):
        return self.linear(torch.cat([x, steps], dim=1))


class Wrapper(nn.Module):
    """A user's module that hands the graph on."""

    def __init__(self, model):
        super().__init__()
        self.inner = model

    def forward(self, data):
        return call(self.inner, data)


def ring(count, **attributes):
    one_way = torch.stack([torch.arange(count), (torch.arange(count) + 1) % count])
    edge_index = torch.cat([one_way, one_way.flip(0)], dim=1)
    return Data(edge_index=edge_index, num_nodes=count, **attributes)


def pairs_task():
    graph = ring(8, x=torch.eye(8))
    graph.edge_label_index = torch.tensor([[0, 1, 2, 3], [1, 2, 5, 7]])
    graph.y = torch.tensor([1, 1, 0, 0])
    graphs = [graph]
    return Task("pairs", "pair", graphs, graphs, graphs, in_channels=8, out_channels=2)


KINDS = {
    "node": lambda: ring_transfer(6),
    "nodes of one graph": lambda: node_labels(ring(20, y=torch.arange(20) // 10)),
    "graph": lambda: graph_labels([ring(5 + i % 4, y=torch.tensor([i % 2])) for i in range(24)]),
    "link": lambda: held_out_links(ring(30), fractions=(0.6, 0.2, 0.2)),
    "pair": pairs_task,
}


def new_model(task, name):
    with OwnRandomness(0):
        return model_for(task, name, width=8, num_layers=2)


def keys(task):
    return [list(graph.keys()) for part in (task.train, task.val, task.test) for graph in part]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REQUIRING)
def test_it_is_trained_as_on_graphs_prepared_by_hand(name, kind):
    task = KINDS[kind]()
    before = keys(task)
    run = fit(new_model(task, name), task, epochs=2)
    assert keys(task) == before
    model = new_model(task, name)
    by_hand = task.map(lambda graph: prepare(model, graph))
    assert keys(by_hand) != before
    again = fit(model, by_hand, epochs=2)
    assert run.curve == again.curve
    assert run.result == again.result
    assert run.arguments["requires"] == [repr(each) for each in requires(model)]


def requires(model):
    return model.model.requires if isinstance(model, OnPairs) else model.requires


def test_the_kinds_are_those_of_every_level():
    assert {make().level for make in KINDS.values()} == {"node", "graph", "pair"}
    assert set(TASKS) >= {"ring_transfer", "node_labels", "graph_labels", "held_out_links"}


@pytest.mark.parametrize("wrap", [lambda model: model, Wrapper, lambda m: Wrapper(Wrapper(m))])
def test_each_graph_is_prepared_once_and_stays_as_it_is(wrap):
    task, steps = ring_transfer(6, train=20), Steps()
    before = keys(task)
    distinct = {id(graph) for part in (task.train, task.val, task.test) for graph in part}
    fit(wrap(Walker(5, 5, steps)), task, epochs=3)
    assert steps.calls == len(distinct)
    assert keys(task) == before


def test_a_comparison_prepares_each_side_once_for_all_seeds():
    steps, walkers = Steps(), []

    def make():
        walkers.append(Walker(5, 5, steps))
        return walkers[-1]

    task = ring_transfer(6)
    distinct = {id(graph) for part in (task.train, task.val, task.test) for graph in part}
    pair = compare_training(make, task, task.map(lambda data: data.clone()), seeds=3, epochs=2)
    assert len(walkers) == 3
    assert steps.calls == 2 * len(distinct)
    assert [run.arguments["task"] for run in pair.before] == [task.name] * 3


def test_what_is_there_is_used_as_it_is():
    def write(data):
        data = data.clone()
        data.steps = torch.full((data.num_nodes, 1), 3.0)
        return data

    steps = Steps()
    fit(Walker(5, 5, steps), ring_transfer(6).map(write), epochs=1)
    assert steps.calls == 0


@pytest.mark.parametrize("wrap", [lambda model: model, lambda model: OnPairs(model, 4, 2)])
def test_what_no_transform_makes_is_said_before_the_first_step(wrap):
    heard, task = [], pairs_task()
    message = (
        r"Walker cannot be trained on pairs: it needs 'steps', which train\[0\] does not have \(it "
        r"has .*x.*\) and it names no transform to make; add it to the graphs"
    )
    with pytest.raises(TypeError, match=message):
        fit(wrap(Walker(8, 4)), task, epochs=1, callbacks=[heard.append])
    with pytest.raises(TypeError, match=r"and no transform of \[.*\] makes"):
        fit(wrap(Walker(8, 4, lambda data: data)), task, epochs=1, callbacks=[heard.append])
    assert heard == []


def test_a_model_without_requirements_leaves_no_word_in_the_record():
    task = ring_transfer(6)
    assert "requires" not in fit(new_model(task, "GCN"), task, epochs=1).arguments
