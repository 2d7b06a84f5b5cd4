"""Spectral gap and its modes from a pseudo-inverse that is at hand."""

from collections.abc import Callable

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from workbench.diagnostics.spectrum.full_spectrum import MOST_MODES, SlowestModes, slowest_modes
from workbench.topology import SimpleGraph, one_thread

#: Up to this many nodes a dense eigendecomposition is as fast.
_DENSE_EIGEN = 64

#: Eigenvalues that differ by less than this share are one.
_EQUAL = 1e-6


def slowest_modes_of(
    times: Callable[[np.ndarray], np.ndarray] | None,
    graph: SimpleGraph,
    start: np.ndarray | None = None,
) -> SlowestModes:
    """What ``diagnostics.spectrum.full_spectrum.slowest_modes`` finds, from L^+ of that graph.

    1 / gap is the largest eigenvalue of Q D^1/2 L^+ D^1/2 Q, with Q the projection off sqrt(d).

    Args:
        times: L^+ times a vector; None where resistances lie too far apart for L^+: then that
            function is asked itself.
        graph: connected.
        start: a potential to begin from, such as one of the graph an edit ago.
    """
    if times is None:
        return slowest_modes(graph)
    degree = graph.degree().numpy()
    root = np.sqrt(degree)
    size = degree.size
    found = (root / np.linalg.norm(root))[:, None]

    def apart(x: np.ndarray) -> np.ndarray:
        return x - found @ (found.T @ x)

    def apply(x: np.ndarray) -> np.ndarray:
        return apart(root * times(root * apart(x.ravel())))

    if size <= _DENSE_EIGEN:
        matrix = np.stack([apply(column) for column in np.eye(size)])
        with one_thread(len(matrix)):
            values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
        vectors = vectors[:, values >= values[-1] * (1 - _EQUAL)]
    else:
        noise = np.random.default_rng(0)
        operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
        first = 0.0
        while found.shape[1] <= MOST_MODES:
            # a little noise: where there is symmetry the old vector may be orthogonal to the new
            begin = noise.standard_normal(size)
            if start is not None and found.shape[1] == 1:
                begin = root * start + 0.01 * begin / np.sqrt(size)
            values, vectors = eigsh(operator, k=1, which="LA", v0=apart(begin), tol=1e-8)
            first = first or values[0]
            if values[0] < first * (1 - _EQUAL):
                break
            found = np.column_stack([found, apart(vectors)])
            found[:, -1] /= np.linalg.norm(found[:, -1])
        vectors = found[:, 1:]
    potentials = vectors / root[:, None]
    # The quotient over edges has an error of the square of the vector's, and none of P's.
    source, target = graph.ends
    flow = potentials[source] - potentials[target]
    gaps = graph.weight.numpy() @ flow**2 / (degree @ potentials**2)
    return SlowestModes(float(gaps.mean()), potentials)
