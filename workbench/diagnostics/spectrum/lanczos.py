"""Eigenvectors at one end of the spectrum of a large connected graph, by Lanczos iterations."""

from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh, splu

from workbench.diagnostics.resistance.conjugate_gradients import hangs_together, symmetric_walk
from workbench.diagnostics.resistance.elimination import plan
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver, stays_sparse
from workbench.topology import SimpleGraph, laplacian_matrix, one_thread, sparse_laplacian

#: A vector found again with a value less than this below the others' is a rounding of theirs.
_TIE = 1e-7

#: Lanczos runs stop here; those through a factor need a few.
_MOST_RESTARTS = 300


class GraphLaplacian:
    """The Laplacian of a connected graph, its kernel, and its quadratic form edge by edge.

    ``matrix`` is an array where the Laplacian is ``dense``, and sparse else.
    """

    def __init__(self, graph: SimpleGraph, normalized: bool, *, dense: bool = False):
        self.graph, degree = graph, graph.strength
        self.root = np.sqrt(degree) if normalized else np.ones_like(degree)
        self.kernel = self.root / np.linalg.norm(self.root)
        self.normalized, self.weight, self.ends = normalized, graph.conductance, graph.ends
        if dense:
            self.matrix = laplacian_matrix(graph, normalized=normalized).cpu().numpy()
        else:
            self.matrix = sparse_laplacian(graph, normalized=normalized)

    @property
    def bound(self) -> float:
        """Not below the largest eigenvalue: both ends of an edge (Anderson and Morley)."""
        degree, (source, target) = self.graph.strength, self.ends
        return 2.0 if self.normalized else float((degree[source] + degree[target]).max())

    @cached_property
    def adjacency(self) -> csr_array:
        """The graph without its diagonal, for solvers of its Laplacian."""
        return self.graph.adjacency()

    @cached_property
    def hangs_together(self) -> bool:
        """Whether the graph is connected without its weakest links, too."""
        if self.normalized:
            return hangs_together(symmetric_walk(self.adjacency)[0])
        return hangs_together(self.adjacency / self.weight.max())

    @cached_property
    def eliminates(self) -> bool:
        """Whether iterations find the smallest value: no weak link, or a sparse elimination."""
        return self.hangs_together or plan(self.adjacency) is not None

    def ritz(self, vectors: np.ndarray):
        """Values, orthonormal vectors and residuals within the span of ``vectors``."""
        with one_thread(len(vectors)):
            return self._ritz(vectors)

    def _ritz(self, vectors: np.ndarray):
        vectors = vectors - self.kernel[:, None] * (self.kernel @ vectors)
        several = vectors.shape[1] > 1
        if several:
            vectors, _ = np.linalg.qr(vectors)
        else:  # the same: the first entry is not above 0
            vectors = vectors / -np.copysign(np.linalg.norm(vectors), vectors[0])
        # differences along edges, not products with L, keep small eigenvalues precise
        potential = vectors / self.root[:, None]
        flow = np.sqrt(self.weight)[:, None] * (potential[self.ends[0]] - potential[self.ends[1]])
        values = (flow.T @ flow)[0]
        if several:
            values, turn = np.linalg.eigh(flow.T @ flow)
            vectors = vectors @ turn
        return values, vectors, self.residual(values, vectors)

    def residual(self, values: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """``|| L x - value x ||`` of each pair."""
        return np.linalg.norm(self.matrix @ vectors - values * vectors, axis=0)


def extreme_vectors(laplacian: GraphLaplacian, count: int, largest: bool) -> np.ndarray:
    """Vectors of the ``count`` extreme non-zero values, copies of multiple ones among them.

    Raises:
        RuntimeError: the iterations do not converge.
        ValueError: the smallest are asked for, and weak links hide them.
    """
    if stays_sparse(laplacian.adjacency) or not (largest or laplacian.hangs_together):
        make = [lambda: _shifted_inverse(laplacian) if largest else _inverse(laplacian, "factor")]
    else:
        make = [lambda: _direct(laplacian, largest)]
        if not largest:
            make.append(lambda: _inverse(laplacian, "cg"))
    for action in make:
        try:
            return _with_copies(laplacian, action(), count, largest)
        except ArpackNoConvergence as error:
            reason = error
    raise RuntimeError(
        f"Lanczos iterations for {count} eigenvalues of {laplacian.kernel.size:,} nodes did not "
        "converge: they lie too close together; ask for fewer, or take a smaller part of the graph"
    ) from reason


def _with_copies(laplacian: GraphLaplacian, action, count: int, largest: bool):
    sign = -1.0 if largest else 1.0
    found, start = np.empty((laplacian.kernel.size, 0)), np.random.default_rng(0)
    while True:
        away = np.column_stack([laplacian.kernel, found])

        def apart(x, away=away):
            x = x - away @ (away.T @ x)
            return x - away @ (away.T @ x)  # twice, for what rounding left

        def deflate(x, apart=apart):
            return apart(action(apart(x.ravel())))

        size = laplacian.kernel.size
        operator = LinearOperator((size, size), matvec=deflate, dtype=np.float64)
        many = 1 if found.shape[1] else count
        fresh = eigsh(
            operator,
            k=many,
            which="LA",
            v0=apart(start.standard_normal(size)),
            ncv=min(size - 1, max(2 * many + 16, 32)),
            maxiter=_MOST_RESTARTS,
            tol=1e-9,
        )[1]
        if not found.shape[1]:
            found = fresh
            continue
        values = sign * laplacian.ritz(found)[0]
        value = sign * laplacian.ritz(fresh)[0][0]
        if value >= values.max() - _TIE * abs(values.max()):
            return found
        _, found, _ = laplacian.ritz(np.column_stack([found, fresh]))
        found = found[:, 1:] if largest else found[:, :-1]


def _inverse(laplacian: GraphLaplacian, method: Literal["factor", "cg"]):
    solver = LaplacianSolver(laplacian.adjacency, tolerance=1e-12, method=method)
    root = laplacian.root
    return lambda x: root * solver.solve((root * x)[:, None])[:, 0]


def _shifted_inverse(laplacian: GraphLaplacian):
    """(sigma - L)^-1 for a sigma just above the spectrum."""
    sigma = laplacian.bound * (1 + 1e-6)
    matrix = (diags_array(np.full(laplacian.kernel.size, sigma)) - laplacian.matrix).tocsc()
    options = {"SymmetricMode": True}
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options).solve


def _direct(laplacian: GraphLaplacian, largest: bool):
    if largest:
        return lambda x: laplacian.matrix @ x
    return lambda x: laplacian.bound * x - laplacian.matrix @ x
