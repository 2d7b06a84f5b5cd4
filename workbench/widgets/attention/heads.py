"""The attention of every head of a model on one graph, for the attention lens."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import Attention, call_arguments, capture_attention, prepare
from workbench.diagnostics import HopMass, TooLargeError, attention_by_hop
from workbench.diagnostics.attention.head_measures import head_measures, heads_of
from workbench.graphs.attributes import zero_edges
from workbench.widgets.lab.drawn_graph import DrawnGraph, real_graph, weights_of

#: All pairs of nodes are drawn and ranked, for each head.
LARGEST_NODES = 1_500

ENTROPY, DISTANCE, RESISTANCE = "entropy", "distance (hops)", "correlation with low resistance"


class AttentionHeads(DrawnGraph):
    """Attention of one call of a model on one graph, head by head.

    Args:
        model: any module with attention that ``capture_attention`` reads.
        data: a PyG ``Data`` or ``Batch`` with ``x`` and ``edge_index``.
        inputs: more keyword arguments of the model.
        graph: which graph of the batch is looked at.

    Attributes:
        left_out: how many edges of weight 0 the graph, or batch, had.
        layers: name of each module and call that attends, in their order.
        num_heads: number of heads of each.
        maps: title -> ``[layers, heads]`` array; nan where a head is not there.
        edge_index: the edges of the graph, both directions, for its drawing.
        positions: where the nodes are drawn.
        order: row order of the matrices.
        hops, resistance: distances between the nodes; resistance is None on a directed graph.
    """

    def __init__(
        self, model: nn.Module, data: Data, *, inputs: Mapping[str, Any] | None, graph: int
    ):
        self.left_out = zero_edges(data)
        data, inputs = real_graph(data, inputs or {})
        read = run(model, data, inputs)
        self._calls: list[Attention] = []
        self.layers: list[str] = []
        for name in read:
            calls = read.calls(name)
            self._calls += calls
            self.layers += [
                name if len(calls) == 1 else f"{name} ({i})" for i in range(1, len(calls) + 1)
            ]
        if not self._calls:
            raise ValueError("the model has attention, but none of it ran")
        self.num_heads = [call.num_heads for call in self._calls]
        self.graph = graph
        first = self._calls[0]
        if any(call.num_nodes != data.num_nodes for call in self._calls):
            sizes = sorted({call.num_nodes for call in self._calls})
            raise ValueError(f"attention is among {sizes} items, not the {data.num_nodes} nodes")
        nodes = first.nodes(graph)
        self.num_nodes = nodes.numel()
        if not 0 < self.num_nodes <= LARGEST_NODES:
            raise TooLargeError(
                f"the graph has {self.num_nodes:,} nodes; the lens draws all pairs of 1 to "
                f"{LARGEST_NODES:,}; use capture_attention(model).run(...) and on_edges()"
            )
        self._set_graph(data, nodes)
        self.maps = self._maps()
        self._shown: tuple[int, np.ndarray] | None = None

    def _set_graph(self, data: Data, nodes: Tensor) -> None:
        local = torch.full((data.num_nodes,), -1, dtype=torch.int64)
        local[nodes.cpu()] = torch.arange(self.num_nodes)
        edges, weight = local[data.edge_index.cpu()], weights_of(data)
        here = (edges >= 0).all(dim=0)
        pos, labels = data.get("pos"), data.get("labels")
        super().__init__(
            edges[:, here],
            nodes.numel(),
            edge_weight=None if weight is None else weight[here],
            pos=None if pos is None else pos[nodes],
            names=[] if labels is None else [str(labels[i]) for i in nodes.tolist()],
        )

    def _maps(self) -> dict[str, np.ndarray]:
        found = head_measures(self._calls, self.hops, self.resistance, graph=self.graph)
        maps = {ENTROPY: found.entropy, DISTANCE: found.distance, RESISTANCE: found.resistance}
        return {title: values.numpy() for title, values in maps.items() if values is not None}

    def matrix(self, layer: int, head: int) -> np.ndarray:
        """``[nodes, nodes]`` attention of one head: row = query, column = key."""
        shown = self._shown  # threads read it too
        if shown is None or shown[0] != layer:
            attention, _ = heads_of(self._calls[layer], self.graph)
            self._shown = shown = layer, attention.double().numpy()
        return shown[1][head]

    def by_hop(self, layer: int, head: int) -> HopMass:
        """Attention of one head at each number of hops."""
        attention, mask = heads_of(self._calls[layer], self.graph)
        return attention_by_hop(attention[head], self.hops, mask=mask)


def run(model: nn.Module, data: Data, inputs: Mapping[str, Any]):
    """The attention of every head of a model on a graph, in evaluation mode, without gradients.

    The model is called as ``workbench.capture.call`` does, with what it requires.

    Raises:
        ValueError: the data have no ``x``.
    """
    modes = [(module, module.training) for module in model.modules()]
    try:
        arguments, extra = call_arguments(model, prepare(model, data), **inputs)
    except TypeError:
        if data.get("x") is not None:
            raise
        # the cause says the same in the model's words
        raise ValueError(
            "the data have no node features x; set data.x to [nodes, channels]"
        ) from None
    try:
        model.eval()
        return capture_attention(model, batch=getattr(data, "batch", None)).run(*arguments, **extra)
    finally:
        for module, training in modes:
            module.training = training
