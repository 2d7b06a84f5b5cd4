"""Still pictures (PNG, SVG) of a graph before and after, drawn without a browser.

Plotly needs a browser to write an image; a notebook's fallback picture and an export must not.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize

from workbench.figures.graph import edge_difference, edge_key
from workbench.figures.still import bare, check_format, image
from workbench.figures.theme import AFTER, GRAY, REMOVED


def draw_graph(axes, positions, edges, values, limits, added, removed, marked) -> None:
    """One drawing of a graph into matplotlib axes."""
    size = float(np.clip(2400 / max(len(positions), 1), 3, 46))
    thin = float(np.clip(300 / max(edges.shape[1], 1), 0.25, 1.0))
    axes.add_collection(LineCollection(positions[edges.T], colors=GRAY, linewidths=thin, alpha=0.6))
    axes.add_collection(
        LineCollection(positions[removed.T], colors=REMOVED, linewidths=1.1, linestyles="dotted")
    )
    axes.add_collection(LineCollection(positions[added.T], colors=AFTER, linewidths=1.8))
    low, high = limits
    colors = GRAY if values is None else colormaps["cividis"]((values - low) / (high - low))
    # a full outline would cover the color of a dot of two points; none would lose it on a dark page
    outline = min(0.5, size / 15)
    axes.scatter(*positions.T, s=size, c=colors, edgecolors=GRAY, linewidths=outline, zorder=3)
    if len(marked):
        ring = {"facecolors": "none", "edgecolors": REMOVED, "linewidths": 1.8, "zorder": 4}
        axes.scatter(*positions[np.asarray(marked)].T, s=max(size * 3.2, 60), **ring)
    axes.set_aspect("equal")
    axes.margins(0.06)
    axes.autoscale_view()
    axes.axis("off")


def picture(
    positions,
    before,
    after,
    *,
    node_values=None,
    node_range=None,
    matrix=None,
    titles=("before", "after"),
    matrix_title: str = "",
    matrix_range=None,
    matrix_log: bool = False,
    marked=(),
    caption: str = "",
    format: str = "png",
) -> bytes:
    """The graph before and after its edits, and one matrix, as the bytes of an image file.

    Gray reads on a light and on a dark page; the background is transparent.

    Args:
        positions: ``[nodes, 2]`` drawing.
        before: ``[2, edges]`` edge list before.
        after: ``[2, edges]`` edge list after; pass ``before`` again to draw one graph only.
        node_values: ``[2, nodes]`` numbers (before, after) that color the nodes, or None.
        node_range: (low, high) that their colors are spread over; all of them if not given.
        matrix: ``[nodes, nodes]`` numbers drawn at the right, or None.
        titles: titles of the two drawings.
        matrix_title: title of the matrix, with its unit.
        matrix_range: (low, high) that its colors are spread over, pointed where there are numbers
            beyond; all of its numbers if not given.
        matrix_log: spread them over the logarithms.
        marked: nodes to ring.
        caption: one line below.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> import numpy
        >>> from workbench.figures import picture
        >>> positions = [[0, 0], [1, 0], [1, 1]]
        >>> before = numpy.array([[0, 1], [1, 2]])
        >>> after = numpy.array([[0, 1, 0], [1, 2, 2]])
        >>> picture(positions, before, after)[1:4]
        b'PNG'
    """
    check_format(format)
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    kept, added, removed = edge_difference(before, after)
    one_graph = not added.shape[1] and not removed.shape[1]
    panels = (1 if one_graph else 2) + (matrix is not None)
    figure = bare(4.6 * panels, 4.4)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    values = None if node_values is None else np.asarray(node_values, dtype=np.float64)
    limits = (0.0, 1.0)
    if values is not None and np.isfinite(values).any():
        finite = values[np.isfinite(values)]
        low, high = node_range or (finite.min(), finite.max())
        limits = (low, high if high > low else low + 1.0)
    none = np.zeros((2, 0), dtype=np.int64)
    first = None if values is None else values[0]
    last = None if values is None else values[-1]
    text = {"color": GRAY, "fontsize": 11}
    if not one_graph:
        draw_graph(axes[0], positions, edge_key(before), first, limits, none, none, marked)
        axes[0].set_title(titles[0], **text)
    after_axes = axes[0] if one_graph else axes[1]
    draw_graph(after_axes, positions, kept, last, limits, added, removed, marked)
    after_axes.set_title(titles[0] if one_graph else titles[1], **text)
    if matrix is not None:
        shown = np.ma.masked_invalid(np.asarray(matrix, dtype=np.float64))
        low, high = matrix_range or (shown.min(), shown.max())
        ends = {(False, False): "neither", (True, False): "min", (False, True): "max"}
        extend = ends.get((bool(shown.min() < low), bool(shown.max() > high)), "both")
        norm = (LogNorm if matrix_log else Normalize)(low, high)
        look = {"cmap": "cividis", "interpolation": "nearest", "rasterized": True}
        drawn = axes[-1].imshow(shown.clip(low, high), norm=norm, **look)
        axes[-1].set_title(matrix_title, **text)
        axes[-1].axis("off")
        bar = figure.colorbar(drawn, ax=axes[-1], fraction=0.046, pad=0.03, extend=extend)
        bar.outline.set_visible(False)
        bar.ax.tick_params(colors=GRAY, labelsize=9)
    if caption:
        figure.supxlabel(caption, color=GRAY, fontsize=10)
    return image(figure, format)
