"""Small patterns: their names, what they become when nodes are merged, their connected parts."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
from torch import Tensor

#: The edges of a pattern on the nodes 0, 1, ..., each once.
Edges = tuple[tuple[int, int], ...]

#: Small patterns by name, each edge once.
PATTERNS: dict[str, list[tuple[int, int]]] = {
    "triangle": [(0, 1), (1, 2), (0, 2)],
    "tailed triangle": [(0, 1), (1, 2), (0, 2), (2, 3)],
    "3-star": [(0, 1), (0, 2), (0, 3)],
    "4-cycle": [(0, 1), (1, 2), (2, 3), (0, 3)],
    "chordal cycle": [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)],
    "4-clique": [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)],
    "4-path": [(0, 1), (1, 2), (2, 3)],
    "5-cycle": [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)],
    "6-cycle": [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5)],
}


def pattern_edges(pattern: str | Tensor) -> Edges:
    """The edges of a named pattern, or of one's own, each once.

    Raises:
        ValueError: the pattern is unknown, empty, has a self-loop or more than 8 nodes.
    """
    if isinstance(pattern, str):
        if pattern not in PATTERNS:
            known = ", ".join(PATTERNS)
            raise ValueError(f"pattern must be one of {known}, or an edge_index; got {pattern!r}")
        return tuple(PATTERNS[pattern])
    edges = sorted({(min(e), max(e)) for e in pattern.T.tolist()})
    nodes = {node for edge in edges for node in edge}
    if not edges or any(u == v for u, v in edges) or nodes != set(range(len(nodes))):
        raise ValueError(f"pattern must join all of its nodes 0, 1, ... without loops; got {edges}")
    if len(nodes) > 8:
        raise ValueError(f"pattern has {len(nodes)} nodes; up to 8 can be counted")
    return tuple(edges)


def is_clique(edges: Edges) -> bool:
    """All nodes are adjacent, and they are three or more."""
    size = 1 + max(map(max, edges))
    return size > 2 and len(edges) == math.comb(size, 2)


@lru_cache(maxsize=64)
def quotients(edges: Edges) -> Mapping[Edges, int]:
    """What is left of a pattern when nodes that are not adjacent become one, with factors."""
    terms: Counter[Edges] = Counter()
    for block in _partitions(edges):
        quotient = {(min(block[i], block[j]), max(block[i], block[j])) for i, j in edges}
        sizes = np.bincount(block).tolist()
        factor = math.prod((-1) ** (size - 1) * math.factorial(size - 1) for size in sizes)
        terms[_canonical(quotient)] += factor
    return {quotient: factor for quotient, factor in terms.items() if factor}


def _canonical(edges: set[tuple[int, int]]) -> Edges:
    import igraph  # here, as it takes a second to load

    graph = igraph.Graph(edges=sorted(edges))
    form = graph.permute_vertices(graph.canonical_permutation())
    return tuple(sorted((min(edge), max(edge)) for edge in form.get_edgelist()))


def components(edges: Edges) -> list[Edges]:
    """The connected parts of a pattern in a form that is equal for equal ones."""
    import igraph

    graph = igraph.Graph(edges=edges)
    return [_canonical(set(part.get_edgelist())) for part in graph.decompose()]


def _partitions(edges: Edges) -> Iterator[list[int]]:
    """Partitions of a pattern's nodes as block numbers, no two neighbors in one block.

    Each block is numbered by its first member.
    """
    size = 1 + max(map(max, edges))
    before: list[list[int]] = [[] for _ in range(size)]
    for edge in edges:
        before[max(edge)].append(min(edge))

    def extend(block: list[int], blocks: int) -> Iterator[list[int]]:
        if len(block) == size:
            yield block
            return
        taken = {block[node] for node in before[len(block)]}
        for number in range(blocks + 1):
            if number not in taken:
                yield from extend([*block, number], max(blocks, number + 1))

    return extend([0], 1)
