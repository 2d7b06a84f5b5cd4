"""``workbench report``: what a graph measures, as a table here and as a page in HTML."""

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.utils import is_undirected

from workbench.graphs import open_graph
from workbench.models import MODELS
from workbench.report.graph_report import report as measured
from workbench.report.verdict import CAVEAT


def opened(graph: str, **options: Any) -> Data:
    """The graph that was named, opened with the options of ``open_graph``.

    Raises:
        ValueError: the graph is directed.
    """
    data = open_graph(graph, **options)
    weight = data.get("edge_weight")
    if not is_undirected(data.edge_index, weight, num_nodes=data.num_nodes):
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


def report(
    graph: str,
    *,
    html: str | None,
    seed: int,
    model: str | None = None,
    num_layers: int = 4,
    seconds: int = 30,
    **opening: Any,
) -> int:
    """Measure, print, and write the page if it is asked for; ``opening`` is for ``open_graph``."""
    data = opened(graph, **opening)
    network = None if model is None else untrained(model, data, num_layers=num_layers, seed=seed)
    found = measured(
        data,
        network,
        name=Path(graph).name,
        num_layers=num_layers,
        max_seconds=float(seconds),
        seed=seed,
        model_name=f"An untrained {model} of {num_layers} layer{'s' * (num_layers != 1)}",
    )
    print(f"{graph}\n")
    rows = [row for section in found.sections() for row in section.rows]
    print_table(("measure", "value", "how sure", "what it means"), rows)
    if found.summary.bottlenecks:
        print("\nThe worst places")
        for number, text in enumerate(found.places(), start=1):
            print_wrapped(f"{number}. ", text)
        if found.elsewhere():
            print_wrapped("   ", found.elsewhere())
    if found.verdict is not None:
        print(f"\nWill rewiring pay here? {found.verdict.answer.capitalize()}.")
        print_wrapped("", found.verdict.sentence)
        for piece in found.verdict.evidence:
            print_wrapped(f"  {piece.says:8} ", f"{piece.name}: {piece.value} ({piece.sure})")
        print_wrapped("", CAVEAT)
    if found.model is not None:
        reach = found.model.reach
        error = f" ± {float(reach.standard_error):.2g}" if found.model.sampled else ""
        print(f"\n{found.model_name}: effective range {float(reach.value):.3g}{error} hops")
        print_wrapped("", " ".join(found.model_notes))
    elif found.model_name:
        print_wrapped(f"\n{found.model_name}: ", " ".join(found.model_notes))
    if found.summary.left_out:
        print_wrapped("\nLeft out: ", "; ".join(found.summary.left_out))
    if html is not None:
        found.save(html)
        print(f"\nwritten: {html}")
    return 0


def untrained(name: str, data: Data, *, num_layers: int, seed: int) -> nn.Module:
    """A model of the zoo as it is before training, as wide as the graph's features.

    Raises:
        ValueError: no model has this name.
    """
    if name not in MODELS:
        raise ValueError(f"no model {name!r}; there are {', '.join(sorted(MODELS))}")
    x, labels = data.get("x"), data.get("y")
    width = x.size(1) if x is not None and x.dim() == 2 and x.is_floating_point() else 16
    classes = labels is not None and labels.dim() == 1 and not labels.is_floating_point()
    out = int(labels.max()) + 1 if classes and labels.numel() else 2
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MODELS[name](width, 32, max(out, 2), num_layers=num_layers).eval()


def print_wrapped(lead: str, text: str) -> None:
    """A paragraph at the width of the terminal, hanging behind its lead."""
    width = max(shutil.get_terminal_size((110, 24)).columns, 40)
    hang = " " * len(lead.lstrip("\n"))
    print(textwrap.fill(text, width, initial_indent=lead, subsequent_indent=hang))
