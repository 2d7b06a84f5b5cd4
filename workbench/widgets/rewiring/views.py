"""What the rewiring lab shows of its state: functions from the state to texts and buffers."""

import html
import inspect
import math
from collections.abc import Sequence

import numpy as np

from workbench.diagnostics import Stopped
from workbench.rewiring import EDITS, Edit, WhatIf
from workbench.rewiring.tape.node_pairs import LANDMARKS, MATRICES, RESISTANCE
from workbench.rewiring.tape.numbers import Numbers
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_span
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring.colorings import COLORINGS, colorings
from workbench.widgets.rewiring.state import RewiringState

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


def node_names(state: RewiringState) -> list[str]:
    """The names of the nodes; empty where they have none but their numbers."""
    labels = getattr(state.graph, "labels", None)
    return [str(label) for label in labels] if labels is not None else []


def pair_name(names: list[str], u: int, v: int) -> str:
    """Two nodes in a few characters."""
    return f"{names[u]}–{names[v]}" if names else f"{u}–{v}"


def show_graph(state: RewiringState, canvas: GraphCanvas, matrix: MatrixCanvas) -> None:
    """Send what does not change along a tape: positions, names, the order of the rows."""
    names = node_names(state)
    with canvas.hold_sync(), matrix.hold_sync():
        canvas.spans = canvas.candidates = canvas.node_values = b""
        canvas.node_values_before = b""
        canvas.num_nodes = state.num_nodes
        canvas.positions = np.ascontiguousarray(state.positions, "<f4").tobytes()
        canvas.labels = matrix.labels = names
        canvas.camera, canvas.selection, canvas.picked = [], [], []
        matrix.order = state.order.astype("<i4").tobytes()
        matrix.size, matrix.values, matrix.values_before = 0, b"", b""


def show_matrix(state: RewiringState, canvas: MatrixCanvas, name: str) -> None:
    """Send one of ``MATRICES`` at the current position, on one scale with the original graph."""
    if not state.pairs.dense:
        follows = name == RESISTANCE and state.pairs.landmarks() is not None
        if follows and canvas.size:
            return  # it greys until ``show_landmarks``
        with canvas.hold_sync():
            canvas.size, canvas.values, canvas.values_before = 0, b"", b""
            canvas.unit, canvas.title = "", state.pairs.too_large_text()
            if follows:
                canvas.title = f"resistance among {LANDMARKS} landmark nodes is being computed"
        return
    with state.lock:
        position = state.tape.position
        before, after = state.pairs.matrix(name), state.pairs.matrix(name, state.in_force)
    scale = (0.0, max(_largest(before), _largest(after)) or 1.0)
    with canvas.hold_sync():
        canvas.size, canvas.title, canvas.unit = state.num_nodes, name, MATRICES[name][0]
        if canvas.value_range != list(scale) or not canvas.values_before:
            canvas.value_range = list(scale)
            canvas.values_before = _rows(before, scale, state.order)
        canvas.values = _rows(after, scale, state.order)
        canvas.values_position = position


def show_landmarks(state: RewiringState, canvas: MatrixCanvas, should_stop: ShouldStop) -> None:
    """On a large graph: resistance among its landmarks, on one scale with the original graph."""
    nodes = state.pairs.landmarks()
    if nodes is None:
        return
    with state.lock:
        position, edits = state.tape.position, state.in_force
    try:
        before = state.pairs.among_landmarks((), should_stop)
        after = state.pairs.among_landmarks(edits, should_stop)
    except Stopped:
        return
    order = _spread(before)
    scale = (0.0, max(_largest(before), _largest(after)) or 1.0)
    with canvas.hold_sync():
        canvas.order = nodes.numpy()[order].astype("<i4").tobytes()
        canvas.title = f"resistance among {LANDMARKS} landmark nodes of {state.num_nodes:,}"
        canvas.size, canvas.unit, canvas.value_range = LANDMARKS, MATRICES[RESISTANCE][0], scale
        canvas.values_before = _rows(before, scale, order)
        canvas.values = _rows(after, scale, order)
        canvas.values_position = position


def show_colors(state: RewiringState, canvas: GraphCanvas, name: str) -> None:
    """Color the nodes by one of ``COLORINGS``, on one scale with the original graph."""
    values = colorings(state, name)
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


def hint(state: RewiringState, u: int, v: int) -> str:
    """What joining (or cutting) a pair would do, in words; or why there is no answer."""
    if u == v:
        return ""
    try:
        return what_if_text(state.pairs.what_if(state.in_force, u, v))
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
