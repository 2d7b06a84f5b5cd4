"""Edge lists and csv files: one edge a line, read by pandas; the line at fault is sought after."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
from torch_geometric.data import Data

from workbench.graphs.building import graph_from_edges
from workbench.graphs.edge_faults import is_integer, raise_at_fault, wrong_width
from workbench.graphs.files import GraphFileError
from workbench.graphs.networkx_graphs import read_attribute_lines

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


def read_edge_table(path: Path, text: str, *, comma: bool, directed: bool | None) -> Data:
    """``Data`` of an edge list, or of a csv file where ``comma``.

    Columns are source, target and, optionally, weight, by position or by the names of a header
    line; a csv header may also have ``type`` with the values ``directed`` or ``undirected``.

    Raises:
        GraphFileError: with the line at fault.
    """
    table = _Table(path, text, comma)
    if table.head_directed is not None and directed is None:
        directed = table.head_directed
    if table.dicts:
        return read_attribute_lines(path, table.text, table.skipped, bool(directed))
    try:
        frame = table.frame()
        ids, labels, num_nodes = table.number(frame)
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


class _Table:
    """The text of one file: its header lines, its delimiter, and its columns by name."""

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
        self.first = self.text.split("\n", 1)[0]
        if not self.first and self.head_nodes is None:
            raise GraphFileError(path, "no edge in the file; expected one edge a line")
        self.delimiter = self._delimiter(self.first)
        self.dicts = not comma and "{" in self.first
        self.names = ["source", "target"] if self.dicts else self._names()

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
            wrong_width(self, row, self.skipped + 1, "2 or 3")
        return ["source", "target", "weight"][: len(row)]

    def split(self, line: str) -> list[str]:
        """Fields of one line."""
        if self.delimiter == r"\s+":
            return line.split()
        return [field.strip() for field in next(csv.reader([line], delimiter=self.delimiter), [])]

    def frame(self) -> pd.DataFrame:
        """The columns: ids as int64 where all of them are integers, else as text."""
        if not self.text.strip():
            return pd.DataFrame({name: [] for name in self.names}, dtype=str).astype(
                {"source": np.int64, "target": np.int64}
            )
        options = {
            "sep": self.delimiter,
            "header": None,
            "comment": None if self.comma else "#",
            "skipinitialspace": True,
            "keep_default_na": False,
            "na_filter": False,
        }
        if int(pd.__version__.split(".")[0]) < 3:  # exact by default since then
            options["float_precision"] = "round_trip"
        at = {name: self.names.index(name) for name in self.names}
        whole = {at["source"]: np.int64, at["target"]: np.int64}
        try:
            kinds = whole | {i: float for n, i in at.items() if n == "weight"}
            kinds |= {i: str for n, i in at.items() if n == "type"}
            self._only_digits()
            frame = pd.read_csv(io.StringIO(self.text), dtype=kinds, **options)
        except (ValueError, OverflowError):
            frame = pd.read_csv(io.StringIO(self.text), dtype=str, **options)
        if frame.shape[1] != len(self.names):
            raise ValueError("the lines have other columns than the first one")
        frame.columns = self.names
        return frame

    def _only_digits(self) -> None:
        """Raise unless all ids are plain integers; pandas would take True, 1e5 and 007 as well."""
        if self.head_names:
            raise ValueError("the names are declared as texts")
        if re.search(r"[A-Za-z.+]|(?<![0-9])-?0[0-9]|-0", self.text) is None:
            return
        number = "(?:0|-?[1-9][0-9]*)"
        gap = r"[ \t]+" if self.delimiter == r"\s+" else rf"[ \t]*{self.delimiter}[ \t]*"
        edge = rf"[ \t]*{number}{gap}{number}[ \t]*(?:{gap}|$|#)"
        if self.names[:2] != ["source", "target"] or re.search(
            rf"^(?!{edge}|[ \t]*$|[ \t]*#)", self.text, re.MULTILINE
        ):
            raise ValueError("a name is no integer")

    def number(self, frame: pd.DataFrame) -> tuple[np.ndarray, list[str] | None, int]:
        """Numbers of the ends ``[edges, 2]``, the names behind them or None, and their count.

        Integers keep their order, and their values where they are 0 .. n-1; other names are
        numbered as they come.
        """
        ends = frame[["source", "target"]]
        if ends.dtypes.nunique() == 1 and ends["source"].dtype == np.int64:
            values = ends.to_numpy()
            if self.head_nodes is not None and not self.head_names:
                if values.size and (values.min() < 0 or values.max() >= self.head_nodes):
                    raise ValueError("a node outside the declared ones")
                return values, None, self.head_nodes
            codes, unique = pd.factorize(values.ravel(), sort=True)
            names = unique.tolist()
        else:
            text = np.stack([ends[c].astype(str).str.strip() for c in ends], axis=1).ravel()
            if (text == "").any() or pd.isna(ends).to_numpy().any():
                raise ValueError("an empty name")
            codes, unique = pd.factorize(text)
            names = unique.tolist()
            self._no_header(names)
        if self.head_names:
            return self._declared(codes, [str(name) for name in names])
        if self.head_nodes is not None:
            raise ValueError("a node outside the declared ones")
        own = all(name == i for i, name in enumerate(names))
        return codes.reshape(-1, 2), None if own else [str(n) for n in names], len(names)

    def _declared(self, codes: np.ndarray, names: list[str]):
        """Numbers by the order of the names that the file's head lists."""
        number = {name: i for i, name in enumerate(self.head_names)}
        if len(number) != self.head_nodes:
            raise GraphFileError(
                self.path,
                f"it says {self.head_nodes} nodes; {len(number)} different names follow",
                line=1,
            )
        if any(name not in number for name in names):
            raise ValueError("a node outside the declared ones")
        at = np.array([number[name] for name in names], dtype=np.int64)
        return at[codes].reshape(-1, 2), self.head_names, len(self.head_names)

    def _no_header(self, names: list[str]) -> None:
        """Refuse a first line of words over numbers: a header whose names are not known."""
        row = self.split(self.first)[:2]
        if len(names) > 2 and names[:2] == row and "source" in self.names:
            rest = sum(is_integer(name) for name in names[2:])
            if rest == len(names) - 2 and not any(map(is_integer, row)):
                raise GraphFileError(
                    self.path,
                    f"the line reads {row[0]!r}, {row[1]!r} and all others have numbers; if it is "
                    "a header, name its columns source, target[, weight]",
                    line=self.skipped + 1,
                )
