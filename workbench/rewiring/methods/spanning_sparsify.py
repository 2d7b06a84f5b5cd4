"""Sparsify by effective resistance: fewer edges, the same Laplacian on average."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import check_count
from workbench.diagnostics.resistance.resistance_sparse import resistance_of_edges
from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.engine.other_graph import first_columns
from workbench.rewiring.result import Rewired
from workbench.topology import as_columns, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@rewiring("graph", weighted="used")
def spanning_sparsify(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    epsilon: float = 0.5,
    num_samples: int | None = None,
    edge_weight: EdgeWeight | None = None,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    r"""Draw edges by their leverage and reweight them (Spielman and Srivastava).

    .. math::
        p_e = \frac{w_e R_e}{\sum_f w_f R_f}, \qquad
        w'_e = w_e \, \frac{\text{times } e \text{ was drawn}}{q \, p_e}

    over q draws with replacement. w_e R_e, the leverage of an edge, is the share of random spanning
    trees that hold it, so bridges are likely to stay; the leverages sum to n less the number of
    components. The new Laplacian equals the old one on average, and with q of the order of
    ``n log n / epsilon^2`` it is within ``1 ± epsilon`` of it in every direction, with high
    probability: the same resistances, cuts and spectrum from fewer edges.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        epsilon: how far the quadratic form may be off, above 0 and at most 1.
        num_samples: q; None for ``2 n ln n / epsilon^2``, rounded up. The paper leaves the constant
            in front open; with 2 the bound holds on cliques of 60 nodes.
        edge_weight: conductances ``[edges]``; 1 if not given.
        generator: draws the edges; without one with seed 0.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``Rewired`` with ``edge_weight``; only columns of the input stay, of a repeated edge the
        first one of each direction.

    Self-loops stay with their weight: no resistance sees them. A repeated edge counts once, with
    weights its weights add. An edge that is not drawn goes, so that the graph may fall apart where
    q is small. Under another numbering other edges are drawn, as likely as these.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, ``epsilon`` is out of range or ``num_samples`` below 1.

    Examples:
        >>> from workbench.graphs import complete
        >>> from workbench.rewiring import spanning_sparsify
        >>> data = complete(20)  # 190 edges
        >>> rewired = spanning_sparsify(data.edge_index, 20, num_samples=100)
        >>> rewired.edge_index.size(1) // 2 <= 100
        True

    References:
        Spielman and Srivastava, Graph Sparsification by Effective Resistances, SIAM J. Comput.
        2011, arXiv 0803.0929.
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must be above 0 and at most 1, got {epsilon}")
    if num_samples is not None and num_samples < 1:
        raise ValueError(f"num_samples must be at least 1, got {num_samples}")
    check_count("num_samples", num_samples or 1, 10_000_000)
    check_stop(should_stop, "spanning_sparsify")
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    if num_samples is None:
        num_samples = max(1, math.ceil(2 * num_nodes * math.log(max(num_nodes, 2)) / epsilon**2))
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    ends = torch.stack([graph.source, graph.target])
    chance = edge_probability(ends, num_nodes, graph.weight)
    counts = torch.zeros_like(chance)
    if chance.numel():
        on = generator.device
        drawn = torch.multinomial(chance.to(on), num_samples, True, generator=generator)
        counts = torch.bincount(drawn, minlength=chance.numel()).to(chance)
    weight = graph.weight * counts / (num_samples * chance.clamp(min=1e-300))

    loop = edge_index[0] == edge_index[1]
    given = torch.ones_like(loop, dtype=torch.float64) if edge_weight is None else edge_weight
    new = torch.where(loop, given.double(), as_columns(graph, weight, edge_index))
    kept = loop | (first_columns(edge_index, num_nodes) & (new > 0))
    return Rewired(edge_index[:, kept], num_nodes, kept, edge_weight=new[kept])


def edge_probability(
    ends: EdgeIndex, num_nodes: int, weight: Float64[Tensor, " edges"]
) -> Float64[Tensor, " edges"]:
    """p of each edge, each of which stands in ``ends`` once."""
    if not ends.size(1):
        return weight
    both, twice = torch.cat([ends, ends.flip(0)], dim=1), torch.cat([weight, weight])
    leverage = weight * resistance_of_edges(both, num_nodes, twice)[: weight.numel()]
    return leverage / leverage.sum()
