"""What cannot give a right score is refused when the task is made, in words that name it."""

import math

import pytest
import torch
from torch_geometric.data import Data

from workbench.tasks import Objective, Task, graph_labels, node_labels
from workbench.tasks.objective import Scored


def path(num_nodes: int, label: int, **more: torch.Tensor) -> Data:
    """A path whose features are its nodes' numbers."""
    one_way = torch.stack([torch.arange(num_nodes - 1), torch.arange(1, num_nodes)])
    edge_index = torch.cat([one_way, one_way.flip(0)], dim=1)
    x = torch.arange(num_nodes, dtype=torch.float32).view(-1, 1)
    return Data(x=x, edge_index=edge_index, y=torch.tensor([label]), **more)


def paths(count: int = 6) -> list[Data]:
    return [path(3 + i % 2, i % 2) for i in range(count)]


def task_of(graphs: list[Data], **more: object) -> Task:
    third = len(graphs) // 3
    parts = {"train": graphs[:third], "val": graphs[third : 2 * third], "test": graphs[2 * third :]}
    return Task("paths", "graph", in_channels=1, out_channels=2, **parts, **more)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("part", "index"), [("train", 1), ("val", 2), ("test", 5)])
def test_a_feature_that_is_no_number_is_refused_in_every_part(part, index, number):
    graphs = paths()
    graphs[index].x[2, 0] = number
    with pytest.raises(ValueError, match=rf"{part}\[\d\] of task .* in x \(first at node 2, 1 of"):
        task_of(graphs)


@pytest.mark.parametrize("key", ["edge_weight", "edge_attr"])
def test_a_number_of_an_edge_that_is_none_is_refused(key):
    graphs = paths()
    for graph in graphs:
        graph[key] = torch.ones(graph.num_edges)
    graphs[-1][key][1] = math.nan
    with pytest.raises(ValueError, match=rf"test\[1\] .* nan in {key} \(first at edge 1"):
        task_of(graphs)


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("class", torch.tensor([0, 1])),
        ("value", torch.tensor([[0.5, 1.0], [2.0, 3.0]])),
        ("multilabel", torch.tensor([[0.0, 1.0], [1.0, 0.0]])),
        ("pointer", torch.tensor([0, 1])),
        ("link", torch.tensor([0, 1])),
    ],
)
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_no_score_comes_from_an_output_that_is_no_number(target, labels, number):
    objective = Objective("pair" if target == "link" else "graph", target, 2)
    scores = torch.tensor([0.3, 0.7]) if target == "link" else torch.tensor([[0.3, 0.7]] * 2)
    query = torch.zeros(2, dtype=torch.int64) if target == "link" else None
    assert all(map(math.isfinite, objective.scores(Scored(scores, labels, query)).values()))
    scores.view(-1)[0] = number
    with pytest.raises(FloatingPointError, match="in 1 of 2 rows that are scored"):
        objective.scores(Scored(scores, labels, query))


def test_a_class_that_a_model_rules_out_is_an_answer():
    logits = torch.tensor([[-math.inf, 0.0], [0.0, -math.inf]])
    assert Objective("graph", "class", 2).scores(Scored(logits, torch.tensor([1, 0]))) == {
        "accuracy": 1.0
    }


@pytest.mark.parametrize("label", [0, 3])
def test_labels_of_one_class_are_refused(label):
    graphs = [path(3, label) for _ in range(20)]
    with pytest.raises(ValueError, match="one class"):
        graph_labels(graphs)
    data = path(8, label)
    data.y = torch.full((8,), label)
    with pytest.raises(ValueError, match="one class"):
        node_labels(data)


def test_a_graph_without_nodes_is_refused():
    graphs = paths()
    graphs[3] = Data(x=torch.ones(0, 1), edge_index=torch.zeros(2, 0).long(), y=torch.tensor([1]))
    with pytest.raises(ValueError, match=r"val\[1\] of task 'paths' has no nodes"):
        task_of(graphs)


@pytest.mark.parametrize("key", ["edge_attr", "edge_weight", "rwse"])
@pytest.mark.parametrize("which", [[0], [1], [5], [0, 1, 2, 3, 4]])
def test_an_attribute_on_some_graphs_only_is_refused(key, which):
    graphs = paths()
    for index in which:
        graphs[index][key] = torch.ones(graphs[index].num_edges)
    with pytest.raises(ValueError, match=rf"has {key} and \w+\[\d\] has none"):
        task_of(graphs)


def test_features_of_edges_are_a_row_for_each_and_of_one_width():
    graphs = paths()
    for graph in graphs:
        graph.edge_attr = torch.ones(graph.num_edges, 2)
    task_of(graphs)
    graphs[4].edge_attr = torch.ones(graphs[4].num_edges, 3)
    with pytest.raises(ValueError, match=r"edge_attr is \[4, 2\] on train\[0\] and \[4, 3\] on"):
        task_of(graphs)
    graphs[4].edge_attr = torch.ones(1, 2)
    with pytest.raises(ValueError, match=r"edge_attr of shape \[1, 2\] and 4 edges"):
        task_of(graphs)


def test_a_count_of_nodes_that_is_written_on_some_graphs_is_no_difference():
    graphs = paths()
    graphs[2].num_nodes = graphs[2].x.size(0)
    task_of(graphs)
