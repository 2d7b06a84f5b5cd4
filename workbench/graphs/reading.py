"""Graph files in: GraphML, GML, edge lists, csv, graph6 and npz."""

import re
from pathlib import Path

import networkx as nx
from torch_geometric.data import Data

from workbench.graphs.edge_tables import read_edge_table
from workbench.graphs.files import GraphFileError, file_format, read_text
from workbench.graphs.graphml import parse_graphml
from workbench.graphs.networkx_graphs import from_networkx
from workbench.graphs.npz import read_npz

__all__ = ["GraphFileError", "from_networkx", "read_graph"]


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
        graph = _parse_graph6(path, text, index) if parse is None else parse(path, text)
        if directed is not None and directed != graph.is_directed():
            graph = _with_direction(graph, directed)
        try:
            data = from_networkx(graph)
        except ValueError as error:
            raise GraphFileError(path, str(error)) from None
    if not data.get("name"):
        data.name = path.stem
    return data


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


def _parse_graph6(path: Path, text: str, index: int | None) -> nx.Graph:
    lines = [(i, line.strip()) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    lines = [(i, line.removeprefix(">>graph6<<")) for i, line in lines if line != ">>graph6<<"]
    if index is None and len(lines) != 1:
        raise GraphFileError(
            path,
            f"the file holds {len(lines)} graphs; choose one: read_graph(path, index=0), ..., "
            f"index={len(lines) - 1}",
        )
    if index is not None and not 0 <= index < len(lines):
        raise GraphFileError(path, f"no graph {index}; the file holds 0 to {len(lines) - 1}")
    number, line = lines[index or 0]
    if line.startswith((":", "&", ";")):
        raise GraphFileError(path, "sparse6 or digraph6; expected graph6", line=number)
    strange = [c for c in line if not 63 <= ord(c) <= 126]
    if strange:
        problem = f"character {strange[0]!r}; graph6 uses those from '?' to '~'"
        raise GraphFileError(path, problem, line=number)
    try:
        return nx.from_graph6_bytes(line.encode("ascii"))
    except (nx.NetworkXError, ValueError, IndexError) as error:
        raise GraphFileError(path, f"no graph6: {error}", line=number) from None
