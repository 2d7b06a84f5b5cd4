"""GTR: add the edge that lowers the total effective resistance most, again and again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.growth import grow
from workbench.rewiring.engine.resistance_gains import ResistanceGains
from workbench.rewiring.result import Rewired, apply_edits
from workbench.typing import EdgeIndex, EdgeWeight


@rewiring("edits", weighted="used", greedy=ResistanceGains, greedy_nodes=2_500)
def gtr(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    edge_weight: EdgeWeight | None = None,
    variant: Literal["paper", "official"] = "paper",
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Add edges greedily, each lowering the total effective resistance as much as one edge can.

        R_tot - R_tot' = n B_st^2 / (1 + R_st),   B_st^2 = (e_s - e_t)^T (L^+)^2 (e_s - e_t)

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes, isolated ones included.
        num_edges: how many edges to add. The paper and its code give no default.
        edge_weight: conductances ``[edges]`` of the edges that are there; 1 if not given. An
            added edge has conductance 1. A column of weight 0 is no edge and is not kept.
        variant: in a disconnected graph, ``"paper"`` compares the real decrease inside each
            component (n = nodes of the component), ``"official"`` leaves out the factor n, as the
            released code does. In a connected graph they are the same.
        should_stop: asked before each edge; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is the decrease of the total resistance (within components) at
        each edit. Of pairs that are tied, up to 1e-9, the first in ``canonical_order`` is added,
        so that another numbering of the nodes leads to the same decreases. Fewer edges come back
        if every component is complete.

    Components are never joined, so an isolated node stays isolated. Self-loops stay and do not
    matter. A repeated edge counts once, but repeats with weights are parallel conductors, whose
    conductances add. Cost: O(n^3) once, then one pass over two n x n arrays an edge, on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 8,000 nodes; the message names the way out.
        ValueError: the graph is directed, ``num_edges`` or a weight is negative, ``variant`` is
            unknown, or the weights span so many orders of magnitude that float64 cannot hold the
            resistances.

    Differs from the released code: where no candidate is left it adds the self-loop (0, 0); this
    stops. It breaks ties by rounding noise.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import gtr
        >>> rewired = gtr(path(4).edge_index, 4, num_edges=1)
        >>> rewired.added.tolist()
        [[0], [3]]
        >>> round(rewired.score.item(), 9)  # a path has 10 ohms in total, a ring 5
        5.0

    References:
        Black, Wan, Nayyeri and Wang, Understanding Oversquashing in GNNs through the Lens of
        Effective Resistance, ICML 2023, arXiv 2302.06835.
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "gtr")
    state = ResistanceGains(edge_index, num_nodes, edge_weight=edge_weight, variant=variant)
    graph = state.graph
    made = grow(state, num_edges, should_stop, "gtr").edits()
    if edge_weight is None:
        return apply_edits(edge_index, num_nodes, *made, graph=graph)
    conducts = edge_weight.to(edge_index.device) > 0
    rewired = apply_edits(edge_index[:, conducts], num_nodes, *made, graph=graph)
    kept = conducts.clone()
    kept[conducts] = rewired.kept
    return replace(rewired, kept=kept)
