"""The pseudo-inverse of a Laplacian, kept up to date while edges come and go.

An edit of the graph changes the Laplacian by one rank, so its pseudo-inverse P = L^+ changes by at
most two, and an edit costs O(n^2) instead of O(n^3). With x = e_u - e_v, k = P x, R = x^T k:

    inside a component      P' = P - c k k^T,               c = w / (1 + w R), -w / (1 - w R)
    joining two components  P' = P - (k h^T + h k^T) + (1/w + R) h h^T,    h = (I - L P) x / |.|^2
    cutting a bridge        P' = P - (k q^T + q k^T)/|k|^2 + (k . q) k k^T/|k|^4,          q = P k

(Sherman and Morrison 1950; Meyer, Generalized inversion of modified matrices, SIAM J. Appl. Math.
24, 1973, for the other two.) Every case has the form P' = P + a b^T + b a^T.
"""

import copy

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from workbench.graphs.edges import UndirectedEdges, undirected_edges
from workbench.rewiring.pseudo_inverse import (
    add_outer,
    check_dense,
    column,
    mirrored,
    pseudo_inverse,
    squared,
    times,
)
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix

#: P is rebuilt from scratch after this many updates, or as soon as a probe shows this much error.
REBUILD_AFTER = 64
REBUILD_ABOVE = 1e-8
_PROBE_EVERY = 8

#: Nearer to a bridge than this (1 - w R), rounding decides; the graph itself is asked instead.
NEAR_BRIDGE = 1e-6


class ResistanceTracker:
    """Effective resistances of a graph that changes edge by edge, each edit in O(n^2).

    Holds P = L^+ as a float64 array on the CPU, of which only the upper triangle is in use. Edges
    are conductances; self-loops are dropped and repeats merged as in ``undirected_edges``. Between
    components resistance is ``inf``. Every few edits a random probe measures the error of P, and P
    is rebuilt where it exceeds 1e-8, and after 64 edits in any case.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes; isolated nodes are components of their own.
        edge_weight: conductances ``[edges]``; 1 where not given.

    Raises:
        TooLargeError: more than ``MAX_NODES`` nodes; use ``approximate_total_resistance`` for the
            sum and ``resistance_of_pairs`` for pairs.
        ValueError: the graph is directed, or a weight is negative.
    """

    def __init__(
        self, edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
    ):
        check_dense(num_nodes, "ResistanceTracker")
        graph = undirected_edges(edge_index, num_nodes, edge_weight)
        self.num_nodes = num_nodes
        self._ends = np.stack([graph.source.cpu().numpy(), graph.target.cpu().numpy()])
        self._weight = graph.weight.cpu().numpy()
        self._place = {pair: at for at, pair in enumerate(zip(*self._ends.tolist(), strict=True))}
        self._probe = np.random.default_rng(0).standard_normal(num_nodes)
        self._square: np.ndarray | None = None
        self._rebuild()

    @property
    def num_edges(self) -> int:
        """Number of undirected edges now."""
        return len(self._place)

    @property
    def num_components(self) -> int:
        """Number of connected components now; an isolated node is one."""
        return np.unique(self.labels).size

    def has_edge(self, u: int, v: int) -> bool:
        """Whether the edge is there now."""
        return (min(u, v), max(u, v)) in self._place

    def weight(self, u: int, v: int) -> float:
        """Conductance of the edge, 0 where there is none."""
        at = self._place.get((min(u, v), max(u, v)))
        return 0.0 if at is None else float(self._weight[at])

    def edges(self) -> UndirectedEdges:
        """The graph as it is now; edges in no particular order."""
        size = self.num_edges
        source, target = torch.from_numpy(self._ends[:, :size].copy())
        return UndirectedEdges(
            source, target, torch.from_numpy(self._weight[:size].copy()), self.num_nodes
        )

    def degree(self) -> Float64[Tensor, " nodes"]:
        """Sum of conductances at each node."""
        return torch.from_numpy(self._degree())

    def copy(self) -> "ResistanceTracker":
        """An independent tracker in the same state."""
        other = copy.copy(self)
        for name in ("_ends", "_weight", "_place", "labels", "inverse", "_square"):
            value = getattr(self, name)
            setattr(other, name, value if value is None else value.copy())
        return other

    def add(self, u: int, v: int, weight: float = 1.0) -> None:
        """Add the edge (u, v) with a conductance.

        Raises:
            ValueError: it exists, ``u == v``, a node is out of range, or the weight is not positive
                and finite.
        """
        u, v = self._pair(u, v)
        if (u, v) in self._place:
            raise ValueError(f"cannot add the edge ({u}, {v}): it is already there")
        if not 0 < weight < np.inf:
            raise ValueError(f"a conductance is positive and finite, got {weight}")
        at = len(self._place)
        if at == self._weight.size:
            room = max(16, at)
            self._ends = np.concatenate([self._ends, np.zeros((2, room), np.int64)], axis=1)
            self._weight = np.concatenate([self._weight, np.zeros(room)])
        self._ends[:, at], self._weight[at] = (u, v), weight
        self._place[u, v] = at
        k = column(self.inverse, u) - column(self.inverse, v)
        resistance = k[u] - k[v]
        if self.labels[u] == self.labels[v]:
            c = weight / (1.0 + weight * resistance)
            self._update(k, -0.5 * c * k, None)
            return
        first, second = self.labels == self.labels[u], self.labels == self.labels[v]
        h = first / first.sum() - second / second.sum()
        h /= 1.0 / first.sum() + 1.0 / second.sum()
        self.labels[second] = self.labels[u]
        self._update(h, 0.5 * (1.0 / weight + resistance) * h - k, np.zeros_like(h))

    def remove(self, u: int, v: int) -> None:
        """Remove the edge (u, v).

        Raises:
            ValueError: it is not there.
        """
        u, v = self._pair(u, v)
        if (u, v) not in self._place:
            raise ValueError(f"cannot remove the edge ({u}, {v}): it is not there")
        k = column(self.inverse, u) - column(self.inverse, v)
        weight = self._weight[self._place[u, v]]
        slack = 1.0 - weight * (k[u] - k[v])
        self._drop(u, v)
        if slack > NEAR_BRIDGE:
            self._update(k, 0.5 * weight / slack * k, None)
        elif self._connected(u, v):
            self._rebuild()
        else:
            # The potential k is constant on either side of a bridge, and 1/w higher on u's.
            side = (self.labels == self.labels[u]) & (k - k[v] < 0.5 / weight)
            self.labels[side] = self.labels.max() + 1
            q = times(self.inverse, k)
            kk = k @ k
            self._update(k / kk, 0.5 * (k @ q) / kk * k - q, q / kk)

    def resistance_of(self, u: int, v: int) -> float:
        """Effective resistance of one pair, O(1); ``inf`` between components.

        Raises:
            ValueError: a node is out of range.
        """
        if u == v and 0 <= u < self.num_nodes:
            return 0.0
        u, v = self._pair(u, v)
        if self.labels[u] != self.labels[v]:
            return np.inf
        p = self.inverse
        return float(p[u, u] + p[v, v] - 2.0 * p[u, v])

    def resistance(self) -> PairMatrix:
        """Effective resistance of every pair, ``[nodes, nodes]``; ``inf`` between components."""
        return torch.from_numpy(self._between(self.inverse, np.inf))

    def total_resistance(self, *, within_components: bool = False) -> float:
        """Sum of the resistance over unordered pairs, O(n).

        ``inf`` if the graph is disconnected, unless ``within_components``.
        """
        if not within_components and self.num_nodes and self.labels.min() != self.labels.max():
            return np.inf
        return float(self._sizes() @ np.diagonal(self.inverse))

    def gain(self, u: int, v: int) -> float:
        """How much a unit edge (u, v) would lower the total resistance, exactly, in O(n).

            n B^2 / (1 + R),   B^2 = |P (e_u - e_v)|^2,   n = nodes of the component

        ``inf`` between components, where it makes infinite resistances finite.

        Raises:
            ValueError: ``u == v`` or a node is out of range.
        """
        u, v = self._pair(u, v)
        if self.labels[u] != self.labels[v]:
            return np.inf
        k = column(self.inverse, u) - column(self.inverse, v)
        return float(self._sizes()[u] * (k @ k) / (1.0 + k[u] - k[v]))

    def gains(self) -> PairMatrix:
        """``gain`` of every pair, ``[nodes, nodes]``; 0 on the diagonal.

        The first call forms P^2 (O(n^3)); from then on it is kept up to date with P.
        """
        gains = self._between(self.square(), np.inf)
        gains /= 1.0 + self._between(self.inverse, 0.0)
        return torch.from_numpy(gains * self._sizes())

    def square(self) -> np.ndarray:
        """P^2, upper triangle; formed at the first call and kept up to date from then on."""
        if self._square is None:
            self._square = squared(mirrored(self.inverse))
        return self._square

    def times(self, vector: np.ndarray) -> np.ndarray:
        """P times a vector."""
        return times(self.inverse, vector)

    def _update(self, a: np.ndarray, b: np.ndarray, inverse_a: np.ndarray | None) -> None:
        """P += a b^T + b a^T, and P^2 with it; ``inverse_a`` is P a where it is known."""
        if self._square is not None:
            pa = times(self.inverse, a) if inverse_a is None else inverse_a
            pb = times(self.inverse, b)
            ab = 0.5 * (a @ b)
            add_outer(self._square, a, pb + ab * b + 0.5 * (b @ b) * a)
            add_outer(self._square, b, pa + ab * a + 0.5 * (a @ a) * b)
        add_outer(self.inverse, a, b)
        self._updates += 1
        if self._updates >= REBUILD_AFTER or (
            self._updates % _PROBE_EVERY == 0 and self._error() > REBUILD_ABOVE
        ):
            self._rebuild()

    def _error(self) -> float:
        """The larger of |L P g - g| / |g| and |mean of P g| / |P g|, for a random g of mean 0."""
        sizes = np.bincount(self.labels)
        sizes[sizes == 0] = 1
        g = self._probe - (np.bincount(self.labels, self._probe) / sizes)[self.labels]
        z = times(self.inverse, g)
        (source, target), weight = self._ends[:, : self.num_edges], self._weight[: self.num_edges]
        flow = weight * (z[source] - z[target])
        back = np.bincount(source, flow, self.num_nodes) - np.bincount(target, flow, self.num_nodes)
        mean = np.bincount(self.labels, z) / sizes
        tiny = np.finfo(float).tiny
        return max(
            np.linalg.norm(back - g) / (np.linalg.norm(g) + tiny),
            np.linalg.norm(mean[self.labels]) / (np.linalg.norm(z) + tiny),
        )

    def _rebuild(self) -> None:
        self.labels = self._components()
        self.inverse = pseudo_inverse(self.edges(), self.labels)
        if self._square is not None:
            self._square = squared(self.inverse)
        self._updates = 0

    def _components(self) -> np.ndarray:
        source, target = self._ends[:, : self.num_edges]
        if self.num_nodes == 0:
            return np.zeros(0, dtype=np.int64)
        shape = (self.num_nodes, self.num_nodes)
        graph = csr_array((np.ones(source.size, np.int8), (source, target)), shape=shape)
        return connected_components(graph, directed=False)[1].astype(np.int64)

    def _connected(self, u: int, v: int) -> bool:
        labels = self._components()
        return bool(labels[u] == labels[v])

    def _sizes(self) -> np.ndarray:
        """Number of nodes in the component of each node."""
        return np.bincount(self.labels)[self.labels].astype(np.float64)

    def _degree(self) -> np.ndarray:
        ends, weight = self._ends[:, : self.num_edges], self._weight[: self.num_edges]
        degree = np.bincount(ends.ravel(), np.concatenate([weight, weight]), self.num_nodes)
        return degree.astype(np.float64)  # of no edges at all, bincount makes integers

    def _between(self, matrix: np.ndarray, elsewhere: float) -> np.ndarray:
        """M_uu + M_vv - 2 M_uv from an upper triangle; ``elsewhere`` between components."""
        diagonal = np.diagonal(matrix).copy()
        full = np.triu(matrix, 1)
        full += full.T
        full *= -2.0
        full += diagonal
        full += diagonal[:, None]
        np.maximum(full, 0.0, out=full)
        np.fill_diagonal(full, 0.0)
        if self.num_nodes and self.labels.min() != self.labels.max():
            full[self.labels[:, None] != self.labels] = elsewhere
        return full

    def _pair(self, u: int, v: int) -> tuple[int, int]:
        if u == v or not (0 <= u < self.num_nodes and 0 <= v < self.num_nodes):
            raise ValueError(
                f"got nodes {u} and {v}; it takes two different nodes of 0 to {self.num_nodes - 1}"
            )
        return (int(u), int(v)) if u < v else (int(v), int(u))

    def _drop(self, u: int, v: int) -> None:
        """Take the edge out of the list; the last edge moves into its place."""
        at, last = self._place.pop((u, v)), len(self._place)
        if at != last:
            self._ends[:, at], self._weight[at] = self._ends[:, last], self._weight[last]
            self._place[tuple(self._ends[:, at].tolist())] = at
