"""ELENE: what the ego nets around nodes and edges hold, by distance and degree inside."""

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.encodings.ego_nets import ego_nets
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Columns of an encoding.
WIDEST = 20_000


def elene(
    edge_index: EdgeIndex, num_nodes: int, *, hops: int = 1, max_degree: int = 4
) -> Float64[Tensor, "nodes cases"]:
    r"""How many nodes around each node have which distance and which degrees.

    A node w of the ego net of v, the nodes within ``hops`` of v and all edges among them, is told
    by its distance l from v and by three degrees: its neighbors in the ego net that are a hop
    nearer to v, as far, and a hop farther:

    .. math::
        \mathrm{ELENE}_v(l, d^-, d^0, d^+) = \#\{\, w : \mathrm{hops}(v, w) = l,\
        (d^-_w, d^0_w, d^+_w) = (d^-, d^0, d^+) \,\}

    This is the node-centric form. ``elene_edges`` is the edge-centric one, which tells more apart.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        hops: radius of the ego nets, at least 1.
        max_degree: larger degrees count as this one, at least 1.

    Returns:
        ``[nodes, (hops + 1) (max_degree + 1)^3]`` float64 on the device of the input. A case stands
        in column ``((l D + d-) D + d0) D + d+`` with ``D = max_degree + 1``. Rows add up to the
        size of the ego net: 1 for an isolated node.

    Self-loops and repeated edges change nothing.

    Raises:
        ValueError: the graph is directed, or an option is less than 1.
        TooLargeError: there would be more than 20,000 columns.

    Differs from the released code: for two hops and more its table of degrees is transposed, so
    that it tells the degrees of v in the ego net of w. Here they are those of the paper.

    Examples:
        >>> from workbench.encodings import elene
        >>> from workbench.graphs import star
        >>> counts = elene(star(4).edge_index, 4, max_degree=3)
        >>> counts[0].nonzero().flatten().tolist(), counts[0, 80].item()
        ([3, 80], 3.0)
        >>> # column 3: the middle, three neighbors farther; 80 = ((1 * 4 + 1) * 4 + 0) * 4 + 0

    References:
        N. Alvarez-Gonzalez, A. Kaltenbrunner, V. Gomez, Improving Subgraph-GNNs via Edge-Level
        Ego-Network Encodings, TMLR 2024, arXiv 2312.05905.
    """
    _check(hops, max_degree, (hops + 1) * (max_degree + 1) ** 3)
    graph = simple_graph(edge_index, num_nodes)
    nets, cases = ego_nets(graph, hops), max_degree + 1
    column = nets.hop
    for degree in nets.degrees.clamp(max=max_degree).T:
        column = column * cases + degree
    return _counts(nets.root, column, graph.num_nodes, (hops + 1) * cases**3)


def elene_edges(
    edge_index: EdgeIndex, num_nodes: int, *, hops: int = 1, max_degree: int = 8
) -> Float64[Tensor, "edges cases"]:
    r"""How many nodes that the ego nets of both ends share have which distances and which degree.

    For the edge (u, v), of the nodes w within ``hops`` of both: the distance from u, the distance
    from v less that, and the neighbors of w among these nodes. This intersection is what the
    edge-centric form of ELENE adds; it tells strongly regular graphs apart, which neither the
    node-centric form nor 2-FWL does.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        hops: radius of the ego nets, at least 1.
        max_degree: larger degrees count as this one, at least 1.

    Returns:
        ``[edges, (hops + 1) 3 (max_degree + 1)]`` float64, a row for each column of ``edge_index``
        (a self-loop has a row of zeros), on its device. A case stands in column
        ``(l 3 + delta + 1) D + d`` with l the hops from row 0 of the edge and delta = -1, 0 or 1.

    Raises:
        ValueError: the graph is directed, or an option is less than 1.
        TooLargeError: there would be more than 20,000 columns.

    Examples:
        >>> from workbench.encodings import elene_edges
        >>> from workbench.graphs import complete
        >>> found = elene_edges(complete(4).edge_index, 4, max_degree=3)
        >>> found[0].nonzero().flatten().tolist()  # the source, the others, the target: degree 3
        [11, 15, 19]
        >>> found[0, [11, 15, 19]].tolist()
        [1.0, 1.0, 2.0]

    References:
        As of ``elene``.
    """
    _check(hops, max_degree, (hops + 1) * 3 * (max_degree + 1))
    graph = simple_graph(edge_index, num_nodes)
    nets, width = ego_nets(graph, hops), (hops + 1) * 3 * (max_degree + 1)
    # of each undirected edge the nodes within reach of both ends: rows (edge, node)
    source, target, inside = graph.source, graph.target, nets.inside()
    both = csr_array(inside[graph.ends[0].copy()].multiply(inside[graph.ends[1].copy()]))
    adjacency = graph.adjacency()
    adjacency.data[:] = 1.0
    edge, node = both.nonzero()
    degree = csr_array(both @ adjacency)[edge, node] if edge.size else edge
    edge, node, degree = (
        torch.from_numpy(np.asarray(a).ravel().astype(np.int64)).to(edge_index.device)
        for a in (edge, node, degree)
    )
    near = nets.hop[nets.rows_of(source[edge], node)]
    far = nets.hop[nets.rows_of(target[edge], node)]
    degree = degree.clamp(max=max_degree)
    ways = [
        _counts(edge, (one * 3 + two - one + 1) * (max_degree + 1) + degree, source.numel(), width)
        for one, two in ((near, far), (far, near))
    ]
    # a row for each column of edge_index, the second way around where it goes from high to low
    low, high = edge_index.min(0).values, edge_index.max(0).values
    keys = source * max(graph.num_nodes, 1) + target
    at = torch.searchsorted(keys, low * max(graph.num_nodes, 1) + high)
    loops = low == high
    rows = torch.zeros(edge_index.size(1), width, dtype=torch.float64, device=edge_index.device)
    for way, chosen in ((ways[0], edge_index[0] < edge_index[1]), (ways[1], low != edge_index[0])):
        chosen = chosen & ~loops
        rows[chosen] = way[at[chosen]]
    return rows


def _check(hops: int, max_degree: int, width: int) -> None:
    for name, value in (("hops", hops), ("max_degree", max_degree)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    if width > WIDEST:
        raise TooLargeError(
            f"hops={hops} and max_degree={max_degree} make {width:,} columns, and at most "
            f"{WIDEST:,} are allowed; take fewer hops or a smaller max_degree"
        )


def _counts(row: Tensor, column: Tensor, num_rows: int, width: int) -> Tensor:
    """How often each column was met in each row."""
    flat = torch.bincount(row * width + column, minlength=num_rows * width)
    return flat.view(num_rows, width).double()
