"""GraphML: a check that refuses what is unsafe or wrong, by line; networkx for the meaning."""

import re
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

import defusedxml
import defusedxml.sax
import networkx as nx

from workbench.graphs.files.disk import GraphFileError

_NUMBERS = {"int": int, "integer": int, "long": int, "float": float, "double": float}


def parse_graphml(path: Path, text: str) -> nx.Graph:
    """networkx graph of a GraphML text.

    Entities, external references, nested and further graphs, hyperedges, edges between undeclared
    nodes, nodes declared twice, and values that are not of their key's type are refused.

    Raises:
        GraphFileError: with the line at fault.
    """
    # the text is decoded already, so its declared encoding no longer holds
    text = re.sub(r"\A\s*<\?xml.*?\?>", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    check = _Check(path)
    try:
        defusedxml.sax.parseString(text.encode(), check)
    except defusedxml.DefusedXmlException as error:
        kinds = {"EntitiesForbidden": "entity", "ExternalReferenceForbidden": "external reference"}
        what = kinds.get(type(error).__name__, "document type")
        raise GraphFileError(
            path, f"the file defines or refers to an XML {what}; remove it", line=check.line
        ) from None
    except SAXParseException as error:
        raise GraphFileError(
            path, f"no well-formed XML: {error.getMessage()}", line=error.getLineNumber()
        ) from None
    except (SAXException, ValueError) as error:
        if isinstance(error, GraphFileError):
            raise
        raise GraphFileError(path, str(error), line=check.line) from None
    check.finish()
    try:
        return nx.parse_graphml(text)
    except (nx.NetworkXException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraphFileError(path, f"networkx cannot read it: {error}") from error


class _Check(ContentHandler):
    """Walks through the elements, knowing the line of each."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.keys: dict[str, str] = {}
        self.nodes: dict[str, int] = {}
        self.ends: list[tuple[str, int]] = []
        self.stack: list[str] = []
        self.groups: list[bool] = []
        self.graphs = 0
        self.directed = False
        self.value: list[str] | None = None
        self.kind = "string"
        self.starts = {
            "key": self._key,
            "graph": self._graph,
            "node": self._node,
            "edge": self._edge,
            "data": self._data,
            "hyperedge": lambda _: self.fail("hyperedges join more than two nodes; expected edges"),
        }

    @property
    def line(self) -> int:
        return self._locator.getLineNumber()

    def fail(self, problem: str, line: int | None = None) -> None:
        raise GraphFileError(self.path, problem, line=line or self.line)

    def startElement(self, name: str, attrs) -> None:
        name = name.rpartition(":")[2] if not name.startswith("y:") else name
        if not self.stack and name != "graphml":
            self.fail(f"the first element is <{name}>; expected <graphml>")
        self.stack.append(name)
        start = self.starts.get(name)
        if start is not None:
            start(attrs)
        elif self.value is not None:
            self.value = None  # a structured value, as yEd writes them

    def characters(self, content: str) -> None:
        if self.value is not None:
            self.value.append(content)

    def endElement(self, name: str) -> None:
        name = self.stack.pop()
        if name == "node":
            self.groups.pop()
        if name in ("data", "default") and self.value is not None:
            text, self.value = "".join(self.value), None
            number = _NUMBERS.get(self.kind)
            try:
                if number is not None:
                    number(text)
                elif self.kind == "boolean" and text.lower() not in ("true", "false", "0", "1"):
                    raise ValueError
            except ValueError:
                self.fail(f"{text.strip()!r} is no {self.kind}")

    def _key(self, attrs) -> None:
        if "id" not in attrs:
            self.fail("a <key> has no id")
        kind = attrs.get("attr.type", "string")
        if "yfiles.type" not in attrs and kind not in (*_NUMBERS, "boolean", "string"):
            self.fail(f"type {kind!r}; expected int, long, float, double, boolean or string")
        self.keys[attrs["id"]] = "yfiles" if "yfiles.type" in attrs else kind

    def _graph(self, attrs) -> None:
        if "node" in self.stack:
            if not self.groups[-1]:
                self.fail("a graph inside a node; expected one flat graph")
            return
        self.graphs += 1
        if self.graphs > 1:
            self.fail("a second graph; expected one graph a file")
        self.directed = attrs.get("edgedefault") == "directed"

    def _node(self, attrs) -> None:
        self.groups.append(attrs.get("yfiles.foldertype") == "group")
        name = attrs.get("id")
        if name is None:
            self.fail("a <node> has no id")
        if name in self.nodes:
            self.fail(f"node {name!r} is declared twice, first on line {self.nodes[name]}")
        self.nodes[name] = self.line

    def _edge(self, attrs) -> None:
        for end in ("source", "target"):
            if end not in attrs:
                self.fail(f"an <edge> has no {end}")
            self.ends.append((attrs[end], self.line))
        if attrs.get("directed", str(self.directed).lower()) != str(self.directed).lower():
            self.fail("directed and undirected edges in one graph; expected one kind")

    def _data(self, attrs) -> None:
        key = attrs.get("key")
        if key not in self.keys:
            self.fail(f"data for the key {key!r}, which no <key> declares")
        self.kind, self.value = self.keys[key], []

    def finish(self) -> None:
        """What can only be known at the end: that there was a graph, and that its edges fit."""
        if not self.graphs:
            raise GraphFileError(self.path, "no <graph> in the file")
        for name, line in self.ends:
            if name not in self.nodes:
                self.fail(f"an edge ends at node {name!r}, which no <node> declares", line)
