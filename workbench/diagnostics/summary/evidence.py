"""What speaks for rewiring a graph and what against it, one measured number each."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics import approximate_total_resistance, homophily
from workbench.diagnostics.summary.bottlenecks import Bottleneck
from workbench.diagnostics.summary.largest import Part
from workbench.diagnostics.summary.measure import percent, rounded
from workbench.diagnostics.summary.null_model import random_rewired
from workbench.diagnostics.summary.reach import heard_from
from workbench.typing import EdgeIndex, Pairs

Says = Literal["for", "against", "open"]

#: Edges that a rewiring proposes, one column each.
Added = Int64[Tensor, "2 added"]

#: Where a number begins to speak (for, against). Set on twelve small graphs before any training,
#: and a judgement: between the two a number says nothing.
SQUEEZE = (1.5, 1.15)
BOUGHT = (4.0, 2.0)
PLACE = 0.25
ACROSS = (0.2, 0.6)
ARRIVES = (0.25, 0.75)
HOMOPHILY = 0.3


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
    nulls = []
    for _ in range(count):
        null = Part(random_rewired(part.graph, generator=generator), part.nodes)
        found = approximate_total_resistance(
            null.edge_index(), null.graph.num_nodes, null.edge_weight(), num_probes=6
        )
        nulls.append(float(found.value))
    below = sum(value < total for value in nulls)
    mean = sum(nulls) / count
    ratio = total / mean
    sure = "beside one random graph" if count == 1 else f"above {below} of {count} random graphs"
    if count > 1:
        sure += f", whose totals spread over {(max(nulls) - min(nulls)) / mean:.0%}"
    return Evidence(
        "squeeze beyond chance",
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
    edges_word = "edge" if count == 1 else "edges"
    return Evidence(
        "what few edges buy",
        f"{count} {edges_word} by {method} ({percent(unit)} more) take away {percent(drop)} of the "
        "total resistance",
        judged(drop / unit, BOUGHT) if drop > 2 * noise else "open",
        f"± {percent(noise)} standard error" if noise else "exact",
        f"{rounded(drop / unit, 3)} times their share of the edges; on random regular graphs it "
        "is about 1.6 times",
    )


def narrowest(place: Bottleneck, total: float) -> Evidence:
    """What the worst place loses."""
    share = place.loss / total
    return Evidence(
        "one narrow place",
        f"at least {percent(share)} of the total resistance is lost at one place",
        "for" if share >= PLACE else "open",  # a bound from below cannot speak against
        "lower bound (Nash-Williams)",
        place.sentence,
    )


def across(part: Part, place: Bottleneck, num_layers: int) -> Evidence:
    """What the smaller side of the worst place hears from the other one."""
    side = place.side[part.nodes]
    weight = (~side).double()
    heard, mixed = heard_from(part.edge_index(), part.edge_weight(), weight, num_layers)
    share, even = float(heard[side].mean()), float(mixed)
    return Evidence(
        "signal across it",
        f"{percent(share)} of what the smaller side hears after {num_layers} layers comes from "
        f"across; complete mixing would make it {percent(even)}",
        judged(share / even, ACROSS),
        "exact, for a mean-aggregating network without weights; a trained one differs",
        f"{share / even:.2g} of complete mixing",
    )


def arrives(
    part: Part, pairs: Pairs, num_layers: int, added: Int64[Tensor, "2 added"] | None
) -> Evidence:
    """What the targets of a task hear from their sources, and after the proposed edges."""
    source, target = part.local(pairs)
    if not source.numel():
        return Evidence(
            "what the task's pairs hear",
            "no pair is in the largest component",
            "open",
            "exact",
            "nothing passes between components",
            "task",
        )
    graph = part.graph

    def share(edges: EdgeIndex, weight: Tensor) -> float:
        values = []
        for u in source.unique().tolist():
            one = torch.zeros(graph.num_nodes, dtype=torch.float64)
            one[u] = 1.0
            heard, mixed = heard_from(edges, weight, one, num_layers)
            values.append(heard[target[source == u]] / mixed)
        return float(torch.cat(values).mean())

    before = share(part.edge_index(), part.edge_weight())
    text = f"{before:.3g} of what complete mixing would give them, after {num_layers} layers"
    if added is not None and added.size(1):
        edges = torch.cat([part.edge_index(), added, added.flip(0)], dim=1)
        weight = torch.cat([part.edge_weight(), graph.weight.new_ones(2 * added.size(1))])
        text += f"; {share(edges, weight):.3g} with the new edges"
    return Evidence(
        "what the task's pairs hear",
        text,
        judged(before, ARRIVES),
        "exact, for a mean-aggregating network without weights; a trained one differs",
        "1 is as much as if every message went everywhere",
        "task",
    )


def labels_nearby(edge_index: EdgeIndex, num_nodes: int, labels: Tensor) -> Evidence | None:
    """Whether neighbors already tell the label."""
    value = float(homophily(edge_index, num_nodes, labels, measure="adjusted"))
    if value != value:
        return None
    return Evidence(
        "labels nearby",
        f"adjusted homophily {value:.2f} (0: edges ignore labels, 1: they never cross)",
        "against" if value >= HOMOPHILY else "open",
        "exact, for the labels given",
        "where neighbors are alike, a few hops tell the label and far messages add little",
        "task",
    )


def labels_joined(
    edge_index: EdgeIndex, labels: Tensor, added: Added, method: str
) -> Evidence | None:
    """Whether the proposed edges join equal labels as often as the graph's edges do."""
    labels = labels.cpu()
    old, new = (
        ends[:, (labels[ends] >= 0).all(0) & (ends[0] != ends[1])]
        for ends in (edge_index.cpu(), added)
    )
    if not old.size(1) or not new.size(1):
        return None
    before, after = (float((labels[e[0]] == labels[e[1]]).double().mean()) for e in (old, new))
    error = (max(before * (1 - before), 0.01) / new.size(1)) ** 0.5
    says = (
        "against" if after < before - 2 * error else "for" if after > before + 2 * error else None
    )
    return Evidence(
        "labels that new edges join",
        f"{after:.0%} of {new.size(1)} edges by {method} join equal labels; {before:.0%} of the "
        "graph's do",
        says,
        f"± {error:.0%} for so few edges",
        "new edges that join more unlike nodes than the old ones mix what the labels keep apart",
        "task",
    )
