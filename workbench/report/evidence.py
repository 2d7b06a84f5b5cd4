"""What of a graph speaks for rewiring it and what against it, one measured number each."""

import math
import statistics
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int64
from torch import Generator, Tensor

from workbench.diagnostics import approximate_total_resistance
from workbench.report.bottlenecks import Bottleneck
from workbench.report.largest import Part
from workbench.report.measure import percent, round_digits, settle_digits
from workbench.report.null_model import no_other, same_degree_graph
from workbench.report.reach import share_from
from workbench.ties import TIE, levels

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

#: How sure is what a network of means hears.
OF_MEANS = "exact, for a mean-aggregating network without weights; a trained one differs"

#: Standard errors within which a number is at its limit.
ERRORS = 2.0


@dataclass(frozen=True)
class Evidence:
    """One number and what it says about rewiring.

    Attributes:
        name: what was measured.
        value: the number, with its unit.
        says: "for", "against", or "open" where it lies between.
        sure: "exact", or how far off it may be; and that it lies at a limit where it does.
        why: what it has to do with rewiring.
        about: "graph" or "task".
        near: what it would say on the other side of a limit that it lies at, up to rounding or
            within two standard errors of its own; it is "open" then.
    """

    name: str
    value: str
    says: Says
    sure: str
    why: str
    about: Literal["graph", "task"] = "graph"
    near: tuple[Says, ...] = ()


def above(number: float, limit: float, error: float = 0.0) -> int:
    """1 where a number is above a limit, -1 where below, 0 where it cannot be told.

    That is up to rounding, and within ``ERRORS`` standard errors.
    """
    apart = number - limit
    if abs(apart) <= TIE * max(abs(number), abs(limit)) + ERRORS * error:
        return 0
    return 1 if apart > 0 else -1


def compare_limits(
    number: float, limits: tuple[float, float], error: float = 0.0
) -> tuple[int, int]:
    """``above`` of both limits, each toward its own side; the first one is that for rewiring."""
    speaks, speaks_not = limits
    side = 1 if speaks > speaks_not else -1
    return side * above(number, speaks, error), -side * above(number, speaks_not, error)


def judge(toward: int, away: int = -1) -> tuple[Says, tuple[Says, ...]]:
    """What a number says, and what it would say were it not at its limit.

    Each is 1 where the condition to speak for rewiring, or against, holds; 0 where it may.
    """
    if toward > 0:
        return "for", ()
    if away > 0:
        return "against", ()
    near: tuple[Says, ...] = ("for",) * (toward == 0) + ("against",) * (away == 0)
    return "open", near


def state_number(sure: str, near: tuple[Says, ...]) -> str:
    """How sure a number is, and that it lies at a limit."""
    if not near:
        return sure
    return f"{sure}; at the limit from which it would speak {' or '.join(near)}"


def squeeze(part: Part, total: float, error: float, count: int, generator: Generator) -> Evidence:
    """Total resistance beside that of random connected graphs of the same degrees."""
    name = "squeeze beyond chance"
    ends = torch.cat([part.graph.source, part.graph.target])
    alone = no_other(torch.bincount(ends, minlength=part.graph.num_nodes))
    if alone and levels(part.graph.conductance).max() == 0:
        return Evidence(
            name,
            "no other graph has these degrees",
            "open",
            "exact",
            "there is no random graph to compare this one with",
        )
    nulls, errors = [], []
    for _ in range(count):
        null = Part(same_degree_graph(part.graph, generator=generator), part.nodes)
        found = approximate_total_resistance(
            null.edge_index(), null.graph.num_nodes, null.edge_weight(), num_probes=6
        )
        nulls.append(float(found.value))
        errors.append(float(found.standard_error))
    below = sum(above(total, value) > 0 for value in nulls)
    mean = statistics.fmean(nulls)
    ratio = total / mean
    # several spread by what each is off, too
    off = statistics.stdev(nulls) / count**0.5 if count > 1 else errors[0]
    sure = "beside one random graph" if count == 1 else f"above {below} of {count} random graphs"
    if count > 1:
        spread = settle_digits((max(nulls) - min(nulls)) / mean, scale=1.0)
        sure += f", whose totals spread over {spread:.0%}"
    if alone:
        sure += "; all have this graph's edges, since no others have these degrees"
    says, near = judge(
        *compare_limits(ratio, SQUEEZE, ratio * math.hypot(error / total, off / mean))
    )
    return Evidence(
        name,
        f"{settle_digits(ratio):.2f} times the total resistance of random graphs with the same "
        "degrees",
        says,
        state_number(sure, near),
        "about 1: the edges lie as well as these degrees let them; more: it is their places, not "
        "their number, that squeeze",
        near=near,
    )


def removed_share(part: Part, total: float, error: float, added: Added, method: str) -> Evidence:
    """The drop of the total resistance by edges that a rewiring proposes."""
    graph, count = part.graph, added.size(1)
    edges = torch.cat([part.edge_index(), added, added.flip(0)], dim=1)
    weight = torch.cat([part.edge_weight(), graph.weight.new_ones(2 * count)])
    after = approximate_total_resistance(edges, graph.num_nodes, weight)
    drop = 1 - float(after.value) / total
    unit = count / graph.num_edges
    noise = math.hypot(float(after.standard_error), error) / total
    toward, away = compare_limits(drop / unit, BOUGHT, noise / unit)
    says, near = judge(min(toward, above(drop, MENDED, noise)), away)
    edges_word, take = ("edge", "takes") if count == 1 else ("edges", "take")
    return Evidence(
        BUYS,
        f"{count} {edges_word} by {method} ({percent(unit)} more) {take} away {percent(drop)} of "
        "the total resistance",
        says,
        state_number(f"± {percent(noise)} standard error" if noise else "exact", near),
        f"{round_digits(drop / unit, 3)} times their share of the edges; on random regular graphs "
        "it is about 1.6 times",
        near=near,
    )


def everywhere(part: Part, place: Bottleneck) -> bool:
    """Whether each edge is in a place like this one, as on a ring: then none is narrow."""
    return place.alike.size(1) == part.graph.num_edges


def narrow(part: Part, place: Bottleneck, total: float, error: float) -> int:
    """``above`` of what the worst place holds and what makes it one.

    A cut of a complete graph of n nodes holds 1 / (n - 1) of its total resistance; a place has to
    hold twice that at least, or it is one because the graph is small.
    """
    if everywhere(part, place):
        return -1
    share, least = place.loss / total, max(PLACE, 2 / (sum(place.sizes) - 1))
    return above(share, least, share * error / total)


def narrowest(part: Part, place: Bottleneck, total: float, error: float) -> Evidence:
    """What the worst place loses."""
    # a bound from below cannot speak against
    says, near = judge(narrow(part, place, total, error))
    why = place.sentence
    if everywhere(part, place):
        why += "; every edge is in such a place, so that none stands out"
    return Evidence(
        ONE_PLACE,
        f"at least {percent(place.loss / total)} of the total resistance is lost at one place",
        says,
        state_number("lower bound (Nash-Williams)", near),
        why,
        near=near,
    )


def across(part: Part, place: Bottleneck, total: float, error: float, num_layers: int) -> Evidence:
    """What the smaller side of the worst place hears from the other one; of halves, the one less.

    On a large graph that is little across any cut. It speaks for rewiring where the place does, or
    where its narrowest cut alone holds a part of the total resistance that is worth naming.
    """
    inside, halves = place.side[part.nodes], place.sizes[0] == place.sizes[1]
    network, found = (part.edge_index(), part.edge_weight()), []
    for side in (inside, ~inside) if halves else (inside,):
        heard, mixed = share_from(*network, (~side).double(), num_layers)
        found.append((float(heard[side].mean() / mixed), float(heard[side].mean()), float(mixed)))
    ratio, share, even = min(found)
    hearer = "the smaller side"
    if halves:
        hearer = "the less informed half" if above(max(found)[0], ratio) else "either half"
    alone = place.sizes[0] * place.sizes[1] / place.conductance
    kept = max(narrow(part, place, total, error), above(alone, NARROW * total, NARROW * error))
    toward, away = compare_limits(ratio, ACROSS)
    says, near = judge(min(toward, kept), away)
    return Evidence(
        "signal across it",
        f"{percent(share)} of what {hearer} hears after {num_layers} layers comes from across; "
        f"complete mixing would make it {percent(even)}",
        says,
        state_number(OF_MEANS, near),
        f"{settle_digits(ratio):.2g} of complete mixing",
        near=near,
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
