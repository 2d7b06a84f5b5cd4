"""Graph files in: every format by one function."""

from pathlib import Path

import torch
from torch_geometric.data import Data

from workbench.graphs.files.build import GraphNote, Weight, build, say
from workbench.graphs.files.disk import GraphFileError, decode, read_bytes
from workbench.graphs.files.formats import LINE_FORMATS, content_format, suffix_of
from workbench.graphs.files.graph6 import graph6_lines, parse_graph6, read_graph6
from workbench.graphs.files.parts import GraphParts
from workbench.topology import both_directions

__all__ = ["GraphFileError", "GraphNote", "read_graph", "read_graphs", "read_parts"]

_TABLES = ("csv", "edge list", "adjacency list")


def read_graph(
    path: str | Path,
    *,
    directed: bool | None = None,
    index: int | None = None,
    source: str | None = None,
    target: str | None = None,
    weight: Weight = None,
    header: bool | None = None,
) -> Data:
    """``Data`` of a graph file: by its content where that is plain, else by the end of its name.

    - GraphML, GML, GEXF, JSON (d3, networkx, Cytoscape, graphology), Pajek: nodes, edges, weights,
      places, names, classes, direction, and other numbers by their names;
    - csv, edge lists (``.txt``, ``.tsv``, ``.edges``, ``.edgelist``, ``out.*``): an edge a line,
      with a header or without; adjacency matrices and adjacency lists are recognized;
    - Matrix Market (``.mtx``), graph6, sparse6, digraph6;
    - ``.npz``: ``edge_index``, ``num_nodes``, ``x``, ``y``, ``pos``, ``edge_weight``, ..., or a
      sparse adjacency matrix; ``.pt``: a PyG ``Data``. Pickles stay shut.

    Any of them may be packed as ``.gz``. What was guessed, left out or changed is said in one
    ``GraphNote``, with the way to say it otherwise.

    Nodes may have any names: they are numbered in the order of the file (integers in tables by
    their value; 0 .. n-1 keep theirs), and ``labels`` keeps the names; ``ids`` keeps what the file
    calls them besides. Edges are undirected, stored both ways, unless the file says that they are
    directed: then the arcs are kept as they are. ``edge_weight`` (float64) holds conductances: the
    attribute ``weight`` (or ``value``), never a length. Where an undirected edge has two weights,
    one each way, the mean is taken. Self-loops are kept. Repeated edges are dropped; where there
    are weights, their conductances add. Nothing in a file is executed.

    Args:
        path: the file.
        directed: overrides what the file says; not for graph6, which is always undirected.
        index: which graph of a file with several (graph6, ``.pt``), from 0.
        source, target: the columns of a table with the ends of the edges, by name or number from 1.
        weight: the edge attribute or column to take for the conductance; ``"count"`` for how often
            an edge is listed; False for none.
        header: whether the first line of a table names its columns; None to see.

    Raises:
        FileNotFoundError: there is no such file.
        GraphFileError: the file is malformed or of another kind; names the line or key at fault.
        ValueError: an option does not go with the format.
    """
    path = Path(path)
    parts = read_parts(
        path, directed=directed, index=index, source=source, target=target, header=header
    )
    data, notes = build(parts, directed=directed, weight=weight, path=path)
    if not data.get("name"):
        data.name = _stem(path)
    say(notes, path.name)
    return data


def read_parts(
    path: Path,
    *,
    directed: bool | None = None,
    index: int | None = None,
    source: str | None = None,
    target: str | None = None,
    header: bool | None = None,
) -> GraphParts:
    """What a file says, before ``build`` makes a ``Data`` of it.

    Raises:
        FileNotFoundError, GraphFileError, ValueError: as ``read_graph``.
    """
    content = read_bytes(path)
    kind = content_format(path, content)
    if index is not None and kind not in (*LINE_FORMATS, "PyG"):
        raise ValueError(
            f"index={index} chooses a graph of a graph6 or .pt file; {path.name} is {kind}"
        )
    if directed and kind in ("graph6", "sparse6"):
        raise ValueError(f"directed=True, but {path.name} is {kind}, which is always undirected")
    if (source, target, header) != (None, None, None) and kind not in _TABLES:
        raise ValueError(f"source, target and header are for tables; {path.name} is {kind}")
    if kind == "npz":
        from workbench.graphs.files.npz import read_npz

        return read_npz(path, content)
    if kind == "PyG":
        from workbench.graphs.files.pyg_files import read_pyg

        return read_pyg(path, content, index)
    text, notes = decode(path, content)
    if kind in LINE_FORMATS:
        return read_graph6(path, text, index)
    if kind in _TABLES:
        from workbench.graphs.files.edge_tables import read_table

        parts = read_table(path, text, kind, source=source, target=target, header=header)
    else:
        parts = _read_text(path, text, kind)
    parts.notes[:0] = notes
    return parts


def _read_text(path: Path, text: str, kind: str) -> GraphParts:
    """One of the formats that name their nodes; each reader is loaded when it is needed."""
    match kind:
        case "GraphML":
            from workbench.graphs.files.graphml import read_graphml as read
        case "GML":
            from workbench.graphs.files.gml import read_gml as read
        case "GEXF":
            from workbench.graphs.files.gexf import read_gexf as read
        case "JSON":
            from workbench.graphs.files.json_graphs import read_json as read
        case "Pajek":
            from workbench.graphs.files.pajek import read_pajek as read
        case _:
            from workbench.graphs.files.matrix_market import read_matrix_market as read
    return read(path, text)


def read_graphs(path: str | Path) -> list[Data]:
    """All graphs of a graph6, sparse6 or digraph6 file, in its order.

    Raises:
        FileNotFoundError: there is no such file.
        GraphFileError: a line is malformed; names it.
        ValueError: the file is none of these.
    """
    path = Path(path)
    if suffix_of(path) not in (".g6", ".graph6", ".s6", ".sparse6", ".d6", ".digraph6"):
        raise ValueError(f"{path.name} is no graph6 file (.g6, .graph6); use read_graph")
    text, _ = decode(path, read_bytes(path))
    graphs = []
    for number, line in graph6_lines(path, text):
        parts = parse_graph6(path, number, line)
        name = f"{_stem(path)} {len(graphs)}"
        ends = torch.from_numpy(parts.source), torch.from_numpy(parts.target)
        if parts.directed or bool((ends[0] == ends[1]).any()):
            data, _ = build(parts, path=path)
            data.name = name
        else:
            edge_index = both_directions(*ends)
            data = Data(edge_index=edge_index, num_nodes=parts.num_nodes, name=name)
        graphs.append(data)
    return graphs


def _stem(path: Path) -> str:
    """A file's name without its endings."""
    return Path(path.name.removesuffix(".gz")).stem
