"""What guessing scores: the answers of the train part alone, given to everybody."""

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.objective import Objective, Scored
from workbench.tasks.task import Task


def guessing_accuracy(train: Tensor, test: Tensor) -> float:
    """Accuracy on labels ``test`` of always answering the most frequent label of ``train``."""
    return float((test == train.mode().values).double().mean())


def guessing_score(objective: Objective, train: list[Data], test: list[Data]) -> float:
    """The main score on the graphs ``test`` of one answer for all, the best for ``train``.

    Of values the median of each column (for ``rmse`` and ``r2`` the mean); of several labels, and
    of links, one score for all rows, so that nothing is ranked above anything else.
    """
    if objective.target == "link":
        labels = torch.cat([graph.y for graph in test])
        # the number of the graph keeps sources of several graphs apart
        source = torch.cat(
            [
                torch.stack([torch.full_like(g.y, i), g.edge_label_index[0]])
                for i, g in enumerate(test)
            ],
            dim=1,
        )
        query = torch.unique(source, dim=1, return_inverse=True)[1]
        scored = Scored(torch.zeros(labels.numel()), labels, query)
        return objective.scores(scored)[objective.metrics[0]]
    labels = torch.cat([graph.y.view(-1, objective.out_channels) for graph in test]).double()
    name = objective.metrics[0]
    if objective.target == "multilabel":
        return objective.scores(Scored(torch.zeros_like(labels), labels))[name]
    known = torch.cat([graph.y.view(-1, objective.out_channels) for graph in train]).double()
    middle = known.nanmedian(dim=0).values if name == "mae" else known.nanmean(dim=0)
    return objective.scores(Scored(middle.nan_to_num().expand_as(labels), labels))[name]


def with_chance(task: Task) -> Task:
    """The task with what guessing scores on it, of the rows that are scored.

    A pointer of a node is guessed among all nodes of its graph.
    """
    if task.target == "pointer":
        sizes = [graph.num_nodes for graph in task.test for _ in range(_wanted(graph).numel())]
        return replace(task, chance=float((1 / torch.tensor(sizes).double()).mean()))
    known, asked = ([Data(y=_wanted(graph)) for graph in part] for part in (task.train, task.test))
    if task.target == "class":
        labels = [torch.cat([graph.y.view(-1) for graph in part]) for part in (known, asked)]
        return replace(task, chance=guessing_accuracy(*labels))
    return replace(task, chance=guessing_score(task.objective, known, asked))


def _wanted(graph: Data) -> Tensor:
    mask = graph.get("mask")
    return graph.y if mask is None else graph.y[mask]
