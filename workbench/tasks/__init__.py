"""Tasks: what a model is trained on, how it is scored, and what chance alone would score."""

from workbench.tasks.bfs_pointers import bfs_pointers
from workbench.tasks.clrs_pointers import clrs_pointers
from workbench.tasks.cycles import cycles
from workbench.tasks.dictionary_lookup import dictionary_lookup
from workbench.tasks.graph_properties import graph_properties
from workbench.tasks.labels import graph_labels, node_labels
from workbench.tasks.leaf_counting import leaf_counting
from workbench.tasks.links import held_out_links
from workbench.tasks.metrics import METRICS, Metric
from workbench.tasks.neighbor_recall import neighbor_recall
from workbench.tasks.objective import LOSSES, TARGETS, Objective, Scored
from workbench.tasks.range_task import range_task
from workbench.tasks.road_eccentricity import road_eccentricity
from workbench.tasks.root_neighbors import root_neighbors
from workbench.tasks.substructure_counts import substructure_counts
from workbench.tasks.task import Task
from workbench.tasks.transfer import (
    clique_path_transfer,
    crossed_ring_transfer,
    ring_transfer,
    transfer,
)
from workbench.tasks.tree_neighbors_match import tree_neighbors_match
from workbench.tasks.tree_transfer import tree_transfer
from workbench.tasks.two_radius_star import two_radius_star
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
    "tree_transfer": tree_transfer,
    "tree_neighbors_match": tree_neighbors_match,
    "leaf_counting": leaf_counting,
    "dictionary_lookup": dictionary_lookup,
    "two_radius_star": two_radius_star,
    "neighbor_recall": neighbor_recall,
    "graph_properties": graph_properties,
    "substructure_counts": substructure_counts,
    "range_task": range_task,
    "road_eccentricity": road_eccentricity,
    "bfs_pointers": bfs_pointers,
    "clrs_pointers": clrs_pointers,
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
    "bfs_pointers",
    "clique_path_transfer",
    "clrs_pointers",
    "crossed_ring_transfer",
    "cycles",
    "dictionary_lookup",
    "graph_labels",
    "graph_multilabels",
    "graph_properties",
    "graph_values",
    "held_out_links",
    "leaf_counting",
    "neighbor_recall",
    "node_labels",
    "range_task",
    "ring_transfer",
    "road_eccentricity",
    "root_neighbors",
    "substructure_counts",
    "transfer",
    "tree_neighbors_match",
    "tree_transfer",
    "two_radius_star",
]
