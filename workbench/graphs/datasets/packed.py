"""Data sets of many small graphs in one npz file, one graph after another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Data

from workbench.graphs.files.disk import GraphFileError

#: An integer column with more different numbers than this is no column of kinds.
MOST_KINDS = 256


@dataclass(frozen=True)
class PackedGraphs(Sequence):
    """Graphs with the parts that they come in.

    Attributes:
        name: of the data set.
        graphs: in the order of the file.
        parts: numbers of the graphs of each part, such as ``train``, ``val`` and ``test``; empty
            where the file names none.
    """

    name: str
    graphs: list[Data] = field(repr=False)
    parts: dict[str, list[int]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.graphs)

    def __getitem__(self, index: int) -> Data:
        return self.graphs[index]


def read_packed(
    path: str | Path, *, one_hot: bool = True, num_graphs: int | None = None
) -> PackedGraphs:
    """The graphs of an npz file that holds all of them one after another.

    Arrays: ``num_nodes`` and ``num_edges [graphs]``, ``edge_index [2, all edges]`` (numbers local
    to each graph, both directions), ``y`` with a row for each graph, and, if there are, ``x [all
    nodes, ...]``, ``edge_attr [all edges, ...]``, and ``split [graphs]`` with ``split_names``.
    Read without pickle.

    ``y`` keeps its kind: integers become int64 classes, other numbers float32; integers of several
    columns that are all 0 and 1 become float32 labels.

    Args:
        path: the file.
        one_hot: turn each integer column of ``x`` and ``edge_attr`` (kinds of atoms, of bonds) into
            one column for each number that stands anywhere in the file; False takes the numbers
            themselves.
        num_graphs: of each part only so many, the first; None for all.

    Raises:
        FileNotFoundError: there is no such file.
        GraphFileError: an array is missing, sizes do not fit each other, or an integer column has
            more than 256 different numbers.
        ValueError: ``num_graphs`` is less than 1.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> import numpy
        >>> from workbench.graphs import read_packed
        >>> edges = [[0, 1, 0, 1, 1, 2], [1, 0, 1, 0, 2, 1]]  # path(2), then path(3)
        >>> sizes = {"num_nodes": [2, 3], "num_edges": [2, 4]}
        >>> with TemporaryDirectory() as folder:
        ...     numpy.savez(f"{folder}/two.npz", **sizes, edge_index=edges, y=[0, 1])
        ...     [data.num_nodes for data in read_packed(f"{folder}/two.npz")]
        [2, 3]
    """
    path = Path(path)
    if num_graphs is not None and num_graphs < 1:
        raise ValueError(f"num_graphs must be at least 1, got {num_graphs}")
    arrays = _arrays(path)
    sizes, counts = (arrays[key].astype(np.int64) for key in ("num_nodes", "num_edges"))
    first_node, first_edge = np.cumsum(sizes) - sizes, np.cumsum(counts) - counts
    chosen, parts = _choose(arrays, len(sizes), num_graphs)
    tables = {
        key: _Columns(path, key, arrays[key], one_hot)
        for key in ("x", "edge_attr")
        if key in arrays
    }
    labels = _labels(arrays["y"])
    graphs = []
    for number in chosen:
        nodes = slice(first_node[number], first_node[number] + sizes[number])
        edges = slice(first_edge[number], first_edge[number] + counts[number])
        edge_index = torch.from_numpy(arrays["edge_index"][:, edges].astype(np.int64))
        data = Data(edge_index=edge_index, num_nodes=int(sizes[number]))
        data.y = labels[number : number + 1]
        for key, rows in (("x", nodes), ("edge_attr", edges)):
            if key in tables:
                data[key] = tables[key].rows(rows)
        graphs.append(data)
    return PackedGraphs(path.stem, graphs, parts)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        missing = {"num_nodes", "num_edges", "edge_index", "y"} - set(file.files)
        if missing:
            raise GraphFileError(path, "expected an array", key=min(missing))
        arrays = {key: file[key] for key in file.files}
    sizes, counts = arrays["num_nodes"], arrays["num_edges"]
    fits = arrays["edge_index"].shape == (2, counts.sum()) and len(sizes) == len(counts)
    for key, rows in (("x", sizes.sum()), ("edge_attr", counts.sum())):
        if key in arrays and arrays[key].dtype.kind not in "fiub":
            raise GraphFileError(path, "expected numbers", key=key)
        fits &= key not in arrays or len(arrays[key]) == rows
    for key in ("y", "split"):
        fits &= key not in arrays or len(arrays[key]) == len(sizes)
    if not fits:
        shapes = ", ".join(f"{key} {list(array.shape)}" for key, array in arrays.items())
        problem = f"the arrays do not fit {sizes.sum()} nodes, {counts.sum()} edges: {shapes}"
        raise GraphFileError(path, problem)
    return arrays


def _choose(
    arrays: dict[str, np.ndarray], count: int, most: int | None
) -> tuple[list[int], dict[str, list[int]]]:
    """Numbers of the graphs in the file, and the parts by their numbers in the result."""
    if "split" not in arrays or "split_names" not in arrays:
        return list(range(count))[:most], {}
    split = arrays["split"]
    names = {name: (split == i).nonzero()[0][:most] for i, name in enumerate(arrays["split_names"])}
    chosen = np.sort(np.concatenate(list(names.values())))
    return chosen.tolist(), {
        str(name): np.searchsorted(chosen, members).tolist() for name, members in names.items()
    }


class _Columns:
    """Rows of a table, its integer columns as one-hot vectors."""

    def __init__(self, path: Path, key: str, array: np.ndarray, one_hot: bool):
        self.array, self.kinds = array.reshape(len(array), -1), []
        if one_hot and array.dtype.kind != "f":
            self.kinds = [np.unique(column) for column in self.array.T]
            most = max(map(len, self.kinds), default=0)
            if most > MOST_KINDS:
                problem = f"a column has {most} different numbers; read it with one_hot=False"
                raise GraphFileError(path, problem, key=key)

    def rows(self, rows: slice) -> Float[Tensor, "rows channels"]:
        part = self.array[rows]
        if self.kinds:
            columns = zip(self.kinds, part.T, strict=True)
            part = np.concatenate([kinds == column[:, None] for kinds, column in columns], axis=1)
        return torch.from_numpy(part.astype(np.float32))


def _labels(y: np.ndarray) -> Tensor:
    if y.dtype.kind == "f":
        return torch.from_numpy(y.astype(np.float32))
    several = y.ndim == 2 and y.shape[1] > 1
    if several and bool(((y == 0) | (y == 1)).all()):
        return torch.from_numpy(y.astype(np.float32))
    return torch.from_numpy(y.astype(np.int64))
