"""Options that several commands share, and what they say to ``open_graph``.

Every command is a file with ``add(commands)``, which declares it, and ``run(arguments)``, which
does it. The parser is built from all files, so they import at their top only what is light: torch
and the library are imported inside the functions that need them.
"""

import argparse
from typing import Any

GRAPH = (
    "a file (GraphML, GML, GEXF, JSON, csv, edge list, Matrix Market, Pajek, npz, pt, graph6; of "
    "several graphs one as file.g6:3), a generator such as karate, ring:20, "
    "barbell:10,3 or grid:6x7, or a data set such as Cora or minnesota"
)


def count(text: str) -> int:
    """A number from 0 up.

    Raises:
        argparse.ArgumentTypeError: it is something else.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return int(text)


def add_graph_options(command: argparse.ArgumentParser) -> None:
    """How to open the graph, and the seed of what is done with it."""
    add_root_option(command, "folder of data sets (default: $WORKBENCH_DATA, then data/)")
    add_reading_options(command)
    command.add_argument("--seed", type=count, default=0, help="of every random choice (default 0)")


def add_root_option(command: argparse.ArgumentParser, text: str) -> None:
    """Where data sets lie."""
    command.add_argument("--root", metavar="DIR", help=text)


def add_reading_options(command: argparse.ArgumentParser) -> None:
    """What a file means where it does not say."""
    direction = command.add_mutually_exclusive_group()
    direction.add_argument(
        "--undirected",
        dest="directed",
        action="store_const",
        const=False,
        help="take each edge both ways; of two weights the mean",
    )
    direction.add_argument(
        "--directed",
        action="store_const",
        const=True,
        help="the edges of the file are arcs, though it does not say so",
    )
    for end in ("source", "target"):
        command.add_argument(
            f"--{end}", metavar="COLUMN", help=f"column of a table with the {end}, name or number"
        )
    command.add_argument(
        "--weight",
        metavar="NAME",
        help="edge attribute or column to take for the conductance; count for how often an edge "
        "is listed, none for no weights",
    )
    command.add_argument(
        "--header",
        choices=["yes", "no"],
        help="whether the first line of a table names its columns (default: see)",
    )


def opening_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of ``open_graph`` that were given."""
    found = {name: getattr(arguments, name, None) for name in ("root", "directed")}
    found |= {name: getattr(arguments, name) for name in ("source", "target", "weight")}
    found["weight"] = False if found["weight"] == "none" else found["weight"]
    found["header"] = {"yes": True, "no": False}.get(arguments.header)
    return {name: value for name, value in found.items() if value is not None}


def open_undirected(graph: str, **options: Any):
    """The graph that was named, opened with the options of ``open_graph``.

    Raises:
        ValueError: the graph is directed.
    """
    from torch_geometric.utils import is_undirected

    from workbench.graphs import open_graph

    data = open_graph(graph, **options)
    weight = data.get("edge_weight")
    if not is_undirected(data.edge_index, weight, num_nodes=data.num_nodes):
        raise ValueError(
            f"{graph} is directed, or its weights are; resistance needs an undirected graph, so "
            "add --undirected to take each edge both ways"
        )
    return data
