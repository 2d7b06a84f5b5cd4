"""BREC's statistic: do two graphs' embeddings differ by more than relabelings of one graph do?"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from workbench.choices import check_choice
from workbench.ties import TIE

MODES = ("code", "paper")

#: The released code's threshold: Hotelling's at 32 copies, 16 channels and level 0.05.
CODE_THRESHOLD = 72.34

#: What the repository puts on the diagonal of a covariance that is 0.
SMALLEST_VARIANCE = 1e-7

#: Rounding moves an embedding by about as many of its last digits (mode "paper").
ROUNDING = 64

#: Sums in another order move an embedding, and a variance relative to the largest one, by at most
#: about as many last digits (mode "code").
LAST_DIGITS = 4


@dataclass(frozen=True)
class ReliableComparison:
    """The decision on one pair of graphs.

    Attributes:
        mode: ``"code"`` or ``"paper"``.
        statistic: of the differences between the two graphs.
        reliability: the same statistic between relabelings of one graph; None if not given.
        threshold: a statistic above it counts as different.
        distinguished: the statistic is above the threshold (and, in mode ``"code"``, not close to
            ``reliability``).
        reliable: ``reliability`` is below the threshold: relabelings of one graph are not taken
            for two graphs. True where it was not given, and then nothing was checked.
        on_edge: the last digits decide: sums in another order can put one of the statistics on the
            other side of the threshold.
    """

    mode: str
    statistic: float
    reliability: float | None
    threshold: float
    distinguished: bool
    reliable: bool
    on_edge: bool

    def __bool__(self) -> bool:
        return self.distinguished and self.reliable


def reliable_paired_comparison(
    first: Float[Tensor, "copies channels"],
    second: Float[Tensor, "copies channels"],
    reliability: tuple[Tensor, Tensor] | None = None,
    *,
    mode: str = "code",
    alpha: float = 0.05,
) -> ReliableComparison:
    r"""BREC's test on embeddings of q relabelings of two graphs, and its reliability check.

    With the differences :math:`D_i = X_i - Y_i` of the i-th copies, their mean and their
    covariance S (over q - 1):

    .. math::
        \text{paper:}\quad T^2 = q\, \bar D^\top S^{-1} \bar D > \frac{(q-1)d}{q-d}
            F_{d,\,q-d}(1 - \alpha) \qquad
        \text{code:}\quad T^2 = \bar D^\top S^+ \bar D > 72.34

    The released code leaves the factor q out, so its test is 32 times stricter than its level
    says. It also asks that T^2 is not close to that of the reliability block (absolute 1e-6,
    relative 1e-5).

    Args:
        first: embeddings of q relabelings of one graph.
        second: the same of the other graph.
        reliability: two such tensors of one and the same graph.
        mode: ``"code"`` or ``"paper"``.
        alpha: level of the test in mode ``"paper"``; not read in mode ``"code"``.

    Embeddings that are equal bit for bit differ by 0 and are not told apart. Where the differences
    are constant, S is 0 and its pseudo-inverse would make any difference vanish; S is then 1e-7
    times the identity, as the repository's constant for this case has it.

    The code's statistic jumps in two places. The pseudo-inverse leaves out directions in which the
    variance is below d times the resolution of the largest one, and S is 0 for constant differences
    but tiny, and its inverse large, where they scatter by rounding. Both hang on the last digits of
    the embeddings and of S. The answer is the one that the code gives here; ``on_edge`` says that
    another order of sums can give the other.

    Differs from the paper: in mode ``"paper"``, directions in which the standard deviation is below
    64 times the resolution of the embeddings' type (7.6e-6 of their root mean square in float32)
    take that. Else the rounding noise of a model that gives both graphs the same embedding would
    count as a difference in a share alpha of all pairs. Where all deviations are larger, this is
    Hotelling's statistic. Mode ``"code"`` computes in the type of the embeddings, as the code
    does; mode ``"paper"`` in float64.

    Raises:
        ValueError: shapes do not fit, an embedding is not finite, there are fewer than 2 copies
            or, in mode ``"paper"``, not more copies than channels, or ``mode`` or ``alpha`` is
            unknown or out of range.

    Examples:
        >>> import torch
        >>> from workbench.benchmarks import reliable_paired_comparison
        >>> first = torch.randn(32, 4, generator=torch.Generator().manual_seed(0))
        >>> reliable_paired_comparison(first, first).distinguished
        False
        >>> reliable_paired_comparison(first, first + 1.0).distinguished
        True

    References:
        Wang and Zhang, An empirical study of realized GNN expressiveness, ICML 2024,
        arXiv 2304.07702; repository GraphPKU/BREC at 966b5ed, base/test_BREC.py.
    """
    check_choice("mode", mode, MODES)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, such as 0.05; got {alpha}")
    _check(first, second, mode)
    found, again = _statistic(first, second, mode), None
    copies, channels = first.shape
    threshold = CODE_THRESHOLD
    if mode == "paper":
        quantile = stats.f.ppf(1 - alpha, channels, copies - channels)
        threshold = float((copies - 1) * channels / (copies - channels) * quantile)
    distinguished, reliable = found.value > threshold, True
    on_edge = found.low <= threshold < found.high
    if reliability is not None:
        _check(*reliability, mode)
        again = _statistic(*reliability, mode)
        reliable = again.value < threshold
        on_edge |= again.low < threshold <= again.high
        if mode == "code" and math.isclose(
            found.value, again.value, rel_tol=0.0, abs_tol=_near(again.value)
        ):
            distinguished = False
    return ReliableComparison(
        mode,
        found.value,
        None if again is None else again.value,
        threshold,
        distinguished,
        reliable,
        on_edge,
    )


def _near(value: float) -> float:
    """torch.isclose's bound with the code's absolute tolerance."""
    return 1e-6 + 1e-5 * abs(value)


class _Statistic(NamedTuple):
    """The value, and between which values it lies on any machine."""

    value: float
    low: float
    high: float


def _statistic(first: Tensor, second: Tensor, mode: str) -> _Statistic:
    if mode == "code":
        return _code_statistic(first, second)
    resolution = torch.finfo(first.dtype).eps
    first, second = first.double(), second.double()
    mean, covariance = _moments(first - second)
    square = float(torch.cat([first, second]).square().mean())
    variance, direction = torch.linalg.eigh(covariance)
    variance = variance.clamp(min=max((ROUNDING * resolution) ** 2 * square, 1e-300))
    value = float(first.size(0) * ((mean @ direction).square() / variance).sum())
    return _Statistic(value, (1 - TIE) * value, (1 + TIE) * value)


def _code_statistic(first: Tensor, second: Tensor) -> _Statistic:
    mean, covariance = _moments(first - second)
    if not bool(covariance.any()):
        covariance = SMALLEST_VARIANCE * torch.eye(mean.numel()).to(covariance)
    value = float(mean @ torch.linalg.pinv(covariance) @ mean)
    digit, channels = torch.finfo(first.dtype).eps, mean.numel()
    mean, covariance = _moments((first - second).double())
    variance, direction = torch.linalg.eigh(covariance)
    square, largest = float(mean.square().sum()), float(variance[-1])
    # the code's mean is off by a digit, and its square is added to the covariance
    if largest <= digit**2 * square:  # constant: S is 0, or what rounding makes of it
        size = float(torch.cat([first, second]).double().square().mean())
        scatter = max((LAST_DIGITS * digit) ** 2 * size, 1e-300)
        low, high = square / SMALLEST_VARIANCE, square / scatter
    else:
        part, error = (mean @ direction).square(), LAST_DIGITS * digit * largest
        kept = variance - error > channels * digit * (largest + digit**2 * square)
        low = float((part / (variance + error))[kept].sum())
        low /= 1 + digit**2 * low
        least = channels * digit * largest
        may_be_kept = variance + error > least
        high = float((part / (variance - error).clamp(min=least))[may_be_kept].sum())
    return _Statistic(value, min(value, low), max(value, high))


def _moments(difference: Tensor) -> tuple[Tensor, Tensor]:
    mean = difference.mean(dim=0)
    return mean, torch.cov(difference.T).reshape(mean.numel(), mean.numel())


def _check(first: Tensor, second: Tensor, mode: str) -> None:
    if first.dim() != 2 or first.shape != second.shape:
        raise ValueError(
            f"embeddings must be two [copies, channels]; got {list(first.shape)} and "
            f"{list(second.shape)}"
        )
    copies, channels = first.shape
    if copies < 2 or channels < 1 or (mode == "paper" and copies <= channels):
        raise ValueError(
            f"{copies} copies of {channels} channels are too few for mode={mode!r}; give at least "
            + ("one copy more than channels" if mode == "paper" else "2 copies of 1 channel")
        )
    if not bool(torch.isfinite(first).all() and torch.isfinite(second).all()):
        raise ValueError("an embedding is infinite or not a number")
