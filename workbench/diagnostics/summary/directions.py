"""Directions among equally slow modes: which of their mixtures show the narrowest cuts."""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
from jaxtyping import Float64

#: Modes whose eigenvalues differ by at most this share are mixed.
CLOSE = 0.05

#: Angles tried in the plane of each two of them, and the best ones that are made finer.
ANGLES, REFINED = 12, 4

#: Beyond so many nodes, so many are made finer.
LARGE, REFINED_LARGE = 20_000, 2

#: Passes over all planes when axes are turned.
TURNS = 10


def mixed_modes(
    values: Float64[np.ndarray, " modes"],
    vectors: Float64[np.ndarray, "nodes modes"],
    rate: Callable[[np.ndarray], float],
) -> list[Float64[np.ndarray, " nodes"]]:
    """The modes to sweep: the slowest ones turned to axes, mixtures of them, and the others.

    An eigensolver returns any basis of the modes of one eigenvalue, such as the two of a square
    grid, whose straight cuts are level sets of two directions only. The slowest modes are turned
    to axes of least sum of fourth powers, where products of graphs have theirs (the mixtures of
    independent coordinates are more peaked). Then mixtures of each two axes are rated at even
    angles, and around the best by halving steps.

    Args:
        values: eigenvalues, ascending, that of the constant not among them.
        vectors: their modes, one column each.
        rate: how good a mixture is; larger is better.

    Returns:
        Up to four mixtures of the slowest modes, their axes, and the other modes.
    """
    slowest = int((values <= values[:1] * (1 + CLOSE)).sum())
    axes = vectors[:, :slowest].copy()
    _turn(axes)
    return [*_mixtures(axes, rate), *axes.T, *vectors[:, slowest:].T]


def _turn(vectors: np.ndarray) -> None:
    """Turn the columns to the least sum of fourth powers, plane by plane, in place.

    That sum is a + b cos 4 (angle - peak) in the angle of a plane (Neuhaus and Wrigley's
    quartimax, whose peak it is).
    """
    for _ in range(TURNS):
        largest = 0.0
        for i, j in combinations(range(vectors.shape[1]), 2):
            u, w = vectors[:, i] ** 2 - vectors[:, j] ** 2, 2 * vectors[:, i] * vectors[:, j]
            sine, cosine = 2 * float(u @ w), float(u @ u - w @ w)
            if math.hypot(sine, cosine) <= 1e-6 * float(u @ u + w @ w):
                continue  # every angle is as good
            # the trough next to 0
            angle = math.atan2(-sine, -cosine) / 4
            vectors[:, [i, j]] = np.stack(
                [_mix(vectors, i, j, angle), _mix(vectors, i, j, angle + math.pi / 2)], axis=1
            )
            largest = max(largest, abs(angle))
        if largest < 1e-6:
            return


def _mix(vectors: np.ndarray, i: int, j: int, angle: float) -> np.ndarray:
    return math.cos(angle) * vectors[:, i] + math.sin(angle) * vectors[:, j]


def _mixtures(vectors: np.ndarray, rate: Callable[[np.ndarray], float]) -> list[np.ndarray]:
    """The best mixtures of two columns."""
    step = math.pi / ANGLES
    peaks = []
    for i, j in combinations(range(vectors.shape[1]), 2):
        rated = [rate(_mix(vectors, i, j, k * step)) for k in range(ANGLES)]
        peaks += [
            (here, i, j, k * step)
            for k, here in enumerate(rated)
            if here >= rated[k - 1] and here >= rated[(k + 1) % ANGLES]
        ]
    peaks.sort(key=lambda peak: -peak[0])
    found = []
    for here, i, j, angle in peaks[: REFINED_LARGE if len(vectors) > LARGE else REFINED]:
        # a straight cut of a square grid shows within half the distance of two rows
        width = step
        while width > 0.5 / math.sqrt(len(vectors)):
            width /= 2
            near = [(rate(_mix(vectors, i, j, a)), a) for a in (angle - width, angle + width)]
            here, angle = max((here, angle), *near, key=lambda pair: pair[0])
        found.append(_mix(vectors, i, j, angle))
    return found
