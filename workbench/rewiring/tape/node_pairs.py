"""Matrices over pairs of nodes, and what an edge would do, after any edits of one graph."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.diagnostics import TooLargeError, hop_distance
from workbench.diagnostics.resistance.resistance_among import resistance_among
from workbench.rewiring import Edit, ResistanceTracker, WhatIf, what_if
from workbench.rewiring.engine.fiedler import slowest_modes_of
from workbench.rewiring.tape.edit import edit_rows
from workbench.rewiring.tape.edited import edit_columns
from workbench.rewiring.tape.large_profile import own_weights
from workbench.rewiring.tape.profile import DENSE_NODES
from workbench.topology import simple_graph

#: Above ``DENSE_NODES`` and up to this many nodes, a matrix among landmarks is drawn.
LANDMARK_NODES = 20_000
LANDMARKS = 200

#: A fresh factorization costs about as much as this many edits.
REBUILD_STEPS = 40

RESISTANCE = "effective resistance"

#: Name -> (unit, meaning) of the matrices over pairs of nodes.
MATRICES = {
    RESISTANCE: ("ohm", "How hard it is to get from one node to another: all paths count."),
    "commute time": (
        "steps",
        "Expected steps of a random walk from one node to the other and back.",
    ),
    "hop distance": ("hops", "Length of the shortest path."),
    "gain of an edge": (
        "ohm",
        "How much the total resistance would drop if this pair were joined; 0 for edges.",
    ),
}


class NodePairs:
    """What is known of the pairs of nodes of one graph after its edits; the last answers are kept.

    Args:
        edge_index: the graph before its edits, both directions.
        num_nodes: number of nodes.
        edge_weight: conductances of its columns; 1 where not given, and of new edges.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None):
        self._edge_weight = edge_weight
        self._own = own_weights(simple_graph(edge_index, num_nodes, edge_weight))
        self._edge_index, self._num_nodes = edge_index, num_nodes
        self._lock = threading.RLock()
        self._moving: tuple[ResistanceTracker, tuple[Edit, ...]] | None = None
        self._modes: tuple[tuple[Edit, ...], float, Tensor] | None = None
        self._kept: list[tuple[str, tuple[Edit, ...], np.ndarray]] = []
        self._among: np.ndarray | None = None

    @property
    def dense(self) -> bool:
        """True where matrices of all pairs are held."""
        return self._num_nodes <= DENSE_NODES

    def too_large_text(self) -> str:
        """Why no matrix of all pairs is drawn."""
        return (
            f"{self._num_nodes:,} nodes: a matrix of all pairs would need "
            f"{8e-9 * self._num_nodes**2:.1f} GB and is not drawn; resistance_of_pairs answers for "
            "the pairs that matter"
        )

    def matrix(self, name: str, edits: Sequence[Edit] = ()) -> np.ndarray:
        """One of ``MATRICES`` after ``edits``, ``[nodes, nodes]`` float64.

        Raises:
            TooLargeError: the graph has more than ``DENSE_NODES`` nodes.
        """
        if not self.dense:
            raise TooLargeError(self.too_large_text())
        edits = tuple(edits)
        with self._lock:
            for kept in self._kept:
                if kept[:2] == (name, edits):
                    return kept[2]
            made = self._matrix(name, edits)
            # the original graph's stay until another kind is asked for; of others the last one
            stay = [k for k in self._kept if not k[1] and k[0] in (name, RESISTANCE)]
            self._kept = [*stay, (name, edits, made)]
            return made

    def landmarks(self) -> Tensor | None:
        """Nodes of a large graph that stand for all, spread evenly over the degrees; or None.

        None if matrices of all pairs are held, and where even these take too long.
        """
        if self.dense or self._num_nodes > LANDMARK_NODES:
            return None
        degree = torch.bincount(self._edge_index[0], minlength=self._num_nodes)
        spread = torch.linspace(0, self._num_nodes - 1, LANDMARKS).round().long()
        return torch.argsort(degree, stable=True)[spread].sort().values

    def among_landmarks(
        self, edits: Sequence[Edit], should_stop: Callable[[], bool] | None = None
    ) -> np.ndarray:
        """Effective resistance among ``landmarks()`` after ``edits``; the original's is kept.

        Raises:
            Stopped: ``should_stop`` returned True.
        """
        edits = tuple(edits)
        if not edits and self._among is not None:
            return self._among
        edge_index, weight = self._edit(edits)
        made = resistance_among(
            edge_index, self._num_nodes, self.landmarks(), weight, should_stop=should_stop
        ).numpy()
        if not edits:
            self._among = made
        return made

    def what_if(self, edits: Sequence[Edit], u: int, v: int) -> WhatIf:
        """What toggling the edge (u, v) would do after ``edits``.

        Raises:
            TooLargeError: the graph is too large for a dense pseudo-inverse.
        """
        edits = tuple(edits)
        with self._lock:
            tracker = self._tracker(edits)
            if self._modes is None or self._modes[0] != edits:
                gap, modes = 0.0, np.zeros((self._num_nodes, 1))
                if tracker.num_components == 1 and self._num_nodes > 1:
                    times = None if tracker.far_apart else tracker.times
                    found = slowest_modes_of(times, tracker.edges())
                    gap, modes = found.gap, found.potentials
                self._modes = (edits, gap, torch.from_numpy(modes))
            return what_if(tracker, *self._modes[1:], u, v)

    def _matrix(self, name: str, edits: tuple[Edit, ...]) -> np.ndarray:
        edge_index, weight = self._edit(edits)
        if name == "hop distance":
            return hop_distance(edge_index, self._num_nodes).numpy()
        if name == "commute time":
            with np.errstate(invalid="ignore"):  # no edges: no walk, 0 * inf
                volume = edge_index.size(1) if weight is None else float(weight.sum())
                return self.matrix(RESISTANCE, edits) * volume
        # the tracker stays with the hand: the original graph gets one of its own
        tracker = self._tracker(edits) if edits else self._fresh(())
        if name == RESISTANCE:
            return tracker.resistance().numpy()
        gains = tracker.gains().numpy()
        gains[tuple(edge_index.numpy())] = 0.0
        return gains

    def _tracker(self, wanted: tuple[Edit, ...]) -> ResistanceTracker:
        """Pseudo-inverse after the edits ``wanted``, moved there edit by edit."""
        if self._moving is None:
            self._moving = (self._fresh(()), ())
        tracker, here = self._moving
        common = 0
        while common < min(len(here), len(wanted)) and here[common] == wanted[common]:
            common += 1
        if len(here) + len(wanted) - 2 * common > REBUILD_STEPS:
            tracker = self._fresh(wanted)
        else:
            back = [(-edit.sign, edit.u, edit.v) for edit in reversed(here[common:])]
            for sign, u, v in [*back, *((e.sign, e.u, e.v) for e in wanted[common:])]:
                if sign > 0:
                    tracker.add(u, v, self._own.get((u, v), 1.0))
                else:
                    tracker.remove(u, v)
        self._moving = (tracker, wanted)
        return tracker

    def _fresh(self, edits: tuple[Edit, ...]) -> ResistanceTracker:
        edge_index, weight = self._edit(edits)
        return ResistanceTracker(edge_index, self._num_nodes, weight)

    def _edit(self, edits: tuple[Edit, ...]) -> tuple[Tensor, Tensor | None]:
        return edit_columns(self._edge_index, self._num_nodes, edit_rows(edits), self._edge_weight)
