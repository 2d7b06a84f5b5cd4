"""The edges of a graph in arrays that grow and shrink edge by edge."""

import copy

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from workbench.topology import SimpleGraph


class EdgeStore:
    """Undirected edges (u, v), u < v, with conductances; each edit takes constant time.

    Args:
        graph: the edges to start with.
    """

    def __init__(self, graph: SimpleGraph):
        self.num_nodes = graph.num_nodes
        self._ends = np.stack(graph.ends)
        self._weight = graph.weight.cpu().numpy()
        self._place = {pair: at for at, pair in enumerate(zip(*self._ends.tolist(), strict=True))}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, pair: tuple[int, int]) -> bool:
        return pair in self._place

    @property
    def ends(self) -> np.ndarray:
        """``[2, edges]``, a view; edges in no particular order."""
        return self._ends[:, : len(self)]

    @property
    def weights(self) -> np.ndarray:
        """``[edges]``, a view."""
        return self._weight[: len(self)]

    def weight(self, pair: tuple[int, int]) -> float:
        """Conductance of an edge, 0 where there is none."""
        at = self._place.get(pair)
        return 0.0 if at is None else float(self._weight[at])

    def copy(self) -> "EdgeStore":
        """An independent store of the same edges."""
        other = copy.copy(self)
        other._ends, other._weight = self._ends.copy(), self._weight.copy()
        other._place = self._place.copy()
        return other

    def add(self, pair: tuple[int, int], weight: float) -> None:
        """Add an edge that is not there."""
        at = len(self)
        if at == self._weight.size:
            room = max(16, at)
            self._ends = np.concatenate([self._ends, np.zeros((2, room), np.int64)], axis=1)
            self._weight = np.concatenate([self._weight, np.zeros(room)])
        self._ends[:, at], self._weight[at] = pair, weight
        self._place[pair] = at

    def remove(self, pair: tuple[int, int]) -> None:
        """Take an edge out; the last edge moves into its place."""
        at, last = self._place.pop(pair), len(self)
        if at != last:
            self._ends[:, at], self._weight[at] = self._ends[:, last], self._weight[last]
            self._place[tuple(self._ends[:, at].tolist())] = at

    def edges(self) -> SimpleGraph:
        """The graph as it is now; a copy."""
        source, target = torch.from_numpy(self.ends.copy())
        weight = torch.from_numpy(self.weights.copy())
        return SimpleGraph(source, target, weight, self.num_nodes)

    def degree(self) -> np.ndarray:
        """Sum of conductances at each node, ``[nodes]``."""
        twice = np.concatenate([self.weights, self.weights])
        degree = np.bincount(self.ends.ravel(), twice, self.num_nodes)
        return degree.astype(np.float64)  # of no edges at all, bincount makes integers

    def components(self) -> np.ndarray:
        """The number of the component of each node, ``[nodes]``, from 0."""
        if self.num_nodes == 0:
            return np.zeros(0, dtype=np.int64)
        shape = (self.num_nodes, self.num_nodes)
        graph = csr_array((np.ones(len(self), np.int8), tuple(self.ends)), shape=shape)
        return connected_components(graph, directed=False)[1].astype(np.int64)

    def laplacian_times(self, vector: np.ndarray) -> np.ndarray:
        """L x, ``[nodes]``."""
        source, target = self.ends
        flow = self.weights * (vector[source] - vector[target])
        size = self.num_nodes
        return np.bincount(source, flow, size) - np.bincount(target, flow, size)
