"""Distance between the Laplacian spectra of two graphs: exact, and bounds for large graphs."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.spectrum import laplacian_spectrum
from workbench.graphs.edges import UndirectedEdges, undirected_edges
from workbench.typing import EdgeIndex, EdgeWeight, OtherEdgeIndex, OtherEdgeWeight


@dataclass(frozen=True)
class SpectralDistanceBounds:
    """The spectral distance lies between ``lower`` and ``upper``."""

    lower: Float64[Tensor, ""]
    upper: Float64[Tensor, ""]


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

    References:
        Jovanović and Stanić, Spectral distances of graphs, Linear Algebra Appl. 436, 2012.
    """
    first = laplacian_spectrum(edge_index, num_nodes, edge_weight)
    second = laplacian_spectrum(other, num_nodes, other_weight)
    return (first - second.to(first.device)).norm()


def spectral_distance_bounds(
    edge_index: EdgeIndex,
    other: OtherEdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    other_weight: OtherEdgeWeight | None = None,
) -> SpectralDistanceBounds:
    """Bounds of ``spectral_distance`` without an eigenvalue, to millions of edges.

        | ||lambda - c|| - ||lambda' - c|| |  <=  ||lambda - lambda'||  <=  || L - L' ||_F

    The upper bound is that of Hoffman and Wielandt, for the normalized Laplacians L and L' with
    the nodes as they are numbered; it is tight where few edges changed. The lower one is the
    largest of those for c = 0, for c = 1 and in the limit of large c, which the traces of L and
    L^2 give.

    Arguments: as in ``spectral_distance``.

    Returns:
        ``SpectralDistanceBounds(lower, upper)``, float64 scalars; both 0 for equal graphs.

    Loops, repeats, isolated nodes, weights: as in ``spectral_distance``. Linear in the number of
    edges.

    Raises:
        ValueError: a graph is directed, or a weight is negative.

    References:
        Hoffman and Wielandt, The variation of the spectrum of a normal matrix, Duke Math. J. 20,
        1953.
    """
    device = edge_index.device
    others = None if other_weight is None else other_weight.to(device)
    graphs = (
        undirected_edges(edge_index, num_nodes, edge_weight),
        undirected_edges(other.to(device), num_nodes, others),
    )
    keys, entries, diagonals = zip(*map(_entries, graphs), strict=True)
    key, at = torch.unique(torch.cat(keys), return_inverse=True)
    difference = torch.zeros(key.numel(), dtype=torch.float64, device=device)
    difference.index_add_(0, at, torch.cat([entries[0], -entries[1]]))
    apart = 2.0 * difference.square().sum() + (diagonals[0] - diagonals[1]).square().sum()
    size = max(num_nodes, 1)
    traces = [d.sum() for d in diagonals]
    lower = (traces[0] - traces[1]).abs() / size**0.5
    for c in (0.0, 1.0):
        # tr (L - c)^2
        first, second = (
            2.0 * e.square().sum() + (d - c).square().sum()
            for e, d in zip(entries, diagonals, strict=True)
        )
        lower = torch.maximum(lower, (first.sqrt() - second.sqrt()).abs())
    upper = apart.sqrt()
    return SpectralDistanceBounds(torch.minimum(lower, upper), upper)


def _entries(graph: UndirectedEdges) -> tuple[Tensor, Tensor, Tensor]:
    """Key and entry of the normalized Laplacian above its diagonal, and the diagonal."""
    degree = graph.degree()
    entry = -graph.weight / (degree[graph.source] * degree[graph.target]).sqrt()
    return graph.source * graph.num_nodes + graph.target, entry, (degree > 0).double()
