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
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.diagnostics.resistance.grounded_inverse import MOST_CONDITION
from workbench.rewiring.engine.edge_store import EdgeStore
from workbench.rewiring.engine.pseudo_inverse import (
    add_outer,
    between,
    check_dense,
    column,
    drift,
    exact_fall,
    mirror,
    pseudo_inverse,
    square,
    times,
)
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix

#: P is rebuilt from scratch after this many updates, or as soon as a probe shows this much error.
REBUILD_AFTER = 64
REBUILD_ABOVE = 1e-8
_PROBE_EVERY = 8

#: Nearer to a bridge (1 - w R is) than this times the ratio of the largest resistance to the
#: smallest, rounding takes too many digits; the graph itself is asked instead.
NEAR_BRIDGE = 4e-7


class ResistanceTracker:
    """Effective resistances of a graph that changes edge by edge, each edit in O(n^2).

    Holds P = L^+ as a float64 array on the CPU, of which only the upper triangle is in use. Edges
    are conductances; self-loops are dropped and repeats merged as in ``simple_graph``. Between
    components resistance is ``inf``. Every few edits a random probe measures the error of P, and P
    is rebuilt where it exceeds 1e-8, where resistances lay a factor of 1e6 apart since it was
    built, and after 64 edits in any case. While they do lie so far apart, as beside a weak link, P
    tells nothing of the small ones: then each edit takes O(n^3), resistances come from elimination
    without subtraction, and ``far_apart`` is true.

    Attributes:
        far_apart: whether resistances of one component lie so far apart.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes; isolated nodes are components of their own.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Raises:
        TooLargeError: more than ``MAX_NODES`` nodes; use ``approximate_total_resistance`` for the
            sum and ``resistance_of_pairs`` for pairs.
        ValueError: the graph is directed, a weight is negative, or those of a component span more
            than 140 orders of magnitude.
    """

    def __init__(
        self, edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
    ):
        check_dense(num_nodes, "ResistanceTracker")
        graph = simple_graph(edge_index, num_nodes, edge_weight)
        self.num_nodes = num_nodes
        self._edges = EdgeStore(graph)
        self._probe = np.random.default_rng(0).standard_normal(num_nodes)
        self._square: np.ndarray | None = None
        self._rebuild()

    @property
    def num_edges(self) -> int:
        """Number of undirected edges now."""
        return len(self._edges)

    @property
    def num_components(self) -> int:
        """Number of connected components now; an isolated node is one."""
        return np.unique(self.labels).size

    def has_edge(self, u: int, v: int) -> bool:
        """Whether the edge is there now."""
        return (min(u, v), max(u, v)) in self._edges

    def weight(self, u: int, v: int) -> float:
        """Conductance of the edge, 0 where there is none."""
        return self._edges.weight((min(u, v), max(u, v)))

    def edges(self) -> SimpleGraph:
        """The graph as it is now; edges in no particular order."""
        return self._edges.edges()

    def degree(self) -> Float64[Tensor, " nodes"]:
        """Sum of conductances at each node."""
        return torch.from_numpy(self._edges.degree())

    def copy(self) -> "ResistanceTracker":
        """An independent tracker in the same state."""
        other = copy.copy(self)
        other._edges = self._edges.copy()
        for name in ("labels", "inverse", "_square", "_strength"):
            setattr(other, name, copy.copy(getattr(self, name)))
        return other

    def add(self, u: int, v: int, weight: float = 1.0) -> None:
        """Add the edge (u, v) with a conductance.

        Raises:
            ValueError: it exists, ``u == v``, a node is out of range, or the weight is not positive
                and finite.
        """
        u, v = self._pair(u, v)
        if (u, v) in self._edges:
            raise ValueError(f"cannot add the edge ({u}, {v}): it is already there")
        if not 0 < weight < np.inf:
            raise ValueError(f"a conductance is positive and finite, got {weight}")
        self._edges.add((u, v), weight)
        self._strength[[u, v]] += weight
        if self.far_apart:
            self._rebuild()
            return
        k = column(self.inverse, u) - column(self.inverse, v)
        resistance = k[u] - k[v]
        if self.labels[u] == self.labels[v]:
            self._update(k, -0.5 * weight / (1.0 + weight * resistance) * k, None)
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
        if (u, v) not in self._edges:
            raise ValueError(f"cannot remove the edge ({u}, {v}): it is not there")
        weight, slack = self._edges.weight((u, v)), self.slack(u, v)
        self._edges.remove((u, v))
        self._strength[[u, v]] -= weight
        if self.far_apart:
            self._rebuild()
            return
        k = column(self.inverse, u) - column(self.inverse, v)
        if slack is not None:
            self._update(k, 0.5 * weight / slack * k, None)
            return
        labels = self._edges.components()
        if labels[u] == labels[v]:
            self._rebuild()
        else:
            self.labels[labels == labels[v]] = self.labels.max() + 1
            q = times(self.inverse, k)
            kk = k @ k
            self._update(k / kk, 0.5 * (k @ q) / kk * k - q, q / kk)

    def slack(self, u: int, v: int) -> float | None:
        """1 - w R of an edge, 0 for a bridge; None where rounding does not tell."""
        weight = self._edges.weight((min(u, v), max(u, v)))
        slack = 1.0 - weight * self.resistance_of(u, v)
        return slack if slack > NEAR_BRIDGE * self._ratio() else None

    def without(self, u: int, v: int) -> SimpleGraph:
        """The graph as it is now, but for one edge."""
        edges = self._edges.copy()
        edges.remove((min(u, v), max(u, v)))
        return edges.edges()

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
        if self.far_apart:
            return float(self._exact[u, v])
        return float(self.inverse[u, u] + self.inverse[v, v] - 2.0 * self.inverse[u, v])

    def resistance_to(self, v: int) -> np.ndarray:
        """Effective resistance of each node to one of its component; of others no number."""
        if self.far_apart:
            return self._exact[v]
        diagonal = np.diagonal(self.inverse)
        return diagonal + diagonal[v] - 2.0 * column(self.inverse, v)

    def resistance(self) -> PairMatrix:
        """Effective resistance of every pair, ``[nodes, nodes]``; ``inf`` between components."""
        if self.far_apart:
            return torch.from_numpy(self._exact.copy())
        return torch.from_numpy(between(self.inverse, self.labels, np.inf))

    def total_resistance(self, *, within_components: bool = False) -> float:
        """Sum of the resistance over unordered pairs, O(n).

        ``inf`` if the graph is disconnected, unless ``within_components``.
        """
        if not within_components and self.num_nodes and self.labels.min() != self.labels.max():
            return np.inf
        if self.far_apart:
            return 0.5 * float(np.where(np.isinf(self._exact), 0.0, self._exact).sum())
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
        if self.far_apart:
            return exact_fall(self.edges(), u, v, 1.0)
        k = column(self.inverse, u) - column(self.inverse, v)
        return float(self._sizes()[u] * (k @ k) / (1.0 + k[u] - k[v]))

    def gains(self) -> PairMatrix:
        """``gain`` of every pair, ``[nodes, nodes]``; 0 on the diagonal.

        The first call forms P^2 (O(n^3)); from then on it is kept up to date with P.

        Raises:
            ValueError: resistances lie too far apart (``far_apart``); ask ``gain`` pair by pair.
        """
        if self.far_apart:
            raise ValueError(
                f"resistances of this graph lie more than a factor of {MOST_CONDITION:.0g} apart "
                f"(conductances {self._edges.weights.min():g} to {self._edges.weights.max():g}), "
                "where the gains of all pairs lose their digits; ask gain(u, v) for the pairs that "
                "matter, or leave out the weakest edges"
            )
        gains = between(self.square(), self.labels, np.inf)
        gains /= 1.0 + between(self.inverse, self.labels, 0.0)
        return torch.from_numpy(gains * self._sizes())

    def square(self) -> np.ndarray:
        """P^2, upper triangle; formed at the first call and kept up to date from then on."""
        if self._square is None:
            self._square = square(mirror(self.inverse))
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
        self._peak = max(self._peak, float(np.diagonal(self.inverse).max()))
        self._updates += 1
        due = self._updates % _PROBE_EVERY == 0
        off = drift(self.inverse, self._edges, self.labels, self._probe) if due else 0.0
        if self._updates >= REBUILD_AFTER or off > REBUILD_ABOVE or self._has_lost_digits():
            self._rebuild()

    def _rebuild(self) -> None:
        self.labels = self._edges.components()
        self.inverse, self._strength = pseudo_inverse(self.edges()), self._edges.degree()
        self._peak = float(np.diagonal(self.inverse).max(initial=0.0))
        self.far_apart = self._has_lost_digits()
        self.__dict__.pop("_exact", None)
        if self._square is not None:
            self._square = square(self.inverse)
        self._updates = 0

    def _ratio(self) -> float:
        """Not below the largest resistance since P was built over the smallest there can be."""
        return 4.0 * self._peak * float(self._strength.max(initial=0.0))

    def _has_lost_digits(self) -> bool:
        """Whether P, exact beside the largest it has held, may be wrong of a small resistance."""
        if self._ratio() <= MOST_CONDITION:
            return False
        count = int(self.labels.max()) + 1
        peak, strength = np.zeros(count), np.zeros(count)
        np.maximum.at(peak, self.labels, np.diagonal(self.inverse))
        np.maximum.at(strength, self.labels, self._strength)
        # what was larger before the last edits is among all of them
        now = (4.0 * peak * strength > MOST_CONDITION).any()
        return bool(now or self._peak > peak.max())

    @cached_property
    def _exact(self) -> np.ndarray:
        """Resistances of all pairs, without subtraction."""
        return all_pairs(self.edges()).numpy()

    def _sizes(self) -> np.ndarray:
        """Number of nodes in the component of each node."""
        return np.bincount(self.labels)[self.labels].astype(np.float64)

    def _pair(self, u: int, v: int) -> tuple[int, int]:
        if u == v or not (0 <= u < self.num_nodes and 0 <= v < self.num_nodes):
            raise ValueError(
                f"got nodes {u} and {v}; it takes two different nodes of 0 to {self.num_nodes - 1}"
            )
        return (int(u), int(v)) if u < v else (int(v), int(u))
