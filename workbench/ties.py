"""Decisions among numbers that carry rounding: which are equal, which is largest, in which order.

Another processor, another number of threads or another numbering of the nodes adds the same numbers
in another order, and moves the last digits of a sum. Whatever chooses among such numbers (the best
edge, the worst cut, the sign of a curvature) asks here, so that it chooses the same everywhere:
numbers that differ by rounding alone are tied, and a tie is broken by something else than its last
digits.
"""

import numpy as np
from jaxtyping import Float, Int64, Shaped

#: Numbers that differ by at most this share of the larger one are equal up to rounding.
TIE = 1e-9


def levels(
    values: Shaped[np.ndarray, " values"], *, tolerance: float = TIE, scale: float = 0.0
) -> Int64[np.ndarray, " values"]:
    """The rank of each number among the different ones: 0 for the smallest, ties share a rank.

    Sorted neighbors are tied if they differ by at most ``tolerance`` of the larger of them, or of
    ``scale`` where that is larger: the size of the terms that were added, for numbers that are
    differences and may be 0 up to rounding. Ties chain. Equal infinities are tied; nan is a last
    rank of its own.

    Args:
        values: ``[values]``, of any kind that has an order.
        tolerance: the share that counts as rounding.
        scale: what the tolerance is a share of where both numbers are smaller than this.

    Returns:
        ``[values]`` ranks without gaps.
    """
    values = np.asarray(values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    new = starts_level(values[order], tolerance=tolerance, scale=scale)
    rank = np.empty(values.size, dtype=np.int64)
    rank[order] = np.cumsum(new) - 1
    return rank


def starts_level(
    ascending: Float[np.ndarray, " values"], *, tolerance: float = TIE, scale: float = 0.0
) -> Shaped[np.ndarray, " values"]:
    """Whether each of sorted numbers is more than a tie above the one before; true for the first.

    Ties are as in ``levels``.
    """
    new = np.ones(ascending.size, dtype=bool)
    low, high = ascending[:-1], ascending[1:]
    with np.errstate(invalid="ignore"):
        near = high - low <= tolerance * np.maximum(np.maximum(abs(low), abs(high)), scale)
    near &= np.isfinite(low) & np.isfinite(high)
    new[1:] = ~(near | (low == high) | (np.isnan(low) & np.isnan(high)))
    return new


def largest(
    values: Shaped[np.ndarray, " values"],
    *,
    count: int = 1,
    tolerance: float = TIE,
    scale: float = 0.0,
) -> Int64[np.ndarray, " tied"]:
    """Where all numbers stand that are tied with the largest one, ascending; nan is left out.

    Args:
        values: ``[values]``.
        count: those tied with the ``count``-th largest and all above; all where there are fewer.
        tolerance: the share that counts as rounding.
        scale: what it is a share of where that number is smaller than this.
    """
    values = np.asarray(values, dtype=np.float64)
    if count == 1 and values.size:
        last = np.fmax.reduce(values)  # nan only where nothing else is there
    else:
        known = values[~np.isnan(values)]
        at = known.size - min(count, known.size)
        if at == known.size:
            return np.zeros(0, dtype=np.int64)
        last = np.partition(known, at)[at]
    least = last if np.isinf(last) else last - tolerance * max(abs(last), scale)
    return np.flatnonzero(values >= least)


def smallest(
    values: Shaped[np.ndarray, " values"], *, tolerance: float = TIE, scale: float = 0.0
) -> Int64[np.ndarray, " tied"]:
    """Where all numbers stand that are tied with the smallest one, as in ``largest``."""
    return largest(-np.asarray(values, dtype=np.float64), tolerance=tolerance, scale=scale)


def best_first(
    *keys: Shaped[np.ndarray, " values"], tolerance: float = TIE, scale: float = 0.0
) -> Int64[np.ndarray, " values"]:
    """The order in which the largest first key comes first, ties by the next key, and so on.

    What is tied in every key keeps its place. ``tolerance`` and ``scale`` are as in ``levels``.
    """
    ranks = [-levels(key, tolerance=tolerance, scale=scale) for key in reversed(keys)]
    return np.lexsort(ranks)


def best_levels(
    values: Shaped[np.ndarray, " values"], most: int, *, tolerance: float = TIE
) -> Int64[np.ndarray, " chosen"]:
    """Where at most ``most`` of the largest numbers stand, largest first, without parting a tie.

    Ties that do not fit are left out as a whole; only where all of the largest do not fit, their
    first ``most`` come.
    """
    rank = -levels(values, tolerance=tolerance)
    order = np.argsort(rank, kind="stable")
    if order.size <= most:
        return order
    fitting = order[: np.searchsorted(rank[order], rank[order[most]])]
    return fitting if fitting.size else order[:most]
