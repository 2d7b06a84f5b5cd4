"""What every rewiring returns, and how a list of edits becomes an edge list."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from workbench.rewiring.presence import difference
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex


def _no_origin() -> Int64[Tensor, "2 0"]:
    return torch.zeros(2, 0, dtype=torch.int64)


@dataclass(frozen=True)
class Rewired:
    """A rewired graph, and what of it comes from the graph before.

    Attributes:
        edge_index: the kept columns of the input in their order, then the new ones. Where there
            are ``edits``, those are both directions of the new edges, in the order of the edits.
        num_nodes: new nodes stand at the end.
        kept: which columns of the input's ``edge_index`` are still there.
        edge_weight: conductance of each column where the method makes weights; otherwise None:
            kept columns keep theirs, new ones have 1.
        edge_type: 0 for a kept column, 1, 2, ... for new ones, where the method makes several
            kinds.
        origin: what the features of new nodes start from, one column a pair of a new node and an
            old one. A new node starts at the sum of its old ones, each times its
            ``origin_weight``; one that has none, at 0.
        origin_weight: shares, no conductances.
        edits: one column an edit, in order; rows are the sign (+1 adds, -1 removes), u and v, with
            ``u < v``. None if the rewiring is no sequence of undirected edits.
        score: what the method maximized at each edit, in the unit its docstring names; nan where
            it maximized nothing.
        num_tied: how many edits were as good at each edit, itself included; 1 if it was the
            only best one, and where the method maximized nothing.
    """

    edge_index: Int64[Tensor, "2 edges"]
    num_nodes: int
    kept: Bool[Tensor, " columns"]
    edge_weight: Float[Tensor, " edges"] | None = None
    edge_type: Int64[Tensor, " edges"] | None = None
    origin: Int64[Tensor, "2 origins"] = field(default_factory=_no_origin)
    origin_weight: Float64[Tensor, " origins"] = field(
        default_factory=lambda: torch.zeros(0, dtype=torch.float64)
    )
    edits: Int64[Tensor, "3 edits"] | None = None
    score: Float64[Tensor, " edits"] | None = None
    num_tied: Int64[Tensor, " edits"] | None = None

    @property
    def is_new(self) -> Bool[Tensor, " edges"]:
        """Which columns of ``edge_index`` were not there before."""
        columns = torch.arange(self.edge_index.size(1), device=self.edge_index.device)
        return columns >= self.kept.sum()

    @property
    def added(self) -> Int64[Tensor, "2 added"]:
        """The added edges, one column each with ``u < v``, in the order of the edits.

        Raises:
            ValueError: there are no edits.
        """
        return self._edits_of(1)

    @property
    def removed(self) -> Int64[Tensor, "2 removed"]:
        """The removed edges, as ``added``."""
        return self._edits_of(-1)

    def _edits_of(self, sign: int) -> Tensor:
        if self.edits is None:
            raise ValueError(
                "this rewiring is no sequence of edits; its new columns are "
                "edge_index[:, is_new], what is left of the input is kept"
            )
        return self.edits[1:, self.edits[0] == sign]


@dataclass(frozen=True)
class LayeredRewired:
    """A graph for each layer of a model, all on the same nodes.

    Attributes:
        layers: the first is what the first layer passes messages on.

    Raises:
        ValueError: there is no layer, or two of them differ in their nodes, in the graph they come
            from, or in the weight or type of one edge.
    """

    layers: tuple[Rewired, ...]

    def __post_init__(self):
        if not self.layers:
            raise ValueError("a layered rewiring needs at least one layer, got none")
        first = self.layers[0]
        for at, layer in enumerate(self.layers):
            if layer.num_nodes != first.num_nodes or not torch.equal(layer.origin, first.origin):
                raise ValueError(f"layer {at} has other nodes than layer 0; they must be the same")
            if layer.kept.numel() != first.kept.numel():
                raise ValueError(
                    f"layer {at} keeps some of {layer.kept.numel()} columns, layer 0 of "
                    f"{first.kept.numel()}; all layers must come from one graph"
                )
        self.union  # noqa: B018 - refuses what no union can hold

    @cached_property
    def union(self) -> Rewired:
        """All edges of all layers: kept columns in their order, new ones by (source, target)."""
        inverse, count = self._places
        first = self.layers[0]
        kept = torch.stack([layer.kept for layer in self.layers]).any(dim=0)
        return Rewired(
            edge_index=self._join("edge_index", inverse, count),
            num_nodes=first.num_nodes,
            kept=kept,
            edge_weight=self._join("edge_weight", inverse, count),
            edge_type=self._join("edge_type", inverse, count),
            origin=first.origin,
            origin_weight=first.origin_weight,
        )

    @cached_property
    def edge_layers(self) -> Bool[Tensor, "edges layers"]:
        """Which layers each edge of the union is in."""
        inverse, count = self._places
        sizes = [layer.edge_index.size(1) for layer in self.layers]
        there = inverse.new_zeros(count, len(sizes), dtype=torch.bool)
        for at, places in enumerate(inverse.split(sizes)):
            there[places, at] = True
            if int(there[:, at].sum()) < places.numel():
                raise ValueError(f"layer {at} has a new edge twice; a union holds it once")
        return there

    @cached_property
    def _places(self) -> tuple[Tensor, int]:
        """Where each column of each layer stands in the union, and how many columns that has."""
        names = []
        for layer in self.layers:
            old = layer.kept.nonzero().squeeze(1)
            u, v = layer.edge_index[:, old.numel() :]
            names += [old, layer.kept.numel() + u * layer.num_nodes + v]
        found, inverse = torch.unique(torch.cat(names), return_inverse=True)
        return inverse, found.numel()

    def _join(self, name: str, inverse: Tensor, count: int) -> Tensor | None:
        """One attribute of every column of the union, which all layers must agree on."""
        values = [getattr(layer, name) for layer in self.layers]
        if all(value is None for value in values):
            return None
        if any(value is None for value in values):
            raise ValueError(f"either all layers have an {name} or none")
        every = torch.cat(values, dim=-1)
        union = every.new_zeros(*every.shape[:-1], count)
        union[..., inverse] = every
        if not torch.equal(union[..., inverse], every):
            raise ValueError(f"two layers give one edge another {name}; a union holds one")
        return union


def edges_of_layer(
    layer: int,
    edge_layers: Bool[Tensor, "edges layers"] | None,
    edge_index: EdgeIndex,
    *columns: Tensor | None,
) -> tuple[Tensor | None, ...]:
    """What one layer of a model sees of a layered graph.

    Args:
        layer: from 0.
        edge_layers: which layers each edge is in, as ``rewired_data`` gives it to a ``Data``; None
            where every layer sees every edge.
        edge_index: ``[2, edges]``.
        columns: other attributes with a row for each edge, or None.

    Returns:
        ``edge_index`` and ``columns`` of that layer.

    Raises:
        ValueError: the graph has no such layer.

    Examples:
        >>> import torch
        >>> from workbench.rewiring import edges_of_layer
        >>> edge_index = torch.tensor([[0, 1, 2], [1, 2, 0]])
        >>> edge_layers = torch.tensor([[True, True], [True, False], [False, True]])
        >>> edges_of_layer(1, edge_layers, edge_index)[0].tolist()
        [[0, 2], [1, 0]]
    """
    if edge_layers is None:
        return edge_index, *columns
    if not 0 <= layer < edge_layers.size(1):
        raise ValueError(
            f"the graph is rewired for {edge_layers.size(1)} layers, and layer {layer} is asked "
            "for; rewire it for as many as the model has"
        )
    here = edge_layers[:, layer]
    return edge_index[:, here], *(None if c is None else c[here] for c in columns)


def apply_edits(
    edge_index: EdgeIndex,
    num_nodes: int,
    edits: Int64[Tensor, "3 edits"],
    score: Float64[Tensor, " edits"] | None = None,
    num_tied: Int64[Tensor, " edits"] | None = None,
    *,
    graph: SimpleGraph | None = None,
) -> Rewired:
    """The graph after ``edits``, as every rewiring returns it.

    Rows of ``edits`` are the sign, u and v; u and v may come in either order. Self-loops of the
    input stay. A repeated edge stays repeated, and goes as a whole when it is removed. An edge that
    is removed and added again keeps its original columns; one that is added and removed again
    leaves no trace in ``edge_index``, but both edits stay in ``edits``. ``graph`` is the simple
    graph of ``edge_index``, where that has been read before.

    Raises:
        ValueError: the graph is directed, or an edit is impossible: a sign other than +1 and -1, a
            self-loop, a node out of range, an edge added that exists or removed that does not.

    Examples:
        >>> import torch
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import apply_edits
        >>> edits = torch.tensor([[1], [0], [3]])  # add the edge (0, 3): a ring
        >>> apply_edits(path(4).edge_index, 4, edits).edge_index.tolist()
        [[0, 1, 1, 2, 2, 3, 0, 3], [1, 0, 2, 1, 3, 2, 3, 0]]
    """
    graph = simple_graph(edge_index, num_nodes) if graph is None else graph
    rows = with_ends_in_order(edits)
    source, target = graph.ends
    gone, new = difference(source * num_nodes + target, num_nodes, rows)

    kept = torch.ones(edge_index.size(1), dtype=torch.bool, device=edge_index.device)
    left = edge_index
    if gone.size:
        keys = torch.minimum(*edge_index) * num_nodes + torch.maximum(*edge_index)
        kept &= ~torch.isin(keys, torch.from_numpy(gone).to(keys.device))
        left = edge_index[:, kept]
    u, v = new // max(num_nodes, 1), new % max(num_nodes, 1)
    both = torch.from_numpy(np.stack([u, v, v, u], axis=1).reshape(-1, 2).T)
    if score is None:
        score = torch.full((edits.size(1),), torch.nan, dtype=torch.float64)
    if num_tied is None:
        num_tied = torch.ones(edits.size(1), dtype=torch.int64)
    return Rewired(
        edge_index=torch.cat([left, both.to(edge_index.device)], dim=1),
        num_nodes=num_nodes,
        kept=kept,
        edits=torch.from_numpy(rows).to(edge_index.device),
        score=score.to(edge_index.device),
        num_tied=num_tied.to(edge_index.device),
    )


def choices(
    edits: list[tuple[int, int, int]], score: list[float], num_tied: list[int]
) -> tuple[Int64[Tensor, "3 edits"], Float64[Tensor, " edits"], Int64[Tensor, " edits"]]:
    """What a method chose edit by edit, as ``apply_edits`` takes it."""
    return (
        torch.from_numpy(np.array(edits, dtype=np.int64).reshape(-1, 3).T),
        torch.from_numpy(np.array(score, dtype=np.float64)),
        torch.from_numpy(np.array(num_tied, dtype=np.int64)),
    )


def with_ends_in_order(edits: Int64[Tensor, "3 edits"]) -> Int64[np.ndarray, "3 edits"]:
    """Edits (sign, u, v) on the CPU with the lower node first."""
    sign, u, v = rows = edits.cpu().numpy()
    return rows if (u <= v).all() else np.stack([sign, np.minimum(u, v), np.maximum(u, v)])
