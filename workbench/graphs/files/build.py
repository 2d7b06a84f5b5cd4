"""From what a reader found to a ``Data``: the one place that decides what attributes mean."""

import math
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts, Values
from workbench.graphs.generators.building import Columns, columns

#: Which edge attribute is the weight: a name, ``"count"`` for how often an edge is listed, False
#: for none, None for what the names say.
Weight = str | Literal[False] | None


class GraphNote(UserWarning):
    """What a reader guessed, left out or changed."""


#: Nodes are numbered below this, so that a pair of them fits into an int64.
MOST_NODES = 2**31

# names without case, spaces, "_" and "-"; the first that is there counts
_STRENGTHS = ("weight", "edgeweight", "weights", "conductance", "value", "w")
_LENGTHS = {"length", "len", "distance", "dist", "cost", "resistance", "duration", "traveltime"}
_MAYBE = _LENGTHS | {"capacity", "strength", "count", "score", "combinedscore", "similarity"}
_NAMES = ("label", "name")
_PLACES = (("x", "y", "z"), ("lon", "lat"), ("long", "lat"), ("lng", "lat"))
_PLACES += (("longitude", "latitude"),)
_CLASSES = ("class", "y", "modularityclass", "group", "community", "club", "subject", "category")


def build(
    parts: GraphParts,
    *,
    directed: bool | None = None,
    weight: Weight = None,
    path: Path | None = None,
) -> tuple[Data, list[str]]:
    """``Data`` of what a reader found, and what was guessed, left out or changed on the way.

    Args:
        parts: what a reader found.
        directed: overrides what the file says; where it says nothing, edges are undirected.
        weight: which edge attribute holds the conductances.
        path: the file, for messages.

    Returns:
        The graph, with ``edge_weight`` (float64), ``labels``, ``ids``, ``pos`` (float64), ``x``,
        ``y`` and ``class_names`` where the file has them, other numbers by their names; and notes,
        a clause each.

    Raises:
        GraphFileError: the attributes do not fit together (a ValueError where there is no file).
    """
    return _Builder(parts, directed, weight, path).build()


def say(notes: list[str], where: str) -> None:
    """Say the notes of a graph in one warning, as if the caller's caller had warned."""
    if notes:
        warnings.warn(f"{where}: {'; '.join(notes)}", GraphNote, stacklevel=3)


def mean_weight(found: Columns, weight: np.ndarray) -> tuple[np.ndarray, int]:
    """Weights alike in both directions of undirected edges, and how many pairs had two.

    Two that differ become their mean.
    """
    other = weight[found.reverse()]
    differ = ~np.isclose(weight, other, rtol=1e-9, atol=0.0)
    return np.where(differ, weight / 2 + other / 2, weight), int(differ.sum()) // 2


class _Builder:
    def __init__(self, parts: GraphParts, directed: bool | None, weight: Weight, path: Path | None):
        self.parts, self.weight, self.path = parts, weight, path
        self.asked = directed is not None
        self.directed = bool(directed if self.asked else parts.directed)
        self.notes = list(parts.notes)
        self.left_out: list[str] = []

    def build(self) -> tuple[Data, list[str]]:
        parts = self.parts
        if parts.num_nodes > MOST_NODES:
            self.fail(f"{parts.num_nodes} nodes; at most {MOST_NODES} are read")
        if parts.arcs_because and self.directed:
            way = "" if self.asked else " (directed=False takes them both ways)"
            self.notes.append(f"{parts.arcs_because}, so edges are arcs{way}")
        source, target, row = self._arcs()
        conductance, rest = self._conductance()
        found = columns(source, target, parts.num_nodes, directed=self.directed)
        data = Data(edge_index=found.edge_index, num_nodes=parts.num_nodes)
        if self.weight == "count" and conductance is None:
            conductance = np.ones(len(parts.source))
            parts.guess.weight = "count"
        elif found.repeats:
            self._say_repeats(found, len(row), conductance is not None)
        if conductance is not None:
            summed = found.sum_repeats(conductance[row])
            data.edge_weight = torch.from_numpy(self._mean(found, summed))
        for key, values in rest.items():
            tensor = _tensor(values)
            name = key if parts.data_names or "edge" in key else f"edge_{key}"
            if tensor is None or not (parts.data_names or _may_be_kept(name)):
                self.left_out.append(key)
                continue
            data[name] = tensor[torch.from_numpy(row[found.column])]
        self._nodes(data)
        if parts.graph.get("name"):
            data.name = str(parts.graph["name"])
        if self.left_out:
            self.notes.append(f"left out: {', '.join(self.left_out)}")
        return data, self.notes

    def fail(self, problem: str, *, line: int | None = None, key: str | None = None) -> NoReturn:
        if self.path is None:
            raise ValueError(problem)
        raise GraphFileError(self.path, problem, line=line, key=key)

    # ---- edges ----------------------------------------------------------------------------

    def _arcs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ends of the arcs or edges, and for each the edge of the file that it comes from."""
        parts = self.parts
        row = np.arange(len(parts.source))
        one_way = parts.one_way
        if not self.directed or one_way is None or one_way.all():
            return parts.source, parts.target, row
        both = np.flatnonzero(~one_way & (parts.source != parts.target))
        self.notes.append(
            f"{int((~one_way).sum()):,} of {len(row):,} edges are undirected and became an arc "
            "each way"
        )
        source = np.concatenate([parts.source, parts.target[both]])
        target = np.concatenate([parts.target, parts.source[both]])
        return source, target, np.concatenate([row, both])

    def _conductance(self) -> tuple[np.ndarray | None, dict[str, Values]]:
        """The weights of the file's edges, and the attributes that are none."""
        edges = dict(self.parts.edges)
        key = self._weight_key(edges)
        if key is None:
            return None, edges
        values = edges.pop(key)
        self.parts.guess.weight = key
        numbers = _numbers(values)
        bad = np.isinf(numbers) | (numbers < 0) if numbers is not None else None
        if bad is None or bad.any():
            at = int(bad.argmax()) if bad is not None else _first_word(values)
            self._refuse_weight(key, values[at], at)
        lacking = int(np.isnan(numbers).sum())
        if lacking:
            count = f"{lacking:,} of {len(numbers):,} edges have"
            self.notes.append(f"{count} no {key} and count 1")
            numbers = np.where(np.isnan(numbers), 1.0, numbers)
        return numbers, edges

    def _weight_key(self, edges: dict[str, Values]) -> str | None:
        if self.weight is False:
            return None
        if self.weight is not None:
            if self.weight in edges:
                return self.weight
            near = [key for key in edges if _plain(key) == _plain(self.weight)]
            if near or self.weight == "count":
                return near[0] if near else None
            known = ", ".join(edges) or "none"
            self.fail(f"no edge attribute {self.weight!r} for the weight; there are: {known}")
        named = {_plain(key): key for key in reversed(edges)}
        for strength in _STRENGTHS:
            key = named.get(strength)
            if key is None:
                continue
            numbers = _numbers(edges[key])
            if strength not in ("value", "w"):
                return key
            if numbers is not None and not (np.isinf(numbers) | (numbers < 0)).any():
                self.notes.append(f"edge weights from {key!r} (weight=False reads none)")
                return key
        maybe = [k for k in edges if _plain(k) in _MAYBE and _numbers(edges[k]) is not None]
        if maybe:
            maybe.sort(key=lambda key: _plain(key) in _LENGTHS)
            lengths = ", ".join(repr(key) for key in maybe if _plain(key) in _LENGTHS)
            caution = f" ({lengths} looks like a length, which is none)" if lengths else ""
            self.notes.append(
                f"no weights are read; edges have {', '.join(map(repr, maybe))}: "
                f"weight={maybe[0]!r} takes it for the conductance{caution}"
            )
        return None

    def _refuse_weight(self, key: str, value: Any, at: int) -> NoReturn:
        parts = self.parts
        u, v = int(parts.source[at]), int(parts.target[at])
        if parts.ids is not None:
            u, v = parts.ids[u], parts.ids[v]
        what = "weight" if _plain(key) == "weight" else f"weight ({key})"
        line = None if parts.line_of is None else parts.line_of(at)
        self.fail(
            f"edge ({u!r}, {v!r}) has {what} {_show(value)}; expected a conductance, a finite "
            "number >= 0 (weight=False reads the edges alone)",
            line=line,
        )

    def _mean(self, found: Columns, weight: np.ndarray) -> np.ndarray:
        if self.directed:
            return weight
        mean, pairs = mean_weight(found, weight)
        if pairs:
            self.notes.append(
                f"{pairs:,} {'pair has' if pairs == 1 else 'pairs have'} two weights, one each "
                "way: the mean is taken (directed=True keeps both)"
            )
        return mean

    def _say_repeats(self, found: Columns, rows: int, weighted: bool) -> None:
        count = f"{found.repeats:,} repeated edge{'s' if found.repeats > 1 else ''}"
        if weighted:
            self.notes.append(f"{count} merged, their conductances added")
            return
        source, target = found.edge_index.numpy()
        edges = len(source) if self.directed else int((source <= target).sum())
        self.notes.append(
            f"{count} dropped ({rows:,} rows are {edges:,} edges; weight='count' takes how often "
            "each is listed for its weight)"
        )

    # ---- nodes ----------------------------------------------------------------------------

    def _nodes(self, data: Data) -> None:
        nodes = dict(self.parts.nodes)
        if self.parts.data_names:
            for key, values in nodes.items():
                data[key] = values if isinstance(values, str | list) else _tensor(values)
            self._names(data, {})
            return
        self._places(data, nodes)
        self._features(data, nodes)
        self._classes(data, nodes)
        self._names(data, nodes)
        for key, values in nodes.items():
            tensor = _tensor(values)
            words = tensor is None and _is_words(values)
            if not _may_be_kept(key) or "edge" in key or (tensor is None and not words):
                self.left_out.append(key)
            else:
                data[key] = ["" if v is None else str(v) for v in values] if words else tensor

    def _names(self, data: Data, nodes: dict[str, Values]) -> None:
        """``labels``, and ``ids`` where the file calls the nodes something else besides."""
        own = list(map(str, range(self.parts.num_nodes))) if self._is_small() else None
        ids = self.parts.ids
        named = {_plain(key): key for key in reversed(nodes)}
        key = next((named[name] for name in _NAMES if name in named), None)
        labels = ids
        if key is not None:
            values = nodes.pop(key)
            words = ["" if v is None else str(v) for v in values]
            lacking = sum(not word.strip() for word in words)
            fallback = ids if ids is not None else [str(i) for i in range(len(words))]
            labels = [w if w.strip() else f for w, f in zip(words, fallback, strict=True)]
            if 0 < lacking < len(words):
                self.notes.append(f"{lacking:,} of {len(words):,} nodes have no {key}, only an id")
        if labels is not None and labels != own:
            data.labels = labels
        if ids is not None and ids not in (labels, own) and not _counts(ids):
            data.ids = ids

    def _is_small(self) -> bool:
        """Whether there are names at all; of a billion nodes without none is made."""
        return self.parts.ids is not None or bool(self.parts.nodes)

    def _places(self, data: Data, nodes: dict[str, Values]) -> None:
        named = {_plain(key): key for key in reversed(nodes)}
        for name in ("pos", "position", "coordinates"):
            if name in named and (pos := _vectors(nodes[named[name]], (2, 3))) is not None:
                del nodes[named[name]]
                self._put_places(data, pos, named[name])
                return
        for axes in _PLACES:
            keys = [named[axis] for axis in axes[:2] if axis in named]
            if len(keys) < 2:
                continue
            found = [_numbers(nodes[key]) for key in keys]
            if any(column is None for column in found):
                continue
            if axes[0] == "x" and "z" in named:
                third = _numbers(nodes[named["z"]])
                if third is not None and np.isfinite(third).all():
                    del nodes[named["z"]]
                    keys, found = ([*keys, "z"], [*found, third]) if third.any() else (keys, found)
            for key in keys[:2]:
                del nodes[key]
            if axes[0] != "x":
                self.notes.append(f"places from {keys[0]} and {keys[1]}")
            self._put_places(data, np.stack(found, axis=1), " and ".join(keys))
            return

    def _put_places(self, data: Data, pos: np.ndarray, keys: str) -> None:
        lacking = int((~np.isfinite(pos)).any(axis=1).sum())
        if lacking == len(pos):
            return
        if lacking:
            self.notes.append(
                f"{lacking:,} of {len(pos):,} nodes have no {keys}, so places are left out"
            )
            return
        if self.parts.y_down:
            pos[:, 1] = 0.0 - pos[:, 1]
        data.pos = torch.from_numpy(pos)

    def _features(self, data: Data, nodes: dict[str, Values]) -> None:
        for key in ("x", "features", "feat"):
            if key in nodes and (x := _vectors(nodes[key], None)) is not None:
                if np.isfinite(x).all():
                    del nodes[key]
                    data.x = torch.from_numpy(x.astype(np.float32))
                return

    def _classes(self, data: Data, nodes: dict[str, Values]) -> None:
        named = {_plain(key): key for key in reversed(nodes)}
        for name in _CLASSES:
            if name not in named:
                continue
            key = named[name]
            values = list(nodes[key])
            if not values or any(v is None or v == "" for v in values):
                continue
            classes, names = _class_numbers(values)
            if classes is None or (names and name not in ("class", "y") and _mostly_one(values)):
                continue
            del nodes[key]
            data.y = torch.from_numpy(classes)
            if names:
                data.class_names = names
            if name not in ("class", "y"):
                self.notes.append(f"classes from {key!r}")
            return


# ---- values ---------------------------------------------------------------------------------


def _plain(key: str) -> str:
    """A name without case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]+", "", str(key)).lower()


def _numbers(values: Values) -> np.ndarray | None:
    """The values as float64, nan where there are none; None if one is no number."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        return values.astype(np.float64) if values.ndim == 1 else None
    found = np.empty(len(values))
    for at, value in enumerate(values):
        if value is None or value == "":
            found[at] = math.nan
            continue
        if isinstance(value, bool | np.bool_) or not isinstance(
            value, int | float | str | np.integer | np.floating
        ):
            return None
        try:
            found[at] = float(value)
        except (ValueError, OverflowError):
            return None
        if math.isnan(found[at]):
            return None
    return found


def _counts(ids: list[str]) -> bool:
    """Whether ids only count the nodes: n0, n1, ..., or 1, 2, ..."""
    return ids in ([f"n{i}" for i in range(len(ids))], [str(i + 1) for i in range(len(ids))])


def _first_word(values: Values) -> int:
    """Where the first value stands that is no number."""
    return next(at for at, value in enumerate(values) if _numbers([value]) is None)


def _tensor(values: Values) -> torch.Tensor | None:
    """Numbers or truth values as a tensor; None if there are others or too few."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        if values.dtype.kind == "u" and values.dtype.itemsize > 1:
            values = values.astype(np.int64)
        return torch.from_numpy(np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="))))
    if isinstance(values, np.ndarray):
        return None
    present = [value for value in values if value is not None]
    if present and len(present) == len(values):
        if all(isinstance(value, bool) for value in present):
            return torch.tensor(present)
        whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in present)
        if whole and all(-(2**63) <= v < 2**63 for v in present):
            return torch.tensor([int(v) for v in present])
    if any(isinstance(value, str) for value in present):
        return None
    numbers = _numbers(values)
    if numbers is None or not present:
        return None
    return torch.from_numpy(numbers)


def _is_words(values: Values) -> bool:
    if isinstance(values, np.ndarray):
        return values.dtype.kind in "SU"
    return all(value is None or isinstance(value, str) for value in values)


def _vectors(values: Values, lengths: Sequence[int] | None) -> np.ndarray | None:
    """Lists of numbers of one length, one for each node, as a matrix; nan where there is none."""
    rows = []
    for value in values:
        if isinstance(value, str):
            value = re.split(r"[\s,;]+", value.strip("[]() "))
        if value is not None and not isinstance(value, list | tuple | np.ndarray):
            return None
        rows.append(None if value is None else _numbers(list(value)))
        if value is not None and rows[-1] is None:
            return None
    sizes = {len(row) for row in rows if row is not None}
    if len(sizes) != 1 or (lengths is not None and not sizes <= set(lengths)):
        return None
    (size,) = sizes
    return np.stack([np.full(size, math.nan) if row is None else row for row in rows])


def _class_numbers(values: list[Any]) -> tuple[np.ndarray | None, list[str]]:
    """Whole numbers as they are; words numbered by their order, with the words; None for others."""
    try:
        whole = [int(v) for v in values if isinstance(v, bool) is False and float(v) == int(v)]
    except (ValueError, TypeError, OverflowError):
        whole = []
    if len(whole) == len(values) and all(-(2**63) <= v < 2**63 for v in whole):
        return np.array(whole, dtype=np.int64), []
    if not all(isinstance(v, str | bool) for v in values):
        return None, []
    words = list(map(str, values))
    names = sorted(set(words))
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[word] for word in words], dtype=np.int64), names


def _mostly_one(values: list[Any]) -> bool:
    """Whether words are names rather than classes: most of them are there once."""
    return len(set(map(str, values))) > max(0.7 * len(values), 1)


def _may_be_kept(key: str) -> bool:
    """Whether a ``Data`` can hold an attribute of this name without reading a meaning into it."""
    reads = "index" in key or "batch" in key or key in {"face", "adj", "adj_t", "labels", "ids"}
    taken = key in {"x", "y", "pos", "name", "num_nodes", "edge_weight", "class_names"}
    return bool(key) and not (reads or taken or key.startswith("_") or hasattr(Data, key))


def _show(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, np.floating) else repr(value)
    return text if len(text) < 40 else text[:37] + "..."
