"""A part of a graph as a graph of its own, numbered as its structure says."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics.structure.canonical_order import canonical_order, renumber
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs


@dataclass(frozen=True)
class Part:
    """Some nodes of a graph: their network, and which node of the whole graph each of them is."""

    graph: SimpleGraph
    nodes: Int64[Tensor, " nodes"]

    def local(self, pairs: Pairs) -> Int64[Tensor, "2 inside"]:
        """Those pairs of the whole graph that lie in it, by its own numbers."""
        known, order = self.nodes.sort()
        asked = pairs.cpu().contiguous()
        at = torch.searchsorted(known, asked).clamp(max=max(known.numel() - 1, 0))
        return order[at[:, (known[at] == asked).all(0)]]

    def whole(self, pairs: Pairs) -> Pairs:
        """Pairs by the numbers of the whole graph, ``u < v``, sorted."""
        low, high = self.nodes[pairs].sort(0).values
        order = torch.argsort(low * (int(self.nodes.max()) + 1) + high)
        return torch.stack([low, high])[:, order]

    def canonical(self) -> "Part":
        """The same, its nodes in ``canonical_order``.

        Random draws, sums and the first of equals are then the same for every numbering of the
        graph, up to its symmetries.
        """
        place = canonical_order(self.graph)
        return Part(renumber(self.graph, place), self.nodes[place.argsort()])

    def edge_index(self) -> EdgeIndex:
        """Both directions of its edges."""
        return self.graph.edge_index()

    def edge_weight(self) -> EdgeWeight:
        """Conductances in the order of ``edge_index``."""
        return self.graph.edge_weight()


def largest_component(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Part:
    """The component with most nodes, on the CPU; of several, the first in ``canonical_order``.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
    """
    graph = simple_graph(edge_index.cpu(), num_nodes, _on_cpu(edge_weight))
    labels = graph.labels
    if num_nodes == 0:
        return Part(graph, labels)
    size = torch.bincount(labels)
    largest = (size == size.max()).nonzero()[:, 0]
    if largest.numel() > 1:
        first = torch.where(torch.isin(labels, largest), canonical_order(graph), num_nodes).argmin()
        largest = labels[first]
    inside = labels == largest
    nodes = inside.nonzero().flatten()
    local = torch.cumsum(inside, 0) - 1
    kept = inside[graph.source]
    ends = local[graph.source[kept]], local[graph.target[kept]]
    return Part(SimpleGraph(*ends, graph.weight[kept], nodes.numel()), nodes)


def _on_cpu(edge_weight: EdgeWeight | None) -> EdgeWeight | None:
    return None if edge_weight is None else edge_weight.reshape(-1).cpu()
