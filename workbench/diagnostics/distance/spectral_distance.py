"""Distance between the Laplacian spectra of two graphs: exact, and bounds for large graphs."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.distance.two_graphs import check_two_graphs
from workbench.diagnostics.spectrum.eigenpairs import laplacian_eigenpairs
from workbench.diagnostics.spectrum.full_spectrum import laplacian_spectrum
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, OtherEdgeIndex, OtherEdgeWeight


@dataclass(frozen=True)
class SpectrumEnds:
    """Eigenvalues from both ends of a spectrum, ascending; each is off by its residual at most."""

    values: Float64[Tensor, " ends"]
    residual: Float64[Tensor, " ends"]


@dataclass(frozen=True)
class SpectralDistanceBounds:
    """The spectral distance lies between ``lower`` and ``upper``."""

    lower: Float64[Tensor, ""]
    upper: Float64[Tensor, ""]


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 2e-10 * n**3 + 2e-8 * n**2,
    bytes=lambda n, m: 24.0 * n**2 + 300.0 * m,
    limit=10_000,
    instead="spectral_distance_bounds",
)
def spectral_distance(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> Float64[Tensor, ""]:
    """Euclidean distance between the sorted spectra of the normalized Laplacians of two graphs.

        sqrt( sum_i (lambda_i - lambda'_i)^2 )

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        other: ``[2, edges]``, the other graph, on as many nodes.
        num_nodes: number of nodes.
        edge_weight: conductances of ``edge_index`` (strengths, never lengths); 1 where not given.
        other_weight: conductances of ``other``.

    Returns:
        A float64 scalar without unit, between 0 and 2 sqrt(n). A metric on spectra: 0 also for two
        graphs that differ but are cospectral, whatever the order of their nodes.

    Loops, repeats, isolated nodes and cost: as in ``laplacian_spectrum``, of which it takes two.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; use ``spectral_distance_bounds``.
        ValueError: a graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.diagnostics import spectral_distance
        >>> from workbench.graphs import complete, path
        >>> round(float(spectral_distance(path(3).edge_index, complete(3).edge_index, 3)) ** 2, 6)
        0.5

    References:
        Jovanović and Stanić, Spectral distances of graphs, Linear Algebra Appl. 436, 2012.
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    first = laplacian_spectrum(edge_index, num_nodes, edge_weight)
    second = laplacian_spectrum(other, num_nodes, other_weight)
    return (first - second.to(first.device)).norm()


@diagnostic(
    of="two graphs",
    seconds=lambda n, m: 1e-6 * (n + m),
    bytes=lambda n, m: 50.0 * n + 400.0 * m,
)
def spectral_distance_bounds(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
    *,
    num_eigenvalues: int = 0,
) -> SpectralDistanceBounds:
    """Bounds of ``spectral_distance``, to millions of edges.

        | ||lambda - c|| - ||lambda' - c|| |  <=  ||lambda - lambda'||  <=  || L - L' ||_F

    The upper bound is that of Hoffman and Wielandt, for the normalized Laplacians L and L' with
    the nodes as they are numbered. The lower one is the largest of those for c = 0, for c = 1 and
    in the limit of large c, which the traces of L and L^2 give.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        other: ``[2, edges]``, the other graph, on as many nodes.
        num_nodes: number of nodes.
        edge_weight: conductances of ``edge_index``; 1 where not given.
        other_weight: conductances of ``other``.
        num_eigenvalues: compute so many of the smallest and of the largest eigenvalues of both
            graphs, which enter the lower bound one by one, less their stated errors; the traces
            then bound the rest. It raises the lower bound where the ends of the spectrum move.

    Returns:
        ``SpectralDistanceBounds(lower, upper)``, float64 scalars; both 0 for equal graphs. With
        1 to 50 edges added to graphs of some hundred nodes, the upper bound is 3 to 20 times the
        distance and the lower one, without eigenvalues, 0.03 to 0.9 times.

    Loops, repeats, isolated nodes, weights: as in ``spectral_distance``. Linear in the number of
    edges without eigenvalues; with, as ``laplacian_eigenpairs``.

    Raises:
        ValueError: a graph is directed, or a weight or ``num_eigenvalues`` is negative.

    Examples:
        >>> from workbench.diagnostics import spectral_distance_bounds
        >>> from workbench.graphs import complete, path
        >>> bounds = spectral_distance_bounds(path(3).edge_index, complete(3).edge_index, 3)
        >>> round(float(bounds.upper) ** 2, 4)  # 4 (sqrt(1 / 2) - 1 / 2)^2 + 2 / 4
        0.6716

    References:
        Hoffman and Wielandt, The variation of the spectrum of a normal matrix, Duke Math. J. 20,
        1953.
    """
    check_two_graphs(edge_index, other, num_nodes, edge_weight, other_weight)
    device = edge_index.device
    others = None if other_weight is None else other_weight.to(device)
    graphs = (
        simple_graph(edge_index, num_nodes, edge_weight),
        simple_graph(other.to(device), num_nodes, others),
    )
    keys, entries, diagonals = zip(*map(_entries, graphs), strict=True)
    key, at = torch.unique(torch.cat(keys), return_inverse=True)
    difference = torch.zeros(key.numel(), dtype=torch.float64, device=device)
    difference.index_add_(0, at, torch.cat([entries[0], -entries[1]]))
    apart = 2.0 * difference.square().sum() + (diagonals[0] - diagonals[1]).square().sum()
    count = min(num_eigenvalues, num_nodes // 2)
    first = _ends(edge_index, num_nodes, edge_weight, count)
    second = _ends(other.to(device), num_nodes, others, count)
    moved = (first.values - second.values).abs() - first.residual - second.residual
    lower, rest = moved.clamp(min=0.0).square().sum(), torch.zeros_like(apart)
    # the traces of the rest are known up to rounding and the residuals
    slack = 1e-13 * num_nodes + 4.0 * (first.residual + second.residual).sum()
    left = num_nodes - 2 * count
    if left:
        sums = [
            d.sum() - end.values.sum() for d, end in zip(diagonals, (first, second), strict=True)
        ]
        rest = ((sums[0] - sums[1]).abs() - slack).clamp(min=0.0) / left**0.5
        for c in (0.0, 1.0):
            # tr (L - c)^2
            squares = [
                2.0 * e.square().sum() + (d - c).square().sum() - (end.values - c).square().sum()
                for e, d, end in zip(entries, diagonals, (first, second), strict=True)
            ]
            low, high = sorted(squares)
            gap = (high - slack).clamp(min=0.0).sqrt() - (low + slack).clamp(min=0.0).sqrt()
            rest = torch.maximum(rest, gap)
    lower, upper = (lower + rest.square()).sqrt(), apart.sqrt()
    return SpectralDistanceBounds(torch.minimum(lower, upper), upper)


def _ends(edge_index: Tensor, num_nodes: int, weight: Tensor | None, count: int) -> SpectrumEnds:
    """The ``count`` smallest and ``count`` largest eigenvalues, and bounds of their errors."""
    if count == 0:
        nothing = torch.zeros(0, dtype=torch.float64, device=edge_index.device)
        return SpectrumEnds(nothing, nothing)
    found = [
        laplacian_eigenpairs(edge_index, num_nodes, weight, count=count, which=which)
        for which in ("smallest", "largest")
    ]
    return SpectrumEnds(
        torch.cat([end.values for end in found]), torch.cat([end.residual for end in found])
    )


def _entries(graph: SimpleGraph) -> tuple[Tensor, Tensor, Tensor]:
    """Key and entry of the normalized Laplacian above its diagonal, and the diagonal."""
    graph = graph.unit[0]
    degree = graph.degree()
    entry = -graph.weight / (degree[graph.source] * degree[graph.target]).sqrt()
    return graph.source * graph.num_nodes + graph.target, entry, (degree > 0).double()
