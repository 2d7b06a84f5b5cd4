"""The largest component of a graph, as a graph of its own."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.topology import SimpleGraph, both_directions, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs


@dataclass(frozen=True)
class Part:
    """A component: its network, and which node of the whole graph each of its nodes is."""

    graph: SimpleGraph
    nodes: Int64[Tensor, " nodes"]

    def local(self, pairs: Pairs) -> Int64[Tensor, "2 inside"]:
        """Those pairs of the whole graph that lie in it, by its own numbers."""
        at = torch.searchsorted(self.nodes, pairs.cpu()).clamp(max=max(self.nodes.numel() - 1, 0))
        return at[:, (self.nodes[at] == pairs.cpu()).all(0)]

    def edge_index(self) -> EdgeIndex:
        """Both directions of its edges."""
        return both_directions(self.graph.source, self.graph.target)

    def edge_weight(self) -> EdgeWeight:
        """Conductances in the order of ``edge_index``."""
        ends, size = self.edge_index(), max(self.graph.num_nodes, 1)
        key = torch.minimum(*ends) * size + torch.maximum(*ends)
        return self.graph.weight[
            torch.searchsorted(self.graph.source * size + self.graph.target, key)
        ]


def largest_component(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Part:
    """The component with most nodes (the first of them), on the CPU.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
    """
    graph = simple_graph(edge_index.cpu(), num_nodes, _on_cpu(edge_weight))
    labels = graph.labels
    if num_nodes == 0:
        return Part(graph, labels)
    inside = labels == torch.bincount(labels).argmax()
    nodes = inside.nonzero().flatten()
    local = torch.cumsum(inside, 0) - 1
    kept = inside[graph.source]
    ends = local[graph.source[kept]], local[graph.target[kept]]
    return Part(SimpleGraph(*ends, graph.weight[kept], nodes.numel()), nodes)


def _on_cpu(edge_weight: EdgeWeight | None) -> EdgeWeight | None:
    return None if edge_weight is None else edge_weight.reshape(-1).cpu()
