"""What we change: one file per rewiring, the edit tape, and the engine behind the slider."""

from workbench.rewiring.data import rewired_data
from workbench.rewiring.declaration import Declaration, Greedy, Ranking, rewiring
from workbench.rewiring.engine.incremental import ResistanceTracker
from workbench.rewiring.methods.afr import afr
from workbench.rewiring.methods.borf import borf
from workbench.rewiring.methods.curvature_flow import curvature_flow
from workbench.rewiring.methods.degree_control import degree_control
from workbench.rewiring.methods.delaunay import delaunay
from workbench.rewiring.methods.digl import digl
from workbench.rewiring.methods.drew import drew
from workbench.rewiring.methods.err import err
from workbench.rewiring.methods.expander import cayley, expander
from workbench.rewiring.methods.fosr import fosr
from workbench.rewiring.methods.fully_adjacent import fully_adjacent
from workbench.rewiring.methods.gtr import gtr
from workbench.rewiring.methods.half_hop import half_hop
from workbench.rewiring.methods.knn_features import knn_features
from workbench.rewiring.methods.laser import laser
from workbench.rewiring.methods.random_edges import random_edges
from workbench.rewiring.methods.random_regular_expander import random_regular_expander
from workbench.rewiring.methods.random_removal import random_removal
from workbench.rewiring.methods.random_swap import random_swap
from workbench.rewiring.methods.sdrf import sdrf
from workbench.rewiring.methods.spanning_sparsify import spanning_sparsify
from workbench.rewiring.methods.teddy import teddy
from workbench.rewiring.methods.two_hop import two_hop
from workbench.rewiring.methods.virtual_node import virtual_node
from workbench.rewiring.result import LayeredRewired, Rewired, apply_edits, edges_of_layer
from workbench.rewiring.tape.edit import Edit
from workbench.rewiring.tape.profile import Profile, profile
from workbench.rewiring.tape.tape import Tape
from workbench.rewiring.tape.what_if import WhatIf, what_if
from workbench.rewiring.transform import Rewire

#: Every rewiring by its name: (edge_index, num_nodes, *, ...) -> Rewired or LayeredRewired. What
#: it does is in its ``declaration``.
REWIRINGS = {
    "gtr": gtr,
    "fosr": fosr,
    "sdrf": sdrf,
    "borf": borf,
    "afr": afr,
    "err": err,
    "degree_control": degree_control,
    "random_edges": random_edges,
    "random_removal": random_removal,
    "random_swap": random_swap,
    "two_hop": two_hop,
    "teddy": teddy,
    "laser": laser,
    "digl": digl,
    "curvature_flow": curvature_flow,
    "knn_features": knn_features,
    "delaunay": delaunay,
    "spanning_sparsify": spanning_sparsify,
    "half_hop": half_hop,
    "virtual_node": virtual_node,
    "drew": drew,
    "fully_adjacent": fully_adjacent,
    "expander": expander,
    "cayley": cayley,
    "random_regular_expander": random_regular_expander,
}

#: Those that are sequences of undirected edits within a budget ``num_edges``.
EDITS = {name: method for name, method in REWIRINGS.items() if method.declaration.kind == "edits"}

__all__ = [
    "EDITS",
    "REWIRINGS",
    "Declaration",
    "Edit",
    "Greedy",
    "LayeredRewired",
    "Profile",
    "Ranking",
    "ResistanceTracker",
    "Rewire",
    "Rewired",
    "Tape",
    "WhatIf",
    "afr",
    "apply_edits",
    "borf",
    "cayley",
    "curvature_flow",
    "degree_control",
    "delaunay",
    "digl",
    "drew",
    "edges_of_layer",
    "err",
    "expander",
    "fosr",
    "fully_adjacent",
    "gtr",
    "half_hop",
    "knn_features",
    "laser",
    "profile",
    "random_edges",
    "random_regular_expander",
    "random_removal",
    "random_swap",
    "rewired_data",
    "rewiring",
    "sdrf",
    "spanning_sparsify",
    "teddy",
    "two_hop",
    "virtual_node",
    "what_if",
]
