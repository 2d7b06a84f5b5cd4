"""Join the nodes whose features are most alike."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.engine.other_graph import with_pairs
from workbench.rewiring.result import Rewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex

#: The most nodes whose similarities are all computed (half a minute).
MAX_NODES = 50_000
_BLOCK = 1 << 25


@rewiring("graph", directed="used", reads=("x",))
def knn_features(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    x: Float[Tensor, "nodes channels"],
    k: int = 5,
    metric: Literal["cosine", "euclidean"] = "cosine",
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Add an edge, both ways, between each node and the ``k`` nodes of the nearest features.

    Args:
        edge_index: ``[2, edges]``; all columns stay.
        num_nodes: number of nodes.
        x: features.
        k: neighbors of each node, at least 1. A node may get more: an edge that one end asks for is
            there for both.
        metric: ``"cosine"`` of the angle, or ``"euclidean"`` distance.
        should_stop: asked before each block of nodes; if it returns True, the work ends.

    Returns:
        A ``Rewired`` with the columns of the input (type 0) and the new ones (type 1). Of nodes
        that are equally near, up to rounding, all are joined.

    Self-loops, repeats and directions stay; isolated nodes and components are joined. Weights stay
    with the edges of the input; new ones have conductance 1. O(n^2 channels).

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 50,000 nodes.
        ValueError: ``k`` is below 1, ``x`` has another number of rows or holds nan, or ``metric``
            is another word.

    Examples:
        >>> import torch
        >>> from workbench.rewiring import knn_features
        >>> x = torch.tensor([[0.0], [1.0], [10.0], [12.0]])
        >>> empty = torch.empty(2, 0, dtype=torch.int64)
        >>> knn_features(empty, 4, x=x, k=1, metric="euclidean").edge_index.tolist()
        [[0, 1, 2, 3], [1, 0, 3, 2]]
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if metric not in ("cosine", "euclidean"):
        raise ValueError(f"metric must be 'cosine' or 'euclidean', got {metric!r}")
    check_edge_index(edge_index, num_nodes)
    if x.size(0) != num_nodes or not bool(torch.isfinite(x).all()):
        raise ValueError(
            f"x must be finite, a row for each of the {num_nodes} nodes; got {list(x.shape)}"
        )
    if num_nodes > MAX_NODES:
        raise TooLargeError(f"{num_nodes:,} nodes have too many pairs; at most {MAX_NODES:,}")
    values = x.double()
    if metric == "cosine":
        values = torch.nn.functional.normalize(values, dim=1)
    square = values.square().sum(1)
    count = min(k, max(num_nodes - 1, 0))
    found = []
    for rows in torch.arange(num_nodes, device=x.device).split(max(1, _BLOCK // max(num_nodes, 1))):
        check_stop(should_stop, "knn_features")
        near = values[rows] @ values.T
        far = square[rows, None] + square - 2 * near if metric == "euclidean" else -near
        far[torch.arange(rows.numel(), device=x.device), rows] = torch.inf
        if count:
            last = far.kthvalue(count, dim=1, keepdim=True).values
            scale = (square[rows, None] + square).clamp(min=1e-300)
            one, other = (far <= last + 1e-12 * scale).nonzero().T
            found.append(torch.stack([rows[one], other]))
    pairs = torch.cat(found, dim=1) if found else edge_index.new_zeros(2, 0)
    return with_pairs(edge_index, num_nodes, torch.cat([pairs, pairs.flip(0)], dim=1))
