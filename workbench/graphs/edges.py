"""What an edge list means here: range checks, the simple undirected form, components."""

from dataclasses import dataclass
from operator import index

import numpy as np
import torch
from jaxtyping import Float64, Int64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from workbench.typing import EdgeIndex, EdgeWeight


@dataclass(frozen=True)
class UndirectedEdges:
    """The simple undirected graph behind an ``edge_index``: each edge once, ``source < target``.

    Edges are sorted by (source, target). ``weight`` holds conductances, 1 where none were given.
    """

    source: Int64[Tensor, " undirected"]
    target: Int64[Tensor, " undirected"]
    weight: Float64[Tensor, " undirected"]
    num_nodes: int

    @property
    def num_edges(self) -> int:
        """Number of undirected edges."""
        return self.source.numel()

    def degree(self) -> Float64[Tensor, " nodes"]:
        """Sum of conductances at each node (the number of neighbors where there are no weights)."""
        degree = torch.zeros(self.num_nodes, dtype=torch.float64, device=self.source.device)
        degree.index_add_(0, self.source, self.weight)
        return degree.index_add_(0, self.target, self.weight)

    def adjacency(self) -> csr_array:
        """Symmetric sparse matrix of conductances, ``[nodes, nodes]`` on the CPU."""
        source, target, weight = (t.cpu().numpy() for t in (self.source, self.target, self.weight))
        rows, columns = np.concatenate([source, target]), np.concatenate([target, source])
        shape = (self.num_nodes, self.num_nodes)
        return csr_array((np.concatenate([weight, weight]), (rows, columns)), shape=shape)


def check_num_nodes(num_nodes: object) -> None:
    """Raise if ``num_nodes`` is no number of nodes.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is negative.
    """
    try:
        index(num_nodes)
    except TypeError:
        raise TypeError(
            f"num_nodes must be an integer, got {num_nodes!r} ({type(num_nodes).__name__}); "
            "a Data object has it as num_nodes"
        ) from None
    if num_nodes < 0:
        raise ValueError(f"num_nodes must not be negative, got {num_nodes}")


def check_edge_index(edge_index: Tensor, num_nodes: int, *, name: str = "edge_index") -> None:
    """Raise if ``edge_index`` is no edge list of a graph with ``num_nodes`` nodes.

    The message calls it ``name``.

    Raises:
        TypeError: ``edge_index`` is not an int64 tensor, or ``num_nodes`` not an integer.
        ValueError: its shape is not ``[2, edges]``, or an entry is outside ``0 .. num_nodes - 1``.
    """
    _check_columns(name, "edges", edge_index, num_nodes)


def check_pairs(pairs: Tensor, num_nodes: int) -> None:
    """Raise if ``pairs`` is no list of pairs of nodes, one a column.

    Raises:
        TypeError: ``pairs`` is not an int64 tensor, or ``num_nodes`` not an integer.
        ValueError: its shape is not ``[2, pairs]``, or an entry is outside ``0 .. num_nodes - 1``.
    """
    _check_columns("pairs", "pairs", pairs, num_nodes)


def check_edge_weight(
    edge_weight: Tensor,
    edge_index: Tensor,
    *,
    name: str = "edge_weight",
    of: str = "edge_index",
) -> Float64[Tensor, " edges"]:
    """The conductances as float64 on the device of ``edge_index``, one for each of its columns.

    The message calls the two ``name`` and ``of``.

    Raises:
        TypeError: ``edge_weight`` is not a tensor of real numbers.
        ValueError: its shape is not ``[edges]``, or a conductance is negative or not finite.
    """
    if not isinstance(edge_weight, Tensor):
        came = type(edge_weight).__name__
        raise TypeError(
            f"{name} must be a tensor of real numbers, got {came}; {_AS_TENSOR.format(name=name)}"
        )
    if edge_weight.is_complex():
        raise TypeError(
            f"{name} must be a tensor of real numbers, got {edge_weight.dtype}; use {name}.abs()"
        )
    count, came = edge_index.size(1), list(edge_weight.shape)
    if came != [count]:
        if sorted(came) == sorted([1, count]):
            advice = f"use {name}.squeeze({-1 if came[-1] == 1 else 0})"
        elif not came:
            advice = f"for one weight on all use {name}.expand({count})"
        elif 2 * edge_weight.numel() == count:
            advice = "an edge has its weight in both of its columns, one for each direction"
        else:
            advice = "give each column its own"
        raise ValueError(
            f"{name} must have shape [{count}], a conductance for each of the {count} columns of "
            f"{of}, got {came}; {advice}"
        )
    weight = edge_weight.detach().to(edge_index.device, torch.float64)
    wrong = ~torch.isfinite(weight) | (weight < 0)
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        raise ValueError(
            f"{name} holds conductances, finite and not negative; got {float(weight[at])} for the "
            f"edge from {int(edge_index[0, at])} to {int(edge_index[1, at])} (column {at}); leave "
            "the edge out, or give it its strength"
        )
    return weight


#: What to do with a list or an array.
_AS_TENSOR = "use torch.as_tensor({name})"


def _check_columns(name: str, what: str, value: object, num_nodes: object) -> None:
    check_num_nodes(num_nodes)
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be an int64 tensor [2, {what}], got {type(value).__name__}; "
            + _AS_TENSOR.format(name=name)
        )
    if value.dtype != torch.int64:
        raise TypeError(f"{name} must be an int64 tensor, got {value.dtype}; use {name}.long()")
    if value.dim() != 2 or value.size(0) != 2:
        turned = value.dim() == 2 and value.size(1) == 2
        advice = f"use {name}.T" if turned else "for a list of pairs use torch.tensor(pairs).T"
        raise ValueError(f"{name} must have shape [2, {what}], got {list(value.shape)}; {advice}")
    if value.numel() == 0:
        return
    low, high = int(value.min()), int(value.max())
    if low < 0 or high >= num_nodes:
        raise ValueError(
            f"{name} holds nodes {low} to {high}, outside 0 to {num_nodes - 1} "
            f"(num_nodes={num_nodes}); give the right num_nodes or relabel the nodes"
        )


def undirected_edges(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> UndirectedEdges:
    """The simple undirected graph that ``edge_index`` stores in both directions.

    Self-loops are dropped. A repeated edge counts once; where weights are given, repeats are
    parallel conductors and their conductances add. Edges of weight 0 are no edges.

    Raises:
        TypeError: ``edge_index`` is no int64 tensor, ``num_nodes`` no integer, or ``edge_weight``
            no tensor of real numbers.
        ValueError: a shape is wrong, a node does not exist, an edge lacks its reverse or has
            another weight there (make it undirected with ``torch_geometric.utils.to_undirected``),
            or a weight is negative or not finite.
    """
    check_edge_index(edge_index, num_nodes)
    source, target = edge_index
    key = source * num_nodes + target
    off = source != target
    if edge_weight is None:
        key = torch.unique(key[off])
        weight = torch.ones(key.numel(), dtype=torch.float64, device=key.device)
    else:
        weight = check_edge_weight(edge_weight, edge_index)
        off = off & (weight > 0)
        key, inverse = torch.unique(key[off], return_inverse=True)
        summed = torch.zeros(key.numel(), dtype=torch.float64, device=key.device)
        weight = summed.index_add_(0, inverse, weight[off])
    source, target = key // max(num_nodes, 1), key % max(num_nodes, 1)
    reverse = target * num_nodes + source
    order = torch.argsort(reverse)
    one_way = reverse[order] != key
    if bool(one_way.any()):
        at = int(one_way.nonzero()[0])
        lost = min(int(reverse[order][at]), int(key[at]))
        u, v = divmod(lost, num_nodes)
        raise ValueError(
            f"the graph is directed: of nodes {u} and {v} only one direction is stored; this "
            "function needs an undirected graph, so apply "
            "torch_geometric.utils.to_undirected first"
        )
    if not torch.allclose(weight[order], weight, rtol=1e-9, atol=0.0):
        at = int((weight[order] - weight).abs().argmax())
        raise ValueError(
            f"edge ({int(source[at])}, {int(target[at])}) has weight {float(weight[at])} one way "
            f"and {float(weight[order][at])} the other; this function needs an undirected graph, "
            "so apply torch_geometric.utils.to_undirected(..., reduce='mean') first"
        )
    up = source < target
    return UndirectedEdges(source[up], target[up], weight[up], num_nodes)


def both_directions(source: Tensor, target: Tensor) -> EdgeIndex:
    """``edge_index`` with every edge in both directions, sorted by (source, target)."""
    edge_index = torch.stack([torch.cat([source, target]), torch.cat([target, source])])
    bound = int(edge_index.max()) + 1 if edge_index.numel() else 1
    return edge_index[:, torch.argsort(edge_index[0] * bound + edge_index[1])]


def components(edge_index: EdgeIndex, num_nodes: int) -> Int64[Tensor, " nodes"]:
    """Component number of each node, counted from 0; direction is ignored, isolated nodes count."""
    check_edge_index(edge_index, num_nodes)
    source, target = edge_index.cpu().numpy()
    ones = np.ones(source.size, dtype=np.int8)
    graph = csr_array((ones, (source, target)), shape=(num_nodes, num_nodes))
    if num_nodes == 0:
        return torch.zeros(0, dtype=torch.int64, device=edge_index.device)
    _, labels = connected_components(graph, directed=False)
    return torch.from_numpy(labels.astype(np.int64)).to(edge_index.device)
