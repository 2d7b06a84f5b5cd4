"""The pair and the edge of highest resistance, with those that are alike."""

import math

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics import (
    effective_resistance,
    estimate,
    fiedler_vector,
    resistance_of_edges,
    resistance_of_pairs,
)
from workbench.report.largest import Part
from workbench.report.measure import Measure
from workbench.ties import TIE, largest

#: The whole resistance matrix is computed where that takes at most this long.
LONGEST_SECONDS = 5.0
#: Where there is no whole matrix: edges solved for, of those that an estimate finds highest,
REFINED_EDGES = 64
#: and nodes among which the pair of highest resistance is looked for.
CANDIDATES = 32
TOLERANCE = 1e-3

#: The pairs or edges of an extreme value, one column each.
Tied = Int64[Tensor, "2 _"]


def highest_pair(part: Part, label: Int64[Tensor, " nodes"], seed: int) -> tuple[Tied, Measure]:
    """The pairs of highest finite resistance: over all pairs, or over pairs of likely ends.

    ``part`` is the whole graph, and ``label`` the component of each of its nodes.
    """
    graph, meaning = part.graph, "the two nodes that hear each other least"
    name, count = "highest resistance", graph.num_nodes
    whole = part.edge_index(), count
    expected = estimate("effective_resistance", num_nodes=count, num_edges=graph.num_edges)
    if expected.exact and expected.seconds <= LONGEST_SECONDS:
        matrix = effective_resistance(*whole, part.edge_weight())
        pairs = torch.triu_indices(count, count, offset=1)
        values = matrix[pairs[0], pairs[1]]
        values[values.isinf()] = -1.0
        off, sure = TIE, "exact"
    else:
        few = CANDIDATES // 4
        side = fiedler_vector(*whole, part.edge_weight()).argsort(stable=True)
        generator = torch.Generator().manual_seed(seed)
        lean = graph.degree().argsort(stable=True)[:few]
        luck = torch.randperm(count, generator=generator)[:few]
        pairs = torch.combinations(torch.cat([side[:few], side[-few:], lean, luck]).unique()).T
        pairs = pairs[:, label[pairs[0]] == label[pairs[1]]]
        if not pairs.numel():
            nan = float("nan")
            return pairs, Measure("resistance", name, nan, nan, "ohm", "not found", meaning)
        values = resistance_of_pairs(*whole, pairs, part.edge_weight(), tolerance=TOLERANCE)
        off, sure = TOLERANCE, f"± {TOLERANCE:.1%}, of {pairs.size(1):,} pairs"
    tied = largest(values.numpy(), tolerance=off)
    value, meaning = float(values.max()), meaning_text(meaning, tied, values.numel(), "such pairs")
    found = Measure("resistance", name, value, value, "ohm", sure, meaning)
    return part.whole(pairs[:, torch.from_numpy(tied)]), found


def highest_edge(part: Part) -> tuple[Tied, Measure]:
    """The edges of highest resistance."""
    graph, edges, weight = part.graph, part.edge_index(), part.edge_weight()
    up = edges[0] < edges[1]
    pairs, conductance = edges[:, up], weight[up]
    values = resistance_of_edges(edges, graph.num_nodes, weight)[up]
    off, sure = TIE, "exact"
    foster = graph.num_nodes - graph.num_components
    # exact values add up to this, estimates do not
    if not math.isclose(float(conductance @ values), foster, rel_tol=1e-9):
        few = values.topk(min(REFINED_EDGES, values.numel())).indices.sort().values
        pairs, conductance = pairs[:, few], conductance[few]
        values = resistance_of_pairs(edges, graph.num_nodes, pairs, weight, tolerance=TOLERANCE)
        off, sure = TOLERANCE, f"± {TOLERANCE:.1%}, of the {few.numel():,} highest by estimate"
    tied = largest(values.numpy(), tolerance=off)
    value, meaning = float(values.max()), "the edge with the fewest ways around it"
    if all(math.isclose(value * c, 1.0, rel_tol=1e-6) for c in conductance[tied].tolist()):
        meaning += "; a bridge"
    name, meaning = (
        "highest edge resistance",
        meaning_text(meaning, tied, values.numel(), "such edges"),
    )
    found = Measure("resistance", name, value, value, "ohm", sure, meaning)
    return part.whole(pairs[:, torch.from_numpy(tied)]), found


def meaning_text(meaning: str, tied: Int64[np.ndarray, " tied"], count: int, kind: str) -> str:
    """What a number means, and that it is that of several of so many."""
    if tied.size == 1:
        return meaning
    which = "the same for all" if tied.size == count else f"one of {tied.size:,} {kind}"
    return f"{meaning}; {which}"
