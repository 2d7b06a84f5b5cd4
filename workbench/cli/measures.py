"""What a report measures, row by row: exact where that takes seconds, else with its error."""

import math
from dataclasses import dataclass

import torch
from torch_geometric.data import Data
from torch_geometric.utils import subgraph

from workbench.diagnostics import (
    TooLargeError,
    approximate_total_resistance,
    cheeger_bounds,
    diameter,
    diameter_bounds,
    effective_resistance,
    estimate,
    fiedler_vector,
    resistance_of_edges,
    resistance_of_pairs,
    spectral_gap,
)
from workbench.graphs.edges import UndirectedEdges, components, undirected_edges

#: The whole resistance matrix is computed where that takes at most this long.
LONGEST_SECONDS = 15.0
#: Where there is no whole matrix: edges solved for, of those that an estimate finds highest,
REFINED_EDGES = 64
#: and nodes among which the pair of highest resistance is looked for.
CANDIDATES = 32
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Measure:
    """One row: ``sure`` says "exact", or how far off the value may be."""

    name: str
    value: str
    sure: str
    meaning: str


@dataclass(frozen=True)
class Measures:
    """The rows, and the two places that a drawing marks: (u, v), or () where there is none."""

    rows: tuple[Measure, ...]
    pair: tuple[int, ...]
    edge: tuple[int, ...]


def node_names(data: Data) -> list[str]:
    """Names of the nodes as the file gave them, else their numbers."""
    labels = data.get("labels")
    if labels is None:
        labels = range(data.num_nodes)
    return [str(label) for label in labels]


def measure(data: Data, *, seed: int = 0) -> Measures:
    """All measures of one graph; exact where that is affordable, else estimated with its error."""
    edge_index, count, weight = data.edge_index, data.num_nodes, data.get("edge_weight")
    if weight is not None:
        weight = weight.reshape(-1).to(torch.float64)
    edges = undirected_edges(edge_index, count, weight)
    part = components(edge_index, count)
    sizes = torch.bincount(part)
    rows = _counts(data, edges, sizes)
    if count < 2 or edges.num_edges == 0:
        return Measures(tuple(rows), (), ())
    rows.append(_diameter(edge_index, part, sizes))
    matrix = _matrix(edge_index, count, weight, edges.num_edges)
    rows += _total(edge_index, count, weight, sizes, matrix, seed)
    rows += _spectral(edge_index, count, weight)
    pair, pair_row = _worst_pair(data, edges, matrix, part, weight, seed)
    edge, edge_row = _worst_edge(data, edges, matrix, weight)
    return Measures((*rows, pair_row, edge_row), pair, edge)


def _counts(data: Data, edges: UndirectedEdges, sizes: torch.Tensor) -> list[Measure]:
    source, target = data.edge_index
    loops = int((source == target).sum())
    columns = data.edge_index.size(1) - loops
    dropped = [f"{loops} self-loops"] if loops else []
    if columns > 2 * edges.num_edges:
        dropped.append(f"{columns // 2 - edges.num_edges} repeats")
    note = f", without {' and '.join(dropped)}" if dropped else ""
    lone = int((sizes == 1).sum())
    degree = torch.bincount(torch.cat([edges.source, edges.target]), minlength=data.num_nodes)
    rows = [
        Measure("nodes", f"{data.num_nodes:,}", "exact", "isolated nodes count"),
        Measure("edges", f"{edges.num_edges:,}", "exact", f"undirected{note}"),
        Measure(
            "components",
            f"{sizes.numel():,}",
            "exact",
            "parts with no edge between them"
            + (f"; {lone:,} are single nodes" if lone and sizes.numel() > 1 else ""),
        ),
    ]
    if data.num_nodes:
        spread = f"{int(degree.min())} to {int(degree.max())}"
        mean = f"{float(degree.double().mean()):.3g} neighbors"
        rows.append(Measure("mean degree", mean, "exact", f"neighbors of a node; {spread} here"))
    return rows


def _diameter(edge_index: torch.Tensor, part: torch.Tensor, sizes: torch.Tensor) -> Measure:
    meaning = "hops between the two nodes farthest apart"
    if sizes.numel() > 1:
        meaning += ", in the largest component (∞ between components)"
        nodes = (part == sizes.argmax()).nonzero().flatten()
        edge_index = subgraph(nodes, edge_index, relabel_nodes=True, num_nodes=part.numel())[0]
    count = int(sizes.max())
    try:
        return Measure("diameter", f"{int(diameter(edge_index, count))} hops", "exact", meaning)
    except TooLargeError:
        bounds = diameter_bounds(edge_index, count)
        text = f"{int(bounds.lower)} to {int(bounds.upper)} hops"
        return Measure("diameter", text, "bounds", meaning)


def _matrix(edge_index, count, weight, num_edges: int) -> torch.Tensor | None:
    """All resistances where they take seconds, else None."""
    expected = estimate("effective_resistance", num_nodes=count, num_edges=num_edges)
    if not expected.exact or expected.seconds > LONGEST_SECONDS:
        return None
    return effective_resistance(edge_index, count, weight)


def _total(edge_index, count, weight, sizes, matrix, seed) -> list[Measure]:
    meaning = "effective resistance summed over all pairs; high where the graph squeezes"
    rows, within, name = [], sizes.numel() > 1, "total resistance"
    if within:
        rows.append(Measure(name, "∞ ohm", "exact", "no current flows between components"))
        name, meaning = "total resistance within", "the same, over pairs of one component"
    if matrix is not None:
        value = float(matrix[matrix.isfinite()].sum() / 2)
        rows.append(Measure(name, f"{_rounded(value, 6)} ohm", "exact", meaning))
    else:
        generator = torch.Generator().manual_seed(seed)
        found = approximate_total_resistance(
            edge_index, count, weight, within_components=within, generator=generator
        )
        error = float(found.standard_error)
        sure = f"± {_rounded(error, 2)} standard error" if error else "exact"
        digits = 4 if error else 6
        rows.append(Measure(name, f"{_rounded(float(found.value), digits)} ohm", sure, meaning))
    return rows


def _spectral(edge_index, count, weight) -> list[Measure]:
    gap = float(spectral_gap(edge_index, count, weight))
    bounds = cheeger_bounds(edge_index, count, weight)
    inside = int(bounds.side.sum())
    return [
        Measure(
            "spectral gap",
            f"{gap:.6g}",
            "exact",
            "second smallest eigenvalue of the normalized Laplacian, 0 to 2; 0 if disconnected",
        ),
        Measure(
            "Cheeger constant",
            f"{float(bounds.lower):.4g} to {float(bounds.upper):.4g}",
            "bounds",
            "smallest share of edge ends that leave a side, over all cuts; the cut found has "
            f"{min(inside, count - inside):,} nodes on its smaller side",
        ),
    ]


def _worst_pair(data, edges, matrix, part, weight, seed) -> tuple[tuple[int, ...], Measure]:
    """The pair of highest finite resistance: over all pairs, or over pairs of likely ends."""
    meaning = "the two nodes that hear each other least"
    count, names = data.num_nodes, node_names(data)
    if matrix is not None:
        values = torch.where(matrix.isfinite(), matrix, -1.0).flatten()
        best = int(_highest(values)[0])
        (u, v), value, sure = divmod(best, count), float(values[best]), "exact"
    else:
        few = CANDIDATES // 4
        side = fiedler_vector(data.edge_index, count, weight).argsort(stable=True)
        generator = torch.Generator().manual_seed(seed)
        lean = edges.degree().argsort(stable=True)[:few]
        luck = torch.randperm(count, generator=generator)[:few]
        pairs = torch.combinations(torch.cat([side[:few], side[-few:], lean, luck]).unique()).T
        pairs = pairs[:, part[pairs[0]] == part[pairs[1]]]
        if not pairs.numel():
            return (), Measure("highest resistance", "not found", "sampled", meaning)
        values = resistance_of_pairs(data.edge_index, count, pairs, weight, tolerance=TOLERANCE)
        best = int(_highest(values)[0])
        u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
        sure = f"± {TOLERANCE:.1%}, of {pairs.size(1):,} pairs"
    meaning += f": {names[u]} and {names[v]}"
    return (u, v), Measure("highest resistance", f"{value:.6g} ohm", sure, meaning)


def _worst_edge(data, edges, matrix, weight) -> tuple[tuple[int, ...], Measure]:
    """The edge of highest resistance; of equals, one whose ends have many neighbors."""
    names = node_names(data)
    pairs, conductance = torch.stack([edges.source, edges.target]), edges.weight
    sure = "exact"
    if matrix is not None:
        values = matrix[pairs[0], pairs[1]]
    else:
        both = torch.cat([pairs, pairs.flip(0)], dim=1)
        values = resistance_of_edges(both, data.num_nodes, conductance.repeat(2))
        values = values[: pairs.size(1)]
        parts = int(components(both, data.num_nodes).max()) + 1
        # Foster's law: exact values add up to this, estimates do not
        if not math.isclose(float(conductance @ values), data.num_nodes - parts, rel_tol=1e-9):
            few = values.topk(min(REFINED_EDGES, values.numel())).indices.sort().values
            pairs, conductance = pairs[:, few], conductance[few]
            values = resistance_of_pairs(
                data.edge_index, data.num_nodes, pairs, weight, tolerance=TOLERANCE
            )
            sure = f"± {TOLERANCE:.1%}, of the {few.numel():,} highest by estimate"
    ends = torch.bincount(torch.cat([edges.source, edges.target]), minlength=data.num_nodes)
    equals = _highest(values)
    best = int(equals[ends[pairs[:, equals]].amin(dim=0).argmax()])
    u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
    meaning = f"the edge with the fewest ways around it: {names[u]} and {names[v]}"
    if math.isclose(value * float(conductance[best]), 1.0, rel_tol=1e-6):
        meaning += "; a bridge"
    return (u, v), Measure("highest edge resistance", f"{value:.6g} ohm", sure, meaning)


def _highest(values: torch.Tensor) -> torch.Tensor:
    """Places of the largest value, in order; those that differ by rounding count as equal."""
    return (values >= values.max() * (1 - 1e-9)).nonzero().flatten()


def _rounded(value: float, digits: int) -> str:
    """A number to so many digits, with commas up to a million."""
    return f"{float(f'{value:.{digits}g}'):,.6g}"
