"""Topological concentration: how much a node's surroundings overlap with its partners'."""

from typing import no_type_check

import numpy as np
import torch
from numba import njit
from torch import Tensor

from workbench.cost import (
    EQUAL_DEGREES,
    LONGEST_SECONDS,
    MEMORY_SHARE,
    Estimate,
    available_bytes,
    check_count,
    diagnostic,
    too_large,
)
from workbench.topology import Neighbors, SimpleGraph, check_pairs, simple_graph
from workbench.typing import EdgeIndex, NodeVector, Pairs


@diagnostic(
    of="node",
    # the call itself counts the walks of its own graph
    seconds=lambda n, m: 6e-8 * n * (1 + 2 * m / max(n, 1)) ** 3,
    bytes=lambda n, m: 60.0 * n * min(n, (1 + 2 * m / max(n, 1)) ** 3) + 200.0 * m,
    instead="approximate_topological_concentration",
    how=EQUAL_DEGREES,
)
def topological_concentration(
    edge_index: EdgeIndex,
    num_nodes: int,
    pairs: Pairs | None = None,
    *,
    depth: int = 2,
    beta: float | None = None,
) -> NodeVector:
    """Share of a node's walks that end where walks of its link partners end too.

        TC_i = mean_j  sum_{k,l = 1..K} beta^(k+l-2) |H_i^k ∩ H_j^l|
                     / sum_{k,l = 1..K} beta^(k+l-2) |H_i^k|

    over the partners j of i; H_i^k is the multiset of the ends of all walks of k steps from i, and
    ``|H_i^k ∩ H_j^l|`` counts the ends in H_i^k, with their multiplicity there, that are also in
    H_j^l. So the measure is not symmetric in i and j.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge: the training graph.
        num_nodes: number of nodes.
        pairs: ``[2, pairs]`` the links whose concentration is asked for, as validation or test
            links: each makes its two ends partners, in either direction. Not given, the edges of
            the graph itself, and then ``|H_i^1| - 1`` stands in the term k = l = 1 of the
            denominator: the edge to the partner is not counted as a place to meet.
        depth: K, the longest walks. Time and memory grow with the K-th power of the degree.
        beta: weight of a further step; one over the mean degree if not given.

    Returns:
        ``[nodes]`` float64 without unit on the device of the input. 0 for a node without partners
        or without neighbors, and where the edges are the pairs for a node with one neighbor too.

    Self-loops are dropped, repeated edges and pairs count once, a pair of a node with itself is
    dropped. Walks never leave a component: partners in another one count with 0. No weights.

    The walks are counted step by step and not one by one. This is the form of
    the authors' code; the paper leaves the denominator open as a function of both sizes.

    Raises:
        TooLargeError: the walks of this graph would take more than ten minutes, or their ends more
            than half of the free memory; use ``approximate_topological_concentration``.
        ValueError: the graph is directed, a pair names a node that does not exist, ``depth`` is
            below 1, or ``beta`` is negative.

    Examples:
        >>> from workbench.diagnostics import topological_concentration
        >>> from workbench.graphs import star
        >>> found = topological_concentration(star(5).edge_index, 5)
        >>> found[1:].round(decimals=9).unique().numel()  # all leaves are alike
        1

    References:
        Wang et al., A topological perspective on demystifying GNN-based link prediction
        performance, ICLR 2024, arXiv 2310.04612.
    """
    if depth < 1 or (beta is not None and beta < 0):
        raise ValueError(f"depth must be at least 1 and beta not negative, got {depth=}, {beta=}")
    check_count("depth", depth, 100)
    graph = simple_graph(edge_index, num_nodes)
    num_nodes = graph.num_nodes  # an int, whatever integer came in
    partners = partner_lists(graph, pairs)
    if graph.num_edges == 0 or partners.node.size == 0:
        return torch.zeros(num_nodes, dtype=torch.float64, device=edge_index.device)
    beta = num_nodes / (2.0 * graph.num_edges) if beta is None else beta
    start, node, _, _ = graph.neighbors
    discount, row = beta ** np.arange(depth), np.repeat(np.arange(num_nodes), np.diff(start))
    walks = [np.diff(start).astype(np.float64)]
    for _ in range(depth - 1):
        walks.append(np.bincount(row, walks[-1][node], num_nodes))
    room = np.minimum(sum(walks), num_nodes)
    _check_walks(num_nodes, walks, room, partners)
    size = discount.sum() * (discount @ np.stack(walks))
    if pairs is None:
        size = np.where(walks[0] > 1, size - 1.0, 0.0)
    ends = _walk_ends(start, node, discount, int(room.sum()))
    overlap = _overlap(partners.start, partners.node, *ends)
    count = np.diff(partners.start)
    valid = (count > 0) & (size > 0) & (walks[0] > 0)
    found = np.divide(overlap, count * size, out=np.zeros(num_nodes), where=valid)
    return torch.from_numpy(found).to(edge_index.device)


def partner_lists(graph: SimpleGraph, pairs: Tensor | None) -> Neighbors:
    """The partners of each node."""
    if pairs is None:
        return graph.neighbors
    check_pairs(pairs, graph.num_nodes)
    both = torch.cat([pairs, pairs.flip(0)], dim=1)
    return simple_graph(both, graph.num_nodes).neighbors


def _check_walks(num_nodes: int, walks: list, room: np.ndarray, partners: Neighbors) -> None:
    """Raise where the walks, counted on this very graph, are too many."""
    met = float(room[partners.node].sum())
    seconds = 2e-8 * float(sum(w.sum() for w in walks)) + 2e-9 * met
    size, free, why = 60.0 * float(room.sum()), available_bytes(), None
    if seconds > 20 * LONGEST_SECONDS:
        why = f"an exact answer may take {20 * LONGEST_SECONDS / 60:.0f} minutes"
    elif size > MEMORY_SHARE * free:
        why = f"{free / 1e9:.1f} GB are free (half may be used)"
    if why:
        name, other = "topological_concentration", "approximate_topological_concentration"
        raise too_large(Estimate(name, seconds, int(size), False, why, other), num_nodes)


@njit(cache=True, nogil=True)
@no_type_check
def _walk_ends(start, neighbor, discount, room):
    """Ends of the walks from each node as sorted lists: their start, the ends, and two sums.

    Over the numbers of steps, the discount times the number of walks, and times whether there are
    any.
    """
    size = start.size - 1
    first, place = np.zeros(size + 1, dtype=np.int64), np.empty(room, dtype=np.int64)
    walks, met = np.empty(room), np.empty(room)
    now, then = np.zeros(size), np.zeros(size)
    own_walks, own_met = np.zeros(size), np.zeros(size)
    here, there = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    ends, seen = np.empty(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    for i in range(size):
        num_here, num_ends = 1, 0
        here[0], now[i] = i, 1.0
        for weight in discount:
            num_there = 0
            for k in range(num_here):
                u = here[k]
                for a in range(start[u], start[u + 1]):
                    v = neighbor[a]
                    if then[v] == 0.0:
                        there[num_there] = v
                        num_there += 1
                    then[v] += now[u]
            for k in range(num_here):
                now[here[k]] = 0.0
            for k in range(num_there):
                v = there[k]
                if not seen[v]:
                    seen[v] = True
                    ends[num_ends] = v
                    num_ends += 1
                own_walks[v] += weight * then[v]
                own_met[v] += weight
            now, then, here, there, num_here = then, now, there, here, num_there
        for k in range(num_here):
            now[here[k]] = 0.0
        at = first[i]
        place[at : at + num_ends] = np.sort(ends[:num_ends])
        for k in range(at, at + num_ends):
            v = place[k]
            walks[k], met[k] = own_walks[v], own_met[v]
            own_walks[v] = own_met[v] = 0.0
            seen[v] = False
        first[i + 1] = at + num_ends
    return first, place, walks, met


@njit(cache=True, nogil=True)
@no_type_check
def _overlap(start, partner, first, place, walks, met):
    """Sum over the partners j of i of the walks of i that end where some of j do."""
    size = start.size - 1
    own, found = np.zeros(size), np.zeros(size)
    for i in range(size):
        for a in range(first[i], first[i + 1]):
            own[place[a]] = walks[a]
        for k in range(start[i], start[i + 1]):
            j = partner[k]
            for b in range(first[j], first[j + 1]):
                found[i] += own[place[b]] * met[b]
        for a in range(first[i], first[i + 1]):
            own[place[a]] = 0.0
    return found
