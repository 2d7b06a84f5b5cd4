"""What each diagnostic costs, by the size of the graph, and the sizes at which exact calls refuse.

The model is a few rates measured on one core of a 2024 server (a laptop is within a factor of
two or three); it is meant to tell a second from an hour, not to time anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Cost:
    """Seconds and bytes as functions of (nodes, undirected edges).

    ``by_degrees`` gives both, as functions of the number of nodes and the degrees at the two ends
    of each edge, where edges between hubs cost more than size tells.
    """

    seconds: Callable[[int, int], float]
    bytes: Callable[[int, int], float]
    alternative: str | None = None
    advice: str = ""
    how: str = ""
    by_degrees: Callable[[int, Tensor, Tensor], tuple[float, float]] | None = None


def _ollivier(nodes: int, one: Tensor, other: Tensor) -> tuple[float, float]:
    """A table of distances for each edge, but for those to a leaf; and a look along each list."""
    table = (1 + one) * (1 + other) * ((one > 1) & (other > 1))
    edges, largest = one.numel(), float(table.max()) if one.numel() else 0.0
    seconds = 5e-6 * edges + 1.5e-8 * float(table.sum()) + 7e-10 * float((one + other).sum())
    return seconds, 2e7 + 80.0 * nodes + 400.0 * edges + 10.0 * largest


_PAIRS = "resistance_of_pairs"
_WALKS = f"2 m {_PAIRS}"
_SPARSE = "star-mesh elimination, exact, where it stays sparse (roads, grids, trees); else "
_BY_PAIRS = _SPARSE + "conjugate gradients within the tolerance"
_BY_EDGES = _SPARSE + "random projections with a stated error"
_BY_SUMS = _SPARSE + "Hutch++ with its standard error"
_OR_SPARSE = "beyond the limit star-mesh elimination answers where it stays sparse (roads, grids)"
_SIX_LAYERS = "for a GCN of six layers of width 32; the call measures its own model"
_MIXED = (
    "for 16 channels, two layers and one output, and in proportion to channels times outputs; the "
    "call measures its own model"
)
_ROADS = "for sixteen layers of width 32 and ten outputs; the call measures its own model"
_EQUAL = "degrees are taken for equal, and hubs take longer"

#: The cost of every diagnostic.
COSTS = {
    "effective_resistance": Cost(
        lambda n, m: 2.5e-11 * n**3 + 1e-8 * n**2, lambda n, m: 16.0 * n**2, _PAIRS
    ),
    "commute_time": Cost(
        lambda n, m: 2.5e-11 * n**3 + 1.2e-8 * n**2,
        lambda n, m: 16.0 * n**2,
        "commute_time_of_pairs",
    ),
    "hitting_time": Cost(
        lambda n, m: 5e-11 * n**3 + 2e-8 * n**2,
        lambda n, m: 40.0 * n**2,
        "commute_time_of_pairs",
        "the two hitting times of a pair sum to its commute time",
    ),
    "total_resistance": Cost(
        lambda n, m: 2.5e-11 * n**3 + 5e-9 * n**2,
        lambda n, m: 8.0 * n**2,
        "approximate_total_resistance",
        how=_OR_SPARSE,
    ),
    "laplacian_spectrum": Cost(
        lambda n, m: 1e-10 * n**3 + 1e-8 * n**2,
        lambda n, m: 24.0 * n**2,
        "spectral_gap",
        "it gives the second smallest eigenvalue of the normalized Laplacian",
    ),
    "cheeger_constant": Cost(
        lambda n, m: 1e-8 * 2.0 ** min(max(n - 1, 0), 900) * (1 + 2 * m / max(n, 1)),
        lambda n, m: 8.0 * n**2,
        "cheeger_bounds",
        how="all 2^(n - 1) cuts are tried, twice as many with each node more",
    ),
    "hop_distance": Cost(
        lambda n, m: 4e-9 * n * (n + 2.0 * m),
        lambda n, m: 8.0 * n**2 + 16.0 * m,
        "diameter_bounds",
        "for distances from a few nodes use scipy.sparse.csgraph.breadth_first_order",
    ),
    "resistance_of_pairs": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 400.0 * n + 200.0 * m, how=_BY_PAIRS
    ),
    "commute_time_of_pairs": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 400.0 * n + 200.0 * m, how=_BY_PAIRS
    ),
    "resistance_of_edges": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 400.0 * m, _PAIRS, how=_BY_EDGES
    ),
    "commute_time_of_edges": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 400.0 * m, _PAIRS, how=_BY_EDGES
    ),
    "approximate_total_resistance": Cost(
        lambda n, m: 2e-5 * (n + m), lambda n, m: 1500.0 * n + 200.0 * m, how=_BY_SUMS
    ),
    "kemeny_constant": Cost(
        lambda n, m: 2.5e-11 * n**3 + 5e-9 * n**2,
        lambda n, m: 8.0 * n**2,
        "approximate_kemeny_constant",
        how=_OR_SPARSE,
    ),
    "approximate_kemeny_constant": Cost(
        lambda n, m: 2e-5 * (n + m), lambda n, m: 1500.0 * n + 200.0 * m, how=_BY_SUMS
    ),
    "spectral_gap": Cost(lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 200.0 * m),
    "fiedler_vector": Cost(lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 200.0 * m),
    "cheeger_bounds": Cost(lambda n, m: 1.1e-5 * (n + m), lambda n, m: 800.0 * n + 250.0 * m),
    "diameter": Cost(
        lambda n, m: 4e-9 * min(n, 100.0) * (n + 2.0 * m),
        lambda n, m: 60.0 * n + 50.0 * m,
        "diameter_bounds",
    ),
    "diameter_bounds": Cost(lambda n, m: 1e-6 * (n + m), lambda n, m: 40.0 * n + 50.0 * m),
    "balanced_forman": Cost(
        lambda n, m: 2e-7 * m * (1 + 2 * m / max(n, 1)),
        lambda n, m: 40.0 * n + 100.0 * m,
        how=_EQUAL,
    ),
    "forman": Cost(lambda n, m: 2e-8 * n + 6e-7 * m, lambda n, m: 40.0 * n + 150.0 * m),
    "augmented_forman": Cost(
        # edges are followed in the order of degree, so that hubs cost little
        lambda n, m: 5e-8 * n + m * (1.5e-6 + 2e-8 * m / max(n, 1)),
        lambda n, m: 80.0 * n + 250.0 * m,
    ),
    "weighted_forman": Cost(
        lambda n, m: 5e-8 * n + m * (1.5e-6 + 2e-8 * m / max(n, 1)),
        lambda n, m: 100.0 * n + 250.0 * m,
        "approximate_weighted_forman",
    ),
    "approximate_weighted_forman": Cost(
        lambda n, m: 1.5e-6 * n + 4e-6 * m, lambda n, m: 200.0 * n + 250.0 * m
    ),
    "ollivier_ricci": Cost(
        lambda n, m: m * (5e-6 + 1.5e-8 * (1 + 2 * m / max(n, 1)) ** 2),
        lambda n, m: 2e7 + 80.0 * n + 400.0 * m,
        "balanced_forman",
        "a lower bound of the Lin-Lu-Yau curvature",
        _EQUAL,
        _ollivier,
    ),
    "resistance_curvature": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 900.0 * n + 500.0 * m, _PAIRS, how=_BY_EDGES
    ),
    "node_resistance_curvature": Cost(
        lambda n, m: 1e-5 * (n + m), lambda n, m: 900.0 * n + 500.0 * m, _PAIRS, how=_BY_EDGES
    ),
    "orbit_adjacency": Cost(
        # the call itself counts the steps of its own graph
        lambda n, m: 1e-7 * n * (1 + 2 * m / max(n, 1)) ** 3,
        lambda n, m: (
            200.0 * m
            + n
            * (68.0 * min(n, (2 * m / max(n, 1)) ** 2) + 24.0 * min(n, (2 * m / max(n, 1)) ** 3))
        ),
        how=_EQUAL,
    ),
    "partial_spectrum": Cost(lambda n, m: 4e-5 * (n + m), lambda n, m: 1200.0 * n + 300.0 * m),
    "laplacian_eigenpairs": Cost(lambda n, m: 4e-5 * (n + m), lambda n, m: 1300.0 * n + 300.0 * m),
    "algebraic_connectivity": Cost(lambda n, m: 2e-5 * (n + m), lambda n, m: 800.0 * n + 250.0 * m),
    "stationary_distribution": Cost(
        lambda n, m: 1e-7 * n + 5e-7 * m, lambda n, m: 40.0 * n + 120.0 * m
    ),
    "mixing_time": Cost(
        lambda n, m: 4e-10 * n**3 + 1e-8 * n**2,
        lambda n, m: 40.0 * n**2,
        "mixing_time_bounds",
    ),
    "mixing_time_bounds": Cost(lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 200.0 * m),
    "relaxation_time": Cost(lambda n, m: 1e-5 * (n + m), lambda n, m: 800.0 * n + 200.0 * m),
    "topological_concentration": Cost(
        # the call itself counts the walks of its own graph
        lambda n, m: 6e-8 * n * (1 + 2 * m / max(n, 1)) ** 3,
        lambda n, m: 60.0 * n * min(n, (1 + 2 * m / max(n, 1)) ** 3) + 200.0 * m,
        "approximate_topological_concentration",
        how=_EQUAL,
    ),
    "approximate_topological_concentration": Cost(
        lambda n, m: 2e-5 * n + 1e-5 * m, lambda n, m: 3000.0 * n + 1500.0 * m
    ),
    "homophily": Cost(lambda n, m: 5e-8 * n + 5e-7 * m, lambda n, m: 40.0 * n + 200.0 * m),
    "label_informativeness": Cost(
        lambda n, m: 5e-8 * n + 6e-7 * m, lambda n, m: 40.0 * n + 200.0 * m
    ),
    "degree_assortativity": Cost(
        lambda n, m: 2e-8 * n + 4e-7 * m, lambda n, m: 16.0 * n + 120.0 * m
    ),
    "sensitivity": Cost(
        # one backward pass of a six-layer GCN of width 32 for each output channel of each node
        lambda n, m: 32.0 * n * (2e-5 + 1e-7 * (n + 2.0 * m)),
        lambda n, m: 8.0 * n**2 + 8192.0 * n + 2000.0 * (n + 2 * m),
        "sensitivity(..., nodes=...)",
        "a few chosen nodes cost one row each",
        how=_SIX_LAYERS,
    ),
    "approximate_sensitivity": Cost(
        # the default number of probes of the same model, whatever the width of its output
        lambda n, m: 16.0 * n * (2e-5 + 1e-7 * (n + 2.0 * m)),
        lambda n, m: 16.0 * n**2 + 8192.0 * n + 2000.0 * (n + 2 * m),
        "influence_by_hop",
        "with num_layers=..., or a few chosen nodes, which cost one row each",
        how=_SIX_LAYERS,
    ),
    "influence_by_hop": Cost(
        # sixteen layers of width 32, ten outputs, on a road network and with num_layers=16
        lambda n, m: 3.0 + 4e-3 * n,
        lambda n, m: 3e8 + 25_000.0 * n,
        "influence_by_hop(..., nodes=...)",
        "a sample of the nodes gives the mean with an error",
        how=_ROADS,
    ),
    "effective_range": Cost(
        lambda n, m: 3.0 + 4e-3 * n,
        lambda n, m: 3e8 + 25_000.0 * n,
        "effective_range(..., nodes=...)",
        "a sample of the nodes gives the mean with an error",
        how=_ROADS,
    ),
    "walk_bound": Cost(
        # ten layers
        lambda n, m: 4e-8 * n * (n + 2.0 * m),
        lambda n, m: 24.0 * n**2 + 100.0 * m,
        "walk_bound(..., nodes=...)",
        "a few chosen nodes cost one row each",
    ),
    "resistance_bound": Cost(
        lambda n, m: 1e-10 * n**3 + 1e-8 * n * (n + 2.0 * m),
        lambda n, m: 32.0 * n**2 + 100.0 * m,
        "resistance_of_pairs",
        "the bound falls with the resistance of a pair",
    ),
    "jacobian_range": Cost(lambda n, m: 5e-9 * n**2, lambda n, m: 24.0 * n**2),
    "mixed_influence": Cost(
        # one backward pass through a backward pass for each of 16 channels of each node
        lambda n, m: 16.0 * n * (3e-5 + 5e-8 * (n + 2.0 * m)),
        lambda n, m: 8.0 * n**2 + 4000.0 * (n + 2 * m),
        "sensitivity(..., nodes=...)",
        "jacobian_range of the states before the read-out needs first derivatives only",
        how=_MIXED,
    ),
    "hessian_range": Cost(
        lambda n, m: 16.0 * n * (3e-5 + 5e-8 * (n + 2.0 * m)),
        lambda n, m: 32.0 * n**2 + 4000.0 * (n + 2 * m),
        "sensitivity(..., nodes=...)",
        "jacobian_range of the states before the read-out needs first derivatives only",
        how=_MIXED,
    ),
    "obstruction": Cost(
        # one pair in a six-layer GCN of width 32
        lambda n, m: 64.0 * (1e-3 + 1e-6 * (n + 2.0 * m)),
        lambda n, m: 4000.0 * (n + 2 * m),
        "obstruction of fewer pairs",
        "each node in them costs a backward pass per channel",
        how=f"one pair, {_SIX_LAYERS}",
    ),
    "obstruction_limit": Cost(
        lambda n, m: 2.5e-11 * n**3 + 1.2e-8 * n**2,
        lambda n, m: 16.0 * n**2,
        _PAIRS,
        "the limit is the resistance over nu c_a",
    ),
    "decay_rate": Cost(
        # twenty layers; the call itself measures its own diameter and refuses by that
        lambda n, m: 1e-7 * n * (n + 2.0 * m),
        lambda n, m: 60.0 * n**2 + 100.0 * m,
        "sensitivity(..., nodes=...)",
        "decay_fit of what a model measures needs no diameter",
    ),
    "decay_statistics": Cost(lambda n, m: 2e-8 * n**2, lambda n, m: 32.0 * n**2),
    "decay_fit": Cost(lambda n, m: 5e-8 * n**2, lambda n, m: 64.0 * n**2),
    "sensitivity_decay": Cost(lambda n, m: 3e-8 * n**2, lambda n, m: 32.0 * n**2),
    # attention and states are there already: of one matrix, and of states 64 wide
    "attention_entropy": Cost(lambda n, m: 2e-8 * n**2, lambda n, m: 24.0 * n**2),
    "attention_distance": Cost(lambda n, m: 2e-8 * n**2, lambda n, m: 32.0 * n**2),
    "attention_by_hop": Cost(lambda n, m: 2e-7 * n**2, lambda n, m: 64.0 * n**2),
    "attention_rollout": Cost(lambda n, m: 1e-10 * n**3 + 1e-8 * n**2, lambda n, m: 32.0 * n**2),
    "attention_resistance_correlation": Cost(lambda n, m: 5e-7 * n**2, lambda n, m: 96.0 * n**2),
    "value_weighted_attention": Cost(lambda n, m: 3e-8 * n**2, lambda n, m: 32.0 * n**2),
    "rank_correlation": Cost(lambda n, m: 3e-7 * n**2, lambda n, m: 64.0 * n**2),
    "dirichlet_energy": Cost(
        lambda n, m: 2e-7 * (n + 2.0 * m), lambda n, m: 1024.0 * (n + 2.0 * m)
    ),
    "mean_average_distance": Cost(
        lambda n, m: 1.5e-8 * n**2,
        lambda n, m: 1024.0 * n + 24.0 * min(n**2, 2**20 + n),
        "mean_average_distance(x, pairs)",
        "edge_index as pairs compares neighbors",
    ),
    "mad_gap": Cost(
        lambda n, m: 4e-8 * n**2 + 4e-9 * n * (n + 2.0 * m),
        lambda n, m: 1024.0 * n + 10.0 * n**2,
        "mean_average_distance(x, pairs)",
        "give it near and remote pairs, and subtract",
    ),
    "effective_rank": Cost(lambda n, m: 5e-7 * n, lambda n, m: 2048.0 * n),
    "stable_rank": Cost(lambda n, m: 5e-7 * n, lambda n, m: 2048.0 * n),
    "rank_one_distance": Cost(lambda n, m: 2e-6 * n, lambda n, m: 4096.0 * n),
    "distance_to_mean": Cost(lambda n, m: 1e-7 * n, lambda n, m: 1024.0 * n),
    "smoothing_by_layer": Cost(
        lambda n, m: 1e-6 * (n + 2.0 * m), lambda n, m: 4096.0 * (n + 2.0 * m)
    ),
    "blind_spots": Cost(lambda n, m: 1e-6 * (n + m), lambda n, m: 200.0 * m),
    "blind_pairs": Cost(
        lambda n, m: 3e-8 * n * (n + 2.0 * m) + 3e-7 * n**2,
        lambda n, m: 90.0 * n**2 + 100.0 * m,
        "blind_spots",
        "it judges the edges only",
    ),
    "wl_colors": Cost(lambda n, m: 2e-6 * (n + m), lambda n, m: 200.0 * n + 100.0 * m),
    "distance_wl_colors": Cost(
        lambda n, m: 1e-7 * n**2 + 2.5e-11 * n**3, lambda n, m: 40.0 * n**2, "wl_colors"
    ),
    "fwl_colors": Cost(
        # pairs, and five rounds
        lambda n, m: 1e-8 * n**3 + 1e-6 * n**2,
        lambda n, m: 80.0 * n**2,
        "subgraph_wl_colors",
        "it is weaker",
    ),
    "klwl_colors": Cost(
        lambda n, m: 2e-7 * n * (n + 2.0 * m), lambda n, m: 80.0 * n * (n + 2.0 * m), "wl_colors"
    ),
    "kwl_colors": Cost(
        lambda n, m: 4e-7 * n**3, lambda n, m: 120.0 * n**2 * (n + 1), "fwl_colors(k=1)"
    ),
    "subgraph_wl_colors": Cost(
        lambda n, m: 6e-7 * n * (n + 2.0 * m), lambda n, m: 200.0 * n * (n + 2.0 * m), "wl_colors"
    ),
    "graph_distance": Cost(
        lambda n, m: 4e-10 * n**3 + 4e-8 * n * (n + 2.0 * m),
        lambda n, m: 32.0 * n**2 + 400.0 * m,
        "spectral_distance_bounds",
        "edge_jaccard_distance, degree_distribution_distance and hops_of_new_edges take as much",
    ),
    "edge_jaccard_distance": Cost(lambda n, m: 1e-6 * (n + m), lambda n, m: 300.0 * m),
    "spectral_distance": Cost(
        lambda n, m: 2e-10 * n**3 + 2e-8 * n**2,
        lambda n, m: 24.0 * n**2 + 300.0 * m,
        "spectral_distance_bounds",
    ),
    "spectral_distance_bounds": Cost(
        lambda n, m: 1e-6 * (n + m), lambda n, m: 50.0 * n + 400.0 * m
    ),
    "degree_distribution_distance": Cost(
        lambda n, m: 1e-6 * (n + m), lambda n, m: 50.0 * n + 300.0 * m
    ),
    "hop_distribution_distance": Cost(
        lambda n, m: 1e-8 * n * (n + 2.0 * m),
        lambda n, m: 16.0 * n**2 + 300.0 * m,
        "hops_of_new_edges",
        "it searches from the ends of the new edges only",
    ),
    "resistance_matrix_distance": Cost(
        lambda n, m: 5e-11 * n**3 + 2e-8 * n**2,
        lambda n, m: 32.0 * n**2,
        _PAIRS,
        "on chosen pairs of both graphs",
    ),
    "hops_of_new_edges": Cost(
        # a hundred new edges
        lambda n, m: 1e-5 * (n + m),
        lambda n, m: 1e8 + 50.0 * n + 300.0 * m,
    ),
}

#: The largest ``num_nodes`` that each dense exact function accepts, whatever the memory.
LIMITS = {
    "effective_resistance": 20_000,
    "commute_time": 20_000,
    "hitting_time": 12_000,
    "total_resistance": 20_000,
    "kemeny_constant": 20_000,
    "laplacian_spectrum": 10_000,
    "mixing_time": 5_000,
    "cheeger_constant": 20,
    "hop_distance": 20_000,
    "sensitivity": 20_000,
    "approximate_sensitivity": 15_000,
    "mean_average_distance": 20_000,
    "mad_gap": 20_000,
    "walk_bound": 15_000,
    "resistance_bound": 10_000,
    "mixed_influence": 1_000,
    "hessian_range": 1_000,
    "obstruction_limit": 20_000,
    "decay_rate": 5_000,
    "blind_pairs": 4_000,
    "distance_wl_colors": 10_000,
    "fwl_colors": 3_000,
    "klwl_colors": 3_000,
    "kwl_colors": 400,
    "subgraph_wl_colors": 3_000,
    "graph_distance": 10_000,
    "spectral_distance": 10_000,
    "hop_distribution_distance": 15_000,
    "resistance_matrix_distance": 15_000,
}
