"""What the profile of a graph says where dense matrices do not fit: estimates and bounds."""

import numpy as np
import torch

from workbench.diagnostics.distance.hop_distance import diameter_bounds
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.diagnostics.resistance.resistance_total import approximate_total_resistance
from workbench.diagnostics.spectrum.full_spectrum import slowest_modes
from workbench.diagnostics.spectrum.sweep import sweep_cut
from workbench.rewiring.tape.largest_part import (
    MEASURED,
    as_within,
    largest_part,
    whole_and_within,
)
from workbench.topology import SimpleGraph


def own_weights(graph: SimpleGraph) -> dict[tuple[int, int], float]:
    """The conductance of each edge by its ends."""
    pairs = zip(graph.source.tolist(), graph.target.tolist(), strict=True)
    return dict(zip(pairs, graph.weight.tolist(), strict=True))


class LargeGraph:
    """A graph too large for dense matrices, edit by edit.

    The total resistance is estimated once. An edit inside a component of n nodes changes it by
    ``n w c |P x|^2`` (see ``incremental``; w is the conductance), and P x is one sparse solve,
    corrected for the edits since the estimate; so changes are exact up to the solver's tolerance.
    Where the number of components changes the estimate is made anew.
    """

    exact = dict.fromkeys(("total_resistance", "total_resistance_within"), False) | dict.fromkeys(
        (*MEASURED, *as_within(dict.fromkeys(MEASURED))), False
    )

    def __init__(self, graph: SimpleGraph):
        self.num_nodes = graph.num_nodes
        self.own = own_weights(graph)
        self.edges = dict(self.own)
        self.errors: list[dict] = []
        self._estimate()

    def edit(self, sign: int, u: int, v: int) -> None:
        """Make one edit."""
        weight = self.own.get((u, v), 1.0)
        if sign > 0:
            self.edges[u, v] = weight
        else:
            del self.edges[u, v]
        inside = self.labels == self.labels[u]
        if not inside[v] or (sign < 0 and self._is_tree(inside)):
            self._estimate()
            return
        nodes = np.flatnonzero(inside)
        x = np.zeros((nodes.size, 1))
        x[np.searchsorted(nodes, [u, v]), 0] = 1.0, -1.0
        k = np.zeros(self.num_nodes)
        k[nodes] = self._solver(nodes).solve(x)[:, 0]
        for factor, earlier in self.updates:
            k = k - factor * (earlier[u] - earlier[v]) * earlier
        slack = 1.0 + sign * weight * (k[u] - k[v])
        if slack < 1e-6:
            self._estimate()  # the edge was a bridge
            return
        factor = sign * weight / slack
        self.updates.append((factor, k))
        self.total -= nodes.size * factor * float(k @ k)

    def measure(self) -> dict:
        """The numbers of the graph as it is."""
        nodes, part = largest_part(self._graph(), self.labels)
        gap = lower = upper = low = high = 0.0
        if nodes.size > 1:
            modes = slowest_modes(part)
            gap, upper = modes.gap, sweep_cut(part, modes.potentials).conductance
            lower = 0.5 * gap
            bounds = diameter_bounds(part.edge_index(), part.num_nodes)
            low, high = float(bounds.lower), float(bounds.upper)
        errors = {
            "spectral_gap": 1e-6 * gap,
            "cheeger_lower": upper - lower,
            "cheeger_upper": upper - lower,
            "diameter": high - low,
        }
        total = dict.fromkeys(("total_resistance", "total_resistance_within"), self.standard_error)
        self.errors.append(errors | as_within(errors) | total)
        within = {
            "spectral_gap": gap,
            "cheeger_lower": lower,
            "cheeger_upper": upper,
            "diameter": low,
        }
        return whole_and_within(within, self.num_components, nodes.size) | {
            "total_resistance": self.total if self.num_components == 1 else np.inf,
            "total_resistance_within": self.total,
        }

    def _is_tree(self, inside: np.ndarray) -> bool:
        """Whether a component that has just lost an edge may be in two parts for lack of edges."""
        ends = np.array(list(self.edges), dtype=np.int64).reshape(-1, 2)
        return int(inside[ends[:, 0]].sum()) < int(inside.sum()) - 1

    def _solver(self, nodes: np.ndarray) -> LaplacianSolver:
        """Of the component of these nodes, as it was estimated."""
        first = int(nodes[0])
        if first not in self.solvers:
            part = self.base.adjacency()[nodes][:, nodes]
            self.solvers[first] = LaplacianSolver(part)
        return self.solvers[first]

    def _graph(self) -> SimpleGraph:
        ends = torch.tensor(list(self.edges), dtype=torch.int64).reshape(-1, 2).T
        weight = torch.tensor(list(self.edges.values()), dtype=torch.float64)
        return SimpleGraph(ends[0], ends[1], weight, self.num_nodes)

    def _estimate(self) -> None:
        self.base, self.updates = self._graph(), []
        self.solvers: dict[int, LaplacianSolver] = {}
        self.labels, self.num_components = self.base.labels.numpy(), self.base.num_components
        found = approximate_total_resistance(
            self.base.edge_index(),
            self.num_nodes,
            self.base.edge_weight(),
            within_components=True,
            generator=torch.Generator().manual_seed(0),
        )
        self.total, self.standard_error = float(found.value), float(found.standard_error)
