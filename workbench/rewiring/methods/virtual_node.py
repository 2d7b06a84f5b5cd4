"""A virtual node: one new node that hears all nodes and that all nodes hear."""

from collections.abc import Callable
from typing import Literal

import torch

from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.result import Rewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex


@rewiring("graph", directed="used", new_nodes=True)
def virtual_node(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    start: Literal["zero", "mean"] = "zero",
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Join one new node with every node, both ways.

    Any two nodes are then at most two hops apart, and their effective resistance is at most 2, so
    distances and encodings of the graph itself are to be computed before.

    Args:
        edge_index: ``[2, edges]``; all columns stay as they are.
        num_nodes: number of nodes.
        start: the features that the new node starts from: 0, or the mean over all nodes.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``Rewired``: the columns of the input (type 0), those from each node to the new one
        (type 1) and those back (type 2). The new node has the number ``num_nodes``.

    Self-loops, repeats and directions stay; isolated nodes and components are joined through the
    new node. Weights stay, new edges have conductance 1. O(n + m).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``start`` is another word.

    Differs from the paper: its master node keeps a state of its own and wider messages; here it is
    a node like any other, told apart by the types of its edges.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import virtual_node
        >>> rewired = virtual_node(path(3).edge_index, 3)
        >>> rewired.num_nodes
        4
        >>> rewired.edge_index[:, rewired.is_new].tolist()
        [[0, 1, 2, 3, 3, 3], [3, 3, 3, 0, 1, 2]]

    References:
        Gilmer, Schoenholz, Riley, Vinyals and Dahl, Neural Message Passing for Quantum Chemistry,
        ICML 2017, arXiv 1704.01212, section 5.2.
    """
    if start not in ("zero", "mean"):
        raise ValueError(f"start must be 'zero' or 'mean', got {start!r}")
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "virtual_node")
    nodes = torch.arange(num_nodes, device=edge_index.device)
    new = torch.full_like(nodes, num_nodes)
    types = torch.arange(3, device=nodes.device)
    count = torch.tensor([edge_index.size(1), num_nodes, num_nodes], device=nodes.device)
    share = torch.full((num_nodes,), 1.0 / max(num_nodes, 1), dtype=torch.float64)
    origins = num_nodes if start == "mean" else 0
    return Rewired(
        edge_index=torch.cat(
            [edge_index, torch.stack([nodes, new]), torch.stack([new, nodes])], dim=1
        ),
        num_nodes=num_nodes + 1,
        kept=torch.ones(edge_index.size(1), dtype=torch.bool, device=nodes.device),
        edge_type=types.repeat_interleave(count),
        origin=torch.stack([new, nodes])[:, :origins],
        origin_weight=share[:origins].to(nodes.device),
    )
