"""npz files: arrays by name, read without pickle, each looked at before it is unpacked."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.files.arrays import ALIAS, MASKS, Arrays
from workbench.graphs.files.build import build
from workbench.graphs.files.disk import MOST_BYTES, GraphFileError, write_atomically
from workbench.graphs.files.parts import GraphParts

# keys that make the graph; of others only those of its size are unpacked
_NEEDED = {"edge_index", "edges", "edge_list", "num_nodes", "directed", "x", "y", "pos", "labels"}
_NEEDED |= {"edge_weight", "format", "adj", "A", "adjacency", "attr_matrix", *ALIAS, *MASKS}
_NEEDED |= {
    prefix + name
    for prefix in ("", "adj_", "attr_", "adj_matrix.", "attr_matrix.", "adj.", "attr.")
    for name in ("data", "indices", "indptr", "shape")
}

#: An array of neither the nodes' nor the edges' number is kept up to this many bytes.
_SMALL = 1_000_000

_PICKLE = (
    "the key holds a pickle, which could run code when loaded, so it is not read; save plain "
    "arrays of numbers or text"
)


def load_npz(path: Path) -> Data:
    """``Data`` of an npz file by itself, as data sets come.

    Raises:
        GraphFileError: with the key at fault.
    """
    return build(read_npz(path, path.read_bytes()), path=path)[0]


def read_npz(path: Path, content: bytes) -> GraphParts:
    """The graph of an npz file.

    Keys: ``edge_index [2, edges]`` (or ``edges [edges, 2]``), ``num_nodes``, ``directed``, or a
    sparse adjacency matrix as scipy saves it (also with names that begin with ``adj_``, and
    features in ``attr_...``), and what else there is: ``x``, ``y``, ``pos``, ``edge_weight`` (or
    ``weight``), masks, ... become attributes. Text arrays become lists. Where ``num_nodes`` is
    missing, the node arrays or the largest node say it. Keys that hold pickles, dates or more than
    a graph of this size needs are left out and named; only what is needed is unpacked.

    Raises:
        GraphFileError: with the key at fault, above all a needed one that holds a pickle.
    """
    notes: list[str] = []
    return Arrays(path, _arrays(path, content, notes), notes).parts()


def write_npz(data: Data, path: Path) -> None:
    """Write ``data`` with its keys; ``read_npz`` is the inverse.

    Raises:
        ValueError: an attribute is no tensor, number, text or list of texts.
    """
    arrays: dict[str, np.ndarray] = {}
    for key, value in data.to_dict().items():
        if isinstance(value, torch.Tensor):
            if value.is_sparse or value.dtype == torch.bfloat16:
                raise ValueError(f"data.{key} is no dense tensor that npz can hold; convert it")
            arrays[key] = value.detach().cpu().numpy()
        elif isinstance(value, bool | int | float | str):
            arrays[key] = np.array(value)
        elif isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            if any(v.endswith("\0") for v in value):
                raise ValueError(f"data.{key} holds a text that ends in a zero byte")
            arrays[key] = np.array(value, dtype=str)
        elif value is not None:
            raise ValueError(
                f"data.{key} is a {type(value).__name__}; npz files hold tensors, numbers, texts "
                "and lists of texts: convert or delete it"
            )
    edge_index = arrays.get("edge_index", np.zeros((2, 0), dtype=np.int64))
    arrays["edge_index"] = edge_index
    arrays["num_nodes"] = np.array(int(data.num_nodes or 0))
    arrays["directed"] = np.array(_is_directed(edge_index, arrays.get("edge_weight")))
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_atomically(path, content.getvalue())


def _is_directed(edge_index: np.ndarray, weight: np.ndarray | None) -> bool:
    from workbench.graphs.networkx_graphs import is_symmetric  # it reads files as well

    order = np.lexsort(edge_index[::-1])
    source, target = edge_index[:, order]
    weight = None if weight is None else weight.reshape(-1)[order]
    return not is_symmetric(source, target, 0, weight)


def _arrays(path: Path, content: bytes, notes: list[str]) -> dict[str, np.ndarray]:
    """The arrays that are needed, and those others that fit the graph's size."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except Exception:  # zipfile raises many kinds over a damaged archive
        problem = "no npz file (a zip of arrays); write it with numpy.savez"
        raise GraphFileError(path, problem) from None
    arrays: dict[str, np.ndarray] = {}
    others: dict[str, tuple[zipfile.ZipInfo, tuple[int, ...], np.dtype]] = {}
    left_out: list[str] = []
    with archive:
        for member in archive.infolist():
            key = member.filename.removesuffix(".npy")
            if key == member.filename:
                problem = "no array; expected the .npy members of an npz"
                raise GraphFileError(path, problem, key=key)
            shape, dtype = _head(path, archive, member, key)
            if dtype.hasobject:
                if key in _NEEDED:
                    raise GraphFileError(path, _PICKLE, key=key)
                left_out.append(f"{key} (holds a pickle)")
            elif key in _NEEDED:
                arrays[key] = _array(path, archive, member, key, shape, dtype)
            else:
                others[key] = member, shape, dtype
        sizes = _sizes(arrays)
        for key, (member, shape, dtype) in others.items():
            bytes_ = math.prod(shape) * dtype.itemsize
            if dtype.kind not in "fiubSU":
                left_out.append(f"{key} (type {dtype})")
            elif bytes_ > _SMALL and not (shape and shape[0] in sizes):
                left_out.append(f"{key} ({bytes_:.2g} bytes of another size than the graph)")
            else:
                arrays[key] = _array(path, archive, member, key, shape, dtype)
    if left_out:
        notes.append(f"left out: {', '.join(left_out)}")
    return arrays


def _head(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, key: str):
    """Shape and type of an array, without unpacking it."""
    try:
        with archive.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }
            shape, _, dtype = read[version](stream)
            begins = stream.tell()
    except Exception as error:  # zip, zlib and numpy's header reader raise many kinds
        problem = f"the array is damaged: {str(error)[:80]}"
        raise GraphFileError(path, problem, key=key) from None
    if any(size < 0 for size in shape):
        raise GraphFileError(path, f"the array is damaged: shape {shape}", key=key)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize != member.file_size - begins:
        problem = f"the array is damaged: shape {list(shape)} in {member.file_size:,} bytes"
        raise GraphFileError(path, problem, key=key)
    return shape, dtype


def _array(path, archive, member, key: str, shape, dtype) -> np.ndarray:
    if member.file_size > MOST_BYTES:
        problem = f"it unpacks to {member.file_size:.3g} bytes, more than {MOST_BYTES:.3g}"
        raise GraphFileError(path, problem, key=key)
    try:
        with archive.open(member) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:  # zip and zlib raise many kinds
        problem = f"the array is damaged: {str(error)[:80]}"
        raise GraphFileError(path, problem, key=key) from None


def _sizes(arrays: dict[str, np.ndarray]) -> set[int]:
    """The numbers of nodes and edges, as far as they are known yet."""
    sizes = {len(a) for key, a in arrays.items() if key in ("x", "y", "pos", "edges") and a.ndim}
    if "num_nodes" in arrays and arrays["num_nodes"].size == 1:
        sizes.add(int(arrays["num_nodes"].item()))
    edges = arrays.get("edge_index")
    if edges is not None and edges.ndim == 2:
        sizes.add(edges.shape[1])
        if edges.size and edges.dtype.kind in "iu":
            sizes.add(int(edges.max()) + 1)
    return sizes
