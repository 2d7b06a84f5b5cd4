"""All modes of a Laplacian, each eigenvalue to its own digits, however small beside the others.

A solver of symmetric matrices is off by a rounding of the largest eigenvalue, which is all of one
that belongs to a weak link. Star-mesh elimination factors the Laplacian without subtraction,

    D^{-1/2} (D - A) D^{-1/2} = Y^T Y,   Y = C^{1/2} (I - p) D^{-1/2}

with p the chances of a walk among later nodes and c the pivots. (I - p)^{-1} holds chances too, so
that Y is a diagonal matrix times a well-conditioned one; and with the light nodes first, so it is
with the degrees. Of such matrices one-sided Jacobi rotations find every singular value to nearly
full precision.

References:
    Demmel and Koev, Accurate SVDs of weakly diagonally dominant M-matrices, Numer. Math. 98, 2004.
    Drmač and Veselić, New fast and accurate Jacobi SVD algorithm, SIAM J. Matrix Anal. Appl. 29,
    2008.
"""

import numpy as np
from jaxtyping import Float64
from scipy.linalg import lapack

from workbench.diagnostics.resistance.dense_elimination import dense_elimination
from workbench.topology import SimpleGraph, one_thread

#: An eigenvalue of this share of the largest there can be keeps nine digits in any solver.
LEAST_SHARE = 1e-6

#: Beyond so many nodes rotations take minutes.
MOST_NODES = 2_000

#: The options of LAPACK's routine: precision whatever the columns' scales, left vectors, as is.
_OPTIONS = {"joba": 0, "jobu": 0, "jobv": 3, "jobr": 0, "jobt": 1, "jobp": 1}


def exact_modes(
    graph: SimpleGraph, *, normalized: bool
) -> tuple[Float64[np.ndarray, " modes"], Float64[np.ndarray, "nodes modes"]]:
    """Eigenvalues above 0 of a connected graph's Laplacian, ascending, and unit eigenvectors.

    Raises:
        ValueError: there are more than ``MOST_NODES`` nodes, or the conductances span more than
            ``WIDEST``.
    """
    size = graph.num_nodes
    if size > MOST_NODES:
        raise ValueError(
            f"a weak link gives these {size:,} nodes an eigenvalue of less than {LEAST_SHARE:g} of "
            f"the largest, which solvers do not find to its digits; up to {MOST_NODES:,} nodes it "
            "is found: leave out the weakest edges, or take a part of the graph"
        )
    with one_thread(size):
        found = dense_elimination(graph)
        factor = np.eye(size)[:-1] - found.chance[:-1]
        factor *= np.sqrt(found.pivot[:-1])[:, None]
        if normalized:
            factor /= np.sqrt(graph.unit[0].strength[found.order])
        values, vectors, _, scales, _, failed = lapack.dgejsv(factor.T, **_OPTIONS)
    if failed:
        raise RuntimeError(f"the rotations for {size:,} nodes did not converge (dgejsv: {failed})")
    values = (values * (scales[0] / scales[1])) ** 2
    if not normalized:
        values *= found.scale
    by_node = np.empty((size, size - 1))
    by_node[found.order] = vectors[:, : size - 1]
    return values[::-1].copy(), by_node[:, ::-1].copy()
