"""Edge lists and csv files: one edge a row, read by pandas; the line at fault is sought after."""

import ast
import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.graphs.files.adjacency import read_adjacency_list, read_adjacency_matrix
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.layout import (
    Table,
    is_integer,
    is_number,
    plain,
    read_layout,
    wrong_width,
)
from workbench.graphs.files.parts import GraphParts, Guess, gather_attributes

# whole numbers of this size in a third column are seconds or milliseconds since 1970, not weights
_TIMES = ((100_000_000, 5_000_000_000), (100_000_000_000, 5_000_000_000_000))


class _NoTable(ValueError):
    """The rows are not what the layout says; which one is sought line by line."""


def read_table(
    path: Path,
    text: str,
    kind: str,
    *,
    source: str | None = None,
    target: str | None = None,
    header: bool | None = None,
) -> GraphParts:
    """Edges of a csv file, an edge list, an adjacency matrix or an adjacency list.

    Args:
        path: the file, for messages.
        text: its content.
        kind: what the file's name says: ``"csv"``, ``"edge list"`` or ``"adjacency list"``.
        source, target: the columns of the ends, by name or number from 1.
        header: whether the first line names the columns; None to see.

    Raises:
        GraphFileError: with the line at fault.
    """
    if kind == "adjacency list":
        if header:
            problem = "an adjacency list has no line of column names; leave header=True out"
            raise GraphFileError(path, problem)
        header = False
    table = read_layout(
        path, text, comma=kind == "csv", source=source, target=target, header=header
    )
    parts = _parts(table, kind, chosen=source is not None or target is not None)
    parts.notes[:0] = table.notes
    if parts.directed is None:
        parts.directed = table.directed
        parts.arcs_because = f"the head says {table.head!r}" if table.head else None
    if table.names and table.source < len(table.names) > table.target:
        ends = table.names[table.source], table.names[table.target]
        parts.guess = Guess(list(table.names), *ends, header=table.header)
    return parts


def _parts(table: Table, kind: str, *, chosen: bool) -> GraphParts:
    if table.nodes is not None:
        return _edges(table)
    if table.dicts:
        return _edges_with_dicts(table)
    if kind == "adjacency list":
        return read_adjacency_list(table, declared=True)
    if not chosen:
        matrix = read_adjacency_matrix(table)
        if matrix is not None:
            table.notes.clear()
            return matrix
        if table.width > 2 and (lists := read_adjacency_list(table)) is not None:
            return lists
    try:
        if table.width < 2:
            raise _NoTable
        return _edges(table)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        if isinstance(error, GraphFileError):
            raise
        if not chosen and (lists := read_adjacency_list(table)) is not None:
            return lists
        _raise_at_fault(table)
        raise GraphFileError(table.path, str(error)) from error


# ---- one edge a row -------------------------------------------------------------------------


def _edges(table: Table) -> GraphParts:
    try:
        return _edges_of(table, _frame(table))
    except (ValueError, OverflowError, pd.errors.ParserError):
        if table.nodes is not None:
            _raise_at_fault(table)
        raise


def _edges_of(table: Table, frame: pd.DataFrame) -> GraphParts:
    ends, ids, count = _number(table, frame[[table.source, table.target]])
    parts = GraphParts(ends[:, 0], ends[:, 1], count, ids=ids, line_of=table.line_of)
    third = table.header is None or not table.header
    for at in range(table.width):
        if at in (table.source, table.target):
            continue
        name, values = table.names[at], frame[at].to_numpy()
        if third:
            name = _role(table, at, values)
        elif at in table.index or (plain(name) == "type" and _directions(parts, frame[at])):
            continue
        parts.edges[name] = values
    further = [name for name in parts.edges if plain(name) not in _EXPECTED]
    if further and not third:
        parts.notes.append(f"further columns: {', '.join(map(repr, further))}")
    return parts


_EXPECTED = {"weight", "edgeweight", "conductance", "weights", "value", "w"}


def _role(table: Table, at: int, values: np.ndarray) -> str:
    """What a column without a name holds: the third is the weight, unless it looks otherwise."""
    name = table.names[at]
    others = [i for i in range(table.width) if i not in (table.source, table.target)]
    if name == "weight":
        return name
    times = values.dtype.kind in "iu" and any(
        low <= values.min() and values.max() <= high for low, high in _TIMES
    )
    if at != others[0]:
        return "time" if times else name
    words = (
        values.dtype.kind not in "fiu"
        and sum(is_number(str(v or ""), table.decimal) for v in values[:200])
        < min(len(values), 200) / 2
    )
    if words:
        return name
    if times:
        table.notes.append(
            f"{name} looks like Unix times and is no weight (weight='time' takes it for one)"
        )
        return "time"
    table.names[at] = "weight"
    return "weight"


def _directions(parts: GraphParts, kinds: pd.Series) -> bool:
    """Take the direction of each edge from Gephi's column ``Type``; False where it is another."""
    words = kinds.astype(str).str.strip().str.lower()
    if not words.isin(["directed", "undirected"]).all() or words.empty:
        return words.empty
    one_way = (words == "directed").to_numpy()
    parts.directed = bool(one_way.any())
    if parts.directed and not one_way.all():
        parts.one_way = one_way
    return True


def _frame(table: Table) -> pd.DataFrame:
    """The columns: ids as int64 where all of them are integers, else as text."""
    ends = [table.source, table.target]
    if not table.text.strip():
        return pd.DataFrame({at: [] for at in range(table.width)}).astype(
            {at: np.int64 for at in ends}
        )
    options = {
        "sep": table.delimiter,
        "header": None,
        "names": list(range(table.width)),
        "index_col": False,
        "skipinitialspace": True,
        "quoting": csv.QUOTE_MINIMAL if table.quoted else csv.QUOTE_NONE,
        "keep_default_na": False,
        "na_values": [""],
        "decimal": table.decimal,
        "low_memory": False,
    }
    _check_width(table)
    if int(pd.__version__.split(".")[0]) < 3:  # exact by default since then
        options["float_precision"] = "round_trip"
    try:
        _only_digits(table)
        frame = pd.read_csv(io.StringIO(table.text), dtype={at: np.int64 for at in ends}, **options)
    except (ValueError, OverflowError):
        frame = pd.read_csv(io.StringIO(table.text), dtype={at: str for at in ends}, **options)
    strange = [at for at in frame if at not in ends and _is_strange(frame[at])]
    if strange:
        words = pd.read_csv(io.StringIO(table.text), dtype=str, **options)
        for at in strange:
            frame[at] = words[at]
    for at in frame.columns:
        if at not in ends and frame[at].dtype.kind not in "fiub":
            frame[at] = frame[at].astype(object).where(frame[at].notna(), None)
    if frame[table.width - 1].isna().any():
        for line, row in table.rows():
            if len(row) != table.width:
                wrong_width(table, row, line, str(table.width))
    return frame


def _check_width(table: Table) -> None:
    """Raise where the rows have more columns than were seen; pandas would drop them."""
    if table.quoted and '"' in table.text:
        if any(len(row) > table.width for _, row in table.rows()):
            raise _NoTable("the rows have other columns than the first one")
        return
    if table.delimiter == r"\s+":
        more = rf"(?m)^[ \t]*(?:[^\s]+[ \t]+){{{table.width}}}[^\s]"
    else:
        mark = re.escape(table.delimiter)
        more = rf"(?m)^(?:[^\n{mark}]*{mark}){{{table.width}}}"
    if re.search(more, table.text):
        raise _NoTable("the rows have other columns than the first one")


def _is_strange(column: pd.Series) -> bool:
    """Whether pandas made infinities of a column, or nan of words."""
    if column.dtype.kind != "f":
        return False
    return bool(np.isinf(column).any() or column.isna().any())


def _only_digits(table: Table) -> None:
    """Raise unless all ids are plain integers; pandas would take True, 1e5 and 007 as well."""
    if table.node_names or table.bipartite:
        raise _NoTable("the names are texts")
    if re.search(r"[A-Za-z.+\"]|(?<![0-9])-?0[0-9]|-0", table.text) is None:
        return
    number = '"?(?:0|-?[1-9][0-9]*)"?'
    spaces = table.delimiter == r"\s+"
    gap = r"[ \t]+" if spaces else rf"[ \t]*{re.escape(table.delimiter)}[ \t]*"
    other = r"[^\s]+" if spaces else rf"[^\n{re.escape(table.delimiter)}]*"
    last = max(table.source, table.target)
    ends = (table.source, table.target)
    fields = [number if at in ends else other for at in range(last + 1)]
    row = rf"[ \t]*{gap.join(fields)}[ \t]*(?:{gap}|$)"
    if re.search(rf"^(?!{row}|[ \t]*$)", table.text, re.MULTILINE):
        raise _NoTable("a name is no integer")


def _number(table: Table, ends: pd.DataFrame) -> tuple[np.ndarray, list[str] | None, int]:
    """Numbers of the ends ``[edges, 2]``, the names behind them or None, and their count.

    Integers keep their order, and their values where they are 0 .. n-1; other names are numbered
    as they come.
    """
    if all(kind == np.int64 for kind in ends.dtypes):
        values = ends.to_numpy()
        if table.nodes is not None and not table.node_names:
            if values.size and (values.min() < 0 or values.max() >= table.nodes):
                raise _NoTable("a node outside the declared ones")
            return values, None, table.nodes
        codes, unique = pd.factorize(values.ravel(), sort=True)
        names = unique.tolist()
    else:
        if ends.isna().to_numpy().any():
            raise _NoTable("an empty name")
        text = np.stack([ends[at].astype(str).str.strip() for at in ends], axis=1)
        if table.bipartite:
            text = text.astype(object)
            text[:, 0], text[:, 1] = "left:" + text[:, 0], "right:" + text[:, 1]
        if (text == "").any():
            raise _NoTable("an empty name")
        codes, unique = pd.factorize(text.ravel())
        names = unique.tolist()
    if table.node_names:
        return _declared_numbers(table, codes, [str(name) for name in names])
    if table.nodes is not None:
        raise _NoTable("a node outside the declared ones")
    own = all(name == i for i, name in enumerate(names))
    return codes.reshape(-1, 2), None if own else [str(n) for n in names], len(names)


def _declared_numbers(table: Table, codes: np.ndarray, names: list[str]):
    """Numbers by the order of the names that the file's head lists."""
    number = {name: i for i, name in enumerate(table.node_names)}
    if len(number) != table.nodes:
        table.fail(f"it says {table.nodes} nodes; {len(number)} different names follow", 1)
    if any(name not in number for name in names):
        raise _NoTable("a node outside the declared ones")
    at = np.array([number[name] for name in names], dtype=np.int64)
    return at[codes].reshape(-1, 2), table.node_names, len(table.node_names)


# ---- networkx's dicts -----------------------------------------------------------------------


def _edges_with_dicts(table: Table) -> GraphParts:
    """Rows as networkx writes them: ``0 1 {'weight': 3.0}``."""
    number: dict[str, int] = {}
    ends, rows, lines = [], [], []
    split = re.compile(r"\s*,\s*" if table.delimiter == "," else r"\s+")
    for line, text in enumerate(table.text.split("\n"), table.skipped + 1):
        if not text.strip():
            continue
        names, brace, attributes = text.strip().partition("{")
        pair = [name for name in split.split(names.strip()) if name]
        if len(pair) != 2:
            wrong_width(table, pair, line, "2 before the dict of attributes")
        try:
            found = ast.literal_eval(brace + attributes) if attributes.strip() != "}" else {}
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            table.fail("the attributes are no dict of plain values", line)
        if not isinstance(found, dict):
            table.fail("the attributes are no dict of plain values", line)
        ends.append([number.setdefault(name, len(number)) for name in pair])
        rows.append({str(key): value for key, value in found.items()})
        lines.append(line)
    names = list(number)
    place = np.arange(len(names))
    if all(is_integer(name) for name in names):
        order = sorted(range(len(names)), key=lambda i: int(names[i]))
        place[order] = np.arange(len(names))
        names = [names[i] for i in order]
    source, target = place[np.array(ends, dtype=np.int64).reshape(-1, 2)].T
    return GraphParts(
        source,
        target,
        len(names),
        ids=names,
        edges=gather_attributes(rows),
        line_of=lines.__getitem__,
    )


# ---- which line is at fault -----------------------------------------------------------------


def _raise_at_fault(table: Table) -> None:
    """Raise the error of the first row that is no edge, if there is one."""
    declared = set(table.node_names) or None
    for line, row in table.rows():
        if len(row) != table.width or len(row) < 2:
            wrong_width(table, row, line, str(table.width) if table.width > 1 else "2 or 3")
        pair = row[table.source], row[table.target]
        if not pair[0] or not pair[1]:
            table.fail(f"the {'target' if pair[0] else 'source'} is empty", line)
        if table.nodes is None:
            continue
        for name in pair:
            if declared is not None and name not in declared:
                count = f"the {table.nodes} declared ones"
                table.fail(f"node {name!r} is not among {count}", line)
            if declared is None and not (is_integer(name) and 0 <= int(name) < table.nodes):
                last = table.nodes - 1
                table.fail(f"node {name} is outside the declared nodes 0 to {last}", line)
