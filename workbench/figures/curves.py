"""Lines with their uncertainty: training curves, numbers along a tape, intervals."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures.theme import AFTER, BEFORE, TEMPLATE, translucent


def training_curves(before, after, *, quantity: str = "training loss", log: bool = False):
    """Two groups of runs against the epoch: each seed thin, the mean thick.

    Args:
        before: list of sequences, one for each seed, of the original graph.
        after: the same for the rewired graph.
        quantity: label of the vertical axis.
        log: logarithmic vertical axis.

    Examples:
        >>> from workbench.figures import training_curves
        >>> figure = training_curves([[1.6, 1.2], [1.6, 1.4]], [[1.6, 0.8], [1.6, 1.0]])
        >>> figure.layout.yaxis.title.text
        'training loss'
    """
    figure = go.Figure()
    for name, color, runs in (("before", BEFORE, before), ("after", AFTER, after)):
        runs = [np.asarray(r, dtype=np.float64) for r in runs if len(r)]
        for run in runs:
            line = {"color": translucent(color, 0.35), "width": 1}
            epochs = np.arange(1, len(run) + 1)
            figure.add_scatter(
                x=epochs, y=run, mode="lines", line=line, showlegend=False, hoverinfo="skip"
            )
        if runs:
            shortest = min(map(len, runs))
            mean = np.mean([r[:shortest] for r in runs], axis=0)
            label = f"{name} (mean of {len(runs)})" if len(runs) > 1 else name
            epochs = np.arange(1, shortest + 1)
            line = {"color": color, "width": 2.5}
            figure.add_scatter(x=epochs, y=mean, mode="lines", line=line, name=label)
    figure.update_layout(template=TEMPLATE, height=300, showlegend=True)
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title=quantity, type="log" if log else "linear")
    return figure


def tape_curves(panels, *, position: int | None = None):
    """Numbers along the edits of a tape, one small panel for each.

    Args:
        panels: mapping from a title to a mapping from a method to ``[edits + 1]`` numbers.
        position: mark this position of the tape, or None.

    Examples:
        >>> from workbench.figures import tape_curves
        >>> figure = tape_curves({"total resistance": {"gtr": [10.0, 5.0]}}, position=1)
        >>> figure.data[0].y.tolist()
        [10.0, 5.0]
    """
    figure = make_subplots(1, len(panels), subplot_titles=list(panels), horizontal_spacing=0.08)
    colors = (AFTER, BEFORE, "#009E73", "#CC79A7", "#D55E00")
    for column, lines in enumerate(panels.values(), start=1):
        for color, (name, values) in zip(colors, lines.items(), strict=False):
            values = np.asarray(values, dtype=np.float64)
            figure.add_scatter(
                x=np.arange(len(values)),
                y=values,
                name=name,
                mode="lines",
                legendgroup=name,
                line={"color": color, "width": 2},
                showlegend=column == 1,
                row=1,
                col=column,
            )
        if position is not None:
            line = {"color": "#808080", "width": 1, "dash": "dot"}
            figure.add_vline(x=position, line=line, row=1, col=column)
    figure.update_layout(template=TEMPLATE, height=300, showlegend=True)
    figure.update_layout(legend={"y": -0.32, "yanchor": "top", "x": 0.5, "xanchor": "center"})
    figure.update_xaxes(title="edits")
    return figure


def interval_figure(rows, *, unit: str = ""):
    """Differences with their intervals, one row each, and a line at zero.

    Args:
        rows: mapping from a name to ``(mean, low, high)``.
        unit: label of the horizontal axis.

    Examples:
        >>> from workbench.figures import interval_figure
        >>> figure = interval_figure({"gtr": (0.1, -0.05, 0.25)}, unit="accuracy")
        >>> figure.layout.xaxis.title.text
        'accuracy'
    """
    figure = go.Figure()
    names = list(rows)
    mean, low, high = np.array([rows[n] for n in names], dtype=np.float64).reshape(-1, 3).T
    error = {"type": "data", "array": high - mean, "arrayminus": mean - low, "thickness": 2}
    marker = {"size": 9, "color": AFTER}
    figure.add_scatter(x=mean, y=names, mode="markers", error_x=error, marker=marker)
    figure.add_vline(x=0, line={"color": "#808080", "width": 1})
    figure.update_layout(template=TEMPLATE, height=110 + 40 * len(names), showlegend=False)
    figure.update_xaxes(title=unit)
    figure.update_yaxes(autorange="reversed")
    return figure
