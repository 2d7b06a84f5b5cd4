"""Pairs of graphs that separate the tests of the Weisfeiler-Leman family."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.generators.building import circle, clique_edges, fit, undirected_graph
from workbench.graphs.generators.cfi import cfi
from workbench.graphs.generators.named_graphs import csl, rook, shrikhande

# Groups of tests (keys of workbench.diagnostics.TESTS) that fall together on the pairs below.
_NODES = ("1-wl", "2-wl")
_DISTANCES = ("spd-wl", "rd-wl", "spd-rd-wl", "rrwp-wl")
_MARKS = ("ego-wl", "1,1-wl", "dss-wl")
_PAIRS = ("3-wl", "delta-2-wl", "delta-2-lwl", "2-fwl")
_TRIPLES = ("3-fwl", "1,2-wl")


@dataclass(frozen=True)
class FamousPair:
    """Two graphs that are not isomorphic, and who notices.

    Attributes:
        sentence: what the graphs are and why they are worth a look.
        separating_tests: the tests (keys of ``workbench.diagnostics.TESTS``) that tell them apart;
            the others do not.
        build: makes the two graphs anew.
    """

    sentence: str
    separating_tests: frozenset[str]
    build: Callable[[], tuple[Data, Data]]


def two_triangles() -> Data:
    """Two triangles side by side: 6 nodes, every degree 2, as in a hexagon."""
    low, high = clique_edges(3)
    apart = np.array([1.2, 0.0])
    pos = np.concatenate([circle(3) - apart, circle(3) + apart])
    return undirected_graph("two triangles", np.r_[low, low + 3], np.r_[high, high + 3], 6, pos)


def hexagon() -> Data:
    """The cycle of six nodes."""
    nodes = np.arange(6)
    return undirected_graph("hexagon", nodes, (nodes + 1) % 6, 6, circle(6))


def decalin() -> Data:
    """Two six-rings that share an edge: the carbon skeleton of decalin. 10 nodes, 11 edges."""
    source, target = np.array([*_cycle(range(10)), (0, 5)]).T
    ring, half = circle(6, start=np.pi / 6), np.array([np.sqrt(3) / 2, 0.0])
    right, left = ring + half, ring - half
    # 0 top and 5 bottom of the shared edge; 1 to 4 around the right ring, 6 to 9 around the left
    pos = np.array([[0, 0.5], *right[[5, 0, 1, 2]], [0, -0.5], *left[[2, 3, 4, 5]]])
    return undirected_graph("decalin", source, target, 10, pos)


def bicyclopentyl() -> Data:
    """Two five-rings joined by an edge. 10 nodes, 11 edges, degrees as in decalin."""
    source, target = np.array([*_cycle(range(5)), *_cycle(range(5, 10)), (0, 5)]).T
    ring = circle(5, start=0.0)
    pos = np.concatenate([ring - [1.5, 0], ring * [-1, 1] + [1.5, 0]])
    return undirected_graph("bicyclopentyl", source, target, 10, pos)


def spider(*legs: int) -> Data:
    """A tree: paths of the given lengths that meet in node 0."""
    source, target, pos = [], [], [np.zeros((1, 2))]
    directions = circle(len(legs))
    first = 1
    for leg, length in enumerate(legs):
        nodes = np.arange(first, first + length)
        source.append(np.r_[0, nodes[:-1]])
        target.append(nodes)
        pos.append(directions[leg] * np.arange(1, length + 1)[:, None])
        first += length
    name = f"spider({', '.join(map(str, legs))})"
    return undirected_graph(
        name, np.concatenate(source), np.concatenate(target), first, np.concatenate(pos)
    )


def necklace(num_nodes: int, distance: int) -> Data:
    """A ring with two marked beads, node 0 and the one ``distance`` further (``x`` is 1 there)."""
    nodes = np.arange(num_nodes)
    name = f"necklace({num_nodes}, {distance})"
    data = undirected_graph(name, nodes, (nodes + 1) % num_nodes, num_nodes, circle(num_nodes))
    data.x = torch.zeros(num_nodes, 1)
    data.x[[0, distance]] = 1.0
    return data


def latin_square_graph(square: np.ndarray) -> Data:
    """Cells of a Latin square, joined where row, column or symbol agree.

    Order n gives a strongly regular graph ``(n^2, 3 (n - 1), n, 6)``: (25, 12, 5, 6) for n = 5.

    Raises:
        ValueError: a symbol repeats in a row or a column.
    """
    square = np.asarray(square)
    size = square.shape[0]
    want = np.arange(size)
    good = square.shape == (size, size) and all(
        (np.sort(square, axis=axis) == (want if axis else want[:, None])).all() for axis in (0, 1)
    )
    if not good:
        raise ValueError(f"every row and column must hold 0 to {size - 1} once, got {square}")
    row, column = np.divmod(np.arange(size**2), size)
    symbol = square.ravel()
    source, target = np.triu_indices(size**2, 1)
    joined = (
        (row[source] == row[target])
        | (column[source] == column[target])
        | (symbol[source] == symbol[target])
    )
    pos = fit(circle(size**2))
    name = f"latin_square_graph({size})"
    return undirected_graph(name, source[joined], target[joined], size**2, pos)


#: The addition table of Z5, and a Latin square of order 5 that is no group's.
CYCLIC_SQUARE = (np.arange(5)[:, None] + np.arange(5)) % 5
OTHER_SQUARE = np.array(
    [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 3, 4, 0, 1], [3, 4, 1, 2, 0], [4, 2, 0, 1, 3]]
)


def _cycle(nodes) -> list[tuple[int, int]]:
    nodes = list(nodes)
    return list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))


def _cfi_pair(edges: list[tuple[int, int]], pos: torch.Tensor | None = None) -> tuple[Data, Data]:
    one_way = torch.tensor(edges).T
    both, size = torch.cat([one_way, one_way.flip(0)], dim=1), int(one_way.max()) + 1
    return cfi(both, size, pos=pos), cfi(both, size, twisted=True, pos=pos)


_LADDER = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
_LADDER_POS = torch.tensor([(rung, float(side)) for side in (1, 0) for rung in (0.0, 1.4, 2.8)])
_K33 = [(u, v) for u in range(3) for v in range(3, 6)]
_K5 = [(u, v) for u in range(5) for v in range(u)]
_ALL = frozenset(_NODES + _DISTANCES + _MARKS + _PAIRS + _TRIPLES)
_BEYOND_NODES = _ALL - set(_NODES)

#: Name -> pair, easy ones first.
FAMOUS_PAIRS: dict[str, FamousPair] = {
    "two spiders": FamousPair(
        "Two trees with legs of lengths 5, 6, 7 and 6, 6, 6: no node knows before news from the "
        "feet and from the body meet inside a leg, so 1-WL needs several rounds, and ego nets of "
        "two hops are too small.",
        _ALL - {"ego-wl"},
        lambda: (spider(5, 6, 7), spider(6, 6, 6)),
    ),
    "two necklaces": FamousPair(
        "Rings of 24 with two marked beads 11 and 12 apart: features are first colors, and the "
        "difference shows only where the waves from both beads meet.",
        _ALL - {"ego-wl"},
        lambda: (necklace(24, 11), necklace(24, 12)),
    ),
    "hexagon and two triangles": FamousPair(
        "Every node has two neighbors, so 1-WL, and with it every message-passing network, sees "
        "the same everywhere; anything that knows distances or marks a node does not.",
        _BEYOND_NODES,
        lambda: (hexagon(), two_triangles()),
    ),
    "decalin and bicyclopentyl": FamousPair(
        "Two molecules with the same unfolded trees: two six-rings that share an edge, two "
        "five-rings joined by one.",
        _BEYOND_NODES,
        lambda: (decalin(), bicyclopentyl()),
    ),
    "skip rings of 11": FamousPair(
        "Circular skip links: 11 nodes in a ring, each also joined to the second, or to the third, "
        "next. Every node looks like every other, and every degree is 4.",
        _BEYOND_NODES,
        lambda: (csl(11, 2), csl(11, 3)),
    ),
    "skip rings of 41": FamousPair(
        "Circular skip links with 41 nodes and skips 2 and 3, two classes of the CSL benchmark, "
        "where a message-passing network can only guess.",
        _BEYOND_NODES,
        lambda: (csl(41, 2), csl(41, 3)),
    ),
    "skip rings with equal distances": FamousPair(
        "Skips 6 and 16 on 41 nodes: every node has as many others at each number of hops in both, "
        "so shortest paths are no help, and resistance is.",
        _BEYOND_NODES - {"spd-wl", "ego-wl"},
        lambda: (csl(41, 6), csl(41, 16)),
    ),
    "CFI over a ladder": FamousPair(
        "A gadget for each node of a ladder of three rungs, plain and with one edge twisted: hop "
        "distances do not show the twist, resistance, marks and pairs do.",
        _BEYOND_NODES - {"spd-wl"},
        lambda: _cfi_pair(_LADDER, _LADDER_POS),
    ),
    "rook and Shrikhande": FamousPair(
        "Strongly regular with equal parameters (16, 6, 2, 2), and the CFI pair over K4: 2-FWL "
        "never gets past adjacent and not adjacent; triples do.",
        frozenset(_TRIPLES),
        lambda: (rook(), shrikhande()),
    ),
    "two Latin squares": FamousPair(
        "Strongly regular (25, 12, 5, 6), from the two kinds of Latin squares of order 5; both are "
        "among the 15 graphs of the SR25 benchmark.",
        frozenset(_TRIPLES),
        lambda: (latin_square_graph(CYCLIC_SQUARE), latin_square_graph(OTHER_SQUARE)),
    ),
    "CFI over K3,3": FamousPair(
        "Gadgets over the utility graph, one edge twisted: beyond 2-FWL and all that it bounds, "
        "and seen with triples.",
        frozenset(_TRIPLES),
        lambda: _cfi_pair(_K33),
    ),
    "CFI over K5": FamousPair(
        "The next step of the same ladder: gadgets over the complete graph of five nodes. Not one "
        "of these tests sees the twist, yet the graphs differ.",
        frozenset(),
        lambda: _cfi_pair(_K5),
    ),
}
