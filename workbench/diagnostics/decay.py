"""How sensitivity falls with distance."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.typing import PairMatrix


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


def sensitivity_decay(sensitivity: PairMatrix, distance: PairMatrix) -> Decay:
    """Mean sensitivity of the pairs at each distance.

    Args:
        sensitivity: ``[nodes, nodes]`` as ``sensitivity`` gives it: row = output, column = input.
        distance: ``[nodes, nodes]``, row = from, column = to, such as ``hop_distance`` gives it;
            the influence of u on v travels from u to v, so entry ``[u, v]`` belongs to
            ``sensitivity[v, u]``.

    Returns:
        ``Decay``, with one entry for each finite distance that occurs, 0 among them. Pairs at
        ``inf`` (other components) and at nan count nowhere. Distances equal to 12 digits are one.

    Raises:
        ValueError: the two shapes differ.

    References:
        Di Giovanni et al., ICML 2023, arXiv 2302.02941.
    """
    if sensitivity.shape != distance.shape:
        raise ValueError(
            f"sensitivity is {list(sensitivity.shape)} and distance {list(distance.shape)}; "
            "both must be [nodes, nodes] of the same graph"
        )
    there = distance.T.to(sensitivity.device)
    finite = there.isfinite()
    value, there = sensitivity[finite], there[finite]
    digits = torch.finfo(torch.float64).eps ** -0.75
    scale = float(there.abs().max()) if there.numel() else 1.0
    key = torch.round(there / max(scale, 1e-300) * digits)
    _, group, pairs = torch.unique(key, return_inverse=True, return_counts=True)

    def grouped(values):
        return torch.zeros_like(pairs, dtype=torch.float64).index_add_(0, group, values) / pairs

    mean = grouped(value)
    variance = grouped((value - mean[group]) ** 2) * pairs / (pairs - 1)  # 0 / 0 = nan for one pair
    # the distance as it came, not a mean of equal numbers
    met = torch.zeros_like(mean).index_copy_(0, group, there)
    return Decay(met, mean, (variance / pairs).sqrt(), pairs)
