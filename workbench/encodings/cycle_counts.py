"""Cycle counts: on how many cycles of each length a node lies."""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Paths that may be looked at: a minute.
LARGEST = 200_000_000

#: Paths that are extended at once.
_BLOCK = 1 << 20


def cycle_counts(
    edge_index: EdgeIndex, num_nodes: int, *, max_length: int = 6
) -> Float64[Tensor, "nodes lengths"]:
    """Number of simple cycles of 3, 4, ... edges through each node.

    They are counted by going along them, from the node of a cycle that has the least number, so the
    time is that of the paths of ``max_length - 1`` edges: nothing on a molecule, much on a dense
    graph. Chords do not matter (cycles need not be induced).

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        max_length: length of the longest cycles, at least 3.

    Returns:
        ``[nodes, max_length - 2]`` float64 on the device of the input; column 0 is triangles.

    Self-loops and repeated edges change nothing.

    Raises:
        ValueError: the graph is directed, or ``max_length`` is less than 3.
        TooLargeError: there are more than 200 million walks to look at; take shorter cycles.

    Examples:
        >>> from workbench.encodings import cycle_counts
        >>> from workbench.graphs import complete
        >>> cycle_counts(complete(4).edge_index, 4, max_length=5)[0].tolist()
        [3.0, 3.0, 0.0]

    References:
        G. Bouritsas, F. Frasca, S. Zafeiriou, M. Bronstein, Improving Graph Neural Network
        Expressivity via Subgraph Isomorphism Counting (GSN), TPAMI 45, 2023, arXiv 2006.09252.
    """
    if max_length < 3:
        raise ValueError(f"max_length must be at least 3, got {max_length}")
    graph = simple_graph(edge_index, num_nodes)
    _check_walks(graph.adjacency(), max_length)
    start, neighbor = graph.neighbors.start, graph.neighbors.node
    size = graph.num_nodes
    rows = np.repeat(np.arange(size), np.diff(start))
    keys = rows * size + neighbor  # sorted, so that an edge is found by bisection
    found = np.zeros((size, max_length - 2), dtype=np.int64)
    # paths [paths, nodes]; the first node is the least, and the last step of each is to a new node
    todo = [np.stack([rows, neighbor], axis=1)[neighbor > rows]]
    while todo:
        paths = todo.pop()
        if len(paths) > _BLOCK:
            todo += np.array_split(paths, len(paths) // _BLOCK + 1)
            continue
        length = paths.shape[1] + 1
        degree = np.diff(start)[paths[:, -1]]
        first = np.repeat(np.cumsum(degree) - degree, degree)
        step = neighbor[np.repeat(start[paths[:, -1]], degree) + np.arange(degree.sum()) - first]
        paths = np.concatenate([np.repeat(paths, degree, axis=0), step[:, None]], axis=1)
        new = (step > paths[:, 0]) & (paths[:, 1:-1] != step[:, None]).all(axis=1)
        paths = paths[new]
        ends = paths[:, -1] * size + paths[:, 0]
        at = np.minimum(np.searchsorted(keys, ends), keys.size - 1)
        # both ways around are found; the one whose second node is less than its last counts
        closed = (keys[at] == ends) & (paths[:, 1] < paths[:, -1]) if len(paths) else new[:0]
        nodes = paths[closed].ravel()
        found[:, length - 3] += np.bincount(nodes, minlength=size)
        if length < max_length and len(paths):
            todo.append(paths)
    return torch.from_numpy(found).double().to(edge_index.device)


def _check_walks(adjacency, max_length: int) -> None:
    """Raise where there are too many walks that might be paths."""
    walks = np.ones(adjacency.shape[0])
    for length in range(3, max_length + 1):
        walks = adjacency @ (adjacency @ walks if length == 3 else walks)
        # a cycle starts at its least node and goes one of two ways: most walks are cut early
        if walks.sum() > LARGEST:
            raise TooLargeError(
                f"cycles of {length} edges are found among {walks.sum():.1e} walks, and at most "
                f"{LARGEST:,} are looked at; max_length={length - 1} is faster"
            )
