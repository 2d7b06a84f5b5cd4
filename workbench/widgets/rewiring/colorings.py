"""What the color of a node can show, before and after any edits of one graph."""

from dataclasses import dataclass

import numpy as np

from workbench.diagnostics import TooLargeError
from workbench.rewiring.tape.node_values import FIEDLER, MEAN_RESISTANCE
from workbench.widgets.lab.worker import ShouldStop
from workbench.widgets.rewiring.moment import Moment

#: Name -> (unit, meaning) of what the color of a node can show.
COLORINGS = {
    MEAN_RESISTANCE: (
        "ohm",
        "Mean effective resistance to the other nodes of its component; high = far away.",
    ),
    "degree": ("edges", "Number of neighbors."),
    FIEDLER: (
        "",
        "Which side of the worst cut of its component a node is on, and how far, where the mean "
        "square is 1.",
    ),
    "class": ("", "The label of the node, where the graph has labels."),
}


@dataclass(frozen=True)
class Coloring:
    """The values of the nodes on the original graph and at the position, and what they are.

    Attributes:
        values: ``[2, nodes]``; None where there are none.
        label: what they are, with their unit; or why there are none.
    """

    values: np.ndarray | None
    label: str


def coloring(moment: Moment, name: str, should_stop: ShouldStop | None = None) -> Coloring:
    """One of ``COLORINGS`` at a moment.

    Raises:
        Stopped: ``should_stop`` returned True.
    """
    start = moment.start
    label = with_unit(name, COLORINGS)
    if name == "class":
        y = getattr(start.graph, "y", None)
        if y is None or y.dim() != 1 or y.size(0) != start.num_nodes:
            return Coloring(None, "no class: the nodes of this graph have no labels")
        return Coloring(np.stack(2 * [y.cpu().numpy().astype(np.float64)]), label)
    if name == "degree":
        sides = (start.edge_index, moment.edge_index)
        degree = [np.bincount(side[0], minlength=start.num_nodes) for side in sides]
        return Coloring(np.stack(degree).astype(np.float64), label)
    try:
        sides = [start.values.measure(name, edits, should_stop) for edits in ((), moment.in_force)]
    except TooLargeError as error:
        return Coloring(None, f"{name} is not shown: {error}")
    values = np.stack(sides)
    if np.isnan(values).all():
        return Coloring(None, f"no {name}: no node has an edge")
    if moment.disconnected:
        label += ", within components"
    return Coloring(values, label + "; gray: no edge" * bool(np.isnan(values).any()))


def with_unit(name: str, table: dict[str, tuple[str, str]]) -> str:
    """``name (unit)``."""
    unit = table[name][0]
    return f"{name} ({unit})" if unit else name
