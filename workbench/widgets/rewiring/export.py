"""The rewiring lab's state as figures and files."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from workbench.figures import graph_figure, picture
from workbench.graphs import write_graph
from workbench.rewiring.tape.node_pairs import MATRICES
from workbench.widgets.rewiring.code import code
from workbench.widgets.rewiring.colorings import COLORINGS, colorings
from workbench.widgets.rewiring.state import RewiringState
from workbench.widgets.rewiring.views import node_names, with_unit


def state_figure(state: RewiringState, color: str) -> go.Figure:
    """Before and after as a plotly figure, nodes colored by one of ``COLORINGS``."""
    return graph_figure(
        state.positions,
        state.edge_index.numpy(),
        state.tape.edge_index().numpy(),
        node_values=colorings(state, color),
        node_label=with_unit(color, COLORINGS),
        labels=node_names(state),
        title=state.caption,
    )


def state_picture(state: RewiringState, color: str, matrix: str, *, format: str) -> bytes:
    """Before, after and one of ``MATRICES`` as the bytes of a PNG or SVG file."""
    values = None
    if state.pairs.dense:
        values = state.pairs.matrix(matrix, state.in_force)[np.ix_(state.order, state.order)]
    return picture(
        state.positions,
        state.edge_index.numpy(),
        state.tape.edge_index().numpy(),
        node_values=colorings(state, color),
        matrix=values,
        matrix_title=with_unit(matrix, MATRICES),
        caption=state.caption,
        format=format,
    )


def save_state(state: RewiringState, path: str | Path, *, color: str, matrix: str) -> Path:
    """Write the state; the ending of ``path`` says what, as ``RewiringLab.save`` tells."""
    path = Path(path)
    if path.suffix in (".png", ".svg"):
        path.write_bytes(state_picture(state, color, matrix, format=path.suffix[1:]))
    elif path.suffix == ".html":
        state_figure(state, color).write_html(path, include_plotlyjs=True)
    elif path.suffix == ".py":
        path.write_text(code(state), encoding="utf-8")
    elif path.suffix == ".json":
        state.tape.save(path)
    else:
        write_graph(state.rewired(), path)
    return path
