"""Who is linked to whom: homophily of labels, their informativeness, assortativity of degrees."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.finite import check_tensor
from workbench.topology import simple_graph
from workbench.topology.class_labels import check_classes
from workbench.typing import EdgeIndex, EdgeWeight

#: The measures that ``homophily`` knows.
Measure = Literal["edge", "node", "class_insensitive", "adjusted"]


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 5e-8 * n + 5e-7 * m,
    bytes=lambda n, m: 40.0 * n + 200.0 * m,
)
def homophily(
    edge_index: EdgeIndex,
    num_nodes: int,
    labels: Int64[Tensor, " nodes"] | Float[Tensor, " nodes"],
    edge_weight: EdgeWeight | None = None,
    *,
    measure: Measure = "edge",
) -> Float64[Tensor, ""]:
    """How much more often nodes of the same class are linked.

        edge:               h = share of edges whose ends have the same label
        node:               mean over nodes of the share of neighbors with the node's label
        class_insensitive:  1 / (C - 1) sum_k max(0, h_k - n_k / n)
        adjusted:           (h - sum_k p_k^2) / (1 - sum_k p_k^2),   p_k = D_k / 2m

    with C classes of n_k nodes, D_k the sum of degrees in class k, and h_k the share of edge ends
    in class k whose other end is in class k too. The adjusted one is Newman's assortativity of
    labels: 0 for edges that ignore them, 1 for no edge between classes, negative for heterophily;
    of the four, only it compares across data sets with other classes.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        labels: ``[nodes]`` class of each node; a negative number or nan is an unknown class.
        edge_weight: conductances ``[edges]``, which take the place of counts of edges; 1 where
            not given.
        measure: which of the four.

    Returns:
        A float64 scalar without unit on the device of ``edge_index``: in 0 .. 1, the adjusted one
        at most 1. ``nan`` where nothing can be compared: no edge between labeled nodes, or one
        class only (class_insensitive, adjusted).

    An edge with an unknown end is left out, and so is a node of unknown class from n_k and n.
    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. A node without
    labeled neighbors is left out of the mean of "node".

    Differs from ``torch_geometric.utils.homophily``: that one is float32, counts nodes without
    neighbors as 0 in "node", and takes -1 for a class.

    Raises:
        TypeError: ``labels`` is no tensor.
        ValueError: the graph is directed, a weight is negative, ``labels`` has another length, or
            the measure is unknown.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import homophily
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> round(homophily(edges, 4, torch.tensor([0, 0, 1, 1])).item(), 6)  # 2 of 3 edges
        0.666667

    References:
        Zhu et al., NeurIPS 2020, arXiv 2006.11468 (edge). Pei et al., ICLR 2020, arXiv 2002.05287
        (node). Lim et al., NeurIPS 2021, arXiv 2110.14446 (class_insensitive). Platonov et al.,
        Characterizing graph datasets for node classification: homophily-heterophily dichotomy and
        beyond, NeurIPS 2023, arXiv 2209.06177 (adjusted).
    """
    measures = {
        "edge": _edge,
        "node": _node,
        "class_insensitive": _class_insensitive,
        "adjusted": _adjust,
    }
    if measure not in measures:
        raise ValueError(f"measure must be one of {sorted(measures)}, got {measure!r}")
    return measures[measure](_ends_with_labels(edge_index, num_nodes, labels, edge_weight))


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 5e-8 * n + 6e-7 * m,
    bytes=lambda n, m: 40.0 * n + 200.0 * m,
)
def label_informativeness(
    edge_index: EdgeIndex,
    num_nodes: int,
    labels: Int64[Tensor, " nodes"] | Float[Tensor, " nodes"],
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """How much of a node's label a neighbor's label tells, whether or not they are equal.

        LI = I(y_u ; y_v) / H(y_u)

    for the two ends u, v of a random edge in random direction.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        labels: ``[nodes]`` class of each node; a negative number or nan is an unknown class.
        edge_weight: conductances ``[edges]``: an edge is drawn with probability proportional to
            its weight; 1 where not given.

    Returns:
        A float64 scalar without unit, 0 (independent) to 1 (a neighbor's label decides).
        ``nan`` where no edge joins labeled nodes, or all its ends have one class.

    Unknown classes: as in ``homophily``.

    Raises:
        TypeError: ``labels`` is no tensor.
        ValueError: the graph is directed, a weight is negative, or ``labels`` has another length.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import homophily, label_informativeness
        >>> from workbench.graphs import path
        >>> edges, labels = path(4).edge_index, torch.tensor([0, 1, 0, 1])
        >>> float(label_informativeness(edges, 4, labels)), float(homophily(edges, 4, labels))
        (1.0, 0.0)

    References:
        Platonov et al., NeurIPS 2023, arXiv 2209.06177.
    """
    ends = _ends_with_labels(edge_index, num_nodes, labels, edge_weight)
    total = ends.weight.sum()
    marginal = ends.by_class(ends.weight) / total
    count = max(ends.num_classes, 1)
    key, place = torch.unique(ends.first * count + ends.second, return_inverse=True)
    joint = torch.zeros(key.numel(), dtype=torch.float64, device=total.device)
    joint.index_add_(0, place, ends.weight / total)
    independent = marginal[key // count] * marginal[key % count]
    entropy = -torch.special.xlogy(marginal, marginal).sum()
    information = (joint * (joint / independent).log()).sum()
    # a single class has entropy 0 only up to rounding
    known = int((marginal > 0).sum()) > 1
    return (information / entropy).clamp(0.0, 1.0) if known else information * torch.nan


@diagnostic(
    of="graph",
    seconds=lambda n, m: 2e-8 * n + 4e-7 * m,
    bytes=lambda n, m: 16.0 * n + 120.0 * m,
)
def degree_assortativity(edge_index: EdgeIndex, num_nodes: int) -> Float64[Tensor, ""]:
    """Correlation of the degrees at the two ends of an edge.

        r = cov(d_u, d_v) / var(d_u)   over the ends u, v of a random edge in random direction

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.

    Returns:
        A float64 scalar without unit, -1 to 1: positive where hubs link to hubs. ``nan`` where
        there is no edge, or all ends have the same degree (regular graphs).

    Isolated nodes play no part.

    Differs from ``torch_geometric.utils.assortativity``: that one is float32.

    Raises:
        ValueError: the graph is directed.

    Examples:
        >>> from workbench.diagnostics import degree_assortativity
        >>> from workbench.graphs import star
        >>> round(degree_assortativity(star(5).edge_index, 5).item(), 9)
        -1.0

    References:
        Newman, Mixing patterns in networks, Phys. Rev. E 67, 2003, arXiv cond-mat/0209450.
    """
    graph = simple_graph(edge_index, num_nodes)
    degree = graph.degree()
    if graph.num_edges == 0 or bool((degree[degree > 0] == degree.max()).all()):
        return torch.full((), torch.nan, dtype=torch.float64, device=edge_index.device)
    ends = torch.stack([degree[graph.source], degree[graph.target]])
    ends -= ends.mean()
    return (ends[0] * ends[1]).mean() / ends.square().mean()


@dataclass(frozen=True)
class _Ends:
    """Both directions of every edge between labeled nodes, as classes counted from 0."""

    source: Int64[Tensor, " arcs"]
    first: Int64[Tensor, " arcs"]
    second: Int64[Tensor, " arcs"]
    weight: Float64[Tensor, " arcs"]
    class_size: Float64[Tensor, " classes"]
    num_nodes: int

    @property
    def num_classes(self) -> int:
        return self.class_size.numel()

    def by_class(self, values: Tensor) -> Tensor:
        return torch.zeros_like(self.class_size).index_add_(0, self.first, values)


def _ends_with_labels(edge_index: EdgeIndex, num_nodes: int, labels: Tensor, edge_weight) -> _Ends:
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    check_tensor("labels", labels)
    if labels.shape != (num_nodes,):
        raise ValueError(
            f"labels must have one class for each of the {num_nodes} nodes, got shape "
            f"{list(labels.shape)}"
        )
    check_classes(labels, "labels")
    labels = labels.to(edge_index.device)
    known = labels >= 0  # false for nan as well
    number = torch.full((num_nodes,), -1, dtype=torch.int64, device=edge_index.device)
    _, number[known], size = torch.unique(labels[known], return_inverse=True, return_counts=True)
    source = torch.cat([graph.source, graph.target])
    target = torch.cat([graph.target, graph.source])
    kept = known[source] & known[target]
    source, target = source[kept], target[kept]
    weight = graph.weight.repeat(2)[kept]
    return _Ends(source, number[source], number[target], weight, size.double(), num_nodes)


def _edge(ends: _Ends) -> Tensor:
    return ends.weight[ends.first == ends.second].sum() / ends.weight.sum()


def _node(ends: _Ends) -> Tensor:
    zero = torch.zeros(ends.num_nodes, dtype=torch.float64, device=ends.weight.device)
    same = torch.where(ends.first == ends.second, ends.weight, 0.0)
    degree = zero.index_add(0, ends.source, ends.weight)
    return (zero.index_add(0, ends.source, same) / degree)[degree > 0].mean()


def _class_insensitive(ends: _Ends) -> Tensor:
    same = ends.by_class(torch.where(ends.first == ends.second, ends.weight, 0.0))
    volume = ends.by_class(ends.weight)
    share = torch.where(volume > 0, same / volume, 0.0)
    excess = (share - ends.class_size / ends.class_size.sum()).clamp(min=0.0).sum()
    comparable = ends.num_classes > 1 and ends.weight.numel() > 0
    return excess / (ends.num_classes - 1) if comparable else excess * torch.nan


def _adjust(ends: _Ends) -> Tensor:
    by_chance = (ends.by_class(ends.weight) / ends.weight.sum()).square().sum()
    if int((ends.by_class(ends.weight) > 0).sum()) < 2:
        return by_chance * torch.nan
    return (_edge(ends) - by_chance) / (1.0 - by_chance)
