"""Effective resistance among a few nodes of a large sparse graph: all their pairs at once."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.cost import Stopped
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: Right-hand sides that one solve takes together.
_BLOCK = 32


def resistance_among(
    edge_index: EdgeIndex,
    num_nodes: int,
    nodes: Int64[Tensor, " landmarks"],
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 1e-3,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, "landmarks landmarks"]:
    """Effective resistance of every pair of the given nodes, one solve for each node.

        R_uv = x_u(u) + x_v(v) - x_u(v) - x_v(u),   L x_u = 1_u - 1 / n

    ``resistance_of_pairs`` takes one solve for each pair instead, which for k nodes is k / 2 times
    the work.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        nodes: the nodes asked for, different ones, ``[landmarks]``.
        edge_weight: conductances ``[edges]``; 1 where not given.
        tolerance: relative error, where an iteration has to be used; a sparse factor is exact.
        should_stop: asked before each block of solves; where it returns True, the work ends.

    Returns:
        ``[landmarks, landmarks]`` float64 on the CPU, in unit resistors; 0 on the diagonal, ``inf``
        between components. Self-loops carry no current; a repeated edge counts once, with weights
        repeats are parallel conductors.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed.
    """
    weight = None if edge_weight is None else edge_weight.cpu()
    graph = simple_graph(edge_index.cpu(), num_nodes, weight)
    labels = graph.labels
    result = torch.full((nodes.numel(), nodes.numel()), torch.inf, dtype=torch.float64)
    result.fill_diagonal_(0.0)
    local = torch.empty(num_nodes, dtype=torch.int64)
    for members, part in graph.parts():
        at = torch.nonzero(labels[nodes] == labels[members[0]])[:, 0]
        if at.numel() == 0:
            continue
        local[members] = torch.arange(members.numel())
        here = local[nodes[at]].numpy()
        solver = LaplacianSolver(part.adjacency(), tolerance=tolerance)
        potential = np.empty((here.size, here.size))
        for first in range(0, here.size, _BLOCK):
            if should_stop is not None and should_stop():
                raise Stopped("the resistances were asked to stop")
            block = here[first : first + _BLOCK]
            right = np.full((part.num_nodes, block.size), -1.0 / part.num_nodes)
            right[block, np.arange(block.size)] += 1.0
            potential[:, first : first + _BLOCK] = solver.solve(right)[here]
        own = np.diagonal(potential)
        among = np.maximum(own + own[:, None] - potential - potential.T, 0.0)
        np.fill_diagonal(among, 0.0)
        result[at[:, None], at] = torch.from_numpy(among)
    return result
