"""How sensitivity falls with distance."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64, Real
from torch import Tensor

from workbench.diagnostics.finite import check_finite, check_tensor


@dataclass(frozen=True)
class Decay:
    """Sensitivity against distance: one entry for each distance that occurs, ascending.

    Attributes:
        distance: the distances.
        mean: mean sensitivity of the ordered pairs at that distance.
        standard_error: of the mean, over those pairs; nan where there is a single one.
        pairs: number of ordered pairs.
    """

    distance: Float64[Tensor, " distances"]
    mean: Float64[Tensor, " distances"]
    standard_error: Float64[Tensor, " distances"]
    pairs: Int64[Tensor, " distances"]


@dataclass(frozen=True)
class DecayFit:
    """An exponential through sensitivity against distance: ``S ~ exp(-rate d)``.

    Attributes:
        rate: fall of ``log S`` for each unit of distance; positive where sensitivity decays.
        standard_error: of the rate, as if the pairs were independent (they share nodes, so it is a
            lower end); nan with fewer than three pairs.
        r_squared: share of the variance of ``log S`` that distance explains.
        half_distance: distance on which sensitivity halves, ``log 2 / rate``; ``inf`` where it does
            not decay.
        pairs: number of ordered pairs behind the fit.
    """

    rate: Float64[Tensor, ""]
    standard_error: Float64[Tensor, ""]
    r_squared: Float64[Tensor, ""]
    half_distance: Float64[Tensor, ""]
    pairs: int


def sensitivity_decay(
    sensitivity: Real[Tensor, "nodes nodes"],
    distance: Real[Tensor, "nodes nodes"],
    *,
    num_bins: int | None = None,
) -> Decay:
    """Mean sensitivity of the pairs at each distance.

    Args:
        sensitivity: ``[nodes, nodes]`` as ``sensitivity`` gives it: row = output, column = input.
        distance: ``[nodes, nodes]``, row = from, column = to, such as ``hop_distance`` gives it;
            the influence of u on v travels from u to v, so entry ``[u, v]`` belongs to
            ``sensitivity[v, u]``.
        num_bins: gather the distances of different nodes in so many bins of equal width, each
            named by the mean distance of its pairs; for distances that hardly repeat, such as
            ``effective_resistance``. Distance 0 stays by itself, an empty bin has no entry.

    Returns:
        ``Decay``, with one entry for each finite distance that occurs, 0 among them. Pairs at
        ``inf`` (other components) and at nan count nowhere; a sensitivity of nan makes the mean at
        its distance nan. Distances equal to 12 digits are one. Computed in float64, whatever comes.

    Raises:
        ValueError: the two shapes differ, or ``num_bins`` is less than 1.

    References:
        Di Giovanni et al., ICML 2023, arXiv 2302.02941.
    """
    if num_bins is not None and num_bins < 1:
        raise ValueError(f"num_bins must be at least 1, got {num_bins}")
    sensitivity, there = _beside(sensitivity, distance)
    finite = there.isfinite()
    value, there = sensitivity[finite], there[finite]
    key = _bins(there, num_bins) if num_bins else _twelve_digits(there)
    _, group, pairs = torch.unique(key, return_inverse=True, return_counts=True)

    def grouped(values):
        return torch.zeros_like(pairs, dtype=torch.float64).index_add_(0, group, values) / pairs

    mean = grouped(value)
    variance = grouped((value - mean[group]) ** 2) * pairs / (pairs - 1)  # 0 / 0 = nan for one pair
    # of equal distances the distance as it came, not a mean of equal numbers
    met = grouped(there) if num_bins else torch.zeros_like(mean).index_copy_(0, group, there)
    return Decay(met, mean, (variance / pairs).sqrt(), pairs)


def _beside(sensitivity: Tensor, distance: Tensor) -> tuple[Tensor, Tensor]:
    """Sensitivity, and beside it the distance from column to row, both float64."""
    check_tensor("sensitivity", sensitivity)
    check_tensor("distance", distance)
    size = sensitivity.shape[:1]
    if not (*sensitivity.shape,) == (*distance.shape,) == (*size, *size):
        raise ValueError(
            f"sensitivity is {list(sensitivity.shape)} and distance {list(distance.shape)}; "
            "both must be [nodes, nodes] of the same graph"
        )
    return sensitivity.double(), distance.T.to(sensitivity.device).double()


def _twelve_digits(distance: Tensor) -> Tensor:
    """The distances with what rounding may have changed left out."""
    digits = torch.finfo(torch.float64).eps ** -0.75
    scale = float(distance.abs().max()) if distance.numel() else 1.0
    return torch.round(distance / max(scale, 1e-300) * digits)


def _bins(distance: Tensor, num_bins: int) -> Tensor:
    """The number of the bin of each distance, from 1; 0 for distance 0."""
    away = distance[distance > 0]
    if not away.numel():
        return torch.zeros_like(distance)
    low, width = away.min(), (away.max() - away.min()) / num_bins
    place = torch.floor((distance - low) / width) if width > 0 else torch.zeros_like(distance)
    return torch.where(distance > 0, place.clamp(0, num_bins - 1) + 1, 0.0)


def decay_fit(
    sensitivity: Real[Tensor, "nodes nodes"], distance: Real[Tensor, "nodes nodes"]
) -> DecayFit:
    """The exponential that fits sensitivity against distance best.

        log S_vu = a - rate d(u, v),   least squares over the ordered pairs of different nodes

    Args:
        sensitivity: ``[nodes, nodes]``, row = output, column = input.
        distance: ``[nodes, nodes]``, row = from, column = to, such as ``hop_distance`` or
            ``effective_resistance`` give it.

    Returns:
        ``DecayFit``; its entries are nan where the pairs have fewer than two distances. Pairs in
        different components and pairs of sensitivity 0 (beyond reach, dead ReLUs) are left out:
        they have no logarithm, so a model of few layers is fitted within its reach.

    Raises:
        ValueError: the two shapes differ, or a sensitivity is negative, nan or inf.

    These four numbers are the workbench's own; those of the literature, for a
    graph without a model, are in ``decay_statistics``.
    """
    sensitivity, there = _beside(sensitivity, distance)
    check_finite("sensitivity", sensitivity)
    if bool((sensitivity < 0).any()):
        at = (sensitivity < 0).nonzero()[0].tolist()
        raise ValueError(
            f"sensitivity must not be negative, got {float(sensitivity[tuple(at)])} in row "
            f"{at[0]}; take the norm of each block of the Jacobian"
        )
    used = there.isfinite() & (sensitivity > 0)
    used.fill_diagonal_(False)
    x, y = there[used], sensitivity[used].log()
    count = x.numel()
    x, y = x - x.mean(), y - y.mean()
    spread, height = (x * x).sum(), (y * y).sum()
    spread = torch.where(spread > 0, spread, torch.nan)
    slope = (x * y).sum() / spread
    left = ((y - slope * x) ** 2).sum()
    error = (left / max(count - 2, 0) / spread).sqrt() if count > 2 else slope * torch.nan
    explained = torch.where(height > 0, 1.0 - left / height, torch.ones_like(left))
    half = torch.where(slope < 0, -math.log(2.0) / slope, torch.inf)
    half = torch.where(slope.isnan(), slope, half)
    return DecayFit(-slope, error, torch.where(slope.isnan(), slope, explained), half, count)
