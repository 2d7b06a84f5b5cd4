"""Tasks: what a model is trained on, how it is scored, and what chance alone would score."""

from workbench.tasks.cycles import cycles
from workbench.tasks.labels import graph_labels, node_labels
from workbench.tasks.links import held_out_links
from workbench.tasks.metrics import METRICS, Metric
from workbench.tasks.objective import LOSSES, TARGETS, Objective, Scored
from workbench.tasks.root_neighbors import root_neighbors
from workbench.tasks.task import Task
from workbench.tasks.transfer import (
    clique_path_transfer,
    crossed_ring_transfer,
    ring_transfer,
    transfer,
)
from workbench.tasks.values import graph_multilabels, graph_values

#: Name -> function that makes the task, from a number of nodes, a graph or a data set.
TASKS: dict = {
    "transfer": transfer,
    "ring_transfer": ring_transfer,
    "crossed_ring_transfer": crossed_ring_transfer,
    "clique_path_transfer": clique_path_transfer,
    "node_labels": node_labels,
    "graph_labels": graph_labels,
    "graph_values": graph_values,
    "graph_multilabels": graph_multilabels,
    "held_out_links": held_out_links,
    "root_neighbors": root_neighbors,
    "cycles": cycles,
}

__all__ = [
    "LOSSES",
    "METRICS",
    "TARGETS",
    "TASKS",
    "Metric",
    "Objective",
    "Scored",
    "Task",
    "clique_path_transfer",
    "crossed_ring_transfer",
    "cycles",
    "graph_labels",
    "graph_multilabels",
    "graph_values",
    "held_out_links",
    "node_labels",
    "ring_transfer",
    "root_neighbors",
    "transfer",
]
