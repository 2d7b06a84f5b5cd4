"""One undirected graph, validated once, and what everyone asks of it.

Imports torch, numpy, scipy and numba only, so that a diagnostic on tensors loads nothing heavier.
"""

from workbench.topology.checks import (
    check_edge_index,
    check_edge_weight,
    check_num_nodes,
    check_pairs,
)
from workbench.topology.columns import as_arcs, as_columns
from workbench.topology.compiled import hear_compiling
from workbench.topology.operators import (
    laplacian_matrix,
    normalized_adjacency,
    sparse_laplacian,
    walk_matrix,
    walk_powers,
)
from workbench.topology.simple_graph import (
    DirectedGraphError,
    Neighbors,
    SimpleGraph,
    both_directions,
    components,
    simple_graph,
)
from workbench.topology.threads import eigh, eigvalsh, one_thread, product

__all__ = [
    "DirectedGraphError",
    "Neighbors",
    "SimpleGraph",
    "as_arcs",
    "as_columns",
    "both_directions",
    "check_edge_index",
    "check_edge_weight",
    "check_num_nodes",
    "check_pairs",
    "components",
    "eigh",
    "eigvalsh",
    "hear_compiling",
    "laplacian_matrix",
    "normalized_adjacency",
    "one_thread",
    "product",
    "simple_graph",
    "sparse_laplacian",
    "walk_matrix",
    "walk_powers",
]
