"""Balanced Forman curvature of every edge: negative where a graph squeezes."""

from typing import Literal, no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit
from torch import Tensor

from workbench.cost import EQUAL_DEGREES, LONGEST_SECONDS, TooLargeError, diagnostic, duration
from workbench.topology import as_arcs, as_columns, check_edge_index, simple_graph
from workbench.topology.search import lists
from workbench.typing import EdgeIndex


@diagnostic(
    of="edge",
    seconds=lambda n, m: 2e-7 * m * (1 + 2 * m / max(n, 1)),
    bytes=lambda n, m: 40.0 * n + 100.0 * m,
    how=EQUAL_DEGREES,
)
def balanced_forman(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    variant: Literal["paper", "official"] = "paper",
) -> Float64[Tensor, " edges"]:
    """Balanced Forman curvature of every edge, from its triangles and 4-cycles.

        Ric(i, j) = 0                                                   if min(d_i, d_j) = 1, else
        Ric(i, j) = 2/d_i + 2/d_j - 2 + 2 |T|/max(d_i, d_j) + |T|/min(d_i, d_j)
                    + (|S_i| + |S_j|) / (gamma max(d_i, d_j))

    where T are the common neighbors of i and j, S_i the neighbors k of i that close a 4-cycle
    i-k-w-j without diagonals, and gamma the largest number of such w for one k (on either side).
    The last term is 0 where there are no such cycles.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        variant: ``"paper"`` for the published formula; ``"official"`` for the arithmetic of the
            released CUDA kernel, which counts into S_i every k in N(j) with
            ``(A^2)_ik > A_ik`` (so i itself and every private neighbor) and has no rule for degree
            1. It is defined for directed graphs too, and takes each arc as it stands.

    Returns:
        ``[edges]`` float64, aligned with the columns of ``edge_index``; no unit; above -2.

    Self-loops get 0 and count nowhere. A repeated edge counts once; each of its columns gets its
    value. Isolated nodes and components do not matter. The curvature has no weighted form.

    Sorted neighbor lists are merged edge by edge: no matrix is formed. On CUDA input the counting
    runs on the CPU.

    Raises:
        ValueError: an unknown variant; a directed graph with ``variant="paper"``.
        TooLargeError: hubs make it longer than half a minute; the message gives the number of
            paths of two edges and the largest degree.

    Differs from the paper: not at all by default. Its code differs: see ``variant``.

    Examples:
        >>> from workbench.diagnostics import balanced_forman
        >>> from workbench.graphs import complete, ring
        >>> balanced_forman(ring(4).edge_index, 4).unique().tolist()
        [1.0]
        >>> balanced_forman(complete(3).edge_index, 3).unique().tolist()  # 1 + 1 - 2 + 1 + 1 / 2
        [1.5]

    References:
        Topping, Di Giovanni, Chamberlain, Dong and Bronstein, Understanding over-squashing and
        bottlenecks on graphs via curvature, ICLR 2022, arXiv 2111.14522.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
    if variant == "official":
        return _official(edge_index, num_nodes)
    graph = simple_graph(edge_index, num_nodes)
    (source, target), (start, node, edge, _) = graph.ends, graph.neighbors
    degree = np.diff(start)
    one, other = degree[source], degree[target]
    _check_work(degree, float(one @ (other > 1) + other @ (one > 1)))
    triangles, squares, most = _square_counts(start, node, edge)
    low, high = _sorted_pair(one, other)
    value = 2 / low + 2 / high - 2 + (2 / high + 1 / low) * triangles
    value += np.divide(squares, most * high, out=np.zeros_like(value), where=most > 0)
    return as_columns(graph, np.where(low == 1, 0.0, value), edge_index)


def _official(edge_index: EdgeIndex, num_nodes: int) -> Float64[Tensor, " edges"]:
    check_edge_index(edge_index, num_nodes)
    ends = edge_index[:, edge_index[0] != edge_index[1]].cpu().numpy()
    out, into = lists(*ends, num_nodes), lists(*ends[::-1], num_nodes)
    # the kernel takes the in-degree of i and the out-degree of j for the arc i -> j
    degree_in, degree_out = np.diff(into.start), np.diff(out.start)
    source = np.repeat(np.arange(num_nodes), degree_out)
    _check_work(degree_out, float(degree_out[source] @ (degree_out[out.neighbor] > 0)))
    paths, sharp, most = _walk_counts(*out, *into)
    _, sharp_back, most_back = _walk_counts(*into, *out)
    reverse = _reverse_arcs(out.neighbor, source)
    sharp, most = sharp + sharp_back[reverse], np.maximum(most, most_back[reverse])
    low, high = _sorted_pair(degree_in[source], degree_out[out.neighbor])
    usable = low > 0
    low, high = np.where(usable, low, 1.0), np.where(usable, high, 1.0)
    value = 2 / high + 2 / low - 2 + (2 / high + 1 / low) * paths
    value += np.divide(sharp, high * most, out=np.zeros_like(value), where=most > 0)
    return as_arcs(*out, np.where(usable, value, 0.0), edge_index)


def _check_work(degree: np.ndarray, work: float) -> None:
    """Two steps along every arc are looked at, but for the paper none from a node of degree 1."""
    seconds = 1.5e-8 * work
    if seconds > LONGEST_SECONDS:
        raise TooLargeError(
            f"balanced_forman of {degree.size:,} nodes would take {duration(seconds)}:"
            f" it has {work:.3g} paths of two edges, and the largest degree is "
            f"{int(degree.max()):,}; leave out the hubs (torch_geometric.utils.subgraph)"
        )


def _reverse_arcs(target: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Place of each arc (i, j) in the lists of the graph with all arcs turned round."""
    order = np.lexsort((source, target))  # arcs by (target, source): the order of the turned
    place = np.empty(source.size, dtype=np.int64)
    place[order] = np.arange(source.size)
    return place


def _sorted_pair(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(first, second).astype(float), np.maximum(first, second).astype(float)


@njit(cache=True, nogil=True)
@no_type_check
def _square_counts(start, neighbor, edge):
    """For each edge i, j: |T|, the number of k in S_i and in S_j, and the largest c(k) of all.

    c(k) = |N(k) & N(j)| - 1 - |N(k) & N(j) & N(i)|: all paths k-w-j but those through i (the 1)
    and those through a common neighbor of i and j.
    """
    num_nodes, num_edges = start.size - 1, neighbor.size // 2
    triangles = np.zeros(num_edges)
    squares = np.zeros(num_edges)
    most = np.zeros(num_edges)
    paths = np.zeros(num_nodes, dtype=np.int64)  # (A^2)_jk for the present j
    through = np.zeros(num_nodes, dtype=np.int64)  # paths k-w-j with w a neighbor of i too
    near = np.zeros(num_nodes, dtype=np.bool_)  # is k a neighbor of j
    common = np.empty(num_nodes, dtype=np.int64)
    for j in range(num_nodes):
        if start[j + 1] - start[j] < 2:
            continue
        for a in range(start[j], start[j + 1]):
            near[neighbor[a]] = True
            for b in range(start[neighbor[a]], start[neighbor[a] + 1]):
                paths[neighbor[b]] += 1
        for a in range(start[j], start[j + 1]):
            i = neighbor[a]
            count = 0
            for b in range(start[i], start[i + 1]):
                if near[neighbor[b]]:
                    common[count] = neighbor[b]
                    count += 1
            triangles[edge[a]] = count
            private = start[i + 1] - start[i] - count - 1
            if private == 0:
                continue
            for c in range(count):
                for b in range(start[common[c]], start[common[c] + 1]):
                    through[neighbor[b]] += 1
            for b in range(start[i], start[i + 1]):
                k = neighbor[b]
                if k != j and not near[k]:
                    cycles = paths[k] - 1 - through[k]
                    if cycles > 0:
                        squares[edge[a]] += 1
                        most[edge[a]] = max(most[edge[a]], cycles)
            for c in range(count):
                for b in range(start[common[c]], start[common[c] + 1]):
                    through[neighbor[b]] = 0
        for a in range(start[j], start[j + 1]):
            near[neighbor[a]] = False
            for b in range(start[neighbor[a]], start[neighbor[a] + 1]):
                paths[neighbor[b]] = 0
    return triangles, squares, most


@njit(cache=True, nogil=True)
@no_type_check
def _walk_counts(out_start, out_neighbor, in_start, in_neighbor):
    """For each arc i -> j: (A^2)_ij, and over k -> j the count and largest of A^2_ik - A_ik > 0."""
    num_nodes, num_arcs = out_start.size - 1, out_neighbor.size
    walks = np.zeros(num_arcs)
    sharp = np.zeros(num_arcs)
    most = np.zeros(num_arcs)
    paths = np.zeros(num_nodes, dtype=np.int64)  # (A^2 - A)_ik for the present i
    for i in range(num_nodes):
        for a in range(out_start[i], out_start[i + 1]):
            paths[out_neighbor[a]] -= 1
            for b in range(out_start[out_neighbor[a]], out_start[out_neighbor[a] + 1]):
                paths[out_neighbor[b]] += 1
        for a in range(out_start[i], out_start[i + 1]):
            j = out_neighbor[a]
            walks[a] = paths[j] + 1
            for b in range(in_start[j], in_start[j + 1]):
                value = paths[in_neighbor[b]]
                if value > 0:
                    sharp[a] += 1
                    most[a] = max(most[a], value)
        for a in range(out_start[i], out_start[i + 1]):
            paths[out_neighbor[a]] = 0
            for b in range(out_start[out_neighbor[a]], out_start[out_neighbor[a] + 1]):
                paths[out_neighbor[b]] = 0
    return walks, sharp, most
