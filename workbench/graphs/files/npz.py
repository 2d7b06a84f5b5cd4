"""npz files: arrays by name, read without pickle, each checked before it is used."""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.building import columns, graph_from_edges
from workbench.graphs.files.disk import GraphFileError, write_atomically

#: A file that unpacks to more bytes than this is refused.
MOST_BYTES = 8 * 2**30

# keys of other publishers' files
_ALIAS = {"node_features": "x", "node_labels": "y", "weight": "edge_weight"}
_MASKS = {"train_masks": "train_mask", "val_masks": "val_mask", "test_masks": "test_mask"}


def read_npz(path: Path, directed: bool | None) -> Data:
    """``Data`` of an npz file.

    Keys: ``edge_index [2, edges]`` (or ``edges [edges, 2]``), ``num_nodes``, ``directed``, and what
    else there is: ``x``, ``y``, ``pos``, ``edge_weight`` (or ``weight``), masks, ... become
    attributes. Arrays with one entry for each edge follow their edge, into both directions. Text
    arrays become lists. Where ``num_nodes`` is missing, the node arrays or the largest node say it.

    Raises:
        GraphFileError: with the key at fault, above all one that holds a pickle.
    """
    arrays = _arrays(path)
    edges = _edges(path, arrays)
    num_nodes = _num_nodes(path, arrays, edges)
    said = arrays.pop("directed", None)
    if said is not None and (said.size != 1 or said.dtype.kind not in "bui"):
        raise GraphFileError(path, "expected True or False", key="directed")
    if directed is None:
        directed = bool(said) if said is not None else False
    source, target = edges
    weight = _weight(path, arrays, edges.shape[1])
    try:
        data = graph_from_edges(
            source, target, num_nodes, weight=weight, directed=directed, where=path.name
        )
    except ValueError as error:
        raise GraphFileError(path, str(error), key="edge_weight") from None
    column = columns(source, target, num_nodes, directed=directed).column
    for key, array in arrays.items():
        if array.dtype.kind in "SU":
            data[key] = array.astype(str).tolist()
            continue
        tensor = _tensor(path, key, array)
        if key == "pos":
            tensor = tensor.float()
        per_edge = array.ndim > 0 and len(array) == edges.shape[1]
        if per_edge and (key.startswith("edge_") or len(array) != num_nodes):
            tensor = tensor[torch.from_numpy(column)]
        data[key] = tensor
    return data


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
    from workbench.graphs.networkx_graphs import is_symmetric

    order = np.lexsort(edge_index[::-1])
    source, target = edge_index[:, order]
    weight = None if weight is None else weight.reshape(-1)[order]
    return not is_symmetric(source, target, 0, weight)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if path.stat().st_size == 0:
        raise GraphFileError(path, "the file is empty")
    no_npz = GraphFileError(path, "no npz file (a zip of arrays); write it with numpy.savez")
    with path.open("rb") as stream:
        if stream.read(2) != b"PK":
            raise no_npz
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            names = [member.filename for member in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise no_npz from None
    if unpacked > MOST_BYTES:
        problem = f"it unpacks to {unpacked:.3g} bytes, more than the {MOST_BYTES:.3g} allowed"
        raise GraphFileError(path, problem)
    for name in names:
        if not name.endswith(".npy"):
            raise GraphFileError(path, "no array; expected the .npy members of an npz", key=name)
    arrays = {}
    try:
        file = np.load(path, allow_pickle=False)
    except ValueError:
        raise no_npz from None
    with file:
        for key in file.files:
            try:
                arrays[key] = file[key]
            except ValueError as error:
                problem = str(error)
                if "pickle" in problem or "Object arrays" in problem:
                    problem = (
                        "the key holds a pickle, which could run code when loaded, so it is not "
                        "read; save plain arrays of numbers or text"
                    )
                raise GraphFileError(path, problem, key=key) from None
            except Exception as error:  # zip, zlib and numpy's header reader raise many kinds
                raise GraphFileError(path, f"the array is damaged: {error}", key=key) from None
    return arrays


def _edges(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    for key in ("edge_index", "edges"):
        if key in arrays:
            edges = arrays.pop(key)
            break
    else:
        found = ", ".join(arrays) or "none"
        raise GraphFileError(path, f"no such key; the file's keys are {found}", key="edge_index")
    if key == "edges" and edges.ndim == 2:
        edges = edges.T
    if edges.ndim != 2 or edges.shape[0] != 2:
        wanted = "[2, edges]" if key == "edge_index" else "[edges, 2]"
        shape = list(edges.shape if key == "edge_index" else edges.T.shape)
        raise GraphFileError(path, f"shape {shape}; expected {wanted}", key=key)
    if edges.dtype.kind not in "iu" and edges.size:
        raise GraphFileError(path, f"type {edges.dtype}; expected integers", key=key)
    if edges.size and (int(edges.min()) < 0 or int(edges.max()) > 2**31):
        worst = int(edges.min()) if int(edges.min()) < 0 else int(edges.max())
        raise GraphFileError(path, f"node {worst}; expected nodes from 0 on", key=key)
    return edges.astype(np.int64)


def _num_nodes(path: Path, arrays: dict[str, np.ndarray], edges: np.ndarray) -> int:
    least = int(edges.max()) + 1 if edges.size else 0
    said = arrays.pop("num_nodes", None)
    if said is not None:
        if said.ndim and said.size != 1:
            raise GraphFileError(
                path,
                f"shape {list(said.shape)}: the file holds many graphs; expected one number",
                key="num_nodes",
            )
        if said.dtype.kind not in "iu" or not 0 <= int(said.item()) <= 2**31:
            raise GraphFileError(path, f"{said.item()!r}; expected an integer", key="num_nodes")
        num_nodes = int(said.item())
    else:
        sized = [arrays[k] for k in ("x", "node_features", "pos") if k in arrays]
        num_nodes = max([least, *(len(array) for array in sized if array.ndim)])
    if num_nodes < least:
        problem = f"node {least - 1} is outside the {num_nodes} nodes that num_nodes says"
        raise GraphFileError(path, problem, key="edge_index")
    for key, kept in (_ALIAS | _MASKS).items():
        if key in arrays and kept not in arrays:
            array = arrays.pop(key)
            arrays[kept] = array.T if key in _MASKS else array
    for key in ("x", "pos", "labels"):
        if key in arrays and (arrays[key].ndim == 0 or len(arrays[key]) != num_nodes):
            problem = (
                f"shape {list(arrays[key].shape)}; expected one row for each of {num_nodes} nodes"
            )
            raise GraphFileError(path, problem, key=key)
    if "pos" in arrays and (arrays["pos"].ndim != 2 or arrays["pos"].dtype.kind not in "fiu"):
        raise GraphFileError(path, "expected numbers of shape [nodes, 2]", key="pos")
    return num_nodes


def _weight(path: Path, arrays: dict[str, np.ndarray], num_edges: int) -> np.ndarray | None:
    weight = arrays.pop("edge_weight", None)
    if weight is None:
        return None
    if weight.size != num_edges or weight.dtype.kind not in "fiub":
        problem = f"{weight.dtype} of shape {list(weight.shape)}; expected {num_edges} numbers"
        raise GraphFileError(path, problem, key="edge_weight")
    weight = weight.reshape(-1).astype(np.float64)
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise GraphFileError(
            path,
            f"entry {at} is {weight[at]}; expected conductances, finite numbers >= 0",
            key="edge_weight",
        )
    return weight


def _tensor(path: Path, key: str, array: np.ndarray) -> torch.Tensor:
    if array.dtype.kind == "u" and (array.dtype.itemsize > 1 or key == "y"):
        array = array.astype(np.int64)
    try:
        return torch.from_numpy(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))))
    except TypeError:
        problem = f"type {array.dtype}; expected numbers, truth values or text"
        raise GraphFileError(path, problem, key=key) from None
