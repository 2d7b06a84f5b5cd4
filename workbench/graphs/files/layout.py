"""How a text of rows and columns is laid out: the one place that guesses, and says what."""

import csv
import io
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NoReturn

from workbench.graphs.files.disk import GraphFileError

#: Rows that a guess looks at.
SAMPLE = 200

#: First line of the edge lists that ``write_graph`` makes, and the lines after it that name nodes.
HEAD = re.compile(r"# graph-workbench: (directed|undirected), (\d+) nodes")
NODE = "# node: "

# ends of edges as headers name them, without case, spaces, "_" and "-"
_ENDS = {
    "source": "target",
    "from": "to",
    "src": "dst",
    "sourceid": "targetid",
    "fromnode": "tonode",
    "fromnodeid": "tonodeid",
    "srcid": "dstid",
    "start": "end",
    "origin": "destination",
    "head": "tail",
    "bodyidpre": "bodyidpost",
    "var1": "var2",
    "parent": "child",
    "citing": "cited",
}
_SHORT_ENDS = {"u": "v", "i": "j", "v1": "v2", "n1": "n2", "a": "b"}
_INDEX = {"", "unnamed:0", "index", "rownames", "row", "...1", "x"}
_INTEGER = re.compile(r"[+-]?[0-9]+")


@dataclass
class Table:
    """Rows of a text and what was made of them.

    Attributes:
        path: the file.
        text: the rows, without what stands above them; ``skipped`` lines do.
        delimiter: what stands between columns, a regular expression for spaces.
        quoted: whether double quotes hold fields together.
        decimal: the decimal point of its numbers.
        names: the columns; ``source``, ``target`` are places in it.
        header: whether a first line of names was taken off, None if it never was a question.
        knows_ends: whether the header calls the columns of the ends by names that are known.
        index: the columns that only number the rows.
        width: the fields of a row.
        dicts: whether the rows end in a dict of attributes, as networkx writes them.
        directed: what the head of the file says, None if it says nothing.
        head: the words of the head that say it.
        nodes, node_names: the nodes that a head of our own declares.
        bipartite: whether sources and targets are numbered apart.
        notes: what was guessed.
    """

    path: Path
    text: str
    skipped: int = 0
    delimiter: str = ","
    quoted: bool = False
    decimal: str = "."
    names: list[str] = field(default_factory=list)
    source: int = 0
    target: int = 1
    header: bool | None = None
    knows_ends: bool = False
    index: list[int] = field(default_factory=list)
    width: int = 2
    dicts: bool = False
    directed: bool | None = None
    head: str = ""
    nodes: int | None = None
    node_names: list[str] = field(default_factory=list)
    bipartite: bool = False
    notes: list[str] = field(default_factory=list)

    def split(self, line: str) -> list[str]:
        """Fields of one line."""
        if self.quoted:
            spaces = self.delimiter == r"\s+"
            delimiter = " " if spaces else self.delimiter
            row = next(csv.reader([line.strip()], delimiter=delimiter, skipinitialspace=True), [])
        else:
            row = line.split(None if self.delimiter == r"\s+" else self.delimiter)
        return [part.strip() for part in row]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of each row that is not blank."""
        if self.quoted and self.delimiter != r"\s+":
            reader = csv.reader(io.StringIO(self.text), delimiter=self.delimiter)
            try:
                for row in reader:
                    if any(part.strip() for part in row):
                        yield self.skipped + reader.line_num, [part.strip() for part in row]
            except csv.Error as error:
                self.fail(str(error), self.skipped + reader.line_num)
            return
        for number, line in enumerate(self.text.split("\n"), self.skipped + 1):
            if line.strip():
                yield number, self.split(line)

    def fail(self, problem: str, line: int | None = None) -> NoReturn:
        """Raise the error of a line."""
        raise GraphFileError(self.path, problem, line=line)

    def first_line(self) -> int:
        """The number of the first row's line."""
        return next((number for number, _ in self.rows()), self.skipped + 1)

    def line_of(self, row: int) -> int:
        """The line of a row, sought from the first on."""
        return next(islice(self.rows(), row, None))[0]


def read_layout(
    path: Path,
    text: str,
    *,
    comma: bool,
    source: str | None = None,
    target: str | None = None,
    header: bool | None = None,
) -> Table:
    """The table in a text: what stands above it, delimiter, header, and the columns of the edges.

    Args:
        path: the file, for messages.
        text: its content.
        comma: whether the name says csv.
        source, target: names of the columns of the ends, or their numbers from 1.
        header: whether the first line names the columns; None to see.

    Raises:
        GraphFileError: there is no row, or the columns that were asked for are not there.
    """
    table = Table(path, text)
    _read_head(table)
    if table.nodes is not None:
        row = next((line for line in table.text.split("\n") if line.strip()), "\t")
        table.delimiter = "\t" if "\t" in row else r"\s+"
        sample = list(islice(table.rows(), 1))
        table.width = len(sample[0][1]) if sample else 2
        if table.width not in (2, 3):
            wrong_width(table, sample[0][1], sample[0][0], "2 or 3")
        table.names = ["source", "target", "weight"][: table.width]
        return table
    lines = list(islice((li for li in table.text.split("\n") if li.strip()), 30))
    if not lines:
        raise GraphFileError(path, "no edge in the file; expected one edge a line")
    if not comma and "#" in table.text:
        table.text = re.sub(r"(?m)(?:^|[ \t]+)#.*", "", table.text)
        lines = list(islice((li for li in table.text.split("\n") if li.strip()), 30))
    table.dicts = re.search(r"\s\{.*\}\s*$", lines[0]) is not None and not comma
    table.delimiter = _delimiter(lines, comma)
    spaces = table.delimiter == r"\s+"
    table.quoted = (comma and not spaces) or lines[0].lstrip().startswith('"')
    if table.dicts:
        table.names = ["source", "target"]
        return table
    sample = [row for _, row in islice(table.rows(), SAMPLE)]
    if not sample:
        raise GraphFileError(path, "no edge in the file; expected one edge a line")
    _drop_empty_column(table, sample)
    _see_header(table, sample, header)
    _name_columns(table, sample, source, target)
    return table


def wrong_width(table: Table, row: list[str], line: int, expected: str) -> NoReturn:
    """Raise the error of a line with too few or too many columns."""
    shown = ", ".join(map(repr, row[:4])) + (", ..." if len(row) > 4 else "")
    count = f"{len(row)} column{'s' * (len(row) != 1)} ({shown})"
    table.fail(f"{count}; expected {expected}: source, target[, weight]", line)


def is_integer(text: object) -> bool:
    """Whether a name is an integer in digits."""
    return _INTEGER.fullmatch(str(text)) is not None


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a field is a number."""
    try:
        float(text.replace(decimal, "."))
    except ValueError:
        return False
    return True


def plain(name: str) -> str:
    """A column's name without case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]+", "", name).lower()


# ---- above the rows -------------------------------------------------------------------------


def _read_head(table: Table) -> None:
    """Take the comments above the rows off, and what they say of the graph."""
    text, start = table.text, 0
    while start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if line.strip() and not line.lstrip().startswith(("#", "%", "//")):
            break
        _declaration(table, line)
        table.skipped += 1
        start = end + 1 if end >= 0 else len(text)
    table.text = text[start:]


def _declaration(table: Table, line: str) -> None:
    if (said := HEAD.match(line)) is not None and table.skipped == 0:
        table.directed, table.nodes = said[1] == "directed", int(said[2])
        return
    if table.nodes is not None:
        if line.startswith(NODE):
            table.node_names.append(line[len(NODE) :])
        return
    said = re.match(r"\s*%\s*(sym|asym|bip)\b", line) or re.match(
        r"\s*[#%]+\s*((?:un)?directed)\b(?:\s+graph)?", line, re.IGNORECASE
    )
    if said is None or table.directed is not None:
        return
    word = said[1].lower()
    table.directed = word in ("asym", "directed")
    if word == "bip":
        table.bipartite = True
        table.notes.append("the head says two kinds of nodes: left:1, ... and right:1, ...")
    table.head = textwrap.shorten(line.strip(" #%"), 50, placeholder=" ...")


# ---- between columns ------------------------------------------------------------------------


def _delimiter(lines: list[str], comma: bool) -> str:
    def everywhere(mark: str) -> bool:
        return all(mark in line.strip() for line in lines)

    if everywhere("\t"):
        return "\t"
    if everywhere(";"):
        parts = [part.strip() for line in lines for part in line.split(";") if "," in part]
        decimal = all(re.fullmatch(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", part) for part in parts)
        if not everywhere(",") or decimal:
            return ";"
    if comma:
        spaced = r"\s*[^\s,]+\s+[^\s,]+\s+[+-]?\d+,\d+\s*"
        if everywhere(",") and not all(re.fullmatch(spaced, line) for line in lines):
            return ","
        if everywhere("|"):
            return "|"
        return "," if any("," in line for line in lines[:1]) else r"\s+"
    if re.match(r"""(?:"[^"]*"|[^\s,]+)\s*,""", lines[0]):
        return ","
    return "|" if everywhere("|") and not re.match(r"\S+\s+[^\s|]", lines[0]) else r"\s+"


def _drop_empty_column(table: Table, sample: list[list[str]]) -> None:
    """Rows that end in a delimiter have a last column of nothing."""
    if len(sample[0]) > 2 and all(len(row) == len(sample[0]) and not row[-1] for row in sample):
        mark = re.escape(table.delimiter) if table.delimiter != r"\s+" else r"\s"
        table.text = re.sub(rf"(?m){mark}[ \t]*$", "", table.text)
        for row in sample:
            row.pop()


# ---- the first line -------------------------------------------------------------------------


def _see_header(table: Table, sample: list[list[str]], header: bool | None) -> None:
    """Decide whether the first line names the columns, and take it off if it does."""
    first, rest = sample[0], sample[1:]
    guessed = ""
    if header is None:
        header, guessed = _is_header(table, first, rest)
        table.header = header if header or guessed else None
    else:
        table.header = header
    if guessed:
        other = not header
        shown = ",".join(first)[:40]
        was = "the names of the columns" if header else "an edge"
        table.notes.append(f"the first line ({shown}) was taken for {was} (header={other} "
                           f"takes it for {'an edge' if header else 'names'})")  # fmt: skip
    if header:
        line = table.first_line()
        below = table.text.split("\n", line - table.skipped)[-1:]
        table.text = below[0] if line - table.skipped <= table.text.count("\n") else ""
        table.skipped = line
        table.names = sample.pop(0)
        if sample and len(sample[0]) == len(table.names) + 1:
            table.names.insert(0, "")  # R leaves out the name of its row names


def _is_header(table: Table, first: list[str], rest: list[list[str]]) -> tuple[bool, str]:
    """Whether the first line names the columns, and a word where it might be otherwise."""
    names = [plain(name) for name in first]
    if _ends(names, _ENDS) is not None or _numbered_ends(names) is not None:
        return True, ""
    if not rest or len(first) < 2:
        return False, ""
    if first[0] == "" and all(is_integer(row[0]) for row in rest):
        return True, ""
    if any(is_number(name, table.decimal) for name in first):
        return False, ""
    if any(_recurs(table, name) for name in first[:2]):
        return False, ""
    if _ends(names, _SHORT_ENDS) is not None:
        return True, ""
    if len(rest[0]) == len(first) + 1:
        return True, ""
    same = [row for row in rest if len(row) == len(first)]
    for at in range(len(first)):
        if same and first[at] and all(is_number(row[at].replace(",", ".")) for row in same):
            return True, ""
    below = [name for row in rest for name in row[:2]]
    if len(set(below)) == len(below) or len(set(first[:2])) < 2:
        return False, ""
    return table.delimiter != r"\s+", "guessed"


def _recurs(table: Table, name: str) -> bool:
    """Whether a field of the first line stands in a row below it."""
    if not name:
        return False
    gap = r"[ \t]" if table.delimiter == r"\s+" else re.escape(table.delimiter)
    field_ = rf'(?:^|{gap})[ \t]*"?{re.escape(name)}"?[ \t]*(?:$|{gap})'
    below = table.text.split("\n", 1)[1:]
    return bool(below) and re.search(field_, below[0], re.MULTILINE) is not None


def _ends(names: list[str], pairs: dict[str, str]) -> tuple[int, int] | None:
    """Where a known pair of names stands."""
    for source, target in pairs.items():
        if source in names and target in names:
            return names.index(source), names.index(target)
    return None


def _numbered_ends(names: list[str]) -> tuple[int, int] | None:
    """Where two names stand that differ in a last 1 and 2, or a and b: ``protein1,protein2``."""
    for at, name in enumerate(names):
        if len(name) > 2 and name[-1] in "1a":
            other = name[:-1] + {"1": "2", "a": "b"}[name[-1]]
            if other in names and (name[-1] == "1" or name[:-1] in ("node", "interactor", "id")):
                return at, names.index(other)
    return None


# ---- columns --------------------------------------------------------------------------------


def _name_columns(
    table: Table, sample: list[list[str]], source: str | None, target: str | None
) -> None:
    line = table.skipped + 1
    if not table.names:
        table.width = len(sample[0]) if sample else 2
        table.names = [f"column {at + 1}" for at in range(table.width)]
        known = None
    else:
        table.width = len(table.names)
        names = [plain(name) for name in table.names]
        known = _ends(names, _ENDS) or _numbered_ends(names) or _ends(names, _SHORT_ENDS)
        table.knows_ends = known is not None
        if table.width < 2:
            wrong_width(table, table.names, line - 1, "2 or 3")
        if known is not None and any(names.count(names[at]) > 1 for at in known):
            shown = ", ".join(map(repr, table.names))
            table.fail(f"columns {shown}; expected source and target, once each", line - 1)
    if table.width > 2 or known is None:
        _see_decimal(table, sample)
    table.index = [at for at in range(table.width) if _is_index(table, sample, at)]
    free = [at for at in range(table.width) if at not in table.index]
    if len(free) < 2:
        return
    table.source, table.target = known or (free[0], free[1])
    if source is not None:
        table.source = _column_of(table, source)
    if target is not None:
        table.target = _column_of(table, target)
    if source is None and target is not None and table.source == table.target:
        table.source = next(at for at in free if at != table.target)
    if target is None and table.target == table.source:
        table.target = next(at for at in free if at != table.source)
    if known is None and table.header and source is None and target is None:
        ends = table.names[table.source], table.names[table.target]
        table.notes.append(
            f"edges from the columns {ends[0]} and {ends[1]} (source=..., target=... choose others)"
        )


def _column_of(table: Table, name: str) -> int:
    """The place of a column by its name, or by its number from 1."""
    if name in table.names:
        return table.names.index(name)
    near = [at for at, known in enumerate(table.names) if plain(known) == plain(name)]
    if near:
        return near[0]
    if name.isdecimal() and 1 <= int(name) <= len(table.names):
        return int(name) - 1
    table.fail(f"no column {name!r}; the columns are {', '.join(table.names)}")


def _is_index(table: Table, sample: list[list[str]], at: int) -> bool:
    """Whether a column numbers the rows, as pandas and R put before them."""
    if not table.header or at > 0 or plain(table.names[at]) not in _INDEX or len(table.names) < 3:
        return False
    values = [row[at] for row in sample if len(row) > at]
    counted = [[str(i + base) for i in range(len(values))] for base in (0, 1)]
    return table.names[at] == "" or values in counted


def _see_decimal(table: Table, sample: list[list[str]]) -> None:
    """A comma as the decimal point, where it is not what stands between columns."""
    if table.delimiter == ",":
        return
    fields = [part for row in sample for part in row[2:] if part]
    commas = [part for part in fields if re.fullmatch(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", part)]
    if commas and not any("." in part and is_number(part) for part in fields):
        table.decimal = ","
        table.notes.append(f"read with a decimal comma ({commas[0]})")
