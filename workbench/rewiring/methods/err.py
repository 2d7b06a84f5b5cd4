"""ERR: join the pair of highest effective resistance, cut the edge of lowest, again and again."""

from collections.abc import Callable

import numpy as np

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.incremental import ResistanceTracker
from workbench.rewiring.engine.pseudo_inverse import check_dense
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired, apply_edits, choices
from workbench.ties import TIE, largest, smallest
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", removes=True)
def err(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    remove: bool = True,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Effective resistance rewiring: add where resistance is highest, remove where it is lowest.

    A step adds the pair of nodes of one component with the highest effective resistance, and then
    removes the edge with the lowest, so that the number of edges stays.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: how many edges to add.
        remove: whether each step removes an edge, too.
        should_stop: asked before each step; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is the resistance of an added pair before it is joined, and minus
        that of a removed edge; both in ohms. Of those that are tied, up to 1e-9, the first in
        ``canonical_order`` is taken. Fewer edges come back if every component is complete, where
        the edge just added has itself the lowest resistance, and where all edges are bridges, of
        which none goes: a bridge of conductance 1 has 1 ohm and any other edge less.

    Components are never joined and never fall apart. Self-loops stay and do not matter, repeated
    edges count once, weights play no role. Cost: O(n^3) once, then O(n^2) a step, on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 8,000 nodes.
        ValueError: the graph is directed or ``num_edges`` is negative.

    Differs from the paper: components stay apart, as with ``gtr``; its form for directed graphs is
    not here.

    Examples:
        >>> from workbench.graphs import lollipop
        >>> from workbench.rewiring import err
        >>> data = lollipop(4, 3)  # the clique of nodes 0 to 3, the path 3 - 4 - 5 - 6
        >>> rewired = err(data.edge_index, 7, num_edges=1)
        >>> rewired.added.max().item(), round(rewired.score[0].item(), 9)  # the path's end; 3 + 1/2
        (6, 3.5)

    References:
        Miquel-Oliver, Gil-Sorribes, Guallar and Molina, Effective Resistance Rewiring: A Simple
        Topological Correction for Over-Squashing, 2026, arXiv 2603.11944.
    """
    check_num_edges(num_edges)
    check_dense(num_nodes, "err")
    check_stop(should_stop, "err")
    start = simple_graph(edge_index.cpu(), num_nodes)
    order, tracker = StructuralOrder(start), ResistanceTracker(start.edge_index(), num_nodes)
    rows, columns = np.triu_indices(num_nodes, 1)
    apart = start.labels.numpy()
    possible = apart[rows] == apart[columns]
    rows, columns = rows[possible], columns[possible]
    joined = np.isin(rows * num_nodes + columns, start.ends[0] * num_nodes + start.ends[1])
    edits, score, num_tied = [], [], []

    def choose(best: np.ndarray, among: np.ndarray) -> int:
        at = among[best]
        num_tied.append(at.size)
        return int(at[order.first(rows[at], columns[at])])

    def resistance_now() -> np.ndarray:
        return tracker.resistance().numpy()[rows, columns]

    def edit(sign: int, at: int, ohms: float) -> None:
        u, v = int(rows[at]), int(columns[at])
        (tracker.add if sign > 0 else tracker.remove)(u, v)
        joined[at] = sign > 0
        edits.append((sign, u, v))
        score.append(sign * ohms)

    for _ in range(num_edges):
        check_stop(should_stop, "err")
        free = np.flatnonzero(~joined)
        if not free.size:
            break
        resistance = resistance_now()
        new = choose(largest(resistance[free]), free)
        edit(1, new, resistance[new])
        if not remove:
            continue
        resistance = resistance_now()
        there = np.flatnonzero(joined)
        there = there[resistance[there] < 1.0 - TIE]
        if not there.size:
            break
        old = choose(smallest(resistance[there]), there)
        if old == new:
            num_tied.pop()
            break
        edit(-1, old, resistance[old])
    return apply_edits(edge_index, num_nodes, *choices(edits, score, num_tied), graph=start)
