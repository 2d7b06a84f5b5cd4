"""The connected parts of a graph, one by one."""

from collections.abc import Iterator

import torch
from torch import Tensor

from workbench.graphs.edges import UndirectedEdges


def connected_parts(
    graph: UndirectedEdges, labels: Tensor
) -> Iterator[tuple[Tensor, UndirectedEdges]]:
    """(nodes, their graph renumbered) of every component with an edge."""
    nodes_by_label, edges_by_label = torch.argsort(labels, stable=True), labels[graph.source]
    order = torch.argsort(edges_by_label, stable=True)
    num_labels = int(labels.max()) + 1 if labels.numel() else 0
    node_counts = torch.bincount(labels, minlength=num_labels).tolist()
    edge_counts = torch.bincount(edges_by_label, minlength=num_labels).tolist()
    local = torch.empty_like(labels)
    all_nodes, all_edges = nodes_by_label.split(node_counts), order.split(edge_counts)
    for nodes, edges in zip(all_nodes, all_edges, strict=True):
        if edges.numel() == 0:
            continue
        local[nodes] = torch.arange(nodes.numel(), device=labels.device)
        source, target = local[graph.source[edges]], local[graph.target[edges]]
        yield nodes, UndirectedEdges(source, target, graph.weight[edges], nodes.numel())
