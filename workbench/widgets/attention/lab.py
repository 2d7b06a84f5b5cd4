"""The attention lens: heads by layers, and where one head looks, on the graph and as a matrix."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipywidgets
import networkx as nx
import numpy as np
import plotly.graph_objects as go
from torch import nn
from torch_geometric.data import Batch, Data

from workbench.widgets.attention import views
from workbench.widgets.attention.state import AttentionState
from workbench.widgets.attention.views import LOOKS, SEEN
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.lab.drawn_graph import show_graph
from workbench.widgets.lab.opening import graph_of
from workbench.widgets.lab.still_picture import StillPicture
from workbench.widgets.lab.worker import Worker


class AttentionLens(StillPicture, ipywidgets.VBox):
    """Maps of all heads; the graph, the matrix and the distances of the head that is chosen.

    Attributes:
        layer, head: what is shown; set them, or click a cell of a map.
        node: the node whose attention colors the graph, or None for the mean over all.
        maps: title -> ``[layers, heads]`` array.
    """

    def __init__(self, state: AttentionState):
        self._state = state
        self._head = (0, 0)
        self._follows = False
        self._worker = Worker(lambda error: setattr(self._status, "value", html.escape(str(error))))
        self._layer_menu = ipywidgets.Dropdown(
            options=[(name, i) for i, name in enumerate(state.layers)], description="layer"
        )
        self._head_menu = ipywidgets.Dropdown(options=range(state.heads(0)), description="head")
        self._view = ipywidgets.ToggleButtons(options=[LOOKS, SEEN])
        self._view.style.button_width = "130px"
        self._status = ipywidgets.HTML()
        self._status.add_class("workbench-status")
        for menu in (self._layer_menu, self._head_menu):
            menu.layout.width, menu.style.description_width = "210px", "auto"
        self._canvas = GraphCanvas(hides_picture=True, editable=False, height=400)
        self._matrix = MatrixCanvas(
            height=400, rows="looks", columns="at", missing="no number", title="attention"
        )
        ipywidgets.jslink((self._canvas, "selection"), (self._matrix, "selection"))
        self._maps = HeadMaps()
        views.show_maps(state, self._maps)
        views.show_bars(state, self._maps, self._head)
        show_graph(state, self._canvas, self._matrix)
        views.show_matrix(state, self._matrix, self._head)
        self._show_node()
        self._listen()
        menus = [self._layer_menu, self._head_menu, self._view]
        columns = ipywidgets.Layout(
            grid_template_columns="minmax(0, 1.25fr) minmax(0, 1fr)", grid_gap="8px"
        )
        super().__init__(
            [
                self._maps,
                ipywidgets.HBox(menus, layout=ipywidgets.Layout(grid_gap="12px", flex_flow="wrap")),
                ipywidgets.GridBox([self._canvas, self._matrix], layout=columns),
                self._status,
            ]
        )
        self.add_class("workbench-lab")

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def maps(self) -> dict[str, np.ndarray]:
        """The numbers of the maps, ``[layers, heads]`` each."""
        return self._state.maps

    @property
    def layers(self) -> list[str]:
        """Name of each layer that attends."""
        return self._state.layers

    @property
    def layer(self) -> int:
        """Number of the layer that is shown."""
        return self._head[0]

    @layer.setter
    def layer(self, value: int) -> None:
        self.show(value, min(self.head, self._state.heads(self._layer_of(value)) - 1))

    @property
    def head(self) -> int:
        """Number of the head that is shown."""
        return self._head[1]

    @head.setter
    def head(self, value: int) -> None:
        self.show(self.layer, value)

    @property
    def node(self) -> int | None:
        """The node whose attention is shown, or None."""
        return self._canvas.selection[0] if self._canvas.selection else None

    @node.setter
    def node(self, value: int | None) -> None:
        if value is not None and not 0 <= value < self._state.num_nodes:
            raise ValueError(f"node must be 0 to {self._state.num_nodes - 1} or None, got {value}")
        chosen = [] if value is None else [int(value)]
        self._canvas.picked = self._canvas.selection = chosen

    def show(self, layer: int, head: int) -> None:
        """Show one head.

        Raises:
            ValueError: there is no such layer or head.
        """
        heads = self._state.heads(self._layer_of(layer))
        if not 0 <= head < heads:
            raise ValueError(f"head must be 0 to {heads - 1}, got {head}")
        if (layer, head) == self._head:
            return
        self._head = (int(layer), int(head))
        self._follows = True
        self._layer_menu.value = self.layer
        if len(self._head_menu.options) != heads:
            self._head_menu.options = range(heads)
        self._head_menu.value = self.head
        self._follows = False
        self._show_head()
        self._worker.submit("picture", self._store_picture)

    def attention(self) -> np.ndarray:
        """``[nodes, nodes]`` attention of the head that is shown: row = query, column = key."""
        return self._state.matrix(*self._head)

    def figure(self) -> go.Figure:
        """The maps as a plotly figure."""
        return views.maps_figure(self._state, self._head)

    def picture(self, format: str = "png") -> bytes:
        """Maps, graph and matrix as the bytes of a PNG or SVG file."""
        return views.still(self._state, self._head, self.node, self._view.value, format)

    def save(self, path: str | Path) -> Path:
        """Write the picture (``.png``, ``.svg``) or the maps (``.html``).

        Raises:
            ValueError: the ending is none of these.
        """
        return views.save(self._state, self._head, self.node, self._view.value, path)

    # ---- what follows what ----------------------------------------------------------------

    def _listen(self) -> None:
        self._layer_menu.observe(self._menu_chosen, "value")
        self._head_menu.observe(self._menu_chosen, "value")
        self._view.observe(lambda _: self._show_node(), "value")
        self._canvas.observe(lambda _: self._show_node(), "selection")
        for canvas in (self._canvas, self._matrix):
            canvas.on_msg(self._hovered)
        self._maps.observe(lambda change: self.show(*change.new), "selected")

    def _menu_chosen(self, change) -> None:
        if self._follows:  # it was set to what is shown
            return
        if change.owner is self._layer_menu:
            self.layer = change.new
        else:
            self.head = change.new

    def _hovered(self, widget, content, _) -> None:
        if content.get("type") == "hover":
            u, v = content["u"], content["v"]
            widget.show_hint(u, v, views.pair_text(self._state, self._head, u, v))

    # ---- what is shown --------------------------------------------------------------------

    def _show_head(self) -> None:
        views.show_matrix(self._state, self._matrix, self._head)
        views.show_bars(self._state, self._maps, self._head)
        self._show_node()

    def _show_node(self) -> None:
        shown = self._head, self.node, self._view.value
        views.show_node(self._state, self._canvas, *shown)
        self._status.value = views.sentence(self._state, *shown)

    def _layer_of(self, layer: int) -> int:
        if not 0 <= layer < len(self._state.layers):
            raise ValueError(f"layer must be 0 to {len(self._state.layers) - 1}, got {layer}")
        return layer

    def close(self) -> None:
        """Stop the thread and remove the lens from the page."""
        self._worker.close()
        super().close()


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
    return AttentionLens(AttentionState(model, opened, inputs=inputs, graph=graph))
