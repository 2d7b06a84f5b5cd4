"""Which line of an edge list or csv file is at fault: read once more, line by line."""

import math

from workbench.graphs.files.edge_lines import EdgeLines, is_integer


def raise_at_fault(table: EdgeLines, directed: bool) -> None:
    """Raise the error of the first line that is no edge, if there is one.

    Raises:
        GraphFileError: with the line.
    """
    width, kinds, weights = len(table.names), set(), {}
    source, target = table.names.index("source"), table.names.index("target")
    at = table.names.index("weight") if "weight" in table.names else None
    kind = table.names.index("type") if "type" in table.names else None
    declared = set(table.head_names) or None
    if table.head_nodes is not None and declared is None:
        declared = set(map(str, range(table.head_nodes)))
    for line, row in table.rows():
        if len(row) != width:
            table.wrong_width(row, line, str(width))
        pair = row[source], row[target]
        if not pair[0] or not pair[1]:
            table.fail(f"the {'target' if pair[0] else 'source'} is empty", line)
        if declared is not None and not declared.issuperset(pair):
            _undeclared(table, pair[pair[0] in declared], line)
        if kind is not None:
            kinds.add(row[kind].lower())
            if len(kinds) > 1 or not kinds <= {"directed", "undirected"}:
                problem = f"type {row[kind]!r}; expected directed or undirected, alike on all lines"
                table.fail(problem, line)
        if at is not None:
            try:
                weight = float(row[at])
            except ValueError:
                weight = math.nan
            if not 0 <= weight < math.inf:
                problem = f"weight {row[at]!r}; expected a conductance, a finite number >= 0"
                table.fail(problem, line)
            weights[pair] = weights.get(pair, 0.0) + weight
    if directed or at is None:
        return
    for line, row in table.rows():
        pair = row[source], row[target]
        one, other = weights[pair], weights.get(pair[::-1])
        if other is not None and not math.isclose(one, other):
            table.fail(
                f"the edge {pair[0]} - {pair[1]} has weight {one:g} this way and {other:g} the "
                "other; mend it, or read the file with directed=True",
                line,
            )


def _undeclared(table: EdgeLines, name: str, line: int) -> None:
    if table.head_names:
        table.fail(f"node {name!r} is not among the {table.head_nodes} declared ones", line)
    if not is_integer(name) or not 0 <= int(name) < table.head_nodes:
        last = table.head_nodes - 1
        table.fail(f"node {name} is outside the declared nodes 0 to {last}", line)
