"""Attention of a whole model: the product of what its layers look at."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.attention.attention import check_attention
from workbench.diagnostics.finite import check_tensor
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex, PairMatrix


@diagnostic(
    of="attention",
    seconds=lambda n, m: 1e-10 * n**3 + 1e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
)
def attention_rollout(
    attention: Float[Tensor, "layers heads nodes nodes"] | Sequence[Float[Tensor, "_ nodes nodes"]],
    *,
    residual: float = 0.5,
    branch: Float[Tensor, "nodes nodes"] | None = None,
    branch_weight: float = 0.5,
) -> PairMatrix:
    """How much of each input node is in each output node, if attention were all there is.

        Pbar^l = mean over the heads of P^l
        Phat^l = (1 - r) ((1 - w) Pbar^l + w B) + r I
        rollout = Phat^L ... Phat^1

    Args:
        attention: ``[layers, heads, nodes, nodes]``, the first layer first, row = query, column =
            key, each row summing to 1 (``AttentionCapture.dense``); or a list of ``[heads, nodes,
            nodes]``, whose layers may differ in their heads. A query without keys keeps itself.
        residual: r, the share of the way around each layer.
        branch: B, a row-stochastic matrix of what runs beside attention in each layer, such as
            ``neighbor_average`` for the message passing of GPS. None: there is nothing.
        branch_weight: w, its share. Not used without ``branch``.

    Returns:
        ``[nodes, nodes]`` float64, row = output node, column = input node; rows sum to 1. The
        identity for no layers.

    It knows neither values nor perceptrons nor normalization, so compare it with what truly
    arrives: ``rank_correlation(rollout, sensitivity(model, x, edge_index))``.

    Raises:
        ValueError: a row sums to neither 1 nor 0, is negative or not finite, a share is outside 0
            to 1, or the shapes differ.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import attention_rollout
        >>> even = torch.full((1, 1, 2, 2), 0.5)
        >>> attention_rollout(even).tolist()  # half around the layer
        [[0.75, 0.25], [0.25, 0.75]]

    References:
        Abnar and Zuidema, Quantifying attention flow in transformers, ACL 2020, arXiv 2005.00928.
    """
    for name, share in (("residual", residual), ("branch_weight", branch_weight)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is a share and must be 0 to 1, got {share}")
    if isinstance(attention, Sequence) and not attention:
        raise ValueError("a list of layers must hold at least one; a tensor may have none")
    layers = [attention] if isinstance(attention, Tensor) else attention
    for given in layers:
        check_tensor("attention", given)
        if given.dim() != (4 if isinstance(attention, Tensor) else 3):
            raise ValueError(
                "attention must be [layers, heads, nodes, nodes], or a list of [heads, nodes, "
                f"nodes]; got {list(given.shape)}; for a single layer or head use unsqueeze"
            )
    nodes, device = layers[0].size(-1), layers[0].device
    identity = torch.eye(nodes, dtype=torch.float64, device=device)
    result = identity
    if branch is not None:
        check_tensor("branch", branch)
        if branch.shape != layers[0].shape[-2:]:
            raise ValueError(
                f"branch is {list(branch.shape)} and attention {list(layers[0].shape)}; both must "
                "be over the same nodes"
            )
        branch = _fill_empty_rows(check_attention(branch, None), identity).to(identity)
    for layer in attention:
        step = _fill_empty_rows(check_attention(layer, None), identity).mean(dim=0)
        if branch is not None:
            step = (1 - branch_weight) * step + branch_weight * branch
        result = ((1 - residual) * step + residual * identity) @ result
    return result


def _fill_empty_rows(rows: Tensor, identity: Tensor) -> Tensor:
    """The matrices with the row of the identity where a query has no keys."""
    return rows.where(rows.sum(dim=-1, keepdim=True) > 0, identity)


def neighbor_average(edge_index: EdgeIndex, num_nodes: int) -> Float64[Tensor, "nodes nodes"]:
    """Mean over a node and its in-neighbors as a matrix: (D + I)^-1 (A + I), row = target.

    Returns:
        ``[nodes, nodes]`` float64, rows sum to 1; an isolated node has itself alone.

    Edges run from row 0 to row 1 of ``edge_index``, so directed input works.

    Raises:
        ValueError: ``edge_index`` is no edge list of this many nodes.

    Examples:
        >>> from workbench.diagnostics import neighbor_average
        >>> from workbench.graphs import path
        >>> neighbor_average(path(2).edge_index, 2).tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    check_edge_index(edge_index, num_nodes)
    result = torch.eye(num_nodes, dtype=torch.float64, device=edge_index.device)
    result[edge_index[1], edge_index[0]] = 1.0
    return result / result.sum(dim=1, keepdim=True)
