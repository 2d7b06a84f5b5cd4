"""The inverse of a grounded Laplacian, in place: the one dense step behind every resistance."""

import ctypes
from typing import no_type_check

import numpy as np
import torch
from numba import njit
from numba.extending import get_cython_function_address
from torch import Tensor

from workbench.topology import SimpleGraph, one_thread

#: A largest resistance of so many times the smallest one leaves that nine digits and more: of
#: random weights none was off by more than a rounding (2e-16) times this ratio.
MOST_CONDITION = 1e6


def grounded_inverse(graph: SimpleGraph) -> Tensor | np.ndarray | None:
    """Inverse of L without the row and column of one grounded node, where it holds zeros.

    A tensor on another device; on the CPU an array of which only the upper triangle means anything.
    None where resistances lie farther apart than ``MOST_CONDITION``, as beside a weak link: what
    the smallest lose there ``dense_elimination`` keeps. Grounding keeps an M-matrix, whose Cholesky
    factor is ten times more exact on long rings than that of L + J / n.
    """
    size, ground = graph.num_nodes, int(graph.strength.argmax())
    if graph.source.device.type != "cpu":
        degree = graph.degree()
        matrix = degree.new_zeros(size, size)
        matrix[graph.source, graph.target] = -graph.weight
        matrix[graph.target, graph.source] = -graph.weight
        matrix.diagonal().add_(degree)
        matrix[ground], matrix[:, ground], matrix[ground, ground] = 0.0, 0.0, 1.0
        factor, failed = torch.linalg.cholesky_ex(matrix)
        if int(failed):
            return None
        del matrix
        inverse = torch.cholesky_inverse(factor)
        inverse[ground, ground] = 0.0
        return inverse if _is_close(float(inverse.diagonal().max()), graph, ground) else None
    matrix = _grounded_laplacian(*graph.ends, graph.conductance, graph.strength, ground)
    with one_thread(size):
        for routine in (_dpotrf, _dpotri):
            if _lapack(routine, matrix):
                return None
    matrix[ground, ground] = 0.0
    return matrix if _is_close(_largest_entry(matrix), graph, ground) else None


def _is_close(largest: float, graph: SimpleGraph, ground: int) -> bool:
    """Whether the largest resistance to the ground is not too far from the smallest there can be.

    That is one over the largest degree, so that the ground has it; false where a number is none.
    """
    return largest * float(graph.strength[ground]) <= MOST_CONDITION


@njit(cache=True, nogil=True)
@no_type_check
def _largest_entry(matrix):
    """Of the diagonal; inf where one of it is nan."""
    largest = 0.0
    for v in range(matrix.shape[0]):
        if not matrix[v, v] <= largest:
            largest = matrix[v, v] if matrix[v, v] >= 0.0 else np.inf
    return largest


@njit(cache=True, nogil=True)
@no_type_check
def _grounded_laplacian(source, target, weight, degree, ground):
    """The upper triangle of L, all that LAPACK reads; the grounded node joined to nothing."""
    matrix = np.zeros((degree.size, degree.size))
    for e in range(source.size):
        if source[e] != ground and target[e] != ground:
            matrix[source[e], target[e]] = -weight[e]
    for v in range(degree.size):
        matrix[v, v] = degree[v]
    matrix[ground, ground] = 1.0
    return matrix


# The same LAPACK as scipy.linalg.lapack, which holds the interpreter for as long as it computes:
# a notebook's kernel would answer nobody. A foreign function called through ctypes lets go.
_PROTOTYPE = ctypes.CFUNCTYPE(None, ctypes.c_char_p, *[ctypes.c_void_p] * 4)
_dpotrf = _PROTOTYPE(get_cython_function_address("scipy.linalg.cython_lapack", "dpotrf"))
_dpotri = _PROTOTYPE(get_cython_function_address("scipy.linalg.cython_lapack", "dpotri"))


def _lapack(routine, matrix: np.ndarray) -> int:
    """Run ``routine`` in place on the upper triangle of a C-ordered square matrix."""
    size, info = ctypes.c_int(matrix.shape[0]), ctypes.c_int(0)
    at = ctypes.byref
    # LAPACK reads by columns, so our upper triangle is its lower one
    routine(b"L", at(size), matrix.ctypes.data, at(size), at(info))
    return info.value


@njit(cache=True, nogil=True)
@no_type_check
def resistance_in_place(inverse, diagonal):
    """R_uv = M_uu + M_vv - 2 M_uv over both triangles of M, read from its upper one, in tiles."""
    size, tile = inverse.shape[0], 64
    for row in range(0, size, tile):
        row_end = min(row + tile, size)
        for column in range(row, size, tile):
            column_end = min(column + tile, size)
            for u in range(row, row_end):
                for v in range(max(u + 1, column), column_end):
                    value = max(diagonal[u] + diagonal[v] - 2.0 * inverse[u, v], 0.0)
                    inverse[u, v] = value
            for v in range(column, column_end):
                for u in range(row, min(row_end, v)):
                    inverse[v, u] = inverse[u, v]
    for u in range(size):
        inverse[u, u] = 0.0


@njit(cache=True, nogil=True)
@no_type_check
def pair_sum(inverse, mass):
    """Q q^T diag(G) - q^T G q from the upper triangle of G: the sum of q_u q_v R_uv over pairs."""
    size, total, whole = inverse.shape[0], 0.0, mass.sum()
    for u in range(size):
        row = 0.0
        for v in range(u + 1, size):
            row += inverse[u, v] * mass[v]
        total += mass[u] * ((whole - mass[u]) * inverse[u, u] - 2.0 * row)
    return total
