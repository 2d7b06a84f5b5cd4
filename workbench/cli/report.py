"""``workbench report``: what a graph measures, as a table here and as a page in HTML."""

import argparse
from pathlib import Path

from workbench.cli.options import GRAPH, add_graph_options, count, open_undirected, opening_options
from workbench.cli.printing import print_table, print_wrapped


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("report", help="measure a graph: a table here, a page in HTML")
    command.add_argument("graph", metavar="GRAPH", help=GRAPH)
    command.add_argument("--html", metavar="FILE", help="also write a page that needs nothing else")
    command.add_argument(
        "--model", metavar="NAME", help="look at an untrained model too; a name of `list models`"
    )
    command.add_argument(
        "--num-layers", type=count, default=4, help="its depth, and the verdict's (default 4)"
    )
    command.add_argument(
        "--seconds",
        type=count,
        default=30,
        help="for the numbers, by their estimates (default 30)",
    )
    add_graph_options(command)
    return command


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and write the page if it is asked for."""
    from workbench.report import report
    from workbench.report.verdict import CAVEAT

    data = open_undirected(arguments.graph, **opening_options(arguments))
    num_layers, seed = arguments.num_layers, arguments.seed
    network = None
    if arguments.model is not None:
        network = untrained_model(arguments.model, data, num_layers=num_layers, seed=seed)
    layers = f"{num_layers} layer{'s' * (num_layers != 1)}"
    found = report(
        data,
        network,
        name=Path(arguments.graph).name,
        num_layers=num_layers,
        max_seconds=float(arguments.seconds),
        seed=seed,
        model_name=f"An untrained {arguments.model} of {layers}",
    )
    print(f"{arguments.graph}\n")
    rows = [row for section in found.sections() for row in section.rows]
    print_table(("measure", "value", "how sure", "what it means"), rows)
    if found.summary.bottlenecks:
        print("\nThe worst places")
        for number, text in enumerate(found.places(), start=1):
            print_wrapped(f"{number}. ", text)
        if found.outside_places():
            print_wrapped("   ", found.outside_places())
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
    if arguments.html is not None:
        found.save(arguments.html)
        print(f"\nwritten: {arguments.html}")
    return 0


def untrained_model(name: str, data, *, num_layers: int, seed: int):
    """A model of the zoo as it is before training, as wide as the graph's features.

    Raises:
        ValueError: no model has this name.
    """
    import torch

    from workbench.models import MODELS

    if name not in MODELS:
        raise ValueError(f"no model {name!r}; there are {', '.join(sorted(MODELS))}")
    x, labels = data.get("x"), data.get("y")
    width = x.size(1) if x is not None and x.dim() == 2 and x.is_floating_point() else 16
    classes = labels is not None and labels.dim() == 1 and not labels.is_floating_point()
    out = int(labels.max()) + 1 if classes and labels.numel() else 2
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MODELS[name](width, 32, max(out, 2), num_layers=num_layers).eval()
