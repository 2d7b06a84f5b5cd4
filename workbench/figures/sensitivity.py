"""What reaches a node: influence by hop with the range marked, and a still picture of it all."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.collections import LineCollection

from workbench.figures.attention import draw_matrix
from workbench.figures.blind_spots import draw_blind_spots
from workbench.figures.decay import COLORS, draw_decay
from workbench.figures.picture import draw_graph
from workbench.figures.still import bare, check_format, image, look
from workbench.figures.theme import REMOVED, TEMPLATE


def influence_bars(
    influence, ranges=None, *, quantity: str = "share of influence", height: int = 320
) -> go.Figure:
    """Influence by hop as bars, the effective range of each model as a mark above them.

    Args:
        influence: mapping from a name to ``[hops]`` influence of the nodes at hop 0, 1, ...
        ranges: mapping from a name to its effective range in hops, or None.
        quantity: label of the vertical axis.
        height: pixels.

    Examples:
        >>> from workbench.figures import influence_bars
        >>> figure = influence_bars({"GCN": [0.5, 0.3, 0.2]}, {"GCN": 0.7})
        >>> figure.data[0].y.tolist()
        [0.5, 0.3, 0.2]
    """
    figure = go.Figure()
    ranges = ranges or {}
    influence = {name: np.asarray(values, np.float64) for name, values in influence.items()}
    top = max((float(values.max()) for values in influence.values() if values.size), default=1.0)
    for i, (name, values) in enumerate(influence.items()):
        color = COLORS[i % len(COLORS)]
        figure.add_bar(
            x=np.arange(len(values)),
            y=values,
            name=name,
            marker={"color": color},
            hovertemplate="hop %{x}: %{y:.4g}<extra>" + name + "</extra>",
        )
        if name in ranges and np.isfinite(float(ranges[name])):
            figure.add_scatter(
                x=[float(ranges[name])],
                # one above the other, where two ranges are close
                y=[top * (1.08 + 0.1 * i)],
                mode="markers+text",
                marker={"color": color, "size": 11, "symbol": "triangle-down"},
                text=f"range {float(ranges[name]):.2f}",
                textposition="middle right",
                textfont={"color": color},
                showlegend=False,
                hoverinfo="skip",
            )
    figure.update_layout(
        template=TEMPLATE, height=height, barmode="group", bargap=0.25, showlegend=True
    )
    figure.update_xaxes(title="hops", dtick=1)
    figure.update_yaxes(title=quantity, rangemode="tozero")
    return figure


def sensitivity_picture(
    positions,
    edges,
    matrix,
    *,
    matrix_title: str = "",
    log: bool = True,
    node_values=None,
    node_title: str = "",
    marked=(),
    missed=(),
    decay=None,
    blind=None,
    format: str = "png",
) -> bytes:
    """The graph and its sensitivity matrix above, decay and blind spots below, as a still image.

    Args:
        positions: ``[nodes, 2]`` drawing.
        edges: ``[2, edges]``.
        matrix: ``[nodes, nodes]`` sensitivities in the order of their drawing, or None.
        matrix_title: title of the matrix.
        log: color by the base-10 logarithm.
        node_values: ``[nodes]`` numbers that color the nodes, or None.
        node_title: title of the drawing.
        marked: nodes to ring.
        missed: ``[2, pairs]`` pairs to draw in red, or nothing.
        decay: panels as ``decay_panels`` takes them, or None.
        blind: keyword arguments of ``draw_blind_spots``, or None.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> import numpy
        >>> from workbench.figures import sensitivity_picture
        >>> positions = [[0, 0], [1, 0], [1, 1]]
        >>> sensitivity_picture(positions, [[0, 1], [1, 2]], numpy.eye(3))[1:4]
        b'PNG'
    """
    check_format(format)
    decay = decay or {}
    below = len(decay) + (blind is not None)
    with look():
        figure = bare(11, 7.4 if below else 4.4)
        parts = figure.subfigures(2 if below else 1, 1, height_ratios=(1.55, 1)[: 1 + bool(below)])
        upper, *lower = np.atleast_1d(parts)
        for part in (upper, *lower):
            part.patch.set_alpha(0)
        left, right = upper.subplots(1, 2)
        _draw_nodes(left, positions, edges, node_values, marked, missed)
        left.set_title(node_title)
        right.axis("off")
        if matrix is None:
            right.set_title(matrix_title)
        else:
            shown = np.asarray(matrix, dtype=np.float64)
            with np.errstate(divide="ignore"):
                shown = np.log10(shown) if log else shown
            finite = shown[np.isfinite(shown)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
            draw_matrix(right, shown, "cividis", low if log else 0.0, high)
            right.set_title(f"{matrix_title}, log10" if log else matrix_title)
        if lower:
            panels = lower[0].subplots(1, below, squeeze=False)[0]
            for axes, (label, curves) in zip(panels, decay.items(), strict=False):
                draw_decay(axes, curves, label, "sensitivity")
            if blind is not None:
                draw_blind_spots(panels[-1], **blind)
        return image(figure, format)


def _draw_nodes(axes, positions, edges, values, marked, missed) -> None:
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    none = np.zeros((2, 0), dtype=np.int64)
    missed = np.asarray(missed, dtype=np.int64).reshape(2, -1)
    limits = (0.0, 1.0)
    if values is not None:
        values = np.asarray(values, dtype=np.float64)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            limits = (low, high if high > low else low + 1.0)
        values = np.where(np.isfinite(values), values, limits[0])
    lines = LineCollection(positions[missed.T], colors=REMOVED, linewidths=1.6, zorder=2.5)
    axes.add_collection(lines)
    draw_graph(axes, positions, np.asarray(edges), values, limits, none, none, marked)
