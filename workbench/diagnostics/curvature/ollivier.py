"""Ollivier-Ricci curvature of every edge: how much closer neighborhoods are than their centers."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from numbers import Real
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.cost import (
    EQUAL_DEGREES,
    LONGEST_SECONDS,
    MEMORY_SHARE,
    Stopped,
    TooLargeError,
    available_bytes,
    diagnostic,
)
from workbench.diagnostics.curvature.neighbor_lists import NeighborLists, neighbor_lists
from workbench.diagnostics.curvature.ollivier_kernel import edge_curvatures
from workbench.diagnostics.finite import check_tensor
from workbench.topology import SimpleGraph, as_columns, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: Seconds for an edge, for one entry of its distance table, and for one path of two edges.
_EDGE, _ENTRY, _STEP = 4e-6, 1.5e-8, 3e-9

#: Distance tables that are held at once by a thread, unless a single edge needs more.
_TABLE_BYTES = 1 << 24

#: Bytes for one entry of the largest table: distance, cost and flow.
_ENTRY_BYTES = {False: 10, True: 24}


def _taken_by_degrees(nodes: int, one: Tensor, other: Tensor) -> tuple[float, float]:
    """A table of distances for each edge, but for those to a leaf; and a look along each list."""
    table = (1 + one) * (1 + other) * ((one > 1) & (other > 1))
    edges, largest = one.numel(), float(table.max()) if one.numel() else 0.0
    seconds = 5e-6 * edges + 1.5e-8 * float(table.sum()) + 7e-10 * float((one + other).sum())
    return seconds, 2e7 + 80.0 * nodes + 400.0 * edges + 10.0 * largest


@diagnostic(
    of="edge",
    scaling=0,
    seconds=lambda n, m: m * (5e-6 + 1.5e-8 * (1 + 2 * m / max(n, 1)) ** 2),
    bytes=lambda n, m: 2e7 + 80.0 * n + 400.0 * m,
    instead="balanced_forman",
    advice="a lower bound of the Lin-Lu-Yau curvature",
    how=EQUAL_DEGREES,
    by_degrees=_taken_by_degrees,
)
def ollivier_ricci(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    alpha: float | Literal["lin-lu-yau"] = 0.0,
    edge_length: Float[Tensor, " edges"] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " edges"]:
    """Ollivier-Ricci curvature of every edge, by exact optimal transport.

        kappa(u, v) = 1 - W1(mu_u, mu_v) / d(u, v)
        mu_u = alpha at u, and (1 - alpha) w_uk / sum_j w_uj at each neighbor k
        W1(mu, nu) = the least of sum_pq plan(p, q) d(p, q) over plans that take mu to nu

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``: they share out the mass of a node among its
            neighbors, as a random walk does, and are no lengths; 1 where not given.
        alpha: share of the mass that stays, at least 0 and below 1; or ``"lin-lu-yau"`` for the
            limit of kappa / (1 - alpha) as alpha goes to 1, which is twice the curvature at 1/2.
        edge_length: positive lengths ``[edges]``; d is then the length of shortest paths, else the
            number of hops.
        should_stop: asked twenty times a second, in the calling thread; where it says True, the
            work ends. With it there is no limit of time, only of memory.

    Returns:
        ``[edges]`` float64, aligned with the columns of ``edge_index``; no unit; at most 1 (2 for
        Lin-Lu-Yau), above -2 for hops.

    Self-loops get 0 and count nowhere, and so do columns of weight 0 where there are no lengths.
    With lengths, they are ways that no walker takes unless all of its node have weight 0: then
    they are alike (``exp(-length**2)`` is 0 for a length of 31). A repeated edge counts once; with
    weights, repeats add, and of repeated lengths the least counts. Isolated nodes and components
    do not matter. A node with one neighbor sends all its walkers there.

    Mass that both ends have in common stays, and only the rest is moved. Hops between
    neighbors of the two ends are 0 to 3, found where neighbor lists meet: no shortest paths of the
    whole graph, no processes. Cost: about the sum over edges of d_u d_v, plus the paths of two
    edges from the neighbors of the end of lower degree; on ``torch.get_num_threads()`` threads of
    the CPU. Two hubs that are neighbors need 10 d_u d_v bytes. With lengths, a search from each
    neighbor goes as far as the edge's neighborhood is wide.

    Raises:
        ValueError: the graph is directed, a weight is negative, a length is not positive or differs
            between the two directions, or ``alpha`` is out of range.
        TooLargeError: it would take longer than half a minute, or much of the free memory.
        Stopped: ``should_stop`` said so.

    Examples:
        >>> from workbench.diagnostics import ollivier_ricci
        >>> from workbench.graphs import complete, ring
        >>> ollivier_ricci(complete(4).edge_index, 4).round(decimals=6).unique().tolist()  # 2 / 3
        [0.666667]
        >>> ollivier_ricci(ring(6).edge_index, 6).round(decimals=6).abs().max().item()  # flat
        0.0

    References:
        Ollivier, Ricci curvature of Markov chains on metric spaces, J. Funct. Anal. 256, 2009.
        Lin, Lu and Yau, Ricci curvature of graphs, Tohoku Math. J. 63, 2011. Bourne, Cushing, Liu,
        Münch and Peyerimhoff, Ollivier-Ricci idleness functions of graphs, 2018, arXiv 1704.04398
        (kappa / (1 - alpha) is constant from alpha = 1 / (max(d_u, d_v) + 1) on).
    """
    idle, factor = (0.5, 2.0) if alpha == "lin-lu-yau" else (alpha, 1.0)
    if not isinstance(idle, Real) or not 0 <= idle < 1:
        raise ValueError(
            f'alpha must be a number from 0 to below 1, or "lin-lu-yau", got {alpha!r}'
        )
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    if edge_length is not None:
        graph = _with_ways(graph, edge_index)
    lists, lengths = neighbor_lists(graph), np.empty(0)
    if edge_length is not None:
        lengths = _lengths(graph, edge_index, edge_length)[lists.edge]
    value = np.zeros(graph.num_edges)
    owner = np.repeat(np.arange(num_nodes), np.diff(lists.start))
    weight, degree = _shares(graph.conductance[lists.edge], owner, num_nodes)
    back = np.empty_like(owner)
    pairs = np.argsort(lists.edge, kind="stable").reshape(-1, 2)
    back[pairs] = pairs[:, ::-1]
    rows = _rows(lists, owner)
    if not lengths.size:
        leaf = (rows > 0) & (np.diff(lists.start)[owner] == 1)
        there = weight[back[leaf]] / degree[lists.neighbor[leaf]]
        value[lists.edge[leaf]] = _at_leaves(there, idle)
        rows[leaf] = 0
    two_hop, parts = _plan(lists, owner, rows, lengths.size > 0, should_stop is None)
    kind = np.empty(0, np.float64 if lengths.size else np.int8)
    walk = (lists.start, lists.neighbor, lists.edge, weight, degree, lengths, float(idle))

    def job(begin: int, end: int) -> None:
        edge_curvatures(begin, end, owner, back, rows, two_hop, *walk, kind, value)

    _on_threads(job, parts, should_stop)
    return as_columns(graph, factor * value, edge_index)


def _with_ways(graph: SimpleGraph, edge_index: EdgeIndex) -> SimpleGraph:
    """The graph together with its edges of weight 0."""
    ways = simple_graph(edge_index, graph.num_nodes)
    number, wanted = (g.source * graph.num_nodes + g.target for g in (ways, graph))
    weight = torch.zeros_like(ways.weight)
    weight[torch.searchsorted(number, wanted)] = graph.weight
    return SimpleGraph(ways.source, ways.target, weight, graph.num_nodes)


def _shares(weight: np.ndarray, owner: np.ndarray, num_nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """How strongly the walkers of each node are drawn along each entry, and the sum at each node.

    Weights of one node are scaled by one power of two, which changes no digit, to a largest one of
    1 to 2, so that no product of two sums is 0 where weights are tiny.
    """
    most = np.zeros(num_nodes)
    np.maximum.at(most, owner, weight)
    share = np.ldexp(weight, 1 - np.frexp(most)[1][owner])
    share[most[owner] == 0] = 1.0
    return share, np.bincount(owner, share, num_nodes)


def _at_leaves(there: np.ndarray, idle: float) -> np.ndarray:
    """Curvature of edges to a node with one neighbor, through which all mass has to pass.

    ``there`` is the share of the neighbor's walkers that come to the leaf.
    """
    there = (1 - idle) * there
    return idle + there - np.abs(idle - there)


def _lengths(graph: SimpleGraph, edge_index: EdgeIndex, length: Tensor) -> np.ndarray:
    """Length of each undirected edge, the least of its columns."""
    check_tensor("edge_length", length)
    if length.shape != (edge_index.size(1),):
        raise ValueError(
            f"edge_length must have a length for each of the {edge_index.size(1)} columns of "
            f"edge_index, got shape {list(length.shape)}"
        )
    length = length.detach().cpu().double()
    if not bool((length > 0).all()) or not bool(torch.isfinite(length).all()):
        raise ValueError(
            "edge_length holds lengths, positive and finite; got a minimum of "
            f"{float(length.min())} and a maximum of {float(length.max())}"
        )
    place = as_columns(graph, np.arange(1.0, graph.num_edges + 1), edge_index).cpu().long()
    up = (edge_index[0] < edge_index[1]).cpu()
    found = torch.full((2, graph.num_edges + 1), torch.inf, dtype=torch.float64)
    found[0].scatter_reduce_(0, place[up], length[up], "amin")
    found[1].scatter_reduce_(0, place[~up], length[~up], "amin")
    one, other = found[:, 1:]
    if not torch.allclose(one, other, rtol=1e-9, atol=0.0):
        at = int((one - other).abs().argmax())
        raise ValueError(
            f"edge ({int(graph.source[at])}, {int(graph.target[at])}) has length {float(one[at])} "
            f"one way and {float(other[at])} the other; give both directions the same length"
        )
    return one.numpy()


def _rows(lists: NeighborLists, owner: np.ndarray) -> np.ndarray:
    """1 + the degree of the neighbor, where it is the end of higher degree; 0 at the other end."""
    degree, there = np.diff(lists.start), lists.neighbor
    more, less = degree[there], degree[owner]
    return np.where((more > less) | ((more == less) & (there > owner)), more + 1, 0)


def _plan(
    lists: NeighborLists, owner: np.ndarray, rows: np.ndarray, lengths: bool, limited: bool
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Paths of two edges from each node, and blocks of entries to work on; or a refusal."""
    degree, there, threads = np.diff(lists.start), lists.neighbor, torch.get_num_threads()
    two_hop = np.bincount(owner, degree[there], minlength=lists.num_nodes).astype(np.int64)
    table = rows * (degree[owner] + 1)
    room = _TABLE_BYTES // (8 if lengths else 1)
    blocks = int(max(table.sum() / room, threads * 8)) + 1 if table.sum() > 1e5 else 1
    # a source is marked once in a block, or met from the edges that ask for it
    steps = 2.0 * blocks * float(two_hop.sum())
    steps = (
        20 * steps
        if lengths
        else min(steps, float(((table > 0) * two_hop[there]) @ (degree[owner] + 1.0)))
    )
    seconds = (_EDGE * (table > 0).sum() + _ENTRY * table.sum() + _STEP * steps) / threads
    size, free = 1.0 * table.max(initial=0) * _ENTRY_BYTES[lengths] * threads, available_bytes()
    if (limited and seconds > LONGEST_SECONDS) or size > MEMORY_SHARE * free:
        raise TooLargeError(
            f"ollivier_ricci of {lists.num_nodes:,} nodes and {lists.num_edges:,} edges would take "
            f"about {seconds / 60:.1f} minutes on {threads} threads and {size / 1e9:.2g} GB: the "
            f"largest degree is {int(degree.max()):,}; pass should_stop to let it run, leave out "
            "the hubs (torch_geometric.utils.subgraph), or use balanced_forman, a lower bound of "
            "the Lin-Lu-Yau curvature"
        )
    if blocks == 1:
        return two_hop, [(0, owner.size)] if owner.size else []
    place = np.cumsum(table) * (blocks / max(table.sum(), 1))
    ends = np.unique(np.searchsorted(place, np.arange(1, blocks + 1) - 1e-9))
    ends = np.unique(np.append(np.minimum(ends + 1, owner.size), owner.size)).tolist()
    return two_hop, [(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True) if b > a]


def _on_threads(
    job: Callable[[int, int], None],
    parts: list[tuple[int, int]],
    should_stop: Callable[[], bool] | None,
) -> None:
    """Run ``job`` for all parts on torch's threads."""
    if len(parts) == 1 and should_stop is None:  # of a small graph: no thread is worth it
        job(*parts[0])
        return
    began = time.perf_counter()
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        try:
            running = {pool.submit(job, *part) for part in parts}
            while running:
                done, running = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                if should_stop is not None and should_stop():
                    raise Stopped("ollivier_ricci was asked to stop")
                if should_stop is None and time.perf_counter() - began > 20 * LONGEST_SECONDS:
                    raise TooLargeError(
                        f"ollivier_ricci is not done after ten minutes ({len(running)} of "
                        f"{len(parts)} blocks are left); pass should_stop to let it run, or use "
                        "balanced_forman"
                    )
        finally:
            pool.shutdown(cancel_futures=True)
