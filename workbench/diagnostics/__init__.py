"""What we measure: one file per concept, tensors in and tensors out.

What a list of edges means, unless a function says otherwise. A self-loop, or an edge of weight 0,
is dropped: it counts nowhere, and where each edge has an answer, that of a loop is 0. A repeated
edge counts once; with weights, which are conductances, repeats add, and each of its columns has the
answer of the edge. An isolated node is a component of its own, which changes no answer about other
nodes or pairs. Both directions of every undirected edge are listed, and a list that lacks some is
refused by name; only
``hop_distance``, ``hitting_time``, ``walk_bound``, ``decay_rate``, ``mad_gap``,
``mean_average_distance``, ``attention_rollout``, ``blind_spots`` and ``blind_pairs`` go by the
arcs as they stand. What differentiates a model hands it the list as it is, so that loops, repeats
and directions mean what the model makes of them; and colors (``wl_colors`` and its kin) see loops
and directions.
"""

from workbench.cost import Estimate, Stopped, TooLargeError
from workbench.diagnostics.attention.attention import attention_distance, attention_entropy
from workbench.diagnostics.attention.attention_by_hop import HopMass, attention_by_hop
from workbench.diagnostics.attention.attention_resistance import (
    ResistanceCorrelation,
    attention_resistance_correlation,
)
from workbench.diagnostics.attention.attention_rollout import attention_rollout, neighbor_average
from workbench.diagnostics.attention.rank_correlation import rank_correlation
from workbench.diagnostics.attention.value_weighted_attention import value_weighted_attention
from workbench.diagnostics.curvature.balanced_forman import balanced_forman
from workbench.diagnostics.curvature.forman import augmented_forman, forman
from workbench.diagnostics.curvature.minhash import EdgeEstimate, approximate_weighted_forman
from workbench.diagnostics.curvature.ollivier import ollivier_ricci
from workbench.diagnostics.curvature.resistance_curvature import (
    node_resistance_curvature,
    resistance_curvature,
)
from workbench.diagnostics.curvature.weighted_forman import weighted_forman
from workbench.diagnostics.distance.distribution_distance import (
    degree_distribution_distance,
    hop_distribution_distance,
)
from workbench.diagnostics.distance.graph_distance import (
    GraphDistance,
    NewEdges,
    edge_jaccard_distance,
    graph_distance,
    hops_of_new_edges,
    resistance_matrix_distance,
)
from workbench.diagnostics.distance.hop_distance import (
    DiameterBounds,
    diameter,
    diameter_bounds,
    hop_distance,
)
from workbench.diagnostics.distance.spectral_distance import (
    SpectralDistanceBounds,
    spectral_distance,
    spectral_distance_bounds,
)
from workbench.diagnostics.estimate import estimate
from workbench.diagnostics.expressivity.counting import (
    PATTERNS,
    homomorphism_count,
    subgraph_count,
    subgraph_counts,
)
from workbench.diagnostics.expressivity.isomorphism import is_isomorphic, isomorphism_classes
from workbench.diagnostics.expressivity.upper_bound import UpperBound, wl_upper_bound
from workbench.diagnostics.expressivity.weisfeiler_leman import (
    TESTS,
    Coloring,
    Distinction,
    RoundedDistinction,
    distance_wl_colors,
    distinguishes,
    fwl_colors,
    graph_classes,
    klwl_colors,
    kwl_colors,
    rounded_distinction,
    subgraph_wl_colors,
    tell_apart,
    wl_colors,
)
from workbench.diagnostics.resistance.all_pairs import (
    commute_time,
    effective_resistance,
    total_resistance,
)
from workbench.diagnostics.resistance.commute import commute_time_of_edges, commute_time_of_pairs
from workbench.diagnostics.resistance.hitting import hitting_time
from workbench.diagnostics.resistance.kemeny import approximate_kemeny_constant, kemeny_constant
from workbench.diagnostics.resistance.resistance_sparse import (
    resistance_of_edges,
    resistance_of_pairs,
)
from workbench.diagnostics.resistance.resistance_total import approximate_total_resistance
from workbench.diagnostics.resistance.trace import Approximation
from workbench.diagnostics.sensitivity.approximate_sensitivity import (
    SquaredSensitivity,
    approximate_sensitivity,
)
from workbench.diagnostics.sensitivity.blind_spots import BlindSpots, blind_pairs, blind_spots
from workbench.diagnostics.sensitivity.decay import Decay, DecayFit, decay_fit, sensitivity_decay
from workbench.diagnostics.sensitivity.decay_rate import (
    DecayStatistics,
    decay_rate,
    decay_statistics,
)
from workbench.diagnostics.sensitivity.influence import (
    EffectiveRange,
    HopInfluence,
    effective_range,
    influence_by_hop,
)
from workbench.diagnostics.sensitivity.jacobian_range import (
    hessian_range,
    jacobian_range,
    mixed_influence,
)
from workbench.diagnostics.sensitivity.obstruction import obstruction, obstruction_limit
from workbench.diagnostics.sensitivity.resistance_bound import resistance_bound
from workbench.diagnostics.sensitivity.sensitivity import sensitivity
from workbench.diagnostics.sensitivity.squashed_pairs import SquashedPairs, squashed_pairs
from workbench.diagnostics.sensitivity.walk_bound import walk_bound
from workbench.diagnostics.smoothing.rank import (
    distance_to_mean,
    effective_rank,
    rank_one_distance,
    stable_rank,
)
from workbench.diagnostics.smoothing.smoothing import (
    dirichlet_energy,
    mad_gap,
    mean_average_distance,
)
from workbench.diagnostics.smoothing.smoothing_by_layer import Smoothing, smoothing_by_layer
from workbench.diagnostics.spectrum.cheeger import CheegerBounds, cheeger_bounds, cheeger_constant
from workbench.diagnostics.spectrum.eigenpairs import (
    Eigenpairs,
    algebraic_connectivity,
    laplacian_eigenpairs,
    partial_spectrum,
)
from workbench.diagnostics.spectrum.full_spectrum import (
    fiedler_vector,
    laplacian_spectrum,
    spectral_gap,
)
from workbench.diagnostics.spectrum.mixing import (
    MixingBounds,
    mixing_time,
    mixing_time_bounds,
    relaxation_time,
    stationary_distribution,
)
from workbench.diagnostics.structure.approximate_concentration import (
    NodeEstimate,
    approximate_topological_concentration,
)
from workbench.diagnostics.structure.homophily import (
    degree_assortativity,
    homophily,
    label_informativeness,
)
from workbench.diagnostics.structure.orbit_adjacency import (
    ORBIT_ADJACENCIES,
    OrbitAdjacency,
    orbit_adjacency,
)
from workbench.diagnostics.structure.topological_concentration import topological_concentration

#: Every diagnostic by its name.
DIAGNOSTICS = {
    "effective_resistance": effective_resistance,
    "resistance_of_edges": resistance_of_edges,
    "resistance_of_pairs": resistance_of_pairs,
    "total_resistance": total_resistance,
    "approximate_total_resistance": approximate_total_resistance,
    "commute_time": commute_time,
    "commute_time_of_edges": commute_time_of_edges,
    "commute_time_of_pairs": commute_time_of_pairs,
    "hitting_time": hitting_time,
    "kemeny_constant": kemeny_constant,
    "approximate_kemeny_constant": approximate_kemeny_constant,
    "laplacian_spectrum": laplacian_spectrum,
    "partial_spectrum": partial_spectrum,
    "laplacian_eigenpairs": laplacian_eigenpairs,
    "spectral_gap": spectral_gap,
    "fiedler_vector": fiedler_vector,
    "algebraic_connectivity": algebraic_connectivity,
    "cheeger_constant": cheeger_constant,
    "cheeger_bounds": cheeger_bounds,
    "stationary_distribution": stationary_distribution,
    "mixing_time": mixing_time,
    "mixing_time_bounds": mixing_time_bounds,
    "relaxation_time": relaxation_time,
    "hop_distance": hop_distance,
    "diameter": diameter,
    "diameter_bounds": diameter_bounds,
    "balanced_forman": balanced_forman,
    "forman": forman,
    "augmented_forman": augmented_forman,
    "weighted_forman": weighted_forman,
    "approximate_weighted_forman": approximate_weighted_forman,
    "ollivier_ricci": ollivier_ricci,
    "resistance_curvature": resistance_curvature,
    "node_resistance_curvature": node_resistance_curvature,
    "orbit_adjacency": orbit_adjacency,
    "topological_concentration": topological_concentration,
    "approximate_topological_concentration": approximate_topological_concentration,
    "homophily": homophily,
    "label_informativeness": label_informativeness,
    "degree_assortativity": degree_assortativity,
    "sensitivity": sensitivity,
    "approximate_sensitivity": approximate_sensitivity,
    "influence_by_hop": influence_by_hop,
    "effective_range": effective_range,
    "sensitivity_decay": sensitivity_decay,
    "decay_fit": decay_fit,
    "decay_rate": decay_rate,
    "decay_statistics": decay_statistics,
    "walk_bound": walk_bound,
    "resistance_bound": resistance_bound,
    "hessian_range": hessian_range,
    "jacobian_range": jacobian_range,
    "mixed_influence": mixed_influence,
    "obstruction": obstruction,
    "obstruction_limit": obstruction_limit,
    "blind_spots": blind_spots,
    "blind_pairs": blind_pairs,
    "squashed_pairs": squashed_pairs,
    "attention_entropy": attention_entropy,
    "attention_distance": attention_distance,
    "attention_by_hop": attention_by_hop,
    "attention_rollout": attention_rollout,
    "attention_resistance_correlation": attention_resistance_correlation,
    "rank_correlation": rank_correlation,
    "value_weighted_attention": value_weighted_attention,
    "dirichlet_energy": dirichlet_energy,
    "mean_average_distance": mean_average_distance,
    "mad_gap": mad_gap,
    "effective_rank": effective_rank,
    "stable_rank": stable_rank,
    "rank_one_distance": rank_one_distance,
    "distance_to_mean": distance_to_mean,
    "smoothing_by_layer": smoothing_by_layer,
    "wl_colors": wl_colors,
    "distance_wl_colors": distance_wl_colors,
    "fwl_colors": fwl_colors,
    "klwl_colors": klwl_colors,
    "kwl_colors": kwl_colors,
    "subgraph_wl_colors": subgraph_wl_colors,
    "degree_distribution_distance": degree_distribution_distance,
    "hop_distribution_distance": hop_distribution_distance,
    "graph_distance": graph_distance,
    "edge_jaccard_distance": edge_jaccard_distance,
    "resistance_matrix_distance": resistance_matrix_distance,
    "hops_of_new_edges": hops_of_new_edges,
    "spectral_distance": spectral_distance,
    "spectral_distance_bounds": spectral_distance_bounds,
}

#: The largest ``num_nodes`` that each dense exact function accepts, whatever the memory.
LIMITS = {
    name: function.declared.limit
    for name, function in DIAGNOSTICS.items()
    if function.declared.limit is not None
}

__all__ = [
    "DIAGNOSTICS",
    "LIMITS",
    "ORBIT_ADJACENCIES",
    "PATTERNS",
    "TESTS",
    "Approximation",
    "BlindSpots",
    "SquashedPairs",
    "CheegerBounds",
    "Coloring",
    "Decay",
    "DecayFit",
    "DecayStatistics",
    "DiameterBounds",
    "Distinction",
    "EdgeEstimate",
    "EffectiveRange",
    "Estimate",
    "GraphDistance",
    "HopInfluence",
    "HopMass",
    "NewEdges",
    "OrbitAdjacency",
    "ResistanceCorrelation",
    "RoundedDistinction",
    "Smoothing",
    "SpectralDistanceBounds",
    "SquaredSensitivity",
    "Stopped",
    "TooLargeError",
    "UpperBound",
    "distinguishes",
    "estimate",
    "graph_classes",
    "homomorphism_count",
    "is_isomorphic",
    "isomorphism_classes",
    "rounded_distinction",
    "subgraph_count",
    "subgraph_counts",
    "wl_upper_bound",
    "tell_apart",
    "neighbor_average",
    "Eigenpairs",
    "MixingBounds",
    "NodeEstimate",
    *DIAGNOSTICS,
]
