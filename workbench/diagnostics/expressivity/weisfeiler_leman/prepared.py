"""From the tensors that everyone passes to graphs that are ready for refinement."""

import numpy as np
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph, numbered
from workbench.graphs.edges import check_edge_index


def prepare(
    edge_index: Tensor,
    num_nodes: int,
    node_labels: Tensor | None,
    edge_labels: Tensor | None,
    batch: Tensor | None,
) -> tuple[Graph, np.ndarray]:
    """The whole batch as one graph, and ``[graphs + 1]`` where each graph's nodes start.

    A repeated edge counts once for each label that it has; what tells pairs of nodes apart takes
    the set of them. Labels and sets are numbered over the batch.

    Raises:
        TypeError: ``edge_index`` is not int64.
        ValueError: an index is out of range, labels have the wrong length or hold nan, ``batch``
            is not sorted, or an edge joins two graphs of the batch.
    """
    check_edge_index(edge_index, num_nodes)
    start = _starts(edge_index, num_nodes, batch)
    color = _numbers(node_labels, num_nodes, "node_labels", "node")
    label = _numbers(edge_labels, edge_index.size(1), "edge_labels", "edge")
    return joined(edge_index.cpu().numpy(), start, color, label), start


def joined(edges: np.ndarray, start: np.ndarray, color: np.ndarray, label: np.ndarray) -> Graph:
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
        number[longer] = numbered(rows) + taken
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
