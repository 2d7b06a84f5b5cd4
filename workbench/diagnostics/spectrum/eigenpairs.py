"""A few eigenvalues of the graph Laplacian from either end of its spectrum, and their vectors."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.resistance.conjugate_gradients import weak_parts
from workbench.diagnostics.spectrum.exact_modes import LEAST_SHARE, MOST_NODES, exact_modes
from workbench.diagnostics.spectrum.lanczos import GraphLaplacian, extreme_vectors
from workbench.topology import SimpleGraph, eigh, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight

#: Components of at most this many nodes are decomposed densely.
_DENSE_NODES = 600

#: So are larger ones of which a good part of the spectrum is asked for.
_DENSE_NODES_MANY = 4_000


#: Values farther apart than this are not found together by iterations, where weak links make them.
_MOST_APART = 1e5


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues of a graph Laplacian, ascending, with unit vectors and a bound of their error.

    Attributes:
        values: ``[pairs]``.
        vectors: ``[nodes, pairs]``, orthonormal.
        residual: ``[pairs]``, ``|| L x - value x ||``: an eigenvalue lies within so much of each
            value.
    """

    values: Float64[Tensor, " pairs"]
    vectors: Float64[Tensor, "nodes pairs"]
    residual: Float64[Tensor, " pairs"]


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 4e-5 * (n + m),
    bytes=lambda n, m: 1300.0 * n + 300.0 * m,
)
def laplacian_eigenpairs(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    count: int = 8,
    which: Literal["smallest", "largest"] = "smallest",
    normalized: bool = True,
) -> Eigenpairs:
    """The ``count`` smallest or largest eigenvalues with eigenvectors, to a million nodes.

        L x = lambda x,   L = I - D^{-1/2} A D^{-1/2}   or   D - A

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        count: how many, counted with multiplicity, the zeros among them; all where the graph has
            fewer nodes.
        which: from which end of the spectrum.
        normalized: which Laplacian.

    Returns:
        ``Eigenpairs(values, vectors, residual)`` in float64 on the device of the input, ascending.
        Values without unit (0 to 2) if normalized, else in units of the weights. The values that
        belong to components are exact zeros, with vectors that are constant (times sqrt(d) if
        normalized) on one component each; an isolated node is one of them.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Components of up to 600 nodes are decomposed densely. Beyond, Lanczos iterations run on the
    inverse through one sparse factor (planar-like graphs), else on the Laplacian itself, and if
    those do not converge on its inverse by conjugate gradients; all on the CPU. A single Lanczos
    run can miss copies of a multiple eigenvalue: so it is run again orthogonally to what it
    found, until nothing comes that belongs in between. Small values of weak links keep their own
    digits, up to 2,000 nodes by the rotations of ``exact_modes``.

    Raises:
        ValueError: the graph is directed, a weight or ``count`` is negative, ``which`` is another
            word, or weights span more than 140 orders of magnitude; beyond 2,000 nodes also where
            links weaker than a walk takes in a million steps make values more than five orders of
            magnitude apart, or the graph does not stay sparse.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import laplacian_eigenpairs
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> values = laplacian_eigenpairs(edges, 6, count=3, normalized=False).values
        >>> values.round(decimals=6).abs().tolist()
        [0.0, 1.0, 1.0]

    References:
        Lehoucq, Sorensen and Yang, ARPACK Users' Guide, SIAM 1998. Parlett, The symmetric
        eigenvalue problem, SIAM 1998 (residual bound).
    """
    if which not in ("smallest", "largest"):
        raise ValueError(f'which must be "smallest" or "largest", got {which!r}')
    if count < 0:
        raise ValueError(f"count must not be negative, got {count}")
    graph, scale = simple_graph(edge_index, num_nodes, edge_weight).unit
    device, count = edge_index.device, min(count, num_nodes)
    num_components = graph.num_components
    # (values, vectors, residuals, nodes), zeros first and so at the small end of a tie
    found = [(np.zeros(0), np.zeros((0, 0)), np.zeros(0), np.zeros(0, dtype=np.int64))]
    if which == "smallest" or count > num_nodes - num_components:
        found += _zeros(graph, count, normalized)
    if count and (which == "largest" or count > num_components):
        for nodes, part in graph.parts():
            pairs = _of_component(part, count, which == "largest", normalized)
            found.append((*pairs, nodes.cpu().numpy()))
    values = np.concatenate([block[0] for block in found])
    residual = np.concatenate([block[2] for block in found])
    order = np.argsort(values if which == "smallest" else -values, kind="stable")[:count]
    order = order[np.argsort(values[order], kind="stable")]
    column = np.full(values.size, -1)
    column[order] = np.arange(order.size)
    vectors, first = np.zeros((num_nodes, count)), 0
    for own, parts, _, nodes in found:
        to = column[first : first + own.size]
        vectors[nodes[:, None], to[to >= 0]] = parts[:, to >= 0]
        first += own.size
    values, residual = values[order], residual[order]
    if not normalized:
        values, residual = values * scale, residual * scale
    made = (torch.from_numpy(a).to(device) for a in (values, vectors, residual))
    return Eigenpairs(*made)


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 4e-5 * (n + m),
    bytes=lambda n, m: 1200.0 * n + 300.0 * m,
)
def partial_spectrum(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    count: int = 8,
    which: Literal["smallest", "largest"] = "smallest",
    normalized: bool = True,
) -> Float64[Tensor, " pairs"]:
    """The ``count`` smallest or largest eigenvalues of the graph Laplacian, ascending.

    ``laplacian_eigenpairs`` without the vectors: see there for options, conventions, precision.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``count`` is negative.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import partial_spectrum
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> partial_spectrum(edges, 6, count=3).round(decimals=6).abs().tolist()
        [0.0, 0.5, 0.5]

    References:
        Lehoucq, Sorensen and Yang, ARPACK Users' Guide, SIAM 1998.
    """
    options = {"count": count, "which": which, "normalized": normalized}
    return laplacian_eigenpairs(edge_index, num_nodes, edge_weight, **options).values


@diagnostic(
    of="graph",
    scaling=1,
    seconds=lambda n, m: 2e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 250.0 * m,
)
def algebraic_connectivity(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, ""]:
    """Second smallest eigenvalue of ``L = D - A``: how hard it is to cut the graph in two.

    Returns:
        A float64 scalar in units of the weights on the device of the input, at most the smallest
        degree unless the graph is complete; 0 if the graph is disconnected, and 0 where there is
        no second eigenvalue (fewer than two nodes).

    Self-loops are dropped. A repeated edge counts once; weights are conductances, and repeats
    add. Multiple eigenvalues do no harm. Method and size: as in ``laplacian_eigenpairs``.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import algebraic_connectivity
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> round(algebraic_connectivity(edges, 6).item(), 6)  # 2 - 2 cos(60 degrees)
        1.0

    References:
        Fiedler, Algebraic connectivity of graphs, Czech. Math. J. 23, 1973.
    """
    found = partial_spectrum(edge_index, num_nodes, edge_weight, count=2, normalized=False)
    return found[1] if num_nodes > 1 else torch.zeros_like(found.sum())


def _zeros(graph: SimpleGraph, count: int, normalized) -> list:
    """One eigenpair of value 0 for each component, as many as are asked for."""
    labels = graph.labels.cpu().numpy()
    order, at = np.argsort(labels, kind="stable"), 0
    found = []
    for size in np.bincount(labels)[:count].tolist():
        nodes = order[at : at + size]
        at += size
        vector = np.sqrt(graph.strength[nodes]) if normalized and size > 1 else np.ones(size)
        vector /= np.linalg.norm(vector)
        found.append((np.zeros(1), vector[:, None], np.zeros(1), nodes))
    return found


def _of_component(graph: SimpleGraph, count: int, largest: bool, normalized):
    """The pairs of non-zero value at one end of the spectrum of a connected graph."""
    size = graph.num_nodes
    count = min(count, size - 1)
    dense = size <= _DENSE_NODES or (size <= _DENSE_NODES_MANY and count > size // 20)
    laplacian = GraphLaplacian(graph, normalized, dense=dense)
    chosen = slice(size - 1 - count, size - 1) if largest else slice(0, count)
    if dense:
        found = eigh(torch.from_numpy(laplacian.matrix).to(graph.device))
        values, vectors = (tensor.cpu().numpy()[..., 1:] for tensor in found)
        vectors = vectors[:, chosen]
        small = bool((values[chosen] < LEAST_SHARE * laplacian.bound).any())
        lost = small and not laplacian.hangs_together
    else:
        lost = not (largest or laplacian.hangs_together)
    if lost and (size <= MOST_NODES or dense):
        values, vectors = (a[..., chosen] for a in exact_modes(graph, normalized=normalized))
        return values, vectors, laplacian.residual(values, vectors)
    if not dense:
        vectors = extreme_vectors(laplacian, count, largest)
    values, vectors, residual = laplacian.ritz(vectors)
    if lost and values[-1] > _MOST_APART * values[0]:
        raise weak_parts(size)
    return values, vectors, residual
