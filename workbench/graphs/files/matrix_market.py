"""Matrix Market, read by scipy; a banner that is missing or wrong is put right first."""

import io
import re
from pathlib import Path

import numpy as np

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.layout import is_integer
from workbench.graphs.files.parts import GraphParts

_BANNER = re.compile(
    r"%%MatrixMarket\s+matrix\s+(coordinate|array)\s+(real|integer|pattern|complex|double)\s+"
    r"(general|symmetric|skew-symmetric|hermitian)\s*",
    re.IGNORECASE,
)


def read_matrix_market(path: Path, text: str) -> GraphParts:
    """The graph whose adjacency matrix a Matrix Market text holds.

    A symmetric matrix is an undirected graph. A rectangular one joins its rows to its columns. A
    text without a banner, or with one that the entries do not fit, is read by its entries.

    Raises:
        GraphFileError: with the line at fault.
    """
    from scipy.io import mmread

    lines = text.split("\n")
    notes: list[str] = []
    first = next((at for at, li in enumerate(lines) if li.strip() and li.lstrip()[0] != "%"), None)
    if first is None:
        raise GraphFileError(path, "no line with the number of rows, columns and entries")
    head = _banner(path, lines, first, notes)
    sizes = lines[first].split()
    # blank lines and those after the last entry confuse scipy's count of lines
    entries = [line for line in lines[first + 1 :] if line.strip() and line.lstrip()[0] != "%"]
    _check_sizes(path, head[0], sizes, entries, first + 1)
    whole = "\n".join([f"%%MatrixMarket matrix {' '.join(head)}", " ".join(sizes), *entries, ""])
    try:
        matrix = mmread(io.BytesIO(whole.encode()), spmatrix=False)
    except (ValueError, OverflowError, TypeError, MemoryError) as error:
        line = re.match(r"Line (\d+): (.*)", str(error), re.DOTALL)
        at = min(int(line[1]) - 2 + first + 1, len(lines)) if line else None
        raise GraphFileError(path, line[2] if line else str(error), line=at) from None
    return _parts(path, matrix, head, notes)


def _banner(path: Path, lines: list[str], first: int, notes: list[str]) -> list[str]:
    """Layout, type and symmetry, as the banner says where the entries fit it."""
    said = _BANNER.fullmatch(lines[0].strip() + " ") if lines else None
    rows = [line.split() for line in lines[first + 1 : first + 100] if line.strip()]
    width = len(lines[first].split())
    layout = "array" if width == 2 and all(len(row) == 1 for row in rows) else "coordinate"
    pattern = all(len(row) == 2 for row in rows)
    if said is None:
        looks = "no" if not lines[0].lower().startswith("%%matrixmarket") else "no known"
        notes.append(f"{looks} Matrix Market banner: read as {layout} general")
        return [layout, "pattern" if pattern and layout == "coordinate" else "real", "general"]
    found = [part.lower() for part in said.groups()]
    fits = found[0] == layout and (layout == "array" or (found[1] == "pattern") == pattern)
    if not fits and found[1] != "complex":
        found[0] = layout
        found[1] = "pattern" if pattern and layout == "coordinate" else "real"
        notes.append(f"the banner does not fit the entries, which are {found[0]} {found[1]}")
    if found[1] == "complex":
        raise GraphFileError(path, "complex entries; expected real ones", line=1)
    if found[1] == "double":
        found[1] = "real"
    return found


def _check_sizes(path: Path, layout: str, sizes: list[str], entries: list[str], line: int) -> None:
    """Refuse sizes that the entries cannot fill, before anything of that size is made."""
    wanted = 2 if layout == "array" else 3
    if len(sizes) != wanted or not all(map(is_integer, sizes)):
        shown = " ".join(sizes)[:40]
        names = "rows and columns" if wanted == 2 else "rows, columns and entries"
        raise GraphFileError(path, f"{shown!r}; expected the numbers of {names}", line=line)
    numbers = list(map(int, sizes))
    if min(numbers) < 0 or max(numbers) > 2**31:
        raise GraphFileError(path, f"sizes {' '.join(sizes)[:60]}; expected 0 to 2^31", line=line)
    count = numbers[2] if wanted == 3 else None
    if count is not None and count != len(entries):
        problem = f"it says {count} entries; {len(entries)} follow"
        raise GraphFileError(path, problem, line=line)
    if count is None and numbers[0] * numbers[1] > 2 * len(entries) + 2 * max(numbers):
        problem = f"it says {numbers[0]} x {numbers[1]} entries; {len(entries)} follow"
        raise GraphFileError(path, problem, line=line)


def _parts(path: Path, matrix, head: list[str], notes: list[str]) -> GraphParts:
    rows, columns = matrix.shape
    if isinstance(matrix, np.ndarray):
        source, target = np.nonzero(matrix)
        values = matrix[source, target]
    else:
        source, target, values = *matrix.coords, matrix.data
    source, target = source.astype(np.int64), target.astype(np.int64)
    symmetric = head[2] in ("symmetric", "hermitian")
    count = rows
    if rows != columns:
        notes.append(f"a matrix of {rows} x {columns}: its columns are nodes {rows} and on")
        target, count, symmetric = target + rows, rows + columns, True
    if symmetric:
        up = source <= target
        source, target, values = source[up], target[up], values[up]
    edges = {} if head[1] == "pattern" else {"weight": values.astype(np.float64)}
    return GraphParts(source, target, count, directed=not symmetric, edges=edges, notes=notes)
