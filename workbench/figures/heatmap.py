"""Matrices side by side on one color scale."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures.theme import SEQUENTIAL, TEMPLATE


def heatmaps(
    matrices,
    titles,
    *,
    unit: str = "",
    order=None,
    log: bool = False,
    colorscale: str = SEQUENTIAL,
    height: int = 380,
) -> go.Figure:
    """Square matrices in one row, all on one color scale.

    Args:
        matrices: sequence of ``[nodes, nodes]`` arrays; inf and nan are left blank.
        titles: one title for each.
        unit: label of the color bar.
        order: ``[nodes]`` order of rows and columns, or None.
        log: color by the base-10 logarithm; zeros are left blank.
        colorscale: plotly color scale.
        height: pixels.

    Examples:
        >>> import numpy
        >>> from workbench.figures import heatmaps
        >>> figure = heatmaps([numpy.eye(3), numpy.ones((3, 3))], ["before", "after"])
        >>> len(figure.data), {trace.coloraxis for trace in figure.data}
        (2, {'coloraxis'})
    """
    matrices = [np.asarray(m, dtype=np.float64) for m in matrices]
    order = np.arange(len(matrices[0])) if order is None else np.asarray(order)
    figure = make_subplots(1, len(matrices), subplot_titles=list(titles), horizontal_spacing=0.06)
    for column, matrix in enumerate(matrices, start=1):
        shown = matrix[np.ix_(order, order)]
        if log:
            with np.errstate(divide="ignore", invalid="ignore"):
                shown = np.log10(shown)
        shown = np.where(np.isfinite(shown), shown, np.nan)
        names = [str(i) for i in order]
        hover = "row %{y}, column %{x}: %{z:.4g}<extra></extra>"
        trace = go.Heatmap(z=shown, coloraxis="coloraxis", hovertemplate=hover, x=names, y=names)
        figure.add_trace(trace, 1, column)
    label = f"log10 {unit}" if log else unit
    figure.update_layout(template=TEMPLATE, height=height)
    figure.update_layout(
        coloraxis={"colorscale": colorscale, "colorbar": {"title": label, "thickness": 12}}
    )
    figure.update_xaxes(visible=False, type="category")
    figure.update_yaxes(visible=False, type="category", autorange="reversed")
    for column in range(1, len(matrices) + 1):
        suffix = "" if column == 1 else str(column)
        figure.update_yaxes(scaleanchor=f"x{suffix}", row=1, col=column)
        figure.update_xaxes(constrain="domain", row=1, col=column)
    return figure
