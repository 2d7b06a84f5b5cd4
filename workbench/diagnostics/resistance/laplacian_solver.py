"""Solves with the Laplacian of one connected sparse graph: a factor where it stays sparse, else CG.

A road network, a grid or a tree keeps a sparse Cholesky factor sparse. A random graph fills it in,
and there conjugate gradients need only a few dozen steps, because its spectral gap is large.
"""

from typing import Literal, no_type_check

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from workbench.diagnostics.resistance.conjugate_gradients import ConjugateGradients, weak_parts
from workbench.diagnostics.resistance.elimination import Elimination, plan

#: Planar-like graphs have a mean profile of up to 2.7 sqrt(n) after reordering, road networks of
#: 0.3 to 1.6; expanders of n / 3, and grids in three dimensions grow past this at 27,000 nodes.
_PROFILE_FACTOR = 3.0

#: A factor of so many operations (profile^2 n, an upper bound) is a matter of a second at most.
_CHEAP_FACTOR = 1e9


#: Conductances farther apart than this lose digits in a factor.
MOST_SPREAD = 1e4


class LaplacianSolver:
    """``L x = b`` for the Laplacian ``L = D - A`` of a connected graph, b of zero sum.

    Args:
        adjacency: symmetric conductances ``[nodes, nodes]``, connected, no self-loops.
        tolerance: relative error of ``b^T x`` that ``ConjugateGradients`` aims at; a factor is
            exact.
        method: ``"factor"``, ``"cg"``, or ``None`` to choose by ``stays_sparse``. Conductances far
            apart are eliminated without subtraction in place of a factor.

    Raises:
        ValueError: parts of the graph hang together so weakly that iterations would not notice.

    References:
        Li, An overview of SuperLU, ACM TOMS 31, 2005.
    """

    def __init__(
        self,
        adjacency: csr_array,
        *,
        tolerance: float = 1e-8,
        method: Literal["factor", "cg"] | None = None,
    ):
        self.size = adjacency.shape[0]
        self.degree = np.asarray(adjacency.sum(axis=1)).ravel()
        self.method = method or ("factor" if stays_sparse(adjacency) else "cg")
        if self.method == "cg" and self.size > 1:
            self._iteration = ConjugateGradients(adjacency, tolerance=tolerance)
        elif self.size > 1 and adjacency.data.max() > MOST_SPREAD * adjacency.data.min():
            self.method, fronts = "elimination", plan(adjacency)
            if fronts is None:
                raise weak_parts(self.size)
            self._elimination = Elimination(fronts)
        elif self.size > 1:
            self._rest = np.delete(np.arange(self.size), int(self.degree.argmax()))
            diagonal = csr_array((self.degree, (np.arange(self.size),) * 2), shape=adjacency.shape)
            laplacian = (diagonal - adjacency).tocsc()[self._rest][:, self._rest].tocsc()
            options = {"SymmetricMode": True}
            self._factor = splu(
                laplacian, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options
            )

    def solve(self, right: np.ndarray) -> np.ndarray:
        """x of zero mean with ``L x = right``, for each column of ``right [nodes, columns]``."""
        if self.size == 1:
            return np.zeros_like(right)
        if self.method == "cg":
            return self._iteration.solve(right)
        if self.method == "elimination":
            solution = np.column_stack([self._elimination.solve(column) for column in right.T])
            return solution - solution.mean(axis=0)
        solution = np.zeros_like(right)
        solution[self._rest] = self._factor.solve(np.ascontiguousarray(right[self._rest]))
        return solution - solution.mean(axis=0)


def stays_sparse(adjacency: csr_array) -> bool:
    """Whether a sparse factor of the Laplacian is likely to fit: planar-like, tree-like or small.

    Trees hanging off the graph never fill in, so they are cut away first. What remains is judged
    by its mean profile in reverse Cuthill-McKee order: a few sqrt(n) where the graph has small
    separators, a third of n on an expander.

    References:
        Cuthill and McKee, Reducing the bandwidth of sparse symmetric matrices, 1969.
    """
    core = _without_trees(
        adjacency.indptr.astype(np.int64), adjacency.indices.astype(np.int64)
    ).nonzero()[0]
    if core.size == 0:
        return True
    inner = adjacency[core][:, core].tocsr()
    order = reverse_cuthill_mckee(inner, symmetric_mode=True)
    place = np.empty(core.size, dtype=np.int64)
    place[order] = np.arange(core.size)
    first = np.minimum.reduceat(place[inner.indices], inner.indptr[:-1])
    profile = float(np.maximum(place - first, 0).mean())
    return profile <= _PROFILE_FACTOR * core.size**0.5 or profile**2 * core.size <= _CHEAP_FACTOR


@njit(cache=True, nogil=True)
@no_type_check
def _without_trees(start, neighbor):
    """True for the nodes of the 2-core: those left after taking away leaves again and again."""
    size = start.size - 1
    degree = start[1:] - start[:-1]
    kept = np.ones(size, dtype=np.bool_)
    stack = np.empty(size, dtype=np.int64)
    top = 0
    for u in range(size):
        if degree[u] <= 1:
            stack[top] = u
            top += 1
            kept[u] = False
    while top:
        top -= 1
        u = stack[top]
        for a in range(start[u], start[u + 1]):
            v = neighbor[a]
            if kept[v]:
                degree[v] -= 1
                if degree[v] <= 1:
                    kept[v] = False
                    stack[top] = v
                    top += 1
    return kept
