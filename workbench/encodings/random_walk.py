"""RWSE: how likely a random walk is back where it started, after 1, 2, ... steps."""

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import check_count
from workbench.topology import walk_matrix
from workbench.typing import EdgeIndex, EdgeWeight

#: Numbers that one block of starting nodes may hold: 128 MB.
_BLOCK = 1 << 24


def random_walk(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_steps: int = 16,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes steps"]:
    r"""Return probabilities of each node, the random-walk structural encoding (RWSE).

    .. math::
        \mathrm{RWSE}_{vk} = (P^k)_{vv}, \qquad P = D^{-1} A, \qquad k = 1, \dots, K

    Args:
        edge_index: ``[2, edges]``; walks go from row 0 to row 1, so directed graphs work.
        num_nodes: number of nodes.
        num_steps: the number K of steps, at least 1.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        ``[nodes, steps]`` float64 between 0 and 1 on the device of the input; column 0 is one step.
        0 for an isolated node, and in odd steps where the graph is bipartite. All nodes of a graph
        that looks the same from each of them (a ring, a strongly regular graph of high symmetry)
        have the same row.

    A self-loop is a step that stays, a repeated edge counts once; with weights, repeats add. Time
    and memory: K times edges times nodes, and 128 MB.

    Raises:
        ValueError: ``num_steps`` is less than 1, or the input is no graph.

    Examples:
        >>> from workbench.encodings import random_walk
        >>> from workbench.graphs import ring
        >>> random_walk(ring(4).edge_index, 4, num_steps=4)[0].tolist()
        [0.0, 0.5, 0.0, 0.5]

    References:
        V. P. Dwivedi et al., Graph Neural Networks with Learnable Structural and Positional
        Representations, ICLR 2022, arXiv 2110.07875.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}")
    check_count("num_steps", num_steps, 10_000)
    walk = walk_matrix(edge_index, num_nodes, edge_weight)
    num_nodes = int(num_nodes)
    found = torch.zeros(num_nodes, num_steps, dtype=torch.float64, device=edge_index.device)
    width = max(1, _BLOCK // max(num_nodes, 1))
    for starts in torch.arange(num_nodes, device=edge_index.device).split(width):
        column = torch.arange(starts.numel(), device=starts.device)
        chance = found.new_zeros(num_nodes, starts.numel())  # of being at `column` after k steps
        chance[starts, column] = 1.0
        for step in range(num_steps):
            chance = torch.sparse.mm(walk, chance)
            found[starts, step] = chance[starts, column]
    return found
