"""How spread out attention is, and how far it looks."""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.attention.rank_correlation import check_mask, check_pair_shapes


@diagnostic(
    of="attention",
    seconds=lambda n, m: 2e-8 * n**2,
    bytes=lambda n, m: 24.0 * n**2,
)
def attention_entropy(
    attention: Float[Tensor, "*heads nodes nodes"],
    *,
    mask: Bool[Tensor, "nodes nodes"] | None = None,
    normalized: bool = True,
    reduction: Literal["mean", "none"] = "mean",
) -> Float64[Tensor, "..."]:
    """Entropy of the attention of each query: 1 where it is spread evenly, 0 where it is one key's.

        H_i = - sum_j P_ij log P_ij,   normalized: H_i / log n_i

    n_i being the number of keys that i may look at.

    Args:
        attention: ``[..., nodes, nodes]``, row = query, column = key, each row summing to 1; a row
            of a query without keys is 0.
        mask: ``[nodes, nodes]``, the keys each query may look at (``Attention.allowed_pairs``);
            all nodes if not given. Attention along edges needs it, or n_i would be wrong.
        normalized: divide by log n_i; otherwise in nats.
        reduction: ``"mean"`` over the queries, or ``"none"``.

    Returns:
        float64 ``[...]``, or ``[..., nodes]`` without reduction, on the device of ``attention``.
        nan for a query without keys and, if normalized, for one with a single key, which has no
        choice; the mean leaves these out.

    Rows are brought to sum 1 in float64, so that half precision does no harm.

    Raises:
        ValueError: a row sums to neither 1 nor 0, is negative or not finite, has weight outside
            the mask, or the shapes differ.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import attention_entropy
        >>> even, own = torch.full((4, 4), 0.25), torch.eye(4)
        >>> [round(float(attention_entropy(one)), 6) for one in (even, own)]
        [1.0, 0.0]

    References:
        Clark et al., What does BERT look at?, 2019, arXiv 1906.04341.
    """
    rows = check_attention(attention, mask)
    entropy = torch.special.entr(rows).sum(dim=-1)
    keys = key_counts(rows, mask)
    if normalized:
        entropy = torch.where(keys > 1, entropy / keys.double().log(), torch.nan)
    return reduce_queries(torch.where(has_keys(rows), entropy, torch.nan), reduction)


@diagnostic(
    of="attention",
    seconds=lambda n, m: 2e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
)
def attention_distance(
    attention: Float[Tensor, "*heads nodes nodes"],
    distance: Float[Tensor, "nodes nodes"],
    *,
    reduction: Literal["mean", "none"] = "mean",
) -> Float64[Tensor, "..."]:
    """Mean distance of what each query looks at, itself at distance 0 among it.

        AD_i = sum_j P_ij d(j, i) / sum_j P_ij,   over the j with a finite distance

    Args:
        attention: ``[..., nodes, nodes]``, row = query, column = key, each row summing to 1; a row
            of a query without keys is 0.
        distance: ``[nodes, nodes]``, row = from, column = to, such as ``hop_distance`` or
            ``effective_resistance`` gives it. What a key holds travels to the query.
        reduction: ``"mean"`` over the queries, or ``"none"``.

    Returns:
        float64 ``[...]``, or ``[..., nodes]`` without reduction, in the unit of ``distance``. nan
        for a query that looks at nothing within reach; the mean leaves these out. How much
        attention falls on nodes out of reach, ``attention_by_hop(...).unreachable`` says.

    Raises:
        ValueError: a row sums to neither 1 nor 0, is negative or not finite, or the shapes differ.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import attention_distance, hop_distance
        >>> from workbench.graphs import path
        >>> hops = hop_distance(path(3).edge_index, 3)
        >>> even = torch.full((3, 3), 1 / 3)
        >>> attention_distance(even, hops, reduction="none").round(decimals=4).tolist()
        [1.0, 0.6667, 1.0]

    References:
        Vig and Belinkov, Analyzing the structure of attention in a transformer language model,
        2019, arXiv 1906.04284.
    """
    check_pair_shapes(attention, distance, None)
    rows = check_attention(attention, None)
    there = distance.T.to(rows)
    near = there.isfinite()
    weight = (rows * near).sum(dim=-1)
    value = (rows * there.where(near, 0.0)).sum(dim=-1) / weight
    return reduce_queries(torch.where(weight > 0, value, torch.nan), reduction)


def check_attention(
    attention: Tensor, mask: Tensor | None
) -> Float64[Tensor, "*heads nodes nodes"]:
    """The rows in float64 with sum 1, or 0 where a query has no keys.

    Raises:
        TypeError: it is no floating-point tensor, or the mask not bool.
        ValueError: with the first row that is no attention.
    """
    if not isinstance(attention, Tensor) or not attention.is_floating_point():
        came = getattr(attention, "dtype", type(attention).__name__)
        advice = "use .double()" if isinstance(attention, Tensor) else "an Attention has dense()"
        raise TypeError(f"attention must be a floating-point tensor, got {came}; {advice}")
    if attention.dim() < 2 or attention.size(-1) != attention.size(-2):
        raise ValueError(
            f"attention must be [..., nodes, nodes], got {list(attention.shape)}; an Attention "
            "gives it with dense()"
        )
    rows = attention.detach().double()
    if mask is not None:
        check_mask(mask)
        check_pair_shapes(attention, mask, None)
        outside = (rows * ~mask).abs().sum(dim=-1) > 0
        if bool(outside.any()):
            raise ValueError(f"{_place(outside)} has weight where mask is False")
    total = rows.sum(dim=-1)
    slack = max(1e-4, 8 * torch.finfo(attention.dtype).eps)
    wrong = ~((total - 1).abs() <= slack) & (total != 0)
    wrong |= (rows < 0).any(dim=-1) | ~rows.isfinite().all(dim=-1)
    if bool(wrong.any()):
        at = tuple(wrong.nonzero()[0].tolist())
        raise ValueError(
            f"{_place(wrong)} sums to {float(total[at]):.6g} with a smallest entry of "
            f"{float(rows[at].min()):.3g}; rows must be non-negative and sum to 1 (0 without "
            "keys); a model in training mode has its dropout in the weights: call model.eval()"
        )
    return rows / total.where(total > 0, 1.0).unsqueeze(-1)


def has_keys(rows: Tensor) -> Bool[Tensor, "*heads nodes"]:
    """The queries that look at something."""
    return rows.sum(dim=-1) > 0


def key_counts(rows: Tensor, mask: Tensor | None) -> Tensor:
    """Number of keys that each query may look at, ``[nodes]``."""
    if mask is None:
        return torch.full(rows.shape[-1:], rows.size(-1), device=rows.device)
    return mask.sum(dim=-1)


def reduce_queries(values: Tensor, reduction: str) -> Tensor:
    """The values of the queries, or their mean without those that have none.

    Raises:
        ValueError: ``reduction`` is unknown.
    """
    if reduction not in ("mean", "none"):
        raise ValueError(f'reduction must be "mean" or "none", got {reduction!r}')
    return values.nanmean(dim=-1) if reduction == "mean" else values


def _place(wrong: Tensor) -> str:
    *head, row = wrong.nonzero()[0].tolist()
    return f"row {row}" + (f" of matrix {head if len(head) > 1 else head[0]}" if head else "")
