"""A fully adjacent last layer: what is squashed on the way may be said once more, to all."""

from collections.abc import Callable

import torch

from workbench.cost import TooLargeError
from workbench.rewiring.declaration import check_layers, check_stop, rewiring
from workbench.rewiring.engine.other_graph import other_graph, same_graph
from workbench.rewiring.result import LayeredRewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex

#: The most nodes whose pairs are listed (0.5 GB).
MAX_NODES = 4_000


@rewiring("layers", directed="used")
def fully_adjacent(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_layers: int = 5,
    should_stop: Callable[[], bool] | None = None,
) -> LayeredRewired:
    """All layers but the last pass messages on the graph; in the last one every node hears every
    other.

    Args:
        edge_index: ``[2, edges]``.
        num_nodes: number of nodes.
        num_layers: layers of the model, at least 1.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``LayeredRewired``: columns of the input have type 0; the pairs of the last layer that are
        no columns of the input have type 1.

    Loops, repeats and directions of the input stay in the layers before; the last layer has each
    pair of different nodes once each way, across components too. Weights stay with the edges of the
    input; new ones have conductance 1. n (n - 1) columns.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 4,000 nodes; use ``virtual_node``.
        ValueError: ``num_layers`` is below 1.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import fully_adjacent
        >>> rewired = fully_adjacent(path(4).edge_index, 4, num_layers=3)
        >>> [layer.edge_index.size(1) // 2 for layer in rewired.layers]
        [3, 3, 6]

    References:
        Alon and Yahav, On the Bottleneck of Graph Neural Networks and its Practical Implications,
        ICLR 2021, arXiv 2006.05205, section 4.
    """
    check_layers(num_layers)
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "fully_adjacent")
    if num_nodes > MAX_NODES:
        raise TooLargeError(
            f"{num_nodes:,} nodes have {num_nodes * (num_nodes - 1):,} ordered pairs; up to "
            f"{MAX_NODES:,} nodes are joined to all others; use virtual_node"
        )
    apart = ~torch.eye(num_nodes, dtype=torch.bool, device=edge_index.device)
    last = other_graph(edge_index, num_nodes, apart.nonzero().T)
    return LayeredRewired((*[same_graph(edge_index, num_nodes)] * (num_layers - 1), last))
