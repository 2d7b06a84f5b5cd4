"""Graph families with an exact construction: each returns a ``Data`` ready to be drawn.

Every graph is simple and undirected: ``edge_index`` holds both directions, sorted by (source,
target), ``num_nodes`` counts isolated nodes, ``pos [nodes, 2]`` (float32, in ``[-1, 1]``) is the
natural drawing and ``name`` says how the graph was made.
"""

import math

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.generators.building import (
    check_least,
    check_size,
    circle,
    clique_edges,
    undirected_graph,
)


def path(num_nodes: int) -> Data:
    """Path ``0 - 1 - ... - (num_nodes - 1)``, with ``num_nodes - 1`` edges.

    Examples:
        >>> from workbench.graphs import path
        >>> path(3).edge_index.tolist()
        [[0, 1, 1, 2], [1, 0, 2, 1]]
    """
    check_least("path", num_nodes=(num_nodes, 0))
    check_size(f"path({num_nodes})", num_nodes)
    nodes = np.arange(num_nodes)
    pos = np.stack([nodes, np.zeros(num_nodes)], axis=1)
    return undirected_graph(f"path({num_nodes})", nodes[:-1], nodes[1:], num_nodes, pos)


def ring(num_nodes: int) -> Data:
    """Cycle with edges ``(i, i + 1 mod num_nodes)``: every degree is 2. At least 3 nodes.

    Examples:
        >>> from workbench.graphs import ring
        >>> ring(3).edge_index.tolist()
        [[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]]
    """
    check_least("ring", num_nodes=(num_nodes, 3))
    check_size(f"ring({num_nodes})", num_nodes)
    nodes = np.arange(num_nodes)
    return undirected_graph(
        f"ring({num_nodes})", nodes, (nodes + 1) % num_nodes, num_nodes, circle(num_nodes)
    )


def complete(num_nodes: int) -> Data:
    """Complete graph: all ``num_nodes (num_nodes - 1) / 2`` pairs.

    Examples:
        >>> from workbench.graphs import complete
        >>> complete(5).num_edges // 2
        10
    """
    check_least("complete", num_nodes=(num_nodes, 0))
    check_size(f"complete({num_nodes})", num_nodes * (num_nodes - 1) / 2)
    source, target = clique_edges(num_nodes)
    return undirected_graph(f"complete({num_nodes})", source, target, num_nodes, circle(num_nodes))


def star(num_nodes: int) -> Data:
    """Node 0 joined to each of the other ``num_nodes - 1`` nodes.

    Examples:
        >>> from workbench.graphs import star
        >>> star(4).edge_index.tolist()
        [[0, 0, 0, 1, 2, 3], [1, 2, 3, 0, 0, 0]]
    """
    check_least("star", num_nodes=(num_nodes, 1))
    check_size(f"star({num_nodes})", num_nodes)
    leaves = np.arange(1, num_nodes)
    pos = np.concatenate([np.zeros((1, 2)), circle(num_nodes - 1)])
    return undirected_graph(f"star({num_nodes})", 0 * leaves, leaves, num_nodes, pos)


def barbell(clique_size: int, path_length: int = 0) -> Data:
    """Two cliques joined by a path of ``path_length`` further nodes.

    Nodes ``0 .. k-1`` are the first clique, the path follows, the second clique comes last
    (``k = clique_size``). Edges: ``k (k - 1) + path_length + 1``. The two cliques face each other
    at nodes ``k - 1`` and ``k + path_length``.

    Examples:
        >>> from workbench.graphs import barbell
        >>> data = barbell(3, 1)
        >>> data.num_nodes, data.num_edges // 2
        (7, 8)
    """
    check_least("barbell", clique_size=(clique_size, 1), path_length=(path_length, 0))
    check_size(f"barbell({clique_size}, {path_length})", clique_size**2 + path_length)
    num_nodes = 2 * clique_size + path_length
    middle = np.arange(clique_size - 1, clique_size + path_length)
    left, right = clique_edges(clique_size), clique_edges(clique_size, clique_size + path_length)
    source = np.concatenate([left[0], middle, right[0]])
    target = np.concatenate([left[1], middle + 1, right[1]])
    head, tail = _clique_and_path(clique_size, path_length)
    radius = float(head[-1, 0])
    other = -head[::-1] + [2 * radius + path_length + 1, 0.0]
    pos = np.concatenate([head, tail, other])
    name = f"barbell({clique_size}, {path_length})"
    return undirected_graph(name, source, target, num_nodes, pos)


def lollipop(clique_size: int, path_length: int) -> Data:
    """A clique on nodes ``0 .. clique_size - 1`` with a path of ``path_length`` nodes hung on it.

    The path starts at node ``clique_size - 1``. Edges: ``k (k - 1) / 2 + path_length``.

    Examples:
        >>> from workbench.graphs import lollipop
        >>> data = lollipop(4, 2)
        >>> data.num_nodes, data.num_edges // 2
        (6, 8)
    """
    check_least("lollipop", clique_size=(clique_size, 1), path_length=(path_length, 0))
    check_size(f"lollipop({clique_size}, {path_length})", clique_size**2 / 2 + path_length)
    num_nodes = clique_size + path_length
    clique = clique_edges(clique_size)
    tail = np.arange(clique_size - 1, num_nodes - 1)
    source, target = np.concatenate([clique[0], tail]), np.concatenate([clique[1], tail + 1])
    pos = np.concatenate(_clique_and_path(clique_size, path_length))
    name = f"lollipop({clique_size}, {path_length})"
    return undirected_graph(name, source, target, num_nodes, pos)


def clique_path(num_nodes: int) -> Data:
    """CliquePath: a clique on the first ``n // 2`` nodes, a path on the rest.

    The clique's last node ``n // 2 - 1`` is joined to the path's first, ``n // 2``. From node 0 to
    node ``n - 1`` the distance is ``n / 2 + 1`` for even ``n >= 4``.

    Differs from the released code: that stores each clique edge twice; here every edge counts once.

    Examples:
        >>> from workbench.graphs import clique_path
        >>> data = clique_path(10)
        >>> data.num_edges // 2  # 10 in the clique of 5, 5 along the path
        15

    References:
        Di Giovanni et al., "On Over-Squashing in Message Passing Neural Networks", ICML 2023,
        arXiv 2302.02941.
    """
    check_least("clique_path", num_nodes=(num_nodes, 2))
    data = lollipop(num_nodes // 2, num_nodes - num_nodes // 2)
    data.name = f"clique_path({num_nodes})"
    return data


def crossed_ring(num_nodes: int) -> Data:
    """CrossedRing: a ring with, for each ``i < n // 2``, chords to ``n - 1 - i`` and ``n + 1 - i``.

    The second chord exists where ``n + 1 - i < n``. The distance from node 0 to node ``n / 2``
    stays ``n / 2``.

    Differs from the released code: that stores two ring edges twice; here every edge counts once.

    Examples:
        >>> from workbench.graphs import crossed_ring, ring
        >>> ring(8).num_edges // 2, crossed_ring(8).num_edges // 2
        (8, 12)

    References:
        Di Giovanni et al., "On Over-Squashing in Message Passing Neural Networks", ICML 2023,
        arXiv 2302.02941.
    """
    check_least("crossed_ring", num_nodes=(num_nodes, 3))
    check_size(f"crossed_ring({num_nodes})", 2 * num_nodes)
    nodes, half = np.arange(num_nodes), np.arange(num_nodes // 2)
    late = half[half > 1]
    source = np.concatenate([nodes, half, late])
    target = np.concatenate([(nodes + 1) % num_nodes, num_nodes - 1 - half, num_nodes + 1 - late])
    name = f"crossed_ring({num_nodes})"
    return undirected_graph(name, source, target, num_nodes, circle(num_nodes))


def tree(depth: int, branching: int = 2) -> Data:
    """Complete tree: every node above level ``depth`` has ``branching`` children.

    Nodes are numbered level by level: the root is 0, the last leaf is ``num_nodes - 1``, the
    children of ``v`` are ``branching v + 1 .. branching v + branching``. ``num_nodes`` is
    ``1 + b + ... + b^depth``.

    Examples:
        >>> from workbench.graphs import tree
        >>> tree(3).num_nodes  # 1 + 2 + 4 + 8
        15
        >>> tree(2, branching=3).num_nodes  # 1 + 3 + 9
        13
    """
    check_least("tree", depth=(depth, 0), branching=(branching, 1))
    size = depth if branching == 1 else math.exp(min(depth * math.log(branching), 700.0))
    check_size(f"tree({depth}, {branching})", size)
    widths = [branching**level for level in range(depth + 1)]
    num_nodes = sum(widths)
    child = np.arange(1, num_nodes)
    across = np.concatenate([(np.arange(width) + 0.5) / width for width in widths])
    level = np.repeat(np.arange(depth + 1), widths)
    pos = np.stack([2 * across, -2 * level / max(depth, 1)], axis=1)
    name = f"tree({depth}, {branching})"
    return undirected_graph(name, (child - 1) // branching, child, num_nodes, pos)


def grid(rows: int, columns: int) -> Data:
    """Grid: node ``r * columns + c`` is joined to its neighbors right and below.

    Edges: ``rows (columns - 1) + columns (rows - 1)``. Row 0 is drawn on top.

    Examples:
        >>> from workbench.graphs import grid
        >>> data = grid(3, 4)
        >>> data.num_nodes, data.num_edges // 2
        (12, 17)
    """
    check_least("grid", rows=(rows, 1), columns=(columns, 1))
    check_size(f"grid({rows}, {columns})", 2 * rows * columns)
    nodes = np.arange(rows * columns).reshape(rows, columns)
    source = np.concatenate([nodes[:, :-1].ravel(), nodes[:-1].ravel()])
    target = np.concatenate([nodes[:, 1:].ravel(), nodes[1:].ravel()])
    row, column = np.divmod(nodes.ravel(), columns)
    pos = np.stack([column, -row], axis=1)
    return undirected_graph(f"grid({rows}, {columns})", source, target, rows * columns, pos)


def ring_of_cliques(num_cliques: int, clique_size: int) -> Data:
    """Cliques in a ring, each joined to the next by one edge (networkx's numbering).

    Clique ``i`` holds nodes ``i k .. i k + k - 1`` and its node ``i k + 1`` is joined to node
    ``(i + 1) k``, with ``k = clique_size``. Edges: ``num_cliques (k (k - 1) / 2 + 1)``.
    ``y [nodes]`` is the number of the clique.

    Examples:
        >>> from workbench.graphs import ring_of_cliques
        >>> data = ring_of_cliques(3, 4)
        >>> data.num_nodes, data.num_edges // 2
        (12, 21)
        >>> data.y.tolist()
        [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    """
    check_least("ring_of_cliques", num_cliques=(num_cliques, 2), clique_size=(clique_size, 2))
    name = f"ring_of_cliques({num_cliques}, {clique_size})"
    check_size(name, num_cliques * clique_size**2 / 2)
    num_nodes = num_cliques * clique_size
    first = np.arange(0, num_nodes, clique_size)
    inside = clique_edges(clique_size)
    source = np.concatenate([np.add.outer(first, inside[0]).ravel(), first + 1])
    target = np.concatenate(
        [np.add.outer(first, inside[1]).ravel(), (first + clique_size) % num_nodes]
    )
    # node 0 looks back along the ring and node 1 forward, so that the joining edges are short
    slot = np.zeros(clique_size, dtype=np.int64)
    slot[1] = clique_size // 2
    slot[2:] = np.setdiff1d(np.arange(clique_size), slot[:2])
    turn = math.pi / 2 - 2 * math.pi * np.arange(num_cliques) / num_cliques
    angle = np.add.outer(turn + math.pi / 2, -2 * math.pi * slot / clique_size).ravel()
    pos = circle(num_cliques).repeat(clique_size, axis=0)
    pos = pos + 0.7 * math.sin(math.pi / num_cliques) * np.stack(
        [np.cos(angle), np.sin(angle)], axis=1
    )
    data = undirected_graph(name, source, target, num_nodes, pos)
    data.y = torch.arange(num_cliques).repeat_interleave(clique_size)
    return data


def _clique_and_path(clique_size: int, path_length: int) -> tuple[np.ndarray, np.ndarray]:
    """A clique's circle with its last node rightmost, and the path that leaves it, to the right.

    Neighbors along the circle and along the path are one unit apart.
    """
    radius = max(clique_size / (2 * math.pi), 0.5) if clique_size > 1 else 0.0
    clique = circle(clique_size, start=-2 * math.pi / max(clique_size, 1), radius=radius)
    tail = np.stack([radius + 1.0 + np.arange(path_length), np.zeros(path_length)], axis=1)
    return clique, tail
