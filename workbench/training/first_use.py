"""Paying early for what the first training run would pay."""

import torch
from torch_geometric.data import Data

from workbench.models import GCN
from workbench.tasks import Task
from workbench.training.loop import fit
from workbench.training.randomness import OwnRandomness


def warm_up() -> None:
    """Pay for what torch and torchmetrics import at their first use, some seconds, now.

    A lab calls it in a thread while the user looks at the graph. The caller's random numbers are
    not disturbed.

    Examples:
        >>> from workbench.training import warm_up
        >>> warm_up()  # the first epoch of a run no longer waits
    """
    graph = Data(
        x=torch.eye(2),
        edge_index=torch.tensor([[0, 1], [1, 0]]),
        y=torch.tensor([0, 1]),
        mask=torch.ones(2, dtype=torch.bool),
    )
    graphs = [graph]
    task = Task("warm-up", "node", graphs, graphs, graphs, in_channels=2, out_channels=2)
    with OwnRandomness(0):
        model = GCN(2, 4, 2, num_layers=1)
    fit(model, task, epochs=1)
