"""JSON: d3's nodes and links, networkx's node-link and adjacency, Cytoscape, graphology, JGF."""

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, gather_attributes

_EDGES = ("links", "edges", "relationships")
_NAMES = ("id", "key", "name", "label")
_ENDS = (("source", "target"), ("from", "to"), ("src", "dst"), ("start", "end"))


def read_json(path: Path, text: str) -> GraphParts:
    """Nodes, edges and their attributes of a JSON text.

    ``{"nodes": [...], "links": [...]}`` (or ``edges``) with ends by id or by place in the list, the
    same inside ``elements`` (Cytoscape) or ``graph`` (JGF), networkx's adjacency data, a list of
    pairs, and a dict of lists of neighbors.

    Raises:
        GraphFileError: with the line of a fault in the notation, else with the key.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphFileError(path, f"no JSON: {error.msg}", line=error.lineno) from None
    except (RecursionError, ValueError) as error:
        problem = "lists nested too deep" if isinstance(error, RecursionError) else str(error)
        raise GraphFileError(path, f"no JSON that is read: {problem}") from None
    return _Reader(path).parts(found)


class _Reader:
    def __init__(self, path: Path):
        self.path = path
        self.number: dict[Any, int] = {}
        self.nodes: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.y_down = False

    def fail(self, problem: str, key: str | None = None) -> NoReturn:
        raise GraphFileError(self.path, problem, key=key)

    def parts(self, found: Any) -> GraphParts:
        if isinstance(found, list):
            if found and all(isinstance(item, dict) and "data" in item for item in found):
                found = {"elements": found}
            else:
                return self._pairs(found)
        if not isinstance(found, dict):
            self.fail(f"a {type(found).__name__}; expected an object with nodes and links")
        if "elements" in found:
            return self._cytoscape(found)
        if isinstance(found.get("graph"), dict) and "nodes" in found["graph"]:
            found = found["graph"]
        if "adjacency" in found and isinstance(found.get("nodes"), list):
            return self._adjacency(found)
        key = next((key for key in _EDGES if isinstance(found.get(key), list)), None)
        if key is None and found and all(isinstance(value, list) for value in found.values()):
            return self._neighbors(found)
        if key is None:
            keys = ", ".join(map(repr, list(found)[:8])) or "none"
            self.fail(f"no list of links or edges; the keys are {keys}")
        nodes = found.get("nodes", [])
        if isinstance(nodes, dict):  # JGF 2
            nodes = [{"id": name, **self._object(node, "nodes")} for name, node in nodes.items()]
        return self._nodes_and_links(nodes, found[key], found, key)

    def _nodes_and_links(self, nodes: Any, links: list, about: dict, key: str) -> GraphParts:
        for at, node in enumerate(self._list(nodes, "nodes")):
            self._node(node, f"nodes[{at}]")
        by_place = bool(self.nodes) and not self._by_name(links)
        ends, edges, arcs = [], [], []
        for at, link in enumerate(links):
            found = self._flat(self._object(link, f"{key}[{at}]"))
            pair = next((p for p in _ENDS if p[0] in found and p[1] in found), None)
            if pair is None:
                self.fail("no source and target", f"{key}[{at}]")
            ends.append([self._end(found.pop(end), by_place, f"{key}[{at}].{end}") for end in pair])
            said = found.pop("directed", None)
            undirected = found.pop("undirected", None)
            arcs.append(said if isinstance(said, bool) else
                        None if undirected is None else not undirected)  # fmt: skip
            for own in ("id", "index", "key"):
                found.pop(own, None)
            edges.append(found)
        if by_place:
            self.notes.append("links count nodes by their place in the list")
        directed = about.get("directed")
        if directed is None and isinstance(about.get("options"), dict):
            directed = {"directed": True, "undirected": False}.get(about["options"].get("type"))
        one_way = np.array([bool(directed) if arc is None else arc for arc in arcs], dtype=bool)
        if one_way.size and any(arc is not None for arc in arcs):
            directed = bool(one_way.any())
        graph = about.get("graph") if isinstance(about.get("graph"), dict) else about
        if isinstance(about.get("attributes"), dict):
            graph = about["attributes"]
        name = graph.get("name") or graph.get("label")
        return self._make(ends, edges, directed, one_way, name)

    def _make(self, ends, edges, directed, one_way=None, name=None) -> GraphParts:
        source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
        mixed = one_way is not None and bool(directed) and one_way.any() and not one_way.all()
        self.nodes += [{} for _ in range(len(self.number) - len(self.nodes))]
        return GraphParts(
            source,
            target,
            len(self.number),
            ids=list(map(str, self.number)),
            directed=directed if isinstance(directed, bool) else None,
            one_way=one_way if mixed else None,
            edges=gather_attributes(edges),
            nodes=gather_attributes(self.nodes),
            graph={"name": name if isinstance(name, str) else None},
            y_down=self.y_down,
            notes=self.notes,
        )

    # ---- pieces ---------------------------------------------------------------------------

    def _node(self, node: Any, where: str) -> None:
        """One node: an object, or its name alone."""
        found = self._flat(node) if isinstance(node, dict) else {"id": node}
        key = next((key for key in _NAMES if self._is_name(found.get(key))), None)
        name = found[key] if key is not None else len(self.number)
        if key in ("id", "key"):
            del found[key]
        if not self._is_name(name):
            self.fail("a node that is no name and no object", where)
        if name in self.number:
            self.fail(f"node {name!r} is there twice", where)
        found.pop("index", None)
        position = found.get("position")
        if isinstance(position, dict) and {"x", "y"} <= set(position):
            found["pos"] = [position["x"], position["y"]]
            del found["position"]
        self.number[name] = len(self.number)
        self.nodes.append(found)

    def _flat(self, item: dict) -> dict[str, Any]:
        """An object with what Cytoscape, graphology and JGF put one level deeper."""
        flat = dict(item)
        for inner in ("data", "attributes", "metadata"):
            if isinstance(flat.get(inner), dict):
                flat |= flat.pop(inner)
        return flat

    def _by_name(self, links: list) -> bool:
        """Whether the ends of the links are names of nodes, not places in their list."""
        for link in links:
            if not isinstance(link, dict):
                continue
            flat = self._flat(link)
            for pair in _ENDS:
                for end in pair:
                    value = flat.get(end)
                    if value is None or isinstance(value, dict):
                        continue
                    if not self._is_name(value) or self._number_of(value) is None:
                        return False
        return True

    def _number_of(self, name: Any) -> int | None:
        """The number of a node by its name; 1 and "1" are the same name."""
        if name in self.number:
            return self.number[name]
        if isinstance(name, int | float):
            return self.number.get(str(name))
        return self.number.get(int(name)) if isinstance(name, str) and name.isdecimal() else None

    def _end(self, value: Any, by_place: bool, where: str) -> int:
        if isinstance(value, dict):  # d3 puts the node itself in the place of its name
            value = next((value[key] for key in _NAMES if key in value), value.get("index"))
        if not self._is_name(value):
            self.fail(f"{str(value)[:40]!r} is no name of a node", where)
        if by_place and isinstance(value, int) and 0 <= value < len(self.number):
            return value
        known = self._number_of(value)
        if known is None:
            if self.nodes:
                self.fail(f"no node {value!r}", where)
            self.number[value] = len(self.number)
            known = self.number[value]
        return known

    @staticmethod
    def _is_name(value: Any) -> bool:
        return isinstance(value, str | int | float) and not isinstance(value, bool)

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(f"a {type(value).__name__}; expected an object", where)
        return value

    def _list(self, value: Any, where: str) -> list:
        if not isinstance(value, list):
            self.fail(f"a {type(value).__name__}; expected a list", where)
        return value

    # ---- other forms ----------------------------------------------------------------------

    def _cytoscape(self, found: dict) -> GraphParts:
        self.y_down = True
        elements = found["elements"]
        if isinstance(elements, list):
            items = [self._object(item, f"elements[{at}]") for at, item in enumerate(elements)]
            nodes = [i for i in items if "source" not in self._object(i.get("data"), "elements")]
            links = [i for i in items if "source" in i["data"]]
        else:
            elements = self._object(elements, "elements")
            nodes, links = elements.get("nodes", []), elements.get("edges", [])
        about = found.get("data") if isinstance(found.get("data"), dict) else {}
        about = {"directed": found.get("directed"), **about}
        return self._nodes_and_links(nodes, self._list(links, "elements.edges"), about, "edges")

    def _adjacency(self, found: dict) -> GraphParts:
        for at, node in enumerate(found["nodes"]):
            self._node(node, f"nodes[{at}]")
        ends, edges = [], []
        rows = self._list(found["adjacency"], "adjacency")
        if len(rows) != len(self.nodes):
            self.fail(f"{len(rows)} lists for {len(self.nodes)} nodes", "adjacency")
        for at, row in enumerate(rows):
            for to, item in enumerate(self._list(row, f"adjacency[{at}]")):
                where = f"adjacency[{at}][{to}]"
                item = dict(self._object(item, where))
                ends.append([at, self._end(item.pop("id", None), False, where)])
                edges.append({key: value for key, value in item.items() if key != "key"})
        return self._make(ends, edges, found.get("directed"))

    def _neighbors(self, found: dict[str, list]) -> GraphParts:
        for name in found:
            self.number[name] = len(self.number)
        ends = []
        for name, others in found.items():
            for at, other in enumerate(others):
                if not self._is_name(other):
                    self.fail("a neighbor that is no name", f"{name}[{at}]")
                if self._number_of(other) is None:
                    self.number[other] = len(self.number)
                ends.append([self.number[name], self._number_of(other)])
        self.notes.append("read as lists of neighbors")
        return self._make(ends, [{} for _ in ends], None)

    def _pairs(self, found: list) -> GraphParts:
        if found and all(isinstance(item, dict) for item in found):
            return self._nodes_and_links([], found, {}, "")
        ends = []
        for at, item in enumerate(found):
            pair = self._list(item, f"[{at}]")
            if len(pair) != 2 or not all(map(self._is_name, pair)):
                self.fail("expected a pair of names", f"[{at}]")
            for name in pair:
                self.number.setdefault(name, len(self.number))
            ends.append([self.number[name] for name in pair])
        if not found:
            self.fail("an empty list; expected pairs of names")
        if all(isinstance(name, int) for name in self.number):
            order = sorted(self.number)
            place = {self.number[name]: i for i, name in enumerate(order)}
            ends = [[place[v] for v in pair] for pair in ends]
            self.number = {name: i for i, name in enumerate(order)}
        return self._make(ends, [{} for _ in ends], None)
