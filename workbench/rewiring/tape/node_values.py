"""One number for each node after any edits of one graph: what the nodes are colored by."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from workbench.diagnostics import TooLargeError
from workbench.diagnostics.resistance.mean_resistance import mean_resistance
from workbench.diagnostics.spectrum.within_components import fiedler_within
from workbench.rewiring.tape.edit import Edit, edit_rows
from workbench.rewiring.tape.edited import edit_columns
from workbench.rewiring.tape.node_pairs import LANDMARK_NODES, RESISTANCE, NodePairs

MEAN_RESISTANCE, FIEDLER = "mean resistance", "Fiedler vector"


class NodeValues:
    """What is known of the nodes of one graph after its edits; the last answers are kept.

    Args:
        edge_index, num_nodes, edge_weight: as of ``NodePairs``.
        pairs: of the same graph.
    """

    def __init__(
        self, edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None, pairs: NodePairs
    ):
        self._graph, self._pairs = (edge_index, num_nodes, edge_weight), pairs
        self._kept: dict[tuple[str, tuple[Edit, ...]], np.ndarray] = {}

    def measure(
        self, name: str, edits: Sequence[Edit] = (), should_stop: Callable[[], bool] | None = None
    ) -> np.ndarray:
        """``MEAN_RESISTANCE`` or ``FIEDLER`` after ``edits``, each within its component.

        nan for a node without edges.

        Raises:
            TooLargeError: it takes too long on so many nodes; the message says how many.
            Stopped: ``should_stop`` returned True.
        """
        asked, kept = (name, tuple(edits)), self._kept
        if asked not in kept:
            of_original = {key: value for key, value in kept.items() if not key[1]}
            self._kept = kept = of_original | {asked: self._measure(*asked, should_stop)}
        return kept[asked]

    def _measure(
        self, name: str, edits: tuple[Edit, ...], should_stop: Callable[[], bool] | None
    ) -> np.ndarray:
        edge_index, num_nodes, edge_weight = self._graph
        if name == MEAN_RESISTANCE and self._pairs.dense:
            matrix = self._pairs.matrix(RESISTANCE, edits)
            there = np.isfinite(matrix)
            total, others = matrix.sum(axis=1, where=there), there.sum(axis=1) - 1.0
            return np.divide(total, others, out=np.full(total.shape, np.nan), where=others > 0)
        after, weight = edit_columns(edge_index, num_nodes, edit_rows(edits), edge_weight)
        if name == MEAN_RESISTANCE:
            return mean_resistance(after, num_nodes, weight, should_stop=should_stop).numpy()
        if num_nodes > LANDMARK_NODES:
            raise TooLargeError(f"{num_nodes:,} nodes are more than {LANDMARK_NODES:,}")
        return fiedler_within(after, num_nodes, weight, should_stop=should_stop).numpy()
