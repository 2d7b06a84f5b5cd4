"""Balanced Forman curvature of every edge, kept up to date while edges come and go."""

from typing import Literal

import numpy as np
import torch

from workbench.rewiring.declaration import Ranking, check_edit, check_num_edges, check_variant
from workbench.rewiring.engine.curvature_kernels import affected_edges, curvatures, improvements
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import best_first, largest, smallest
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


class CurvatureState:
    """A simple graph as sorted neighbor lists, with the curvature of each: the ``Greedy`` of SDRF.

    An edit recomputes only the edges whose curvature it can change: those between a neighbor of
    one end and a neighbor of the other, ends included. Curvatures are as in
    ``diagnostics.balanced_forman``, in both variants; ``sdrf`` says what the arguments mean.
    """

    def __init__(
        self,
        edge_index: EdgeIndex,
        num_nodes: int,
        *,
        variant: Literal["paper", "official"] = "paper",
        candidates: Literal["ball", "neighbors"] = "ball",
    ):
        check_variant(variant)
        if candidates not in ("ball", "neighbors"):
            raise ValueError(f"candidates must be 'ball' or 'neighbors', got {candidates!r}")
        self.official, self.ball = variant == "official", candidates == "ball"
        self.graph = graph = simple_graph(edge_index, num_nodes)
        self._device, self.order = edge_index.device, StructuralOrder(graph)
        self.num_nodes, size = graph.num_nodes, graph.num_edges
        self.source, self.target = (end.copy() for end in graph.ends)
        self.alive = np.ones(size, dtype=bool)
        self.curvature = np.zeros(size)
        self.start, self.neighbor, self.edge, _ = (array.copy() for array in graph.neighbors)
        self.mark = np.zeros(self.num_nodes, dtype=np.uint8)
        self._refresh(np.arange(size))

    def lowest(self) -> tuple[int, int]:
        """An edge of least curvature, and how many have it: the first in structural order."""
        return self._first(smallest(np.where(self.alive, self.curvature, np.inf), scale=1.0))

    def highest(self) -> tuple[int, int]:
        """An edge of largest curvature, and how many have it: the first in structural order."""
        return self._first(largest(np.where(self.alive, self.curvature, -np.inf), scale=1.0))

    def _first(self, edges: np.ndarray) -> tuple[int, int]:
        if edges.size == 1:
            return int(edges[0]), 1
        return int(edges[self.order.first(self.source[edges], self.target[edges])]), edges.size

    def propose(self, count: int) -> Ranking:
        """The candidates for the edge of least curvature that raise its curvature most.

        The score is the rise. The first pair is the one that ``sdrf`` adds next with tau = inf.
        There may be fewer than ``count``: only pairs near the one edge are candidates. Where
        several edges have the least curvature, they are those of the first in ``canonical_order``.
        """
        check_num_edges(count)
        pairs, rise = np.zeros((2, 0), dtype=np.int64), np.zeros(0)
        if self.alive.any():
            pairs, rise = self.candidates(self.lowest()[0])
            # Of a pair that comes twice, the larger rise counts.
            keys = self.order.keys(*pairs)
            order = np.lexsort((-rise, keys))
            order = order[np.unique(keys[order], return_index=True)[1]]
            pairs, rise = pairs[:, order], rise[order]
        chosen = best_first(rise, scale=1.0)[:count]
        found = torch.from_numpy(pairs[:, chosen]), torch.from_numpy(rise[chosen])
        return Ranking.on(self._device, *found)

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add (+1) or remove (-1) an edge.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        u, v = min(u, v), max(u, v)
        edge = np.flatnonzero(self.alive & (self.source == u) & (self.target == v))
        check_edit(sign, u, v, edge.size > 0, self.num_nodes)
        if sign > 0:
            self.add(u, v)
        else:
            self.remove(int(edge[0]))

    def candidates(self, edge: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs [2, k] that may be joined to relieve an edge, and what each does to its curvature.

        One node of a pair is near the edge's source, the other near its target: neighbors, and in
        the ball the two ends themselves. Pairs come as (smaller, larger), some twice.
        """
        pairs, change = improvements(
            self.source[edge],
            self.target[edge],
            self.start,
            self.neighbor,
            self.mark,
            self.official,
            self.ball,
        )
        return np.stack([pairs.min(axis=1), pairs.max(axis=1)]), change

    def add(self, u: int, v: int) -> None:
        """Add the edge (u, v), u < v."""
        number = self.source.size
        self.source, self.target = np.append(self.source, u), np.append(self.target, v)
        self.alive, self.curvature = np.append(self.alive, True), np.append(self.curvature, 0.0)
        places = [self._place(u, v), self._place(v, u)]
        self.neighbor = np.insert(self.neighbor, places, [v, u])
        self.edge = np.insert(self.edge, places, number)
        self.start[u + 1 :] += 1
        self.start[v + 1 :] += 1
        self._refresh(self._affected_edges(u, v))

    def remove(self, edge: int) -> None:
        """Remove an edge by its number."""
        u, v = int(self.source[edge]), int(self.target[edge])
        affected = self._affected_edges(u, v)
        places = [self._place(u, v), self._place(v, u)]
        self.neighbor = np.delete(self.neighbor, places)
        self.edge = np.delete(self.edge, places)
        self.start[u + 1 :] -= 1
        self.start[v + 1 :] -= 1
        self.alive[edge] = False
        self._refresh(affected[affected != edge])

    def _affected_edges(self, u: int, v: int) -> np.ndarray:
        seen = np.zeros(self.source.size, dtype=np.uint8)
        return affected_edges(u, v, self.start, self.neighbor, self.edge, self.mark, seen)

    def _place(self, u: int, v: int) -> int:
        low, high = self.start[u], self.start[u + 1]
        return int(low + np.searchsorted(self.neighbor[low:high], v))

    def _refresh(self, edges: np.ndarray) -> None:
        curvatures(
            edges,
            self.source,
            self.target,
            self.start,
            self.neighbor,
            self.mark,
            self.official,
            self.curvature,
        )
