"""Exact counts of homomorphisms and subgraphs: the ground truth of counting tasks."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from jaxtyping import Int64
from scipy.sparse import csr_array
from torch import Tensor

from workbench.cost import (
    LONGEST_SECONDS,
    MEMORY_SHARE,
    TooLargeError,
    available_bytes,
    duration,
    memory,
)
from workbench.diagnostics.expressivity.counting_cliques import CliqueCounter
from workbench.diagnostics.expressivity.counting_dense import by_tables, table_cost, width
from workbench.diagnostics.expressivity.counting_patterns import (
    PATTERNS,
    Edges,
    components,
    is_clique,
    pattern_edges,
    quotients,
)
from workbench.diagnostics.expressivity.counting_sparse import (
    contract,
    dense_seconds,
    elimination,
    sparse_cost,
)
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Sums in float64 are exact below this.
_EXACT = 2.0**53


def homomorphism_count(edge_index: EdgeIndex, num_nodes: int, pattern: str | Tensor) -> int:
    """Number of maps from a pattern's nodes to the graph's that take edges to edges.

        hom(F, G) = sum over maps f of the product of A[f(i), f(j)] over the edges ij of F

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        pattern: a key of ``PATTERNS``, or an ``edge_index`` of your own of up to 8 nodes.

    Self-loops of the graph are dropped, repeats count once. Every pattern of ``PATTERNS``, every
    other one of treewidth 2 (trees, cycles and what is glued of them) and every clique is counted
    along the edges: a tree takes O(edges), a clique of three O(edges^1.5), a cycle of k nodes as
    many steps as there are walks of k / 2 edges, or O(nodes^3) where that is less. Other patterns
    take full tables, O(nodes^(treewidth + 1)).

    Raises:
        ValueError: the graph is directed, or the pattern is unknown, empty, has a self-loop or
            more than 8 nodes.
        TooLargeError: it would take longer than half a minute, or more than half of the free
            memory; told before anything large is done, but for cliques of four and more nodes.
        OverflowError: the number is beyond 2^53, where it would no longer be exact.

    Examples:
        >>> from workbench.diagnostics import homomorphism_count
        >>> from workbench.graphs import complete
        >>> homomorphism_count(complete(4).edge_index, 4, "triangle")  # 4 * 3 * 2
        24

    References:
        Lovász, Large networks and graph limits, 2012, section 5.
    """
    edges = pattern_edges(pattern)
    return _combine({edges: 1}, edges, _adjacency(edge_index, num_nodes))


def subgraph_count(edge_index: EdgeIndex, num_nodes: int, pattern: str | Tensor) -> int:
    """Number of subgraphs (not only induced ones) that are isomorphic to a pattern.

        sub(F, G) |Aut(F)| = sum over partitions p of F's nodes of mu(p) hom(F / p, G)

    with mu(p) the product over blocks b of (-1)^(|b|-1) (|b|-1)!.

    Args, raises: as in ``homomorphism_count``.

    Examples:
        >>> from workbench.diagnostics import subgraph_count
        >>> from workbench.graphs import complete
        >>> subgraph_count(complete(4).edge_index, 4, "triangle")
        4
        >>> subgraph_count(complete(4).edge_index, 4, "4-cycle")
        3

    References:
        Curticapean, Dell and Marx, Homomorphisms are a good basis for counting small subgraphs,
        STOC 2017, arXiv 1705.01595. Chen, Chen, Villar and Bruna, Can graph neural networks count
        substructures?, NeurIPS 2020, arXiv 2002.04025 (the task).
    """
    import igraph  # here, as it takes a second to load

    edges = pattern_edges(pattern)
    adjacency = _core(_adjacency(edge_index, num_nodes), int(np.bincount(np.ravel(edges)).min()))
    automorphisms = igraph.Graph(edges=edges).count_automorphisms()
    return _combine(quotients(edges), edges, adjacency) // int(automorphisms)


def subgraph_counts(
    edge_index: EdgeIndex, num_nodes: int, patterns: tuple[str, ...] = tuple(PATTERNS)
) -> Int64[Tensor, " patterns"]:
    """``subgraph_count`` of several patterns, in their order, on the device of ``edge_index``.

    Examples:
        >>> from workbench.diagnostics import subgraph_counts
        >>> from workbench.graphs import complete
        >>> subgraph_counts(complete(4).edge_index, 4, ("triangle", "4-cycle", "4-clique")).tolist()
        [4, 3, 1]
    """
    counts = [subgraph_count(edge_index, num_nodes, pattern) for pattern in patterns]
    return torch.tensor(counts, dtype=torch.int64, device=edge_index.device)


def _adjacency(edge_index: Tensor, num_nodes: int) -> csr_array:
    """Of the nodes that have an edge."""
    adjacency = simple_graph(edge_index, num_nodes).adjacency()
    kept = np.flatnonzero(np.diff(adjacency.indptr))
    return adjacency[kept][:, kept]


def _core(adjacency: csr_array, degree: int) -> csr_array:
    """The largest part where each node has ``degree`` neighbors; no copy leaves it."""
    if (np.diff(adjacency.indptr) >= degree).all():
        return adjacency
    row = np.repeat(np.arange(adjacency.shape[0]), np.diff(adjacency.indptr))
    up = row < adjacency.indices
    edges = np.stack([row[up], adjacency.indices[up]], axis=1)
    import igraph

    graph = igraph.Graph(n=adjacency.shape[0], edges=edges.tolist())
    kept = np.flatnonzero(np.array(graph.coreness()) >= degree)
    return adjacency[kept][:, kept]


def _combine(terms: Mapping[Edges, int], pattern: Edges, adjacency: csr_array) -> int:
    """The sum of homomorphism counts with their factors, refused as a whole if it is too large."""
    if not adjacency.nnz:
        return 0
    parts = {edges: components(edges) for edges in terms}
    ways = {part: _way(part, adjacency) for known in parts.values() for part in known}
    _check(pattern, adjacency, ways)
    counts = {}
    for part, (_, _, run) in ways.items():
        counts[part] = run()
        _check_exact(counts[part])
    total = 0
    for edges, known in parts.items():
        product = math.prod(round(counts[part]) for part in known)
        _check_exact(product)
        total += terms[edges] * product
    return total


def _check_exact(count: float) -> None:
    if count > _EXACT:
        raise OverflowError(f"{count:.3g} homomorphisms are too many to be counted exactly")


def _way(edges: Edges, adjacency: csr_array) -> tuple[float, float, Callable[[], float]]:
    """Seconds, bytes and the count itself, for a connected pattern."""
    size, nodes = 1 + max(map(max, edges)), adjacency.shape[0]
    order = elimination(edges)
    by_root = np.full(nodes, float(nodes) ** 2)
    if is_clique(edges):
        cliques = CliqueCounter(adjacency, size)
        seconds, needed = cliques.seconds, 32.0 * adjacency.nnz

        def count() -> float:
            return cliques.count(LONGEST_SECONDS) * math.factorial(size)
    elif order is None:
        return *table_cost(edges, nodes), lambda: by_tables(edges, adjacency.toarray())
    else:
        seconds, needed, by_root = sparse_cost(order, adjacency)
        count = partial(contract, order, edges, adjacency, by_root)
    full = 8.0 * (len(edges) + 3) * nodes**2
    if order is None or full > MEMORY_SHARE * available_bytes():
        return seconds, needed, count
    quick = dense_seconds(order, nodes)
    if quick >= seconds:
        return seconds, needed, count
    return quick, full, lambda: contract(order, edges, adjacency.toarray(), by_root)


def _check(pattern: Edges, adjacency: csr_array, ways: dict) -> None:
    """Raise ``TooLargeError`` before anything large is made."""
    seconds = sum(seconds for seconds, _, _ in ways.values())
    needed, free = max(needed for _, needed, _ in ways.values()), available_bytes()
    if seconds <= LONGEST_SECONDS and needed <= MEMORY_SHARE * free:
        return
    nodes, edges = adjacency.shape[0], adjacency.nnz // 2
    hub = int(np.diff(adjacency.indptr).max())
    widest = max((width(part) for part in ways if not is_clique(part)), default=0)
    if widest <= 2:
        why = (
            f"its walks along the edges are too many (the largest degree is {hub:,}); count in a "
            "part of the graph, as torch_geometric.utils.subgraph cuts it out without the hubs"
        )
    else:
        power = 1 + widest
        share = min(LONGEST_SECONDS / seconds, MEMORY_SHARE * free / needed)
        most = int(nodes * share ** (1 / power))
        why = (
            f"it is no clique and its treewidth is above 2, so that full tables are needed, about "
            f"nodes^{power} steps; up to about {most:,} nodes can be counted"
        )
    raise TooLargeError(
        f"counting a pattern of {len(pattern)} edges on {nodes:,} nodes that may hold it, with "
        f"{edges:,} edges, would take {duration(seconds)} and {memory(needed)} (of {memory(free)} "
        f"that are free, half may be used): {why}"
    )
