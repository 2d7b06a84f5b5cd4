"""Half-Hop: a slow node in the middle of each edge that leads into a sampled node."""

from collections.abc import Callable

import torch

from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.result import Rewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex


@rewiring("graph", directed="used", symmetric=False, weighted="refused", new_nodes=True)
def half_hop(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    p: float = 1.0,
    alpha: float = 0.5,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Slow messages down: every edge j -> i into a sampled node i becomes j -> s, s -> i, i -> s.

        x_s = alpha x_j + (1 - alpha) x_i

    Args:
        edge_index: ``[2, edges]``; each column is an edge of its own, so an undirected edge gets
            two slow nodes and a repeated one as many as it has columns.
        num_nodes: number of nodes.
        p: with which probability a node is sampled; 1 as released.
        alpha: how much of the source a slow node starts from, 0 to 1; 0.5 as released.
        generator: samples the nodes. Default: one with seed 0.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``Rewired``: the edges that stay, then all j -> s, all s -> i, all i -> s. Slow node
        ``num_nodes + e`` belongs to the e-th of the columns that went; ``origin`` is its two ends.

    Self-loops stay. Isolated nodes stay as they are. There is no rule for weights: what is half of
    a conductance is not said. A model needs about twice the layers to reach as far as before.
    O(n + m).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``p`` or ``alpha`` is not 0 to 1.

    Differs from the released code: that fails at its default p = 1.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import half_hop
        >>> rewired = half_hop(path(2).edge_index, 2)
        >>> rewired.num_nodes
        4
        >>> rewired.edge_index.tolist()
        [[0, 1, 2, 3, 1, 0], [2, 3, 1, 0, 2, 3]]

    References:
        Azabou et al., Half-Hop: A graph upsampling approach for slowing down message passing,
        ICML 2023, openreview lXczFIwQkv.
    """
    for name, value in (("p", p), ("alpha", alpha)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must be 0 to 1, got {value}")
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "half_hop")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    draw = torch.rand(num_nodes, generator=generator, device=generator.device)
    sampled = (draw < p).to(edge_index.device)
    source, target = edge_index
    goes = sampled[target] & (source != target)
    source, target = source[goes], target[goes]
    slow = num_nodes + torch.arange(source.numel(), device=source.device)
    ends = [torch.stack(pair) for pair in ((source, slow), (slow, target), (target, slow))]
    share = torch.full(slow.shape, alpha, dtype=torch.float64, device=slow.device)
    return Rewired(
        edge_index=torch.cat([edge_index[:, ~goes], *ends], dim=1),
        num_nodes=num_nodes + slow.numel(),
        kept=~goes,
        origin=torch.stack([slow.repeat(2), torch.cat([source, target])]),
        origin_weight=torch.cat([share, 1.0 - share]),
    )
