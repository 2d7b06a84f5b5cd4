"""Which line of an edge list or csv file is at fault: read once more, line by line."""

import csv
import io
import math
import re
from collections.abc import Iterator
from typing import NoReturn, Protocol, runtime_checkable

from workbench.graphs.files import GraphFileError


@runtime_checkable
class Lines(Protocol):
    """What is known of the file: its text below the head, and how its lines are split."""

    path: object
    text: str
    skipped: int
    comma: bool
    delimiter: str
    names: list[str]
    head_nodes: int | None
    head_names: list[str]

    def split(self, line: str) -> list[str]:
        """Fields of one line."""


def raise_at_fault(table: Lines, directed: bool) -> None:
    """Raise the error of the first line that is no edge, if there is one.

    Raises:
        GraphFileError: with the line.
    """
    kinds: set[str] = set()
    weights: dict[tuple[str, str], float] = {}
    for line, row in _rows(table):
        if len(row) != len(table.names):
            wrong_width(table, row, line, str(len(table.names)))
        edge = dict(zip(table.names, row, strict=True))
        _check_ends(table, edge, line)
        kinds.add(edge.get("type", "").lower())
        if len(kinds) > 1 or not kinds <= {"", "directed", "undirected"}:
            problem = f"type {edge['type']!r}; expected directed or undirected, alike on all lines"
            raise GraphFileError(table.path, problem, line=line)
        if "weight" in edge:
            pair = edge["source"], edge["target"]
            weights[pair] = weights.get(pair, 0.0) + _weight(table, edge["weight"], line)
    if directed:
        return
    for line, row in _rows(table):
        edge = dict(zip(table.names, row, strict=True))
        pair = edge["source"], edge["target"]
        one, other = weights.get(pair), weights.get(pair[::-1])
        if one is not None and other is not None and not math.isclose(one, other):
            raise GraphFileError(
                table.path,
                f"the edge {pair[0]} - {pair[1]} has weight {one:g} this way and {other:g} the "
                "other; mend it, or read the file with directed=True",
                line=line,
            )


def wrong_width(table: Lines, row: list[str], line: int, expected: str) -> NoReturn:
    """Raise the error of a line with too few or too many columns."""
    shown = ", ".join(map(repr, row[:4])) + (", ..." if len(row) > 4 else "")
    raise GraphFileError(
        table.path,
        f"{len(row)} column{'s' * (len(row) != 1)} ({shown}); expected {expected}: "
        "source, target[, weight]",
        line=line,
    )


def is_integer(text: object) -> bool:
    """Whether a name is an integer in digits."""
    return re.fullmatch(r"[+-]?[0-9]+", str(text)) is not None


def _check_ends(table: Lines, edge: dict[str, str], line: int) -> None:
    for end in ("source", "target"):
        name = edge[end]
        if not name:
            raise GraphFileError(table.path, f"the {end} is empty", line=line)
        if table.head_names:
            if name not in table.head_names:
                problem = f"node {name!r} is not among the {len(table.head_names)} declared ones"
                raise GraphFileError(table.path, problem, line=line)
        elif table.head_nodes is not None and not (
            is_integer(name) and 0 <= int(name) < table.head_nodes
        ):
            problem = f"node {name} is outside the declared nodes 0 to {table.head_nodes - 1}"
            raise GraphFileError(table.path, problem, line=line)


def _rows(table: Lines) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each line that is not blank or a comment."""
    if table.comma:
        reader = csv.reader(io.StringIO(table.text), delimiter=table.delimiter)
        for row in reader:
            if row:
                yield table.skipped + reader.line_num, [field.strip() for field in row]
        return
    for number, line in enumerate(table.text.split("\n"), table.skipped + 1):
        line = line.partition("#")[0]
        if line.strip():
            yield number, table.split(line)


def _weight(table: Lines, text: str, line: int) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight) or weight < 0:
        problem = f"weight {text!r}; expected a conductance, a finite number >= 0"
        raise GraphFileError(table.path, problem, line=line)
    return weight
