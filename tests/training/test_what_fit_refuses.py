"""What comes in is brought to the model's precision, or refused before the first epoch."""

import math

import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.nn import global_add_pool

from workbench.models import MODELS
from workbench.tasks import Task
from workbench.training import fit


class Sums(nn.Module):
    """A linear layer on the sum of a graph's features, normalized over the batch if asked."""

    def __init__(self, norm: str = "none", spoil: float = 0.0):
        super().__init__()
        self.of_nodes = nn.BatchNorm1d(1) if norm == "node" else nn.Identity()
        self.of_graphs = nn.BatchNorm1d(1) if norm == "graph" else nn.Identity()
        self.linear, self.spoil = nn.Linear(1, 2), spoil

    def forward(self, x, edge_index, batch):
        spoiled = 0 if self.training else self.spoil
        return self.linear(self.of_graphs(global_add_pool(self.of_nodes(x), batch))) + spoiled


def graph_of(num_nodes: int, label: int) -> Data:
    edge_index = torch.tensor([[0, 1], [1, 0]]) if num_nodes > 1 else torch.zeros(2, 0).long()
    x = torch.arange(1, num_nodes + 1, dtype=torch.float32).view(-1, 1)
    return Data(x=x, edge_index=edge_index, y=torch.tensor([label]))


def task_of(sizes: list[int]) -> Task:
    graphs = [graph_of(size, index % 2) for index, size in enumerate(sizes)]
    return Task("sums", "graph", graphs, graphs[:2], graphs[:2], in_channels=1, out_channels=2)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_an_output_that_is_no_number_has_no_validation_score(number):
    with pytest.raises(FloatingPointError, match="val, epoch 1: the model gave"):
        fit(Sums(spoil=number), task_of([2, 3, 4]), epochs=2)


def test_a_loss_lost_before_any_step_does_not_blame_the_learning_rate():
    model = Sums()
    nn.init.constant_(model.linear.bias, math.nan)
    with pytest.raises(FloatingPointError, match="no step is made yet, so look for NaN"):
        fit(model, task_of([2, 3]), epochs=1)


def test_a_node_that_may_be_alone_in_a_normalized_batch_is_refused_before_the_first_epoch():
    heard = []
    with pytest.raises(ValueError, match=r"5 train graphs in batches of 2 .* train\[4\] has a sin"):
        fit(
            Sums("node"), task_of([2, 3, 2, 3, 1]), epochs=1, batch_size=2, callbacks=[heard.append]
        )
    assert not heard
    with pytest.raises(ValueError, match="choose another batch_size"):
        fit(Sums("node"), task_of([2, 1, 2]), epochs=1, batch_size=1)
    for size in (3, 5):
        fit(Sums("node"), task_of([2, 3, 2, 3, 1]), epochs=1, batch_size=size)


def test_a_graph_alone_in_a_normalized_batch_is_explained():
    with pytest.raises(
        ValueError, match=r"one row alone \(1 graphs, \d nodes\): choose a batch_si"
    ):
        fit(Sums("graph"), task_of([2, 3, 2, 3, 2]), epochs=1, batch_size=2)


@pytest.mark.parametrize("kind", [torch.float64, torch.int64, torch.int32, torch.bool])
@pytest.mark.parametrize("name", ["GCN", "GIN", "GPS"])
def test_features_of_any_kind_train_as_those_in_single_precision(name, kind):
    runs = []
    for as_kind in (kind, torch.float32):
        task = task_of([2, 3, 4, 5])
        for graph in task.train:
            graph.x = (graph.x % 2).to(as_kind)
        torch.manual_seed(5)
        model = MODELS[name](1, 8, 2, num_layers=2, level="graph")
        runs.append(fit(model, task, epochs=2))
        assert all(graph.x.dtype == as_kind for graph in task.train)
    assert runs[0].curve == runs[1].curve


def test_a_model_in_double_precision_keeps_it():
    task = task_of([2, 3])
    seen = []
    model = Sums().double()
    model.linear.register_forward_pre_hook(lambda module, args: seen.append(args[0].dtype))
    fit(model, task, epochs=1)
    assert set(seen) == {torch.float64}


def test_kinds_that_an_embedding_looks_up_stay_whole():
    class Looks(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(7, 2)

        def forward(self, x, edge_index, batch):
            return global_add_pool(self.table(x.view(-1)), batch)

    task = task_of([2, 3])
    for graph in task.train:
        graph.x = graph.x.long()
    fit(Looks(), task, epochs=1)
