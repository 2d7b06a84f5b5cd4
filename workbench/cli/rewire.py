"""``workbench rewire``: what a method does to a graph, measured before and after, and a file."""

import argparse
import inspect
import warnings
from pathlib import Path

from workbench.cli.options import GRAPH, add_graph_options, count, open_undirected, opening_options
from workbench.cli.own_options import own_parameters, parse_options
from workbench.cli.printing import print_table


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser(
        "rewire",
        allow_abbrev=False,  # a method's own --t is no --target
        help="change a graph's edges and nodes by a published method",
        epilog="A method's own options follow by their names, such as --variant official; "
        "`workbench list rewirings` shows them.",
    )
    command.add_argument("graph", metavar="GRAPH", help=GRAPH)
    command.add_argument("--method", required=True, help="a name of `workbench list rewirings`")
    command.add_argument(
        "--num-edges", type=count, help="how many undirected edges to change, by an edits method"
    )
    command.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="file to write; its ending is its form"
    )
    add_graph_options(command)
    command.set_defaults(takes_rest=True)
    return command


def why_fewer(data, result, num_edges: int, method: str) -> str:
    """Why there are fewer edits than were asked for; empty where there are not."""
    from workbench.topology import simple_graph

    added = int((result.edits[0] > 0).sum())
    made = max(added, result.edits.size(1) - added)
    if made >= num_edges:
        return ""
    edges = simple_graph(result.edge_index, data.num_nodes)
    simple = int((edges.source != edges.target).sum())
    if simple >= data.num_nodes * (data.num_nodes - 1) // 2:
        reason = "every pair of nodes has its edge"
    else:
        reason = f"{method} found no further one"
    return f"{num_edges} were asked for: {reason}"


def measures(data, seed: int) -> dict:
    """The numbers of a graph by their names; of a directed one, with each edge both ways."""
    from torch_geometric.utils import is_undirected

    from workbench.graphs.attributes import undirected
    from workbench.report import summarize
    from workbench.report.parts import classes

    if not is_undirected(data.edge_index, data.get("edge_weight"), num_nodes=data.num_nodes):
        with warnings.catch_warnings():  # `rewire` says it
            warnings.simplefilter("ignore")
            data = undirected(data)
    weight = data.get("edge_weight")
    found = summarize(data.edge_index, data.num_nodes, weight, labels=classes(data), seed=seed)
    return {row.name: row for row in found.measures}


def run(arguments: argparse.Namespace) -> int:
    """Rewire, print what changed and the measures of both graphs, write the result."""
    import torch
    from torch_geometric.utils import is_undirected

    from workbench.graphs import open_graph, real_edges, write_graph
    from workbench.graphs.files.disk import check_folder
    from workbench.graphs.files.formats import file_format
    from workbench.rewiring import REWIRINGS, rewired_data
    from workbench.rewiring.declaration import GIVEN, taken_from

    graph, method, output = arguments.graph, arguments.method, arguments.output
    num_edges, seed = arguments.num_edges, arguments.seed
    if method not in REWIRINGS:
        raise ValueError(f"no method {method!r}; there are {', '.join(sorted(REWIRINGS))}")
    function = REWIRINGS[method]
    declared, takes = function.declaration, inspect.signature(function).parameters
    if declared.kind == "layers":
        raise ValueError(
            f"{method} makes a graph for each layer of a model, which no graph file holds; in "
            f"Python, Rewire({method!r})(data) gives a model its layers"
        )
    own = own_parameters(function, without=GIVEN.union(("num_edges",), declared.reads))
    chosen = parse_options(method, own, arguments.rest)
    if ("num_edges" in takes) != (num_edges is not None):
        raise ValueError(
            f"{method} needs --num-edges, how many undirected edges to change"
            if num_edges is None
            else f"{method} has no budget of edges; leave --num-edges out"
        )
    if num_edges is not None:
        chosen["num_edges"] = num_edges
    if "generator" in takes:
        chosen["generator"] = torch.Generator().manual_seed(seed)
    # an unknown ending and a missing folder are refused before the work rather than after
    file_format(Path(output))
    check_folder(Path(output))
    data = (open_undirected if declared.directed == "refused" else open_graph)(
        graph, **opening_options(arguments)
    )
    stored = data.num_edges
    data = real_edges(data)
    if data.num_edges < stored:
        print(
            f"{graph}: {stored - data.num_edges} of {stored} directed edges have weight 0", end=""
        )
        print(" and are left out")
    result = function(data.edge_index, data.num_nodes, **chosen, **taken_from(data, function))
    changed = rewired_data(data, result)
    write_graph(changed, output)

    if declared.kind == "edits":
        _tell_edits(graph, data, result, num_edges, method)
    else:
        kept, nodes = int(result.kept.sum()), result.num_nodes - data.num_nodes
        print(f"{graph}: {method} keeps {kept} of {result.kept.numel()} directed edges", end="")
        print(f" and adds {int(result.is_new.sum())}", end="")
        print(f"; {nodes} new node{'s' * (nodes != 1)}" if nodes else "")
    before, after = measures(data, seed), measures(changed, seed)
    table = []
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name), after.get(name)
        table.append((name, was.text if was else "", now.text if now else "", (now or was).sure))
    print()
    print_table(("measure", "before", "after", "how sure"), table)
    if not is_undirected(result.edge_index, changed.get("edge_weight"), num_nodes=result.num_nodes):
        print("measured with each edge both ways: of two weights the mean")
    print(f"\nwritten: {output}")
    return 0


def _tell_edits(graph: str, data, result, num_edges: int, method: str) -> None:
    """Print each edit, and why there are fewer than were asked for."""
    from workbench.report.parts import node_names

    names = node_names(data)
    count = result.edits.size(1)
    print(f"{graph}: {count} {'edit' if count == 1 else 'edits'} by {method}")
    fewer = why_fewer(data, result, num_edges, method)
    if fewer:
        print(f"  {fewer}")
    for sign, u, v in result.edits.T.tolist():
        print(f"  {'+' if sign > 0 else '-'} {names[u]} {names[v]}")
