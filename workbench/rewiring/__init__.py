"""What we change: one file per rewiring, the edit tape, and the engine behind the slider."""

from workbench.rewiring.base import Ranking, Rewired, apply_edits
from workbench.rewiring.fosr import fosr, fosr_ranking
from workbench.rewiring.gtr import gtr, gtr_ranking
from workbench.rewiring.incremental import ResistanceTracker
from workbench.rewiring.random_edges import random_edges, random_ranking
from workbench.rewiring.tape import Edit, Tape

#: Every rewiring by its name: (edge_index, num_nodes, *, num_edges, ...) -> Rewired.
REWIRINGS = {
    "gtr": gtr,
    "fosr": fosr,
    "random_edges": random_edges,
}

#: The edges that each method would add next: (edge_index, num_nodes, *, num_edges) -> Ranking.
RANKINGS = {
    "gtr": gtr_ranking,
    "fosr": fosr_ranking,
    "random_edges": random_ranking,
}

__all__ = [
    "RANKINGS",
    "REWIRINGS",
    "Edit",
    "Ranking",
    "ResistanceTracker",
    "Rewired",
    "Tape",
    "apply_edits",
    "fosr",
    "fosr_ranking",
    "gtr",
    "gtr_ranking",
    "random_edges",
    "random_ranking",
]
