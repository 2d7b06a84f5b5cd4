"""Conjugate gradients for the Laplacian of one connected sparse graph, several columns at once."""

from typing import no_type_check

import numpy as np
from numba import njit
from scipy.linalg import eigh_tridiagonal
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

#: Conjugate gradients stop here and say so.
_MOST_STEPS = 20_000

#: Columns of a block fill a cache line at least, and take so many numbers together at most: what a
#: step reads in no order stays in a cache of some 16 MB.
_LEAST_COLUMNS, _MOST_NUMBERS = 8, 1 << 21

#: Steps whose gain tells what is still missing, where the spectral gap is not known.
_WINDOW = 16

#: Steps of Lanczos that look for the gap: enough on an expander, where alone it saves something.
_GAP_STEPS = 40


#: A link that a walk takes more rarely than this is none to iterations.
WEAK = 1e-6


class ConjugateGradients:
    """``(D - A) x = b`` for columns b of zero sum, with the degrees as preconditioner.

    Iterates on ``I - D^-1/2 A D^-1/2``, which is the same method with nothing to divide by. The
    energy b^T x grows by alpha r^T r with every step. A column is done when what is still missing,

        b^T L^+ b - b^T x  =  r^T (I - D^-1/2 A D^-1/2)^+ r  <=  r^T r / gap,

    is below the tolerance by half of an estimate of the spectral gap. Where Lanczos does not find
    the gap soon (it is small, or the conductances far apart), it is done when the last 16 steps
    gave less than a tenth of the tolerance.

    Args:
        adjacency: symmetric conductances ``[nodes, nodes]``, connected, no self-loops; two nodes
            or more.
        tolerance: relative error of b^T x.

    References:
        Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952.
        Strakoš and Tichý, On error estimation in the conjugate gradient method, ETNA 13, 2002.
        Kuczyński and Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos
        algorithms with a random start, SIAM J. Matrix Anal. Appl. 13, 1992.
    """

    def __init__(self, adjacency: csr_array, *, tolerance: float):
        self.tolerance = tolerance
        # in the order of breadth-first search half of the neighbors are next to each other
        self._order = breadth_first_order(adjacency, 0, return_predecessors=False)
        adjacency = adjacency[self._order][:, self._order].tocsr()
        self._walk, self._root = symmetric_walk(adjacency)
        if not hangs_together(self._walk):
            raise weak_parts(self._root.size)
        self._gap: float | None = None

    def solve(self, right: np.ndarray) -> np.ndarray:
        """x of zero mean, for each column of ``right [nodes, columns]``.

        Raises:
            RuntimeError: the tolerance is not reached in 20,000 steps.
        """
        size, columns = right.shape
        if self._gap is None and columns >= _LEAST_COLUMNS:
            self._gap = self._lanczos_gap()
        width = max(_LEAST_COLUMNS, _MOST_NUMBERS // size)
        solution = np.zeros_like(right)
        for block in np.array_split(np.arange(columns), -(-columns // width) or 1):
            solution[self._order[:, None], block] = self._block(right[self._order[:, None], block])
        return solution - solution.mean(axis=0)

    def _block(self, right: np.ndarray) -> np.ndarray:
        residual = (right - right.mean(axis=0)) / self._root[:, None]
        direction, image = residual.copy(), np.empty_like(residual)
        solution = np.zeros_like(residual)
        product = np.einsum("ij,ij->j", residual, residual)
        start, energy = product.copy(), np.zeros_like(product)
        window = np.full((_WINDOW, product.size), np.inf)
        curvature, fresh = np.empty_like(product), np.empty_like(product)
        provable = 0.5 * (self._gap or 0.0) * self.tolerance
        for step in range(_MOST_STEPS):
            self._apply(direction, image, curvature)
            alive = (product > 1e-30 * start) & (curvature > 0)
            alpha = np.divide(product, curvature, out=np.zeros_like(product), where=alive)
            _advance(alpha, direction, image, solution, residual, fresh)
            energy += alpha * product
            window[step % _WINDOW] = alpha * product
            little = window.sum(axis=0) <= 0.1 * self.tolerance * energy
            if np.all(little | (fresh <= provable * energy) | ~alive):
                return solution / self._root[:, None]
            direction *= np.divide(fresh, product, out=np.zeros_like(product), where=alive)
            direction += residual
            product[:] = fresh
        raise RuntimeError(
            f"conjugate gradients on {right.shape[0]:,} nodes did not reach a tolerance of "
            f"{self.tolerance:g} in {_MOST_STEPS:,} steps; give a larger tolerance"
        )

    def _apply(self, direction: np.ndarray, image: np.ndarray, curvature: np.ndarray) -> None:
        """``image`` of the directions, and their curvature."""
        if direction.shape[1] == 1:  # scipy is quicker with one column
            np.subtract(direction, self._walk @ direction, out=image)
            np.einsum("ij,ij->j", direction, image, out=curvature)
            return
        walk = self._walk
        _image(walk.indptr, walk.indices, walk.data, direction, image, curvature)

    def _lanczos_gap(self) -> float:
        """Second smallest eigenvalue of the normalized Laplacian; 0 where it is not found soon.

        From a random start, so that no eigenvector is missed but by chance. It is found when the
        residual of the smallest Ritz value is below a third of it.
        """
        null = self._root / np.linalg.norm(self._root)
        vector = np.random.default_rng(0).standard_normal(null.size)
        vector -= null * (null @ vector)
        vector /= np.linalg.norm(vector)
        before, diagonal, beside = np.zeros_like(vector), [], [0.0]
        for _ in range(min(_GAP_STEPS, null.size - 1)):
            image = vector - self._walk @ vector - beside[-1] * before
            diagonal.append(float(image @ vector))
            image -= diagonal[-1] * vector
            image -= null * (null @ image)  # or rounding brings the eigenvalue 0 back
            beside.append(float(np.linalg.norm(image)))
            if beside[-1] < 1e-10:
                break
            before, vector = vector, image / beside[-1]
        value, weight = eigh_tridiagonal(diagonal, beside[1:-1], select="i", select_range=(0, 0))
        found = beside[-1] * abs(weight[-1, 0]) <= value[0] / 3
        return float(value[0]) if found else 0.0


def symmetric_walk(adjacency: csr_array) -> tuple[csr_array, np.ndarray]:
    """(``D^-1/2 A D^-1/2``, the roots of the degrees) of a graph without isolated nodes."""
    root = np.sqrt(np.asarray(adjacency.sum(axis=1)).ravel())
    row = np.repeat(np.arange(root.size), np.diff(adjacency.indptr))
    scaled = adjacency.data / (root[row] * root[adjacency.indices])
    return csr_array((scaled, adjacency.indices, adjacency.indptr), adjacency.shape), root


def hangs_together(walk: csr_array) -> bool:
    """Whether a connected graph is so without the links that a walk hardly ever takes, too.

    Iterations see such a link only after as many steps, and stop long before.

    Args:
        walk: ``D^-1/2 A D^-1/2``, or another matrix with links of at most 1.
    """
    kept = walk.data > WEAK
    if kept.all():
        return True
    rows = np.repeat(np.arange(walk.shape[0]), np.diff(walk.indptr))[kept]
    strong = csr_array((walk.data[kept], (rows, walk.indices[kept])), shape=walk.shape)
    return connected_components(strong, directed=False, return_labels=False) == 1


def weak_parts(size: int) -> ValueError:
    """The error for a graph whose parts hang together too weakly."""
    return ValueError(
        f"parts of these {size:,} nodes hang together by links that a walk takes less than once in "
        f"{1 / WEAK:,.0f} steps, which iterations do not notice, and elimination of this graph "
        "fills in; leave out those links, or keep at most 20,000 nodes for the dense functions "
        "(effective_resistance)"
    )


@njit(cache=True, nogil=True)
@no_type_check
def _image(start, neighbor, value, direction, image, curvature):
    """``direction - walk @ direction``, and its product with ``direction`` for each column."""
    curvature[:] = 0.0
    columns = direction.shape[1]
    for u in range(start.size - 1):
        own, row = direction[u], image[u]
        for c in range(columns):
            row[c] = own[c]
        for a in range(start[u], start[u + 1]):
            other, x = direction[neighbor[a]], value[a]
            for c in range(columns):
                row[c] -= x * other[c]
        for c in range(columns):
            curvature[c] += row[c] * own[c]


@njit(cache=True, nogil=True)
@no_type_check
def _advance(alpha, direction, image, solution, residual, product):
    """A step of length ``alpha``, and the new residual's product with itself for each column."""
    product[:] = 0.0
    for u in range(direction.shape[0]):
        for c in range(alpha.size):
            solution[u, c] += alpha[c] * direction[u, c]
            residual[u, c] -= alpha[c] * image[u, c]
            product[c] += residual[u, c] * residual[u, c]
