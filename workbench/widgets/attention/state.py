"""What the attention lens knows: the attention of every head on one graph, and what it tells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import Attention, call_arguments, capture_attention, prepare
from workbench.diagnostics import (
    HopMass,
    TooLargeError,
    attention_by_hop,
    attention_distance,
    attention_entropy,
    attention_resistance_correlation,
)
from workbench.widgets.lab.drawn_graph import DrawnGraph

#: All pairs of nodes are drawn and ranked, for each head.
LARGEST_NODES = 1_500

ENTROPY, DISTANCE, RESISTANCE = "entropy", "distance (hops)", "correlation with low resistance"


class AttentionState(DrawnGraph):
    """Attention of one call of a model on one graph, head by head.

    Args:
        model: any module with attention that ``capture_attention`` reads.
        data: a PyG ``Data`` or ``Batch`` with ``x`` and ``edge_index``.
        inputs: more keyword arguments of the model.
        graph: which graph of the batch is looked at.

    Attributes:
        layers: name of each module and call that attends, in their order.
        maps: title -> ``[layers, heads]`` array; nan where a head is not there.
        edge_index: the edges of the graph, both directions, for its drawing.
        positions: where the nodes are drawn.
        order: row order of the matrices.
        hops, resistance: distances between the nodes; resistance is None on a directed graph.
    """

    def __init__(
        self, model: nn.Module, data: Data, *, inputs: Mapping[str, Any] | None, graph: int
    ):
        read = run(model, data, inputs or {})
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
        edges = local[data.edge_index.cpu()]
        edges = edges[:, (edges >= 0).all(dim=0)]
        pos, labels = getattr(data, "pos", None), getattr(data, "labels", None)
        super().__init__(
            edges,
            nodes.numel(),
            None if pos is None else pos[nodes],
            [] if labels is None else [str(labels[i]) for i in nodes.tolist()],
        )

    def _maps(self) -> dict[str, np.ndarray]:
        most = max(call.num_heads for call in self._calls)
        titles = [ENTROPY, DISTANCE] + ([] if self.resistance is None else [RESISTANCE])
        maps = {title: np.full((len(self._calls), most), np.nan) for title in titles}
        for row, call in enumerate(self._calls):
            dense, mask = self._dense(row)
            # along edges a query has its neighbors to choose from, else every node
            mask = mask if call.num_columns else None
            heads = slice(0, call.num_heads)
            maps[ENTROPY][row, heads] = attention_entropy(dense, mask=mask).numpy()
            maps[DISTANCE][row, heads] = attention_distance(dense, self.hops).numpy()
            if self.resistance is not None:
                found = attention_resistance_correlation(
                    dense, self.resistance, self.hops, mask=mask
                )
                maps[RESISTANCE][row, heads] = found.resistance.numpy()
        return maps

    def _dense(self, layer: int) -> tuple[Tensor, Tensor]:
        call = self._calls[layer]
        return call.dense(self.graph).cpu(), call.allowed(self.graph).cpu()

    def heads(self, layer: int) -> int:
        """Number of heads of a layer."""
        return self._calls[layer].num_heads

    def matrix(self, layer: int, head: int) -> np.ndarray:
        """``[nodes, nodes]`` attention of one head: row = query, column = key."""
        shown = self._shown  # threads read it too
        if shown is None or shown[0] != layer:
            self._shown = shown = layer, self._dense(layer)[0].double().numpy()
        return shown[1][head]

    def by_hop(self, layer: int, head: int) -> HopMass:
        """Attention of one head at each number of hops."""
        dense, mask = self._dense(layer)
        return attention_by_hop(
            dense[head], self.hops, mask=mask if self._calls[layer].num_columns else None
        )


def run(model: nn.Module, data: Data, inputs: Mapping[str, Any]):
    """The attention of every head of a model on a graph, in evaluation mode, without gradients.

    The model is called as ``workbench.capture.call`` does, with what it requires.

    Raises:
        ValueError: the data have no ``x``.
    """
    modes = [(module, module.training) for module in model.modules()]
    try:
        arguments, extra = call_arguments(model, prepare(model, data), **inputs)
    except TypeError as error:
        if data.get("x") is not None:
            raise
        raise ValueError(
            "the data have no node features x; set data.x to [nodes, channels]"
        ) from error
    try:
        model.eval()
        return capture_attention(model, batch=getattr(data, "batch", None)).run(*arguments, **extra)
    finally:
        for module, training in modes:
            module.training = training
