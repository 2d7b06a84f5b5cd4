"""The sensitivity lab: what reaches each node of a graph through a model, and what squashes it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets
import networkx as nx
import numpy as np
import plotly.graph_objects as go
from IPython.display import Image
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.diagnostics import BlindSpots, Decay
from workbench.widgets.lab.opening import graph_of
from workbench.widgets.lab.still_picture import StillPicture
from workbench.widgets.rewiring.screen import QUICK_NODES
from workbench.widgets.sensitivity import views
from workbench.widgets.sensitivity.blindness import EDGES, MEASURES, NONE, PAIRS
from workbench.widgets.sensitivity.controls import SensitivityControls, check_norm
from workbench.widgets.sensitivity.screen import SensitivityScreen
from workbench.widgets.sensitivity.state import LINEAR, LOG, SensitivityState


class SensitivityLab(StillPicture, ipywidgets.VBox):
    """Graph, matrix, decay and blind spots of one or several models. Code drives it as the mouse.

    Attributes:
        model, norm, scale, node, curvature, among: what is shown; set them.
    """

    def __init__(self, state: SensitivityState, *, norm: str, curvature: str):
        self._state = state
        self._controls = SensitivityControls(state.models, norm=norm, measure=curvature)
        self._screen = SensitivityScreen(state, self._controls)
        self._canvas, self._matrix = self._screen.canvas, self._screen.matrix
        super().__init__([*self._controls.rows(), *self._screen.rows()])
        self.add_class("workbench-lab")
        self._screen.ask()
        if state.num_nodes <= QUICK_NODES:
            self.wait(20)

    # ---- what the cell below can use -----------------------------------------------------

    @property
    def matrix(self) -> np.ndarray:
        """``[nodes, nodes]`` of the model and norm that are shown: row = output, column = input.

        Raises:
            RuntimeError: it could not be computed, or is not there yet.
        """
        return self._screen.must_be_there().numpy()

    @property
    def decay(self) -> dict[str, Decay]:
        """Against each distance ("hops", "resistance (ohm)"), of the model that is shown."""
        self._screen.must_be_there()
        return self._state.decay(self.model, self.norm)

    @property
    def blind_spots(self) -> BlindSpots | None:
        """What the chosen curvature misses; None without a curvature or a matrix."""
        return self._screen.found()

    @property
    def models(self) -> list[str]:
        """The names of the models."""
        return self._state.models

    @property
    def model(self) -> str:
        """The name of the model that is shown."""
        return self._controls.model.value

    @model.setter
    def model(self, value: str) -> None:
        self._controls.model.value = _one_of("model", value, self.models)

    @property
    def norm(self) -> str:
        """The norm of the Jacobian blocks."""
        return self._controls.norm.value

    @norm.setter
    def norm(self, value: str) -> None:
        self._controls.norm.value = check_norm(value)

    @property
    def scale(self) -> str:
        """``"log"`` or ``"linear"``."""
        return self._controls.scale.value

    @scale.setter
    def scale(self, value: str) -> None:
        self._controls.scale.value = _one_of("scale", value, [LOG, LINEAR])

    @property
    def curvature(self) -> str:
        """The curvature whose blind spots are drawn, or ``"none"``."""
        return self._controls.measure.value

    @curvature.setter
    def curvature(self, value: str) -> None:
        self._controls.measure.value = _one_of("curvature", value, [NONE, *MEASURES])

    @property
    def among(self) -> str:
        """``"edges"`` or ``"pairs"``: what the curvature is judged by."""
        return self._controls.among.value

    @among.setter
    def among(self, value: str) -> None:
        self._controls.among.value = _one_of("among", value, [EDGES, PAIRS])

    @property
    def node(self) -> int | None:
        """The node that colors the graph, or None."""
        return self._screen.node

    @node.setter
    def node(self, value: int | None) -> None:
        if value is not None and not 0 <= value < self._state.num_nodes:
            raise ValueError(f"node must be 0 to {self._state.num_nodes - 1} or None, got {value}")
        self._screen.node = value

    def compute(self) -> None:
        """Compute what is not there yet, however long it takes; the call returns at once."""
        self._screen.ask(patience=float("inf"))

    def stop(self) -> None:
        """Stop computing; the rows that are there stay."""
        self._screen.stop()

    def refresh(self) -> None:
        """Read the models again, such as after they were trained on."""
        self._state.refresh()
        self._screen.forget()
        self._screen.ask()

    def wait(self, timeout: float = 60.0) -> bool:
        """Block until nothing is being computed; False after ``timeout`` seconds."""
        return self._screen.worker.wait(timeout)

    def figure(self) -> go.Figure:
        """The matrices of all models on one color scale, as a plotly figure."""
        return views.matrix_figure(self._state, self._screen.shown())

    def decay_figure(self) -> go.Figure:
        """How sensitivity falls with hops and with resistance, of all models."""
        return views.decay_figure(self._state, self._screen.shown())

    def blind_figure(self) -> go.Figure:
        """Curvature against sensitivity, what is missed in red.

        Raises:
            ValueError: no curvature is chosen, or the matrix is not there.
        """
        found = self._screen.found()
        if found is None:
            raise ValueError(
                f"no blind spots to draw: set lab.curvature to one of {', '.join(MEASURES)}, and "
                "wait for the matrix"
            )
        return views.blind_figure(found, self._screen.shown())

    def picture(self, format: str = "png") -> bytes:
        """Graph, matrix, decay and blind spots as the bytes of a PNG or SVG file."""
        return views.still(self._state, self._screen.shown(), self._screen.found(), format)

    def save(self, path: str | Path) -> Path:
        """Write the picture (``.png``, ``.svg``), the matrices (``.html``) or one (``.npy``).

        Raises:
            ValueError: the ending is none of these.
        """
        path = Path(path)
        if path.suffix in (".png", ".svg"):
            path.write_bytes(self.picture(path.suffix[1:]))
        elif path.suffix == ".html":
            self.figure().write_html(path, include_plotlyjs=True)
        elif path.suffix == ".npy":
            np.save(path, self.matrix)
        else:
            raise ValueError(f"path must end in .png, .svg, .html or .npy, got {path.name!r}")
        return path

    def close(self) -> None:
        """Stop the thread and remove the lab from the page."""
        self._screen.worker.close()
        super().close()

    def _ipython_display_(self) -> None:
        super()._ipython_display_()
        self._screen.rested = lambda image: self._shown.update(Image(image))


def sensitivity_lab(
    model: nn.Module | Mapping[str, nn.Module],
    data: Data | nx.Graph | str | Path,
    *,
    norm: str = "frobenius",
    curvature: str = "balanced Forman",
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
) -> SensitivityLab:
    """See what reaches each node of a graph through a model, and what is squashed on the way.

    The sensitivity of every pair of nodes as a matrix beside the graph; the nodes colored by what
    reaches the one under the pointer; the decay against hops and resistance; and the blind spots
    of a curvature, what it does not see of what the model squashes, in red.

    Args:
        model: your own module or one of ``workbench.models``; or several by name, such as
            ``{"untrained": a, "trained": b}``, to switch between on one color scale. They are
            copied: train on and call ``lab.refresh()``.
        data: a PyG ``Data`` with ``x`` and ``edge_index``, or a graph with features.
        norm: of the Jacobian blocks: ``"frobenius"``, ``"l1"`` or ``"spectral"``.
        curvature: whose blind spots are shown first, or ``"none"``.
        inputs: more keyword arguments of the model, such as ``{"edge_attr": ...}``.
        readout: from what the model returns to one row per node, as in ``sensitivity``.

    Returns:
        The lab. Show it as the last line of a cell; use ``lab.matrix``, ``lab.norm = "l1"``,
        ``lab.node = 5``, ``lab.decay["hops"]``, ``lab.blind_spots``, ``lab.figure()`` and
        ``lab.save(path)`` below it. What cannot be computed is said on the page, and by
        ``lab.matrix``; the kernel goes on.

    Raises:
        ValueError: the data have no ``x``, no model is given, or an option is unknown.
        TooLargeError: the graph has too many nodes to draw all pairs.
        TypeError: ``data`` is no graph, or ``model`` no module.
    """
    models = dict(model) if isinstance(model, Mapping) else {type(model).__name__: model}
    if not models:
        raise ValueError("give at least one model")
    for name, one in models.items():
        if not isinstance(one, nn.Module):
            raise TypeError(f"{name} must be a torch.nn.Module, got {type(one).__name__}")
    check_norm(norm)
    _one_of("curvature", curvature, [NONE, *MEASURES])
    opened, _ = graph_of(data)
    state = SensitivityState(models, opened, inputs=inputs, readout=readout)
    return SensitivityLab(state, norm=norm, curvature=curvature)


def _one_of(what: str, value: str, options: list[str]) -> str:
    if value not in options:
        raise ValueError(f"{what} must be one of {', '.join(options)}; got {value!r}")
    return value
