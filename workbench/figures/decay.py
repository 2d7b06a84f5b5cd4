"""How sensitivity falls with distance: means with bands of their error, on a logarithmic axis."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures.still import bare, image, look
from workbench.figures.theme import AFTER, BEFORE, GRAY, OKABE_ITO, TEMPLATE, translucent

#: Colors of the curves in their order.
COLORS = (BEFORE, AFTER, *OKABE_ITO[2:])


def decay_curves(curves, *, distance: str = "hops", quantity: str = "sensitivity") -> go.Figure:
    """Mean against distance with a band of two standard errors, on a logarithmic axis.

    Args:
        curves: mapping from a name to ``(distance, mean, standard_error)`` arrays.
        distance: label and unit of the horizontal axis.
        quantity: label of the vertical axis.

    Examples:
        >>> from workbench.figures import decay_curves
        >>> figure = decay_curves({"GCN": ([0, 1, 2], [1.0, 0.5, 0.25], [0.0, 0.1, 0.1])})
        >>> figure.layout.yaxis.type
        'log'
    """
    return decay_panels({distance: curves}, quantity=quantity)


def decay_panels(panels, *, quantity: str = "sensitivity", height: int = 320) -> go.Figure:
    """``decay_curves`` against several distances side by side, on one vertical axis.

    Args:
        panels: mapping from the label of a distance to a mapping from a name to ``(distance, mean,
            standard_error)`` arrays. A name has the same color in all panels. Means of 0 have no
            place on the axis and are left out; an error of nan has no band.
        quantity: label of the vertical axis.
        height: pixels.

    Examples:
        >>> from workbench.figures import decay_panels
        >>> curve = ([0, 1, 2], [1.0, 0.5, 0.25], [0.0, 0.1, 0.1])
        >>> figure = decay_panels({"hops": {"GCN": curve}, "resistance": {"GCN": curve}})
        >>> figure.layout.xaxis.title.text, figure.layout.xaxis2.title.text
        ('hops', 'resistance')
    """
    figure = make_subplots(1, max(len(panels), 1), shared_yaxes=True, horizontal_spacing=0.05)
    shown = set()
    for column, (label, curves) in enumerate(panels.items(), start=1):
        for name, (color, (x, mean, low, high)) in _bands(curves).items():
            band = {"fill": "toself", "fillcolor": translucent(color, 0.2), "line": {"width": 0}}
            figure.add_scatter(
                x=np.r_[x, x[::-1]],
                y=np.r_[high, low[::-1]],
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                legendgroup=name,
                **band,
                row=1,
                col=column,
            )
            figure.add_scatter(
                x=x,
                y=mean,
                mode="lines+markers",
                line={"color": color, "width": 2},
                name=name,
                legendgroup=name,
                showlegend=name not in shown,
                row=1,
                col=column,
            )
            shown.add(name)
        figure.update_xaxes(title=label, row=1, col=column)
    figure.update_layout(template=TEMPLATE, height=height, showlegend=True)
    figure.update_yaxes(type="log", exponentformat="power")
    figure.update_yaxes(title=quantity, row=1, col=1)
    return figure


def decay_picture(
    panels, *, quantity: str = "sensitivity", width: float = 4.4, format: str = "svg"
) -> bytes:
    """``decay_panels`` as the bytes of a still image, drawn without a browser.

    Args:
        panels: as in ``decay_panels``.
        quantity: label of the vertical axis.
        width: inches of each panel.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> from workbench.figures import decay_picture
        >>> curve = ([0, 1, 2], [1.0, 0.5, 0.25], [0.0, 0.1, 0.1])
        >>> b"<svg" in decay_picture({"hops": {"GCN": curve}})
        True
    """
    with look():
        figure = bare(width * max(len(panels), 1), 2.9)
        grid = figure.subplots(1, max(len(panels), 1), sharey=True, squeeze=False)[0]
        for axes, (label, curves) in zip(grid, panels.items(), strict=False):
            draw_decay(axes, curves, label, quantity if axes is grid[0] else "")
        return image(figure, format)


def draw_decay(axes, curves, distance: str, quantity: str) -> None:
    """The curves of one panel into matplotlib axes."""
    for name, (color, (x, mean, low, high)) in _bands(curves).items():
        axes.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
        axes.plot(x, mean, color=color, marker="o", markersize=3.5, linewidth=1.6, label=name)
    if axes.lines and any(len(line.get_xdata()) for line in axes.lines):
        axes.set_yscale("log")
    axes.set_xlabel(distance)
    axes.set_ylabel(quantity)
    if len(curves) > 1:
        axes.legend(frameon=False, labelcolor=GRAY, fontsize=9)


def _bands(curves) -> dict[str, tuple]:
    """name -> (color, (distance, mean, lower and upper end of the band)), all > 0."""
    drawn = {}
    for i, (name, arrays) in enumerate(curves.items()):
        x, mean, error = (np.asarray(a, dtype=np.float64) for a in arrays)
        there = mean > 0
        x, mean, error = x[there], mean[there], np.nan_to_num(error[there])
        band = np.maximum(mean - 2 * error, mean * 1e-3), mean + 2 * error
        drawn[name] = (COLORS[i % len(COLORS)], (x, mean, *band))
    return drawn
