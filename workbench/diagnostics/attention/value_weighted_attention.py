"""What attention really hands over: its weights times the length of what they weigh."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.attention.attention import check_attention
from workbench.diagnostics.finite import check_tensor


@diagnostic(
    of="attention",
    seconds=lambda n, m: 3e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
)
def value_weighted_attention(
    attention: Float[Tensor, "heads nodes nodes"],
    values: Float[Tensor, "nodes heads channels"],
    output_weight: Float[Tensor, "heads channels out_channels"] | None = None,
    *,
    sum_heads: bool = False,
    normalized: bool = False,
) -> Float64[Tensor, "matrices nodes nodes"]:
    """Length of the vector that each query gets from each key, head by head or of all heads.

        N^h_ij = || P^h_ij f^h_j || = P^h_ij || f^h_j ||,   f^h_j = V^h_j W_O^h
        sum_heads:   N_ij = || sum_h P^h_ij f^h_j ||
        normalized:  N_ij / sum_k N_ik

    A key of high weight and short value adds little to the output: weight alone does not see it.

    Args:
        attention: ``[heads, nodes, nodes]``, row = query, column = key, each row summing to 1; a
            row of a query without keys is 0 (``Attention.dense``).
        values: ``[nodes, heads, channels]``, the value of each key with its bias.
        output_weight: ``[heads, channels, out_channels]``, what takes each head's output into the
            output of the layer. None where heads are put side by side, as in ``GATConv``: then
            f is V. ``capture_values`` reads both from a model.
        sum_heads: add the vectors of the heads before their length is taken, as the layer does;
            heads that point apart cancel. The result is then one matrix.
        normalized: bring each row to sum 1, as the other diagnostics of attention ask for. Shares
            of lengths, not of the output: vectors that cancel each other count in full.

    Returns:
        float64 ``[heads, nodes, nodes]``, ``[1, nodes, nodes]`` of summed heads, on the device of
        ``attention``, row = query, column = key, not negative; in the unit of the output, or
        without one where normalized. A row is 0 for a query without keys, and for one whose keys
        all have a value of 0: normalized rows of these stay 0 too.

    The bias of the output, a residual and what else the layer adds are not in it. Rows of
    attention are brought to sum 1 in float64, so that half precision does no harm.

    Cost: n^2 for each head; with ``sum_heads`` n^2 heads^2, and no vector for each pair either way.

    Raises:
        ValueError: a row of attention sums to neither 1 nor 0, is negative or not finite, a value
            is not finite, or the shapes differ.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import value_weighted_attention
        >>> attention = torch.full((1, 2, 2), 0.5)
        >>> values = torch.tensor([[[3.0, 4.0]], [[0.0, 1.0]]])  # of length 5 and 1
        >>> value_weighted_attention(attention, values).tolist()
        [[[2.5, 0.5], [2.5, 0.5]]]

    References:
        Kobayashi, Kuribayashi, Yokoi and Inui, Attention is not only a weight: analyzing
        transformers with vector norms, EMNLP 2020, arXiv 2004.10102.
    """
    rows = check_attention(attention, None)
    vectors = _transform(attention, values, output_weight)
    if sum_heads:
        result = _length_of_sum(rows, vectors, side_by_side=output_weight is None).unsqueeze(0)
    else:
        result = rows * vectors.norm(dim=-1).T.unsqueeze(1)
    if normalized:
        total = result.sum(dim=-1, keepdim=True)
        result = result / total.where(total > 0, 1.0)
    return result


def _transform(
    attention: Tensor, values: Tensor, output_weight: Tensor | None
) -> Float64[Tensor, "nodes heads out_channels"]:
    """f of each key and head, after a look at the shapes."""
    check_tensor("values", values)
    if output_weight is not None:
        check_tensor("output_weight", output_weight)
    heads, nodes = attention.shape[0], attention.size(-1)
    weight_shape = None if output_weight is None else list(output_weight.shape)
    if (
        attention.dim() != 3
        or values.dim() != 3
        or list(values.shape[:2]) != [nodes, heads]
        or (weight_shape is not None and weight_shape[:-1] != [heads, values.size(2)])
    ):
        raise ValueError(
            f"got attention {list(attention.shape)}, values {list(values.shape)} and output_weight "
            f"{weight_shape}; they must be [heads, nodes, nodes], [nodes, heads, channels] and "
            "[heads, channels, out_channels]; of a batch take values[attention.nodes(graph)]"
        )
    vectors = values.detach().to(attention.device).double()
    if output_weight is not None:
        vectors = torch.einsum("nhc,hco->nho", vectors, output_weight.detach().to(vectors))
    if not bool(vectors.isfinite().all()):
        node, head, _ = (~vectors.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"the value of node {node} in head {head} is not finite")
    return vectors


def _length_of_sum(
    rows: Tensor, vectors: Tensor, *, side_by_side: bool
) -> Float64[Tensor, "nodes nodes"]:
    """|| sum_h P^h_ij f^h_j ||, without a vector for each pair.

    With f_j = Q R, a column for each head, the length is that of R p, which has at most as many
    entries as there are heads.
    """
    factor = torch.linalg.qr(vectors.mT, mode="r").R
    if side_by_side:
        factor = torch.diag_embed(vectors.norm(dim=-1))
    squares = torch.zeros_like(rows[0])
    for component in factor.unbind(dim=1):
        squares += torch.einsum("hqk,kh->qk", rows, component) ** 2
    return squares.sqrt()
