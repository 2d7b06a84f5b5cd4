"""CLRS pointers: what algorithms of a textbook say about each node, as a pointer to another one."""

from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task

#: Outputs that are pointers of nodes.
OUTPUTS = ("pi", "topo", "scc_id")


def clrs_pointers(path: str) -> Task:
    """Predict where an algorithm of CLRS-30 points to, from its input.

    Reads a file of samples: ``train/inputs/A [graphs, n, n]`` (weights of edges, 0 for none),
    ``pos [graphs, n]``, ``s`` (the source, where there is one) and ``train/outputs/pi`` (or
    ``topo``, ``scc_id``), and the same of ``val`` and ``test``. Features are the number of the
    node, as i / n, and whether it is the source; weights are ``edge_attr [edges, 1]``, a distance
    and no conductance. Edges go as the matrix says; self-loops of it stay.

    Algorithms whose answer is no pointer of nodes are refused: bridges, articulation points, and
    Floyd-Warshall, which points from pairs.

    Args:
        path: an npz file, such as ``bfs.npz``, ``dijkstra.npz``, ``mst_prim.npz``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no pointers of nodes.

    Examples:
        >>> import numpy as np
        >>> import os, tempfile
        >>> from workbench.tasks import clrs_pointers
        >>> pair = {"inputs/A": [[[0, 1], [1, 0]]], "inputs/pos": [[0, 1]], "outputs/pi": [[0, 0]]}
        >>> parts = ("train", "val", "test")
        >>> arrays = {f"{part}/{key}": np.array(a) for part in parts for key, a in pair.items()}
        >>> file = os.path.join(tempfile.mkdtemp(), "bfs.npz")
        >>> np.savez(file, **arrays)
        >>> clrs_pointers(file).train[0].y.tolist()
        [0, 0]

    References:
        P. Velickovic et al., The CLRS Algorithmic Reasoning Benchmark, ICML 2022, arXiv 2205.15659.
    """
    with np.load(path, allow_pickle=False) as arrays:
        there = {key: arrays[key] for key in arrays.files}
    output = next((name for name in OUTPUTS if f"train/outputs/{name}" in there), None)
    needed = [f"{part}/inputs/{name}" for part in ("train", "val", "test") for name in ("A", "pos")]
    missing = [key for key in needed if key not in there]
    if output is None or missing:
        what = (
            f"it lacks {missing[0]}" if missing else "none of its outputs is " + ", ".join(OUTPUTS)
        )
        raise ValueError(f"{path} holds no pointers of nodes as in CLRS-30: {what}")
    parts = {
        part: [_graph(there, part, output, i) for i in range(len(there[f"{part}/inputs/A"]))]
        for part in ("train", "val", "test")
    }
    task = Task(
        name=f"clrs_pointers({Path(path).stem})",
        level="node",
        in_channels=parts["train"][0].x.size(1),
        out_channels=64,
        target="pointer",
        **parts,
    )
    return with_chance(task)


def _graph(there: dict[str, np.ndarray], part: str, output: str, number: int) -> Data:
    weights = there[f"{part}/inputs/A"][number]
    source, target = weights.nonzero()
    columns = [there[f"{part}/inputs/pos"][number]]
    if f"{part}/inputs/s" in there:
        columns.append(there[f"{part}/inputs/s"][number])
    y = there[f"{part}/outputs/{output}"][number].astype(np.int64)
    return Data(
        x=torch.from_numpy(np.stack(columns, axis=1)).float(),
        edge_index=torch.from_numpy(np.stack([source, target])),
        edge_attr=torch.from_numpy(weights[source, target]).float()[:, None],
        y=torch.from_numpy(y),
        mask=torch.ones(y.size, dtype=torch.bool),
    )
