"""Tasks: what a model is trained on, and what chance alone would score."""

from workbench.tasks.labels import graph_labels, node_labels
from workbench.tasks.task import Task
from workbench.tasks.transfer import (
    clique_path_transfer,
    crossed_ring_transfer,
    ring_transfer,
    transfer,
)

#: Name -> function that makes the task, from a number of nodes, a graph or a data set.
TASKS: dict = {
    "transfer": transfer,
    "ring_transfer": ring_transfer,
    "crossed_ring_transfer": crossed_ring_transfer,
    "clique_path_transfer": clique_path_transfer,
    "node_labels": node_labels,
    "graph_labels": graph_labels,
}

__all__ = [
    "TASKS",
    "Task",
    "clique_path_transfer",
    "crossed_ring_transfer",
    "graph_labels",
    "node_labels",
    "ring_transfer",
    "transfer",
]
