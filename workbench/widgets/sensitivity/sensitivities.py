"""One graph, some models, and their sensitivity matrices as they arrive."""

import copy
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import model_inputs
from workbench.diagnostics import (
    Decay,
    DecayFit,
    TooLargeError,
    decay_fit,
    jacobian_range,
    sensitivity,
    sensitivity_decay,
)
from workbench.graphs.attributes import zero_edges
from workbench.widgets.lab.drawn_graph import DrawnGraph, real_graph, weights_of
from workbench.widgets.lab.worker import ShouldStop

#: All pairs of nodes are drawn and ranked.
LARGEST_NODES = 1_500

#: More than this many seconds are not spent before somebody asked for them.
PATIENCE = 10.0

#: Rows are computed in parts of about this many seconds, so that progress is seen.
PART_SECONDS = 0.4

#: Norm of a Jacobian block -> how it is called.
NORMS = {"frobenius": "Frobenius", "l1": "L1", "spectral": "spectral"}
HOPS, RESISTANCE = "hops", "resistance (ohm)"
RESISTANCE_BINS = 12

#: (share of the rows done, seconds left)
Report = Callable[[float, float], None]


class Sensitivities(DrawnGraph):
    """Sensitivities of some models on one graph.

    Args:
        models: name -> module; copied, so that later training does not mix with what is shown.
        data: a PyG ``Data`` with ``x`` and ``edge_index``.
        inputs: more keyword arguments of the models.
        readout: from what a model returns to one row per node.

    Attributes:
        edges: as the models get them.
        left_out: how many edges of weight 0 the graph had.
        warned: what the models were warned of, each once.
    """

    def __init__(
        self,
        models: Mapping[str, nn.Module],
        data: Data,
        *,
        inputs: Mapping[str, Any] | None = None,
        readout: Callable[[Any], Tensor] | None = None,
    ):
        if getattr(data, "x", None) is None:
            raise ValueError("the data have no node features x; set data.x to [nodes, channels]")
        if data.num_nodes > LARGEST_NODES:
            raise TooLargeError(
                f"the graph has {data.num_nodes:,} nodes; the lab draws all pairs of 1 to "
                f"{LARGEST_NODES:,}; use sensitivity(..., nodes=...) for chosen nodes, or "
                "influence_by_hop(..., num_layers=...) for all"
            )
        self.left_out = zero_edges(data)
        data, inputs = real_graph(data, inputs or {})
        self.data, self._inputs, self._readout = data, inputs, readout
        self._own = dict(models)
        self.warned: list[str] = []
        self._lock = threading.Lock()
        self.edges = data.edge_index.detach().cpu()
        labels = getattr(data, "labels", None)
        names = [] if labels is None else [str(label) for label in labels]
        super().__init__(
            self.edges,
            int(data.num_nodes),
            edge_weight=weights_of(data),
            pos=data.get("pos"),
            names=names,
        )
        self.refresh()

    def refresh(self) -> None:
        """Copy the models as they are now, and forget their matrices."""
        with self._lock:
            self._models = {name: _copy(model) for name, model in self._own.items()}
            self._parts: dict[tuple[str, str], tuple[Tensor, int]] = {}
            self.warned = []

    @property
    def models(self) -> list[str]:
        """The names of the models."""
        return list(self._own)

    # ---- the matrices ---------------------------------------------------------------------

    def matrix(self, model: str, norm: str) -> Tensor | None:
        """``[nodes, nodes]`` of one model, row = output, column = input; None until it is there."""
        found, done = self._parts.get((model, norm), (None, 0))
        return found if done == self.num_nodes else None

    def rows_done(self, model: str, norm: str) -> int:
        """How many of its rows are there."""
        return self._parts.get((model, norm), (None, 0))[1]

    def compute(
        self, model: str, norm: str, *, report: Report, should_stop: ShouldStop, patience: float
    ) -> float | None:
        """Compute the rows that are not there yet.

        Returns:
            None when all are there; or how many seconds the rest would take, where that is more
            than ``patience``, which is found out on the first rows.

        Raises:
            Stopped: ``should_stop`` said so; the rows that are there stay.
            TypeError, ValueError: what ``sensitivity`` raises, or the model.
        """
        with self._lock:
            key, net = (model, norm), self._models[model]
            zeros = torch.zeros(self.num_nodes, self.num_nodes, dtype=torch.float64)
            rows, done = self._parts.get(key, (zeros, 0))
        size, warm = 1, False
        while done < self.num_nodes:
            chosen = torch.arange(done, min(done + size, self.num_nodes))
            began = time.monotonic()
            rows[chosen] = self._rows(net, norm, chosen, should_stop)
            spent = time.monotonic() - began
            done += chosen.numel()
            with self._lock:
                if self._models[model] is not net:  # refreshed meanwhile
                    return self.compute(
                        model, norm, report=report, should_stop=should_stop, patience=patience
                    )
                self._parts[key] = rows, done
            left = spent / chosen.numel() * (self.num_nodes - done)
            report(done / self.num_nodes, left)
            # the first part warms up, and short ones are mostly overhead: they tell no pace
            if warm and spent >= PART_SECONDS / 2 and left > patience:
                return left
            warm = True
            if spent < PART_SECONDS:
                size *= 2
            elif spent > 2 * PART_SECONDS:
                size = max(size // 2, 1)
        return None

    def _rows(self, net: nn.Module, norm: str, nodes: Tensor, should_stop: ShouldStop) -> Tensor:
        data = self.data
        x, edge_index = data.x, data.edge_index
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            rows = sensitivity(
                net,
                x,
                edge_index,
                norm=norm,
                nodes=nodes,
                inputs=model_inputs(net, self.data, self._inputs),
                readout=self._readout,
                should_stop=should_stop,
            )
        self.warned += [
            t for t in dict.fromkeys(str(w.message) for w in heard) if t not in self.warned
        ]
        return rows.cpu()

    # ---- what they tell -------------------------------------------------------------------

    def distances(self) -> dict[str, Tensor]:
        """Title -> ``[nodes, nodes]`` distance."""
        known = {HOPS: self.hops}
        return known if self.resistance is None else known | {RESISTANCE: self.resistance}

    def decay(self, model: str, norm: str) -> dict[str, Decay]:
        """Title of a distance -> how sensitivity falls with it."""
        matrix = self.matrix(model, norm)
        bins = {HOPS: None, RESISTANCE: RESISTANCE_BINS}
        return {
            title: sensitivity_decay(matrix, distance, num_bins=bins[title])
            for title, distance in self.distances().items()
        }

    def fit(self, model: str, norm: str) -> DecayFit:
        """The exponential through sensitivity against hops."""
        return decay_fit(self.matrix(model, norm), self.hops)

    def range(self, model: str, norm: str) -> np.ndarray:
        """Mean distance in hops of what reaches each node."""
        return jacobian_range(self.matrix(model, norm), self.hops).numpy()


def _copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode; the model itself where it cannot be copied."""
    try:
        return copy.deepcopy(model).eval()
    except Exception:  # modules may hold anything: open files, generators, graph tensors
        return model
