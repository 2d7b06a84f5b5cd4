"""What the color of a node can show, before and after any edits of one graph."""

import numpy as np
from torch import Tensor

from workbench.diagnostics import fiedler_vector
from workbench.rewiring.tape.node_pairs import RESISTANCE
from workbench.widgets.rewiring.moment import Moment

#: Name -> (unit, meaning) of what the color of a node can show.
COLORINGS = {
    "mean resistance": ("ohm", "Mean effective resistance to the other nodes; high = far away."),
    "degree": ("edges", "Number of neighbors."),
    "Fiedler vector": ("", "Which side of the worst cut a node is on, and how far."),
    "class": ("", "The label of the node, where the graph has labels."),
}


def colorings(moment: Moment, name: str) -> np.ndarray | None:
    """One of ``COLORINGS`` on the original graph and at the position, ``[2, nodes]``.

    None where it has no meaning: no labels, no edges, or too many nodes.
    """
    start = moment.start
    sides = ((), start.edge_index, start.edge_weight), (moment.in_force, *moment.columns)
    values = [_coloring(moment, name, *side) for side in sides]
    return None if any(side is None for side in values) else np.stack(values)


def _coloring(
    moment: Moment, name: str, edits: tuple, edge_index: Tensor, weight: Tensor | None
) -> np.ndarray | None:
    start = moment.start
    num_nodes = start.num_nodes
    if name == "class":
        y = getattr(start.graph, "y", None)
        fits = y is not None and y.dim() == 1 and y.size(0) == num_nodes
        return y.cpu().numpy().astype(np.float64) if fits else None
    if name == "degree":
        return np.bincount(edge_index[0], minlength=num_nodes).astype(np.float64)
    if num_nodes < 2 or edge_index.numel() == 0 or not start.pairs.dense:
        return None
    if name == "Fiedler vector":
        return fiedler_vector(edge_index, num_nodes, weight).numpy()
    resistance = start.pairs.matrix(RESISTANCE, edits)
    finite = np.isfinite(resistance)
    total = np.sum(resistance, axis=1, where=finite, initial=0.0)
    return total / np.maximum(finite.sum(axis=1) - 1, 1)
