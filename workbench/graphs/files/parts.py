"""What every reader of a file fills: the graph as the file says it, before anything is decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: One value for each edge or node, None (or nan) where the file has none.
Values = Sequence[Any] | np.ndarray


@dataclass
class Guess:
    """How a reader took the layout of a file, and between what it chose; a lab offers the same.

    Attributes:
        columns: names of the columns of a table.
        source, target: the columns that were taken for the ends of the edges.
        header: whether the first line of a table was taken for the names of its columns; None where
            the question does not arise.
        weight: the edge attribute that became the conductance; ``build`` fills it in.
        graphs: how many graphs the file holds.
    """

    columns: list[str] = field(default_factory=list)
    source: str | None = None
    target: str | None = None
    header: bool | None = None
    weight: str | None = None
    graphs: int = 1


@dataclass
class GraphParts:
    """Edges, names and attributes under the file's own names; ``build`` makes the ``Data`` of them.

    Attributes:
        source, target: the ends of each edge, numbers from 0 to ``num_nodes - 1``.
        num_nodes: isolated nodes count.
        ids: what the file calls its nodes; None for 0, 1, 2, ...
        directed: what the file says; None where it says nothing.
        arcs_because: why edges are taken for arcs, where this is worth a note.
        one_way: which edges are arcs, where a directed graph has edges of both kinds.
        edges: attributes of the edges by name, in the order of the edges.
        nodes: attributes of the nodes by name, in the order of the nodes; where names are those of
            a ``Data``, also what is as it is: a text, a number, masks.
        graph: attributes of the whole graph by name.
        data_names: whether the names of attributes are those of a ``Data`` already.
        y_down: whether places count y downwards, as screens do.
        line_of: the line of an edge in the file, for messages.
        notes: what was guessed or left out so far, a clause each.
        guess: the layout, and what else it might be.
    """

    source: np.ndarray
    target: np.ndarray
    num_nodes: int
    ids: list[str] | None = None
    directed: bool | None = None
    arcs_because: str | None = None
    one_way: np.ndarray | None = None
    edges: dict[str, Values] = field(default_factory=dict)
    nodes: dict[str, Values] = field(default_factory=dict)
    graph: dict[str, Any] = field(default_factory=dict)
    data_names: bool = False
    y_down: bool = False
    line_of: Callable[[int], int] | None = None
    notes: list[str] = field(default_factory=list)
    guess: Guess = field(default_factory=Guess)


def gather_attributes(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """One dict of attributes for each edge or node as one list for each attribute."""
    found: dict[str, list[Any]] = {}
    for at, row in enumerate(rows):
        for key, value in row.items():
            if key not in found:
                found[key] = [None] * len(rows)
            found[key][at] = value
    return found
