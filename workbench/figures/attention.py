"""Heads by layers as small multiples, attention by distance, and a still picture of a head."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.patches import Rectangle
from plotly.subplots import make_subplots

from workbench.figures.picture import draw_graph
from workbench.figures.still import bare, check_format, image
from workbench.figures.theme import AFTER, BEFORE, DIVERGING, GRAY, REMOVED, SEQUENTIAL, TEMPLATE


def _limits(matrix: np.ndarray, signed: bool) -> tuple[float, float]:
    """From 0 to the largest, or as far below 0 as above."""
    finite = matrix[np.isfinite(matrix)]
    high = float(np.abs(finite).max()) if finite.size else 1.0
    high = high or 1.0
    return (-high if signed else 0.0), high


def attention_maps(matrices, layers, *, signed=(), selected=None, height: int = 260) -> go.Figure:
    """One number for each head and layer, a map for each quantity, first layer at the top.

    Args:
        matrices: mapping from a title to ``[layers, heads]``; nan is left blank (a head that is
            not there, a number that is not defined).
        layers: name of each layer.
        signed: titles of the maps whose numbers go both ways from 0.
        selected: (layer, head) to frame, or None.
        height: pixels.

    Examples:
        >>> import numpy
        >>> from workbench.figures import attention_maps
        >>> figure = attention_maps({"entropy": numpy.ones((2, 4))}, ["layer 0", "layer 1"])
        >>> figure.data[0].z.shape  # layers, heads
        (2, 4)
    """
    titles = list(matrices)
    figure = make_subplots(
        1, len(titles), subplot_titles=titles, horizontal_spacing=0.09, shared_yaxes=True
    )
    for column, title in enumerate(titles, start=1):
        matrix = np.asarray(matrices[title], dtype=np.float64)
        both_ways = title in signed
        low, high = _limits(matrix, both_ways)
        axis = figure.layout["xaxis" if column == 1 else f"xaxis{column}"]
        trace = go.Heatmap(
            z=np.where(np.isfinite(matrix), matrix, np.nan),
            zmin=low,
            zmax=high,
            colorscale=DIVERGING if both_ways else SEQUENTIAL,
            colorbar={"x": axis.domain[1] + 0.005, "thickness": 8, "outlinewidth": 0},
            texttemplate="%{z:.2f}" if matrix.size <= 48 else None,
            hovertemplate=f"layer %{{y}}, head %{{x}}<br>{title} %{{z:.4g}}<extra></extra>",
            xgap=1,
            ygap=1,
        )
        figure.add_trace(trace, 1, column)
        heads = list(range(matrix.shape[1]))
        figure.update_xaxes(title="head", tickvals=heads, showgrid=False, row=1, col=column)
    ticks = {"tickvals": list(range(len(layers))), "ticktext": [str(name) for name in layers]}
    figure.update_yaxes(autorange="reversed", showgrid=False, **ticks)
    figure.update_annotations(font_size=12)
    shapes = frames(len(titles), selected)
    figure.update_layout(template=TEMPLATE, height=height, autosize=True, shapes=shapes)
    return figure


def frames(count: int, selected) -> list[dict]:
    """The frames around one cell of each of ``count`` maps, as plotly shapes."""
    if selected is None:
        return []
    layer, head = selected
    box = {"x0": head - 0.5, "x1": head + 0.5, "y0": layer - 0.5, "y1": layer + 0.5}
    line = {"color": REMOVED, "width": 3}
    suffixes = ["", *range(2, count + 1)]
    return [
        {"type": "rect", "xref": f"x{i}", "yref": f"y{i}", "line": line, **box} for i in suffixes
    ]


def attention_bars(
    low, high, mass, uniform, *, unit: str = "hops", title: str = "", height: int = 260
) -> go.Figure:
    """Attention at each distance as bars, an even spread as marks beside them.

    Args:
        low: ``[bins]`` smallest distance of each bin.
        high: ``[bins]`` largest distance of each bin.
        mass: ``[bins]`` share of attention.
        uniform: ``[bins]`` share of an even spread.
        unit: what distance is counted in.
        title: one line above.
        height: pixels.

    Examples:
        >>> from workbench.figures import attention_bars
        >>> figure = attention_bars([0, 1, 2], [0, 1, 2], [0.5, 0.3, 0.2], [0.2, 0.4, 0.4])
        >>> figure.data[0].y.tolist()
        [0.5, 0.3, 0.2]
    """
    low, high, mass, uniform = (np.asarray(a, dtype=np.float64) for a in (low, high, mass, uniform))
    names = [
        f"{a:.3g}" if np.isclose(a, b) else f"{a:.3g}–{b:.3g}"
        for a, b in zip(low, high, strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = mass / uniform
    hover = "%{x}: %{y:.3f}, %{customdata:.2f} times an even spread<extra></extra>"
    figure = go.Figure()
    bar = {"x": names, "y": mass, "marker": {"color": AFTER}, "name": "attention"}
    figure.add_bar(**bar, customdata=lift, hovertemplate=hover)
    marker = {"symbol": "line-ew-open", "size": 22, "color": BEFORE, "line": {"width": 3}}
    figure.add_scatter(
        x=names,
        y=uniform,
        mode="markers",
        marker=marker,
        name="spread evenly",
        hovertemplate="%{x}: %{y:.3f} spread evenly<extra></extra>",
    )
    layout = {"height": height, "autosize": True, "title": title or None, "bargap": 0.25}
    figure.update_layout(template=TEMPLATE, **layout)
    every = max(len(names) // 12, 1)
    label = f"distance ({unit})" if unit else "distance"
    figure.update_xaxes(title=label, type="category", dtick=every)
    figure.update_yaxes(title="share of attention", rangemode="tozero")
    return figure


def attention_picture(
    positions,
    edges,
    matrices,
    layers,
    *,
    signed=(),
    selected=None,
    node_values=None,
    node_title: str = "",
    marked=(),
    matrix=None,
    matrix_title: str = "",
    format: str = "png",
) -> bytes:
    """Maps above, the graph colored by attention and the matrix of a head below, as a still image.

    Gray reads on a light and on a dark page; the background is transparent.

    Args:
        positions: ``[nodes, 2]`` drawing.
        edges: ``[2, edges]``.
        matrices, layers, signed, selected: as in ``attention_maps``.
        node_values: ``[nodes]`` numbers that color the nodes, or None.
        node_title: title of the drawing.
        marked: nodes to ring.
        matrix: ``[nodes, nodes]`` numbers, or None.
        matrix_title: title of the matrix.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> import numpy
        >>> from workbench.figures import attention_picture
        >>> positions, edges = [[0, 0], [1, 0], [1, 1]], [[0, 1], [1, 2]]
        >>> maps = {"entropy": numpy.ones((2, 4))}
        >>> image = attention_picture(positions, edges, maps, ["layer 0", "layer 1"])
        >>> image[1:4]
        b'PNG'
    """
    check_format(format)
    figure = bare(11, 7.2)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.7))
    for part in (upper, lower):
        part.patch.set_alpha(0)
    text = {"color": GRAY, "fontsize": 10}
    grid = upper.subplots(1, len(matrices), squeeze=False)[0]
    for axes, (title, values) in zip(grid, matrices.items(), strict=True):
        values = np.asarray(values, dtype=np.float64)
        low, high = _limits(values, title in signed)
        draw_matrix(axes, values, "RdBu_r" if title in signed else "cividis", low, high)
        axes.set_title(title, **text)
        axes.set_xticks(range(values.shape[1]))
        axes.set_yticks(range(len(layers)), layers if axes is grid[0] else [""] * len(layers))
        axes.tick_params(colors=GRAY, labelsize=8, length=0)
        if selected is not None:
            corner = (selected[1] - 0.5, selected[0] - 0.5)
            box = {"fill": False, "edgecolor": REMOVED, "linewidth": 2}
            axes.add_patch(Rectangle(corner, 1, 1, **box))
    below = lower.subplots(1, 1 if matrix is None else 2, squeeze=False)[0]
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    none = np.zeros((2, 0), dtype=np.int64)
    values = None if node_values is None else np.asarray(node_values, dtype=np.float64)
    limits = (0.0, 1.0) if values is None else _limits(values, False)
    draw_graph(below[0], positions, np.asarray(edges), values, limits, none, none, marked)
    below[0].set_title(node_title, **text)
    if matrix is not None:
        shown = np.asarray(matrix, dtype=np.float64)
        draw_matrix(below[1], shown, "cividis", *_limits(shown, False))
        below[1].set_title(matrix_title, **text)
        below[1].axis("off")
    return image(figure, format)


def draw_matrix(axes, values, colormap, low, high) -> None:
    """A matrix with its color bar into matplotlib axes; what is not finite stays blank."""
    drawn = axes.imshow(
        np.ma.masked_invalid(values),
        cmap=colormap,
        vmin=low,
        vmax=high,
        interpolation="nearest",
        rasterized=True,
    )
    bar = axes.figure.colorbar(drawn, ax=axes, fraction=0.046, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=GRAY, labelsize=8)
    for side in axes.spines.values():
        side.set_visible(False)
