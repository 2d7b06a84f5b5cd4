"""One undirected graph, read and checked once: ends, weights, degrees, neighbors, components."""

from collections.abc import Iterator
from functools import cached_property
from math import frexp
from typing import NamedTuple, no_type_check

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numba import njit
from scipy.sparse import csr_array
from torch import Tensor

from workbench.topology.checks import check_edge_index, check_edge_weight
from workbench.typing import EdgeIndex, EdgeWeight

#: Two weights of one edge, one for each direction, may differ by this share.
SAME_WEIGHT = 1e-9


#: Conductances of one graph may lie so far apart: products of two stay clear of underflow.
WIDEST = 1e140

#: A largest conductance is near 1 where it lies between this and one over it.
_NEAR_ONE = 1e30


class Neighbors(NamedTuple):
    """Sorted neighbors of every node, for compiled loops.

    Attributes:
        start: ``[nodes + 1]``; the neighbors of v are ``node[start[v] : start[v + 1]]``.
        node: ``[2 edges]`` the neighbor.
        edge: ``[2 edges]`` which undirected edge leads there.
        weight: ``[2 edges]`` its conductance.
    """

    start: np.ndarray
    node: np.ndarray
    edge: np.ndarray
    weight: np.ndarray


class SimpleGraph:
    """The simple undirected graph behind an ``edge_index``: each edge once, ``source < target``.

    Edges are sorted by (source, target). What is computed from them is kept, so that two
    functions that ask the same graph for its components ask once. Nothing here is to be changed in
    place.

    Attributes:
        source, target: ``[edges]`` ends of each edge, on the device of the input.
        weight: ``[edges]`` conductances, 1 where none were given.
        num_nodes: isolated ones included.
    """

    def __init__(
        self,
        source: Int64[Tensor, " undirected"],
        target: Int64[Tensor, " undirected"],
        weight: Float64[Tensor, " undirected"],
        num_nodes: int,
    ):
        self.source, self.target, self.weight = source, target, weight
        self.num_nodes = num_nodes

    @property
    def num_edges(self) -> int:
        """Number of undirected edges."""
        return self.source.numel()

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.source.device

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """``source`` and ``target`` as arrays."""
        return self.source.cpu().numpy(), self.target.cpu().numpy()

    @cached_property
    def conductance(self) -> np.ndarray:
        """``weight`` as an array."""
        return self.weight.cpu().numpy()

    @cached_property
    def neighbors(self) -> Neighbors:
        """Neighbor lists."""
        return Neighbors(*_neighbors(*self.ends, self.conductance, self.num_nodes))

    @cached_property
    def strength(self) -> np.ndarray:
        """``degree()`` as an array."""
        return _sums(*self.ends, self.conductance, self.num_nodes)

    @cached_property
    def unit(self) -> tuple["SimpleGraph", float]:
        """The graph with its largest conductance near 1, and the power of two it was divided by.

        Products of conductances then neither overflow nor underflow. The graph itself, and 1, where
        the largest is not far from 1 already.

        Raises:
            ValueError: the conductances span more than ``WIDEST``.
        """
        if self.num_edges == 0:
            return self, 1.0
        high = float(self.conductance.max())
        if float(self.conductance.min()) < high / WIDEST:
            raise too_wide(self.conductance)
        if 1 / _NEAR_ONE <= high <= _NEAR_ONE:
            return self, 1.0
        scale = 2.0 ** (frexp(high)[1] - 1)
        graph = SimpleGraph(self.source, self.target, self.weight / scale, self.num_nodes)
        return graph, scale

    def degree(self) -> Float64[Tensor, " nodes"]:
        """Sum of conductances at each node (the number of neighbors where there are no weights)."""
        return torch.from_numpy(self.strength.copy()).to(self.device)

    @cached_property
    def _labels(self) -> tuple[np.ndarray, int]:
        return _components(*self.ends, self.num_nodes)

    @cached_property
    def labels(self) -> Int64[Tensor, " nodes"]:
        """Component number of each node, counted from 0 in the order of their first nodes."""
        return torch.from_numpy(self._labels[0]).to(self.device)

    @property
    def num_components(self) -> int:
        """Number of components; isolated nodes count."""
        return self._labels[1]

    def parts(self) -> Iterator[tuple[Int64[Tensor, " part"], "SimpleGraph"]]:
        """(nodes, their graph renumbered) of every component with an edge."""
        if self.num_components == 1 and self.num_edges:
            yield torch.arange(self.num_nodes, device=self.device), self
            return
        nodes_by_label = torch.argsort(self.labels, stable=True)
        edges_by_label = self.labels[self.source]
        order = torch.argsort(edges_by_label, stable=True)
        node_counts = torch.bincount(self.labels, minlength=self.num_components).tolist()
        edge_counts = torch.bincount(edges_by_label, minlength=self.num_components).tolist()
        local = torch.empty_like(self.labels)
        all_nodes, all_edges = nodes_by_label.split(node_counts), order.split(edge_counts)
        for nodes, edges in zip(all_nodes, all_edges, strict=True):
            if edges.numel():
                local[nodes] = torch.arange(nodes.numel(), device=self.device)
                ends = local[self.source[edges]], local[self.target[edges]]
                yield nodes, SimpleGraph(*ends, self.weight[edges], nodes.numel())

    def adjacency(self) -> csr_array:
        """Symmetric sparse matrix of conductances, ``[nodes, nodes]`` on the CPU."""
        start, node, _, weight = self.neighbors
        return csr_array((weight.copy(), node.copy(), start.copy()), shape=(self.num_nodes,) * 2)

    def edge_index(self) -> EdgeIndex:
        """Both directions of every edge, sorted by (source, target)."""
        start, node, _, _ = self.neighbors
        rows = np.repeat(np.arange(self.num_nodes), np.diff(start))
        return torch.from_numpy(np.stack([rows, node])).to(self.device)

    def edge_weight(self) -> EdgeWeight:
        """Conductances in the order of ``edge_index``."""
        return torch.from_numpy(self.neighbors.weight.copy()).to(self.device)


def too_wide(conductance: np.ndarray) -> ValueError:
    """The error for conductances that lie too far apart for the arithmetic that is asked for."""
    low, high = float(conductance.min()), float(conductance.max())
    return ValueError(
        f"the conductances span {low:g} to {high:g}, too wide for float64; leave out the weakest "
        "edges or bring the weights closer together"
    )


class DirectedGraphError(ValueError):
    """An edge lacks its reverse, or has another weight there."""


def simple_graph(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> SimpleGraph:
    """The simple undirected graph that ``edge_index`` stores in both directions.

    Self-loops are dropped. A repeated edge counts once; where weights are given, repeats are
    parallel conductors and their conductances add. Edges of weight 0 are no edges.

    Raises:
        TypeError: ``edge_index`` is no int64 tensor, ``num_nodes`` no integer, or ``edge_weight``
            no tensor of real numbers.
        DirectedGraphError: a ValueError; an edge lacks its reverse or has another weight there
            (make it undirected with ``torch_geometric.utils.to_undirected``).
        ValueError: a shape is wrong, a node does not exist, or a weight is negative or not finite.

    Examples:
        >>> import torch
        >>> from workbench.topology import simple_graph
        >>> edge_index = torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 0, 2]])  # a repeat, a self-loop
        >>> graph = simple_graph(edge_index, 3)
        >>> graph.num_edges, graph.degree().tolist()
        (1, [1.0, 1.0, 0.0])
    """
    check_edge_index(edge_index, num_nodes)
    num_nodes, device = int(num_nodes), edge_index.device
    columns = edge_index.cpu().numpy()
    tolerance = SAME_WEIGHT if edge_weight is None else same_weight(edge_weight)
    if edge_weight is None:
        value = np.ones(columns.shape[1])
    else:
        value = check_edge_weight(edge_weight, edge_index).cpu().numpy()
    found = _read(columns[0], columns[1], value, edge_weight is not None, num_nodes, tolerance)
    source, target, weight, wrong_from, wrong_to, one, other = found
    if wrong_from >= 0:
        raise _not_undirected(wrong_from, wrong_to, one, other)
    tensors = (torch.from_numpy(array).to(device) for array in (source, target, weight))
    graph = SimpleGraph(*tensors, num_nodes)
    graph.ends, graph.conductance = (source, target), weight
    return graph


def both_directions(source: Tensor, target: Tensor) -> EdgeIndex:
    """``edge_index`` with every edge in both directions, sorted by (source, target).

    Examples:
        >>> import torch
        >>> from workbench.topology import both_directions
        >>> both_directions(torch.tensor([0, 1]), torch.tensor([1, 2])).tolist()
        [[0, 1, 1, 2], [1, 0, 2, 1]]
    """
    edge_index = torch.stack([torch.cat([source, target]), torch.cat([target, source])])
    bound = int(edge_index.max()) + 1 if edge_index.numel() else 1
    return edge_index[:, torch.argsort(edge_index[0] * bound + edge_index[1])]


def same_weight(edge_weight: Tensor) -> float:
    """Relative difference up to which the two directions of an edge have the same weight.

    That of ``SAME_WEIGHT``, or a few roundings in the precision that the weights came in: those of
    PyG's ``gcn_norm`` differ by one in single precision.
    """
    dtype = getattr(edge_weight, "dtype", None)
    of_floats = isinstance(dtype, torch.dtype) and dtype.is_floating_point
    return max(SAME_WEIGHT, 8 * torch.finfo(dtype).eps) if of_floats else SAME_WEIGHT


def components(edge_index: EdgeIndex, num_nodes: int) -> Int64[Tensor, " nodes"]:
    """Component number of each node, counted from 0; direction is ignored, isolated nodes count.

    Examples:
        >>> import torch
        >>> from workbench.topology import components
        >>> components(torch.tensor([[0, 1], [1, 0]]), 4).tolist()
        [0, 0, 1, 2]
    """
    check_edge_index(edge_index, num_nodes)
    labels, _ = _components(*edge_index.cpu().numpy(), int(num_nodes))
    return torch.from_numpy(labels).to(edge_index.device)


def _not_undirected(u: int, v: int, one: float, other: float) -> DirectedGraphError:
    if other == 0.0:
        return DirectedGraphError(
            f"the graph is directed: of nodes {u} and {v} only one direction is stored; this "
            "function needs an undirected graph, so apply "
            "torch_geometric.utils.to_undirected first"
        )
    return DirectedGraphError(
        f"edge ({u}, {v}) has weight {one} one way and {other} the other; this function needs an "
        "undirected graph, so apply torch_geometric.utils.to_undirected(..., reduce='mean') first"
    )


@njit(cache=True, nogil=True)
@no_type_check
def _read(source, target, value, summed, num_nodes, same):
    """Each edge once, ``source < target``, sorted; and the first pair that has no equal reverse.

    Two stable counting sorts, by target and then by source, order the columns; a third, by target
    again, lays the reverse of every edge beside it.
    """
    kept = 0
    for k in range(source.size):
        kept += source[k] != target[k] and value[k] > 0.0
    by_target = np.empty(kept, dtype=np.int64)
    place = np.zeros(num_nodes + 1, dtype=np.int64)
    for k in range(source.size):
        if source[k] != target[k] and value[k] > 0.0:
            place[target[k] + 1] += 1
    for v in range(num_nodes):
        place[v + 1] += place[v]
    for k in range(source.size):
        if source[k] != target[k] and value[k] > 0.0:
            by_target[place[target[k]]] = k
            place[target[k]] += 1
    order = np.empty(kept, dtype=np.int64)
    place[:] = 0
    for k in by_target:
        place[source[k] + 1] += 1
    for v in range(num_nodes):
        place[v + 1] += place[v]
    for k in by_target:
        order[place[source[k]]] = k
        place[source[k]] += 1
    # repeats stand side by side now
    rows, columns = np.empty(kept, dtype=np.int64), np.empty(kept, dtype=np.int64)
    weight = np.empty(kept)
    count = 0
    for k in order:
        if count and rows[count - 1] == source[k] and columns[count - 1] == target[k]:
            if summed:
                weight[count - 1] += value[k]
            continue
        rows[count], columns[count], weight[count] = source[k], target[k], value[k]
        count += 1
    turned = np.empty(count, dtype=np.int64)
    place[:] = 0
    for k in range(count):
        place[columns[k] + 1] += 1
    for v in range(num_nodes):
        place[v + 1] += place[v]
    for k in range(count):
        turned[place[columns[k]]] = k
        place[columns[k]] += 1
    up = 0
    for k in range(count):
        r = turned[k]
        if rows[k] != columns[r] or columns[k] != rows[r]:
            # whichever of the two comes first in this order has no partner
            first = rows[k] < columns[r] or (rows[k] == columns[r] and columns[k] < rows[r])
            u, v = (rows[k], columns[k]) if first else (columns[r], rows[r])
            return rows[:0], rows[:0], weight[:0], u, v, 1.0, 0.0
        if abs(weight[k] - weight[r]) > same * weight[r]:
            return rows[:0], rows[:0], weight[:0], rows[k], columns[k], weight[k], weight[r]
        up += rows[k] < columns[k]
    low, high = np.empty(up, dtype=np.int64), np.empty(up, dtype=np.int64)
    conductance = np.empty(up)
    up = 0
    for k in range(count):
        if rows[k] < columns[k]:
            low[up], high[up], conductance[up] = rows[k], columns[k], weight[k]
            up += 1
    return low, high, conductance, -1, -1, 0.0, 0.0


@njit(cache=True, nogil=True)
@no_type_check
def _neighbors(source, target, weight, num_nodes):
    """Neighbor lists of sorted edges: first the smaller neighbors of each node, then the larger."""
    count = source.size
    start = np.zeros(num_nodes + 1, dtype=np.int64)
    for e in range(count):
        start[source[e] + 1] += 1
        start[target[e] + 1] += 1
    for v in range(num_nodes):
        start[v + 1] += start[v]
    place = start[:-1].copy()
    node, edge = np.empty(2 * count, dtype=np.int64), np.empty(2 * count, dtype=np.int64)
    value = np.empty(2 * count)
    for e in range(count):
        at = place[target[e]]
        node[at], edge[at], value[at] = source[e], e, weight[e]
        place[target[e]] += 1
    for e in range(count):
        at = place[source[e]]
        node[at], edge[at], value[at] = target[e], e, weight[e]
        place[source[e]] += 1
    return start, node, edge, value


@njit(cache=True, nogil=True)
@no_type_check
def _sums(source, target, weight, num_nodes):
    degree = np.zeros(num_nodes)
    for e in range(source.size):
        degree[source[e]] += weight[e]
    for e in range(source.size):
        degree[target[e]] += weight[e]
    return degree


@njit(cache=True, nogil=True)
@no_type_check
def _components(source, target, num_nodes):
    """Labels in the order of first nodes, and their number: union by the smaller root, halving."""
    root = np.arange(num_nodes)
    for e in range(source.size):
        u, v = source[e], target[e]
        while root[u] != u:
            root[u] = root[root[u]]
            u = root[u]
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        if u < v:
            root[v] = u
        elif v < u:
            root[u] = v
    label, count = np.empty(num_nodes, dtype=np.int64), 0
    for v in range(num_nodes):
        if root[v] == v:
            label[v] = count
            count += 1
        else:
            label[v] = label[root[v]]
    return label, count
