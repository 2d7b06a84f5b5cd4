"""What the sensitivity lab shows of its state: functions from the state to texts and buffers."""

import html

import numpy as np
import plotly.graph_objects as go

from workbench.diagnostics import BlindSpots
from workbench.figures import (
    blind_spot_figure,
    blind_spot_picture,
    decay_panels,
    decay_picture,
    heatmaps,
    sensitivity_picture,
)
from workbench.figures.blind_spots import missed_sentence
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_span
from workbench.widgets.sensitivity.blindness import drawn_pairs
from workbench.widgets.sensitivity.state import LOG, REACHES, SensitivityState, Shown

#: A logarithmic scale ends at this share of the largest value.
SMALLEST_SHARE = 1e-9

#: The canvas draws its sixth kind of pairs in the red of removed edges.
RED = 5


def value_range(state: SensitivityState, shown: Shown) -> tuple[float, float]:
    """The color scale of all models that are there, so that a switch compares."""
    there = [state.matrix(model, shown.norm) for model in state.models]
    values = np.concatenate([m.numpy().ravel() for m in there if m is not None] or [np.zeros(1)])
    positive = values[np.isfinite(values) & (values > 0)]
    if not positive.size:
        return (1.0, 1.0) if shown.scale == LOG else (0.0, 1.0)
    high = float(positive.max())
    low = max(float(positive.min()), SMALLEST_SHARE * high) if shown.scale == LOG else 0.0
    return low, high


def show_matrix(state: SensitivityState, canvas: MatrixCanvas, shown: Shown) -> None:
    """Send the matrix of the model that is shown, if it is there."""
    matrix = state.matrix(shown.model, shown.norm)
    if matrix is None:
        return
    scale, log = value_range(state, shown), shown.scale == LOG
    order = state.order
    ordered = matrix.numpy()[np.ix_(order, order)]
    if log:  # what is below the scale is not nothing
        ordered = np.where(ordered > 0, np.maximum(ordered, scale[0]), 0.0)
    with canvas.hold_sync():
        canvas.size, canvas.log_scale = state.num_nodes, log
        canvas.value_range = list(scale)
        canvas.values = levels(ordered, scale, log_scale=log)
        canvas.title = f"sensitivity, {norm_name(shown.norm)}, {shown.model}"


def show_node(
    state: SensitivityState, canvas: GraphCanvas, shown: Shown, found: BlindSpots | None
) -> None:
    """Color the nodes by what reaches the chosen one, and draw the missed pairs in red."""
    values, title = node_values(state, shown)
    pairs = drawn_pairs(found, shown.node)
    rows = np.concatenate([pairs, np.full((1, pairs.shape[1]), RED)]).T
    with canvas.hold_sync():
        canvas.node_values = np.ascontiguousarray(values, "<f4").tobytes()
        canvas.color_range = color_span(values)
        canvas.color_label = title
        canvas.methods = [""] * RED + [f"squashed, and missed by {shown.measure}"]
        canvas.candidates = np.ascontiguousarray(rows, "<i4").tobytes()


def node_values(state: SensitivityState, shown: Shown) -> tuple[np.ndarray, str]:
    """What colors the nodes, and what to call it."""
    matrix = state.matrix(shown.model, shown.norm)
    if matrix is None:
        return np.full(state.num_nodes, np.nan), ""
    if shown.node is None:
        return state.range(shown.model, shown.norm), "mean distance of what reaches it (hops)"
    receives = shown.view == REACHES
    row = matrix[shown.node] if receives else matrix[:, shown.node]
    one = state.name(shown.node)
    title = f"sensitivity of {one} to it" if receives else f"sensitivity to {one}"
    if shown.scale == LOG:
        with np.errstate(divide="ignore"):
            return np.log10(row.numpy()), f"log10 {title}"
    return row.numpy(), title


def panels_html(state: SensitivityState, shown: Shown, found: BlindSpots | None) -> str:
    """Decay against each distance, and the blind spots, as drawings that fill the row."""
    curves = decay_data(state, shown.norm)
    drawings = [decay_picture({title: lines}) for title, lines in curves.items()]
    if found is not None:
        drawings.append(blind_spot_picture(**blind_data(found, shown)))
    cells = []
    for drawing in drawings:
        text = drawing.decode()
        svg = text[text.index("<svg") :].replace("<svg", '<svg style="width:100%;height:auto"', 1)
        cells.append(f'<div style="min-width:0">{svg}</div>')
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:8px"
    return f'<div class="workbench-panels" style="{grid}">{"".join(cells)}</div>'


def decay_data(state: SensitivityState, norm: str) -> dict[str, dict[str, tuple]]:
    """Panels as ``decay_panels`` takes them, of all models that are there."""
    panels: dict[str, dict[str, tuple]] = {title: {} for title in state.distances()}
    for model in state.models:
        if state.matrix(model, norm) is not None:
            for title, d in state.decay(model, norm).items():
                arrays = d.distance.numpy(), d.mean.numpy(), d.standard_error.numpy()
                panels[title][model] = arrays
    return panels


def blind_data(found: BlindSpots, shown: Shown) -> dict:
    """Keyword arguments of the blind-spot figures."""
    return {
        "curvature": found.curvature.cpu().numpy(),
        "sensitivity": found.sensitivity.cpu().numpy(),
        "squashed": found.squashed.cpu().numpy(),
        "detected": found.detected.cpu().numpy(),
        "threshold": found.threshold.cpu().numpy(),
        "measure": shown.measure,
        "among": shown.among,
    }


def summary(state: SensitivityState, shown: Shown, found: BlindSpots | None) -> str:
    """What the matrix says, in a sentence or two."""
    matrix = state.matrix(shown.model, shown.norm)
    if matrix is None:
        return ""
    if not bool((matrix > 0).any()):
        return f"{shown.model}: nothing reaches any node; the output does not depend on x."
    reach = state.range(shown.model, shown.norm)
    parts = []
    fit = state.fit(shown.model, shown.norm)
    if np.isfinite(float(fit.rate)) and float(fit.rate) > 0:
        parts.append(
            f"sensitivity halves every {float(fit.half_distance):.2f} hops "
            f"(fit over pairs, R² {float(fit.r_squared):.2f})"
        )
    if np.isfinite(reach).any():
        parts.append(f"what reaches a node is {np.nanmean(reach):.2f} hops away on average")
    text = f"{shown.model}: {'; '.join(parts)}."
    if found is not None:
        squashed, detected = found.squashed.cpu().numpy(), found.detected.cpu().numpy()
        words = {"measure": shown.measure, "among": shown.among}
        text += f" Blind spots: {missed_sentence(squashed, detected, **words)}."
    return text


def pair_text(state: SensitivityState, shown: Shown, u: int, v: int) -> str:
    """What two nodes are to each other, for a tooltip."""
    matrix, a, b = state.matrix(shown.model, shown.norm), state.name(u), state.name(v)
    if matrix is None:
        return ""
    if u == v:
        return f"{a} to itself: {float(matrix[u, u]):.3g}"
    hops = float(state.hops[v, u])
    plural = "" if hops == 1 else "s"
    far = "not connected" if np.isinf(hops) else f"{hops:.0f} hop{plural}"
    if state.resistance is not None and np.isfinite(hops):
        far += f", {float(state.resistance[v, u]):.3g} ohm"
    there, back = f"{a} to {b}: {float(matrix[u, v]):.3g}", f"{b} to {a}: {float(matrix[v, u]):.3g}"
    return f"sensitivity of {there}\nof {back}\n{far}"


def matrix_figure(state: SensitivityState, shown: Shown) -> go.Figure:
    """The matrices of all models that are there, on one scale."""
    there = {m: state.matrix(m, shown.norm) for m in state.models}
    there = {m: values.numpy() for m, values in there.items() if values is not None}
    return heatmaps(
        list(there.values()),
        list(there),
        unit=f"sensitivity ({shown.norm})",
        order=state.order,
        log=shown.scale == LOG,
    )


def decay_figure(state: SensitivityState, shown: Shown) -> go.Figure:
    """Decay of all models that are there against each distance."""
    return decay_panels(decay_data(state, shown.norm))


def blind_figure(found: BlindSpots, shown: Shown) -> go.Figure:
    """Curvature against sensitivity."""
    return blind_spot_figure(**blind_data(found, shown), pairs=found.pairs.cpu().numpy())


def still(state: SensitivityState, shown: Shown, found: BlindSpots | None, format: str) -> bytes:
    """Graph, matrix, decay and blind spots as the bytes of a PNG or SVG file."""
    matrix = state.matrix(shown.model, shown.norm)
    there = matrix is not None
    values, title = node_values(state, shown)
    named = f"sensitivity of {shown.model}"
    return sensitivity_picture(
        state.positions,
        state.edge_index.numpy(),
        matrix.numpy()[np.ix_(state.order, state.order)] if there else None,
        matrix_title=named if there else f"{named}: not computed yet",
        log=shown.scale == LOG,
        node_values=values if there else None,
        node_title=title,
        marked=[] if shown.node is None else [shown.node],
        missed=drawn_pairs(found, shown.node),
        decay=decay_data(state, shown.norm) if there else None,
        blind=None if found is None else blind_data(found, shown),
        format=format,
    )


def norm_name(norm: str) -> str:
    """How a norm is called in a title."""
    return {"frobenius": "Frobenius norm", "l1": "L1 norm", "spectral": "spectral norm"}[norm]


def error_text(error: Exception) -> str:
    """An error with what was noted on it, for people."""
    notes = " ".join(getattr(error, "__notes__", ()))
    return html.escape(f"{type(error).__name__}: {error} {notes}".strip())
