"""A graph whose edges come and go, for methods that look at it anew between their edits."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.rewiring.presence import difference
from workbench.topology import SimpleGraph
from workbench.typing import EdgeIndex


class EdgeSet:
    """The edits that were made to a graph, and the graph that they make."""

    def __init__(self, graph: SimpleGraph):
        self.graph = graph
        self.edits: list[tuple[int, int, int]] = []
        self.score: list[float] = []
        self.num_tied: list[int] = []

    def edit(self, sign: int, u: int, v: int, score: float = np.nan, num_tied: int = 1) -> None:
        """Note that an edge is added (+1) or removed (-1); ``renew`` makes the graph."""
        self.edits.append((sign, min(u, v), max(u, v)))
        self.score.append(score)
        self.num_tied.append(num_tied)

    def forget(self, since: int) -> None:
        """Take back the edits from number ``since`` on, before they are in the graph."""
        for noted in (self.edits, self.score, self.num_tied):
            del noted[since:]

    def renew(self, since: int) -> None:
        """Make the graph with the edits from number ``since`` on."""
        size = max(self.graph.num_nodes, 1)
        source, target = self.graph.ends
        edits = np.array(self.edits[since:], dtype=np.int64).reshape(-1, 3).T
        keys = source * size + target
        gone, new = difference(keys, size, edits)
        keys = np.union1d(np.setdiff1d(keys, gone), new)
        ends = (torch.from_numpy(part) for part in (keys // size, keys % size))
        weight = torch.ones(keys.size, dtype=torch.float64)
        self.graph = SimpleGraph(*ends, weight, self.graph.num_nodes)


def of_undirected(
    graph: SimpleGraph, curvature: Callable[[EdgeIndex, int], Tensor]
) -> Float64[np.ndarray, " undirected"]:
    """A curvature of the columns of an ``edge_index``, once for each undirected edge."""
    edge_index = graph.edge_index()
    return curvature(edge_index, graph.num_nodes).numpy()[(edge_index[0] < edge_index[1]).numpy()]


def batch_of(room: int, batch_add: int, batch_remove: int) -> tuple[int, int]:
    """How many edges a batch may add and remove where ``room`` are left to add.

    A last batch that is not full removes no more than it may add.
    """
    count = min(batch_add, room)
    return count, batch_remove if count == batch_add else min(batch_remove, count)
