"""What the rewiring lab shows of its state: functions from the state to texts and buffers."""

import base64
import html
import inspect
import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.diagnostics import Stopped
from workbench.figures import graph_figure, picture
from workbench.rewiring import EDITS, Edit, WhatIf
from workbench.rewiring.tape.node_pairs import LANDMARKS, MATRICES, RESISTANCE
from workbench.rewiring.tape.numbers import Numbers
from workbench.rewiring.tape.spans import spans
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_span
from workbench.widgets.canvas.tape_bar import TapeBar
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring.colorings import COLORINGS, colorings
from workbench.widgets.rewiring.moment import Moment, Start

#: (field of ``Numbers``, title, unit, meaning) of the cards, in their order.
CARDS = (
    (
        "total_resistance",
        "total resistance",
        "ohm",
        "Sum of the effective resistance over all pairs of nodes. Lower: signals get through.",
    ),
    (
        "spectral_gap",
        "spectral gap",
        "",
        "Second smallest eigenvalue of the normalized Laplacian. Higher: no bottleneck.",
    ),
    (
        "cheeger_lower",
        "Cheeger at least",
        "",
        "Lower bound of the Cheeger constant: half the spectral gap, or exact up to 20 nodes.",
    ),
    (
        "cheeger_upper",
        "Cheeger at most",
        "",
        "Upper bound of the Cheeger constant: the best sweep cut along the Fiedler vector.",
    ),
    ("diameter", "diameter", "hops", "Longest shortest path."),
    ("mean_degree", "mean degree", "", "Neighbors of a node, on average: the work of one layer."),
    ("num_edges", "edges", "", "Number of undirected edges."),
    (
        "distance",
        "distance from original",
        "",
        "Jaccard distance of the edge sets: 0 the original graph, 1 no edge in common.",
    ),
)


def cards(numbers: Numbers) -> list[dict]:
    """The cards of a ``TapeBar``."""
    return [
        {
            "name": title,
            "unit": unit,
            "help": text,
            "values": numbers.values[name],
            "exact": numbers.exact[name],
        }
        for name, title, unit, text in CARDS
    ]


def pair_name(names: list[str], u: int, v: int) -> str:
    """Two nodes in a few characters."""
    return f"{names[u]}–{names[v]}" if names else f"{u}–{v}"


def card_values(bar: TapeBar) -> dict[str, np.ndarray]:
    """The numbers that the page has, by the title of their card: one for each position."""
    return {
        card["name"]: np.frombuffer(base64.b64decode(card["values"]), "<f8") for card in bar.cards
    }


def show_graph(start: Start, canvas: GraphCanvas, matrix: MatrixCanvas) -> None:
    """Send what does not change along a tape: positions, names, the order of the rows."""
    names = start.node_names
    with canvas.hold_sync(), matrix.hold_sync():
        canvas.spans = canvas.candidates = canvas.node_values = b""
        canvas.node_values_before = b""
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


def show_matrix(moment: Moment, canvas: MatrixCanvas, name: str) -> None:
    """Send one of ``MATRICES`` at the current position, on one scale with the original graph."""
    start = moment.start
    if not start.pairs.dense:
        follows = name == RESISTANCE and start.pairs.landmarks() is not None
        if follows and canvas.size:
            return  # it greys until ``show_landmarks``
        with canvas.hold_sync():
            canvas.size, canvas.values, canvas.values_before = 0, b"", b""
            canvas.unit, canvas.title = "", start.pairs.too_large_text()
            if follows:
                canvas.title = f"resistance among {LANDMARKS} landmark nodes is being computed"
        return
    before, after = start.pairs.matrix(name), start.pairs.matrix(name, moment.in_force)
    scale = (0.0, max(_largest(before), _largest(after)) or 1.0)
    with canvas.hold_sync():
        canvas.size, canvas.title, canvas.unit = start.num_nodes, name, MATRICES[name][0]
        if canvas.value_range != list(scale) or not canvas.values_before:
            canvas.value_range = list(scale)
            canvas.values_before = _rows(before, scale, start.order)
        canvas.values = _rows(after, scale, start.order)
        canvas.values_position = moment.position


def show_landmarks(moment: Moment, canvas: MatrixCanvas, should_stop: ShouldStop) -> None:
    """On a large graph: resistance among its landmarks, on one scale with the original graph."""
    start = moment.start
    nodes = start.pairs.landmarks()
    if nodes is None:
        return
    try:
        before = start.pairs.among_landmarks((), should_stop)
        after = start.pairs.among_landmarks(moment.in_force, should_stop)
    except Stopped:
        return
    order = _spread(before)
    scale = (0.0, max(_largest(before), _largest(after)) or 1.0)
    with canvas.hold_sync():
        canvas.order = nodes.numpy()[order].astype("<i4").tobytes()
        canvas.title = f"resistance among {LANDMARKS} landmark nodes of {start.num_nodes:,}"
        canvas.size, canvas.unit, canvas.value_range = LANDMARKS, MATRICES[RESISTANCE][0], scale
        canvas.values_before = _rows(before, scale, order)
        canvas.values = _rows(after, scale, order)
        canvas.values_position = moment.position


def show_colors(moment: Moment, canvas: GraphCanvas, name: str) -> None:
    """Color the nodes by one of ``COLORINGS``, on one scale with the original graph."""
    values = colorings(moment, name)
    with canvas.hold_sync():
        if values is None:
            canvas.node_values = canvas.node_values_before = b""
            canvas.color_label = ""
            return
        canvas.node_values_before, canvas.node_values = (
            np.ascontiguousarray(side, "<f4").tobytes() for side in values
        )
        canvas.color_range = color_span(values)
        canvas.color_label = with_unit(name, COLORINGS)


def show_best(best: dict[str, list[tuple[int, int, float]]], canvas: GraphCanvas) -> None:
    """Draw the best next edges of each method dashed."""
    rows = [(u, v, i) for i, edges in enumerate(best.values()) for u, v, _ in edges]
    with canvas.hold_sync():
        canvas.methods = list(best)
        canvas.candidates = np.array(rows, "<i4").reshape(-1, 3).tobytes()


def figure(moment: Moment, color: str) -> go.Figure:
    """Before and after as a plotly figure, nodes colored by one of ``COLORINGS``."""
    return graph_figure(
        **_both_graphs(moment, color),
        node_label=with_unit(color, COLORINGS),
        labels=moment.start.node_names,
        title=moment.caption,
    )


def still(moment: Moment, color: str, matrix: str, format: str) -> bytes:
    """Before, after and one of ``MATRICES`` as the bytes of a PNG or SVG file."""
    values, order = None, moment.start.order
    if moment.start.pairs.dense:
        values = moment.start.pairs.matrix(matrix, moment.in_force)[np.ix_(order, order)]
    return picture(
        **_both_graphs(moment, color),
        matrix=values,
        matrix_title=with_unit(matrix, MATRICES),
        caption=moment.caption,
        format=format,
    )


def _both_graphs(moment: Moment, color: str) -> dict:
    return {
        "positions": moment.start.positions,
        "before": moment.start.edge_index.numpy(),
        "after": moment.edge_index.numpy(),
        "node_values": colorings(moment, color),
    }


def with_unit(name: str, table: dict[str, tuple[str, str]]) -> str:
    """``name (unit)``."""
    unit = table[name][0]
    return f"{name} ({unit})" if unit else name


def edit_text(edit, names: list[str]) -> str:
    """One edit of a tape in words."""
    verb = "adds" if edit.sign > 0 else "removes"
    return f"{edit.by} {verb} {pair_name(names, edit.u, edit.v)}"


def method_text(method: str, options: dict, edits: Sequence[Edit]) -> str:
    """What a method did, and why it did less than was asked for."""
    added = sum(edit.sign > 0 for edit in edits)
    removed = len(edits) - added
    text = f"{method} added {added}" + f" and removed {removed}" * bool(removed)
    wanted = options.get("num_edges", added)
    if added < wanted:
        text += f"; {wanted} were asked for, and it found no more to add"
        bound = inspect.signature(EDITS[method]).parameters.get("removal_bound")
        if bound and options.get("removal_bound", bound.default) < math.inf:
            text += "; with removal bound inf it removes none and may go on"
    return text + "."


def hint(moment: Moment, u: int, v: int) -> str:
    """What joining (or cutting) a pair would do, in words; or why there is no answer."""
    if u == v:
        return ""
    try:
        return what_if_text(moment.start.pairs.what_if(moment.in_force, u, v))
    except ValueError as error:
        return str(error)


def what_if_text(effect: WhatIf) -> str:
    """What toggling an edge would do, in three short lines."""
    verb = "add" if effect.sign > 0 else "remove"
    change = effect.total_resistance_change
    total = "no number: disconnected" if math.isnan(change) else f"{change:+.4g} ohm"
    return (
        f"resistance {effect.resistance:.4g} ohm\n"
        f"{verb} this edge: total resistance {total}\n"
        f"spectral gap {effect.spectral_gap_change:+.3g} to first order"
    )


def _largest(matrix: np.ndarray) -> float:
    return float(np.max(matrix, where=np.isfinite(matrix), initial=0.0))


def _spread(resistance: np.ndarray) -> np.ndarray:
    """Rows sorted along the direction in which the resistances spread most."""
    far = 2.0 * _largest(resistance)
    squared = np.where(np.isfinite(resistance), resistance, far)
    centered = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    return np.argsort(np.linalg.eigh(-0.5 * centered)[1][:, -1], kind="stable")


def _rows(matrix: np.ndarray, scale: tuple[float, float], order: np.ndarray) -> bytes:
    """The levels of a matrix whose rows and columns are put in ``order``."""
    shown = np.frombuffer(levels(matrix, scale), np.uint8).reshape(matrix.shape)
    return shown.take(order, axis=0).take(order, axis=1).tobytes()


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
