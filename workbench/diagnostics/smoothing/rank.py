"""How many directions node states still span: effective and stable rank, distance to collapse."""

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.rounding import rounding
from workbench.diagnostics.smoothing.states import check_states, size_of
from workbench.ties import largest


@diagnostic(
    of="states",
    seconds=lambda n, m: 5e-7 * n,
    bytes=lambda n, m: 2048.0 * n,
)
def effective_rank(x: Float[Tensor, "nodes channels"]) -> Float64[Tensor, ""]:
    """The exponential of the entropy of the singular values: how many count.

        exp(- sum_i p_i log p_i),   p_i = s_i / sum s

    Args:
        x: ``[nodes, channels]`` node states.

    Returns:
        A float64 scalar on the device of ``x``: 1 for rank one, k for k equal singular values, at
        most the rank; 0 where ``x`` is 0.

    Not changed by a factor. Time grows with nodes times channels squared.

    Raises:
        ValueError: ``x`` is not ``[nodes, channels]``, or holds nan or inf.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import effective_rank
        >>> round(effective_rank(torch.eye(3)).item(), 6)
        3.0

    References:
        Roy and Vetterli, The effective rank: a measure of effective dimensionality, EUSIPCO 2007.
    """
    check_states(x)
    values = _singular_values(x)
    total = values.sum()
    if not bool(total > 0):
        return total
    return torch.special.entr(values / total).sum().exp()


@diagnostic(
    of="states",
    seconds=lambda n, m: 5e-7 * n,
    bytes=lambda n, m: 2048.0 * n,
)
def stable_rank(x: Float[Tensor, "nodes channels"]) -> Float64[Tensor, ""]:
    """Squared Frobenius over squared spectral norm: a rank that small noise does not change.

        ||X||_F^2 / ||X||_2^2

    Args:
        x: ``[nodes, channels]`` node states.

    Returns:
        A float64 scalar on the device of ``x``: 1 for rank one, at most the rank; 0 where ``x``
        is 0.

    Raises:
        ValueError: ``x`` is not ``[nodes, channels]``, or holds nan or inf.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import stable_rank
        >>> round(stable_rank(torch.eye(3)).item(), 6)
        3.0

    References:
        Rudelson and Vershynin, Sampling from large matrices, J. ACM 54, 2007,
        arXiv math/0503442.
    """
    check_states(x)
    values = _singular_values(x)
    if not bool(values.sum() > 0):
        return values.sum()
    return (values / values[0]).square().sum()


@diagnostic(
    of="states",
    seconds=lambda n, m: 2e-6 * n,
    bytes=lambda n, m: 4096.0 * n,
)
def rank_one_distance(x: Float[Tensor, "nodes channels"]) -> Float64[Tensor, ""]:
    """Nuclear-norm distance of the states to the matrix of rank one that their largest row and
    column make: 0 exactly where ``x`` has rank one.

        || X / ||X||_*  -  s Y / ||Y||_* ||_*,   Y = (column j of X) (row i of X)^T

    with i and j the row and the column of largest Euclidean norm, and the sign s that gives the
    smaller distance. Of rows that are equally long up to rounding, the one with the largest first
    entry that differs; of columns, the first.

    Args:
        x: ``[nodes, channels]`` node states.

    Returns:
        A float64 scalar on the device of ``x``, between 0 and 2; 0 where ``x`` is 0.

    Unlike the Dirichlet energies it does not depend on the size of ``x``, and it falls to 0
    whichever the direction is that all states collapse to.

    Raises:
        ValueError: ``x`` is not ``[nodes, channels]``, or holds nan or inf.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import rank_one_distance
        >>> round(rank_one_distance(torch.ones(4, 2)).item(), 6)
        0.0

    References:
        Roth and Liebig, Rank collapse causes over-smoothing and over-correlation in graph neural
        networks, 2023, arXiv 2308.16800.
    """
    check_states(x)
    states = x.detach().double()
    if not bool(states.any()):
        return states.new_zeros(())
    states = states / states.abs().max()  # products of large or small entries stay in range
    share = rounding(x)
    row = states[_first_of_longest(states.cpu().numpy(), share)]
    column = states[:, largest(states.norm(dim=0).cpu().numpy(), tolerance=share)[0]]
    # the nuclear norm of a matrix of rank one is the product of the lengths
    surrogate = torch.outer(column / column.norm(), row / row.norm())
    scaled = states / torch.linalg.svdvals(states).sum()
    distances = [torch.linalg.svdvals(scaled - sign * surrogate).sum() for sign in (1, -1)]
    return torch.minimum(*distances)


def _first_of_longest(rows: np.ndarray, share: float) -> int:
    """A row of largest norm, chosen by its entries and not by its place."""
    left = largest(np.linalg.norm(rows, axis=1), tolerance=share)
    for channel in range(rows.shape[1]):
        if left.size == 1:
            break
        # entries were scaled to at most 1
        left = left[largest(rows[left, channel], tolerance=share, scale=1.0)]
    return int(left[0])


@diagnostic(
    of="states",
    seconds=lambda n, m: 1e-7 * n,
    bytes=lambda n, m: 1024.0 * n,
)
def distance_to_mean(
    x: Float[Tensor, "nodes channels"], *, relative: bool = False
) -> Float64[Tensor, ""]:
    """Frobenius distance of the states to their common mean: 0 where all nodes hold the same.

        || X - 1 xbar^T ||_F,   relative: / ||X||_F

    Args:
        x: ``[nodes, channels]`` node states.
        relative: divide by the norm of ``x``; between 0 and 1 then.

    Returns:
        A float64 scalar on the device of ``x``, in its units; 0 where ``x`` is 0.

    Raises:
        ValueError: ``x`` is not ``[nodes, channels]``, or holds nan or inf.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import distance_to_mean
        >>> distance_to_mean(torch.ones(4, 2)).item()
        0.0

    References:
        Dong, Cordonnier and Loukas, Attention is not all you need: pure attention loses rank
        doubly exponentially with depth, ICML 2021, arXiv 2103.03404.
    """
    check_states(x)
    states = x.detach().double()
    if not states.numel():
        return states.new_zeros(())
    size = size_of(states)
    states = states / size
    distance, norm = (states - states.mean(dim=0)).norm(), states.norm()
    return distance / norm if relative and bool(norm > 0) else size * distance


def _singular_values(x: Tensor) -> Float64[Tensor, " values"]:
    """Singular values up to a common factor, so that neither their sums nor squares overflow."""
    states = x.detach().double()
    if not states.numel():
        return states.new_zeros(1)
    return torch.linalg.svdvals(states / size_of(states))
