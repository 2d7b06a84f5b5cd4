"""The rounds of a color refinement as a slider, and how often each graph has each color."""

import anywidget
import traitlets
from ipywidgets import widget_serialization

from workbench.widgets.canvas.browser_module import browser_module, style
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas


class ColorRounds(anywidget.AnyWidget):
    """A slider over the rounds; it recolors two graphs and two matrices, all in the browser.

    Below the slider stands a column for each color: graph a's count upwards, b's downwards, on one
    scale. A column under the pointer or the focus rings the nodes of its color in both graphs and
    draws its pairs.

    Buffers (little-endian), one row for each round 0, ..., ``length``:
        nodes_a, nodes_b: float32 ``[rounds, nodes]`` color of each node; nan for none.
        pairs_a, pairs_b: uint8 ``[rounds, nodes, nodes]`` level of each pair; 255 for none.
        counts: int32 ``[rounds, 2, colors]``.

    ``marks_pairs`` says whether the levels are the colors that are counted, so that pairs can be
    highlighted. From round ``witness_from`` on (-1: never) the nodes of ``witness`` (one list for
    each graph) are ringed. ``numbered`` writes the colors' numbers into the nodes. The kernel hears
    of the newest ``position`` only.
    """

    _esm = browser_module("color_rounds")
    _css = style("canvas", "color_rounds")

    graph_a = traitlets.Instance(GraphCanvas).tag(sync=True, **widget_serialization)
    graph_b = traitlets.Instance(GraphCanvas).tag(sync=True, **widget_serialization)
    matrix_a = traitlets.Instance(MatrixCanvas).tag(sync=True, **widget_serialization)
    matrix_b = traitlets.Instance(MatrixCanvas).tag(sync=True, **widget_serialization)

    length = traitlets.Int(0, min=0).tag(sync=True)
    position = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    nodes_a = traitlets.Bytes(b"").tag(sync=True)
    nodes_b = traitlets.Bytes(b"").tag(sync=True)
    pairs_a = traitlets.Bytes(b"").tag(sync=True)
    pairs_b = traitlets.Bytes(b"").tag(sync=True)
    counts = traitlets.Bytes(b"").tag(sync=True)
    num_colors = traitlets.Int(0, min=0).tag(sync=True)
    palette = traitlets.Bytes(b"").tag(sync=True)
    items = traitlets.Unicode("nodes").tag(sync=True)
    marks_pairs = traitlets.Bool(False).tag(sync=True)
    numbered = traitlets.Bool(False).tag(sync=True)
    witness = traitlets.List().tag(sync=True)
    witness_from = traitlets.Int(-1).tag(sync=True)
