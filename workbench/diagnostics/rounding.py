"""What counts as rounding in tensors of any type, and what a limit lets through (``ties``)."""

import torch
from jaxtyping import Bool
from torch import Tensor

from workbench.ties import TIE


def rounding(*given: Tensor) -> float:
    """The share by which numbers of these types may differ from their equals.

    ``TIE`` in float64; shorter types differ by more when sums are added in another order.
    """
    floating = [t.dtype for t in given if isinstance(t, Tensor) and t.is_floating_point()]
    return max([TIE, *(16 * torch.finfo(dtype).eps for dtype in floating)])


def up_to(
    values: Tensor, limit: Tensor | float, share: float = TIE, *, scale: float = 0.0
) -> Bool[Tensor, "*values"]:
    """Whether each value is at most the limit, up to rounding; false where the limit is nan.

    Args:
        values: any numbers.
        limit: what they are compared with.
        share: of the limit that counts as rounding.
        scale: what it is a share of where the limit is smaller: the size of the terms, for values
            that are differences.
    """
    limit = torch.as_tensor(limit, dtype=values.dtype, device=values.device)
    return values <= limit + share * limit.abs().clamp(min=scale)
