"""Graph files in: GraphML, GML, edge lists, csv, graph6 and npz."""

import re
from pathlib import Path

import networkx as nx
import torch
from torch_geometric.data import Data

from workbench.graphs.edges import both_directions
from workbench.graphs.files.disk import GraphFileError, file_format, read_text
from workbench.graphs.files.edge_tables import read_edge_table
from workbench.graphs.files.graph6 import choose_graph6, graph6_lines, parse_graph6
from workbench.graphs.files.graphml import parse_graphml
from workbench.graphs.files.npz import read_npz
from workbench.graphs.networkx_graphs import from_networkx

__all__ = ["GraphFileError", "from_networkx", "read_graph", "read_graphs"]


def read_graph(path: str | Path, *, directed: bool | None = None, index: int | None = None) -> Data:
    """``Data`` of a graph file, by its suffix.

    - ``.graphml``, ``.gml``: nodes, edges, weights, positions (``x``, ``y``), labels, direction;
    - ``.txt``, ``.tsv``, ``.edges``, ``.edgelist``: an edge a line, source target [weight];
      comments start with ``#``;
    - ``.csv``: source,target[,weight], with a header or without;
    - ``.g6``, ``.graph6``: one graph a line;
    - ``.npz``: ``edge_index``, ``num_nodes``, ``x``, ``y``, ``pos``, ``edge_weight``, ...

    Nodes may have any names: they are numbered in the order of the file (integers in edge lists
    and csv by their value; 0 .. n-1 keep theirs) and ``labels`` keeps the names. Edges are
    undirected, stored both ways, unless the file says that they are directed: then the arcs are
    kept as they are. Edge lists and graph6 cannot say it. ``edge_weight`` (float64) holds
    conductances. Self-loops are kept. Repeated edges are dropped with a warning that counts them;
    where there are weights, the conductances of repeats add. Nothing in a file is executed.

    Args:
        path: the file.
        directed: overrides what the file says; not for graph6, which is always undirected.
        index: which graph of a graph6 file with several, from 0.

    Raises:
        FileNotFoundError: there is no such file.
        GraphFileError: the file is malformed; names the line or key at fault.
        ValueError: an option does not go with the format.
    """
    path = Path(path)
    kind = file_format(path)
    if path.is_dir():
        raise GraphFileError(path, "a folder; expected a file")
    if index is not None and kind != "graph6":
        raise ValueError(f"index={index} chooses a graph of a graph6 file; {path.name} is {kind}")
    if directed and kind == "graph6":
        raise ValueError(f"directed=True, but {path.name} is graph6, which is always undirected")
    if kind == "npz":
        data = read_npz(path, directed)
    elif kind in ("csv", "edge list"):
        data = read_edge_table(path, read_text(path), comma=kind == "csv", directed=directed)
    else:
        text = read_text(path)
        parse = {"GraphML": parse_graphml, "GML": _parse_gml}.get(kind)
        graph = choose_graph6(path, text, index) if parse is None else parse(path, text)
        if directed is not None and directed != graph.is_directed():
            graph = _with_direction(graph, directed)
        try:
            data = from_networkx(graph)
        except ValueError as error:
            raise GraphFileError(path, str(error)) from None
    if not data.get("name"):
        data.name = path.stem
    return data


def read_graphs(path: str | Path) -> list[Data]:
    """All graphs of a graph6 file, in its order.

    Raises:
        FileNotFoundError: there is no such file.
        GraphFileError: a line is malformed; names it.
        ValueError: the file is not graph6.
    """
    path = Path(path)
    if file_format(path) != "graph6":
        raise ValueError(f"{path.name} is no graph6 file (.g6, .graph6); use read_graph")
    graphs = []
    for number, line in graph6_lines(path, read_text(path)):
        graph = parse_graph6(path, number, line)
        edges = torch.tensor(list(graph.edges), dtype=torch.int64).reshape(-1, 2).T
        edge_index, name = both_directions(*edges), f"{path.stem} {len(graphs)}"
        graphs.append(Data(edge_index=edge_index, num_nodes=len(graph), name=name))
    return graphs


def _with_direction(graph: nx.Graph, directed: bool) -> nx.Graph:
    """The same edges as arcs, or arcs as edges; networkx would add or merge some of them."""
    kind = nx.MultiDiGraph if directed else nx.MultiGraph
    result = kind(name=graph.name)
    result.add_nodes_from(graph.nodes(data=True))
    edges = list(graph.edges(data=True))
    if not directed:
        # one arc each way is one edge
        both = {(u, v) for u, v, _ in edges}
        place = {node: i for i, node in enumerate(graph)}
        edges = [e for e in edges if (e[1], e[0]) not in both or place[e[0]] <= place[e[1]]]
    result.add_edges_from(edges)
    return result


def _parse_gml(path: Path, text: str) -> nx.Graph:
    try:
        try:
            return nx.parse_gml(text, label=None)
        except nx.NetworkXError as error:
            if "is duplicated" not in str(error) or not str(error).startswith("edge"):
                raise
            # repeated edges are counted later, so let networkx keep them
            return nx.parse_gml(
                re.sub(r"\bgraph\s*\[", "graph [ multigraph 1", text, count=1), label=None
            )
    except (nx.NetworkXException, ValueError, TypeError, KeyError, RecursionError) as error:
        problem = "lists nested too deep" if isinstance(error, RecursionError) else str(error)
        at = re.search(r"at \((\d+), \d+\)", problem) or re.search(r"line (\d+)", problem)
        raise GraphFileError(
            path, problem.split("\n")[0], line=int(at[1]) if at else None
        ) from None
