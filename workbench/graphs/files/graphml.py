"""GraphML, as networkx, igraph, Gephi, graph-tool, yEd and yEd Live write it.

Read here rather than by networkx, which wants keys before they are used, passes over defaults,
``yEd Live`` and hexadecimal numbers, and knows no line of a fault.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, gather_attributes
from workbench.graphs.files.xml_tree import Element, read_xml

_WHOLE = {"int", "integer", "long", "short", "byte"}
_BROKEN = {"float", "double", "real"}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}

# extensions of yEd and yEd Live, of Prefuse: kinds of keys whose values are not ours to read
_DRAWING = {"nodegraphics", "edgegraphics", "resources", "portgraphics", "portgeometry"}


def read_graphml(path: Path, text: str) -> GraphParts:
    """Nodes, edges and their attributes of a GraphML text.

    Nested graphs other than yEd's groups, a second graph, hyperedges, edges between nodes that are
    not declared, nodes declared twice, and values that are not of their key's type are refused.

    Raises:
        GraphFileError: with the line at fault.
    """
    root = read_xml(path, text)
    if root.name != "graphml":
        _fail(path, f"the first element is <{root.name}>; expected <graphml>", root)
    return _Reader(path, root).parts()


class _Key:
    """What a ``<key>`` declares: its name, its type and the value where there is none."""

    def __init__(self, path: Path, element: Element):
        self.path, self.kind = path, (element.get("attr.type") or "string").strip().lower()
        self.name = element.get("attr.name") or element.get("id") or ""
        self.domain = (element.get("for") or "all").strip()
        kinds = [value for key, value in element.attributes.items() if key.endswith("yfiles.type")]
        prefixed = element.get("y:attr.uri") or element.get("attr.uri") or ""
        self.drawing = bool(kinds) and kinds[0] in _DRAWING
        # yEd Live declares its graphics as keys of "complex" values
        self.drawing = self.drawing or "graphml" in prefixed or "yfiles" in str(kinds).lower()
        default = next(element.find("default"), None)
        self.default = None if default is None or default.children else self.value(default)

    def value(self, element: Element) -> Any:
        """A value as its type says; None for a structured one."""
        text = element.text.strip()
        if element.children:
            return None
        if self.kind == "boolean":
            if text.lower() not in _TRUTH:
                _fail(self.path, f"{text!r} is no boolean", element)
            return _TRUTH[text.lower()]
        if self.kind not in _WHOLE | _BROKEN:
            return element.text if self.kind == "string" else text
        if not text:
            return None
        try:
            return _whole(text) if self.kind in _WHOLE else _broken(text)
        except ValueError:
            _fail(self.path, f"{text[:40]!r} is no {self.kind}", element)


def _whole(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if number != int(number):
            raise
        return int(number)


def _broken(text: str) -> float:
    """A number, also in the hexadecimal notation of graph-tool."""
    try:
        return float(text)
    except ValueError:
        return float.fromhex(text)


class _Reader:
    def __init__(self, path: Path, root: Element):
        self.path, self.root = path, root
        # keys may stand behind the graph or in it
        self.keys = {
            element.get("id"): _Key(path, element)
            for element in root.below("key")
            if element.get("id") is not None or _fail(path, "a <key> has no id", element)
        }
        self.number: dict[str, int] = {}
        self.declared: dict[str, int] = {}
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[Element] = []
        self.y_down = False

    def parts(self) -> GraphParts:
        graphs = list(self.root.find("graph"))
        if not graphs:
            raise GraphFileError(self.path, "no <graph> in the file")
        if len(graphs) > 1:
            _fail(self.path, "a second graph; expected one graph a file", graphs[1])
        (graph,) = graphs
        self._walk(graph)
        directed = (graph.get("edgedefault") or "undirected").strip() == "directed"
        ends = [self._end(edge, end) for edge in self.edges for end in ("source", "target")]
        source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
        arcs = np.array([self._is_arc(edge, directed) for edge in self.edges], dtype=bool)
        mixed = arcs.any() and not arcs.all()
        about = {key.name: value for key, value in self._data(graph, "graph")}
        if "name" not in about and (graph.get("id") or "").strip() not in ("", "G"):
            about["name"] = about.get("Network") or None
        return GraphParts(
            source,
            target,
            len(self.number),
            ids=list(self.number),
            directed=bool(arcs.any()) if self.edges else directed,
            one_way=arcs if mixed else None,
            edges=gather_attributes([self._attributes(edge, "edge") for edge in self.edges]),
            nodes=gather_attributes(self.nodes),
            graph=about,
            y_down=self.y_down,
            line_of=lambda at: self.edges[at].line,
        )

    def _walk(self, graph: Element, depth: int = 0) -> None:
        """Nodes and edges of a graph and of the groups in it, in the order of the file."""
        for element in graph.children:
            if element.name == "hyperedge":
                _fail(self.path, "hyperedges join more than two nodes; expected edges", element)
            elif element.name == "graph":
                _fail(self.path, "a graph inside a graph; expected one flat graph", element)
            elif element.name == "node":
                self._node(element, depth)
            elif element.name == "edge":
                self.edges.append(element)

    def _node(self, element: Element, depth: int) -> None:
        name = element.get("id")
        if name is None:
            _fail(self.path, "a <node> has no id", element)
        if name in self.number:
            line = self.declared[name]
            _fail(self.path, f"node {name!r} is declared twice, first on line {line}", element)
        self.number[name] = len(self.number)
        self.declared[name] = element.line
        self.nodes.append(self._attributes(element, "node"))
        for inner in element.find("graph"):
            if element.get("yfiles.foldertype") is None and element.get("yFilesFolderType") is None:
                _fail(self.path, "a graph inside a node; expected one flat graph", inner)
            self._walk(inner, depth + 1)

    def _end(self, edge: Element, end: str) -> int:
        name = edge.get(end)
        if name is None:
            _fail(self.path, f"an <edge> has no {end}", edge)
        if name not in self.number:
            _fail(self.path, f"an edge ends at node {name!r}, which no <node> declares", edge)
        return self.number[name]

    def _is_arc(self, edge: Element, directed: bool) -> bool:
        said = edge.get("directed")
        if said is None:
            return directed
        if said.strip().lower() not in _TRUTH:
            _fail(self.path, f"directed={said!r}; expected true or false", edge)
        return _TRUTH[said.strip().lower()]

    def _data(self, element: Element, domain: str):
        """(key, value) of every ``<data>`` of an element that holds a plain value."""
        for data in element.find("data"):
            key = self.keys.get(data.get("key"))
            if key is None:
                problem = f"data for the key {data.get('key')!r}, which no <key> declares"
                _fail(self.path, problem, data)
            if not data.children and not key.drawing:
                yield key, key.value(data)

    def _attributes(self, element: Element, domain: str) -> dict[str, Any]:
        found = {
            key.name: key.default
            for key in self.keys.values()
            if key.default is not None and key.domain in (domain, "all")
        }
        found |= {key.name: value for key, value in self._data(element, domain)}
        if domain == "node":
            found |= self._drawn_label(element)
        elif element.get("weight") is not None and "weight" not in found:
            found["weight"] = element.get("weight")
        return {key: value for key, value in found.items() if value is not None}

    def _drawn_label(self, element: Element) -> dict[str, Any]:
        """Label and place of a node as yEd and yEd Live draw it: y counts downwards."""
        found: dict[str, Any] = {}
        data = [child for child in element.find("data") if child.children]
        for box in (b for d in data for b in d.below("Geometry", "RectD", "Rect")):
            try:
                x, y = (float(box.get(axis) or box.get(axis.upper())) for axis in ("x", "y"))
            except (TypeError, ValueError):
                continue
            if math.isfinite(x) and math.isfinite(y):
                found["x"], found["y"] = x, y
                self.y_down = True
            break
        for label in (b for d in data for b in d.below("NodeLabel", "Label", "Label.Text")):
            inner = next(label.below("Label.Text"), None)
            text = (label.get("Text") or (inner or label).text).strip()
            if text:
                found["label"] = text
                break
        return found


def _fail(path: Path, problem: str, element: Element) -> bool:
    raise GraphFileError(path, problem, line=element.line)
