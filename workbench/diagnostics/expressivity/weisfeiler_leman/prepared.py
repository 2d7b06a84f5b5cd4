"""From the tensors that everyone passes to graphs that are ready for refinement."""

import math

import numpy as np
import torch
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph, number_rows
from workbench.topology import check_edge_index


def prepare(
    edge_index: Tensor,
    num_nodes: int,
    node_labels: object,
    edge_labels: object,
    batch: object,
) -> tuple[Graph, np.ndarray]:
    """The whole batch as one graph, and ``[graphs + 1]`` where each graph's nodes start.

    A repeated edge counts once for each label that it has; what tells pairs of nodes apart takes
    the set of them. Labels and sets are numbered over the batch.

    Labels and ``batch`` are tensors or None, which is checked here.

    Raises:
        TypeError: ``edge_index`` is not int64, or labels or ``batch`` are no tensors.
        ValueError: an index is out of range, labels have the wrong length or hold nan, ``batch``
            is not sorted, or an edge joins two graphs of the batch.
    """
    check_edge_index(edge_index, num_nodes)
    start = _starts(edge_index, num_nodes, batch)
    color = _numbers(node_labels, num_nodes, "node_labels", "node")
    label = _numbers(edge_labels, edge_index.size(1), "edge_labels", "edge")
    return join_graphs(edge_index.cpu().numpy(), start, color, label), start


def join_graphs(
    edges: np.ndarray, start: np.ndarray, color: np.ndarray, label: np.ndarray
) -> Graph:
    """A batch as one graph, of checked ``edges [2, edges]`` and labels that are numbers from 0."""
    source, target = edges
    num_nodes, kinds = int(start[-1]), int(label.max(initial=0)) + 1
    pair, names = target * max(num_nodes, 1) + source, None
    if num_nodes**2 * kinds >= 1 << 63:  # the key below would not fit
        names, pair = np.unique(pair, return_inverse=True)
    key = pair * kinds + label
    key.sort()
    repeated = key[1:] == key[:-1]
    if repeated.any():
        key = key[np.concatenate([[True], ~repeated])]
    pair = key // kinds  # numpy divides by one number far faster than it takes divmod
    label = key - pair * kinds
    sets = _sets(pair, label, kinds)
    if names is not None:
        pair = names[pair]
    row = pair // max(num_nodes, 1)
    neighbor = pair - row * num_nodes
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=num_nodes))])
    kinds = max(kinds, int(sets.max(initial=0)) + 1)
    return Graph(num_nodes, indptr.astype(np.int64), neighbor, label, sets, kinds, color)


def _sets(pair: np.ndarray, label: np.ndarray, kinds: int) -> np.ndarray:
    """A number for the set of labels of each entry's pair: the label itself where it is alone.

    Entries are sorted by pair, then by label, and none occurs twice.
    """
    again = pair[1:] == pair[:-1]
    if not again.any():
        return label
    first = np.flatnonzero(np.concatenate([[True], ~again]))
    length = np.diff(np.append(first, pair.size))
    number, taken = label[first], kinds
    for place in range(1, int(length.max())):
        longer = np.flatnonzero(length > place)
        rows = np.stack([number[longer], label[first[longer] + place]], axis=1)
        number[longer] = number_rows(rows) + taken
        taken += longer.size
    return np.repeat(number, length)


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
                whole.pair[first:last],
                whole.kinds,
                whole.color[low:high],
            )
        )
    return graphs


def _starts(edge_index: Tensor, num_nodes: int, batch: object) -> np.ndarray:
    if batch is not None and not isinstance(batch, Tensor):
        came = type(batch).__name__
        raise TypeError(f"batch must be an int64 tensor, got {came}; use torch.as_tensor(batch)")
    if batch is not None and (batch.is_floating_point() or batch.is_complex()):
        raise TypeError(f"batch must be an int64 tensor, got {batch.dtype}; use batch.long()")
    if batch is not None and batch.shape != (num_nodes,):
        raise ValueError(f"batch has shape {list(batch.shape)}; it must name {num_nodes} nodes")
    if batch is None or num_nodes == 0:
        return np.array([0, num_nodes])
    batch = batch.cpu().long()
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


def _numbers(labels: object, count: int, name: str, what: str) -> np.ndarray:
    return numbers(None if labels is None else label_rows(labels, count, name, what), count)


def label_rows(labels: object, count: int, name: str, what: str) -> np.ndarray:
    """``[count, channels]``: labels of ``count`` nodes or edges, one number or a row for each.

    Raises:
        TypeError: the labels are no tensor.
        ValueError: they are not one for each node or edge, or hold nan.
    """
    if not isinstance(labels, Tensor):
        came = type(labels).__name__
        raise TypeError(f"{name} must be a tensor, got {came}; use torch.as_tensor")
    if labels.dim() == 0 or labels.size(0) != count:
        came = f"{labels.size(0)} rows" if labels.dim() else "one number"
        raise ValueError(f"{name} has {came} for {count} {what}s; give one per {what}")
    labels = labels.detach().cpu()
    if labels.dtype == torch.bfloat16:  # which numpy does not know
        labels = labels.float()
    rows = labels.reshape(count, math.prod(labels.shape[1:])).numpy()
    if rows.dtype.kind in "fc" and np.isnan(rows).any():
        raise ValueError(f"{name} holds nan, which is equal to nothing; replace it first")
    return rows


def numbers(rows: np.ndarray | None, count: int) -> np.ndarray:
    """Rows of labels -> 0, 1, 2, ... for the different ones; 0 for all where there are none."""
    if rows is None or rows.size == 0:
        return np.zeros(count, dtype=np.int64)
    _, number = np.unique(rows, axis=0, return_inverse=True)
    return number.ravel().astype(np.int64)
