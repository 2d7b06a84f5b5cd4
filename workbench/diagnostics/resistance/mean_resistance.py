"""Mean effective resistance from each node of a large sparse graph to the others."""

from collections.abc import Callable

import numpy as np
import torch

from workbench.cost import TooLargeError
from workbench.diagnostics.resistance.elimination import Elimination, plan
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, NodeVector

#: Elimination of more multiplications than this is too long to wait for: some three seconds.
MOST_OPERATIONS = 1e10


def mean_resistance(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> NodeVector:
    """Mean effective resistance from each node to the others of its component.

        sum_u R_vu / (n - 1) = (n L^+_vv + tr L^+) / (n - 1),   n = nodes of the component

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        should_stop: asked every few hundredths of a second.

    Returns:
        ``[nodes]`` float64 on the CPU, in unit resistors; nan for an isolated node. Exact, by
        star-mesh elimination. Self-loops, repeats, weights: as in ``resistance_of_edges``.

    Raises:
        TooLargeError: the elimination fills in, as on large random graphs.
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, or a weight is negative.
    """
    weight = None if edge_weight is None else edge_weight.cpu()
    graph = simple_graph(edge_index.cpu(), num_nodes, weight)
    if graph.num_edges == 0:
        return torch.full((num_nodes,), torch.nan, dtype=torch.float64)
    fronts = plan(graph.adjacency(), most_operations=MOST_OPERATIONS)
    if fronts is None:
        raise TooLargeError(
            f"the elimination of {num_nodes:,} nodes and {graph.num_edges:,} edges fills in; "
            "resistance_of_pairs answers for the pairs that matter"
        )
    labels = graph.labels.numpy()
    total = Elimination(fronts, should_stop=should_stop).to_all(labels)
    others = np.bincount(labels)[labels] - 1.0
    mean = np.divide(total, others, out=np.full_like(total, np.nan), where=others > 0)
    return torch.from_numpy(mean)
