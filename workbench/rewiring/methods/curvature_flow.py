"""Ricci flow: edges inside crowds grow short, bridges grow long, and conduct accordingly."""

from collections.abc import Callable

import torch

from workbench.cost import check_count
from workbench.diagnostics.curvature.ollivier import ollivier_ricci
from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.result import Rewired
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@rewiring("graph", weighted="used")
def curvature_flow(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_steps: int = 10,
    step: float = 0.5,
    alpha: float = 0.5,
    edge_weight: EdgeWeight | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Discrete Ricci flow: weights from the lengths that edges take when curvature moves them.

        l(u, v) <- (1 - step kappa(u, v)) l(u, v),   then all lengths times one factor: their mean
        is 1 again

    with kappa the Ollivier-Ricci curvature for the lengths l, which are 1 at first. Edges of
    positive curvature shrink, those of negative curvature stretch. The weight of an edge is its
    conductance 1 / l: a bridge conducts less and less.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_steps: how many steps, at least 0.
        step: above 0 and below 1; the paper takes 1.
        alpha: the share of mass that stays at a node, see ``ollivier_ricci``.
        edge_weight: conductances ``[edges]``: they share out the mass of a node among its
            neighbors in every step, and the result is what they become: times 1 / l. 1 if not
            given.
        should_stop: asked before each step; if it returns True, the work ends.

    Returns:
        A ``Rewired`` of the same columns with ``edge_weight``; a self-loop keeps its own.

    Repeated edges are parallel conductors and share one length; isolated nodes do not matter. Every
    step takes what ``ollivier_ricci`` with lengths takes.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: as ``ollivier_ricci``.
        ValueError: the graph is directed, ``num_steps`` is negative, or ``step`` or ``alpha`` is
            out of range.

    Differs from the paper: there the step is 1, with which an edge of curvature 1 gets length 0
    (two nodes with nothing but each other), and edges that grew long are cut, which leaves the
    communities of the graph; a cut is left to whoever reads the weights.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.rewiring import curvature_flow
        >>> data = barbell(4)  # nodes 0 to 3 and 4 to 7, joined by one edge
        >>> rewired = curvature_flow(data.edge_index, 8)
        >>> weakest = data.edge_index[:, rewired.edge_weight.argmin()]
        >>> bool((weakest < 4).sum() == 1)  # the bridge
        True

    References:
        Ni, Lin, Luo and Gao, Community Detection on Networks with Ricci Flow, Scientific Reports 9,
        2019, arXiv 1907.03993.
    """
    if num_steps < 0 or not 0 < step < 1:
        raise ValueError(
            "curvature_flow takes 0 steps or more of a size above 0 and below 1, got "
            f"{num_steps=} and {step=}"
        )
    check_count("num_steps", num_steps, 10_000)
    simple_graph(edge_index, num_nodes, edge_weight)  # refuses what is no undirected graph
    proper = edge_index[0] != edge_index[1]
    edges = edge_index[:, proper]
    weight = None if edge_weight is None else edge_weight[proper].double()
    length = torch.ones(edges.size(1), dtype=torch.float64, device=edge_index.device)
    for _ in range(num_steps if edges.size(1) else 0):
        check_stop(should_stop, "curvature_flow")
        curvature = ollivier_ricci(
            edges, num_nodes, weight, alpha=alpha, edge_length=length, should_stop=should_stop
        )
        length = length * (1.0 - step * curvature)
        length = length / length.mean()
    conductance = torch.ones(edge_index.size(1), dtype=torch.float64, device=edge_index.device)
    if edge_weight is not None:
        conductance = edge_weight.double().clone()
    conductance[proper] /= length
    return Rewired(
        edge_index=edge_index,
        num_nodes=num_nodes,
        kept=torch.ones_like(proper),
        edge_weight=conductance,
    )
