"""Values of undirected edges, or of arcs, for the columns of an ``edge_index``."""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64
from numba import njit
from torch import Tensor

from workbench.topology.simple_graph import SimpleGraph
from workbench.typing import EdgeIndex


def as_columns(
    graph: SimpleGraph,
    value: np.ndarray | Tensor,
    edge_index: EdgeIndex,
    *,
    missing: float = 0.0,
) -> Float64[Tensor, " edges"]:
    """The value of each undirected edge, for each column of the ``edge_index`` it came from.

    Columns that are no edge of the graph (self-loops, weight 0) get ``missing``.
    """
    (source, target), (one, other) = graph.ends, edge_index.cpu().numpy()
    first = _starts(source, graph.num_nodes)
    value = value.cpu().numpy() if isinstance(value, Tensor) else value
    result = _look_up(first, target, value, one, other, True, float(missing))
    return torch.from_numpy(result).to(edge_index.device)


def as_arcs(
    start: np.ndarray, neighbor: np.ndarray, value: np.ndarray, edge_index: EdgeIndex
) -> Float64[Tensor, " edges"]:
    """The value of each arc of sorted lists, for each column of ``edge_index``; 0 where none is."""
    result = _look_up(start, neighbor, value, *edge_index.cpu().numpy(), False, 0.0)
    return torch.from_numpy(result).to(edge_index.device)


@njit(cache=True, nogil=True)
@no_type_check
def _starts(source, num_nodes):
    """Where the edges of each node begin among those sorted by ``source``."""
    first = np.zeros(num_nodes + 1, dtype=np.int64)
    for u in source:
        first[u + 1] += 1
    for v in range(num_nodes):
        first[v + 1] += first[v]
    return first


@njit(cache=True, nogil=True)
@no_type_check
def _look_up(first, target, value, one, other, undirected, missing):
    result = np.full(one.size, missing)
    for e in range(one.size):
        u, v = one[e], other[e]
        if undirected and u > v:
            u, v = v, u
        low, end = first[u], first[u + 1]
        high = end
        while low < high:
            half = (low + high) // 2
            if target[half] < v:
                low = half + 1
            else:
                high = half
        if low < end and target[low] == v:
            result[e] = value[low]
    return result
