"""What the training panel is set to."""

import torch
from torch_geometric.data import Data

from workbench.diagnostics import hop_distance
from workbench.models import MODELS
from workbench.widgets.lab.state import LabState, Setting

FAR_SIDE, LABELS = "reach the far side", "node labels"

#: Up to this many nodes the number of layers follows the diameter.
DIAMETER_NODES = 3_000

#: Stands in the menu of runs where there is none.
NO_RUN = ""


class TrainingState(LabState):
    """What is learned, by which model of what size, how long and how often; and the run shown."""

    task = Setting(
        FAR_SIDE,
        "What the model learns: carry a class between the two nodes that are farthest apart, or "
        "predict the labels of the nodes.",
        choices=[FAR_SIDE],
        width=210,
    )
    model = Setting(
        next(iter(MODELS)),
        "The network to train; the same first weights before and after.",
        choices=list(MODELS),
        width=150,
    )
    layers = Setting(4, "Message-passing layers: how many hops it sees.", low=1, high=64, width=120)
    width = Setting(32, "Hidden channels.", low=1, high=1024, width=120)
    epochs = Setting(100, "Passes over the training graphs.", low=1, high=10_000, width=120)
    seeds = Setting(3, "Pairs of runs; two or more give an interval.", low=1, high=50, width=120)
    run = Setting(
        NO_RUN, "Whose curves, result and sensitivity are shown.", choices=[NO_RUN], width=420
    )

    def __init__(self):
        super().__init__()
        self.graph: Data | None = None

    def set_graph(self, graph: Data) -> None:
        """Offer the tasks that a graph allows, and as many layers as reach across it."""
        self.graph, y = graph, getattr(graph, "y", None)
        labeled = y is not None and y.dim() == 1 and y.size(0) == graph.num_nodes
        self.offer("task", [FAR_SIDE, LABELS] if labeled else [FAR_SIDE])
        if graph.edge_index.numel() and graph.num_nodes <= DIAMETER_NODES:
            distance = hop_distance(graph.edge_index, graph.num_nodes)
            far = int(distance[torch.isfinite(distance)].max())
            self.layers = min(max(far, 2), 12)
