"""``.pt`` files: a PyG ``Data`` that ``torch.save`` wrote, opened without running what is in it."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data, HeteroData, data, storage

from workbench.graphs.files.arrays import Arrays
from workbench.graphs.files.disk import MOST_BYTES, GraphFileError, write_atomically
from workbench.graphs.files.parts import GraphParts, Guess

# plain containers of PyG, which the loader may make
_PLAIN = [Data, data.DataEdgeAttr, data.DataTensorAttr, storage.GlobalStorage]
_PLAIN += [storage.BaseStorage, storage.NodeStorage, storage.EdgeStorage]


def read_pyg(path: Path, content: bytes, index: int | None) -> GraphParts:
    """The graph of a ``.pt`` file: a ``Data``, a list of them, a data set's processed file, a dict.

    ``torch.load(weights_only=True)`` opens it, with PyG's plain classes allowed and no other.

    Raises:
        GraphFileError: the file holds another class, no graph, or several and none is chosen.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > MOST_BYTES:
        problem = f"it unpacks to {unpacked:.3g} bytes, more than the {MOST_BYTES:.3g} allowed"
        raise GraphFileError(path, problem)
    try:
        with torch.serialization.safe_globals(_PLAIN):
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises whatever the bytes lead to
        said = str(error).split("GLOBAL ")[-1].split(" ")[0] if "GLOBAL" in str(error) else ""
        problem = (
            f"it holds the class {said}, which is not opened, since classes can run code; save a "
            "plain Data: torch.save(data, path)"
            if "." in said
            else "torch cannot open it as plain data; save it again with torch.save(data, path)"
        )
        raise GraphFileError(path, problem) from None
    graphs = _graphs(path, found)
    if index is None and len(graphs) != 1:
        problem = f"the file holds {len(graphs)} graphs; choose one: read_graph(path, index=0), ..."
        raise GraphFileError(path, f"{problem}, or {path.name}:0 by name", graphs=len(graphs))
    if index is not None and not 0 <= index < len(graphs):
        raise GraphFileError(path, f"no graph {index}; the file holds 0 to {len(graphs) - 1}")
    parts = _parts(path, graphs[index or 0]())
    parts.guess = Guess(graphs=len(graphs))
    return parts


def write_pyg(graph: Data, path: Path) -> None:
    """Write ``graph`` with all it holds; ``read_pyg`` is the inverse."""
    stream = io.BytesIO()
    torch.save(graph, stream)
    write_atomically(path, stream.getvalue())


def _graphs(path: Path, found: Any) -> list:
    """Makers of the dicts of the graphs in what was loaded."""
    if isinstance(found, Data):
        return [lambda: _dict(path, found)]
    if isinstance(found, dict) and "edge_index" in found:
        return [lambda: found]
    if isinstance(found, list | tuple) and len(found) in (2, 3) and isinstance(found[0], dict):
        if isinstance(found[1], dict) and "edge_index" in found[1]:
            count = len(found[1]["edge_index"]) - 1
            return [lambda at=at: _slice(path, found[0], found[1], at) for at in range(count)]
        if found[1] is None and "edge_index" in found[0]:
            return [lambda: found[0]]
    if isinstance(found, list | tuple) and found and all(isinstance(g, Data) for g in found):
        return [lambda g=g: _dict(path, g) for g in found]
    if isinstance(found, HeteroData):
        raise GraphFileError(path, "a HeteroData; save data.to_homogeneous() of it")
    kind = type(found).__name__
    if isinstance(found, dict):
        kind = f"dict of {', '.join(map(str, list(found)[:5]))}"
    raise GraphFileError(path, f"a {kind}; expected a PyG Data or a dict with edge_index")


def _dict(path: Path, graph: Data) -> dict[str, Any]:
    try:
        return graph.to_dict() | {"num_nodes": graph.num_nodes}
    except Exception:  # a damaged file gives a Data without its insides
        raise GraphFileError(path, "the Data in it is damaged") from None


def _slice(path: Path, values: dict, slices: dict, at: int) -> dict[str, Any]:
    """One graph of a data set's processed file."""
    found: dict[str, Any] = {}
    try:
        for key, value in values.items():
            if key not in slices:
                continue
            start, end = int(slices[key][at]), int(slices[key][at + 1])
            along = -1 if key in ("edge_index", "face") else 0
            if isinstance(value, torch.Tensor) and value.dim():
                found[key] = value.narrow(along % value.dim(), start, end - start)
            elif isinstance(value, list):
                found[key] = value[at]
    except (TypeError, ValueError, IndexError, RuntimeError):
        raise GraphFileError(path, "the slices of the data set do not fit it", key=key) from None
    return found


def _parts(path: Path, found: dict[str, Any]) -> GraphParts:
    arrays: dict[str, np.ndarray] = {}
    left_out = []
    for key, value in found.items():
        if isinstance(value, torch.Tensor) and value.layout == torch.strided:
            value = value.float() if value.dtype in (torch.bfloat16, torch.float16) else value
            if not value.is_complex() and not value.is_quantized:
                arrays[str(key)] = value.detach().resolve_conj().resolve_neg().numpy()
                continue
        elif isinstance(value, bool | int | float | str):
            arrays[str(key)] = np.array(value)
            continue
        elif isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            arrays[str(key)] = np.array(value, dtype=str)
            continue
        elif value is None:
            continue
        left_out.append(f"{key} ({type(value).__name__})")
    for key in ("edge_index", "num_nodes"):
        if key in found and found[key] is not None and key not in arrays:
            raise GraphFileError(path, f"a {type(found[key]).__name__}", key=key)
    notes = [f"left out: {', '.join(left_out)}"] if left_out else []
    parts = Arrays(path, arrays, notes).parts()
    if parts.directed is None and parts.num_nodes:
        parts.directed, parts.arcs_because = _arcs(parts)
    return parts


def _arcs(parts: GraphParts) -> tuple[bool, str | None]:
    """Whether the columns are arcs, and a reason that is not to be seen from the columns alone."""
    source, target = parts.source, parts.target
    arcs, column = np.unique(source * parts.num_nodes + target, return_inverse=True)
    back, reverse = np.unique(target * parts.num_nodes + source, return_inverse=True)
    if not np.array_equal(arcs, back):
        return True, None
    if (weight := parts.edges.get("edge_weight")) is None:
        return False, None
    there, here = (np.bincount(key, weight, minlength=len(arcs)) for key in (column, reverse))
    differ = not np.allclose(there, here, rtol=1e-9, atol=0.0)
    return differ, "the two weights of a pair differ" if differ else None
