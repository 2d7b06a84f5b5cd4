"""What we change: one file per rewiring, the edit tape, and the engine behind the slider."""

from workbench.rewiring.engine.incremental import ResistanceTracker
from workbench.rewiring.methods.fosr import fosr, fosr_ranking
from workbench.rewiring.methods.gtr import gtr, gtr_ranking
from workbench.rewiring.methods.random_edges import random_edges, random_ranking
from workbench.rewiring.methods.sdrf import sdrf, sdrf_ranking
from workbench.rewiring.result import Ranking, Rewired, apply_edits
from workbench.rewiring.tape.edit import Edit
from workbench.rewiring.tape.profile import Profile, profile
from workbench.rewiring.tape.tape import Tape
from workbench.rewiring.tape.what_if import WhatIf, what_if
from workbench.rewiring.transform import Rewire, rewired_data

#: Every rewiring by its name: (edge_index, num_nodes, *, num_edges, ...) -> Rewired.
REWIRINGS = {
    "gtr": gtr,
    "fosr": fosr,
    "sdrf": sdrf,
    "random_edges": random_edges,
}

#: The edges that each method would add next: (edge_index, num_nodes, *, num_edges) -> Ranking.
RANKINGS = {
    "gtr": gtr_ranking,
    "fosr": fosr_ranking,
    "sdrf": sdrf_ranking,
    "random_edges": random_ranking,
}

__all__ = [
    "RANKINGS",
    "REWIRINGS",
    "Edit",
    "Profile",
    "Ranking",
    "ResistanceTracker",
    "Rewire",
    "Rewired",
    "Tape",
    "WhatIf",
    "apply_edits",
    "fosr",
    "fosr_ranking",
    "gtr",
    "gtr_ranking",
    "profile",
    "random_edges",
    "random_ranking",
    "rewired_data",
    "sdrf",
    "sdrf_ranking",
    "what_if",
]
