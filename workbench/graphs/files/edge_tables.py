"""Edge lists and csv files: one edge a line, read by pandas; the line at fault is sought after."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
from torch_geometric.data import Data

from workbench.graphs.building import graph_from_edges
from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.edge_faults import raise_at_fault
from workbench.graphs.files.edge_lines import EdgeLines, is_integer
from workbench.graphs.networkx_graphs import read_attribute_lines


def read_edge_table(path: Path, text: str, *, comma: bool, directed: bool | None) -> Data:
    """``Data`` of an edge list, or of a csv file where ``comma``.

    Columns are source, target and, optionally, weight, by position or by the names of a header
    line; a csv header may also have ``type`` with the values ``directed`` or ``undirected``.

    Raises:
        GraphFileError: with the line at fault.
    """
    table = EdgeLines(path, text, comma)
    if table.head_directed is not None and directed is None:
        directed = table.head_directed
    if table.attributes:
        return read_attribute_lines(path, table.text, table.skipped, bool(directed))
    try:
        frame = _frame(table)
        ids, labels, num_nodes = _number(table, frame)
        weight = None
        if "weight" in frame:
            weight = pd.to_numeric(frame["weight"]).to_numpy(np.float64)
            if not (np.isfinite(weight).all() and (weight >= 0).all()):
                raise ValueError("a weight is no conductance")
        if "type" in frame:
            kinds = set(frame["type"].str.strip().str.lower())
            if not kinds <= {"directed"} and not kinds <= {"undirected"}:
                raise ValueError("mixed types")
            directed = kinds == {"directed"} if directed is None and kinds else directed
        data = graph_from_edges(
            ids[:, 0],
            ids[:, 1],
            num_nodes,
            weight=weight,
            directed=bool(directed),
            where=path.name,
        )
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        if isinstance(error, GraphFileError):
            raise
        raise_at_fault(table, bool(directed))
        raise GraphFileError(path, str(error)) from error
    if labels is not None:
        data.labels = labels
    return data


def _frame(table: EdgeLines) -> pd.DataFrame:
    """The columns: ids as int64 where all of them are integers, else as text."""
    if not table.text.strip():
        return pd.DataFrame({name: [] for name in table.names}, dtype=str).astype(
            {"source": np.int64, "target": np.int64}
        )
    options = {
        "sep": table.delimiter,
        "header": None,
        "skipinitialspace": True,
        "quoting": csv.QUOTE_MINIMAL if table.comma else csv.QUOTE_NONE,
        "keep_default_na": False,
        "na_filter": False,
    }
    if int(pd.__version__.split(".")[0]) < 3:  # exact by default since then
        options["float_precision"] = "round_trip"
    at = {name: table.names.index(name) for name in table.names}
    whole = {at["source"]: np.int64, at["target"]: np.int64}
    try:
        kinds = whole | {i: float for n, i in at.items() if n == "weight"}
        kinds |= {i: str for n, i in at.items() if n == "type"}
        _only_digits(table)
        frame = pd.read_csv(io.StringIO(table.text), dtype=kinds, **options)
    except (ValueError, OverflowError):
        frame = pd.read_csv(io.StringIO(table.text), dtype=str, **options)
    if frame.shape[1] != len(table.names):
        raise ValueError("the lines have other columns than the first one")
    frame.columns = table.names
    return frame


def _only_digits(table: EdgeLines) -> None:
    """Raise unless all ids are plain integers; pandas would take True, 1e5 and 007 as well."""
    if table.head_names:
        raise ValueError("the names are declared as texts")
    if re.search(r"[A-Za-z.+]|(?<![0-9])-?0[0-9]|-0", table.text) is None:
        return
    number = "(?:0|-?[1-9][0-9]*)"
    gap = r"[ \t]+" if table.delimiter == r"\s+" else rf"[ \t]*{table.delimiter}[ \t]*"
    edge = rf"[ \t]*{number}{gap}{number}[ \t]*(?:{gap}|$|#)"
    if table.names[:2] != ["source", "target"] or re.search(
        rf"^(?!{edge}|[ \t]*$|[ \t]*#)", table.text, re.MULTILINE
    ):
        raise ValueError("a name is no integer")


def _number(table: EdgeLines, frame: pd.DataFrame) -> tuple[np.ndarray, list[str] | None, int]:
    """Numbers of the ends ``[edges, 2]``, the names behind them or None, and their count.

    Integers keep their order, and their values where they are 0 .. n-1; other names are
    numbered as they come.
    """
    ends = frame[["source", "target"]]
    if ends.dtypes.nunique() == 1 and ends["source"].dtype == np.int64:
        values = ends.to_numpy()
        if table.head_nodes is not None and not table.head_names:
            if values.size and (values.min() < 0 or values.max() >= table.head_nodes):
                raise ValueError("a node outside the declared ones")
            return values, None, table.head_nodes
        codes, unique = pd.factorize(values.ravel(), sort=True)
        names = unique.tolist()
    else:
        text = np.stack([ends[c].astype(str).str.strip() for c in ends], axis=1).ravel()
        if (text == "").any() or pd.isna(ends).to_numpy().any():
            raise ValueError("an empty name")
        codes, unique = pd.factorize(text)
        names = unique.tolist()
        _no_header(table, names)
    if table.head_names:
        return _declared(table, codes, [str(name) for name in names])
    if table.head_nodes is not None:
        raise ValueError("a node outside the declared ones")
    own = all(name == i for i, name in enumerate(names))
    return codes.reshape(-1, 2), None if own else [str(n) for n in names], len(names)


def _declared(table: EdgeLines, codes: np.ndarray, names: list[str]):
    """Numbers by the order of the names that the file's head lists."""
    number = {name: i for i, name in enumerate(table.head_names)}
    if len(number) != table.head_nodes:
        raise GraphFileError(
            table.path,
            f"it says {table.head_nodes} nodes; {len(number)} different names follow",
            line=1,
        )
    if any(name not in number for name in names):
        raise ValueError("a node outside the declared ones")
    at = np.array([number[name] for name in names], dtype=np.int64)
    return at[codes].reshape(-1, 2), table.head_names, len(table.head_names)


def _no_header(table: EdgeLines, names: list[str]) -> None:
    """Refuse a first line of words over numbers: a header whose names are not known."""
    row = table.split(table.first)[:2]
    if len(names) > 2 and names[:2] == row and "source" in table.names:
        rest = sum(is_integer(name) for name in names[2:])
        if rest == len(names) - 2 and not any(map(is_integer, row)):
            raise GraphFileError(
                table.path,
                f"the line reads {row[0]!r}, {row[1]!r} and all others have numbers; if it is "
                "a header, name its columns source, target[, weight]",
                line=table.skipped + 1,
            )
