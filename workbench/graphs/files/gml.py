"""GML, as igraph, networkx, Gephi, yEd and C programs write it.

Read here rather than by networkx, whose reader takes ``weight 1e-05`` for ``weight 1`` and a key
``e``, and drops the places in ``graphics [ x y ]``.
"""

import html
import re
from pathlib import Path
from typing import Any

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, gather_attributes

#: Lists nested deeper than this are refused.
MOST_DEPTH = 100

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
      | (?P<open>\[) | (?P<close>\])
      | (?P<text>"[^"]*")
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![^\s\]\[])
        | [+-]?(?:inf|nan|infinity)(?![^\s\]\[]))
      | (?P<key>[A-Za-z_][\w.\-]*)""",
    re.VERBOSE | re.IGNORECASE,
)


class _List(list):
    """The (key, value) pairs of one list, and the line on which it opens."""

    line = 0

    def all(self, key: str) -> list[Any]:
        return [value for name, value in self if name == key]

    def get(self, key: str) -> Any:
        return next((value for name, value in self if name == key), None)


def read_gml(path: Path, text: str) -> GraphParts:
    """Nodes, edges and their attributes of a GML text.

    Raises:
        GraphFileError: with the line at fault.
    """
    whole = _parse(path, text)
    graphs = [value for value in whole.all("graph") if isinstance(value, _List)]
    if len(graphs) != 1:
        found = "no graph [ ... ]" if not graphs else f"{len(graphs)} graphs"
        line = graphs[1].line if graphs else None
        raise GraphFileError(path, f"{found} in the file; expected one", line=line)
    (graph,) = graphs
    number: dict[Any, int] = {}
    nodes = []
    for node in _lists(path, graph, "node"):
        name = _plain(path, node, "id")
        if name in number:
            raise GraphFileError(path, f"node id {name!r} is duplicated", line=node.line)
        number[name] = len(number)
        nodes.append(_attributes(node, {"id"}))
    ends, edges, lines = [], [], []
    for at, edge in enumerate(_lists(path, graph, "edge")):
        for end in ("source", "target"):
            name = _plain(path, edge, end)
            if name not in number:
                problem = f"edge #{at} ends at node {name!r}, which no node declares"
                raise GraphFileError(path, problem, line=edge.line)
            ends.append(number[name])
        edges.append(_attributes(edge, {"source", "target", "id"}))
        lines.append(edge.line)
    source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    about = {k: v for k, v in graph if not isinstance(v, _List)}
    return GraphParts(
        source,
        target,
        len(number),
        ids=list(map(str, number)),
        directed=about.get("directed") in (1, 1.0, "1"),
        edges=gather_attributes(edges),
        nodes=gather_attributes(nodes),
        graph={"name": about.get("name") or about.get("label") or None},
        # of those who write graphics, yEd and its kin count y downwards
        y_down="yfiles" in str(whole.get("Creator")).lower() or _is_yed(graph),
        line_of=lines.__getitem__,
    )


def _is_yed(graph: _List) -> bool:
    """yEd writes the kind of each shape beside its place; Gephi does not."""
    return any(
        isinstance(node, _List)
        and isinstance(node.get("graphics"), _List)
        and isinstance(node.get("graphics").get("type"), str)
        and "LabelGraphics" in [key for key, _ in node]
        for node in graph.all("node")[:1]
    )


def _lists(path: Path, graph: _List, key: str) -> list[_List]:
    found = graph.all(key)
    for value in found:
        if not isinstance(value, _List):
            raise GraphFileError(path, f"{key} {value!r}; expected {key} [ ... ]", line=graph.line)
    return found


def _plain(path: Path, values: _List, key: str) -> Any:
    value = values.get(key)
    if value is None or isinstance(value, _List):
        raise GraphFileError(path, f"a list without {key}", line=values.line)
    return value


def _attributes(values: _List, without: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values:
        if key in without:
            continue
        if not isinstance(value, _List):
            found.setdefault(key, value)
        elif key == "graphics":
            places = {axis: value.get(axis) for axis in "xyz"}
            if all(isinstance(places[axis], int | float) for axis in "xy"):
                found |= {axis: place for axis, place in places.items() if place is not None}
    return found


def _parse(path: Path, text: str) -> _List:
    """The (key, value) pairs of a text; a value is a number, a text or a list of such pairs."""
    whole = _List()
    stack, key, line, at = [whole], None, 1, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise GraphFileError(path, f"cannot tokenize {text[at : at + 20]!r}", line=line)
        kind, word = token.lastgroup, token[0]
        at = token.end()
        if kind == "key" and key is None:
            key = word
        elif kind == "close" and key is None and len(stack) > 1:
            stack.pop()
        elif kind in ("number", "text", "open") and key is not None:
            value: Any = _List() if kind == "open" else _value(path, kind, word, line)
            stack[-1].append((key, value))
            key = None
            if kind == "open":
                value.line = line
                stack.append(value)
                if len(stack) > MOST_DEPTH:
                    raise GraphFileError(path, "lists nested too deep", line=line)
        elif kind == "key" and key is not None and word.lower() in ("true", "false"):
            stack[-1].append((key, word.lower() == "true"))
            key = None
        elif kind != "skip":
            wanted = f"a value for {key!r}" if key is not None else "a key"
            raise GraphFileError(path, f"{word[:20]!r}; expected {wanted}", line=line)
        line += word.count("\n")
    if len(stack) > 1 or key is not None:
        wanted = f"a value for {key!r}" if key is not None else "']'"
        line -= text[len(text.rstrip()) :].count("\n")
        raise GraphFileError(path, f"the file ends; expected {wanted}", line=line)
    return whole


def _value(path: Path, kind: str | None, word: str, line: int) -> int | float | str:
    if kind == "text":
        return html.unescape(word[1:-1])
    if re.fullmatch(r"[+-]?\d+", word):
        if len(word) > 400:
            raise GraphFileError(path, f"a number of {len(word)} digits", line=line)
        return int(word)
    return float(word)
