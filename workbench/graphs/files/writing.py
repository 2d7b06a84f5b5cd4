"""Graph files out: each format that ``read_graph`` reads, written whole or not at all."""

import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
from torch_geometric.data import Data

from workbench.graphs.files.disk import GraphFileError, write_atomically
from workbench.graphs.files.formats import file_format
from workbench.graphs.files.graph6 import graph6_code
from workbench.graphs.networkx_graphs import edge_attributes, node_columns, to_networkx

__all__ = ["GraphFileError", "to_networkx", "write_graph"]

# what formats that hold all attributes hold, besides nodes, edges and other numbers and words
_ALL = {"edge_weight", "labels", "ids", "pos", "y", "class_names"}
_HOLDS: dict[str, set[str]] = {
    "GraphML": _ALL,
    "GML": _ALL,
    "GEXF": _ALL,
    "JSON": _ALL | {"x"},
    "Pajek": {"edge_weight", "labels", "pos"},
    "Matrix Market": {"edge_weight"},
    "edge list": {"edge_weight", "labels"},
    "csv": {"edge_weight", "labels"},
    "adjacency list": {"labels"},
    "graph6": set(),
    "sparse6": set(),
    "digraph6": set(),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def write_graph(data: Data, path: str | Path) -> None:
    """Write ``data`` to a file in the format of its suffix; ``read_graph`` is the inverse.

    The file appears whole or not at all: it is written beside ``path`` first. What a format has a
    place for:

    - npz and ``.pt``: everything, repeated edges too;
    - GraphML, GML, GEXF, JSON: direction, ``edge_weight``, ``labels``, ``ids``, ``pos``, an integer
      ``y`` with ``class_names``, other numbers of nodes and edges, words of nodes;
    - Pajek: direction, weights, labels and ``pos``;
    - csv: direction, weights, labels and other numbers of edges, but no isolated nodes;
    - edge lists: direction, weights and labels; adjacency lists: edges and labels;
    - Matrix Market: direction and weights;
    - graph6: simple undirected edges; sparse6: loops too; digraph6: arcs.

    Nodes keep their order. Names are ids where each is there once, unless the nodes have ``ids``.
    Structure is never lost: direction, loops or weights that do not fit are an error. Other
    attributes that do not fit are left out with a warning (``pos`` and ``name`` without one).
    Repeated edges count once, with a warning.

    Raises:
        GraphFileError: the suffix is unknown.
        ValueError: the format cannot hold the graph; the message names one that can.
        OSError: the file cannot be written, or its folder does not exist.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from workbench.graphs import karate, read_graph, write_graph
        >>> with TemporaryDirectory() as folder:
        ...     write_graph(karate(), f"{folder}/karate.graphml")
        ...     print(read_graph(f"{folder}/karate.graphml").num_edges // 2)
        78
    """
    path = Path(path)
    kind = file_format(path)
    if kind == "npz":
        from workbench.graphs.files.npz import write_npz

        write_npz(data, path)
    elif kind == "PyG":
        from workbench.graphs.files.pyg_files import write_pyg

        write_pyg(data, path)
    else:
        graph = to_networkx(data)
        content = _WRITE[kind](graph, data)
        _warn_of_losses(data, graph, kind, path)
        write_atomically(path, content)


def _warn_of_losses(data: Data, graph: nx.Graph, kind: str, path: Path) -> None:
    holds = _HOLDS[kind] | {"edge_index", "num_nodes", "pos", "name"}
    if "ids" in data and data.get("labels") == data.ids:
        holds = holds | {"ids"}
    if "pos" in _HOLDS[kind] and kind != "Pajek":
        holds = holds | set(edge_attributes(data)) | set(node_columns(data))
    elif kind == "csv":
        holds = holds | set(edge_attributes(data))
    lost = set(data.keys()) - holds
    if "y" in data and "y" in holds and not _everywhere(graph, "class") and len(graph):
        lost.add("y")
    if "y" not in data:
        lost -= {"class_names"}
    if lost:
        names = ", ".join(sorted(lost))
        warnings.warn(f"{kind} has no place for {names}; .npz does: {path}", stacklevel=3)


# ---- formats with attributes ----------------------------------------------------------------


def _graphml(graph: nx.Graph, data: Data) -> bytes:
    _check_words(graph, "GraphML", _CONTROL)
    content = io.BytesIO()
    graph = nx.relabel_nodes(graph, dict(enumerate(_ids(graph, data))))
    nx.write_graphml_xml(graph, content)
    return content.getvalue()


def _gml(graph: nx.Graph, data: Data) -> bytes:
    _check_words(graph, "GML", re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]"))
    ids = data.get("ids")
    numbers = ids is not None and all(re.fullmatch(r"-?[0-9]{1,9}", str(i)) for i in ids)
    own = [str(int(i)) for i in ids] if numbers and len(set(ids)) == len(ids) else None
    name = own or list(map(str, graph))
    lines = ["graph ["]
    if graph.is_directed():
        lines.append("  directed 1")
    if graph.name:
        lines.append(f"  name {_gml_value(str(graph.name))}")
    for node, attributes in graph.nodes(data=True):
        found = dict(attributes)
        label = str(found.pop("label", node))
        places = {axis: found.pop(axis) for axis in "xyz" if axis in found}
        lines += ["  node [", f"    id {name[node]}", f"    label {_gml_value(label)}"]
        if places:
            row = " ".join(f"{axis} {_gml_value(value)}" for axis, value in places.items())
            lines.append(f"    graphics [ {row} ]")
        lines += [f"    {key} {_gml_value(value)}" for key, value in _gml_keys(found)]
        lines.append("  ]")
    for u, v, attributes in graph.edges(data=True):
        lines += ["  edge [", f"    source {name[u]}", f"    target {name[v]}"]
        lines += [f"    {key} {_gml_value(value)}" for key, value in _gml_keys(attributes)]
        lines.append("  ]")
    return "".join(f"{line}\n" for line in [*lines, "]"]).encode("ascii")


def _gml_keys(attributes: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Attributes under names that GML takes: letters, digits and ``_``."""
    for key, value in attributes.items():
        plain = re.sub(r"[^0-9A-Za-z_]", "_", key)
        yield (plain if plain[:1].isalpha() else f"a_{plain}"), value


def _gml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e") if "e" in text else text + ".0"
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("&", "&amp;").replace('"', "&quot;")
    return '"' + "".join(c if ord(c) < 128 else f"&#{ord(c)};" for c in text) + '"'


def _gexf(graph: nx.Graph, data: Data) -> bytes:
    _check_words(graph, "GEXF", re.compile(r"[\x00-\x1f\ud800-\udfff\ufffe\uffff]"))
    ids = _ids(graph, data)
    root = ElementTree.Element(
        "gexf",
        {
            "xmlns": "http://gexf.net/1.3",
            "xmlns:viz": "http://gexf.net/1.3/viz",
            "version": "1.3",
        },
    )
    kind = "directed" if graph.is_directed() else "undirected"
    top = ElementTree.SubElement(root, "graph", {"defaultedgetype": kind, "mode": "static"})
    if graph.name:
        top.set("name", str(graph.name))
    rows = {
        "node": [dict(found) for _, found in graph.nodes(data=True)],
        "edge": [dict(found) for _, _, found in graph.edges(data=True)],
    }
    drawn = [{axis: row.pop(axis) for axis in "xyz" if axis in row} for row in rows["node"]]
    labels = [row.pop("label", None) for row in rows["node"]]
    weights = [row.pop("weight", None) for row in rows["edge"]]
    number = {domain: _gexf_keys(top, domain, found) for domain, found in rows.items()}
    nodes = ElementTree.SubElement(top, "nodes")
    for at, (name, label, places) in enumerate(zip(ids, labels, drawn, strict=True)):
        node = ElementTree.SubElement(nodes, "node", {"id": name})
        if label is not None:
            node.set("label", label)
        _gexf_values(node, number["node"], rows["node"][at])
        if places:
            where = {axis: repr(value) for axis, value in places.items()}
            ElementTree.SubElement(node, "viz:position", where)
    edges = ElementTree.SubElement(top, "edges")
    for at, (u, v) in enumerate(graph.edges):
        edge = ElementTree.SubElement(
            edges, "edge", {"id": str(at), "source": ids[u], "target": ids[v]}
        )
        if weights[at] is not None:
            edge.set("weight", repr(weights[at]))
        _gexf_values(edge, number["edge"], rows["edge"][at])
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _gexf_keys(top: ElementTree.Element, domain: str, rows: list[dict]) -> dict[str, str]:
    """Declare the attributes of nodes or edges; their numbers by name."""
    kinds: dict[str, type] = {}
    for row in rows:
        for key, value in row.items():
            kinds.setdefault(key, type(value))
    if kinds:
        group = ElementTree.SubElement(top, "attributes", {"class": domain, "mode": "static"})
    names = {bool: "boolean", int: "long", float: "double"}
    for at, (key, kind) in enumerate(kinds.items()):
        declared = {"id": str(at), "title": key, "type": names.get(kind, "string")}
        ElementTree.SubElement(group, "attribute", declared)
    return {key: str(at) for at, key in enumerate(kinds)}


def _gexf_values(element: ElementTree.Element, number: dict[str, str], row: dict) -> None:
    if not row:
        return
    values = ElementTree.SubElement(element, "attvalues")
    for key, value in row.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        ElementTree.SubElement(values, "attvalue", {"for": number[key], "value": text})


def _json(graph: nx.Graph, data: Data) -> bytes:
    ids: list[Any] = _ids(graph, data) if "labels" in data or "ids" in data else list(graph)
    x = data.get("x")
    features = x is not None and x.dim() == 2 and x.size(0) == len(graph)
    nodes = []
    for node, attributes in graph.nodes(data=True):
        found = dict(attributes)
        places = [found.pop(axis) for axis in "xyz" if axis in found]
        row = {"id": ids[node], **found}
        if places:
            row["pos"] = places
        if features:
            row["x"] = x[node].tolist()
        nodes.append(row)
    links = [{"source": ids[u], "target": ids[v], **a} for u, v, a in graph.edges(data=True)]
    whole = {
        "directed": graph.is_directed(),
        "multigraph": False,
        "graph": {"name": str(graph.name)} if graph.name else {},
        "nodes": nodes,
        "links": links,
    }
    return (json.dumps(whole, ensure_ascii=True) + "\n").encode()


def _ids(graph: nx.Graph, data: Data) -> list[str]:
    """What a file calls the nodes: their ids, else their names, else their numbers.

    Those that are not there once each give way to the next.
    """
    for known in (data.get("ids"), _labels(graph)):
        if known is not None and len(set(map(str, known))) == len(known) == len(graph):
            return list(map(str, known))
    return [f"n{node}" if _labels(graph) else str(node) for node in graph]


# ---- formats of edges -----------------------------------------------------------------------


def _pajek(graph: nx.Graph, data: Data) -> bytes:
    lines = [f"*Vertices {len(graph)}"]
    labels = _labels(graph)
    for label in labels or []:
        bad = not label.strip() or '"' in label or not label.isprintable() or "  " in label
        _refuse(label, bad, ".graphml")
    if labels or _everywhere(graph, "x"):
        for node, found in graph.nodes(data=True):
            row = f'{node + 1} "{labels[node] if labels else node + 1}"'
            if "x" in found:
                row += f" {found['x']!r} {-found['y']!r}" + f" {found.get('z', 0.0)!r}"
            lines.append(row)
    lines.append("*Arcs" if graph.is_directed() else "*Edges")
    for u, v, weight in graph.edges(data="weight"):
        lines.append(f"{u + 1} {v + 1}" + ("" if weight is None else f" {weight!r}"))
    return "".join(f"{line}\n" for line in lines).encode()


def _matrix_market(graph: nx.Graph, data: Data) -> bytes:
    weighted = _is_weighted(graph)
    kind, form = "real" if weighted else "pattern", "general"
    if not graph.is_directed():
        form = "symmetric"
    lines = [f"%%MatrixMarket matrix coordinate {kind} {form}"]
    lines.append(f"{len(graph)} {len(graph)} {graph.number_of_edges()}")
    for u, v, weight in graph.edges(data="weight"):
        row, column = (u, v) if graph.is_directed() else (max(u, v), min(u, v))
        lines.append(f"{row + 1} {column + 1}" + (f" {weight!r}" if weighted else ""))
    return "".join(f"{line}\n" for line in lines).encode()


def _edge_list(graph: nx.Graph, data: Data) -> bytes:
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


def _csv(graph: nx.Graph, data: Data) -> bytes:
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
    keys = list(dict.fromkeys(key for *_, found in graph.edges(data=True) for key in found))
    keys.sort(key=lambda key: key != "weight")
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    kind = ["directed"] if graph.is_directed() else []
    table.writerow(["source", "target", *keys, *(["type"] if kind else [])])
    for u, v, found in graph.edges(data=True):
        values = [repr(found[key]) if key in found else "" for key in keys]
        table.writerow([names[u], names[v], *values, *kind])
    return stream.getvalue().encode()


def _adjacency_list(graph: nx.Graph, data: Data) -> bytes:
    _refuse_structure(graph, "an adjacency list", ".edgelist")
    labels = _labels(graph)
    if labels is not None:
        _check_unique(labels, "an adjacency list")
        for label in labels:
            bad = re.search(r"""[\s#,;|"{}]|^%|:$|^$""", label)
            _refuse(label, bad, ".graphml")
    names = labels or list(map(str, graph))
    lines = [
        " ".join([names[node], *(names[other] for other in graph[node] if other >= node)])
        for node in graph
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _graph6(graph: nx.Graph, data: Data) -> bytes:
    return _line(graph, "graph6", loops=False, arcs=False)


def _sparse6(graph: nx.Graph, data: Data) -> bytes:
    return _line(graph, "sparse6", loops=True, arcs=False)


def _digraph6(graph: nx.Graph, data: Data) -> bytes:
    return _line(graph, "digraph6", loops=True, arcs=True)


def _line(graph: nx.Graph, kind: str, *, loops: bool, arcs: bool) -> bytes:
    _refuse_structure(graph, kind, ".graphml", arcs=arcs)
    count = nx.number_of_selfloops(graph)
    if count and not loops:
        raise ValueError(f"{kind} has no place for self-loops ({count}); write .s6 or .graphml")
    if kind == "sparse6":
        return nx.to_sparse6_bytes(graph, header=False)
    pairs = graph if graph.is_directed() or kind == "graph6" else graph.to_directed()
    source, target = np.array(pairs.edges, dtype=np.int64).reshape(-1, 2).T
    return graph6_code(len(graph), source, target, kind)


_WRITE: dict[str, Callable[[nx.Graph, Data], bytes]] = {
    "GraphML": _graphml,
    "GML": _gml,
    "GEXF": _gexf,
    "JSON": _json,
    "Pajek": _pajek,
    "Matrix Market": _matrix_market,
    "edge list": _edge_list,
    "csv": _csv,
    "adjacency list": _adjacency_list,
    "graph6": _graph6,
    "sparse6": _sparse6,
    "digraph6": _digraph6,
}


# ---- what does not fit ----------------------------------------------------------------------


def _refuse_structure(graph: nx.Graph, kind: str, suffix: str, *, arcs: bool = False) -> None:
    """Refuse direction and weights in a format without a place for them."""
    if graph.is_directed() and not arcs:
        raise ValueError(f"{kind} has no place for directed edges; write {suffix} or .npz")
    if _is_weighted(graph):
        raise ValueError(f"{kind} has no place for edge weights; write {suffix} or .npz")


def _labels(graph: nx.Graph) -> list[str] | None:
    return (
        [label for _, label in graph.nodes(data="label")] if _everywhere(graph, "label") else None
    )


def _everywhere(graph: nx.Graph, attribute: str) -> bool:
    return len(graph) > 0 and attribute in graph.nodes[0]


def _is_weighted(graph: nx.Graph) -> bool:
    return any("weight" in edge for _, _, edge in graph.edges(data=True))


def _check_words(graph: nx.Graph, kind: str, strange: re.Pattern) -> None:
    """Refuse words that could not be read again from a format."""
    for _, attributes in graph.nodes(data=True):
        for key, value in attributes.items():
            if not isinstance(value, str):
                continue
            if strange.search(value) or (key == "label" and not value.strip()):
                what = "label" if key == "label" else f"text ({key})"
                raise ValueError(
                    f"the {what} {value!r} cannot be written in {kind}, which would not read it "
                    "again; write .npz, or rename it"
                )


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
