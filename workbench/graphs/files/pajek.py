"""Pajek: ``*Vertices``, then ``*Arcs``, ``*Edges``, their lists, or ``*Matrix``.

Read here rather than by networkx, which passes over ``*Arcslist`` and takes rows it does not know
for nothing.
"""

import csv
import re
from pathlib import Path

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.layout import is_number
from workbench.graphs.files.parts import GraphParts, gather_attributes

#: More nodes than this are not read from such a text.
MOST_NODES = 10_000_000

_SECTIONS = {"vertices", "arcs", "edges", "arcslist", "edgeslist", "matrix", "network"}


def read_pajek(path: Path, text: str) -> GraphParts:
    """Nodes with their places (y counts downwards), arcs and edges of a Pajek text.

    Raises:
        GraphFileError: with the line at fault.
    """
    return _Reader(path).read(text)


class _Reader:
    def __init__(self, path: Path):
        self.path = path
        self.count: int | None = None
        self.name: str | None = None
        self.nodes: dict[int, dict] = {}
        self.names: dict[int, str] = {}
        self.rows: list[tuple[int, int, float | None, bool, int]] = []
        self.matrix_row = 0
        self.notes: list[str] = []

    def fail(self, problem: str, line: int):
        raise GraphFileError(self.path, problem, line=line)

    def read(self, text: str) -> GraphParts:
        section = None
        for line, row in enumerate(text.split("\n"), 1):
            row = row.strip()
            if not row or row.startswith("%"):
                continue
            if row.startswith("*"):
                section = self._section(row, line)
            elif section is None:
                self.fail(f"{row[:40]!r} stands before *Vertices", line)
            else:
                getattr(self, f"_{section}")(row, line)
        if self.count is None:
            raise GraphFileError(self.path, "no *Vertices in the file")
        return self._parts()

    def _section(self, row: str, line: int) -> str | None:
        word, *rest = row[1:].split(None, 1)[:2] or [""]
        word = word.rstrip(":").lower()
        if word == "network":
            self.name = rest[0].strip() if rest else None
            return None
        if word not in _SECTIONS:
            self.fail(f"*{word[:20]}; expected one of *{', *'.join(sorted(_SECTIONS))}", line)
        if word == "vertices":
            numbers = rest[0].split() if rest else []
            if self.count is not None:
                self.fail("a second *Vertices; expected one network a file", line)
            if not numbers or not numbers[0].isdecimal() or len(numbers[0]) > 10:
                self.fail("*Vertices needs the number of nodes", line)
            self.count = int(numbers[0])
            if len(numbers) > 1:
                self.notes.append("a two-mode network: the kinds of its nodes are left out")
            if self.count > MOST_NODES:
                self.fail(f"{self.count} nodes; at most {MOST_NODES} are read", line)
        elif self.count is None:
            self.fail(f"*{word} stands before *Vertices", line)
        return word

    def _fields(self, row: str, line: int) -> list[str]:
        try:
            return next(csv.reader([re.sub(r"\s+", " ", row)], delimiter=" "))
        except (csv.Error, StopIteration):
            self.fail(f"{row[:40]!r} is no row", line)

    def _number(self, text: str, line: int) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= self.count:
            self.fail(f"node {text[:20]!r}; expected 1 to {self.count}", line)
        return int(text) - 1

    def _vertices(self, row: str, line: int) -> None:
        number, *rest = self._fields(row, line)
        node = self._number(number, line)
        if node in self.nodes:
            self.fail(f"node {number} is there twice", line)
        if rest:
            self.names[node] = rest[0]
        places = []
        for part in rest[1:4]:
            if not is_number(part):
                break
            places.append(float(part))
        self.nodes[node] = {"pos": places[:2]} if len(places) >= 2 else {}
        if len(places) == 3 and places[2] not in (0.0, 0.5):
            self.nodes[node]["pos"] = places

    def _link(self, row: str, line: int, arc: bool) -> None:
        parts = self._fields(row, line)
        if len(parts) < 2:
            self.fail(f"{len(parts)} column; expected two nodes and, if you like, a weight", line)
        weight = None
        if len(parts) > 2:
            if not is_number(parts[2]):
                self.fail(f"weight {parts[2][:20]!r}; expected a number", line)
            weight = float(parts[2])
        u, v = (self._number(part, line) for part in parts[:2])
        self.rows.append((u, v, weight, arc, line))

    def _arcs(self, row: str, line: int) -> None:
        self._link(row, line, True)

    def _edges(self, row: str, line: int) -> None:
        self._link(row, line, False)

    def _list(self, row: str, line: int, arc: bool) -> None:
        first, *others = (self._number(part, line) for part in row.split())
        self.rows += [(first, other, None, arc, line) for other in others]

    def _arcslist(self, row: str, line: int) -> None:
        self._list(row, line, True)

    def _edgeslist(self, row: str, line: int) -> None:
        self._list(row, line, False)

    def _matrix(self, row: str, line: int) -> None:
        fields = row.split()
        if len(fields) != self.count or self.matrix_row >= self.count:
            self.fail(f"expected {self.count} rows of {self.count} numbers", line)
        if not all(map(is_number, fields)):
            self.fail(f"{row[:40]!r} holds what is no number", line)
        for at, value in enumerate(map(float, fields)):
            if value:
                self.rows.append((self.matrix_row, at, value, True, line))
        self.matrix_row += 1

    def _parts(self) -> GraphParts:
        ends = np.array([row[:2] for row in self.rows], dtype=np.int64).reshape(-1, 2)
        arcs = np.array([row[3] for row in self.rows], dtype=bool)
        weights = [row[2] for row in self.rows]
        if set(weights) <= {None, 1.0}:
            weights = []
        if self.matrix_row:
            pairs = set(map(tuple, ends.tolist()))
            if all((v, u) in pairs for u, v in pairs):
                arcs[:] = False
        # nodes are named by what the file says of them, and where it says nothing by their numbers
        nodes, ids = {}, None
        if self.nodes:
            nodes = gather_attributes([self.nodes.get(i, {}) for i in range(self.count)])
            ids = [str(i + 1) for i in range(self.count)]
        if self.names:
            nodes["label"] = [self.names.get(i) for i in range(self.count)]
        return GraphParts(
            ends[:, 0],
            ends[:, 1],
            self.count,
            ids=ids,
            directed=bool(arcs.any()),
            one_way=arcs if arcs.any() and not arcs.all() else None,
            edges={"weight": weights} if weights else {},
            nodes=nodes,
            graph={"name": self.name},
            y_down=True,
            line_of=lambda at: self.rows[at][4],
            notes=self.notes,
        )
