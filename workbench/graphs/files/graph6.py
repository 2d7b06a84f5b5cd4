"""graph6, sparse6 and digraph6: one graph a line, as the collections of small graphs come."""

from pathlib import Path
from typing import NoReturn

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, Guess

#: More nodes than this are not read from one line.
MOST_NODES = 10_000_000

_HEADERS = (">>graph6<<", ">>sparse6<<", ">>digraph6<<")


def graph6_lines(path: Path, text: str) -> list[tuple[int, str]]:
    """(number of the line, code) of every graph of a file."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        for header in _HEADERS:
            line = line.removeprefix(header)
        if line:
            found.append((number, line))
    if not found:
        raise GraphFileError(path, "no graph in the file")
    return found


def read_graph6(path: Path, text: str, index: int | None) -> GraphParts:
    """The only graph of a file, or the one that ``index`` chooses.

    Raises:
        GraphFileError: the file holds several graphs and none is chosen, there is no such graph,
            or it is malformed.
    """
    lines = graph6_lines(path, text)
    if index is None and len(lines) != 1:
        raise GraphFileError(
            path,
            f"the file holds {len(lines)} graphs; choose one: read_graph(path, index=0), ..., "
            f"index={len(lines) - 1} (or {path.name}:0, ... by name), or take all: "
            "read_graphs(path)",
            graphs=len(lines),
        )
    if index is not None and not 0 <= index < len(lines):
        raise GraphFileError(path, f"no graph {index}; the file holds 0 to {len(lines) - 1}")
    parts = parse_graph6(path, *lines[index or 0])
    parts.guess = Guess(graphs=len(lines))
    return parts


def parse_graph6(path: Path, line: int, code: str) -> GraphParts:
    """One graph in any of the three codes: sparse6 begins with ``:``, digraph6 with ``&``.

    Raises:
        GraphFileError: names the line at fault.
    """
    kind = {":": "sparse6", "&": "digraph6"}.get(code[0], "graph6")

    def fail(problem: str) -> NoReturn:
        raise GraphFileError(path, problem, line=line)

    if code[0] == ";":
        fail("incremental sparse6; convert it with nauty's copyg -g")
    body = code if kind == "graph6" else code[1:]
    strange = [c for c in body if not 63 <= ord(c) <= 126]
    if strange:
        fail(f"character {strange[0]!r}; {kind} uses those from '?' to '~'")
    values = np.frombuffer(body.encode("ascii"), dtype=np.uint8) - 63
    count, start = _num_nodes(values)
    if count is None:
        fail(f"no {kind}: the line ends before its number of nodes is complete")
    if count > MOST_NODES:
        fail(f"{count} nodes; at most {MOST_NODES} are read")
    bits = np.unpackbits(values[start:, None] << 2, axis=1, count=6).ravel()
    if kind == "sparse6":
        return _sparse6(bits, count)
    wanted = count * (count - 1) // 2 if kind == "graph6" else count * count
    if not wanted <= len(bits) < wanted + 6:
        came = len(values) - start
        fail(f"no {kind}: {count} nodes need {-(-wanted // 6)} characters, got {came}")
    at = np.flatnonzero(bits[:wanted])
    if kind == "digraph6":
        source, target = np.divmod(at, max(count, 1))
        return GraphParts(source, target, count, directed=True)
    # column by column above the diagonal: bit j (j - 1) / 2 + i is the edge i - j
    high = np.floor((1 + np.sqrt(1 + 8 * at.astype(np.float64))) / 2).astype(np.int64)
    high -= high * (high - 1) // 2 > at
    high += (high + 1) * high // 2 <= at
    return GraphParts(at - high * (high - 1) // 2, high, count, directed=False)


def _num_nodes(values: np.ndarray) -> tuple[int | None, int]:
    """The number of nodes and where the edges begin."""
    for skip, length in ((0, 1), (1, 3), (2, 6)):
        if len(values) > skip and (values[: skip + 1][-1] != 63 or skip == 2):
            digits = values[skip : skip + length]
            if len(digits) < length:
                return None, 0
            return int(sum(int(d) << 6 * (length - 1 - i) for i, d in enumerate(digits))), (
                skip + length
            )
    return None, 0


def _sparse6(bits: np.ndarray, count: int) -> GraphParts:
    """Groups of one bit b and k bits x: b moves on to the next node, x names its neighbor."""
    width = max((count - 1).bit_length(), 1)
    groups = bits[: len(bits) // (width + 1) * (width + 1)].reshape(-1, width + 1)
    moves = groups[:, 0].tolist()
    names = (groups[:, 1:] @ (1 << np.arange(width - 1, -1, -1, dtype=np.int64))).tolist()
    node, ends = 0, []
    for move, name in zip(moves, names, strict=True):
        node += move
        if name >= count or node >= count:
            break  # the padding of the last character
        if name > node:
            node = name
        else:
            ends.append((name, node))
    source, target = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    return GraphParts(source, target, count, directed=False)


def graph6_code(num_nodes: int, source: np.ndarray, target: np.ndarray, kind: str) -> bytes:
    """The line of a graph in graph6 or digraph6; ends are those of simple edges or of arcs."""
    head = [num_nodes]
    if num_nodes > 62:
        length, mark = (3, [63]) if num_nodes < 2**18 else (6, [63, 63])
        head = mark + [num_nodes >> 6 * (length - 1 - i) & 63 for i in range(length)]
    if kind == "digraph6":
        bits = np.zeros(num_nodes * num_nodes, dtype=np.uint8)
        bits[source * num_nodes + target] = 1
    else:
        low, high = np.minimum(source, target), np.maximum(source, target)
        bits = np.zeros(num_nodes * (num_nodes - 1) // 2, dtype=np.uint8)
        bits[high * (high - 1) // 2 + low] = 1
    bits = np.append(bits, np.zeros(-len(bits) % 6, dtype=np.uint8)).reshape(-1, 6)
    body = bits @ np.array([32, 16, 8, 4, 2, 1], dtype=np.uint8)
    code = bytes(value + 63 for value in head) + (body.astype(np.uint8) + 63).tobytes()
    return (b"&" if kind == "digraph6" else b"") + code + b"\n"
