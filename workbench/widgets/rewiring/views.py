"""What the rewiring lab shows of its state: functions from the state to texts and buffers."""

import html
import inspect
import math
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import plotly.graph_objects as go

from workbench.diagnostics import Stopped
from workbench.figures import graph_figure, picture
from workbench.rewiring import EDITS, Edit, WhatIf
from workbench.rewiring.tape.node_pairs import MATRICES
from workbench.rewiring.tape.spans import spans
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas
from workbench.widgets.canvas.palette import color_span, inner_span
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.drawn_graph import left_out
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring.colorings import Coloring, coloring, with_unit
from workbench.widgets.rewiring.matrices import scaled
from workbench.widgets.rewiring.moment import Moment, Start


def pair_name(names: list[str], u: int, v: int) -> str:
    """Two nodes in a few characters."""
    return f"{names[u]}–{names[v]}" if names else f"{u}–{v}"


def show_graph(start: Start, canvas: GraphCanvas, matrix: MatrixCanvas) -> None:
    """Send what does not change along a tape: positions, names, the order of the rows."""
    names = start.node_names
    with canvas.hold_sync(), matrix.hold_sync():
        canvas.spans = canvas.candidates = canvas.node_values = b""
        canvas.node_values_before, canvas.color_label = b"", ""
        canvas.num_nodes = start.num_nodes
        canvas.positions = np.ascontiguousarray(start.positions, "<f4").tobytes()
        canvas.labels = matrix.labels = names
        canvas.camera, canvas.selection, canvas.picked = [], [], []
        matrix.order = start.order.astype("<i4").tobytes()
        matrix.size, matrix.values, matrix.values_before = 0, b"", b""


def show_tape(moment: Moment, canvas: GraphCanvas, bar: TapeBar) -> None:
    """Send the edits; the numbers of the old ones grey."""
    start, edits = moment.start, moment.edits
    source, target = start.edge_index[:, start.edge_index[0] < start.edge_index[1]].numpy()
    with canvas.hold_sync(), bar.hold_sync():
        canvas.spans = np.ascontiguousarray(spans(source, target, edits), "<i4").tobytes()
        bar.edits = [edit_text(edit, start.node_names) for edit in edits]
        bar.length = len(edits)
        bar.position = moment.position
        bar.stale = True


def show_colors(
    moment: Moment, canvas: GraphCanvas, name: str, should_stop: ShouldStop | None = None
) -> None:
    """Color the nodes by one of ``COLORINGS``, on one scale with the original graph."""
    try:
        found = coloring(moment, name, should_stop)
    except Stopped:
        return
    with canvas.hold_sync():
        canvas.color_label = found.label
        if found.values is None:
            canvas.node_values = canvas.node_values_before = b""
            return
        canvas.node_values_before, canvas.node_values = (
            np.ascontiguousarray(side, "<f4").tobytes() for side in found.values
        )
        canvas.color_range, canvas.clipped = _color_range(found, name)


def show_best(best: dict[str, list[tuple[int, int, float]]], canvas: GraphCanvas) -> None:
    """Draw the best next edges of each method dashed."""
    rows = [(u, v, i) for i, edges in enumerate(best.values()) for u, v, _ in edges]
    with canvas.hold_sync():
        canvas.methods = list(best)
        canvas.candidates = np.array(rows, "<i4").reshape(-1, 3).tobytes()


def figure(moment: Moment, color: str) -> go.Figure:
    """Before and after as a plotly figure, nodes colored by one of ``COLORINGS``."""
    found = coloring(moment, color)
    return graph_figure(
        **_both_graphs(moment, found),
        node_label=found.label,
        labels=moment.start.node_names,
        title=moment.caption,
    )


def still(moment: Moment, color: str, matrix: str, scale: str, format: str) -> bytes:
    """Before, after and one of ``MATRICES`` as the bytes of a PNG, SVG or PDF file."""
    values, shared, order = None, None, moment.start.order
    with suppress(ValueError):  # too large, or refused: the page says why
        _, values, shared = scaled(moment, matrix, scale)
        values = values[np.ix_(order, order)]
    found = coloring(moment, color)
    return picture(
        **_both_graphs(moment, found),
        node_range=None if found.values is None else _color_range(found, color)[0],
        matrix=values,
        matrix_title=with_unit(matrix, MATRICES),
        matrix_range=None if shared is None else (shared.low, shared.high),
        matrix_log=shared is not None and shared.logarithmic,
        caption=moment.caption,
        format=format,
    )


def _color_range(colors: Coloring, name: str) -> tuple[list[float], list[bool]]:
    """What the colors of the nodes are spread over, and whether values lie below and above."""
    if name == "class":  # a class is no far value
        return color_span(colors.values), [False, False]
    return inner_span(colors.values)


def _both_graphs(moment: Moment, colors: Coloring) -> dict:
    return {
        "positions": moment.start.positions,
        "before": moment.start.edge_index.numpy(),
        "after": moment.edge_index.numpy(),
        "node_values": colors.values,
    }


def edit_text(edit, names: list[str]) -> str:
    """One edit of a tape in words."""
    verb = "adds" if edit.sign > 0 else "removes"
    return f"{edit.by} {verb} {pair_name(names, edit.u, edit.v)}"


def method_text(start: Start, method: str, options: dict, edits: Sequence[Edit]) -> str:
    """What a method did, why it did less than was asked for, and what the weights mean."""
    added = sum(edit.sign > 0 for edit in edits)
    removed = len(edits) - added
    text = f"{method} added {added}" + f" and removed {removed}" * bool(removed)
    wanted = options.get("num_edges", added)
    if added < wanted:
        text += f"; {wanted} were asked for, and it found no more to add"
        takes = inspect.signature(EDITS[method]).parameters if method in EDITS else {}
        bound = takes.get("removal_bound")
        if bound and options.get("removal_bound", bound.default) < math.inf:
            text += "; with removal bound inf it removes none and may go on"
    text += "."
    if start.edge_weight is not None:
        text += " Edges conduct by their weights; a new edge has 1."
    return text + left_out(start.left_out)


def hint(moment: Moment, u: int, v: int) -> str:
    """What joining (or cutting) a pair would do, in words; or why there is no answer."""
    if u == v:
        return ""
    try:
        return what_if_text(moment.start.pairs.what_if(moment.in_force, u, v))
    except ValueError as error:
        return str(error)


def what_if_text(effect: WhatIf) -> str:
    """What toggling an edge would do, in two or three short lines."""
    verb = "add" if effect.sign > 0 else "remove"
    apart = not math.isfinite(effect.total_resistance_change)
    joins = math.isinf(effect.resistance)
    parts = apart and effect.sign < 0 and effect.total_resistance_within_change < 0
    what = "joins two components; " * joins + "parts a component; " * parts
    where = " within components" * apart
    lines = [
        "no path joins them" if joins else f"resistance {effect.resistance:.4g} ohm",
        f"{verb} this edge: {what}total resistance{where} "
        f"{effect.total_resistance_within_change:+.4g} ohm",
    ]
    if not apart:
        lines.append(f"spectral gap {effect.spectral_gap_change:+.3g} to first order")
    return "\n".join(lines)


def best_table(best: dict[str, list[tuple[int, int, float]]], names: list[str]) -> str:
    """Ranks as rows, methods as columns; a pair that several methods name is bold."""
    named = [pair[:2] for edges in best.values() for pair in edges]
    head = "".join(f"<th>{html.escape(method)}</th>" for method in best)
    rows = []
    for rank in range(max((len(edges) for edges in best.values()), default=0)):
        cells = ""
        for edges in best.values():
            text = ""
            if rank < len(edges):
                u, v, score = edges[rank]
                text = html.escape(pair_name(names, u, v))
                if named.count((u, v)) > 1:
                    text = f"<b>{text}</b>"
                if not math.isnan(score):
                    text += f" <small>{score:.3g}</small>"
            cells += f"<td>{text}</td>"
        rows.append(f"<tr><th>{rank + 1}</th>{cells}</tr>")
    return (
        "<div>What each method would add next, with its own score; bold where methods agree."
        f'</div><table class="workbench-best"><tr><th></th>{head}</tr>{"".join(rows)}</table>'
    )
