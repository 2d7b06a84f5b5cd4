"""A random regular graph in every other layer: an expander with high probability."""

from collections.abc import Callable

import torch

from workbench.graphs.generators.random_graphs import random_regular
from workbench.rewiring.declaration import check_layers, check_stop, rewiring
from workbench.rewiring.engine.other_graph import alternate
from workbench.rewiring.result import LayeredRewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex


@rewiring("layers", directed="used")
def random_regular_expander(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_layers: int = 5,
    degree: int = 4,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> LayeredRewired:
    """Layers 2, 4, ... see a random regular graph on the nodes of the graph.

    A random d-regular graph is nearly Ramanujan with high probability (Friedman's theorem): its gap
    stays away from 0 however many nodes it has, at a cost of d / 2 edges a node. It fits any number
    of nodes, unlike ``expander``.

    Args:
        edge_index: ``[2, edges]``.
        num_nodes: number of nodes.
        num_layers: layers of the model, at least 1.
        degree: d, at least 1; less, and of the same parity as it must have, where there are fewer
            than d + 1 nodes or an odd number of nodes cannot have an odd degree.
        generator: draws the graph; without one with seed 0.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``LayeredRewired``: layers 1, 3, ... are the graph as it is, type 0; layers 2, 4, ... the
        random one, whose edges that the graph lacks have type 1.

    Self-loops, repeats and directions stay in the layers of the graph. Isolated nodes and
    components are joined through the random graph. Weights stay with the edges of the input; new
    ones have conductance 1. Which nodes it joins is chance: another numbering, other edges. O(n d).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``num_layers`` or ``degree`` is below 1.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import random_regular_expander
        >>> rewired = random_regular_expander(ring(20).edge_index, 20, num_layers=2, degree=4)
        >>> degree(rewired.layers[1].edge_index[0]).unique().tolist()
        [4.0]

    References:
        Shirzad, Velingker, Venkatachalam, Sutherland and Sinop, Exphormer: Sparse Transformers for
        Graphs, ICML 2023, arXiv 2303.06147, section 3. J. Friedman, A Proof of Alon's Second
        Eigenvalue Conjecture, STOC 2003.
    """
    check_layers(num_layers)
    if degree < 1:
        raise ValueError(f"degree must be at least 1, got {degree}")
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "random_regular_expander")
    degree = min(degree, num_nodes - 1)
    degree -= degree % 2 * (num_nodes % 2)
    pairs = edge_index.new_zeros(2, 0)
    if degree > 0:
        generator = generator or torch.Generator().manual_seed(0)
        pairs = random_regular(num_nodes, degree, generator=generator).edge_index
    return alternate(edge_index, num_nodes, pairs.to(edge_index.device), num_layers)
