"""Graph files out: each format that ``read_graph`` reads, written whole or not at all."""

import csv
import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import networkx as nx
from torch_geometric.data import Data

from workbench.graphs.files.disk import GraphFileError, file_format, write_atomically
from workbench.graphs.files.npz import write_npz
from workbench.graphs.networkx_graphs import to_networkx

__all__ = ["GraphFileError", "to_networkx", "write_graph"]

# what a format can hold, besides nodes, edges, and what only serves drawing (pos and name)
_HOLDS = {
    "GraphML": {"edge_weight", "labels", "y"},
    "GML": {"edge_weight", "labels", "y"},
    "edge list": {"edge_weight", "labels"},
    "csv": {"edge_weight", "labels"},
    "graph6": set(),
}


def write_graph(data: Data, path: str | Path) -> None:
    """Write ``data`` to a file in the format of its suffix; ``read_graph`` is the inverse.

    The file appears whole or not at all: it is written beside ``path`` first. What a format has no
    place for: GraphML and GML hold direction, ``edge_weight``, ``labels``, ``pos`` and an integer
    ``y``; edge lists and csv only direction, weights and labels; graph6 only the simple undirected
    graph; npz everything. Structure is never lost: direction, loops or weights that do not fit are
    an error. Other attributes that do not fit are left out with a warning (``pos`` and ``name``
    without one). Repeated edges count once, with a warning; npz keeps them.

    Raises:
        GraphFileError: the suffix is unknown.
        ValueError: the format cannot hold the graph; the message names one that can.
        OSError: the file cannot be written, or its folder does not exist.
    """
    path = Path(path)
    kind = file_format(path)
    if kind == "npz":
        write_npz(data, path)
        return
    graph = to_networkx(data)
    lost = set(data.keys()) - _HOLDS[kind] - {"edge_index", "num_nodes", "pos", "name"}
    if "y" in data and kind in ("GraphML", "GML") and not _everywhere(graph, "class"):
        lost.add("y")
    if kind == "graph6":
        lost -= {"edge_weight"}  # refused below
    if lost:
        names = ", ".join(sorted(lost))
        warnings.warn(f"{kind} has no place for {names}; .npz does: {path}", stacklevel=2)
    write: dict[str, Callable[[nx.Graph], bytes]] = {
        "GraphML": _graphml,
        "GML": _gml,
        "edge list": _edge_list,
        "csv": _csv,
        "graph6": _graph6,
    }
    write_atomically(path, write[kind](graph))


def _graphml(graph: nx.Graph) -> bytes:
    for label in _labels(graph) or []:
        # XML has no place for control characters, and makes every line end a \n
        _refuse(label, re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", label), ".npz")
    content = io.BytesIO()
    nx.write_graphml_xml(graph, content)
    return content.getvalue()


def _gml(graph: nx.Graph) -> bytes:
    labels = _labels(graph)
    if labels is not None:
        _check_unique(labels, "GML")
        for label in labels:
            _refuse(label, re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", label), ".npz")
        # networkx writes the node itself as its label
        for node in graph:
            del graph.nodes[node]["label"]
        graph = nx.relabel_nodes(graph, dict(enumerate(labels)))
    return "".join(f"{line}\n" for line in nx.generate_gml(graph)).encode("ascii")


def _edge_list(graph: nx.Graph) -> bytes:
    labels = _labels(graph)
    kind = "directed" if graph.is_directed() else "undirected"
    lines = [f"# graph-workbench: {kind}, {len(graph)} nodes"]
    if labels is not None:
        _check_unique(labels, "an edge list")
        for label in labels:
            plain = label == label.strip() and re.fullmatch(r"[^%\x00-\x1f#][^\x00-\x1f#]*", label)
            _refuse(label, not plain or len(label.splitlines()) > 1, ".graphml")
        lines += [f"# node: {label}" for label in labels]
    names = labels or list(map(str, graph))
    for u, v, weight in graph.edges(data="weight"):
        lines.append(f"{names[u]}\t{names[v]}" + ("" if weight is None else f"\t{weight!r}"))
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(graph: nx.Graph) -> bytes:
    labels = _labels(graph)
    if labels is not None:
        _check_unique(labels, "csv")
        for label in labels:
            _refuse(label, not label or label != label.strip() or not label.isprintable(), ".npz")
    alone = [node for node, degree in graph.degree() if degree == 0]
    if alone:
        raise ValueError(
            f"csv lists edges only, and {len(alone)} nodes have none (the first is {alone[0]}); "
            "write .graphml, .npz or an edge list"
        )
    names = labels or list(map(str, graph))
    weighted = any("weight" in edge for _, _, edge in graph.edges(data=True))
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    kind = ["type"] if graph.is_directed() else []
    table.writerow(["source", "target", *(["weight"] if weighted else []), *kind])
    for u, v, weight in graph.edges(data="weight"):
        row = [names[u], names[v], *([repr(weight)] if weighted else [])]
        table.writerow(row + (["directed"] if kind else []))
    return stream.getvalue().encode()


def _graph6(graph: nx.Graph) -> bytes:
    loops = nx.number_of_selfloops(graph)
    weighted = any("weight" in edge for _, _, edge in graph.edges(data=True))
    for found, what in ((graph.is_directed(), "directed edges"), (weighted, "edge weights")):
        if found:
            raise ValueError(f"graph6 has no place for {what}; write .graphml or .npz")
    if loops:
        raise ValueError(f"graph6 has no place for self-loops ({loops}); write .graphml or .npz")
    return nx.to_graph6_bytes(graph, header=False)


def _labels(graph: nx.Graph) -> list[str] | None:
    return (
        [label for _, label in graph.nodes(data="label")] if _everywhere(graph, "label") else None
    )


def _everywhere(graph: nx.Graph, attribute: str) -> bool:
    return len(graph) > 0 and attribute in graph.nodes[0]


def _check_unique(labels: list[str], kind: str) -> None:
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(
            f"{kind} tells nodes apart by their labels, and {twice!r} is there twice; write "
            ".graphml or .npz, or delete data.labels"
        )


def _refuse(label: str, wrong: object, suffix: str) -> None:
    if wrong:
        raise ValueError(
            f"the label {label!r} cannot be written in this format; write {suffix}, or rename it"
        )
