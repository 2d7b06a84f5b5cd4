"""What the color of a node can show, before and after any edits of one graph."""

from collections.abc import Sequence

import numpy as np

from workbench.diagnostics import fiedler_vector
from workbench.rewiring import Edit
from workbench.rewiring.tape.node_pairs import RESISTANCE
from workbench.widgets.rewiring.state import RewiringState

#: Name -> (unit, meaning) of what the color of a node can show.
COLORINGS = {
    "mean resistance": ("ohm", "Mean effective resistance to the other nodes; high = far away."),
    "degree": ("edges", "Number of neighbors."),
    "Fiedler vector": ("", "Which side of the worst cut a node is on, and how far."),
    "class": ("", "The label of the node, where the graph has labels."),
}


def colorings(state: RewiringState, name: str) -> np.ndarray | None:
    """One of ``COLORINGS`` on the original graph and at the current position, ``[2, nodes]``.

    None where it has no meaning: no labels, no edges, or too many nodes.
    """
    before, after = _coloring(state, name, ()), _coloring(state, name, state.in_force)
    return None if before is None or after is None else np.stack([before, after])


def _coloring(state: RewiringState, name: str, edits: Sequence[Edit]) -> np.ndarray | None:
    num_nodes = state.num_nodes
    if name == "class":
        y = getattr(state.graph, "y", None)
        fits = y is not None and y.dim() == 1 and y.size(0) == num_nodes
        return y.cpu().numpy().astype(np.float64) if fits else None
    edge_index = state.tape.edge_index(len(edits))
    if name == "degree":
        return np.bincount(edge_index[0], minlength=num_nodes).astype(np.float64)
    if num_nodes < 2 or edge_index.numel() == 0 or not state.pairs.dense:
        return None
    if name == "Fiedler vector":
        return fiedler_vector(edge_index, num_nodes).numpy()
    resistance = state.pairs.matrix(RESISTANCE, edits)
    finite = np.isfinite(resistance)
    total = np.sum(resistance, axis=1, where=finite, initial=0.0)
    return total / np.maximum(finite.sum(axis=1) - 1, 1)
