"""MOSR, the missed over-squashing ratio: which squashed edges and pairs a curvature misses."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from scipy.sparse import csr_array
from torch import Tensor

from workbench.cost import check_size, diagnostic
from workbench.diagnostics.finite import check_finite, check_tensor
from workbench.diagnostics.rounding import rounding, up_to
from workbench.diagnostics.sensitivity.widest_paths import widest_paths
from workbench.ties import best_first
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex

#: Curvatures are rounded as numbers of this size at least.
_LEAST = 1e-3


@dataclass(frozen=True)
class BlindSpots:
    """What a model squashes, and what a curvature sees of it.

    Attributes:
        pairs: ``[2, candidates]``, the node pairs that were judged: input node u, output node v.
        sensitivity: of v to u, measured.
        curvature: of the edge or pair.
        threshold: sensitivity up to which the candidate counts as squashed.
        squashed: which candidates are.
        detected: which candidates the curvature calls bottlenecks.
    """

    pairs: Int64[Tensor, "2 candidates"]
    sensitivity: Float64[Tensor, " candidates"]
    curvature: Float64[Tensor, " candidates"]
    threshold: Float64[Tensor, " candidates"]
    squashed: Bool[Tensor, " candidates"]
    detected: Bool[Tensor, " candidates"]

    @property
    def missed(self) -> Bool[Tensor, " candidates"]:
        """Squashed, and not detected."""
        return self.squashed & ~self.detected

    @property
    def missed_pairs(self) -> Int64[Tensor, "2 missed"]:
        """The pairs that are missed, the least sensitive first; of equals the lowest curvature."""
        sensitivity, curvature = (v[self.missed].cpu() for v in (self.sensitivity, self.curvature))
        order = best_first(-sensitivity.numpy(), -curvature.numpy())
        return self.pairs[:, self.missed][:, torch.from_numpy(order).to(self.pairs.device)]

    @property
    def rate(self) -> Float64[Tensor, ""]:
        """MOSR, the share of squashed candidates that are missed; nan where none is squashed."""
        return self.missed.sum().double() / self.squashed.sum().double()


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 1e-6 * (n + m),
    bytes=lambda n, m: 200.0 * m,
)
def blind_spots(
    edge_index: EdgeIndex,
    curvature: Float[Tensor, " edges"],
    sensitivity: Float[Tensor, "nodes nodes"],
    *,
    quantile: float = 0.1,
    threshold: Literal["detected", "quantile"] = "detected",
    detection: Literal["negative", "quantile"] = "negative",
) -> BlindSpots:
    """Edges along which a model squashes and whose curvature does not tell.

        MOSR = #{edges: S_vu <= J, curvature >= 0} / #{edges: S_vu <= J}

    Args:
        edge_index: ``[2, edges]``; the column (u, v) is judged by the sensitivity of v to u, so an
            undirected edge is judged in both directions.
        curvature: ``[edges]``, any measure that is low at bottlenecks, aligned with the columns.
        sensitivity: ``[nodes, nodes]``, row = output, column = input; the paper's is the Frobenius
            norm.
        quantile: q, between 0 and 1.
        threshold: what J is. ``"detected"`` (the paper): the largest sensitivity among the edges
            that the curvature detects most clearly, those up to the q-quantile of the negative
            curvatures; so an edge is squashed if it is as squashed as one of them. ``"quantile"``:
            the q-quantile of the sensitivities of all edges, whatever the curvature.
        detection: which edges count as detected: those of ``"negative"`` curvature, or those up to
            the q-quantile of the curvatures of all edges, for measures whose sign means nothing (a
            negated resistance); then the quantile is of all curvatures in ``threshold`` too.

    Returns:
        ``BlindSpots`` of the distinct columns, with ``rate``, ``missed`` and ``missed_pairs``.
        Where no curvature is negative, the paper's threshold does not exist: it is nan, nothing is
        squashed and the rate nan.

    Loops are left out, a repeated column counts once (with its lowest curvature). Quantiles are
    interpolated linearly. What differs from a threshold by rounding alone is up to it, and a
    curvature that differs from 0 by rounding alone is not negative.

    Raises:
        ValueError: the sizes do not fit, a sensitivity or a curvature is nan or inf, ``quantile``
            is not between 0 and 1, or an option is unknown.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import blind_spots
        >>> edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> heard = torch.tensor([[9.0, 1.0, 0.0], [1.0, 9.0, 1.0], [0.0, 1.0, 9.0]])
        >>> curvature = torch.tensor([-1.0, -1.0, 0.5, 0.5])  # the second edge is as squashed
        >>> blind_spots(edges, curvature, heard).rate.item()
        0.5

    References:
        Rethinking the gold standard: why discrete curvature fails to fully capture over-squashing
        in GNNs?, ICLR 2026, openreview.net/forum?id=QYtmqCoilk, from accounts of it (two of which
        agree on J; a third takes the quantile of the sensitivities).
    """
    _check_options(quantile, threshold, detection)
    share = rounding(curvature, sensitivity)
    sensitivity = _square(sensitivity)
    known = sensitivity.size(0)
    if isinstance(edge_index, Tensor) and bool((edge_index >= known).any()):
        raise ValueError(
            f"edge_index holds nodes up to {int(edge_index.max())}, sensitivity has rows for 0 to "
            f"{known - 1}; give both of one graph, sensitivity for all its nodes"
        )
    pairs, curvature = _arcs(edge_index, curvature, sensitivity)
    value = sensitivity[pairs[1], pairs[0]]
    scale = _scale(curvature)
    negative = ~up_to(-curvature, 0.0, share, scale=scale)
    low = negative if detection == "negative" else torch.ones_like(negative)
    clear = low & up_to(curvature, _quantile(curvature[low], quantile), share, scale=scale)
    if threshold == "quantile":
        limit = _quantile(value, quantile)
    else:
        limit = value[clear].max() if bool(clear.any()) else value.new_tensor(torch.nan)
    detected = low if detection == "negative" else clear
    squashed = up_to(value, limit, share)
    return BlindSpots(pairs, value, curvature, limit.expand_as(value), squashed, detected)


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 3e-8 * n * (n + 2.0 * m) + 3e-7 * n**2,
    bytes=lambda n, m: 90.0 * n**2 + 100.0 * m,
    limit=4_000,
    instead="blind_spots",
    advice="it judges the edges only",
)
def blind_pairs(
    edge_index: EdgeIndex,
    num_nodes: int,
    curvature: Float[Tensor, " edges"],
    sensitivity: Float[Tensor, "nodes nodes"],
    *,
    quantile: float = 0.1,
    detection: Literal["negative", "quantile"] = "negative",
    max_hops: int | None = None,
) -> BlindSpots:
    """Pairs of nodes that a model squashes more than others as far apart, and curvature misses.

        curvature of (u, v) = max over shortest paths from u to v, of the lowest curvature on it

    that is the bottleneck of the best shortest path: if it is negative, none avoids one.

    Args:
        edge_index: ``[2, edges]``, as in ``blind_spots``.
        num_nodes: number of nodes.
        curvature: ``[edges]``, low at bottlenecks, aligned with the columns.
        sensitivity: ``[nodes, nodes]``, row = output, column = input.
        quantile: a pair is squashed if its sensitivity is in this lowest share of those of all
            pairs at its hop distance.
        detection: pairs of ``"negative"`` curvature, or those in the lowest share of curvature at
            their distance.
        max_hops: leave out pairs farther apart.

    Returns:
        ``BlindSpots`` of the ordered pairs (u, v), u != v, that are connected and at a distance
        from which anything arrives: where a whole distance has sensitivity 0, it is beyond the
        model's reach, not squashed.

    Loops are left out, a repeated column counts once (with its lowest curvature). Directed graphs
    are walked along their arcs. One search from every node, on the CPU.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``blind_spots`` of the edges.
        ValueError: as in ``blind_spots``, or an edge names a node that does not exist.

    The extension of MOSR from edges to pairs is the workbench's own.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import blind_pairs
        >>> edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> heard = torch.tensor([[9.0, 5.0, 1.0], [5.0, 9.0, 5.0], [2.0, 5.0, 9.0]])
        >>> curvature = torch.tensor([0.5, 0.5, 0.5, 0.5])
        >>> found = blind_pairs(edges, 3, curvature, heard)
        >>> found.rate.item()
        1.0
    """
    _check_options(quantile, "quantile", detection)
    check_edge_index(edge_index, num_nodes)
    num_nodes = int(num_nodes)
    check_size(blind_pairs, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    share = rounding(curvature, sensitivity)
    sensitivity = _square(sensitivity)
    if sensitivity.size(0) != num_nodes:
        raise ValueError(
            f"sensitivity is {list(sensitivity.shape)} for {num_nodes=}; give both of the same "
            "graph, sensitivity for all its nodes"
        )
    arcs, curvature = _arcs(edge_index, curvature, sensitivity)
    places = csr_array(
        (np.arange(1, arcs.size(1) + 1), arcs.cpu().numpy()), shape=(num_nodes, num_nodes)
    )
    start, neighbor = places.indptr.astype(np.int64), places.indices.astype(np.int64)
    hops, best = np.zeros((num_nodes, num_nodes), np.int32), np.zeros((num_nodes, num_nodes))
    widest_paths(start, neighbor, curvature.cpu().numpy()[places.data - 1], hops, best)
    there = (hops > 0) & (hops <= (num_nodes if max_hops is None else max_hops))
    device = sensitivity.device
    pairs = torch.from_numpy(np.stack(there.nonzero())).to(device)
    width = torch.from_numpy(best[there]).to(device)
    distance, value = torch.from_numpy(hops[there]).to(device), sensitivity[pairs[1], pairs[0]]
    reached, limit = torch.zeros_like(value).bool(), torch.zeros_like(value)
    scale = _scale(curvature)
    detected, squashed = ~up_to(-width, 0.0, share, scale=scale), torch.zeros_like(reached)
    for hop in torch.unique(distance).tolist():
        here = (distance == hop).nonzero()[:, 0]
        reached[here] = bool((value[here] > 0).any())
        limit[here] = _quantile(value[here], quantile)
        squashed[here] = up_to(value[here], limit[here], share)
        if detection == "quantile":
            most = _quantile(width[here], quantile)
            detected[here] = up_to(width[here], most, share, scale=scale)
    return BlindSpots(
        pairs[:, reached],
        value[reached],
        width[reached],
        limit[reached],
        squashed[reached],
        detected[reached],
    )


def _arcs(edge_index: Tensor, curvature: Tensor, sensitivity: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct columns without loops, sorted, and the lowest curvature of each."""
    size = sensitivity.size(0)
    check_edge_index(edge_index, size)
    check_tensor("curvature", curvature)
    if curvature.shape != edge_index.shape[1:]:
        raise ValueError(
            f"curvature must have shape [{edge_index.size(1)}], an entry for each column of "
            f"edge_index, got {list(curvature.shape)}"
        )
    source, target = edge_index.to(sensitivity.device)
    off = source != target
    values = curvature.to(sensitivity.device).double()
    check_finite("curvature", values.where(off, 0.0))
    key, value = (source * size + target)[off], values[off]
    key, at = torch.unique(key, return_inverse=True)
    lowest = torch.full_like(key, torch.inf, dtype=torch.float64)
    lowest.scatter_reduce_(0, at, value, "amin")
    return torch.stack([key // max(size, 1), key % max(size, 1)]), lowest


def _square(sensitivity: Tensor) -> Float64[Tensor, "nodes nodes"]:
    """The sensitivity as float64, after a look at what it is."""
    check_finite("sensitivity", sensitivity)
    if sensitivity.dim() != 2 or sensitivity.size(0) != sensitivity.size(1):
        raise ValueError(
            "sensitivity must be [nodes, nodes], row = output, column = input, got "
            f"{[*sensitivity.shape]}; rows of some nodes are not enough: compute it without nodes="
        )
    return sensitivity.double()


def _scale(curvature: Tensor) -> float:
    """What rounding of a curvature is a share of: one that is all 0 comes from larger terms."""
    return max(float(curvature.abs().max()), _LEAST) if curvature.numel() else _LEAST


def _quantile(values: Tensor, share: float) -> Tensor:
    """Linear interpolation between order statistics, of any number of values; nan of none."""
    if values.numel() == 0:
        return values.new_tensor(torch.nan)
    place = share * (values.numel() - 1)
    ordered = values.sort().values
    below, above = ordered[int(place)], ordered[min(int(place) + 1, values.numel() - 1)]
    return torch.lerp(below, above, place - int(place))


def _check_options(quantile: float, threshold: str, detection: str) -> None:
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile is a share between 0 and 1, got {quantile}")
    if threshold not in ("detected", "quantile"):
        raise ValueError(f'threshold is "detected" or "quantile", got {threshold!r}')
    if detection not in ("negative", "quantile"):
        raise ValueError(f'detection is "negative" or "quantile", got {detection!r}')
