"""What the sensitivity lab shows of its state: functions from the state to texts and buffers."""

import html
from types import SimpleNamespace

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
from workbench.figures.theme import GRAY
from workbench.widgets.canvas.graph_canvas import GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_span
from workbench.widgets.sensitivity.blindness import drawn_pairs
from workbench.widgets.sensitivity.sensitivities import NORMS, Sensitivities
from workbench.widgets.sensitivity.state import LOG, REACHES

#: A logarithmic scale ends at this share of the largest value.
SMALLEST_SHARE = 1e-9

#: The canvas draws its sixth kind of pairs in the red of removed edges.
RED = 5


def value_range(known: Sensitivities, shown: SimpleNamespace) -> tuple[float, float]:
    """The color scale of all models that are there, so that a switch compares."""
    there = [known.matrix(model, shown.norm) for model in known.models]
    values = np.concatenate([m.numpy().ravel() for m in there if m is not None] or [np.zeros(1)])
    positive = values[np.isfinite(values) & (values > 0)]
    if not positive.size:
        return (1.0, 1.0) if shown.scale == LOG else (0.0, 1.0)
    high = float(positive.max())
    low = max(float(positive.min()), SMALLEST_SHARE * high) if shown.scale == LOG else 0.0
    return low, high


def show_matrix(known: Sensitivities, canvas: MatrixCanvas, shown: SimpleNamespace) -> None:
    """Send the matrix of the model that is shown, if it is there."""
    matrix = known.matrix(shown.model, shown.norm)
    if matrix is None:
        return
    scale, log = value_range(known, shown), shown.scale == LOG
    order = known.order
    ordered = matrix.numpy()[np.ix_(order, order)]
    if log:  # what is below the scale is not nothing
        ordered = np.where(ordered > 0, np.maximum(ordered, scale[0]), 0.0)
    with canvas.hold_sync():
        canvas.size, canvas.log_scale = known.num_nodes, log
        canvas.value_range = list(scale)
        canvas.values = levels(ordered, scale, log_scale=log)
        canvas.title = f"sensitivity, {NORMS[shown.norm]} norm, {shown.model}"


def show_node(
    known: Sensitivities, canvas: GraphCanvas, shown: SimpleNamespace, found: BlindSpots | None
) -> None:
    """Color the nodes by what reaches the chosen one, and draw the missed pairs in red."""
    values, title = node_values(known, shown)
    pairs = drawn_pairs(found, shown.node)
    rows = np.concatenate([pairs, np.full((1, pairs.shape[1]), RED)]).T
    with canvas.hold_sync():
        canvas.node_values = np.ascontiguousarray(values, "<f4").tobytes()
        canvas.color_range = color_span(values)
        canvas.color_label = title
        canvas.methods = [""] * RED + [f"squashed, and missed by {shown.curvature}"]
        canvas.candidates = np.ascontiguousarray(rows, "<i4").tobytes()


def node_values(known: Sensitivities, shown: SimpleNamespace) -> tuple[np.ndarray, str]:
    """What colors the nodes, and what to call it."""
    matrix = known.matrix(shown.model, shown.norm)
    if matrix is None:
        return np.full(known.num_nodes, np.nan), ""
    if shown.node is None:
        return known.range(shown.model, shown.norm), "mean distance of what reaches it (hops)"
    receives = shown.view == REACHES
    row = matrix[shown.node] if receives else matrix[:, shown.node]
    one = known.name(shown.node)
    title = f"sensitivity of {one} to it" if receives else f"sensitivity to {one}"
    if shown.scale == LOG:
        with np.errstate(divide="ignore"):
            return np.log10(row.numpy()), f"log10 {title}"
    return row.numpy(), title


def panels_html(known: Sensitivities, shown: SimpleNamespace, found: BlindSpots | None) -> str:
    """Decay against each distance, and the blind spots, as drawings that fill the row."""
    curves = decay_data(known, shown.norm)
    drawings = {
        f"sensitivity against {title}": decay_picture({title: lines})
        for title, lines in curves.items()
    }
    if found is not None:
        data = blind_data(found, shown)
        drawings[f"sensitivity against {data['measure']}"] = blind_spot_picture(**data)
    cells = []
    for name, drawing in drawings.items():
        text = drawing.decode()
        head = f'<svg role="img" aria-label="{html.escape(name)}" style="width:100%;height:auto"'
        svg = text[text.index("<svg") :].replace("<svg", head, 1)
        # what is gray on any ground has the color of the page's text here
        cells.append(f'<div style="min-width:0">{svg.replace(GRAY, "currentColor")}</div>')
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:8px"
    return f'<div class="workbench-panels" style="{grid}">{"".join(cells)}</div>'


def decay_data(known: Sensitivities, norm: str) -> dict[str, dict[str, tuple]]:
    """Panels as ``decay_panels`` takes them, of all models that are there."""
    panels: dict[str, dict[str, tuple]] = {title: {} for title in known.distances()}
    for model in known.models:
        if known.matrix(model, norm) is not None:
            for title, d in known.decay(model, norm).items():
                arrays = d.distance.numpy(), d.mean.numpy(), d.standard_error.numpy()
                panels[title][model] = arrays
    return panels


def blind_data(found: BlindSpots, shown: SimpleNamespace) -> dict:
    """Keyword arguments of the blind-spot figures."""
    return {
        "curvature": found.curvature.cpu().numpy(),
        "sensitivity": found.sensitivity.cpu().numpy(),
        "squashed": found.squashed.cpu().numpy(),
        "detected": found.detected.cpu().numpy(),
        "threshold": found.threshold.cpu().numpy(),
        "measure": shown.curvature,
        "among": shown.among,
    }


def summary(known: Sensitivities, shown: SimpleNamespace, found: BlindSpots | None) -> str:
    """What the matrix says, in a sentence or two."""
    matrix = known.matrix(shown.model, shown.norm)
    if matrix is None:
        return ""
    if not bool((matrix > 0).any()):
        return f"{shown.model}: nothing reaches any node; the output does not depend on x."
    reach = known.range(shown.model, shown.norm)
    parts = []
    fit = known.fit(shown.model, shown.norm)
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
        words = {"measure": shown.curvature, "among": shown.among}
        text += f" Blind spots: {missed_sentence(squashed, detected, **words)}."
    return text


def pair_text(known: Sensitivities, shown: SimpleNamespace, u: int, v: int) -> str:
    """What two nodes are to each other, for a tooltip."""
    matrix, a, b = known.matrix(shown.model, shown.norm), known.name(u), known.name(v)
    if matrix is None:
        return ""
    if u == v:
        return f"{a} to itself: {float(matrix[u, u]):.3g}"
    hops = float(known.hops[v, u])
    plural = "" if hops == 1 else "s"
    far = "not connected" if np.isinf(hops) else f"{hops:.0f} hop{plural}"
    if known.resistance is not None and np.isfinite(hops):
        far += f", {float(known.resistance[v, u]):.3g} ohm"
    there, back = f"{a} to {b}: {float(matrix[u, v]):.3g}", f"{b} to {a}: {float(matrix[v, u]):.3g}"
    return f"sensitivity of {there}\nof {back}\n{far}"


def matrix_figure(known: Sensitivities, shown: SimpleNamespace) -> go.Figure:
    """The matrices of all models that are there, on one scale."""
    there = {m: known.matrix(m, shown.norm) for m in known.models}
    there = {m: values.numpy() for m, values in there.items() if values is not None}
    return heatmaps(
        list(there.values()),
        list(there),
        unit=f"sensitivity ({shown.norm})",
        order=known.order,
        log=shown.scale == LOG,
    )


def decay_figure(known: Sensitivities, shown: SimpleNamespace) -> go.Figure:
    """Decay of all models that are there against each distance."""
    return decay_panels(decay_data(known, shown.norm))


def blind_figure(found: BlindSpots, shown: SimpleNamespace) -> go.Figure:
    """Curvature against sensitivity."""
    return blind_spot_figure(**blind_data(found, shown), pairs=found.pairs.cpu().numpy())


def still(
    known: Sensitivities, shown: SimpleNamespace, found: BlindSpots | None, format: str
) -> bytes:
    """Graph, matrix, decay and blind spots as the bytes of a PNG, SVG or PDF file."""
    matrix = known.matrix(shown.model, shown.norm)
    there = matrix is not None
    values, title = node_values(known, shown)
    named = f"sensitivity of {shown.model}"
    return sensitivity_picture(
        known.positions,
        known.edge_index.numpy(),
        matrix.numpy()[np.ix_(known.order, known.order)] if there else None,
        matrix_title=named if there else f"{named}: not computed yet",
        log=shown.scale == LOG,
        node_values=values if there else None,
        node_title=title,
        marked=[] if shown.node is None else [shown.node],
        missed=drawn_pairs(found, shown.node),
        decay=decay_data(known, shown.norm) if there else None,
        blind=None if found is None else blind_data(found, shown),
        format=format,
    )
