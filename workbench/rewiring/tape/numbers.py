"""The numbers on the cards, at every position of a tape; those that are known are kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench.diagnostics import Stopped
from workbench.rewiring import Edit, Profile, profile
from workbench.rewiring.tape.edit import edit_rows
from workbench.rewiring.tape.edited import edit_columns
from workbench.rewiring.tape.largest_part import MEASURED, as_within

NO_EDITS = torch.zeros(3, 0, dtype=torch.int64)

#: The fields of a ``Profile`` that the lab has, of the whole graph.
NUMBERS = (
    "total_resistance",
    "spectral_gap",
    "cheeger_lower",
    "cheeger_upper",
    "diameter",
    "mean_degree",
    "num_edges",
    "distance",
)

#: Those of them that say nothing of a disconnected graph: each has a NAME_within.
APART = ("total_resistance", *MEASURED)

#: What says how disconnected the graph is.
PARTS = ("num_components", "largest_component")

_FIELDS = (*NUMBERS, *as_within(dict.fromkeys(APART)), *PARTS)


@dataclass(frozen=True)
class Numbers:
    """Fields of a ``Profile``: ``values[name]`` at each position, and whether they are exact."""

    values: dict[str, np.ndarray]
    exact: dict[str, bool]

    @property
    def disconnected(self) -> bool:
        """Whether the graph is, at any position."""
        return bool((self.values["num_components"] > 1).any())

    def within(self, name: str) -> str:
        """The field of ``NUMBERS`` that says something of a disconnected graph, too."""
        return f"{name}_within" if name in APART else name


class TapeNumbers:
    """The numbers along any tape over one graph.

    Args:
        edge_index: the graph before its edits, both directions.
        num_nodes: number of nodes.
        edge_weight: conductances of its columns; 1 where not given, and of new edges.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None):
        self._edge_weight = edge_weight
        self._edge_index, self._num_nodes = edge_index, num_nodes
        self._ids: dict[tuple[int, Edit], int] = {}
        self._rows: dict[int, dict[str, float]] = {}
        self._exact: dict[str, bool] = {}

    def measure(
        self, edits: Sequence[Edit], should_stop: Callable[[], bool] | None = None
    ) -> Numbers | None:
        """The numbers before the first edit and after each; None if stopped."""
        keys = self._keys(edits)
        missing = [at for at, key in enumerate(keys) if key not in self._rows]
        rows = edit_rows(edits)
        try:
            if len(missing) == 1:
                at = missing[0]
                edge_index, weight = edit_columns(
                    self._edge_index, self._num_nodes, rows[:, :at], self._edge_weight
                )
                one = profile(
                    edge_index,
                    self._num_nodes,
                    NO_EDITS,
                    edge_weight=weight,
                    should_stop=should_stop,
                )
                self._keep(keys[at : at + 1], one)
                self._rows[keys[at]]["distance"] = edge_distance(self._edge_index, edge_index)
            elif missing:
                whole = profile(
                    self._edge_index,
                    self._num_nodes,
                    rows,
                    edge_weight=self._edge_weight,
                    should_stop=should_stop,
                )
                self._keep(keys, whole)
        except Stopped:
            return None
        known = [self._rows[key] for key in keys]
        values = {name: np.array([row[name] for row in known]) for name in _FIELDS}
        return Numbers(values, dict(self._exact))

    def _keep(self, keys: list[int], measured: Profile) -> None:
        for name in _FIELDS:
            bound = name.startswith("cheeger")
            self._exact[name] = bound or measured.exact[name]
        for at, key in enumerate(keys):
            self._rows[key] = {name: float(getattr(measured, name)[at]) for name in _FIELDS}

    def _keys(self, edits: Sequence[Edit]) -> list[int]:
        """One number for each position; equal for equal edits up to there."""
        keys = [0]
        for edit in edits:
            keys.append(self._ids.setdefault((keys[-1], edit), len(self._ids) + 1))
        return keys


def edge_distance(before: Tensor, after: Tensor) -> float:
    """Jaccard distance of two edge sets, 0 (equal) to 1 (nothing in common)."""
    before, after = set(map(tuple, before.T.tolist())), set(map(tuple, after.T.tolist()))
    either = len(before | after)
    return 1.0 - len(before & after) / either if either else 0.0
