"""GEXF, as Gephi and networkx write it, versions 1.1 to 1.3."""

from pathlib import Path
from typing import Any

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, gather_attributes
from workbench.graphs.files.xml_tree import Element, read_xml

_NUMBERS = {"integer": int, "int": int, "long": int, "short": int, "byte": int}
_NUMBERS |= {"float": float, "double": float, "bigdecimal": float, "biginteger": int}


def read_gexf(path: Path, text: str) -> GraphParts:
    """Nodes, edges and their attributes of a GEXF text; of one that changes in time, all of them.

    Raises:
        GraphFileError: with the line at fault.
    """
    root = read_xml(path, text)
    if root.name != "gexf":
        _fail(path, f"the first element is <{root.name}>; expected <gexf>", root)
    graphs = list(root.find("graph"))
    if len(graphs) != 1:
        _fail(path, f"{len(graphs)} elements <graph>; expected one", (graphs or [root])[-1])
    (graph,) = graphs
    keys = {
        (group.get("class"), key.get("id")): (key.get("title") or key.get("id"), key)
        for group in graph.find("attributes")
        for key in group.find("attribute")
    }
    number: dict[str, int] = {}
    nodes = []
    for node in graph.below("node"):
        name = node.get("id")
        if name is None or name in number:
            problem = "a <node> has no id" if name is None else f"node {name!r} is declared twice"
            _fail(path, problem, node)
        number[name] = len(number)
        found = _values(path, keys, "node", node)
        if node.get("label"):
            found["label"] = node.get("label")
        for place in node.find("position"):
            found["pos"] = [_number(path, place, axis) for axis in "xyz"]
        nodes.append(found)
    default = graph.get("defaultedgetype") or "undirected"
    ends, edges, arcs, lines = [], [], [], []
    for edge in graph.below("edge"):
        for end in ("source", "target"):
            name = edge.get(end)
            if name not in number:
                said = f"ends at node {name!r}, which no <node> declares"
                _fail(path, f"an edge {said}" if name else f"an <edge> has no {end}", edge)
            ends.append(number[name])
        found = _values(path, keys, "edge", edge)
        if edge.get("weight") is not None:
            found["weight"] = edge.get("weight")
        edges.append(found)
        arcs.append((edge.get("type") or default) == "directed")
        lines.append(edge.line)
    source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    one_way = np.array(arcs, dtype=bool)
    columns = gather_attributes(nodes)
    if "pos" in columns and not any(pos and pos[2] for pos in columns["pos"]):
        columns["pos"] = [pos and pos[:2] for pos in columns["pos"]]
    dynamic = graph.get("mode") == "dynamic" or graph.get("timeformat") is not None
    return GraphParts(
        source,
        target,
        len(number),
        ids=list(number),
        directed=any(arcs) if arcs else default == "directed",
        one_way=one_way if one_way.any() and not one_way.all() else None,
        edges=gather_attributes(edges),
        nodes=columns,
        graph={"name": graph.get("name") or None},
        line_of=lines.__getitem__,
        notes=["the graph changes in time: all its edges are read at once"] if dynamic else [],
    )


def _values(path: Path, keys: dict, domain: str, element: Element) -> dict[str, Any]:
    found = {}
    for (kind, _), (name, key) in keys.items():
        default = next(key.find("default"), None)
        if kind == domain and default is not None:
            found[name] = _typed_value(path, key, default, default.text)
    for value in (v for group in element.find("attvalues") for v in group.find("attvalue")):
        which = value.get("for") or value.get("id")
        if (domain, which) not in keys:
            _fail(path, f"a value for {which!r}, which no <attribute> declares", value)
        name, key = keys[domain, which]
        found[name] = _typed_value(path, key, value, value.get("value") or "")
    return {name: value for name, value in found.items() if value is not None}


def _typed_value(path: Path, key: Element, element: Element, text: str) -> Any:
    kind = (key.get("type") or "string").lower()
    if kind == "boolean":
        return text.strip().lower() in ("true", "1")
    number = _NUMBERS.get(kind)
    if number is None:
        return text
    if not text.strip():
        return None
    try:
        return number(text)
    except ValueError:
        _fail(path, f"{text[:40]!r} is no {kind}", element)


def _number(path: Path, element: Element, axis: str) -> float:
    text = element.get(axis) or "0"
    try:
        return float(text)
    except ValueError:
        _fail(path, f"{axis}={text[:40]!r} is no number", element)


def _fail(path: Path, problem: str, element: Element):
    raise GraphFileError(path, problem, line=element.line)
