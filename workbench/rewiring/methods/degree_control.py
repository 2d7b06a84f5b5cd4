"""Degree control: ends of edges move from the nodes of most neighbors to those of fewest."""

from collections.abc import Callable

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired, apply_edits, choices
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", removes=True)
def degree_control(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Even out the degrees: replace an edge (h, w) by (l, w), h of highest and l of lowest degree.

    The number of edges stays, and the sum of squared degrees falls by 2 (d_h - d_l - 1), as much as
    the move of one end can lower it. What a rewiring gains by degrees alone this gains, too: a
    control beside the methods, of the workbench's own.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes, isolated ones included: they have the lowest degree.
        num_edges: how many edges to move.
        should_stop: asked before each move; if it returns True, the work ends.

    Returns:
        A ``Rewired``, two edits for each move, first the edge that goes; ``score`` is by how much
        the sum of squared degrees falls. ``num_tied`` counts the moves that were as good; the first
        by the places of h, l and w in ``canonical_order`` is made. Fewer moves come back where no
        two degrees differ by more than 1.

    Self-loops stay and do not count for the degrees; a repeated edge counts once and goes as a
    whole. Weights play no role. Components may be joined or fall apart. O(n + m) and, for a move,
    the neighbors of the nodes of highest degree.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed or ``num_edges`` is negative.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import star
        >>> from workbench.rewiring import degree_control
        >>> rewired = degree_control(star(6).edge_index, 6, num_edges=10)  # the center has 5
        >>> sorted(degree(rewired.edge_index[0]).tolist()), rewired.added.size(1)
        ([1.0, 1.0, 2.0, 2.0, 2.0, 2.0], 3)
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "degree_control")
    graph = simple_graph(edge_index, num_nodes)
    start, node, _, _ = graph.neighbors
    around = [set(node[start[v] : start[v + 1]].tolist()) for v in range(num_nodes)]
    of_degree: dict[int, set[int]] = {}
    for v, neighbors in enumerate(around):
        of_degree.setdefault(len(neighbors), set()).add(v)
    order, edits, score, num_tied = StructuralOrder(graph), [], [], []

    def change(u: int, w: int, method: Callable[[set, int], None]) -> None:
        for one, other in ((u, w), (w, u)):
            of_degree[len(around[one])].discard(one)
            method(around[one], other)
            of_degree.setdefault(len(around[one]), set()).add(one)

    for _ in range(num_edges):
        check_stop(should_stop, "degree_control")
        degrees = [degree for degree, nodes in of_degree.items() if nodes]
        most, least = max(degrees, default=0), min(degrees, default=0)
        if most - least < 2:
            break
        highest, lowest = of_degree[most], of_degree[least]
        alike = sum(
            most - (low in around[high]) - len(around[high] & around[low])
            for high in highest
            for low in lowest
        )
        high, low = (min(nodes, key=order.place.__getitem__) for nodes in (highest, lowest))
        w = min(around[high] - around[low] - {low}, key=order.place.__getitem__)
        for sign, end, method in ((-1, high, set.remove), (1, low, set.add)):
            change(end, w, method)
            edits.append((sign, min(end, w), max(end, w)))
            score.append(2.0 * (most - least - 1))
            num_tied.append(alike if sign < 0 else 1)
    return apply_edits(edge_index, num_nodes, *choices(edits, score, num_tied), graph=graph)
