"""Does attention go where resistance is low, beyond what hop distance explains?"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from workbench.cost import check_count, diagnostic
from workbench.diagnostics.attention.attention import check_attention
from workbench.diagnostics.attention.rank_correlation import (
    centered_ranks,
    check_pair_shapes,
    pair_mask,
    product,
)


@dataclass(frozen=True)
class ResistanceCorrelation:
    """Rank correlations of attention with closeness, one for each matrix; nan where undefined.

    Attributes:
        resistance: Spearman's correlation of attention with minus the resistance.
        distance: the same with minus the hop distance.
        partial: with minus the resistance, hop distance held fixed.
        p_resistance: share of relabelings of the attention, itself among them, with a correlation
            as far from 0; nan without permutations.
        p_distance: the same for ``distance``.
        p_partial: the same for ``partial``.
        pairs: number of ordered pairs that count.
    """

    resistance: Float64[Tensor, "*heads"]
    distance: Float64[Tensor, "*heads"]
    partial: Float64[Tensor, "*heads"]
    p_resistance: Float64[Tensor, "*heads"]
    p_distance: Float64[Tensor, "*heads"]
    p_partial: Float64[Tensor, "*heads"]
    pairs: int


@diagnostic(
    of="attention",
    seconds=lambda n, m: 5e-7 * n**2,
    bytes=lambda n, m: 96.0 * n**2,
)
def attention_resistance_correlation(
    attention: Float[Tensor, "*heads nodes nodes"],
    resistance: Float[Tensor, "nodes nodes"],
    distance: Float[Tensor, "nodes nodes"],
    *,
    mask: Bool[Tensor, "nodes nodes"] | None = None,
    permutations: int = 0,
    generator: torch.Generator | None = None,
) -> ResistanceCorrelation:
    """Spearman's correlation of attention with low resistance, with nearness, and beyond nearness.

        r_R = rho(P_ij, -R_ij),   r_d = rho(P_ij, -d_ij),   r_Rd = rho(R_ij, d_ij)
        partial = (r_R - r_d r_Rd) / sqrt((1 - r_d^2) (1 - r_Rd^2))

    over the ordered pairs i != j of one graph. Average over graphs; pairs of several graphs must
    not be pooled.

    Args:
        attention: ``[..., nodes, nodes]``, row = query, column = key, each row summing to 1; a row
            of a query without keys is 0.
        resistance: ``[nodes, nodes]`` as ``effective_resistance`` gives it.
        distance: ``[nodes, nodes]`` as ``hop_distance`` gives it, row = from, column = to.
        mask: ``[nodes, nodes]``, the keys that each query may look at; all if not given.
        permutations: size of the null distribution: the nodes of the attention are given new
            names at random, the graph keeps its own. 0 for none.
        generator: makes the permutations.

    Returns:
        ``ResistanceCorrelation``. nan where a quantity is constant over the pairs (even attention,
        a complete graph), and ``partial`` nan where resistance and distance rank alike, as on a
        tree, where they are equal.

    Pairs of different components do not count. Equal values share their rank, as in
    ``rank_correlation``.

    Raises:
        ValueError: a row sums to neither 1 nor 0, is negative or not finite, has weight outside
            the mask, the shapes differ, or permutations are asked for with a mask: attention that
            lives on the edges of the graph cannot be relabeled without them.

    Examples:
        >>> import torch
        >>> from workbench import diagnostics
        >>> from workbench.graphs import ring
        >>> hops = diagnostics.hop_distance(ring(4).edge_index, 4)
        >>> resistance = diagnostics.effective_resistance(ring(4).edge_index, 4)
        >>> near = torch.softmax(-hops, 1)
        >>> found = diagnostics.attention_resistance_correlation(near, resistance, hops)
        >>> round(float(found.resistance), 6)
        1.0

    References:
        Spearman, 1904. The null of relabeled nodes: Mantel, Cancer Research 27, 1967.
    """
    check_pair_shapes(attention, resistance, mask)
    check_pair_shapes(attention, distance, mask)
    if permutations < 0 or (permutations and mask is not None):
        raise ValueError(
            f"permutations={permutations} with {'a' if mask is not None else 'no'} mask; it must "
            "not be negative, and 0 with a mask, because attention along edges cannot be relabeled"
        )
    check_attention(attention, mask)
    matrices = attention.detach()  # as they came: ranks need no exact sums
    there = distance.T.to(resistance)
    counted = pair_mask(resistance + there, mask)
    closeness = centered_ranks(-resistance[counted]), centered_ranks(-there[counted])
    check_count("permutations", permutations, 100_000)
    names = [torch.randperm(resistance.size(0), generator=generator) for _ in range(permutations)]
    found = [
        _with_null(matrix, counted, closeness, names)
        for matrix in matrices.reshape(attention.shape[:-2].numel(), *resistance.shape)
    ]
    columns = torch.stack(found, dim=1) if found else torch.empty(6, 0, dtype=torch.float64)
    six = columns.reshape(6, *attention.shape[:-2])
    return ResistanceCorrelation(*six, pairs=int(counted.sum()))


def _with_null(matrix: Tensor, counted: Tensor, closeness: tuple, names: list) -> Tensor:
    """The three correlations and their three p-values."""
    observed = _three(centered_ranks(matrix[counted]), closeness)
    if not names:
        return torch.cat([observed, torch.full_like(observed, torch.nan)])
    # with all pairs counted a relabeling carries the ranks along; else they must be taken anew
    whole = counted.sum() == matrix.numel() - matrix.size(0)
    ranks = torch.zeros_like(matrix, dtype=torch.float64)
    ranks[counted] = centered_ranks(matrix[counted])
    as_far = torch.ones_like(observed)
    for order in names:
        order = order.to(matrix.device)
        carried = (ranks if whole else matrix)[order][:, order][counted]
        null = _three(carried if whole else centered_ranks(carried), closeness)
        # nan where a correlation is undefined compares false: never as far
        as_far += (null.abs() >= observed.abs() - 1e-12).double()
    p = as_far / (len(names) + 1)
    return torch.cat([observed, p.where(observed.isfinite(), torch.nan)])


def _three(ranks: Tensor, closeness: tuple) -> Tensor:
    resistance, distance = (product(ranks, other) for other in closeness)
    between = product(*closeness)
    left = (1 - distance**2) * (1 - between**2)
    partial = (resistance - distance * between) / left.sqrt()
    return torch.stack([resistance, distance, partial.where(left > 1e-12, torch.nan)])
