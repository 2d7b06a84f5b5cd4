"""The trace of a pseudo-inverse from a few dozen solves, with its standard error (Hutch++)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

#: Right-hand sides that one solve takes together.
_BLOCK = 32


@dataclass(frozen=True)
class Approximation:
    """An unbiased random estimate and its standard error (0 where the answer is exact)."""

    value: Float64[Tensor, ""]
    standard_error: Float64[Tensor, ""]


def trace_estimate(
    solve: Callable[[np.ndarray], np.ndarray],
    null: np.ndarray,
    num_probes: int,
    generator: torch.Generator,
) -> tuple[float, float]:
    """Estimate of the trace of a symmetric M and its standard error.

        tr(M) = tr(Q^T M Q) + E[z^T (I - Q Q^T) M (I - Q Q^T) z]

    with random signs z, and Q an orthonormal basis of what M makes of other random signs.

    Args:
        solve: M times the columns of a matrix ``[nodes, columns]``.
        null: unit vector that M maps to 0.
        num_probes: columns that ``solve`` sees in all, a third each for Q, the exact term and the
            random one.
        generator: source of the signs, on the CPU.

    References:
        Meyer, Musco, Musco and Woodruff, Hutch++: optimal stochastic trace estimation, SOSA 2021,
        arXiv 2010.09649. Hutchinson, Commun. Stat. Simul. Comput. 19, 1990.
    """
    third = min(num_probes // 3, null.size // 4)
    sketch, _ = np.linalg.qr(_in_blocks(solve, _signs(null, third, generator)))
    exact = np.einsum("ij,ij->", sketch, _in_blocks(solve, sketch))
    probes = _signs(null, num_probes - 2 * third, generator)
    probes -= sketch @ (sketch.T @ probes)
    samples = np.einsum("ij,ij->j", probes, _in_blocks(solve, probes))
    return float(exact + samples.mean()), float(samples.std(ddof=1) / np.sqrt(samples.size))


def _signs(null: np.ndarray, count: int, generator: torch.Generator) -> np.ndarray:
    """Random signs without their part along ``null``, which M does not see."""
    signs = torch.randint(0, 2, (null.size, count), generator=generator).numpy() * 2.0 - 1.0
    return signs - null[:, None] * (null @ signs)


def _in_blocks(solve: Callable[[np.ndarray], np.ndarray], right: np.ndarray) -> np.ndarray:
    blocks = [solve(right[:, at : at + _BLOCK]) for at in range(0, right.shape[1], _BLOCK)]
    return np.concatenate(blocks, axis=1)
