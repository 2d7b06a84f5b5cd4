"""Exact counts of homomorphisms and subgraphs: the ground truth of counting tasks."""

import math
from collections.abc import Iterator

import igraph
import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics.cost import LONGEST_SECONDS, TooLargeError
from workbench.graphs.edges import undirected_edges
from workbench.typing import EdgeIndex

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

#: Sums in float64 are exact below this.
_EXACT = 2.0**53

#: Multiplications that a core does in a second, roughly.
_RATE = 3e8


def homomorphism_count(edge_index: EdgeIndex, num_nodes: int, pattern: str | Tensor) -> int:
    """Number of maps from a pattern's nodes to the graph's that take edges to edges.

        hom(F, G) = sum over maps f of the product of A[f(i), f(j)] over the edges ij of F

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        pattern: a key of ``PATTERNS``, or an ``edge_index`` of your own of up to 8 nodes.

    Self-loops of the graph are dropped, repeats count once. The sum is contracted along the best
    order, O(nodes^(treewidth + 1)).

    Raises:
        ValueError: the graph is directed, or the pattern is unknown, empty, has a self-loop or
            more than 8 nodes.
        TooLargeError: the contraction would take longer than half a minute.
        OverflowError: the number is beyond 2^53, where it would no longer be exact.

    References:
        Lovász, Large networks and graph limits, 2012, section 5.
    """
    adjacency = _adjacency(edge_index, num_nodes)
    return _homomorphisms(_pattern(pattern), adjacency)


def subgraph_count(edge_index: EdgeIndex, num_nodes: int, pattern: str | Tensor) -> int:
    """Number of subgraphs (not only induced ones) that are isomorphic to a pattern.

        sub(F, G) |Aut(F)| = sum over partitions p of F's nodes of mu(p) hom(F / p, G)

    with mu(p) the product over blocks b of (-1)^(|b|-1) (|b|-1)!.

    Args, raises: as in ``homomorphism_count``.

    References:
        Curticapean, Dell and Marx, Homomorphisms are a good basis for counting small subgraphs,
        STOC 2017, arXiv 1705.01595. Chen, Chen, Villar and Bruna, Can graph neural networks count
        substructures?, NeurIPS 2020, arXiv 2002.04025 (the task).
    """
    edges, adjacency = _pattern(pattern), _adjacency(edge_index, num_nodes)
    size, total = max(map(max, edges)) + 1, 0
    for block in _partitions(size):
        quotient = {(min(block[i], block[j]), max(block[i], block[j])) for i, j in edges}
        if any(i == j for i, j in quotient):
            continue  # two neighbors in one block would need a self-loop
        sizes = np.bincount(block)
        weight = math.prod((-1) ** int(s - 1) * math.factorial(int(s - 1)) for s in sizes)
        total += weight * _homomorphisms(sorted(quotient), adjacency)
    automorphisms = igraph.Graph(n=size, edges=edges).count_automorphisms()
    return total // int(automorphisms)


def subgraph_counts(
    edge_index: EdgeIndex, num_nodes: int, patterns: tuple[str, ...] = tuple(PATTERNS)
) -> Int64[Tensor, " patterns"]:
    """``subgraph_count`` of several patterns, in their order, on the device of ``edge_index``."""
    counts = [subgraph_count(edge_index, num_nodes, pattern) for pattern in patterns]
    return torch.tensor(counts, dtype=torch.int64, device=edge_index.device)


def _adjacency(edge_index: Tensor, num_nodes: int) -> np.ndarray:
    edges = undirected_edges(edge_index, num_nodes)
    return edges.adjacency().toarray()


def _pattern(pattern: str | Tensor) -> list[tuple[int, int]]:
    if isinstance(pattern, str):
        if pattern not in PATTERNS:
            known = ", ".join(PATTERNS)
            raise ValueError(f"pattern must be one of {known}, or an edge_index; got {pattern!r}")
        return PATTERNS[pattern]
    edges = sorted({(min(e), max(e)) for e in pattern.T.tolist()})
    nodes = {node for edge in edges for node in edge}
    if not edges or any(u == v for u, v in edges) or nodes != set(range(len(nodes))):
        raise ValueError(f"pattern must join all of its nodes 0, 1, ... without loops; got {edges}")
    if len(nodes) > 8:
        raise ValueError(f"pattern has {len(nodes)} nodes; up to 8 can be counted")
    return edges


def _homomorphisms(edges: list[tuple[int, int]], adjacency: np.ndarray) -> int:
    operands = [part for edge in edges for part in (adjacency, list(edge))]
    plan, said = np.einsum_path(*operands, [], optimize="optimal")
    steps = float(said.split("Optimized FLOP count:")[1].split()[0])
    if steps > _RATE * LONGEST_SECONDS:
        raise TooLargeError(
            f"counting a pattern of {len(edges)} edges on {adjacency.shape[0]:,} nodes takes "
            f"{steps:.2g} steps; choose a pattern of smaller treewidth or a smaller graph"
        )
    total = float(np.einsum(*operands, [], optimize=plan))
    if total > _EXACT:
        raise OverflowError(f"{total:.3g} homomorphisms are too many to be counted exactly")
    return round(total)


def _partitions(size: int) -> Iterator[list[int]]:
    """Partitions of 0 .. size - 1 as block numbers, each block numbered by its first member."""

    def extend(block: list[int], blocks: int) -> Iterator[list[int]]:
        if len(block) == size:
            yield block
            return
        for number in range(blocks + 1):
            yield from extend([*block, number], max(blocks, number + 1))

    return extend([0], 1)
