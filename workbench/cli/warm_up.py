"""``workbench doctor --warm-up``: every compiled loop, compiled and kept on the disk.

Numba compiles a kernel at its first call, for the types it is called with. So this calls, on small
graphs, what calls the kernels. What the rewiring lab needs first comes first.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from workbench import diagnostics as d
from workbench import rewiring as r
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.diagnostics.resistance.mean_resistance import mean_resistance
from workbench.graphs import open_graph
from workbench.models import GCN
from workbench.report import report
from workbench.topology import simple_graph
from workbench.topology.compiled import hear_compiling
from workbench.training.randomness import OwnRandomness


def steps() -> dict[str, Callable[[], object]]:
    """What is called, by the names that are shown."""
    graph, large = open_graph("les_miserables"), open_graph("grid:40x40")
    edges, count, weight = graph.edge_index, graph.num_nodes, graph.edge_weight
    given, weighted = (edges, count), (edges, count, weight)
    of_large = (large.edge_index, large.num_nodes)
    four = (torch.tensor([[0, 1, 1, 2, 2, 3, 3, 0], [1, 0, 2, 1, 3, 2, 0, 3]]), 4)
    pairs = torch.tensor([[0, 1], [5, 9]])
    path = open_graph("path:2100")
    of_long = (path.edge_index, path.num_nodes)
    x, of_grid = torch.eye(count), torch.ones(large.num_nodes, 1)
    with OwnRandomness(0):
        gcn, exact, on_grid = (GCN(wide, 4, 2, num_layers=2).eval() for wide in (count, count, 1))
        exact.double()
    return {
        "numbers along the slider": lambda: r.profile(*given, r.gtr(*given, num_edges=2).edits),
        "gtr": lambda: r.gtr(*given, num_edges=2),
        "fosr": lambda: r.fosr(*given, num_edges=2),
        "sdrf": lambda: (
            r.sdrf(*given, num_edges=2),
            r.sdrf(*given, num_edges=1, variant="official"),
        ),
        "borf": lambda: r.borf(*given, num_edges=2),
        "curvature flow": lambda: r.curvature_flow(*given, num_steps=1),
        "report": lambda: report(graph),
        "resistances": lambda: (d.effective_resistance(*weighted), d.hitting_time(*weighted)),
        "resistances of large graphs": lambda: (
            d.resistance_of_edges(*of_large),
            d.resistance_of_pairs(*of_large, pairs),
            d.total_resistance(*of_large),
            mean_resistance(*of_large),
        ),
        "conjugate gradients": lambda: LaplacianSolver(
            simple_graph(*of_large).adjacency(), method="cg"
        ).solve(np.eye(large.num_nodes, 2) - 1 / large.num_nodes),
        "weak links": lambda: (
            d.effective_resistance(edges, count, weak(edges)),
            d.hitting_time(edges, count, weak(edges)),
            d.spectral_gap(*of_long, weak(of_long[0])),
        ),
        "spectrum of large graphs": lambda: d.algebraic_connectivity(*of_large),
        "curvatures": lambda: (
            d.balanced_forman(*given),
            d.balanced_forman(*given, variant="official"),
            d.augmented_forman(*given, max_cycle=4),
            d.approximate_weighted_forman(*given),
            d.ollivier_ricci(*weighted),
        ),
        "distances": lambda: (d.hop_distance(*given), d.diameter(*given)),
        "cheeger constant": lambda: d.cheeger_constant(*four),
        "orbits": lambda: d.orbit_adjacency(*given),
        "concentration": lambda: d.topological_concentration(*given),
        "colors": lambda: (
            d.wl_colors(*given),
            d.fwl_colors(*given),
            d.fwl_colors(*four, k=3),
            d.klwl_colors(*four),
        ),
        "sensitivity": lambda: (
            d.sensitivity(gcn, x, edges),
            d.sensitivity(exact, x.double(), edges),
            d.approximate_sensitivity(gcn, x, edges),
            d.influence_by_hop(gcn, x, edges, num_layers=2, cut=False),
            d.influence_by_hop(on_grid, of_grid, large.edge_index, num_layers=2, cut=True),
        ),
        "blind spots": lambda: d.blind_pairs(
            *given, d.balanced_forman(*given), d.sensitivity(gcn, x, edges)
        ),
    }


def weak(edge_index: torch.Tensor) -> torch.Tensor:
    """Conductances of which those at node 9 are tiny."""
    return torch.where((edge_index == 9).any(0), 1e-12, 1.0).double()


def warm_up() -> None:
    """Call each step, and print its name and how many seconds it took."""
    began = time.perf_counter()
    with hear_compiling(lambda begins: None):  # the names say enough
        for name, call in steps().items():
            print(f"{name:<30}", end="", flush=True)
            started = time.perf_counter()
            call()
            print(f"{time.perf_counter() - started:6.1f} s")
    print(f"\ncompiled, in {time.perf_counter() - began:.0f} s; what was on the disk takes no time")
