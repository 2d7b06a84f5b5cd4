"""The lines of an edge list or csv file: its head, its delimiter, its columns, its rows."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from workbench.graphs.files.disk import GraphFileError

# names in a header; single letters are left out, for they are often names of nodes
_HEADER = {
    "source": {"source", "from", "src", "node1", "from_node", "source_id"},
    "target": {"target", "to", "dst", "node2", "to_node", "target_id"},
    "weight": {"weight", "conductance", "edge_weight"},
    "type": {"type"},
}

#: First line of the edge lists that ``write_graph`` makes.
HEAD = re.compile(r"# graph-workbench: (directed|undirected), (\d+) nodes")
#: Lines after it that name the nodes in order.
NODE = "# node: "


class EdgeLines:
    """The text of one file and what its first lines say of it.

    Attributes:
        path: the file.
        comma: whether it is a csv file, not an edge list.
        text: the lines with edges, without comments; ``skipped`` lines stand above them.
        names: the columns, ``source``, ``target``, ``weight``, ``type``, in the file's order.
        delimiter: what stands between the columns, a regular expression for spaces.
        attributes: whether the lines end in a dict of attributes, as networkx writes them.
        head_directed: the direction that the head declares, or None.
        head_nodes: the number of nodes that the head declares, or None.
        head_names: the names of the nodes that the head declares.
    """

    def __init__(self, path: Path, text: str, comma: bool):
        self.path, self.comma = path, comma
        self.head_directed: bool | None = None
        self.head_nodes: int | None = None
        self.head_names: list[str] = []
        start = skipped = 0
        while start < len(text):
            end = text.find("\n", start)
            line = text[start : end if end >= 0 else len(text)]
            if line.strip() and not line.lstrip().startswith(("#", "%")):
                break
            self._declaration(line)
            skipped += 1
            start = end + 1 if end >= 0 else len(text)
        self.skipped, self.text = skipped, text[start:]
        if not comma and "#" in self.text:
            self.text = re.sub(r"[ \t]*#.*", "", self.text)
        self.first = self.text.split("\n", 1)[0]
        if not self.first and self.head_nodes is None:
            raise GraphFileError(path, "no edge in the file; expected one edge a line")
        self.delimiter = self._delimiter(self.first)
        ends_in_dict = re.search(r"\s\{.*\}\s*$", self.first) is not None
        self.attributes = ends_in_dict and not comma and self.head_nodes is None
        self.names = ["source", "target"] if self.attributes else self._names()

    def _declaration(self, line: str) -> None:
        if head := HEAD.fullmatch(line.strip()):
            self.head_directed, self.head_nodes = head[1] == "directed", int(head[2])
        elif line.startswith(NODE) and self.head_nodes is not None:
            self.head_names.append(line[len(NODE) :])

    def _delimiter(self, line: str) -> str:
        if "\t" in line.strip():
            return "\t"
        if self.comma:
            return ";" if ";" in line and "," not in line else ","
        return "," if re.match(r"[^\s,]+\s*,", line) else r"\s+"

    def _names(self) -> list[str]:
        """Columns by name; the header line, if there is one, is taken off the text."""
        row = self.split(self.first) if self.first else ["", ""]
        known = [
            next((name for name, all_ in _HEADER.items() if field.strip().lower() in all_), field)
            for field in row
        ]
        if "source" in known and "target" in known and self.head_nodes is None:
            unknown = [name for name in known if name not in _HEADER]
            if unknown or len(set(known)) < len(known):
                raise GraphFileError(
                    self.path,
                    f"columns {', '.join(map(repr, row))}; expected source, target and, if you "
                    "like, weight and type, once each",
                    line=self.skipped + 1,
                )
            self.text = self.text.partition("\n")[2]
            self.skipped += 1
            return known
        if len(row) not in (2, 3):
            self.wrong_width(row, self.skipped + 1, "2 or 3")
        return ["source", "target", "weight"][: len(row)]

    def split(self, line: str) -> list[str]:
        """Fields of one line."""
        if self.comma:
            row = next(csv.reader([line], delimiter=self.delimiter), [])
        else:
            row = line.split(None if self.delimiter == r"\s+" else self.delimiter)
        return [field.strip() for field in row]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of each line that is not blank."""
        if not self.comma:
            delimiter = None if self.delimiter == r"\s+" else self.delimiter
            for number, line in enumerate(self.text.split("\n"), self.skipped + 1):
                if line.strip():
                    yield number, [field.strip() for field in line.split(delimiter)]
            return
        reader = csv.reader(io.StringIO(self.text), delimiter=self.delimiter)
        for row in reader:
            if row:
                yield self.skipped + reader.line_num, [field.strip() for field in row]

    def fail(self, problem: str, line: int) -> NoReturn:
        """Raise the error of a line."""
        raise GraphFileError(self.path, problem, line=line)

    def wrong_width(self, row: list[str], line: int, expected: str) -> NoReturn:
        """Raise the error of a line with too few or too many columns."""
        shown = ", ".join(map(repr, row[:4])) + (", ..." if len(row) > 4 else "")
        count = f"{len(row)} column{'s' * (len(row) != 1)} ({shown})"
        self.fail(f"{count}; expected {expected}: source, target[, weight]", line)


def is_integer(text: object) -> bool:
    """Whether a name is an integer in digits."""
    return re.fullmatch(r"[+-]?[0-9]+", str(text)) is not None
