"""A graph as the labs of a model draw it: places, names, distances, and the order of its rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected

from workbench.diagnostics import effective_resistance, hop_distance
from workbench.diagnostics.spectrum.within_components import order_within
from workbench.graphs.attributes import is_real, real_edges
from workbench.graphs.layout import layout
from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas


class DrawnGraph:
    """One graph, computed once and read by many.

    Args:
        edges: ``[2, edges]`` as a model gets them; directed ones are drawn in both directions.
        num_nodes: number of nodes.
        edge_weight: conductances, for the resistance; None for 1 each.
        pos: ``[nodes, 2 or more]`` places, or None for a layout.
        names: of the nodes, or nothing.

    Attributes:
        edge_index: the edges in both directions, for the drawing.
        positions: where the nodes are drawn.
        order: row order of the matrices.
        hops, resistance: distances between the nodes; resistance is None on a directed graph.
    """

    def __init__(
        self,
        edges: Tensor,
        num_nodes: int,
        *,
        edge_weight: Tensor | None,
        pos: Tensor | None,
        names: list[str],
    ):
        self.num_nodes, self.names = num_nodes, names
        self.edge_index = to_undirected(edges, num_nodes=num_nodes)
        self.hops = hop_distance(edges, num_nodes)
        try:
            self.resistance = effective_resistance(edges, num_nodes, edge_weight)
        except ValueError:  # directed: there is no resistance
            self.resistance = None
        self.positions = places(self.edge_index, num_nodes, pos)
        self.order = order_within(self.edge_index, num_nodes).numpy()

    def name(self, node: int) -> str:
        """The name of a node."""
        return self.names[node] if self.names else str(node)


def real_graph(data: Data, inputs: Mapping[str, Any]) -> tuple[Data, dict[str, Any]]:
    """A graph and a model's inputs without the edges of weight 0, which are none."""
    there = is_real(data)
    if there is None:
        return data, dict(inputs)
    rows = {
        name: value[there]
        for name, value in inputs.items()
        if isinstance(value, Tensor) and "edge" in name and value.shape[:1] == there.shape
    }
    return real_edges(data), {**inputs, **rows}


def left_out(count: int) -> str:
    """What is said of edges of weight 0; nothing where there are none."""
    return f" Left out: {count} edge{'s' * (count > 1)} of weight 0." * bool(count)


def weights_of(data: Data) -> Tensor | None:
    """A conductance for each edge of a graph, or None."""
    weight = data.get("edge_weight")
    return None if weight is None else weight.detach().cpu().double().reshape(-1)


def places(edge_index: Tensor, num_nodes: int, pos: Tensor | None) -> np.ndarray:
    """Where nodes are drawn, ``[nodes, 2]`` float32: at ``pos`` if whole, else by a layout."""
    if pos is not None and pos.size(1) >= 2 and bool(torch.isfinite(pos).all()):
        return pos[:, :2].detach().cpu().numpy().astype(np.float32)
    return layout(edge_index.cpu(), num_nodes).numpy()


def show_graph(graph: DrawnGraph, canvas: GraphCanvas, matrix: MatrixCanvas) -> None:
    """Send what never changes."""
    source, target = graph.edge_index.numpy()
    one_way = np.stack([source, target], axis=1)[source < target]
    spans = np.zeros((len(one_way), 4), dtype="<i4")
    spans[:, :2], spans[:, 3] = one_way, NEVER
    with canvas.hold_sync(), matrix.hold_sync():
        canvas.num_nodes = matrix.size = graph.num_nodes
        canvas.positions = np.ascontiguousarray(graph.positions, "<f4").tobytes()
        canvas.spans = spans.tobytes()
        canvas.labels = matrix.labels = graph.names
        matrix.order = graph.order.astype("<i4").tobytes()
