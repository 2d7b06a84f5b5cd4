"""What of a graph speaks for rewiring it and what against it, one measured number each."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics import approximate_total_resistance
from workbench.diagnostics.summary.bottlenecks import Bottleneck
from workbench.diagnostics.summary.largest import Part
from workbench.diagnostics.summary.measure import percent, rounded
from workbench.diagnostics.summary.null_model import no_other, random_rewired
from workbench.diagnostics.summary.reach import heard_from

Says = Literal["for", "against", "open"]

#: Edges that a rewiring proposes, one column each.
Added = Int64[Tensor, "2 added"]

#: Where a number begins to speak (for, against). Set on twelve small graphs before any training,
#: and a judgement: between the two a number says nothing.
SQUEEZE = (1.5, 1.15)
BOUGHT = (4.0, 2.0)
PLACE = 0.25
ACROSS = (0.2, 0.6)

#: Set later, on a grid of 300 by 300, where each number passes its limit because the graph is
#: large: edges that take away less than this share of the total resistance leave the graph as it
#: is, however few they are, and a cut that holds less than this share of it keeps nothing apart.
MENDED, NARROW = 0.15, 0.05

#: What the verdict asks the evidence by.
BUYS, ONE_PLACE = "what few edges buy", "one narrow place"


@dataclass(frozen=True)
class Evidence:
    """One number and what it says about rewiring.

    Attributes:
        name: what was measured.
        value: the number, with its unit.
        says: "for", "against", or "open" where it lies between.
        sure: "exact", or how far off it may be.
        why: what it has to do with rewiring.
        about: "graph" or "task".
    """

    name: str
    value: str
    says: Says
    sure: str
    why: str
    about: Literal["graph", "task"] = "graph"


def judged(number: float, limits: tuple[float, float]) -> Says:
    """Which side of the two limits a number is on; the first one is that for rewiring."""
    speaks, speaks_not = limits
    if (number - speaks) * (speaks - speaks_not) >= 0:
        return "for"
    return "against" if (speaks_not - number) * (speaks - speaks_not) >= 0 else "open"


def squeeze(part: Part, total: float, count: int, generator: torch.Generator) -> Evidence:
    """Total resistance beside that of random connected graphs of the same degrees."""
    name = "squeeze beyond chance"
    ends = torch.cat([part.graph.source, part.graph.target])
    alone = no_other(torch.bincount(ends, minlength=part.graph.num_nodes))
    if alone and bool((part.graph.weight == part.graph.weight[0]).all()):
        return Evidence(
            name,
            "no other graph has these degrees",
            "open",
            "exact",
            "there is no random graph to compare this one with",
        )
    nulls = []
    for _ in range(count):
        null = Part(random_rewired(part.graph, generator=generator), part.nodes)
        found = approximate_total_resistance(
            null.edge_index(), null.graph.num_nodes, null.edge_weight(), num_probes=6
        )
        nulls.append(float(found.value))
    below = sum(value < total * (1 - 1e-9) for value in nulls)
    mean = sum(nulls) / count
    ratio = total / mean
    sure = "beside one random graph" if count == 1 else f"above {below} of {count} random graphs"
    if count > 1:
        sure += f", whose totals spread over {(max(nulls) - min(nulls)) / mean:.0%}"
    if alone:
        sure += "; all have this graph's edges, since no others have these degrees"
    return Evidence(
        name,
        f"{ratio:.2f} times the total resistance of random graphs with the same degrees",
        judged(ratio, SQUEEZE),
        sure,
        "about 1: the edges lie as well as these degrees let them; more: it is their places, not "
        "their number, that squeeze",
    )


def bought(part: Part, total: float, error: float, added: Added, method: str) -> Evidence:
    """The drop of the total resistance by edges that a rewiring proposes."""
    graph, count = part.graph, added.size(1)
    edges = torch.cat([part.edge_index(), added, added.flip(0)], dim=1)
    weight = torch.cat([part.edge_weight(), graph.weight.new_ones(2 * count)])
    after = approximate_total_resistance(edges, graph.num_nodes, weight)
    drop = 1 - float(after.value) / total
    unit = count / graph.num_edges
    noise = (float(after.standard_error) ** 2 + error**2) ** 0.5 / total
    edges_word, take = ("edge", "takes") if count == 1 else ("edges", "take")
    says = judged(drop / unit, BOUGHT) if drop > 2 * noise else "open"
    return Evidence(
        BUYS,
        f"{count} {edges_word} by {method} ({percent(unit)} more) {take} away {percent(drop)} of "
        "the total resistance",
        "open" if says == "for" and drop < MENDED else says,
        f"± {percent(noise)} standard error" if noise else "exact",
        f"{rounded(drop / unit, 3)} times their share of the edges; on random regular graphs it "
        "is about 1.6 times",
    )


def narrowest(place: Bottleneck, total: float) -> Evidence:
    """What the worst place loses.

    A cut of a complete graph of n nodes holds 1 / (n - 1) of its total resistance; a place has to
    hold twice that at least, or it is one because the graph is small.
    """
    share = place.loss / total
    least = max(PLACE, 2 / (sum(place.sizes) - 1))
    return Evidence(
        ONE_PLACE,
        f"at least {percent(share)} of the total resistance is lost at one place",
        "for" if share >= least else "open",  # a bound from below cannot speak against
        "lower bound (Nash-Williams)",
        place.sentence,
    )


def across(part: Part, place: Bottleneck, total: float, num_layers: int) -> Evidence:
    """What the smaller side of the worst place hears from the other one.

    On a large graph that is little across any cut. It speaks for rewiring where the place does, or
    where its narrowest cut alone holds a part of the total resistance that is worth naming.
    """
    side = place.side[part.nodes]
    weight = (~side).double()
    heard, mixed = heard_from(part.edge_index(), part.edge_weight(), weight, num_layers)
    share, even = float(heard[side].mean()), float(mixed)
    says = judged(share / even, ACROSS)
    alone = place.sizes[0] * place.sizes[1] / place.conductance
    if says == "for" and narrowest(place, total).says != "for" and alone < NARROW * total:
        says = "open"
    return Evidence(
        "signal across it",
        f"{percent(share)} of what the smaller side hears after {num_layers} layers comes from "
        f"across; complete mixing would make it {percent(even)}",
        says,
        "exact, for a mean-aggregating network without weights; a trained one differs",
        f"{share / even:.2g} of complete mixing",
    )


def nothing_to_add(size: int) -> Evidence:
    """That a graph is complete."""
    return Evidence(
        "edges that can be added",
        f"0: each of the {size * (size - 1) // 2:,} pairs of nodes is an edge",
        "against",
        "exact",
        "the graph is complete, so that every message arrives in one step",
    )
