"""How much attention goes to each distance, against attention that is spread evenly."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from workbench.cost import check_count, diagnostic
from workbench.diagnostics.attention.attention import check_attention, has_keys, key_counts
from workbench.diagnostics.attention.rank_correlation import check_pair_shapes, tie_groups


@dataclass(frozen=True)
class HopMass:
    """Attention at each distance, ascending; one bin for each distance or range of distances.

    Attributes:
        low: smallest distance of the bin; 0 is the node itself.
        high: largest distance of the bin; the same as ``low`` where a bin is one distance.
        mass: share of attention in the bin, mean over the queries that have keys.
        uniform: the same of attention spread evenly over the keys of each query.
        unreachable: share of attention on nodes at no finite distance.
    """

    low: Float64[Tensor, " bins"]
    high: Float64[Tensor, " bins"]
    mass: Float64[Tensor, "*heads bins"]
    uniform: Float64[Tensor, " bins"]
    unreachable: Float64[Tensor, "*heads"]

    @property
    def lift(self) -> Float64[Tensor, "*heads bins"]:
        """How many times the attention that an even spread would give."""
        return self.mass / self.uniform


@diagnostic(
    of="attention",
    seconds=lambda n, m: 2e-7 * n**2,
    bytes=lambda n, m: 64.0 * n**2,
)
def attention_by_hop(
    attention: Float[Tensor, "*heads nodes nodes"],
    distance: Float[Tensor, "nodes nodes"],
    *,
    mask: Bool[Tensor, "nodes nodes"] | None = None,
    bins: int | None = None,
) -> HopMass:
    """Share of attention at each distance, and what an even spread would put there.

        m_h = mean_i sum_{j: d(j, i) = h} P_ij,   uniform: mean_i |{j: d(j, i) = h}| / n_i

    Args:
        attention: ``[..., nodes, nodes]``, row = query, column = key, each row summing to 1; a row
            of a query without keys is 0.
        distance: ``[nodes, nodes]``, row = from, column = to: ``hop_distance``, or another such as
            ``effective_resistance`` with ``bins``.
        mask: ``[nodes, nodes]``, the keys that each query may look at, over which the even spread
            goes; all nodes if not given.
        bins: None for a bin for each distance that occurs. A number for that many ranges with as
            many pairs of different nodes in each (fewer where distances are equal), and one more
            for the node itself.

    Returns:
        ``HopMass``. ``mass`` and ``unreachable`` sum to 1 for each matrix. A bin that no query may
        look at is left out.

    Distances that differ by rounding alone are one.

    Raises:
        ValueError: a row sums to neither 1 nor 0, is negative or not finite, has weight outside
            the mask, the shapes differ, or ``bins`` is less than 1.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import attention_by_hop, hop_distance
        >>> from workbench.graphs import ring
        >>> hops = hop_distance(ring(4).edge_index, 4)
        >>> attention_by_hop(torch.full((4, 4), 0.25), hops).mass.tolist()  # 1, 2 and 1 of 4 nodes
        [0.25, 0.5, 0.25]

    References:
        Dwivedi and Bresson, A generalization of transformer networks to graphs, 2021,
        arXiv 2012.09699. Vig and Belinkov, 2019, arXiv 1906.04284.
    """
    check_pair_shapes(attention, distance, mask)
    rows = check_attention(attention, mask)
    there = distance.T.to(rows)
    allowed = there.isfinite() if mask is None else there.isfinite() & mask
    low, high, place = _by_value(there, allowed) if bins is None else _ranges(there, allowed, bins)
    asking = has_keys(rows)
    queries = asking.sum(dim=-1).clamp(min=1)

    def summed(matrices):
        flat = matrices[..., allowed].reshape(matrices.shape[:-2].numel(), place.numel())
        zeros = flat.new_zeros(flat.size(0), low.numel())
        # index_add along the second axis goes entry by entry, a hundred times slower
        total = zeros.scatter_add(1, place.expand(flat.size(0), -1), flat)
        return total.reshape(*matrices.shape[:-2], low.numel())

    keys = key_counts(rows, mask)
    even = torch.ones_like(there) / keys.clamp(min=1)[:, None]
    with_keys = keys > 0
    uniform = summed(even * with_keys[:, None]) / with_keys.sum().clamp(min=1)
    mass = summed(rows) / queries[..., None]
    unreachable = (rows * ~there.isfinite()).sum(dim=(-2, -1)) / queries
    return HopMass(low, high, mass, uniform, unreachable)


def _by_value(there: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The distances that occur, twice, and for each allowed pair which one it is."""
    place, count = tie_groups(there[allowed])
    met = there.new_zeros(count.numel()).index_copy_(0, place, there[allowed])
    return met, met, place


def _ranges(there: Tensor, allowed: Tensor, bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ends of the ranges, the node itself first, and for each allowed pair its range."""
    if bins < 1:
        raise ValueError(f"bins must be 1 or more, got {bins}")
    check_count("bins", bins, 10_000)
    values = there[allowed]
    itself = torch.eye(there.size(0), dtype=torch.bool, device=there.device)[allowed]
    group, _ = tie_groups(values)  # a range must not end between two equal distances
    ordered = group[~itself].sort().values
    cuts = torch.arange(1, bins, device=there.device) * ordered.numel() // bins
    inner = torch.unique(ordered[cuts]) if ordered.numel() else ordered
    place = torch.bucketize(group, inner, right=True) + 1
    place[itself] = 0
    _, place = torch.unique(place, return_inverse=True)  # without the empty ones
    count = int(place.max()) + 1 if place.numel() else 0
    low = values.new_full((count,), torch.inf).scatter_reduce(0, place, values, "amin")
    high = values.new_full((count,), -torch.inf).scatter_reduce(0, place, values, "amax")
    return low, high, place
