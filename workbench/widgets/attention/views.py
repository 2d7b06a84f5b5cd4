"""What the attention lens shows of its state: functions from the state to texts and buffers."""

import html
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from workbench.figures import attention_maps, attention_picture
from workbench.widgets.attention.state import RESISTANCE, AttentionState
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.head_maps import HeadMaps, map_cells
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels

#: Pairs drawn from the chosen node, the strongest first, down to this share of the strongest.
DRAWN_PAIRS, DRAWN_SHARE = 8, 0.02

LOOKS, SEEN = "what it looks at", "what looks at it"

HELP = (
    "Click a cell of a map to choose a head, a node to see where it looks; the cell below can set "
    "lens.layer, lens.head, lens.node."
)

#: (layer, head)
Head = tuple[int, int]


def show_matrix(state: AttentionState, canvas: MatrixCanvas, head: Head) -> None:
    """Send the attention of one head."""
    attention = ordered(state, head)
    scale = [0.0, float(attention.max()) or 1.0]
    with canvas.hold_sync():
        canvas.value_range, canvas.values = scale, levels(attention, scale)
        canvas.title = f"attention, {head_name(state, head)}"


def show_node(
    state: AttentionState, canvas: GraphCanvas, head: Head, node: int | None, view: str
) -> None:
    """Color the nodes by the attention of one node, and draw its strongest pairs."""
    values, title = node_values(state, head, node, view)
    pairs = strongest(state, head, node, view)
    with canvas.hold_sync():
        canvas.node_values = np.ascontiguousarray(values, "<f4").tobytes()
        canvas.color_range = [0.0, float(values.max()) or 1.0]
        canvas.color_label = title
        canvas.methods = ["strongest"] if pairs else []
        canvas.candidates = np.array([(node, other, 0) for other, _ in pairs], "<i4").tobytes()


def maps_figure(state: AttentionState, head: Head) -> go.Figure:
    """All maps, the cell of one head framed."""
    return attention_maps(
        state.maps, state.layers, signed=(RESISTANCE,), selected=head, height=_height(state)
    )


def show_maps(state: AttentionState, widget: HeadMaps) -> None:
    """Send the maps."""
    heads = [state.heads(layer) for layer in range(len(state.layers))]
    with widget.hold_sync():
        widget.layers = state.layers
        widget.maps = [
            {"title": title, "cells": map_cells(values, signed=title == RESISTANCE, heads=heads)}
            for title, values in state.maps.items()
        ]


def show_bars(state: AttentionState, widget: HeadMaps, head: Head) -> None:
    """Send the attention of one head at each number of hops, and which head is chosen."""
    found = state.by_hop(*head)
    rows = zip(found.low.tolist(), found.mass.tolist(), found.uniform.tolist(), strict=True)
    with widget.hold_sync():
        widget.selected = list(head)
        widget.bars_title = "share by number of hops"
        widget.bars = [
            {"name": f"{hops:.0f}", "mass": mass, "uniform": even} for hops, mass, even in rows
        ]


def still(state: AttentionState, head: Head, node: int | None, view: str, format: str) -> bytes:
    """Maps, graph and matrix as the bytes of a PNG or SVG file."""
    values, title = node_values(state, head, node, view)
    return attention_picture(
        state.positions,
        state.edge_index.numpy(),
        state.maps,
        state.layers,
        signed=(RESISTANCE,),
        selected=head,
        node_values=values,
        node_title=title,
        marked=[] if node is None else [node],
        matrix=ordered(state, head),
        matrix_title=head_name(state, head),
        format=format,
    )


def save(state: AttentionState, head: Head, node: int | None, view: str, path: str | Path) -> Path:
    """Write the picture or the maps; ``AttentionLens.save`` says which ending is what."""
    path = Path(path)
    if path.suffix in (".png", ".svg"):
        path.write_bytes(still(state, head, node, view, path.suffix[1:]))
    elif path.suffix == ".html":
        maps_figure(state, head).write_html(path, include_plotlyjs=True)
    else:
        raise ValueError(f"path must end in .png, .svg or .html, got {path.name!r}")
    return path


def ordered(state: AttentionState, head: Head) -> np.ndarray:
    """The matrix of one head in the row order of the state."""
    return state.matrix(*head)[np.ix_(state.order, state.order)]


def head_name(state: AttentionState, head: Head) -> str:
    """The name of a head."""
    return f"{state.layers[head[0]]}, head {head[1]}"


def node_values(
    state: AttentionState, head: Head, node: int | None, view: str
) -> tuple[np.ndarray, str]:
    """What colors the nodes, and what to call it."""
    attention = state.matrix(*head)
    if node is None:
        return attention.mean(axis=0), "attention received, mean over the nodes"
    if view == LOOKS:
        return attention[node], f"attention of {state.name(node)}"
    return attention[:, node], f"attention to {state.name(node)}"


def strongest(
    state: AttentionState, head: Head, node: int | None, view: str
) -> list[tuple[int, float]]:
    """The other nodes that the chosen one looks at most, or that look most at it."""
    if node is None:
        return []
    values, _ = node_values(state, head, node, view)
    best = np.argsort(-values, kind="stable")[: DRAWN_PAIRS + 1]
    kept = [(int(i), float(values[i])) for i in best if i != node]
    least = DRAWN_SHARE * max((value for _, value in kept), default=0.0)
    return [(i, value) for i, value in kept[:DRAWN_PAIRS] if value > least]


def sentence(state: AttentionState, head: Head, node: int | None, view: str) -> str:
    """One line of HTML below the pictures."""
    if node is None:
        return f'<span class="workbench-fine">{HELP}</span>'
    pairs = strongest(state, head, node, view)
    named = ", ".join(f"{state.name(i)} {value:.3g}" for i, value in pairs) or "nobody"
    verb = "looks at" if view == LOOKS else "is looked at by"
    own = state.matrix(*head)[node, node]
    return html.escape(f"{state.name(node)} {verb}: {named}; itself {own:.3g}.")


def pair_text(state: AttentionState, head: Head, u: int, v: int) -> str:
    """What two nodes are to each other, for a tooltip."""
    attention, a, b = state.matrix(*head), state.name(u), state.name(v)
    if u == v:
        return f"{a} looks at itself: {attention[u, u]:.3g}"
    hops = float(state.hops[v, u])
    far = "not connected" if hops == float("inf") else f"{hops:.0f} hops apart"
    there, back = f"{a} looks at {b}", f"{b} looks at {a}"
    return f"{there}: {attention[u, v]:.3g}\n{back}: {attention[v, u]:.3g}\n{far}"


def _height(state: AttentionState) -> int:
    return 120 + 34 * max(len(state.layers), 3)
