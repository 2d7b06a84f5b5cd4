"""Curvatures of the sensitivity lab's graph, and what each misses of what a model squashes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench import diagnostics
from workbench.diagnostics import BlindSpots, blind_pairs, blind_spots
from workbench.widgets.sensitivity.sensitivities import Sensitivities

NONE, EDGES, PAIRS = "none", "edges", "pairs"

#: Pairs drawn in red on the graph, the least sensitive first.
DRAWN_PAIRS = 60


@dataclass(frozen=True)
class Measure:
    """A curvature: the diagnostic, its options, and how a low value is told."""

    name: str
    options: dict
    detection: str = "negative"


#: Title -> measure; those that this version of the library has.
MEASURES = {
    title: measure
    for title, measure in {
        "balanced Forman": Measure("balanced_forman", {}),
        "balanced Forman (released code)": Measure("balanced_forman", {"variant": "official"}),
        "Forman": Measure("forman", {}, "quantile"),
        "augmented Forman": Measure("augmented_forman", {}, "quantile"),
        "Ollivier-Ricci": Measure("ollivier_ricci", {}),
        "resistance curvature": Measure("resistance_curvature", {}),
    }.items()
    if measure.name in diagnostics.DIAGNOSTICS
}


class Blindness:
    """Curvatures of one graph, each computed once, and the blind spots of each matrix."""

    def __init__(self, known: Sensitivities):
        self._known = known
        self._curvatures: dict[str, Tensor] = {}
        self._found: dict[tuple, BlindSpots] = {}

    def curvature(self, title: str) -> Tensor:
        """``[edges]`` aligned with ``known.edges``.

        Raises:
            ValueError: the measure is not defined on this graph, such as a directed one.
        """
        if title not in self._curvatures:
            measure, known = MEASURES[title], self._known
            self._curvatures[title] = diagnostics.DIAGNOSTICS[measure.name](
                known.edges, known.num_nodes, **measure.options
            )
        return self._curvatures[title]

    def find(self, model: str, norm: str, title: str, among: str) -> BlindSpots | None:
        """What a curvature misses of a model; None where the matrix or a curvature is not there.

        Raises:
            ValueError: the curvature is not defined on this graph.
        """
        matrix = self._known.matrix(model, norm)
        if title == NONE or matrix is None:
            return None
        key = (matrix.data_ptr(), title, among)
        if key not in self._found:
            curvature, detection = self.curvature(title), MEASURES[title].detection
            edges, size = self._known.edges, self._known.num_nodes
            if among == EDGES:
                # a threshold of its own, so that measures without a sign are judged alike
                threshold = "detected" if detection == "negative" else "quantile"
                options = {"detection": detection, "threshold": threshold}
                found = blind_spots(edges, curvature, matrix, **options)
            else:
                found = blind_pairs(edges, size, curvature, matrix, detection=detection)
            self._found = {k: v for k, v in self._found.items() if k[0] == key[0]} | {key: found}
        return self._found[key]

    def forget(self) -> None:
        """Drop what was found with matrices that are gone."""
        self._found = {}


def drawn_pairs(found: BlindSpots | None, node: int | None) -> np.ndarray:
    """``[2, pairs]`` missed pairs, each once whatever its direction, the least sensitive first.

    With a node only the pairs that it is the output of.
    """
    if found is None:
        return np.zeros((2, 0), dtype=np.int64)
    pairs = found.missed_pairs.cpu()
    if node is not None:
        pairs = pairs[:, pairs[1] == node]
    ends = torch.stack([pairs.amin(0), pairs.amax(0)]).numpy()
    _, first = np.unique(ends, axis=1, return_index=True)
    return ends[:, np.sort(first)[:DRAWN_PAIRS]]
