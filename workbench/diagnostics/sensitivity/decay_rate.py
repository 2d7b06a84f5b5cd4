"""How fast the share of one node in another's output changes with depth, of the graph alone."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import LONGEST_SECONDS, Estimate, by_size, check_size, diagnostic, too_large
from workbench.diagnostics.distance.hop_distance import hop_distance
from workbench.diagnostics.sensitivity.walk_bound import message_operator
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix

#: Up to so many nodes a dense product is as fast as a sparse one.
_DENSE_NODES = 128


@dataclass(frozen=True)
class DecayStatistics:
    """Decay rates of all pairs in four numbers.

    Attributes:
        prevalence: share of the ordered pairs whose rate is positive.
        intensity: mean of the positive rates.
        variability: their standard deviation (over one fewer than their number).
        extremity: the largest rate.
    """

    prevalence: Float64[Tensor, ""]
    intensity: Float64[Tensor, ""]
    variability: Float64[Tensor, ""]
    extremity: Float64[Tensor, ""]


@diagnostic(
    of="pair",
    # twenty layers; the call itself measures its own diameter and refuses by that
    seconds=lambda n, m: 1e-7 * n * (n + 2.0 * m),
    bytes=lambda n, m: 60.0 * n**2 + 100.0 * m,
    limit=5_000,
    instead="sensitivity(..., nodes=...)",
    advice="decay_fit of what a model measures needs no diameter",
)
def decay_rate(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    depths: tuple[int, int] | None = None,
    self_loops: bool = True,
    variant: Literal["paper", "official"] = "paper",
) -> PairMatrix:
    """Rate at which the share of each input in each node's output decays with depth, of the graph.

        s_vu(r) = (A^r)_vu / sum_w (A^r)_vw ~ exp(-k_vu r)

    k_vu by least squares of ``log s_vu`` against the number of layers r. It needs no model: walks
    stand for paths of messages, as in linear layers with equal weights.

    Args:
        edge_index: ``[2, edges]``; messages go from row 0 to row 1, so both directions of every
            undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        depths: first and last r of the fit; from the diameter D (the largest finite hop distance)
            to 2 D - 1 if not given, and at least two depths.
        self_loops: walk on A + I, as the released code does.
        variant: ``"paper"`` for k as above; ``"official"`` for the slope itself, -k, which the
            released code counts as the rate. On a directed graph that code divides the walks from
            v to u by those that arrive at v, and so does ``"official"``.

    Returns:
        ``[nodes, nodes]`` float64, row = output v, column = input u, for each layer; nan where the
        share is 0 at one of the depths: no walk of that length, as between components, or below
        1e-290 (diameters of more than about 600). Rates below 1e-12 are 0: on graphs whose nodes
        are all alike, rounding would make half of the pairs decay.

    Loops in the list are dropped, a repeated edge counts once; with weights, repeats add. Directed
    graphs are taken as they stand. Cost: a sparse product for each layer up to the last.

    Differs from the paper: the definition is taken from its abstract and its released code. That
    code counts the slopes as rates, where its own figure labels the slope as minus the rate, see
    ``variant``; it takes D of the largest component, without directions, and has no answer where
    D is 1; and rounding has a rate there.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows, or so long a diameter that it would take
            more than half a minute; measure a model with ``sensitivity`` and ``decay_fit``.
        ValueError: a conductance is negative, ``depths`` are not two rising positive numbers, or
            ``variant`` is unknown.

    References:
        Saber and Salehi-Abari, Over-squashing in GNNs and causal inference of rewiring strategies,
        CIKM 2025, arXiv 2508.09265.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
    if depths is not None and not 1 <= depths[0] < depths[1]:
        raise ValueError(f"depths are the first and a later last layer, at least 1, got {depths}")
    operator = message_operator(
        edge_index, num_nodes, edge_weight, normalization="none", self_loops=self_loops
    )
    check_size(decay_rate, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    if depths is None:
        hops = hop_distance(edge_index, num_nodes)
        longest = int(hops[hops.isfinite()].max()) if num_nodes else 1
        depths = (max(longest, 1), max(2 * longest - 1, longest + 1, 2))
    seconds = 5e-9 * num_nodes * (num_nodes + operator._nnz()) * depths[1]
    if seconds > LONGEST_SECONDS:
        asked = by_size(decay_rate, num_nodes)
        why = f"{depths[1]} layers are walked"
        raise too_large(
            Estimate(asked.name, seconds, asked.bytes, False, why, asked.alternative), num_nodes
        )
    # the transpose, so that column v holds the shares in v
    walks = operator.T.to_dense() if num_nodes <= _DENSE_NODES else operator.T.coalesce()
    shares = torch.eye(num_nodes, dtype=torch.float64, device=edge_index.device)
    slope, alive = torch.zeros_like(shares), torch.ones_like(shares, dtype=torch.bool)
    middle, count = sum(depths) / 2, depths[1] - depths[0] + 1
    arriving = shares.new_zeros(num_nodes)
    growth, reached = arriving.clone(), torch.ones_like(arriving, dtype=torch.bool)
    # sums of smaller numbers than this lose digits: the range of float64 ends
    least = torch.finfo(torch.float64).tiny / torch.finfo(torch.float64).eps
    for depth in range(1, depths[1] + 1):
        shares = walks @ shares
        total = shares.sum(0).clamp_(min=least)
        shares /= total
        reached &= total > least
        arriving += total.log()
        if depth >= depths[0]:
            alive &= shares > least
            slope.add_(shares.clamp(min=least).log_(), alpha=depth - middle)
            growth.add_(arriving, alpha=depth - middle)
    if variant == "official" and not _equal(operator, operator.T):
        # from v to u, by what arrives at v in place of u
        slope += growth - growth[:, None]
        alive &= reached[:, None]
    else:
        slope, alive = slope.T, alive.T
    slope = slope / (count * (count * count - 1) / 12)  # the sum of (r - middle)^2
    slope[slope.abs() < 1e-12] = 0.0
    slope[~alive] = torch.nan
    return slope if variant == "official" else -slope


def _equal(one: Tensor, other: Tensor) -> bool:
    one, other = one.coalesce(), other.coalesce()
    same = torch.equal(one.indices(), other.indices())
    return same and torch.equal(one.values(), other.values())


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 2e-8 * n**2,
    bytes=lambda n, m: 32.0 * n**2,
)
def decay_statistics(
    rate: PairMatrix, *, variant: Literal["paper", "official"] = "paper"
) -> DecayStatistics:
    """Prevalence, intensity, variability and extremity of the decay rates of all pairs.

    Args:
        rate: ``[nodes, nodes]`` as ``decay_rate`` gives it; nan entries count nowhere.
        variant: ``"paper"`` for the prevalence among the pairs that have a rate; ``"official"``
            among all pairs of nodes, as the released code has it. On a connected graph both are
            the same with ``decay_rate(self_loops=True)``; without loops pairs of even and of odd
            distance may have none.

    Returns:
        ``DecayStatistics``, float64; the last three are over the positive rates, per layer, and 0
        where there is none. The prevalence is nan where no pair has a rate (with ``"official"``:
        where there is no node).

    Raises:
        ValueError: ``variant`` is unknown.

    References:
        Saber and Salehi-Abari, CIKM 2025, arXiv 2508.09265.
    """
    if variant not in ("paper", "official"):
        raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
    known = rate[~rate.isnan()]
    over = known[known > 0]
    pairs = known.numel() if variant == "paper" else rate.numel()
    share = rate.new_tensor(over.numel() / pairs if pairs else torch.nan)
    nothing = torch.zeros_like(share)
    return DecayStatistics(
        share,
        over.mean() if over.numel() else nothing,
        over.std() if over.numel() > 1 else nothing,
        over.max() if over.numel() else nothing,
    )
