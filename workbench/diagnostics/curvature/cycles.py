"""Triangles and 4-cycles through every edge, in O(m^1.5) steps."""

from typing import no_type_check

import numpy as np
from numba import njit

from workbench.cost import LONGEST_SECONDS, TooLargeError
from workbench.diagnostics.curvature.neighbor_lists import NeighborLists

#: Seconds that one path of two edges takes, on graphs that do not fit the cache.
_STEP = 2e-8


def triangle_sums(
    lists: NeighborLists, node_value: np.ndarray, edge_value: np.ndarray | None = None
) -> np.ndarray:
    """For each edge (u, v) the sum over its triangles (u, v, w) of ``node_value[w]``.

    With ``edge_value``, that of the edges (u, w) and (v, w) is added. The lists are by degree:
    every triangle is met once, from its node of least degree.

    Raises:
        TooLargeError: the graph is so large and dense that it would take longer than half a minute.
    """
    higher = (lists.start[1:] - lists.middle).astype(np.float64)
    _check_work(lists, float(higher[lists.neighbor] @ _is_higher(lists)), "triangles")
    by_rank = np.empty(lists.num_nodes)
    by_rank[lists.rank] = node_value
    if edge_value is None:
        edge_value = np.zeros(lists.num_edges)
    return _triangles(lists.start, lists.middle, lists.neighbor, lists.edge, by_rank, edge_value)


def square_counts(lists: NeighborLists) -> np.ndarray:
    """Number of 4-cycles through each edge, with or without chords.

    The lists are by degree: every 4-cycle is met from its node of highest degree, as two paths of
    two edges to the node opposite (Chiba and Nishizeki 1985).

    Raises:
        TooLargeError: the graph is so large and dense that it would take longer than half a minute.
    """
    length = np.diff(lists.start).astype(np.float64)
    _check_work(lists, 2 * float(length[lists.neighbor] @ ~_is_higher(lists)), "4-cycles")
    return _squares(lists.start, lists.middle, lists.neighbor, lists.edge)


def _is_higher(lists: NeighborLists) -> np.ndarray:
    """Which entries of the lists are neighbors of higher rank."""
    return np.arange(lists.neighbor.size) >= np.repeat(lists.middle, np.diff(lists.start))


def _check_work(lists: NeighborLists, work: float, what: str) -> None:
    if work * _STEP > LONGEST_SECONDS:
        raise TooLargeError(
            f"the {what} of {lists.num_nodes:,} nodes and {lists.num_edges:,} edges would take "
            f"about {work * _STEP / 60:.1f} minutes ({work:.3g} paths of two edges are looked at); "
            "leave out dense parts (torch_geometric.utils.subgraph), or use forman, which needs "
            "degrees only, or approximate_weighted_forman"
        )


@njit(cache=True, nogil=True)
@no_type_check
def _triangles(start, middle, neighbor, edge, node_value, edge_value):
    result = np.zeros(edge_value.size)
    mark = np.zeros(start.size - 1, dtype=np.int32)  # 1 + the edge that leads there
    for u in range(start.size - 1):
        for a in range(middle[u], start[u + 1]):
            mark[neighbor[a]] = edge[a] + 1
        for a in range(middle[u], start[u + 1]):
            v = neighbor[a]
            for b in range(middle[v], start[v + 1]):
                w = neighbor[b]
                if mark[w] > 0:
                    uv, vw, uw = edge[a], edge[b], mark[w] - 1
                    result[uv] += node_value[w] + edge_value[uw] + edge_value[vw]
                    result[vw] += node_value[u] + edge_value[uv] + edge_value[uw]
                    result[uw] += node_value[v] + edge_value[uv] + edge_value[vw]
        for a in range(middle[u], start[u + 1]):
            mark[neighbor[a]] = 0
    return result


@njit(cache=True, nogil=True)
@no_type_check
def _squares(start, middle, neighbor, edge):
    result = np.zeros(edge.size // 2)
    paths = np.zeros(start.size - 1, dtype=np.int64)  # from u over nodes of lower rank
    for u in range(start.size - 1):
        for a in range(start[u], middle[u]):
            v = neighbor[a]
            for b in range(start[v], start[v + 1]):
                if neighbor[b] >= u:
                    break
                paths[neighbor[b]] += 1
        for a in range(start[u], middle[u]):
            v = neighbor[a]
            for b in range(start[v], start[v + 1]):
                if neighbor[b] >= u:
                    break
                others = paths[neighbor[b]] - 1
                result[edge[a]] += others
                result[edge[b]] += others
        for a in range(start[u], middle[u]):
            v = neighbor[a]
            for b in range(start[v], start[v + 1]):
                if neighbor[b] >= u:
                    break
                paths[neighbor[b]] = 0
    return result
