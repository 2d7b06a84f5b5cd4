"""The dense pseudo-inverse of a Laplacian, and what is done to it in place.

Matrices are symmetric, C-ordered and float64, and only their upper triangle is in use: half the
memory traffic, and symmetric to the last bit.
"""

from typing import no_type_check

import numpy as np
from numba import njit
from scipy.linalg import blas

from workbench.cost import TooLargeError
from workbench.diagnostics.resistance.dense_elimination import dense_elimination, exact_resistance
from workbench.diagnostics.resistance.grounded_inverse import grounded_inverse
from workbench.rewiring.engine.edge_store import EdgeStore
from workbench.topology import SimpleGraph, one_thread

#: The largest graph whose dense pseudo-inverse is built (0.5 GB, about 10 s on one core).
MAX_NODES = 8_000


def check_dense(num_nodes: int, name: str) -> None:
    """Raise where a dense pseudo-inverse of this size is refused.

    Raises:
        TooLargeError: ``num_nodes`` is above ``MAX_NODES``.
    """
    if num_nodes > MAX_NODES:
        raise TooLargeError(
            f"{name} keeps a dense pseudo-inverse, {8e-9 * num_nodes**2:.1f} GB for "
            f"{num_nodes:,} nodes; it is limited to {MAX_NODES:,}. Use fosr or sdrf to rewire a "
            "graph of this size, approximate_total_resistance and resistance_of_pairs to measure it"
        )


def pseudo_inverse(graph: SimpleGraph) -> np.ndarray:
    """L^+ of a graph as a C-ordered float64 array, both triangles.

    In each component C G C, with G the inverse of the grounded Laplacian and C the centering; or
    -1/2 C R C from the resistances where those lie far apart. Entries are exact beside the largest.
    """
    if graph.num_components == 1 and graph.num_edges:
        inverse = grounded_inverse(graph)
        if inverse is None:
            inverse = -0.5 * exact_resistance(graph)
        block = inverse if isinstance(inverse, np.ndarray) else inverse.cpu().numpy()
        _center(block)
        return block
    result = np.zeros((graph.num_nodes, graph.num_nodes))
    for nodes, part in graph.parts():
        at = nodes.cpu().numpy()
        result[np.ix_(at, at)] = pseudo_inverse(part)
    return result


def exact_fall(graph: SimpleGraph, u: int, v: int, weight: float) -> float:
    """How much an edge (u, v) would lower the sum of resistances in its component, in O(n^3).

        n w |P x|^2 / (1 + w R),   x = e_u - e_v

    Nothing is subtracted on the way to P x but its mean, however far conductances lie apart.

    Args:
        graph: without that edge; both nodes in one component.
        u, v: two different nodes.
        weight: w.
    """
    for nodes, part in graph.parts():
        at = nodes.cpu().numpy()
        here, there = np.flatnonzero(at == u), np.flatnonzero(at == v)
        if here.size:
            potential = dense_elimination(part, last=int(there[0])).potentials(int(here[0]))
            apart = potential - potential.mean()
            return float(at.size * weight * (apart @ apart) / (1.0 + weight * potential[here[0]]))
    raise ValueError(f"nodes {u} and {v} are in no component with an edge")


@njit(cache=True, nogil=True)
@no_type_check
def _center(matrix):
    """C M C in place, from the upper triangle of a symmetric M to both, in tiles."""
    size, tile = matrix.shape[0], 64
    mean = np.zeros(size)
    for u in range(size):
        for v in range(u + 1, size):
            mean[v] += matrix[u, v]
            mean[u] += matrix[u, v]
        mean[u] += matrix[u, u]
    mean /= size
    shift = mean - 0.5 * mean.mean()
    for row in range(0, size, tile):
        for column in range(row, size, tile):
            for u in range(row, min(row + tile, size)):
                for v in range(max(u, column), min(column + tile, size)):
                    matrix[u, v] -= shift[u] + shift[v]
            for v in range(column, min(column + tile, size)):
                for u in range(row, min(row + tile, v)):
                    matrix[v, u] = matrix[u, v]


def square(matrix: np.ndarray) -> np.ndarray:
    """Upper triangle of M^2, M symmetric with both triangles in use."""
    if matrix.size == 0:
        return np.zeros_like(matrix)
    with one_thread(len(matrix)):
        return blas.dsyrk(1.0, matrix.T, lower=1).T  # BLAS reads by columns: its lower is our upper


def mirror(matrix: np.ndarray) -> np.ndarray:
    """The symmetric matrix of which ``matrix`` holds the upper triangle."""
    full = np.triu(matrix, 1)
    full += full.T
    np.fill_diagonal(full, np.diagonal(matrix))
    return full


def column(matrix: np.ndarray, at: int) -> np.ndarray:
    """One column of a symmetric matrix of which only the upper triangle is in use."""
    return np.concatenate([matrix[:at, at], matrix[at, at:]])


def between(matrix: np.ndarray, labels: np.ndarray, elsewhere: float) -> np.ndarray:
    """M_uu + M_vv - 2 M_uv of every pair; ``elsewhere`` between the components ``labels``."""
    diagonal = np.diagonal(matrix).copy()
    full = np.triu(matrix, 1)
    full += full.T
    full *= -2.0
    full += diagonal
    full += diagonal[:, None]
    np.maximum(full, 0.0, out=full)
    np.fill_diagonal(full, 0.0)
    if labels.size and labels.min() != labels.max():
        full[labels[:, None] != labels] = elsewhere
    return full


def drift(inverse: np.ndarray, edges: EdgeStore, labels: np.ndarray, probe: np.ndarray) -> float:
    """The larger of |L P g - g| / |g| and |mean of P g| / |P g|: how far P is from L^+.

    g is ``probe`` less its mean over each component; both are 0 for the true pseudo-inverse.
    """
    sizes = np.bincount(labels)
    sizes[sizes == 0] = 1
    g = probe - (np.bincount(labels, probe) / sizes)[labels]
    z = times(inverse, g)
    mean = np.bincount(labels, z) / sizes
    tiny = np.finfo(float).tiny
    return max(
        np.linalg.norm(edges.laplacian_times(z) - g) / (np.linalg.norm(g) + tiny),
        np.linalg.norm(mean[labels]) / (np.linalg.norm(z) + tiny),
    )


# In both kernels rows are slices: a loop with no index that could be negative vectorizes.


@njit(cache=True, nogil=True, fastmath={"contract"})
@no_type_check
def add_outer(matrix, a, b):
    """M += a b^T + b a^T in place, upper triangle."""
    for i in range(a.size):
        row, a_rest, b_rest = matrix[i, i:], a[i:], b[i:]
        ai, bi = a[i], b[i]
        for j in range(row.size):
            row[j] += ai * b_rest[j] + bi * a_rest[j]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
@no_type_check
def times(matrix, vector):
    """M x of a symmetric matrix, from its upper triangle."""
    result = np.zeros(vector.size)
    for i in range(vector.size):
        row, rest, below = matrix[i, i + 1 :], vector[i + 1 :], result[i + 1 :]
        xi = vector[i]
        total = 0.0
        for j in range(row.size):
            total += row[j] * rest[j]
        for j in range(row.size):
            below[j] += row[j] * xi
        result[i] += total + matrix[i, i] * xi
    return result
