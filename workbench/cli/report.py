"""``workbench report``: what a graph measures, as a table here and as a page in HTML."""

import math
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch_geometric.data import Data
from torch_geometric.utils import is_undirected, subgraph, to_undirected

from workbench.diagnostics import (
    TooLargeError,
    approximate_total_resistance,
    cheeger_bounds,
    diameter,
    diameter_bounds,
    effective_resistance,
    estimate,
    fiedler_vector,
    resistance_of_pairs,
    spectral_gap,
)
from workbench.graphs import open_graph
from workbench.graphs.edges import UndirectedEdges, components, undirected_edges

#: The whole resistance matrix is computed where that takes at most this long.
LONGEST_SECONDS = 15.0
#: Above this many edges the edge of highest resistance is looked for in an even sample of them.
SAMPLED_EDGES = 50_000
#: Nodes among which the pair of highest resistance is looked for when there is no whole matrix.
CANDIDATES = 48
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


def opened(graph: str, *, root: str | None, undirected: bool) -> Data:
    """The graph that was named, with both directions of each edge if ``undirected``.

    Raises:
        ValueError: the graph is directed and ``undirected`` is False.
    """
    data = open_graph(graph, root=root)
    weight = data.get("edge_weight")
    if undirected and weight is None:
        data.edge_index = to_undirected(data.edge_index, num_nodes=data.num_nodes)
    elif undirected:
        data.edge_index, data.edge_weight = to_undirected(
            data.edge_index, weight, num_nodes=data.num_nodes, reduce="mean"
        )
    elif not is_undirected(data.edge_index, weight, num_nodes=data.num_nodes):
        raise ValueError(
            f"{graph} is directed, or its weights are; resistance needs an undirected graph, so "
            "add --undirected to take each edge both ways"
        )
    return data


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
        rows.append(Measure(name, f"{value:,.6g} ohm", "exact", meaning))
    else:
        generator = torch.Generator().manual_seed(seed)
        found = approximate_total_resistance(
            edge_index, count, weight, within_components=within, generator=generator
        )
        sure = f"± {float(found.standard_error):,.2g} (one standard error)"
        rows.append(Measure(name, f"{float(found.value):,.4g} ohm", sure, meaning))
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
        finite = torch.where(matrix.isfinite(), matrix, -1.0)
        u, v = sorted(divmod(int(finite.argmax()), count))
        sure, value = "exact", float(matrix[u, v])
    else:
        side = fiedler_vector(data.edge_index, count, weight).argsort()
        generator = torch.Generator().manual_seed(seed)
        lean = edges.degree().argsort()[: CANDIDATES // 4]
        luck = torch.randperm(count, generator=generator)[: CANDIDATES // 4]
        ends = torch.cat([side[: CANDIDATES // 4], side[-CANDIDATES // 4 :], lean, luck]).unique()
        pairs = torch.combinations(ends).T
        pairs = pairs[:, part[pairs[0]] == part[pairs[1]]]
        if not pairs.numel():
            return (), Measure("highest resistance", "not found", "sampled", meaning)
        values = resistance_of_pairs(data.edge_index, count, pairs, weight, tolerance=TOLERANCE)
        best = int(values.argmax())
        u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
        sure = f"highest of {pairs.size(1):,} pairs tried, ± {TOLERANCE:.1%}"
    meaning += f": {names[u]} and {names[v]}"
    return (u, v), Measure("highest resistance", f"{value:.6g} ohm", sure, meaning)


def _worst_edge(data, edges, matrix, weight) -> tuple[tuple[int, ...], Measure]:
    """The edge with the highest conductance times resistance: 1 is a bridge."""
    names = node_names(data)
    step = 1 if matrix is not None else -(-edges.num_edges // SAMPLED_EDGES)
    pairs = torch.stack([edges.source, edges.target])[:, ::step]
    if matrix is not None:
        values, sure = matrix[pairs[0], pairs[1]], "exact"
    else:
        values = resistance_of_pairs(
            data.edge_index, data.num_nodes, pairs, weight, tolerance=TOLERANCE
        )
        sure = f"± {TOLERANCE:.1%}" + (f", of {pairs.size(1):,} edges tried" if step > 1 else "")
    best = int(values.argmax())
    u, v, value = int(pairs[0, best]), int(pairs[1, best]), float(values[best])
    bridge = math.isclose(value * float(edges.weight[::step][best]), 1.0, rel_tol=2 * TOLERANCE)
    meaning = f"the edge with the fewest ways around it: {names[u]} and {names[v]}" + (
        "; a bridge" if bridge else ""
    )
    return (u, v), Measure("highest edge resistance", f"{value:.6g} ohm", sure, meaning)


def print_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns; the last one wraps at the width of the terminal."""
    columns = list(zip(*([heading, *rows]), strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    left = sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size((110, 24)).columns - left, 24)
    for row in [heading, ["-" * width for width in widths] + ["-" * len(heading[-1])], *rows]:
        cells = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        first, *others = textwrap.wrap(row[-1], room) or [""]
        print((cells + first).rstrip())
        for line in others:
            print(" " * left + line)


def report(graph: str, *, html: str | None, root: str | None, undirected: bool, seed: int) -> int:
    """Measure, print, and write the page if it is asked for."""
    data = opened(graph, root=root, undirected=undirected)
    found = measure(data, seed=seed)
    print(f"{graph}\n")
    rows = [(row.name, row.value, row.sure, row.meaning) for row in found.rows]
    print_table(("measure", "value", "how sure", "what it means"), rows)
    if html is not None:
        Path(html).write_text(page(graph, data, found), encoding="utf-8")
        print(f"\nwritten: {html}")
    return 0


def page(title: str, data: Data, found: Measures) -> str:
    """The HTML page of a measured graph."""
    from workbench.figures.page import DRAWN_EDGES, graph_svg, report_page
    from workbench.graphs.layout import layout

    position = data.get("pos")
    if position is None or position.size(1) != 2:
        position = layout(data.edge_index, data.num_nodes)
    names = node_names(data)
    svg = graph_svg(
        position.numpy(), data.edge_index.numpy(), pair=found.pair, edge=found.edge, names=names
    )
    caption = "Gray: the graph."
    if found.pair:
        u, v = found.pair
        caption = (
            f"Dashed: the pair of highest resistance, {names[u]} and {names[v]}. "
            f"Heavy: the edge of highest resistance, {names[found.edge[0]]} and "
            f"{names[found.edge[1]]}. Point at a node for its name."
        )
    if data.edge_index.size(1) > 2 * DRAWN_EDGES:
        caption += f" An even sample of about {DRAWN_EDGES:,} edges is drawn."
    intro = (
        "Each edge is a wire of 1 ohm (of its conductance, where the graph has weights). High "
        "resistance between two nodes means few and long ways between them, so that messages of a "
        "graph neural network are squeezed there."
    )
    rows = [(row.name, row.value, row.sure, row.meaning) for row in found.rows]
    return report_page(f"Report of {title}", intro, rows, svg, caption)
