"""A graph whose edges come and go, for methods that look at it anew between their edits."""

import numpy as np
import torch

from workbench.topology import SimpleGraph


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
        keys = source * size + target
        last = {(u, v): sign for sign, u, v in self.edits[since:]}  # of two edits the later counts
        for sign in (1, -1):
            ends = [pair for pair, one in last.items() if one == sign]
            u, v = np.array(ends, dtype=np.int64).reshape(-1, 2).T
            keys = (np.union1d if sign > 0 else np.setdiff1d)(keys, u * size + v)
        ends = (torch.from_numpy(part) for part in (keys // size, keys % size))
        weight = torch.ones(keys.size, dtype=torch.float64)
        self.graph = SimpleGraph(*ends, weight, self.graph.num_nodes)
