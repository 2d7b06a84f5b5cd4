"""What was computed before is read from the disk, where the graph and the options are the same."""

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


def stored(
    folder: Path | None,
    what: str,
    graph: Mapping[str, Any],
    make: Callable[[], dict[str, Tensor]],
) -> dict[str, Tensor]:
    """What ``make`` gives, read from ``folder`` if it was made before of the same content.

    A file is named by a hash of ``what`` and of every number of ``graph``, and of nothing else: not
    of the order of a data set, nor of the file's time. It is written under another name and moved,
    so that it is whole or not there, also where two processes write it at once. One that cannot be
    read is made again.

    Args:
        folder: where files are; made if it is not there. None to make without storing.
        what: the transform's ``repr``, which holds all options.
        graph: tensors and numbers that the result depends on.
        make: computes it.
    """
    if folder is None:
        return make()
    edge_index = graph["edge_index"]
    path = folder / f"{_hash(what, graph)}.pt"
    try:
        return torch.load(path, weights_only=True, map_location=edge_index.device)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
        made = make()
    folder.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(made, file)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return made


def _hash(what: str, graph: Mapping[str, Any]) -> str:
    found = hashlib.sha256(what.encode())
    for key, value in sorted(graph.items()):
        if isinstance(value, Tensor):
            array = value.detach().cpu().contiguous()
            found.update(f"{key} {array.dtype} {tuple(array.shape)} ".encode())
            found.update(array.numpy().tobytes())
        else:
            found.update(f"{key} {value!r} ".encode())
    return found.hexdigest()
