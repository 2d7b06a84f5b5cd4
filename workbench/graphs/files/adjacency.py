"""Adjacency matrices and adjacency lists: tables that list a node's neighbors, not edges."""

import numpy as np

from workbench.graphs.files.layout import Table, is_number
from workbench.graphs.files.parts import GraphParts

#: A matrix of more nodes than this is not sought in a text; it would have 10^8 fields.
MOST_ROWS = 10_000


def read_adjacency_matrix(table: Table) -> GraphParts | None:
    """The graph of an adjacency matrix, with the nodes' names in its first row and column or not.

    A square of numbers is taken for a matrix where it is symmetric, has a diagonal of zeros or
    holds zeros and ones alone; three rows of three fields, which may be weighted edges too, only
    with a diagonal of zeros. None if the table is no matrix.
    """
    if table.width < 3 or table.knows_ends:
        return None
    named, rows = _square(table)
    if rows is None:
        return None
    count = len(rows)
    try:
        matrix = np.array([[float(v.replace(table.decimal, ".")) for v in row] for row in rows])
    except ValueError:
        return None
    binary = bool(np.isin(matrix, (0, 1)).all())
    symmetric = np.array_equal(matrix, matrix.T)
    hollow = not matrix.diagonal().any()
    if not (symmetric or hollow or binary):
        return None
    if named is None and count == 3 and not (hollow and (symmetric or binary)):
        return None
    source, target = np.nonzero(matrix if not symmetric else np.triu(matrix))
    names = named or [str(i) for i in range(count)]
    edges = {} if binary else {"weight": matrix[source, target]}
    return GraphParts(
        source,
        target,
        count,
        ids=names,
        directed=not symmetric,
        edges=edges,
        arcs_because=None if symmetric else "it is not symmetric",
        notes=["read as an adjacency matrix"],
    )


def _square(table: Table) -> tuple[list[str] | None, list[list[str]] | None]:
    """The names of a square table's nodes, None for none, and its rows; None for other tables."""
    rows: list[list[str]] = []
    for _, row in table.rows():
        rows.append(row)
        if len(rows) > min(len(rows[0]) + 1, MOST_ROWS):
            return None, None
    if not rows:
        return None, None
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        return None, None
    first = table.names if table.header else None
    if first is None and len(rows) == width and not is_number(rows[0][0] or "x"):
        first, rows = rows[0], rows[1:]
    if first is not None and len(rows) == width - 1:
        names = [row[0] for row in rows]
        if first[-len(rows) :] == names:
            return names, [row[1:] for row in rows]
    if first is not None and len(rows) == width and len(set(first)) == width:
        numbers = all(is_number(v or "x", table.decimal) for row in rows for v in row)
        return (first, rows) if numbers and width > 3 else (None, None)
    if first is None and len(rows) == width:
        return None, rows
    return None, None


def read_adjacency_list(table: Table, *, declared: bool = False) -> GraphParts | None:
    """The graph of lines that each hold a node and its neighbors.

    Rows of different lengths are taken for one where every name that is there starts exactly one
    line and no neighbor twice; rows of one length, which may be edges with further columns too,
    only where each of two neighbors lists the other. None if the table is no such list.
    ``declared`` says that it is one.
    """
    if table.header:
        return None
    number: dict[str, int] = {}
    lists: list[list[str]] = []
    for line, row in table.rows():
        row = [name.rstrip(":") if at == 0 else name for at, name in enumerate(row)]
        row = [name for at, name in enumerate(row) if name or at == 0]
        if row[0] in number or not row[0]:
            if declared:
                table.fail(f"a second line for the node {row[0]!r}", line)
            return None
        broken = "." in row[-1] and is_number(row[-1])
        if not declared and (broken or len(set(row)) < len(row)):
            return None
        number[row[0]] = len(number)
        lists.append(row)
    widths = set(map(len, lists))
    if not declared and max(widths, default=0) < 3:
        return None
    if not declared and not all(name in number for row in lists for name in row):
        return None
    for row in lists:
        for name in row[1:]:
            number.setdefault(name, len(number))
    pairs = {(number[row[0]], number[name]) for row in lists for name in row[1:]}
    mutual = all((v, u) in pairs for u, v in pairs)
    if not declared and not mutual and len(widths) == 1:
        return None
    ends = [(number[row[0]], number[name]) for row in lists for name in row[1:]]
    source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    notes = [] if declared else ["read as an adjacency list: a node and its neighbors on each line"]
    return GraphParts(source, target, len(number), ids=list(number), notes=notes)
