"""A graph before and after its edits, as a plotly figure."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures.theme import AFTER, GRAY, REMOVED, SEQUENTIAL, TEMPLATE


def edge_key(edges: np.ndarray) -> np.ndarray:
    """Each undirected edge of ``[2, edges]`` once, as sorted columns."""
    edges = np.sort(np.asarray(edges, dtype=np.int64).reshape(2, -1), axis=0)
    return np.unique(edges[:, edges[0] != edges[1]], axis=1)


def edge_difference(before, after) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(kept, added, removed): undirected edges ``[2, .]`` of two edge lists."""
    before, after = edge_key(before), edge_key(after)
    old, new = set(map(tuple, before.T)), set(map(tuple, after.T))

    def columns(pairs):
        return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T

    return columns(old & new), columns(new - old), columns(old - new)


def segments(positions: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y of line segments, separated by nan, for one plotly line trace."""
    ends = positions[edges.T]
    gap = np.full((ends.shape[0], 1, 2), np.nan)
    points = np.concatenate([ends, gap], axis=1).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def _line(positions, edges, name, color, width, dash="solid") -> go.Scatter:
    x, y = segments(positions, edges)
    line = {"color": color, "width": width, "dash": dash}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name)


def graph_figure(
    positions,
    before,
    after,
    *,
    node_values=None,
    node_label: str = "",
    labels=(),
    title: str = "",
    height: int = 420,
) -> go.Figure:
    """The graph before (left) and after (right) its edits, on one scale.

    Args:
        positions: ``[nodes, 2]`` drawing.
        before: ``[2, edges]`` edge list before, one or both directions.
        after: ``[2, edges]`` edge list after.
        node_values: ``[2, nodes]`` (before, after) numbers that color the nodes, or None.
        node_label: what the numbers are, with their unit.
        labels: a name for each node, or nothing.
        title: figure title.
        height: pixels.

    Examples:
        >>> import numpy
        >>> from workbench.figures import graph_figure
        >>> positions = [[0, 0], [1, 0], [1, 1]]
        >>> before = numpy.array([[0, 1], [1, 2]])
        >>> after = numpy.array([[0, 1, 0], [1, 2, 2]])
        >>> figure = graph_figure(positions, before, after)
        >>> sorted({trace.name for trace in figure.data if trace.name})
        ['added', 'edge', 'removed']
    """
    positions = np.asarray(positions, dtype=np.float64)
    kept, added, removed = edge_difference(before, after)
    names = list(labels) or [str(i) for i in range(len(positions))]
    figure = make_subplots(1, 2, subplot_titles=("before", "after"), horizontal_spacing=0.02)
    figure.add_trace(_line(positions, edge_key(before), "edge", "rgba(128,128,128,.55)", 1), 1, 1)
    figure.add_trace(_line(positions, kept, "edge", "rgba(128,128,128,.55)", 1), 1, 2)
    figure.add_trace(_line(positions, removed, "removed", REMOVED, 1.2, "dot"), 1, 2)
    figure.add_trace(_line(positions, added, "added", AFTER, 2.2), 1, 2)
    values = None if node_values is None else np.asarray(node_values, dtype=np.float64)
    for column in (0, 1):
        marker = {"size": max(4.0, 12.0 - len(positions) / 60), "color": GRAY}
        marker |= {"line": {"width": 0.5, "color": "rgba(0,0,0,.5)"}}
        text = names
        if values is not None:
            marker |= {"color": values[column], "coloraxis": "coloraxis"}
            text = [f"{n}: {v:.4g}" for n, v in zip(names, values[column], strict=True)]
        nodes = go.Scatter(
            x=positions[:, 0],
            y=positions[:, 1],
            mode="markers",
            marker=marker,
            text=text,
            hoverinfo="text",
            showlegend=False,
        )
        figure.add_trace(nodes, 1, column + 1)
    figure.update_layout(template=TEMPLATE, title=title, height=height, showlegend=False)
    figure.update_layout(
        coloraxis={"colorscale": SEQUENTIAL, "colorbar": {"title": node_label, "thickness": 12}}
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    figure.update_xaxes(matches="x")
    figure.update_yaxes(matches="y")
    return figure
