"""How alike node states have become: Dirichlet energies and mean average distance."""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from workbench.choices import check_choice
from workbench.cost import check_size, diagnostic
from workbench.diagnostics.distance.hop_distance import hop_distance
from workbench.diagnostics.smoothing.states import check_states, size_of
from workbench.topology import check_edge_index, check_pairs, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs

VARIANTS = ("normalized", "augmented", "unnormalized")

#: 1 - cosine below this is 0: two states in the same direction up to rounding.
SAME_DIRECTION = 1e-12

#: Pairs whose states are gathered at a time.
_PAIRS_AT_ONCE = 1 << 20


@diagnostic(
    of="states",
    scaling=0,
    seconds=lambda n, m: 2e-7 * (n + 2.0 * m),
    bytes=lambda n, m: 1024.0 * (n + 2.0 * m),
)
def dirichlet_energy(
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    variant: Literal["normalized", "augmented", "unnormalized"] = "normalized",
    quotient: bool = False,
) -> Float64[Tensor, ""]:
    """How much the states differ along the edges, in one of the three forms in use.

        normalized:    E = 1/2 sum_ij a_ij || x_i / sqrt(d_i) - x_j / sqrt(d_j) ||^2
        augmented:     E = 1/2 sum_ij a_ij || x_i / sqrt(1 + d_i) - x_j / sqrt(1 + d_j) ||^2
        unnormalized:  E = 1/n sum_ij a_ij || x_i - x_j ||^2

    over ordered pairs: the traces of X^T (I - D^-1/2 A D^-1/2) X, of the same with A + I in place
    of A (the operator of GCN), and 2/n times that of X^T (D - A) X.

    Args:
        x: ``[nodes, channels]`` node states.
        edge_index: ``[2, edges]``, both directions of each edge.
        num_nodes: number of nodes.
        edge_weight: conductance (strength, never length) of each edge; 1 if not given.
        variant: which form. The first two are 0 on multiples of the root of the degrees, the third
            on constants: on graphs that are not regular they disagree about what smooth is.
        quotient: divide by the sum of the squares of ``x``; with ``"normalized"`` that is the
            Rayleigh quotient, between 0 and 2. nan where ``x`` is 0.

    Returns:
        A float64 scalar on the device of ``x``, 0 or more, in squared units of ``x``.

    Self-loops and repeated edges change nothing (repeats with weights are parallel conductors). An
    isolated node adds nothing, as it has eigenvalue 0 in ``laplacian_spectrum``; the code of FoSR
    counts its square. Components add up. Time and memory grow with edges times channels.

    Raises:
        ValueError: the graph is directed, ``x`` has not one row for each node or holds nan or inf,
            or ``variant`` is unknown.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import dirichlet_energy
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> dirichlet_energy(torch.ones(6, 1), edges, 6).item()  # equal states, equal degrees
        0.0

    References:
        normalized: Karhadkar, Banerjee and Montufar, FoSR, ICLR 2023, arXiv 2210.11790.
        augmented: Cai and Wang, A note on over-smoothing for graph neural networks, 2020,
        arXiv 2006.13318. unnormalized: Rusch, Bronstein and Mishra, A survey on oversmoothing in
        graph neural networks, 2023, arXiv 2303.10993.
    """
    check_choice("variant", variant, VARIANTS)
    check_states(x, num_nodes)
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    states = x.detach().double()
    size = size_of(states)
    scaled = states = states / size
    if variant != "unnormalized":
        degree = graph.degree().to(states.device) + (variant == "augmented")
        scaled = states / degree.where(degree > 0, 1.0).sqrt()[:, None]
    source, target, weight = (t.to(x.device) for t in (graph.source, graph.target, graph.weight))
    total = weight @ (scaled[source] - scaled[target]).square().sum(dim=1)
    if variant == "unnormalized":
        total = 2 * total / max(num_nodes, 1)
    return total / states.square().sum() if quotient else total * size * size


@diagnostic(
    of="states",
    seconds=lambda n, m: 1.5e-8 * n**2,
    bytes=lambda n, m: 1024.0 * n + 24.0 * min(n**2, 2**20 + n),
    limit=20_000,
    instead="mean_average_distance(x, pairs)",
    advice="edge_index as pairs compares neighbors",
)
def mean_average_distance(
    x: Float[Tensor, "nodes channels"], pairs: Pairs | None = None
) -> Float64[Tensor, ""]:
    """Mean cosine distance between node states (MAD): 0 where all point the same way.

        D_ij = 1 - cos(x_i, x_j),   Dbar_i = mean of the D_ij that are not 0 over the j of i,
        MAD = mean of the Dbar_i that are not 0

    Args:
        x: ``[nodes, channels]`` node states.
        pairs: ``[2, pairs]``, node i in row 0 and j in row 1, each pair as often as it is to
            count; ``edge_index`` compares neighbors. All ordered pairs if not given.

    Returns:
        A float64 scalar on the device of ``x``, between 0 and 2; 0 where no two states differ.

    As published, distances of 0 are left out of the means, so exact copies do not count. The
    distance to a state that is 0 is 1 (its cosine is set to 0). Distances below 1e-12 are 0.

    Raises:
        TooLargeError: all pairs of more nodes than ``LIMITS`` allows; give ``pairs``.
        ValueError: ``x`` is not ``[nodes, channels]`` or holds nan or inf, or a pair names a node
            that does not exist.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import mean_average_distance
        >>> round(mean_average_distance(torch.ones(4, 2)).item(), 9)
        0.0

    References:
        Chen et al., Measuring and relieving the over-smoothing problem for graph neural networks
        from the topological view, AAAI 2020, arXiv 1909.03211.
    """
    check_states(x)
    nodes = x.size(0)
    directions = _directions(x)
    if pairs is None:
        check_size(mean_average_distance, nodes, device=x.device)
        rows = max(_PAIRS_AT_ONCE // max(nodes, 1), 1)
        parts = [_row_sums(directions, part) for part in torch.arange(nodes).split(rows)]
        if not parts:
            return torch.zeros((), dtype=torch.float64, device=x.device)
        total, count = (torch.cat(side) for side in zip(*parts, strict=True))
    else:
        check_pairs(pairs, nodes)
        total = torch.zeros(nodes, dtype=torch.float64, device=x.device)
        count = torch.zeros_like(total)
        for part in pairs.to(x.device).split(_PAIRS_AT_ONCE, dim=1):
            cosine = (directions[part[0]] * directions[part[1]]).sum(dim=1)
            distance = _distances(cosine)
            total.index_add_(0, part[0], distance)
            count.index_add_(0, part[0], (distance > 0).double())
    return _mean_of_means(total, count)


@diagnostic(
    of="states",
    seconds=lambda n, m: 4e-8 * n**2 + 4e-9 * n * (n + 2.0 * m),
    bytes=lambda n, m: 1024.0 * n + 10.0 * n**2,
    limit=20_000,
    instead="mean_average_distance(x, pairs)",
    advice="give it near and remote pairs, and subtract",
)
def mad_gap(
    x: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    near: int = 3,
    remote: int = 8,
) -> Float64[Tensor, ""]:
    """Mean average distance of remote nodes minus that of near ones: 0 or less where all is one.

        MADGap = MAD over pairs at ``remote`` hops or more - MAD over pairs at 1 to ``near`` hops

    Args:
        x: ``[nodes, channels]`` node states.
        edge_index: ``[2, edges]``; hops are counted along its direction.
        num_nodes: number of nodes.
        near: the largest number of hops between near nodes.
        remote: the smallest number of hops between remote ones.

    Returns:
        A float64 scalar on the device of ``x``, between -2 and 2; nan where the graph has no near
        or no remote pairs.

    Nodes of different components are neither near nor remote. Self-loops and repeated edges change
    nothing.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows.
        ValueError: ``x`` has not one row for each node or holds nan or inf, or not
            1 <= near < remote.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import mad_gap
        >>> from workbench.graphs import path
        >>> angle = torch.linspace(0, 3.14, 12)  # turning slowly along a path
        >>> x = torch.stack([angle.cos(), angle.sin()], 1)
        >>> bool(mad_gap(x, path(12).edge_index, 12) > 1)
        True

    References:
        Chen et al., AAAI 2020, arXiv 1909.03211.
    """
    if not 1 <= near < remote:
        raise ValueError(f"near and remote must be 1 <= near < remote, got {near} and {remote}")
    check_states(x, num_nodes)
    check_edge_index(edge_index, num_nodes)
    num_nodes = int(num_nodes)
    check_size(mad_gap, num_nodes, edge_index.size(1) // 2, device=x.device)
    hops = hop_distance(edge_index, num_nodes).to(x.device)
    directions = _directions(x)
    sides = []
    for chosen in (hops.isfinite() & (hops >= remote), (hops >= 1) & (hops <= near)):
        if not bool(chosen.any()):
            return torch.full((), torch.nan, dtype=torch.float64, device=x.device)
        rows = torch.arange(num_nodes).split(max(_PAIRS_AT_ONCE // num_nodes, 1))
        parts = [_row_sums(directions, part, chosen[part.to(x.device)]) for part in rows]
        sides.append(_mean_of_means(*(torch.cat(side) for side in zip(*parts, strict=True))))
    return sides[0] - sides[1]


def _directions(x: Tensor) -> Float64[Tensor, "nodes channels"]:
    states = x.detach().double()
    # squares of states of size 1e-200 or 1e200 would be 0 or infinite
    size = states.abs().amax(dim=1, keepdim=True) if states.size(1) else states.new_ones(1)
    states = states / size.where(size > 0, 1.0)
    length = states.norm(dim=1, keepdim=True)
    return states / length.where(length > 0, 1.0)


def _distances(cosine: Tensor) -> Tensor:
    distance = 1 - cosine
    return distance.where(distance > SAME_DIRECTION, 0.0)


def _row_sums(directions: Tensor, rows: Tensor, chosen: Bool[Tensor, "..."] | None = None):
    """Of some rows of the distance matrix: sum, and number of entries that are not 0."""
    rows = rows.to(directions.device)
    distance = _distances(directions[rows] @ directions.T)
    distance[torch.arange(rows.numel(), device=rows.device), rows] = 0.0  # also where x is 0
    if chosen is not None:
        distance = distance * chosen
    return distance.sum(dim=1), (distance > 0).sum(dim=1).double()


def _mean_of_means(total: Tensor, count: Tensor) -> Float64[Tensor, ""]:
    differing = count > 0
    if not bool(differing.any()):
        return total.new_zeros(())
    return (total[differing] / count[differing]).mean()
