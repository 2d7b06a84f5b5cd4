"""The Fiedler vector of each component of a graph by itself, and an order of the nodes by it."""

from collections.abc import Callable

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.cost import Stopped
from workbench.diagnostics.spectrum.full_spectrum import gap_and_fiedler
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, NodeVector


def fiedler_within(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> NodeVector:
    """``fiedler_vector`` of each component, scaled so that components of any size compare.

        sum_v d_v y_v^2 = sum_v d_v   over each component, d the degree

    Returns:
        ``[nodes]`` float64 without unit; nan for an isolated node. Self-loops, repeats, weights,
        signs: as in ``fiedler_vector``.

    Raises:
        Stopped: ``should_stop`` returned True before one of the components.
        ValueError: the graph is directed, or a weight is negative.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    result = torch.full_like(graph.degree(), torch.nan)
    for nodes, part in graph.parts():
        if should_stop is not None and should_stop():
            raise Stopped("the Fiedler vectors were asked to stop")
        result[nodes] = gap_and_fiedler(part)[1] * part.degree().sum().sqrt()
    return result


def order_within(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Int64[Tensor, " nodes"]:
    """The nodes component by component, the largest first, and along the Fiedler vector of each.

    Neighbors are near, the worst cut of a component lies between two stretches, and isolated nodes
    come last. Of components of one size that with the first node comes first.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    vector = fiedler_within(edge_index, num_nodes, edge_weight).nan_to_num()
    order = torch.argsort(vector, stable=True)
    labels = graph.labels
    size = torch.bincount(labels, minlength=1)
    place = torch.empty_like(size)
    place[torch.argsort(size, descending=True, stable=True)] = torch.arange(
        size.numel(), device=size.device
    )
    return order[torch.argsort(place[labels[order]], stable=True)]
