"""BORF: batches that bridge the edges of lowest Ollivier-Ricci curvature and cut the highest."""

from collections.abc import Callable
from typing import no_type_check

import numpy as np
from numba import njit

from workbench.cost import check_count
from workbench.diagnostics.curvature.ollivier import ollivier_ricci
from workbench.diagnostics.curvature.transport import transport
from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.edge_set import EdgeSet, batch_of, of_undirected
from workbench.rewiring.engine.one_cut import one_cut
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired, apply_edits, choices
from workbench.ties import TIE
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", removes=True)
def borf(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    batch_add: int = 4,
    batch_remove: int = 2,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Batch Ollivier-Ricci flow: bridge bottlenecks and thin out crowds, a batch at a time.

    A batch computes the curvature kappa of every edge (``ollivier_ricci``, alpha = 0). For each of
    the ``batch_add`` edges (u, v) of lowest curvature, whose neighborhoods are farthest apart, it
    joins the two neighbors between which the optimal transport does most work:

        (p, q) = argmax plan(p, q) d(p, q),   p in N(u), q in N(v)

    where they are not joined yet. Then it removes the ``batch_remove`` edges of highest curvature
    at the beginning of the batch.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: for how many edges of low curvature a new edge is looked for, in all batches
            together. The released code has 10 batches by default.
        batch_add: for how many in a batch; 4 in the released code.
        batch_remove: how many edges a batch removes; 2 in the released code. A last batch that is
            not full removes no more than it may add.
        should_stop: asked before each batch; if it returns True, the work ends.

    Returns:
        A ``Rewired``. ``score`` is minus the curvature of the edge for which an edge was added,
        and the curvature of an edge that was removed. ``num_tied`` counts edges of one curvature
        and, at an addition, pairs between which as much work is done. Of those that are tied, up to
        1e-9, the first in ``canonical_order`` is taken, which also chooses among optimal plans.
        Fewer edges come back than ``num_edges``: two neighbors may be joined already, or for
        another edge. A batch that adds nothing is not made, and the work ends.

    Self-loops stay and do not matter, repeated edges count once, weights play no role, isolated
    nodes stay isolated. Removing may disconnect the graph. Cost: a batch takes what
    ``ollivier_ricci`` takes.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: as ``ollivier_ricci``.
        ValueError: the graph is directed, ``num_edges`` or ``batch_remove`` is negative, or
            ``batch_add`` is not positive.

    Differs from the released code: that works on the two directions of an edge one by one, so that
    its result is directed, and goes on removing where nothing is added. With ``batch_remove=0`` it
    removes all edges; here none.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.rewiring import borf
        >>> data = barbell(5)  # two cliques of five and a bridge
        >>> rewired = borf(data.edge_index, 10, num_edges=1, batch_add=1, batch_remove=0)
        >>> ((rewired.added < 5).sum(0) == 1).tolist()  # from one clique to the other
        [True]

    References:
        Nguyen, Hieu, Nguyen, Ho, Osher and Nguyen, Revisiting Over-smoothing and Over-squashing
        Using Ollivier-Ricci Curvature, ICML 2023, arXiv 2211.15779.
    """
    check_num_edges(num_edges)
    check_count("num_edges", num_edges, 1_000_000)  # edges that go may come again
    if batch_add < 1 or batch_remove < 0:
        raise ValueError(
            "a batch adds at least 1 edge and removes none or more, got "
            f"batch_add={batch_add} and batch_remove={batch_remove}"
        )
    check_stop(should_stop, "borf")
    state = EdgeSet(simple_graph(edge_index.cpu(), num_nodes))
    start, order, room = state.graph, StructuralOrder(state.graph), num_edges
    while room > 0 and state.graph.num_edges:
        check_stop(should_stop, "borf")
        (count, least), since = batch_of(room, batch_add, batch_remove), len(state.edits)
        curvature = of_undirected(state.graph, ollivier_ricci)
        _add(state, curvature, count, order)
        if len(state.edits) == since:
            break
        u, v = state.graph.ends
        gone, tied = one_cut(u, v, curvature, least, order)
        for at, alike in zip(gone.tolist(), tied.tolist(), strict=True):
            state.edit(-1, int(u[at]), int(v[at]), curvature[at], alike)
        state.renew(since)
        room -= count
    made = choices(state.edits, state.score, state.num_tied)
    return apply_edits(edge_index, num_nodes, *made, graph=start)


def _add(state: EdgeSet, curvature: np.ndarray, count: int, order: StructuralOrder) -> None:
    """Join the neighbors of the ``count`` edges of lowest curvature."""
    u, v = state.graph.ends
    start, node, _, _ = state.graph.neighbors
    new = set()
    lowest, tied = one_cut(u, v, -curvature, count, order)
    for at, alike in zip(lowest.tolist(), tied.tolist(), strict=True):
        a, b = sorted((u[at], v[at]), key=lambda end: order.place[end])
        p, q, as_far = most_work(start, node, order.place, a, b)
        pair = min(p, q), max(p, q)
        if p >= 0 and pair not in new:
            new.add(pair)
            state.edit(1, *pair, -curvature[at], alike * as_far)


@njit(cache=True, nogil=True)
@no_type_check
def most_work(start, node, place, a, b):
    """(p, q) in N(a) x N(b) with the largest plan(p, q) d(p, q), and how many pairs tie with it.

    -1, -1 where the largest are of pairs that are joined already. Neighbors are taken by ``place``.
    """
    # masses 1 / d_a and 1 / d_b times both degrees: whole numbers
    mass = np.zeros(start.size - 1)
    for p in node[start[a] : start[a + 1]]:
        mass[p] += start[b + 1] - start[b]
    for q in node[start[b] : start[b + 1]]:
        mass[q] -= start[a + 1] - start[a]
    rows = _by_place(mass, 1.0, node, place, a, start)
    columns = _by_place(mass, -1.0, node, place, b, start)
    supply, demand = mass[rows], -mass[columns]
    cost = np.full((rows.size, columns.size), 3.0)
    near = np.zeros(start.size - 1, dtype=np.uint8)
    for i in range(rows.size):
        p = rows[i]
        near[node[start[p] : start[p + 1]]] = 1
        for j in range(columns.size):
            q = columns[j]
            if near[q]:
                cost[i, j] = 1.0
            else:
                for c in range(start[q], start[q + 1]):
                    if near[node[c]]:
                        cost[i, j] = 2.0
                        break
        near[node[start[p] : start[p + 1]]] = 0
    if rows.size == 0 or columns.size == 0:
        return -1, -1, 0
    work = transport(cost, supply, demand, cost.max())[1].T * cost
    most, count, best = work.max(), 0, np.int64(-1)
    u, v = np.int64(-1), np.int64(-1)
    for i in range(rows.size):
        for j in range(columns.size):
            if work[i, j] >= (1.0 - TIE) * most:
                count += 1
                one, other = place[rows[i]], place[columns[j]]
                key = min(one, other) * place.size + max(one, other)
                if cost[i, j] > 1.0 and (best < 0 or key < best):
                    u, v, best = rows[i], columns[j], key
    return u, v, count


@njit(cache=True, nogil=True)
@no_type_check
def _by_place(mass, sign, node, place, center, start):
    """The neighbors of a node that have mass of one sign to move, by their place."""
    around = node[start[center] : start[center + 1]]
    there = around[sign * mass[around] > 0.0]
    return there[np.argsort(place[there])]
