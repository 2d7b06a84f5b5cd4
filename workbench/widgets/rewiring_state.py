"""What the rewiring lab holds: a graph, a tape of edits, a position; and what follows from them.

Commands change the state; everything else is a function of it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench import __version__
from workbench.diagnostics import Stopped, TooLargeError, fiedler_vector, hop_distance
from workbench.graphs import layout
from workbench.graphs.edges import both_directions, undirected_edges
from workbench.rewiring import RANKINGS, REWIRINGS, Edit, ResistanceTracker, Tape
from workbench.rewiring.profile import DENSE_NODES, Profile, gap_and_vector, profile
from workbench.rewiring.what_if import WhatIf, what_if
from workbench.widgets.options import option_code

#: A fresh factorization costs about as much as this many edits.
REBUILD_STEPS = 40

RESISTANCE = "effective resistance"

NO_EDITS = torch.zeros(3, 0, dtype=torch.int64)

#: The fields of a ``Profile`` that the lab shows.
NUMBERS = (
    "total_resistance",
    "spectral_gap",
    "cheeger_lower",
    "cheeger_upper",
    "diameter",
    "mean_degree",
    "num_edges",
    "distance",
)

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

#: Name -> (unit, meaning) of what the color of a node can show.
COLORINGS = {
    "mean resistance": ("ohm", "Mean effective resistance to the other nodes; high = far away."),
    "degree": ("edges", "Number of neighbors."),
    "Fiedler vector": ("", "Which side of the worst cut a node is on, and how far."),
    "class": ("", "The label of the node, where the graph has labels."),
}


@dataclass(frozen=True)
class Numbers:
    """What the cards show: ``values[name]`` at each position, and whether they are exact."""

    values: dict[str, np.ndarray]
    exact: dict[str, bool]


def edge_distance(before: Tensor, after: Tensor) -> float:
    """Jaccard distance of two edge sets, 0 (equal) to 1 (nothing in common)."""
    before, after = set(map(tuple, before.T.tolist())), set(map(tuple, after.T.tolist()))
    either = len(before | after)
    return 1.0 - len(before & after) / either if either else 0.0


class RewiringState:
    """Graph, tape and position, with the numbers along the tape.

    Args:
        graph: the graph to start from, undirected, with ``edge_index`` and ``num_nodes``.
        source: how the graph was opened (the argument of ``open_graph``), or None.
    """

    def __init__(self, graph: Data, source: str | None = None):
        self.lock = threading.RLock()
        self.set_graph(graph, source)

    def set_graph(self, graph: Data, source: str | None = None) -> None:
        """Start over with another graph and an empty tape."""
        edges = undirected_edges(graph.edge_index, graph.num_nodes)
        with self.lock:
            self.graph = graph
            self.source = source
            self.num_nodes = int(graph.num_nodes)
            self.edge_index = both_directions(edges.source, edges.target)
            self.method, self.options = None, {}
            self._method_edits: list[Edit] = []
            self.tape = Tape(self.edge_index, self.num_nodes)
            self._ids: dict[tuple, int] = {}
            self._rows: dict[int, dict[str, float]] = {}
            self._exact: dict[str, bool] = {}
            self._moving: tuple[ResistanceTracker, list] | None = None
            self._fiedler: tuple[int, float, Tensor] | None = None
            self._matrices: list[tuple[str, int, np.ndarray]] = []
            self.positions = self._positions()
            self.order = self._order()

    @property
    def dense(self) -> bool:
        """True where matrices of all pairs are held."""
        return self.num_nodes <= DENSE_NODES

    def _positions(self) -> np.ndarray:
        pos = getattr(self.graph, "pos", None)
        if pos is not None and pos.size(1) >= 2 and bool(torch.isfinite(pos).all()):
            return pos[:, :2].detach().cpu().numpy().astype(np.float32)
        return layout(self.edge_index, self.num_nodes).numpy()

    def _order(self) -> np.ndarray:
        """Row order of the matrices: along the Fiedler vector, so that the cut shows as blocks."""
        if not self.dense or self.num_nodes < 3 or self.edge_index.numel() == 0:
            return np.arange(self.num_nodes, dtype=np.int32)
        vector = fiedler_vector(self.edge_index, self.num_nodes).numpy()
        return np.argsort(vector, kind="stable").astype(np.int32)

    # ---- commands -------------------------------------------------------------------------

    def apply_method(self, method: str, options: dict) -> int:
        """Put what ``method`` does to the graph on the tape, from its beginning; undo brings back
        what was there.

        Returns:
            The number of edits made.

        Raises:
            ValueError: the method refuses the graph or an option.
        """
        rewired = REWIRINGS[method](self.edge_index, self.num_nodes, **options)
        edits = [Edit(sign, u, v, method) for sign, u, v in rewired.edits.T.tolist()]
        with self.lock:
            self.method, self.options, self._method_edits = method, dict(options), edits
            self.reset()
        return len(edits)

    def reset(self) -> None:
        """Drop the edits by hand: the tape as the method made it. Undo brings them back."""
        with self.lock:
            self.tape.position = 0
            self.tape.extend(self._method_edits)

    def edit(self, sign: int, u: int, v: int) -> None:
        """Add (``sign=1``) or remove (``-1``) an edge by hand at the current position.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        with self.lock:
            self.tape.do(Edit(sign, u, v, "hand"))

    # ---- what follows ---------------------------------------------------------------------

    def edits(self) -> list[tuple[int, int, int]]:
        """(sign, u, v) of every edit on the tape, those behind the position included."""
        return [(edit.sign, edit.u, edit.v) for edit in self.tape.edits]

    def rewired(self) -> Data:
        """The graph at the current position: a copy of ``graph`` with its new ``edge_index``.

        Attributes of edges are left out, since new edges have none.
        """
        data = self.graph.clone()
        for key in [k for k in data.keys() if data.is_edge_attr(k)]:  # noqa: SIM118
            del data[key]
        data.edge_index = self.tape.edge_index()
        data.num_nodes = self.num_nodes
        return data

    def measure(self, should_stop: Callable[[], bool] | None = None) -> Numbers | None:
        """The numbers at every position of the tape; None if stopped. Known ones are kept."""
        with self.lock:
            keys, edits, tape = self._keys(), self.edits(), self.tape
        missing = [at for at, key in enumerate(keys) if key not in self._rows]
        try:
            if len(missing) == 1:
                at = missing[0]
                self._keep(keys[at:], profile(tape.edge_index(at), self.num_nodes, NO_EDITS), 1)
                row = self._rows[keys[at]]
                row["distance"] = edge_distance(self.edge_index, tape.edge_index(at))
            elif missing:
                rows = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T
                whole = profile(self.edge_index, self.num_nodes, rows, should_stop=should_stop)
                self._keep(keys, whole, len(keys))
        except Stopped:
            return None
        rows = [self._rows[key] for key in keys]
        values = {name: np.array([row[name] for row in rows]) for name in NUMBERS}
        return Numbers(values, dict(self._exact))

    def _keep(self, keys: list[int], measured: Profile, count: int) -> None:
        for name in NUMBERS:
            bound = name.startswith("cheeger")
            self._exact[name] = bound or measured.exact[name]
        for at in range(count):
            row = {name: float(getattr(measured, name)[at]) for name in NUMBERS}
            self._rows[keys[at]] = row

    def _keys(self) -> list[int]:
        """One number for each position; equal for equal edits up to there."""
        keys = [0]
        for edit in self.edits():
            keys.append(self._ids.setdefault((keys[-1], edit), len(self._ids) + 1))
        return keys

    def tracker(self) -> ResistanceTracker:
        """Pseudo-inverse at the current position, moved there edit by edit.

        Raises:
            TooLargeError: the graph is too large for a dense pseudo-inverse.
        """
        with self.lock:
            wanted = self.edits()[: self.tape.position]
            if self._moving is None:
                self._moving = (ResistanceTracker(self.edge_index, self.num_nodes), [])
            tracker, here = self._moving
            common = 0
            while common < min(len(here), len(wanted)) and here[common] == wanted[common]:
                common += 1
            if len(here) + len(wanted) - 2 * common > REBUILD_STEPS:
                tracker = ResistanceTracker(self.tape.edge_index(), self.num_nodes)
            else:
                for sign, u, v in reversed(here[common:]):
                    (tracker.remove if sign > 0 else tracker.add)(u, v)
                for sign, u, v in wanted[common:]:
                    (tracker.add if sign > 0 else tracker.remove)(u, v)
            self._moving = (tracker, wanted)
            return tracker

    def what_if(self, u: int, v: int) -> WhatIf:
        """What toggling the edge (u, v) would do at the current position.

        Raises:
            TooLargeError: the graph is too large for a dense pseudo-inverse.
        """
        with self.lock:
            tracker, key = self.tracker(), self._keys()[self.tape.position]
            if self._fiedler is None or self._fiedler[0] != key:
                gap, vector = 0.0, np.zeros(self.num_nodes)
                if tracker.num_components == 1 and self.num_nodes > 1:
                    gap, vector = gap_and_vector(tracker, tracker.edges(), None)
                self._fiedler = (key, gap, torch.from_numpy(vector))
            return what_if(tracker, *self._fiedler[1:], u, v)

    def too_large_text(self) -> str:
        """Why no matrix of all pairs is drawn."""
        return (
            f"{self.num_nodes:,} nodes: a matrix of all pairs would need "
            f"{8e-9 * self.num_nodes**2:.1f} GB and is not drawn; resistance_of_pairs answers for "
            "the pairs that matter"
        )

    def matrix(self, name: str, *, before: bool = False) -> np.ndarray:
        """One of ``MATRICES`` at the current position, or of the original graph; float64.

        Raises:
            TooLargeError: the graph has more than ``DENSE_NODES`` nodes.
        """
        if not self.dense:
            raise TooLargeError(self.too_large_text())
        with self.lock:
            place = 0 if before else self._keys()[self.tape.position]
            for kept in self._matrices:
                if kept[:2] == (name, place):
                    return kept[2]
            made = self._matrix(name, before)
            # the original graph's stay until another kind is asked for; of others the last one
            stay = [k for k in self._matrices if k[1] == 0 and k[0] in (name, RESISTANCE)]
            self._matrices = [*stay, (name, place, made)]
            return made

    def _matrix(self, name: str, before: bool) -> np.ndarray:
        edge_index = self.edge_index if before else self.tape.edge_index()
        if name == "hop distance":
            return hop_distance(edge_index, self.num_nodes).numpy()
        if name == "commute time":
            with np.errstate(invalid="ignore"):  # no edges: no walk, 0 * inf
                return self.matrix(RESISTANCE, before=before) * edge_index.size(1)
        tracker = ResistanceTracker(edge_index, self.num_nodes) if before else self.tracker()
        if name == RESISTANCE:
            return tracker.resistance().numpy()
        gains = tracker.gains().numpy()
        gains[tuple(edge_index.numpy())] = 0.0
        return gains

    def coloring(self, name: str, *, before: bool = False) -> np.ndarray | None:
        """One of ``COLORINGS`` at the current position, ``[nodes]``; None if it has no meaning."""
        edge_index = self.edge_index if before else self.tape.edge_index()
        if name == "class":
            y = getattr(self.graph, "y", None)
            fits = y is not None and y.dim() == 1 and y.size(0) == self.num_nodes
            return y.cpu().numpy().astype(np.float64) if fits else None
        if name == "degree":
            return np.bincount(edge_index[0], minlength=self.num_nodes).astype(np.float64)
        if self.num_nodes < 2 or edge_index.numel() == 0 or not self.dense:
            return None
        if name == "Fiedler vector":
            return fiedler_vector(edge_index, self.num_nodes).numpy()
        resistance = self.matrix(RESISTANCE, before=before)
        finite = np.isfinite(resistance)
        total = np.sum(resistance, axis=1, where=finite, initial=0.0)
        return total / np.maximum(finite.sum(axis=1) - 1, 1)

    def best_next_edges(self, count: int = 5) -> dict[str, list[tuple[int, int, float]]]:
        """The edges that each method would add next: (u, v, score), best first."""
        edge_index, best = self.tape.edge_index(), {}
        for name, ranking in RANKINGS.items():
            if name == "gtr" and not self.dense:
                continue
            ranked = ranking(edge_index, self.num_nodes, num_edges=count)
            rows = zip(ranked.pairs.T.tolist(), ranked.score.tolist(), strict=True)
            best[name] = [(u, v, score) for (u, v), score in rows if score == score]
        return {name: edges for name, edges in best.items() if edges}  # random_edges ranks none

    def code(self) -> str:
        """Python that makes the graph at the current position, as text."""
        edits = self.tape.edits[: self.tape.position]
        name = self.source
        open_line = f"data = open_graph({name!r})" if name else 'data = read_graph("graph.npz")'
        reader = "open_graph" if name else "read_graph"
        lines = [f"# workbench {__version__}"]
        if not name:
            lines.append(
                "# graph.npz is the graph before its edits: write_graph(data, 'graph.npz')"
            )
        authors = {e.by for e in edits}
        if edits and authors == {self.method}:
            options = option_code(self.options)
            lines += [
                f"from workbench.graphs import {reader}",
                f"from workbench.rewiring import {self.method}, apply_edits",
                "",
                open_line,
                f"rewired = {self.method}(data.edge_index, data.num_nodes{options})",
                f"edits = rewired.edits[:, :{len(edits)}]  # of {len(self.tape.edits)}",
            ]
        else:
            rows = [f"    ({e.sign:+d}, {e.u}, {e.v}),  # {e.by}" for e in edits]
            lines += [
                "import torch",
                "",
                f"from workbench.graphs import {reader}",
                "from workbench.rewiring import apply_edits",
                "",
                open_line,
                "edits = [  # +1 adds, -1 removes",
                *rows,
                "]",
                "edits = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T",
            ]
        lines.append("rewired = apply_edits(data.edge_index, data.num_nodes, edits)")
        lines.append("data.edge_index = rewired.edge_index")
        return "\n".join(lines) + "\n"
