"""Spectral gap, Fiedler vector and sweep cut from a pseudo-inverse that is at hand."""

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from workbench.graphs.edges import UndirectedEdges
from workbench.rewiring.incremental import ResistanceTracker

#: Up to this many nodes a dense eigendecomposition is as fast.
_DENSE_EIGEN = 64


def gap_and_vector(
    tracker: ResistanceTracker, graph: UndirectedEdges, start: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """Spectral gap of a connected graph and its Fiedler vector y (L y = gap D y, y^T D y = 1).

    1 / gap is the largest eigenvalue of Q D^1/2 L^+ D^1/2 Q, with Q the projection off sqrt(d).
    ``start`` is a vector to begin from, such as that of the graph one edit ago.
    """
    degree = graph.degree().numpy()
    root = np.sqrt(degree)
    kernel = root / np.linalg.norm(root)

    def apply(x: np.ndarray) -> np.ndarray:
        x = x.ravel()
        x = root * tracker.times(root * (x - kernel * (kernel @ x)))
        return x - kernel * (kernel @ x)

    size = degree.size
    noise = np.random.default_rng(0).standard_normal(size)
    if size <= _DENSE_EIGEN:
        matrix = np.stack([apply(column) for column in np.eye(size)])
        vector = np.linalg.eigh(0.5 * (matrix + matrix.T))[1][:, -1]
    else:
        # A little noise: the old vector may be orthogonal to the new one where there is symmetry.
        first = noise if start is None else root * start + 0.01 * noise / np.sqrt(size)
        operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
        first -= kernel * (kernel @ first)
        vector = eigsh(operator, k=1, which="LA", v0=first, tol=1e-8)[1][:, 0]
    vector = vector - kernel * (kernel @ vector)
    y = vector / root
    y /= np.sqrt(degree @ y**2)
    # The quotient over edges has an error of the square of the vector's, and none of P's.
    source, target = graph.source.numpy(), graph.target.numpy()
    return float(graph.weight.numpy() @ (y[source] - y[target]) ** 2), y


def sweep_conductance(graph: UndirectedEdges, y: np.ndarray) -> float:
    """Smallest conductance of the n - 1 cuts between nodes sorted by y; the graph is connected."""
    order = np.argsort(y, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    ends = np.stack([place[graph.source.numpy()], place[graph.target.numpy()]])
    weight, size = graph.weight.numpy(), order.size
    crossing = np.bincount(ends.min(axis=0), weight, size) - np.bincount(
        ends.max(axis=0), weight, size
    )
    volume = np.cumsum(graph.degree().numpy()[order])
    cut = np.cumsum(crossing)[:-1]
    return float((cut / np.minimum(volume[:-1], volume[-1] - volume[:-1])).min())
