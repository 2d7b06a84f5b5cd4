"""Arrays by name, as npz files and PyG's ``Data`` hold them, to a graph's parts."""

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from scipy.sparse import csc_array, csr_array

from workbench.graphs.files.disk import GraphFileError
from workbench.graphs.files.parts import GraphParts

#: Names of other publishers for what a ``Data`` calls otherwise.
ALIAS = {"node_features": "x", "features": "x", "node_labels": "y", "weight": "edge_weight"}
MASKS = {"train_masks": "train_mask", "val_masks": "val_mask", "test_masks": "test_mask"}

# a dense matrix of features of more numbers than this is not made of a sparse one
_MOST_FEATURES = 250_000_000

_KINDS = ("csr", "csc", "coo")


class Arrays:
    """The arrays of a file by name, in which a reader takes what it knows and leaves the rest."""

    def __init__(self, path: Path, arrays: dict[str, Any], notes: list[str]):
        self.path, self.arrays, self.notes = path, arrays, notes

    def fail(self, problem: str, key: str) -> NoReturn:
        """Raise the error of a key."""
        raise GraphFileError(self.path, problem, key=key)

    def parts(self) -> GraphParts:
        """The graph of the arrays; those with one entry for each edge or node follow it.

        Raises:
            GraphFileError: names the key at fault.
        """
        arrays = self.arrays
        for key, kept in (ALIAS | MASKS).items():
            if key in arrays and kept not in arrays:
                array = arrays.pop(key)
                arrays[kept] = array.T if key in MASKS else array
        directed = self._directed()
        matrix, because = self._matrix(), None
        if matrix is not None:
            edges, count, arcs = matrix
            if directed is None:
                directed = arcs
                because = "the adjacency matrix is not symmetric" if arcs else None
        else:
            edges = self._edges()
            count = self._num_nodes(edges)
        self._check_nodes(count)
        if "y" in arrays and arrays["y"].dtype.kind == "u":
            arrays["y"] = arrays["y"].astype(np.int64)
        weight = self._weight(edges.shape[1])
        parts = GraphParts(
            *edges,
            count,
            directed=directed,
            arcs_because=because,
            data_names=True,
            notes=self.notes,
        )
        if weight is not None:
            parts.edges["edge_weight"] = weight
        for key, array in arrays.items():
            if array.dtype.kind in "SU":
                parts.nodes[key] = self._words(key, array)
                continue
            per_edge = array.ndim > 0 and len(array) == edges.shape[1]
            if per_edge and (key.startswith("edge_") or len(array) != count):
                parts.edges[key] = array
            else:
                parts.nodes[key] = array
        return parts

    def _words(self, key: str, array: np.ndarray) -> Any:
        """A text, or a list of texts."""
        if array.dtype.kind == "S":
            try:
                array = np.char.decode(array, "utf-8")
            except UnicodeDecodeError:
                array = np.char.decode(array, "latin-1")
                self.notes.append(f"{key} is read as latin-1, since it is not UTF-8")
        return array.tolist()

    def _directed(self) -> bool | None:
        said = self.arrays.pop("directed", None)
        if said is None:
            return None
        if said.size != 1 or said.dtype.kind not in "bui":
            self.fail("expected True or False", "directed")
        return bool(said.item())

    # ---- sparse matrices ------------------------------------------------------------------

    def _matrix(self) -> tuple[np.ndarray, int, bool] | None:
        """Edges, number of nodes and direction of an adjacency matrix, if there is one."""
        arrays = self.arrays
        for prefix in ("adj_", "adj_matrix.", "adj.", ""):
            names = {name: prefix + name for name in ("data", "indices", "indptr", "shape")}
            if all(key in arrays for key in names.values()):
                kind = str(self._word(arrays.pop("format", "csr"))) if not prefix else "csr"
                matrix = self._sparse(names, kind)
                break
        else:
            key = next((k for k in ("adj", "A", "adjacency") if k in arrays), None)
            if key is None or "edge_index" in arrays or arrays[key].ndim != 2:
                return None
            matrix = csr_array(self._numeric(key, arrays.pop(key)))
        rows, columns = matrix.shape
        if rows != columns:
            self.fail(f"shape {[rows, columns]}; an adjacency matrix is square", "shape")
        self._sparse_features(rows)
        found = matrix.tocoo()
        found.sum_duplicates()
        source, target = (axis.astype(np.int64) for axis in found.coords)
        values = found.data.astype(np.float64)
        source, target, values = (part[values != 0] for part in (source, target, values))
        symmetric = (matrix != matrix.T).nnz == 0
        if not np.all(values == 1):
            self.arrays.setdefault("edge_weight", values)
        labels = self.arrays.get("labels")
        if labels is not None and labels.dtype.kind in "iu" and "y" not in self.arrays:
            self.arrays["y"] = self.arrays.pop("labels")
        return np.stack([source, target]), rows, not symmetric

    def _sparse(self, names: dict[str, str], kind: str) -> csr_array:
        """A compressed matrix whose arrays fit together."""
        arrays, key = self.arrays, names["indices"]
        data, indices, indptr, shape = (
            self._numeric(names[name], arrays.pop(names[name])) for name in names
        )
        if kind not in ("csr", "csc"):
            self.fail(f"format {kind!r}; expected csr or csc", "format")
        if shape.shape != (2,) or shape.dtype.kind not in "iu" or (shape < 0).any():
            self.fail("expected two numbers: rows and columns", names["shape"])
        lines = int(shape[0 if kind == "csr" else 1])
        across = int(shape[1 if kind == "csr" else 0])
        whole = indices.dtype.kind in "iu" and indptr.dtype.kind in "iu"
        if not whole or indices.ndim != 1 or indptr.shape != (lines + 1,):
            self.fail(f"does not fit the shape {shape.tolist()}", names["indptr"])
        if data.shape != indices.shape or (indptr[0], indptr[-1]) != (0, len(indices)):
            self.fail(f"{len(indices)} entries for {data.size} values", key)
        if (np.diff(indptr.astype(np.int64)) < 0).any():
            self.fail("falls; expected numbers that rise", names["indptr"])
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < across:
            self.fail(f"an entry outside the shape {shape.tolist()}", key)
        make = csr_array if kind == "csr" else csc_array
        pieces = (data, indices.astype(np.int64), indptr.astype(np.int64))
        return make(pieces, shape=(int(shape[0]), int(shape[1]))).tocsr()

    def _sparse_features(self, rows: int) -> None:
        """``x`` of a sparse matrix of attributes beside the adjacency matrix."""
        for prefix in ("attr_", "attr_matrix.", "attr."):
            names = {name: prefix + name for name in ("data", "indices", "indptr", "shape")}
            if all(key in self.arrays for key in names.values()):
                matrix = self._sparse(names, "csr")
                if matrix.shape[0] != rows:
                    self.fail(f"{matrix.shape[0]} rows for {rows} nodes", names["shape"])
                if matrix.shape[0] * matrix.shape[1] > _MOST_FEATURES:
                    self.notes.append(f"left out: {prefix}..., too large a matrix to be dense")
                else:
                    self.arrays.setdefault("x", matrix.toarray().astype(np.float32))
        if "attr_matrix" in self.arrays:
            self.arrays.setdefault("x", self.arrays.pop("attr_matrix"))

    def _word(self, value: Any) -> str:
        value = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
        return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)

    def _numeric(self, key: str, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind not in "fiub":
            self.fail(f"type {array.dtype}; expected numbers", key)
        return array

    # ---- lists of edges -------------------------------------------------------------------

    def _edges(self) -> np.ndarray:
        for key in ("edge_index", "edges", "edge_list"):
            if key in self.arrays:
                edges = self.arrays.pop(key)
                break
        else:
            found = ", ".join(self.arrays) or "none"
            self.fail(f"no such key; the file's keys are {found}", "edge_index")
        if key != "edge_index" and edges.ndim == 2:
            edges = edges.T
        if edges.ndim != 2 or edges.shape[0] != 2:
            wanted = "[2, edges]" if key == "edge_index" else "[edges, 2]"
            shape = list(edges.shape if key == "edge_index" else edges.T.shape)
            self.fail(f"shape {shape}; expected {wanted}", key)
        if edges.dtype.kind not in "iu" and edges.size:
            self.fail(f"type {edges.dtype}; expected integers", key)
        if edges.size and (int(edges.min()) < 0 or int(edges.max()) >= 2**31):
            worst = int(edges.min()) if int(edges.min()) < 0 else int(edges.max())
            self.fail(f"node {worst}; expected nodes from 0 on", key)
        return edges.astype(np.int64)

    def _num_nodes(self, edges: np.ndarray) -> int:
        least = int(edges.max()) + 1 if edges.size else 0
        said = self.arrays.pop("num_nodes", None)
        if said is None:
            sized = [self.arrays[key] for key in ("x", "pos") if key in self.arrays]
            return max([least, *(len(array) for array in sized if array.ndim)])
        if said.size != 1:
            problem = f"shape {list(said.shape)}: the file holds many graphs; expected one number"
            self.fail(problem, "num_nodes")
        if said.dtype.kind not in "iu" or not 0 <= int(said.item()) <= 2**31:
            self.fail(f"{said.item()!r}; expected an integer", "num_nodes")
        if int(said.item()) < least:
            problem = f"node {least - 1} is outside the {said.item()} nodes that num_nodes says"
            self.fail(problem, "edge_index")
        return int(said.item())

    def _check_nodes(self, count: int) -> None:
        for key in ("x", "pos", "labels"):
            array = self.arrays.get(key)
            if array is not None and (array.ndim == 0 or len(array) != count):
                shape = list(array.shape)
                self.fail(f"shape {shape}; expected one row for each of {count} nodes", key)
        pos = self.arrays.get("pos")
        if pos is not None and (pos.ndim != 2 or pos.dtype.kind not in "fiu"):
            self.fail("expected numbers of shape [nodes, 2]", "pos")
        if pos is not None and pos.dtype.kind != "f":
            self.arrays["pos"] = pos.astype(np.float64)

    def _weight(self, num_edges: int) -> np.ndarray | None:
        weight = self.arrays.pop("edge_weight", None)
        if weight is None:
            return None
        if weight.size != num_edges or weight.dtype.kind not in "fiub":
            problem = f"{weight.dtype} of shape {list(weight.shape)}; expected {num_edges} numbers"
            self.fail(problem, "edge_weight")
        weight = weight.reshape(-1).astype(np.float64)
        bad = ~(np.isfinite(weight) & (weight >= 0))
        if bad.any():
            at = int(bad.argmax())
            problem = f"entry {at} is {weight[at]}; expected conductances, finite numbers >= 0"
            self.fail(problem, "edge_weight")
        return weight
