"""The pairs of Cai, Fürer and Immerman: alike but for one twisted edge."""

import math

import numpy as np
from torch import Tensor
from torch_geometric.data import Data

from workbench.graphs.generators.building import check_size, circle, undirected_graph
from workbench.graphs.layout import layout
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


def cfi(
    edge_index: EdgeIndex, num_nodes: int, *, twisted: bool = False, pos: Tensor | None = None
) -> Data:
    """CFI graph over a base graph: a gadget for each node, plain or with one edge twisted.

    Node v of degree d becomes ``2^(d-1)`` nodes, one for each subset S of even size of its edges.
    Along a base edge e = uv, (u, S) is joined to (v, T) if both S and T hold e or neither does; for
    the twisted edge (the first one), if exactly one does.

    Over a connected base the plain and the twisted graph are not isomorphic, and it does not matter
    which edge is twisted. How much a test must see at once to notice grows with the treewidth of
    the base: 2-FWL does over cycles and ladders, not over K4, where the two are the rook's graph
    and the Shrikhande graph; 3-FWL does over K4, not over K5.

    Args:
        edge_index: ``[2, edges]`` of the base graph, undirected. Self-loops and repeats are
            dropped; an isolated node becomes one node.
        num_nodes: number of nodes of the base graph.
        twisted: twist one edge.
        pos: ``[nodes, 2]``, where the base nodes are drawn, about 1 apart; on a circle, or by
            ``layout``, if not given.

    Returns:
        ``Data`` with ``pos``: gadgets at the places of the base nodes.

    Raises:
        ValueError: there is no edge to twist, the graph would have too many edges, or ``pos`` does
            not place every base node.

    Examples:
        >>> from workbench.diagnostics import distinguishes
        >>> from workbench.graphs import cfi, ring
        >>> plain = cfi(ring(4).edge_index, 4)
        >>> twisted = cfi(ring(4).edge_index, 4, twisted=True)
        >>> plain.num_nodes, twisted.num_nodes
        (8, 8)
        >>> bool(distinguishes(plain, twisted, test="1-wl"))
        False
        >>> bool(distinguishes(plain, twisted, test="2-fwl"))
        True

    References:
        J.-Y. Cai, M. Fürer, N. Immerman, An optimal lower bound on the number of variables for
        graph identification, Combinatorica 12, 1992 (here without the nodes for each end of an
        edge).
    """
    edges = simple_graph(edge_index, num_nodes)
    low, high = edges.ends
    if twisted and not low.size:
        raise ValueError("the base graph has no edge to twist")
    if pos is not None and tuple(pos.shape) != (num_nodes, 2):
        raise ValueError(f"pos is {list(pos.shape)}, not [{num_nodes}, 2]")
    incident: list[list[int]] = [[] for _ in range(num_nodes)]
    for number, (u, v) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        incident[u].append(number)
        incident[v].append(number)
    degree = np.array([len(mine) for mine in incident])
    size = 2 ** np.maximum(degree - 1, 0).astype(np.float64)
    check_size("cfi", float((size[low] * size[high]).sum() / 2))
    subsets = [even_subsets(mine) for mine in incident]
    start = np.concatenate([[0], np.cumsum([len(part) for part in subsets])]).astype(np.int64)
    source, target = [], []
    for number, (u, v) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        holds_u = np.array([number in subset for subset in subsets[u]])
        holds_v = np.array([number in subset for subset in subsets[v]])
        crossed = twisted and number == 0
        one, other = ((holds_u[:, None] ^ holds_v[None]) == crossed).nonzero()
        source.append(start[u] + one)
        target.append(start[v] + other)
    name = f"cfi({num_nodes} nodes, {low.size} edges{', twisted' if twisted else ''})"
    none = np.zeros(0, dtype=np.int64)
    return undirected_graph(
        name,
        np.concatenate([none, *source]),
        np.concatenate([none, *target]),
        int(start[-1]),
        _places(edge_index, num_nodes, [len(part) for part in subsets], pos),
    )


def even_subsets(items: list[int]) -> list[frozenset[int]]:
    """The ``2^(d-1)`` subsets of an even number of d items; the empty one of none."""
    chosen = (
        frozenset(item for place, item in enumerate(items) if bits >> place & 1)
        for bits in range(2 ** len(items))
    )
    return [subset for subset in chosen if len(subset) % 2 == 0]


def _places(
    edge_index: EdgeIndex, num_nodes: int, sizes: list[int], pos: Tensor | None
) -> np.ndarray:
    """Small circles, turned so that no edge runs along another, at the base's drawing."""
    if pos is not None:
        base, apart = pos.detach().cpu().numpy()[:, :2].astype(np.float64), 1.0
    elif num_nodes <= 12:
        base, apart = circle(num_nodes), 2 * math.sin(math.pi / max(num_nodes, 3))
    else:
        base, apart = layout(edge_index, num_nodes).numpy().astype(np.float64), 0.3
    parts = [
        place + circle(size, start=0.4 + v, radius=0.32 * apart if size > 1 else 0.0)
        for v, (place, size) in enumerate(zip(base, sizes, strict=True))
    ]
    return np.concatenate([np.zeros((0, 2)), *parts])
