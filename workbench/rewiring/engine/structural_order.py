"""Which of several equally good edges comes first, whatever the numbers of the nodes."""

from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int64

from workbench.diagnostics.structure.canonical_order import canonical_order
from workbench.ties import levels
from workbench.topology import SimpleGraph


class StructuralOrder:
    """An order of the pairs of nodes of a graph, by where they are in it.

    Pairs are compared by the lower place of their two ends in ``canonical_order``, then by the
    higher one. A method that chooses by scores, and the first of equal scores by this order of the
    graph it started from, makes the same choices under any numbering, up to a symmetry of that
    graph. The order is found when it is first asked for, since most choices need none.

    Args:
        graph: the graph before any edit; its weights count.
        values: a number for each node that a symmetry has to keep; nodes of lower values come
            first.
    """

    def __init__(self, graph: SimpleGraph, values: np.ndarray | None = None):
        self._graph, self._values = graph, values

    @cached_property
    def place(self) -> Int64[np.ndarray, " nodes"]:
        """The place of each node."""
        labels = None if self._values is None else torch.from_numpy(levels(self._values))
        return canonical_order(self._graph, labels).numpy()

    def keys(self, u: np.ndarray, v: np.ndarray) -> Int64[np.ndarray, " pairs"]:
        """A number for each pair (u, v) that grows in the order of the pairs."""
        one, other = self.place[u], self.place[v]
        return np.minimum(one, other) * self._graph.num_nodes + np.maximum(one, other)

    def first(self, u: np.ndarray, v: np.ndarray) -> int:
        """Where the first of the pairs (u, v) stands."""
        return int(self.keys(u, v).argmin())
