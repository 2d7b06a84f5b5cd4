"""How sensitivity falls with distance."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64, Real
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.finite import check_finite, check_tensor
from workbench.diagnostics.rounding import rounding
from workbench.ties import levels


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


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 3e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
)
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
        its distance nan. Distances that differ by rounding alone are one, and one that is up to
        rounding at the end of a bin is in the next. Computed in float64, whatever comes.

    Raises:
        ValueError: the two shapes differ, or ``num_bins`` is less than 1.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import hop_distance, sensitivity_decay
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> hops = hop_distance(edges, 4)
        >>> sensitivity_decay(0.5**hops, hops).mean.tolist()
        [1.0, 0.5, 0.25, 0.125]

    References:
        Di Giovanni et al., ICML 2023, arXiv 2302.02941.
    """
    if num_bins is not None and num_bins < 1:
        raise ValueError(f"num_bins must be at least 1, got {num_bins}")
    value, there = _in_double_precision(sensitivity, distance)
    finite = there.isfinite()
    value, there = value[finite], there[finite]
    share = rounding(distance)
    key = _bins(there, num_bins, share) if num_bins else _tied_ranks(there, share)
    _, group, pairs = torch.unique(key, return_inverse=True, return_counts=True)

    def mean_of(values):
        return torch.zeros_like(pairs, dtype=torch.float64).index_add_(0, group, values) / pairs

    mean = mean_of(value)
    variance = mean_of((value - mean[group]) ** 2) * pairs / (pairs - 1)  # 0 / 0 = nan for one pair
    # of equal distances the distance as it came, not a mean of equal numbers
    met = mean_of(there) if num_bins else torch.zeros_like(mean).index_copy_(0, group, there)
    return Decay(met, mean, (variance / pairs).sqrt(), pairs)


def _in_double_precision(sensitivity: Tensor, distance: Tensor) -> tuple[Tensor, Tensor]:
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


def _tied_ranks(distance: Tensor, share: float) -> Tensor:
    """The rank of each distance, equal for those that differ by rounding alone."""
    rank = levels(distance.cpu().numpy(), tolerance=share)
    return torch.from_numpy(rank).to(distance.device)


def _bins(distance: Tensor, num_bins: int, share: float) -> Tensor:
    """The number of the bin of each distance, from 1; 0 for distance 0."""
    away = distance[distance > 0]
    if not away.numel():
        return torch.zeros_like(distance)
    low, high = away.min(), away.max()
    if high - low <= share * high:
        return (distance > 0).double()
    # what rounding moved across the end of a bin is moved back
    place = torch.floor((distance - low) / (high - low) * num_bins + share * num_bins)
    return torch.where(distance > 0, place.clamp(0, num_bins - 1) + 1, 0.0)


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 5e-8 * n**2,
    bytes=lambda n, m: 64.0 * n**2,
)
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
        ``DecayFit``; its entries are nan where the pairs have fewer than two distances, and a rate
        that is 0 up to rounding is 0. Pairs in different components and pairs of sensitivity 0
        (beyond reach, dead ReLUs) are left out: they have no logarithm, so a model of few layers is
        fitted within its reach.

    Raises:
        ValueError: the two shapes differ, or a sensitivity is negative, nan or inf.

    These four numbers are the workbench's own; those of the literature, for a
    graph without a model, are in ``decay_statistics``.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import decay_fit, hop_distance
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> hops = hop_distance(edges, 4)
        >>> round(decay_fit(0.5**hops, hops).half_distance.item(), 9)
        1.0
    """
    value, there = _in_double_precision(sensitivity, distance)
    check_finite("sensitivity", value)
    if bool((value < 0).any()):
        at = (value < 0).nonzero()[0].tolist()
        raise ValueError(
            f"sensitivity must not be negative, got {float(value[tuple(at)])} in row "
            f"{at[0]}; take the norm of each block of the Jacobian"
        )
    used = there.isfinite() & (value > 0)
    used.fill_diagonal_(False)
    x, y = there[used], value[used].log()
    count = x.numel()
    if count < 2 or x.max() - x.min() <= rounding(distance) * x.abs().max():
        nan = value.new_tensor(torch.nan)
        return DecayFit(nan, nan, nan, nan, count)
    # a rounding of S is as large in its logarithm, whatever that is
    flat = bool(y.max() - y.min() <= 2 * rounding(sensitivity))
    x, y = x - x.mean(), torch.zeros_like(y) if flat else y - y.mean()
    spread = (x * x).sum()
    slope = (x * y).sum() / spread
    if slope.abs() * x.abs().max() <= 2 * rounding(sensitivity):
        slope = torch.zeros_like(slope)
    left = ((y - slope * x) ** 2).sum()
    error = (left / max(count - 2, 0) / spread).sqrt() if count > 2 else slope * torch.nan
    explained = torch.ones_like(left) if flat else 1.0 - left / (y * y).sum()
    half = torch.where(slope < 0, -math.log(2.0) / slope, torch.inf)
    return DecayFit(-slope, error, explained, half, count)
