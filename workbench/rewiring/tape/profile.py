"""The numbers that a slider passes over: one value at each position of a list of edits."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.cost import Stopped
from workbench.diagnostics import LIMITS
from workbench.diagnostics.spectrum.cheeger import cheeger_constant
from workbench.diagnostics.spectrum.full_spectrum import SlowestModes
from workbench.diagnostics.spectrum.sweep import sweep_cut
from workbench.rewiring.engine.fiedler import slowest_modes_of
from workbench.rewiring.engine.hops import HopTracker
from workbench.rewiring.engine.incremental import ResistanceTracker
from workbench.rewiring.presence import difference
from workbench.rewiring.result import with_ends_in_order
from workbench.rewiring.tape.large_profile import LargeGraph, own_weights
from workbench.rewiring.tape.largest_part import as_within, largest_part, whole_and_within
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: Up to this many nodes everything is exact, from dense matrices kept up to date.
DENSE_NODES = 2_500

_COUNTS = ("num_edges", "num_components", "largest_component")


@dataclass(frozen=True)
class Profile:
    """One number at each position, from the original graph (0) to the last edit.

    Attributes:
        total_resistance: sum of the effective resistance over pairs; inf if disconnected.
        total_resistance_within: the same over pairs inside one component.
        spectral_gap: second smallest eigenvalue of the normalized Laplacian, 0 if disconnected.
        cheeger_lower: half the gap, or the Cheeger constant itself up to 20 nodes.
        cheeger_upper: conductance of the sweep cut, or the Cheeger constant itself.
        diameter: largest hop distance, inf if disconnected; a lower bound where ``exact`` says so.
        spectral_gap_within, cheeger_lower_within, cheeger_upper_within, diameter_within: the same
            of the largest component (of several the one with most edges, then the first).
        mean_degree: neighbors of a node, on average.
        num_edges: undirected edges.
        num_components: connected components, isolated nodes included.
        largest_component: nodes of the largest one.
        distance: Jaccard distance of the edge set from the original one, 0 to 1.
        exact: for each name above, whether every value is exact (the gap to 1e-9).
        error: for each name that is not exact, how far off it may be at each position: the standard
            error of a total resistance, the width of the bounds of a diameter, the tolerance of a
            gap. For the two Cheeger bounds, their distance.
    """

    total_resistance: Float64[Tensor, " positions"]
    total_resistance_within: Float64[Tensor, " positions"]
    spectral_gap: Float64[Tensor, " positions"]
    cheeger_lower: Float64[Tensor, " positions"]
    cheeger_upper: Float64[Tensor, " positions"]
    diameter: Float64[Tensor, " positions"]
    spectral_gap_within: Float64[Tensor, " positions"]
    cheeger_lower_within: Float64[Tensor, " positions"]
    cheeger_upper_within: Float64[Tensor, " positions"]
    diameter_within: Float64[Tensor, " positions"]
    mean_degree: Float64[Tensor, " positions"]
    num_edges: Int64[Tensor, " positions"]
    num_components: Int64[Tensor, " positions"]
    largest_component: Int64[Tensor, " positions"]
    distance: Float64[Tensor, " positions"]
    exact: dict[str, bool]
    error: dict[str, Float64[Tensor, " positions"]]

    def __len__(self) -> int:
        return self.num_edges.numel()


def profile(
    edge_index: EdgeIndex,
    num_nodes: int,
    edits: Int64[Tensor, "3 edits"],
    *,
    edge_weight: EdgeWeight | None = None,
    should_stop: Callable[[], bool] | None = None,
    tracker: ResistanceTracker | None = None,
) -> Profile:
    """Every number of ``Profile`` at every position of a list of edits, each edit in O(n^2).

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge. Self-loops are
            dropped and repeated edges count once.
        num_nodes: number of nodes.
        edits: columns (sign, u, v), as ``Rewired.edits`` and ``Tape.rows()`` give them.
        edge_weight: conductances ``[edges]``; 1 where not given. Repeats are parallel conductors. A
            new edge has 1, one that is removed and added again its own.
        should_stop: asked before each position; if it returns True, the work ends.
        tracker: one that holds this graph, so that its pseudo-inverse need not be built again. It
            is copied, not changed.

    Returns:
        A ``Profile`` of ``edits + 1`` positions. Up to 2,500 nodes all of it is exact. Beyond, the
        total resistance of the original graph is estimated with random probes and its changes are
        solved for, so that differences along the tape carry no sampling error; the gap carries the
        tolerance of ``diagnostics.spectral_gap``; the diameter is bounded from both sides.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, or an edit is impossible.

    Examples:
        >>> import torch
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import profile
        >>> numbers = profile(path(4).edge_index, 4, torch.tensor([[1], [0], [3]]))
        >>> numbers.total_resistance.round(decimals=9).tolist()  # the path, then the ring
        [10.0, 5.0]
        >>> numbers.diameter.tolist()
        [3.0, 2.0]
    """
    weight = None if edge_weight is None else edge_weight.cpu()
    graph = simple_graph(edge_index.cpu(), num_nodes, weight)
    source, target = graph.ends
    edits = with_ends_in_order(edits)
    difference(source * num_nodes + target, num_nodes, edits)  # refuses what cannot be
    rows = edits.T.tolist()
    state = _Dense(graph, tracker) if num_nodes <= DENSE_NODES else LargeGraph(graph)
    positions = []
    original = frozenset(zip(source.tolist(), target.tolist(), strict=True))
    shared, size = len(original), len(original)
    for sign, u, v in [(0, 0, 0), *rows]:
        if should_stop is not None and should_stop():
            raise Stopped("the profile was asked to stop")
        if sign:
            size += sign
            shared += sign * ((u, v) in original)
            state.edit(sign, u, v)
        union = len(original) + size - shared
        positions.append(
            state.measure()
            | {
                "mean_degree": 2.0 * size / num_nodes if num_nodes else 0.0,
                "num_edges": size,
                "distance": 1.0 - shared / union if union else 0.0,
            }
        )
    return _collect(positions, state.exact, state.errors)


def _collect(positions: list[dict], exact: dict[str, bool], errors: list[dict]) -> Profile:
    names = [field.name for field in fields(Profile) if field.name not in ("exact", "error")]
    columns = {
        name: torch.tensor(
            [position[name] for position in positions],
            dtype=torch.int64 if name in _COUNTS else torch.float64,
        )
        for name in names
    }
    error = {
        name: torch.tensor([entry[name] for entry in errors], dtype=torch.float64)
        for name in names
        if not exact.get(name, True)
    }
    return Profile(**columns, exact={name: exact.get(name, True) for name in names}, error=error)


def _columns(graph: SimpleGraph) -> tuple[Tensor, int, Tensor]:
    """``edge_index``, number of nodes and conductances, both directions of every edge."""
    ends = torch.stack([graph.source, graph.target])
    both = torch.cat([ends, ends.flip(0)], dim=1)
    return both, graph.num_nodes, torch.cat([graph.weight, graph.weight])


class _Dense:
    """A graph small enough for dense matrices: everything exact."""

    def __init__(self, graph: SimpleGraph, tracker: ResistanceTracker | None):
        if tracker is None:
            tracker = ResistanceTracker(*_columns(graph))
        elif tracker.num_nodes != graph.num_nodes or tracker.num_edges != graph.num_edges:
            raise ValueError(
                f"the tracker holds {tracker.num_nodes} nodes and {tracker.num_edges} edges, the "
                f"graph {graph.num_nodes} and {graph.num_edges}; give the tracker of this graph"
            )
        else:
            tracker = tracker.copy()
        self.tracker, self.own = tracker, own_weights(graph)
        self.hops = HopTracker(*graph.ends, graph.num_nodes)
        self.start: np.ndarray | None = None
        self.small = graph.num_nodes <= LIMITS["cheeger_constant"]
        bounds = {"cheeger_lower": self.small, "cheeger_upper": self.small}
        self.exact = bounds | as_within(bounds)
        self.errors: list[dict] = []

    def edit(self, sign: int, u: int, v: int) -> None:
        """Make one edit."""
        if sign > 0:
            self.tracker.add(u, v, self.own.get((u, v), 1.0))
            self.hops.add(u, v)
        else:
            self.tracker.remove(u, v)
            graph = self.tracker.edges()
            self.hops.remove(u, v, *graph.ends)

    def measure(self) -> dict:
        """The numbers of the graph as it is."""
        tracker, graph = self.tracker, self.tracker.edges()
        nodes, part = largest_part(graph, tracker.labels)
        lower = upper = gap = 0.0
        if nodes.size > 1:
            modes = self._modes(nodes, part)
            gap = modes.gap
            lower = upper = 0.5 * gap
            if self.small:
                lower = upper = float(cheeger_constant(*_columns(part)))
            else:
                upper = sweep_cut(part, modes.potentials).conductance
        within = {
            "spectral_gap": gap,
            "cheeger_lower": lower,
            "cheeger_upper": upper,
            "diameter": self.hops.diameter(nodes),
        }
        apart = {"cheeger_lower": upper - lower, "cheeger_upper": upper - lower}
        self.errors.append(apart | as_within(apart))
        return whole_and_within(within, tracker.num_components, nodes.size) | {
            "total_resistance": tracker.total_resistance(),
            "total_resistance_within": tracker.total_resistance(within_components=True),
        }

    def _modes(self, nodes: np.ndarray, part: SimpleGraph) -> SlowestModes:
        """Those of a component, begun from those of the position before."""
        whole = np.zeros(self.tracker.num_nodes)

        def times(vector: np.ndarray) -> np.ndarray:
            whole[nodes] = vector
            return self.tracker.times(whole)[nodes]

        start = None if self.start is None else self.start[nodes]
        modes = slowest_modes_of(None if self.tracker.far_apart else times, part, start)
        self.start = np.zeros_like(whole)
        self.start[nodes] = modes.potentials[:, 0]
        return modes
