"""The pair and the edge of highest resistance."""

import math

import torch

from workbench.diagnostics import (
    effective_resistance,
    estimate,
    fiedler_vector,
    resistance_of_edges,
    resistance_of_pairs,
)
from workbench.diagnostics.summary.measure import Measure
from workbench.topology import SimpleGraph

#: The whole resistance matrix is computed where that takes at most this long.
LONGEST_SECONDS = 5.0
#: Where there is no whole matrix: edges solved for, of those that an estimate finds highest,
REFINED_EDGES = 64
#: and nodes among which the pair of highest resistance is looked for.
CANDIDATES = 32
TOLERANCE = 1e-3


def highest_pair(
    edge_index, num_nodes, edge_weight, graph: SimpleGraph, part, seed: int
) -> tuple[tuple[int, ...], Measure]:
    """The pair of highest finite resistance: over all pairs, or over pairs of likely ends."""
    name, meaning = "highest resistance", "the two nodes that hear each other least"
    expected = estimate("effective_resistance", num_nodes=num_nodes, num_edges=graph.num_edges)
    if expected.exact and expected.seconds <= LONGEST_SECONDS:
        matrix = effective_resistance(edge_index, num_nodes, edge_weight)
        values = torch.where(matrix.isfinite(), matrix, -1.0).flatten()
        best = int(_highest(values)[0])
        (u, v), value, sure = divmod(best, num_nodes), float(values[best]), "exact"
    else:
        few = CANDIDATES // 4
        side = fiedler_vector(edge_index, num_nodes, edge_weight).argsort(stable=True)
        generator = torch.Generator().manual_seed(seed)
        lean = graph.degree().argsort(stable=True)[:few]
        luck = torch.randperm(num_nodes, generator=generator)[:few]
        pairs = torch.combinations(torch.cat([side[:few], side[-few:], lean, luck]).unique()).T
        pairs = pairs[:, part[pairs[0]] == part[pairs[1]]]
        if not pairs.numel():
            nan = float("nan")
            return (), Measure("resistance", name, nan, nan, "ohm", "not found", meaning)
        values = resistance_of_pairs(edge_index, num_nodes, pairs, edge_weight, tolerance=TOLERANCE)
        best = int(_highest(values)[0])
        u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
        sure = f"± {TOLERANCE:.1%}, of {pairs.size(1):,} pairs"
    return (u, v), Measure("resistance", name, value, value, "ohm", sure, meaning)


def highest_edge(graph: SimpleGraph) -> tuple[tuple[int, ...], Measure]:
    """The edge of highest resistance; of equals, one whose ends have many neighbors."""
    pairs, conductance = torch.stack([graph.source, graph.target]), graph.weight
    both, weight = torch.cat([pairs, pairs.flip(0)], dim=1), conductance.repeat(2)
    values, sure = resistance_of_edges(both, graph.num_nodes, weight)[: pairs.size(1)], "exact"
    foster = graph.num_nodes - graph.num_components
    # Foster's law: exact values add up to this, estimates do not
    if not math.isclose(float(conductance @ values), foster, rel_tol=1e-9):
        few = values.topk(min(REFINED_EDGES, values.numel())).indices.sort().values
        pairs, conductance = pairs[:, few], conductance[few]
        values = resistance_of_pairs(both, graph.num_nodes, pairs, weight, tolerance=TOLERANCE)
        sure = f"± {TOLERANCE:.1%}, of the {few.numel():,} highest by estimate"
    ends = torch.bincount(torch.cat([graph.source, graph.target]), minlength=graph.num_nodes)
    equals = _highest(values)
    best = int(equals[ends[pairs[:, equals]].amin(dim=0).argmax()])
    u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
    meaning = "the edge with the fewest ways around it"
    if math.isclose(value * float(conductance[best]), 1.0, rel_tol=1e-6):
        meaning += "; a bridge"
    name = "highest edge resistance"
    return (u, v), Measure("resistance", name, value, value, "ohm", sure, meaning)


def _highest(values: torch.Tensor) -> torch.Tensor:
    """Places of the largest value, in order; those that differ by rounding count as equal."""
    return (values >= values.max() * (1 - 1e-9)).nonzero().flatten()
