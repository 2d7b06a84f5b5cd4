"""DRew: layer l also hears the nodes at 2, 3, ... l hops, over an edge of its own kind."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import csr_array, eye_array

from workbench.cost import TooLargeError
from workbench.rewiring.declaration import check_layers, check_stop, rewiring
from workbench.rewiring.result import LayeredRewired, Rewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex

#: The most walks that one hop more may take (some seconds, some GB).
MAX_WALKS = 300_000_000


@rewiring("layers", directed="used")
def drew(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_layers: int = 5,
    max_hops: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> LayeredRewired:
    """The hop sets of dynamically rewired message passing.

    Layer l = 1, 2, ... has an edge from u to v wherever the shortest path from u to v has 1 to l
    hops, of type k - 1 for k hops. So a node reaches one hop further in each layer, and what it
    hears from afar is told apart from what it hears near by. With which delay layer l reads the
    state of a node at k hops (nu in the paper) is the model's to choose.

    Args:
        edge_index: ``[2, edges]``; paths follow the direction of the columns.
        num_nodes: number of nodes.
        num_layers: layers of the model, at least 1.
        max_hops: hops beyond which no layer looks, at least 1; None for ``num_layers``.
        should_stop: asked before each hop; if it returns True, the work ends.

    Returns:
        A ``LayeredRewired`` of ``num_layers`` graphs. Edges of the input come first and have type
        0; then 2 hops by (source, target), 3 hops, ...

    Self-loops go: no path of 1 or more hops is a shortest one there. Of a repeated edge the first
    column stays. Nodes that no path joins are never joined, isolated nodes stay isolated. Weights
    play no role for the hops and stay with the edges; new ones have conductance 1. Cost: the edges
    of all hops, near the diameter every pair of nodes.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: a hop takes more than 300 million walks; use fewer ``max_hops``.
        ValueError: ``num_layers`` or ``max_hops`` is below 1.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import drew
        >>> rewired = drew(path(5).edge_index, 5, num_layers=3)
        >>> [layer.edge_index.size(1) // 2 for layer in rewired.layers]
        [4, 7, 9]

    References:
        Gutteridge, Dong, Bronstein and Di Giovanni, DRew: Dynamically Rewired Message Passing with
        Delay, ICML 2023, arXiv 2305.08018.
    """
    check_layers(num_layers)
    if max_hops is not None and max_hops < 1:
        raise ValueError(f"max_hops must be at least 1, got {max_hops}")
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "drew")
    source, target = edge_index.cpu().numpy()
    kept = np.zeros(source.size, dtype=bool)
    kept[np.unique(source * num_nodes + target, return_index=True)[1]] = True
    kept &= source != target
    hops = [np.stack([source[kept], target[kept]])]
    shape = num_nodes, num_nodes
    step = csr_array((np.ones(hops[0].shape[1]), tuple(hops[0])), shape=shape)
    reached, frontier = step + eye_array(num_nodes, format="csr"), step
    for hop in range(2, min(num_layers, max_hops or num_layers) + 1):
        check_stop(should_stop, "drew")
        walks = int(frontier.sum(axis=0) @ step.sum(axis=1))
        if walks > MAX_WALKS:
            raise TooLargeError(
                f"{hop} hops take {walks:,} walks, more than {MAX_WALKS:,}; use max_hops={hop - 1}"
            )
        found = frontier @ step
        found.data[:] = 1.0
        frontier = found - found.multiply(reached > 0)
        frontier.eliminate_zeros()
        frontier.sort_indices()
        reached = reached + frontier
        hops.append(np.stack(frontier.nonzero()).astype(np.int64))
    on = edge_index.device
    sizes = [pairs.shape[1] for pairs in hops]
    ends = torch.from_numpy(np.concatenate(hops, axis=1)).to(on)
    types = torch.from_numpy(np.repeat(np.arange(len(hops)), sizes)).to(on)
    until = np.cumsum(sizes).tolist()
    stays = torch.from_numpy(kept).to(on)
    return LayeredRewired(
        tuple(
            Rewired(ends[:, :last], num_nodes, stays, edge_type=types[:last])
            for last in (until[min(layer, len(hops) - 1)] for layer in range(num_layers))
        )
    )
