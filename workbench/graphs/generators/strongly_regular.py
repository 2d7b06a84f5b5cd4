"""Strongly regular graphs by their parameters: the classical families that are simple to build."""

import math

import numpy as np
from torch_geometric.data import Data

from workbench.graphs.generators.building import check_least, check_size, circle, undirected_graph


def strongly_regular(num_nodes: int, degree: int, lambda_: int, mu: int) -> Data:
    """A graph in which two nodes share ``lambda_`` neighbors if joined, and ``mu`` if not.

        A^2 = degree I + lambda_ A + mu (J - I - A)

    Known are these families and their complements:

    - disjoint cliques, and complete multipartite graphs with equal parts;
    - squares of a ``q x q`` board, joined along rows, columns and ``m - 2`` slopes, ``L_m(q)``:
      (q^2, m (q - 1), (m - 1)(m - 2) + q - 2, m (m - 1)), with slopes only for prime q;
    - pairs out of q, joined if they meet, ``T(q)``: (q (q - 1) / 2, 2 (q - 2), q - 2, 4); the
      complement of T(5) is the Petersen graph;
    - Paley graphs, (q, (q - 1) / 2, (q - 5) / 4, (q - 1) / 4), for q = 1 mod 4 that is a prime or
      the square of one;
    - the Clebsch graph (16, 5, 0, 2) and the Hoffman-Singleton graph (50, 7, 0, 1).

    Where several graphs have the parameters, the one above is returned: for (16, 6, 2, 2)
    ``rook(4)`` and not ``shrikhande()``, for (28, 12, 6, 4) T(8) and none of the Chang graphs, for
    (25, 12, 5, 6) the board L_3(5). 2-FWL cannot tell graphs of the same parameters apart.

    Raises:
        ValueError: no graph can have these parameters (the message names the condition that
            fails), or it is in none of the families.

    Examples:
        >>> from workbench.graphs import strongly_regular
        >>> data = strongly_regular(10, 3, 0, 1)  # the Petersen graph
        >>> data.num_nodes, data.num_edges // 2
        (10, 15)
        >>> strongly_regular(10, 3, 1, 1)
        Traceback (most recent call last):
        ValueError: no graph is strongly_regular(10, 3, 1, 1): ...

    References:
        Brouwer and Van Maldeghem, Strongly Regular Graphs, 2022. Bose, Strongly regular graphs,
        partial geometries and partially balanced designs, Pacific J. Math. 13, 1963.
    """
    check_least("strongly_regular", num_nodes=(num_nodes, 3), degree=(degree, 1))
    check_least("strongly_regular", lambda_=(lambda_, 0), mu=(mu, 0))
    given = (num_nodes, degree, lambda_, mu)
    name = f"strongly_regular({num_nodes}, {degree}, {lambda_}, {mu})"
    reason = _infeasible(*given)
    if reason:
        raise ValueError(f"no graph is {name}: {reason}")
    check_size(name, num_nodes**2 // 2)
    other = num_nodes - degree - 1
    complement = (num_nodes, other, other - 1 - degree + mu, other - degree + lambda_ + 1)
    joined = _build(*given)
    if joined is None:
        joined = _build(*complement)
        if joined is None:
            raise ValueError(
                f"{name} and its complement {complement} are none of the families that are built "
                "here: cliques and multipartite graphs, boards L_m(q), T(q), Paley graphs, "
                "(16, 5, 0, 2) and (50, 7, 0, 1); read the graph from a graph6 file instead"
            )
        joined = ~joined
    source, target = np.triu(joined, 1).nonzero()
    return undirected_graph(name, source, target, num_nodes, circle(num_nodes))


def _infeasible(n: int, k: int, a: int, c: int) -> str | None:
    """Why no graph has these parameters, or None if the simple conditions allow one."""
    if k > n - 2:
        return f"degree must be below num_nodes - 1 = {n - 1}; complete graphs are not counted"
    if a > k - 1 or c > k:
        return f"lambda_ must be at most degree - 1 = {k - 1} and mu at most degree = {k}"
    if k * (k - a - 1) != (n - k - 1) * c:
        return (
            "degree (degree - lambda_ - 1) = (num_nodes - degree - 1) mu must hold, here "
            f"{k * (k - a - 1)} and {(n - k - 1) * c}"
        )
    if c in (0, k):  # cliques, or parts of a multipartite graph
        size = k + 1 if c == 0 else n - k
        return f"it would consist of parts of {size} nodes each" if n % size else None
    square, excess = (a - c) ** 2 + 4 * (k - c), 2 * k + (n - 1) * (a - c)
    root = math.isqrt(square)
    if excess == 0:  # a conference graph: both multiplicities are (n - 1) / 2
        if n % 2 == 0 or not _two_squares(n):
            return f"with these parameters num_nodes must be odd and a sum of two squares, not {n}"
        return None
    if root**2 != square or excess % root or (n - 1 - excess // root) % 2:
        return "the eigenvalues of the adjacency would have multiplicities that are no integers"
    high, low = (a - c + root) // 2, (a - c - root) // 2
    for r, s in ((high, low), (low, high)):
        if (r + 1) * (k + r + 2 * r * s) > (k + r) * (s + 1) ** 2:
            return "a Krein condition fails"
    least = min((n - 1 - excess // root) // 2, (n - 1 + excess // root) // 2)
    if 2 * n > least * (least + 3):
        return f"an eigenvalue of multiplicity {least} allows at most {least * (least + 3) // 2}"
    return None


def _build(n: int, k: int, a: int, c: int) -> np.ndarray | None:
    """Adjacency ``[nodes, nodes]`` of the family with these parameters, if there is one."""
    node, q = np.arange(n), math.isqrt(n)
    if (a, c) == (k - 1, 0):
        return _other(node[:, None] // (k + 1) == node // (k + 1))
    m, rest = divmod(k, q - 1) if q > 1 else (0, 1)
    board = q * q == n and rest == 0 and (m == 2 or _prime(q))
    if board and (a, c) == ((m - 1) * (m - 2) + q - 2, m * (m - 1)):
        return _board(q, m)
    q = (1 + math.isqrt(1 + 8 * n)) // 2
    if (n, k, a, c) == (q * (q - 1) // 2, 2 * (q - 2), q - 2, 4):
        pairs = np.stack(np.triu_indices(q, 1), axis=1)
        return _other((pairs[:, None, :, None] == pairs[None, :, None, :]).any(axis=(2, 3)))
    if n % 4 == 1 and (k, a, c) == ((n - 1) // 2, (n - 5) // 4, (n - 1) // 4):
        return _paley(n)
    if (n, k, a, c) == (16, 5, 0, 2):
        return np.isin(node[:, None] ^ node, [1, 2, 4, 8, 15])
    return _hoffman_singleton() if (n, k, a, c) == (50, 7, 0, 1) else None


def _board(q: int, m: int) -> np.ndarray:
    row, column = np.divmod(np.arange(q * q), q)
    lines = [row, column, *((column - slope * row) % q for slope in range(1, m - 1))]
    return _other(np.any([line[:, None] == line for line in lines[:m]], axis=0))


def _paley(q: int) -> np.ndarray | None:
    """Joined where the difference is a square: of numbers mod p, or of a + b sqrt(t) mod p."""
    if _prime(q):
        number = np.arange(q)
        return np.isin((number[:, None] - number) % q, number[1:] ** 2 % q)
    p = math.isqrt(q)
    if p * p != q or not _prime(p):
        return None
    squares = set((np.arange(1, p) ** 2 % p).tolist())
    t = next(x for x in range(2, p) if x not in squares)
    a, b = np.divmod(np.arange(q), p)
    square = (a * a + t * b * b) % p * p + 2 * a * b % p
    difference = (a[:, None] - a) % p * p + (b[:, None] - b) % p
    return np.isin(difference, square[1:])


def _hoffman_singleton() -> np.ndarray:
    """Robertson's five pentagons and five pentagrams: j of the h-th sees h i + j of the i-th."""
    joined = np.zeros((50, 50), dtype=bool)
    h, i, j = np.indices((5, 5, 5)).reshape(3, -1)
    joined[5 * h + j, 5 * h + (j + 1) % 5] = True
    joined[25 + 5 * i + j, 25 + 5 * i + (j + 2) % 5] = True
    joined[5 * h + j, 25 + 5 * i + (h * i + j) % 5] = True
    return joined | joined.T


def _other(same: np.ndarray) -> np.ndarray:
    """Without the diagonal."""
    return same & ~np.eye(same.shape[0], dtype=bool)


def _prime(number: int) -> bool:
    return number > 1 and all(number % d for d in range(2, math.isqrt(number) + 1))


def _two_squares(number: int) -> bool:
    return any(math.isqrt(number - x * x) ** 2 == number - x * x for x in range(math.isqrt(number)))
