"""What the profile of a graph says where dense matrices do not fit: estimates and bounds."""

import numpy as np
import torch

from workbench.diagnostics.distance.hop_distance import diameter_bounds
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.diagnostics.resistance.resistance_total import approximate_total_resistance
from workbench.diagnostics.spectrum.full_spectrum import slowest_modes
from workbench.diagnostics.spectrum.sweep import sweep_cut
from workbench.topology import SimpleGraph, both_directions, components


def own_weights(graph: SimpleGraph) -> dict[tuple[int, int], float]:
    """The conductance of each edge by its ends."""
    pairs = zip(graph.source.tolist(), graph.target.tolist(), strict=True)
    return dict(zip(pairs, graph.weight.tolist(), strict=True))


class LargeGraph:
    """A graph too large for dense matrices, edit by edit.

    The total resistance is estimated once. An edit inside a connected graph changes it by
    ``n w c |P x|^2`` (see ``incremental``; w is the conductance), and P x is one sparse solve,
    corrected for the edits since the estimate; so changes are exact up to the solver's tolerance.
    Where the number of components changes, or the graph is disconnected, the estimate is made anew.
    """

    exact = dict.fromkeys(
        (
            "total_resistance",
            "total_resistance_within",
            "spectral_gap",
            "cheeger_lower",
            "cheeger_upper",
            "diameter",
        ),
        False,
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
        if self.num_components > 1 or len(self.edges) < self.num_nodes:
            self._estimate()  # with fewer edges than nodes the edge may well be a bridge
            return
        if self.solver is None:
            self.solver = LaplacianSolver(self.base.adjacency())
        x = np.zeros((self.num_nodes, 1))
        x[u], x[v] = 1.0, -1.0
        k = self.solver.solve(x)[:, 0]
        for factor, earlier in self.updates:
            k = k - factor * (earlier[u] - earlier[v]) * earlier
        slack = 1.0 + sign * weight * (k[u] - k[v])
        if slack < 1e-6:
            self._estimate()  # the edge was a bridge
            return
        factor = sign * weight / slack
        self.updates.append((factor, k))
        self.total -= self.num_nodes * factor * float(k @ k)

    def measure(self) -> dict:
        """The numbers of the graph as it is."""
        graph = self._graph()
        both = both_directions(graph.source, graph.target)
        gap = lower = upper = 0.0
        if self.num_components == 1:
            modes = slowest_modes(graph)
            gap, upper = modes.gap, sweep_cut(graph, modes.potentials).conductance
            lower = 0.5 * gap
        bounds = diameter_bounds(both, self.num_nodes)
        low, high = float(bounds.lower), float(bounds.upper)
        self.errors.append(
            {
                "total_resistance": self.standard_error,
                "total_resistance_within": self.standard_error,
                "spectral_gap": 1e-6 * gap,
                "cheeger_lower": upper - lower,
                "cheeger_upper": upper - lower,
                "diameter": high - low if np.isfinite(high) else 0.0,
            }
        )
        return {
            "total_resistance": self.total if self.num_components == 1 else np.inf,
            "total_resistance_within": self.total,
            "spectral_gap": gap,
            "cheeger_lower": lower,
            "cheeger_upper": upper,
            "diameter": low,
            "num_components": self.num_components,
        }

    def _graph(self) -> SimpleGraph:
        ends = torch.tensor(list(self.edges), dtype=torch.int64).reshape(-1, 2).T
        weight = torch.tensor(list(self.edges.values()), dtype=torch.float64)
        return SimpleGraph(ends[0], ends[1], weight, self.num_nodes)

    def _estimate(self) -> None:
        self.base, self.updates, self.solver = self._graph(), [], None
        ends = torch.stack([self.base.source, self.base.target])
        both = torch.cat([ends, ends.flip(0)], dim=1)
        self.num_components = int(components(both, self.num_nodes).max()) + 1
        found = approximate_total_resistance(
            both,
            self.num_nodes,
            torch.cat([self.base.weight, self.base.weight]),
            within_components=True,
            generator=torch.Generator().manual_seed(0),
        )
        self.total, self.standard_error = float(found.value), float(found.standard_error)
