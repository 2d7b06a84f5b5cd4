"""The numbers of a graph, group by group; each exact, bounded, or with its error."""

import igraph
import torch
from torch import Tensor

from workbench.diagnostics import (
    TooLargeError,
    algebraic_connectivity,
    approximate_kemeny_constant,
    approximate_total_resistance,
    cheeger_bounds,
    cheeger_constant,
    degree_assortativity,
    diameter,
    diameter_bounds,
    homophily,
    hop_distance,
    label_informativeness,
    mixing_time,
    mixing_time_bounds,
    relaxation_time,
    spectral_gap,
    wl_colors,
)
from workbench.report.largest import Part
from workbench.report.measure import Budget, Measure, exact, round_digits, settle_digits
from workbench.topology import SimpleGraph
from workbench.typing import EdgeIndex, EdgeWeight

#: Exact forms that cost a power of the nodes are left to graphs of at most this many.
SMALL = 2_000


def estimate_row(group: str, name: str, found, unit: str, meaning: str) -> Measure:
    """A row from an ``Approximation``."""
    value, error = float(found.value), float(found.standard_error)
    sure = f"± {round_digits(error, 2)} standard error" if error else "exact"
    return Measure(group, name, value, value, unit, sure, meaning)


def sizes(
    edge_index: EdgeIndex, graph: SimpleGraph, weight: EdgeWeight | None = None
) -> list[Measure]:
    """Counts, and what was left out of them."""
    group, count, zeros = "size", graph.num_nodes, 0
    if weight is not None:
        there = (weight != 0) | (edge_index[0] == edge_index[1])
        zeros, edge_index = int((~there).sum()) // 2, edge_index[:, there]
    source, target = edge_index
    loops = int((source == target).sum())
    repeats = (edge_index.size(1) - loops) // 2 - graph.num_edges
    dropped = [f"{loops} self-loops"] * (loops > 0) + [f"{repeats} repeated edges"] * (repeats > 0)
    dropped += [f"{zeros} edges of weight 0"] * (zeros > 0)
    meaning = "each counted once" + (f"; left out: {', '.join(dropped)}" if dropped else "")
    parts = torch.bincount(graph.labels)
    degree = torch.bincount(torch.cat([graph.source, graph.target]), minlength=count)
    rows = [
        exact(group, "nodes", count, "", "isolated ones included"),
        exact(group, "edges", graph.num_edges, "", meaning),
        exact(group, "components", parts.numel(), "", "no message passes between two of them"),
    ]
    if parts.numel() > 1:
        meaning = "what lies within one component below is that of this one, unless it says all"
        rows.append(exact(group, "largest component", int(parts.max()), "nodes", meaning))
    if count:
        mean, most = 2 * graph.num_edges / count, int(degree.max())
        rows.append(exact(group, "mean degree", mean, "neighbors", f"the largest has {most:,}"))
    return rows


def distances(part: Part, budget: Budget) -> list[Measure]:
    """Hops within the largest component."""
    group, edges, count = "distances", part.edge_index(), part.graph.num_nodes
    meaning = "layers that a message needs between the farthest nodes"
    try:
        rows = [exact(group, "diameter", float(diameter(edges, count)), "hops", meaning)]
    except TooLargeError:
        bounds = diameter_bounds(edges, count)
        ends = float(bounds.lower), float(bounds.upper)
        rows = [Measure(group, "diameter", *ends, "hops", "bounds", meaning)]
    if budget.allows("hop_distance", shown="mean distance"):
        mean = float(hop_distance(edges, count).sum()) / (count * (count - 1))
        rows.append(exact(group, "mean distance", mean, "hops", "over all pairs of nodes"))
    return rows


def resistances(network: tuple, part: Part, within: bool, seed: int) -> list[Measure]:
    """Total resistance, and the mean of resistance, commute and Kemeny."""
    group = "resistance"

    def new_generator() -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    total = approximate_total_resistance(
        *network, within_components=True, generator=new_generator()
    )
    rows = []
    name, meaning = "total resistance", "effective resistance summed over all pairs of nodes"
    if within:
        infinite = "no current flows between components"
        rows.append(exact(group, name, float("inf"), "ohm", infinite))
        name, meaning = "total resistance within", "the same, over pairs of one component, all"
    rows.append(estimate_row(group, name, total, "ohm", meaning))
    local, size = part.edge_index(), part.graph.num_nodes
    inner = total
    if within:
        inner = approximate_total_resistance(
            local, size, part.edge_weight(), generator=new_generator()
        )
    pairs, volume = size * (size - 1) / 2, 2 * float(part.graph.weight.sum())
    rows.append(
        estimate_row(
            group,
            "mean resistance of a pair",
            _scale(inner, 1 / pairs),
            "ohm",
            "compares graphs of different size; without bottleneck it is near 2 / mean degree",
        )
    )
    rows.append(
        estimate_row(
            group,
            "mean commute time",
            _scale(inner, volume / pairs),
            "steps",
            "of a random walk from one node to another and back",
        )
    )
    kemeny = approximate_kemeny_constant(local, size, part.edge_weight(), generator=new_generator())
    meaning = "steps of a random walk to a node drawn by degree, from anywhere"
    rows.append(estimate_row(group, "Kemeny's constant", kemeny, "steps", meaning))
    return rows


def _scale(found, factor: float):
    return type(found)(found.value * factor, found.standard_error * factor)


def spectra(part: Part, budget: Budget) -> list[Measure]:
    """Eigenvalues of the largest component, and what they bound."""
    group, count = "spectrum", part.graph.num_nodes
    graph = part.edge_index(), count, part.edge_weight()
    if not budget.allows("spectral_gap", shown="spectrum, Cheeger and mixing"):
        return []
    near = "exact" if count <= 200 else "± 0.0001 %"
    gap = float(spectral_gap(*graph))
    meaning = "second smallest eigenvalue of the normalized Laplacian, 0 to 2; small: a bottleneck"
    rows = [Measure(group, "spectral gap", gap, gap, "", near, meaning)]
    if budget.allows("algebraic_connectivity"):
        value = float(algebraic_connectivity(*graph))
        meaning = "the same of L = D - A, in units of the weights"
        rows.append(Measure(group, "algebraic connectivity", value, value, "", near, meaning))
    meaning = "least share of edge ends that leave a side, over all cuts"
    if budget.allows("cheeger_constant", note=False):
        value = float(cheeger_constant(*graph))
        rows.append(exact(group, "Cheeger constant", value, "", meaning))
    elif budget.allows("cheeger_bounds"):
        bounds = cheeger_bounds(*graph)
        ends = float(bounds.lower), float(bounds.upper)
        rows.append(Measure(group, "Cheeger constant", *ends, "", "bounds", meaning))
    value = float(relaxation_time(*graph)) if budget.allows("relaxation_time") else None
    if value is not None:
        meaning = "of a lazy random walk: its slowest mode falls to 1/e"
        rows.append(Measure(group, "relaxation time", value, value, "steps", near, meaning))
    meaning = "steps until a lazy random walk has forgotten where it began, to 1/4"
    if count <= SMALL and budget.allows("mixing_time", note=False):
        value = float(mixing_time(*graph))
        rows.append(exact(group, "mixing time", value, "steps", meaning))
    elif budget.allows("mixing_time_bounds"):
        bounds = mixing_time_bounds(*graph)
        ends = float(bounds.lower), float(bounds.upper)
        rows.append(Measure(group, "mixing time", *ends, "steps", "bounds", meaning))
    return rows


def structure(part: Part, labels: Tensor | None) -> list[Measure]:
    """Degrees, triangles, labels."""
    group, edge_index, num_nodes = "structure", part.edge_index(), part.graph.num_nodes
    rows = []
    value = settle_digits(float(degree_assortativity(edge_index, num_nodes)), scale=1.0)
    if value == value:
        meaning = "correlation of the degrees of neighbors, -1 to 1; positive: hubs link to hubs"
        rows.append(exact(group, "degree assortativity", value, "", meaning))
    pairs = torch.stack([part.graph.source, part.graph.target], dim=1).numpy()
    whole = igraph.Graph(num_nodes, pairs)
    value = whole.transitivity_undirected(mode="zero")
    meaning = "share of the paths of two edges that close to a triangle"
    rows.append(exact(group, "clustering", value, "", meaning))
    if labels is None:
        return rows
    for measure, meaning in (
        ("edge", "share of the edges that join equal labels"),
        ("adjusted", "the same beyond chance: 0 if edges ignore labels, 1 if they never cross"),
    ):
        found = homophily(edge_index, num_nodes, labels, measure=measure)
        value = settle_digits(float(found), scale=1.0)
        if value == value:
            rows.append(exact(group, f"homophily ({measure})", value, "", meaning))
    value = settle_digits(float(label_informativeness(edge_index, num_nodes, labels)), scale=1.0)
    if value == value:
        meaning = "share of a label that a neighbor's label tells, equal or not"
        rows.append(exact(group, "label informativeness", value, "", meaning))
    return rows


def expressivity(edge_index: EdgeIndex, num_nodes: int, budget: Budget) -> list[Measure]:
    """What color refinement, the bound of message passing without features, tells apart."""
    group = "expressivity"
    if not budget.allows("wl_colors", shown="1-WL classes"):
        return []
    found = wl_colors(edge_index, num_nodes)
    classes = found.num_colors[-1]
    meaning = (
        f"of {num_nodes:,} nodes, those that no message passing without features can tell apart "
        "share one"
    )
    return [
        exact(group, "1-WL classes", classes, "", meaning),
        exact(group, "1-WL rounds", found.num_rounds, "", "layers after which nothing new shows"),
    ]
