"""What guessing scores: the answers of the train part alone, given to everybody."""

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.objective import Objective, Scored


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
