"""``workbench report``: what a graph measures, as a table here and as a page in HTML."""

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from torch_geometric.data import Data
from torch_geometric.utils import is_undirected, to_undirected

from workbench.cli.measures import Measures, measure, node_names
from workbench.figures.page import DRAWN_EDGES, graph_svg, report_page
from workbench.graphs import open_graph
from workbench.graphs.layout import layout


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
