"""What the attention lens shows of its state: functions from the state to texts and buffers."""

from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go

from workbench.figures import attention_maps, attention_picture
from workbench.widgets.attention.heads import RESISTANCE, AttentionHeads
from workbench.widgets.attention.state import LOOKS
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps, map_cells
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.lab.drawn_graph import left_out

#: Pairs drawn from the chosen node, the strongest first, down to this share of the strongest.
DRAWN_PAIRS, DRAWN_SHARE = 8, 0.02

HELP = (
    "Click a cell of a map to choose a head, a node to see where it looks; the cell below can set "
    "lens.layer, lens.head, lens.node."
)


def show_matrix(known: AttentionHeads, canvas: MatrixCanvas, shown: SimpleNamespace) -> None:
    """Send the attention of one head."""
    attention = ordered_matrix(known, shown)
    scale = [0.0, float(attention.max())]
    with canvas.hold_sync():
        canvas.value_range, canvas.values = scale, levels(attention, scale)
        canvas.title = f"attention, {head_name(known, shown)}"


def show_node(known: AttentionHeads, canvas: GraphCanvas, shown: SimpleNamespace) -> None:
    """Color the nodes by the attention of one node, and draw its strongest pairs."""
    values, title = node_values(known, shown)
    pairs = strongest(known, shown)
    with canvas.hold_sync():
        canvas.node_values = np.ascontiguousarray(values, "<f4").tobytes()
        canvas.color_range = [0.0, float(values.max())]
        canvas.color_label = title
        canvas.methods = ["strongest"] if pairs else []
        canvas.candidates = np.array(
            [(shown.node, other, 0) for other, _ in pairs], "<i4"
        ).tobytes()


def maps_figure(known: AttentionHeads, shown: SimpleNamespace) -> go.Figure:
    """All maps, the cell of one head framed."""
    return attention_maps(
        known.maps,
        known.layers,
        signed=(RESISTANCE,),
        selected=(shown.layer, shown.head),
        height=_height(known),
    )


def show_maps(known: AttentionHeads, widget: HeadMaps) -> None:
    """Send the maps."""
    with widget.hold_sync():
        widget.layers = known.layers
        widget.maps = [
            {
                "title": title,
                "cells": map_cells(values, signed=title == RESISTANCE, heads=known.num_heads),
            }
            for title, values in known.maps.items()
        ]


def show_bars(known: AttentionHeads, widget: HeadMaps, shown: SimpleNamespace) -> None:
    """Send the attention of one head at each number of hops, and which head is chosen."""
    found = known.by_hop(shown.layer, shown.head)
    rows = zip(found.low.tolist(), found.mass.tolist(), found.uniform.tolist(), strict=True)
    with widget.hold_sync():
        widget.selected = [shown.layer, shown.head]
        widget.bars_title = "share by number of hops"
        widget.bars = [
            {"name": f"{hops:.0f}", "mass": mass, "uniform": even} for hops, mass, even in rows
        ]


def still(known: AttentionHeads, shown: SimpleNamespace, format: str) -> bytes:
    """Maps, graph and matrix as the bytes of a PNG, SVG or PDF file."""
    values, title = node_values(known, shown)
    return attention_picture(
        known.positions,
        known.edge_index.numpy(),
        known.maps,
        known.layers,
        signed=(RESISTANCE,),
        selected=(shown.layer, shown.head),
        node_values=values,
        node_title=title,
        marked=[] if shown.node is None else [shown.node],
        matrix=ordered_matrix(known, shown),
        matrix_title=head_name(known, shown),
        format=format,
    )


def ordered_matrix(known: AttentionHeads, shown: SimpleNamespace) -> np.ndarray:
    """The matrix of one head in the row order of the drawing."""
    return known.matrix(shown.layer, shown.head)[np.ix_(known.order, known.order)]


def head_name(known: AttentionHeads, shown: SimpleNamespace) -> str:
    """The name of a head."""
    return f"{known.layers[shown.layer]}, head {shown.head}"


def node_values(known: AttentionHeads, shown: SimpleNamespace) -> tuple[np.ndarray, str]:
    """What colors the nodes, and what to call it."""
    attention = known.matrix(shown.layer, shown.head)
    if shown.node is None:
        return attention.mean(axis=0), "mean attention received"
    if shown.view == LOOKS:
        return attention[shown.node], f"attention of {known.name(shown.node)}"
    return attention[:, shown.node], f"attention to {known.name(shown.node)}"


def strongest(known: AttentionHeads, shown: SimpleNamespace) -> list[tuple[int, float]]:
    """The other nodes that the chosen one looks at most, or that look most at it."""
    if shown.node is None:
        return []
    values, _ = node_values(known, shown)
    best = np.argsort(-values, kind="stable")[: DRAWN_PAIRS + 1]
    kept = [(int(i), float(values[i])) for i in best if i != shown.node]
    least = DRAWN_SHARE * max((value for _, value in kept), default=0.0)
    return [(i, value) for i, value in kept[:DRAWN_PAIRS] if value > least]


def sentence(known: AttentionHeads, shown: SimpleNamespace) -> str:
    """One line below the pictures."""
    if shown.node is None:
        return HELP + left_out(known.left_out)
    pairs = strongest(known, shown)
    named = ", ".join(f"{known.name(i)} {value:.3g}" for i, value in pairs) or "nobody"
    verb = "looks at" if shown.view == LOOKS else "is looked at by"
    own = known.matrix(shown.layer, shown.head)[shown.node, shown.node]
    return f"{known.name(shown.node)} {verb}: {named}; itself {own:.3g}."


def pair_text(known: AttentionHeads, shown: SimpleNamespace, u: int, v: int) -> str:
    """What two nodes are to each other, for a tooltip."""
    attention, a, b = known.matrix(shown.layer, shown.head), known.name(u), known.name(v)
    if u == v:
        return f"{a} looks at itself: {attention[u, u]:.3g}"
    hops = float(known.hops[v, u])
    plural = "" if hops == 1 else "s"
    far = "not connected" if hops == float("inf") else f"{hops:.0f} hop{plural} apart"
    there, back = f"{a} looks at {b}", f"{b} looks at {a}"
    return f"{there}: {attention[u, v]:.3g}\n{back}: {attention[v, u]:.3g}\n{far}"


def _height(known: AttentionHeads) -> int:
    return 120 + 34 * max(len(known.layers), 3)
