"""Spearman's rank correlation over the pairs of nodes of one graph."""

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.finite import check_finite
from workbench.ties import TIE, levels


@diagnostic(
    of="attention",
    seconds=lambda n, m: 3e-7 * n**2,
    bytes=lambda n, m: 64.0 * n**2,
)
def rank_correlation(
    a: Float[Tensor, "*rows nodes nodes"],
    b: Float[Tensor, "nodes nodes"],
    *,
    mask: Bool[Tensor, "nodes nodes"] | None = None,
) -> Float64[Tensor, "*rows"]:
    """Spearman's correlation of two quantities over the ordered pairs of different nodes.

        r = cov(rank a, rank b) / sqrt(var(rank a) var(rank b))

    Args:
        a: ``[..., nodes, nodes]``, such as attention, a rollout, or a sensitivity.
        b: ``[nodes, nodes]``; entry by entry beside ``a``, so transpose what is stored from-to
            where ``a`` is stored output-input.
        mask: ``[nodes, nodes]``, the pairs that count; all if not given. The diagonal never does.

    Returns:
        ``[...]`` float64 between -1 and 1 on the device of ``a``; nan where one side is constant
        or fewer than two pairs count.

    Pairs where ``b`` is not finite (other components) do not count. Equal values share their mean
    rank, and so do values that differ by rounding alone (``tie_groups``). Pairs of several graphs
    must not be pooled: call it once for each and average.

    Raises:
        TypeError: the mask is not bool.
        ValueError: the shapes differ, or ``a`` holds nan or inf at a pair that counts.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import hop_distance, rank_correlation
        >>> from workbench.graphs import path
        >>> hops = hop_distance(path(4).edge_index, 4)
        >>> round(float(rank_correlation(-(hops**2), hops)), 6)  # falls as the hops rise
        -1.0

    References:
        Spearman, The proof and measurement of association between two things, 1904.
    """
    check_pair_shapes(a, b, mask)
    counted = pair_mask(b, mask)
    check_finite("a", torch.where(counted, a.detach(), 0.0))
    ranks_b = centered_ranks(b[counted])
    rows = [
        product(centered_ranks(m[counted]), ranks_b)
        for m in a.reshape(a.shape[:-2].numel(), *b.shape)
    ]
    result = torch.stack(rows) if rows else torch.empty(0, dtype=torch.float64, device=a.device)
    return result.reshape(a.shape[:-2])


def pair_mask(b: Tensor, mask: Tensor | None) -> Bool[Tensor, "nodes nodes"]:
    """The ordered pairs of different nodes inside the mask where ``b`` is finite."""
    counted = b.isfinite()
    counted.fill_diagonal_(False)
    return counted if mask is None else counted & mask


def centered_ranks(values: Float[Tensor, " pairs"]) -> Float64[Tensor, " pairs"]:
    """Ranks with mean 0, equal values sharing theirs, scaled to length 1; 0 if all are equal."""
    group, count = tie_groups(values)
    ranks = (count.cumsum(0) - (count - 1) / 2)[group] - (values.numel() + 1) / 2
    return ranks / ranks.norm() if count.numel() > 1 else torch.zeros_like(ranks)


def tie_groups(
    values: Float[Tensor, " pairs"],
) -> tuple[Int64[Tensor, " pairs"], Float64[Tensor, " groups"]]:
    """The group of equal values that each belongs to, ascending, and the size of each group.

    Ties are those of ``levels``, in float32 within four units in the last place, and exact in
    shorter types.
    """
    tolerance = {torch.float64: TIE, torch.float32: 4 * torch.finfo(torch.float32).eps}
    plain = values.detach().double().cpu().numpy()
    group = levels(plain, tolerance=tolerance.get(values.dtype, 0.0))
    group = torch.from_numpy(group).to(values.device)
    return group, torch.bincount(group).double()


def product(a: Float64[Tensor, " pairs"], b: Float64[Tensor, " pairs"]) -> Float64[Tensor, ""]:
    """Correlation of two ``centered_ranks``; nan where one of them is constant."""
    both = bool(a.any()) and bool(b.any())
    return (a @ b).clamp(-1.0, 1.0) if both else a.new_tensor(torch.nan)


def check_pair_shapes(a: Tensor, b: Tensor, mask: Tensor | None) -> None:
    """Raise unless all are matrices over the same nodes, and the mask holds truth values.

    Raises:
        TypeError: one is no tensor, or the mask not bool.
        ValueError: with the shapes that came in.
    """
    for matrix in (a, b):
        if not isinstance(matrix, Tensor):
            raise TypeError(
                f"each quantity over the pairs of nodes must be a tensor, got "
                f"{type(matrix).__name__}; use torch.as_tensor"
            )
    check_mask(mask)
    shapes = [a.shape[-2:], b.shape] + ([] if mask is None else [mask.shape])
    if a.dim() < 2 or b.dim() != 2 or len(set(shapes)) > 1 or b.size(0) != b.size(1):
        mask_text = "" if mask is None else f" and a mask {list(mask.shape)}"
        raise ValueError(
            f"got {list(a.shape)} and {list(b.shape)}{mask_text}; all must be matrices over the "
            "pairs of the same nodes"
        )


def check_mask(mask: Tensor | None) -> None:
    """Raise unless the mask, where there is one, holds truth values.

    Raises:
        TypeError: with what came in.
    """
    if mask is not None and (not isinstance(mask, Tensor) or mask.dtype != torch.bool):
        came = getattr(mask, "dtype", type(mask).__name__)
        raise TypeError(
            f"mask must be a bool tensor, True for the pairs that count, got {came}; for ones and "
            "zeros use mask > 0"
        )
