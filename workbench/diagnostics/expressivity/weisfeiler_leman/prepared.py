"""From the tensors that everyone passes to graphs that are ready for refinement."""

import numpy as np
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph
from workbench.graphs.edges import check_edge_index


def prepare(
    edge_index: Tensor,
    num_nodes: int,
    node_labels: Tensor | None,
    edge_labels: Tensor | None,
    batch: Tensor | None,
) -> tuple[Graph, np.ndarray]:
    """The whole batch as one graph, and ``[graphs + 1]`` where each graph's nodes start.

    A repeated edge counts once for each label that it has. Labels are numbered over the batch.

    Raises:
        TypeError: ``edge_index`` is not int64.
        ValueError: an index is out of range, labels have the wrong length or hold nan, ``batch``
            is not sorted, or an edge joins two graphs of the batch.
    """
    check_edge_index(edge_index, num_nodes)
    start = _starts(edge_index, num_nodes, batch)
    color = _numbers(node_labels, num_nodes, "node_labels", "node")
    label = _numbers(edge_labels, edge_index.size(1), "edge_labels", "edge")
    source, target = edge_index.cpu().numpy()
    kinds = int(label.max(initial=0)) + 1
    key = (target * max(num_nodes, 1) + source) * kinds + label
    key.sort()
    repeated = key[1:] == key[:-1]
    if repeated.any():
        key = key[np.concatenate([[True], ~repeated])]
    pair = key // kinds  # numpy divides by one number far faster than it takes divmod
    row = pair // max(num_nodes, 1)
    label, neighbor = key - pair * kinds, pair - row * num_nodes
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=num_nodes))])
    return Graph(num_nodes, indptr.astype(np.int64), neighbor, label, color), start


def split(whole: Graph, start: np.ndarray) -> list[Graph]:
    """The graphs of a batch, each with its own node numbers."""
    graphs = []
    for low, high in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        first, last = whole.indptr[low], whole.indptr[high]
        graphs.append(
            Graph(
                high - low,
                whole.indptr[low : high + 1] - first,
                whole.neighbor[first:last] - low,
                whole.label[first:last],
                whole.color[low:high],
            )
        )
    return graphs


def _starts(edge_index: Tensor, num_nodes: int, batch: Tensor | None) -> np.ndarray:
    if batch is not None and batch.shape != (num_nodes,):
        raise ValueError(f"batch has shape {list(batch.shape)}; it must name {num_nodes} nodes")
    if batch is None or num_nodes == 0:
        return np.array([0, num_nodes])
    batch = batch.cpu()
    if bool((batch.diff() < 0).any()) or int(batch[0]) < 0:
        raise ValueError("batch must be sorted and not negative, as PyG's Batch makes it")
    batch, (source, target) = batch.numpy(), edge_index.cpu().numpy()
    across = batch[source] != batch[target]
    if across.any():
        at = int(across.argmax())
        raise ValueError(
            f"edge ({source[at]}, {target[at]}) joins graph {batch[source[at]]} "
            f"and graph {batch[target[at]]} of the batch"
        )
    return np.concatenate([[0], np.cumsum(np.bincount(batch))])


def _numbers(labels: Tensor | None, count: int, name: str, what: str) -> np.ndarray:
    """Labels (one number, or a row of numbers) -> 0, 1, 2, ... for the different ones."""
    if labels is None:
        return np.zeros(count, dtype=np.int64)
    rows = labels.detach().cpu().numpy()
    if rows.shape[0] != count:
        raise ValueError(
            f"{name} has {rows.shape[0]} rows for {count} {what}s; give one per {what}"
        )
    if rows.dtype.kind == "f" and np.isnan(rows).any():
        raise ValueError(f"{name} holds nan, which is equal to nothing; replace it first")
    if rows.size == 0:
        return np.zeros(count, dtype=np.int64)
    _, number = np.unique(rows.reshape(count, -1), axis=0, return_inverse=True)
    return number.ravel().astype(np.int64)
