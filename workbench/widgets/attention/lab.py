"""The attention lens: heads by layers, and where one head looks, on the graph and as a matrix."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, SupportsIndex

import ipywidgets
import networkx as nx
import numpy as np
import plotly.graph_objects as go
from torch import nn
from torch_geometric.data import Batch, Data

from workbench.widgets.attention import views
from workbench.widgets.attention.heads import AttentionHeads
from workbench.widgets.attention.state import AttentionState
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.controls import pair_of_pictures, row
from workbench.widgets.lab.drawn_graph import show_graph
from workbench.widgets.lab.lab import Lab, command
from workbench.widgets.lab.opening import graph_of


class AttentionLens(Lab, state=AttentionState):
    """Maps of all heads; the graph, the matrix and the distances of the head that is chosen.

    Attributes:
        layer, head: what is shown; set them, or click a cell of a map.
        node: the node whose attention colors the graph, or None for the mean over all.
        view: whether the node looks or is looked at.
        maps: title -> ``[layers, heads]`` array.
    """

    made_by = "attention_lens(model, data)"

    def __init__(self, known: AttentionHeads):
        super().__init__(AttentionState(known.layers, known.num_heads, known.num_nodes))
        self._known = known
        self._drawn: tuple[int, int] | None = None
        self._build()
        views.show_maps(known, self.pictures["maps"])
        show_graph(known, self.pictures["graph"], self.pictures["matrix"])
        self._show_head()
        self._listen()

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def maps(self) -> dict[str, np.ndarray]:
        """The numbers of the maps, ``[layers, heads]`` each."""
        return self._known.maps

    @property
    def layers(self) -> list[str]:
        """Name of each layer that attends."""
        return self._known.layers

    @command
    def show(self, layer: SupportsIndex, head: SupportsIndex) -> None:
        """Show one head.

        Raises:
            ValueError: there is no such layer or head.
            TypeError: the head is no whole number.
        """
        self.state.show(layer, head)

    def attention(self) -> np.ndarray:
        """``[nodes, nodes]`` attention of the head that is shown: row = query, column = key."""
        return self._known.matrix(self.state.layer, self.state.head)

    def figure(self) -> go.Figure:
        """The maps as a plotly figure."""
        return views.maps_figure(self._known, self.state.now())

    def picture(self, format: str = "png") -> bytes:
        """Maps, graph and matrix as the bytes of a PNG, SVG or PDF file."""
        return views.still(self._known, self.state.now(), format)

    def formats(self) -> dict[str, Callable[[Path], object]]:
        """The picture, and the maps as a page."""
        return super().formats() | {
            ".html": lambda path: self.figure().write_html(path, include_plotlyjs=True)
        }

    # ---- the page -------------------------------------------------------------------------

    def _build(self) -> None:
        graph = GraphCanvas(hides_picture=True, editable=False, height=400)
        matrix = MatrixCanvas(
            height=400, rows="looks", columns="at", missing="no number", title="attention"
        )
        self.pictures = {"maps": HeadMaps(), "graph": graph, "matrix": matrix}
        self.link("selection", graph, matrix)
        self.children = [
            self.pictures["maps"],
            row(*(self.control(name) for name in ("layer", "head", "view"))),
            pair_of_pictures(graph, matrix),
            self._status,
        ]

    def _listen(self) -> None:
        self.when("layer", "head", then=self._show_head)
        self.when("node", "view", then=self._show_node)
        self.choose_on(self.pictures["graph"])
        self.pictures["maps"].observe(lambda change: self.show(*change.new), "selected")
        for name in ("graph", "matrix"):
            self.pictures[name].on_msg(self._hear)

    def _hear(self, widget: ipywidgets.Widget, content: dict, _: Any) -> None:
        if content.get("type") == "hover":
            u, v = content["u"], content["v"]
            widget.show_hint(u, v, views.pair_text(self._known, self.state.now(), u, v))

    # ---- what is shown --------------------------------------------------------------------

    def _show_head(self) -> None:
        shown = self.state.now()
        if self._drawn == (shown.layer, shown.head):
            return  # a layer and its head may be told of one after the other
        self._drawn = shown.layer, shown.head
        views.show_matrix(self._known, self.pictures["matrix"], shown)
        views.show_bars(self._known, self.pictures["maps"], shown)
        self._show_node()
        self.store_picture()

    def _show_node(self) -> None:
        shown = self.state.now()
        views.show_node(self._known, self.pictures["graph"], shown)
        self.say(views.sentence(self._known, shown))


def attention_lens(
    model: nn.Module,
    data: Data | nx.Graph | str | Path,
    *,
    inputs: Mapping[str, Any] | None = None,
    graph: int = 0,
) -> AttentionLens:
    """Look at the attention of every head of a model on a graph.

    Maps of entropy, distance and correlation with low resistance, a cell for each head and layer.
    A click on a cell shows that head: the nodes colored by where the chosen node looks, its
    strongest pairs drawn, the matrix beside, and attention at each number of hops against an even
    spread.

    Args:
        model: any module with attention that ``capture_attention`` reads; run once, in evaluation
            mode, and left as it was.
        data: a PyG ``Data`` or ``Batch`` with ``x`` and ``edge_index``, or a graph with features.
        inputs: more keyword arguments of the model, such as ``{"edge_attr": ...}``.
        graph: which graph of a batch to look at.

    Returns:
        The lens. Show it as the last line of a cell; use ``lens.layer = 1``, ``lens.head = 2``,
        ``lens.node = 5``, ``lens.maps``, ``lens.attention()``, ``lens.figure()`` and
        ``lens.save(path)`` below it.

    Raises:
        ValueError: the model has no attention that can be read, the data have no ``x``, or there
            is no such graph in the batch.
        TooLargeError: the graph has too many nodes to draw all pairs.
        TypeError: ``data`` is no graph.
    """
    opened = data if isinstance(data, Batch) else graph_of(data)[0]
    return AttentionLens(AttentionHeads(model, opened, inputs=inputs, graph=graph))
