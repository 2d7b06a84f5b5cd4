"""Counts of graphlets for pairs of nodes, put together from the sums of ``graphlet_rows``."""

import numpy as np


class OfNode:
    """Degree, triangles and the sum of the neighbors' degrees of each node."""

    def __init__(self, start: np.ndarray, neighbor: np.ndarray, triangle: np.ndarray):
        row = np.repeat(np.arange(start.size - 1), np.diff(start))
        self.degree = np.diff(start)
        self.triangle = np.bincount(row, triangle, start.size - 1).astype(np.int64) // 2
        around = np.bincount(row, self.degree[neighbor], start.size - 1)
        self.around = around.astype(np.int64)


def at_hop_1(key: tuple[int, int, int], node: OfNode, row, column, sums) -> np.ndarray:
    """Counts of adjacent pairs; the names of the sums are those of ``graphlet_rows``."""
    _, first, second = key
    t, inside, there, here, degree, walks = sums
    if first > second:  # the transpose: the two ends change places
        first, second, row, column, there, here = second, first, column, row, here, there
    d_u, d_v = node.degree[row], node.degree[column]
    alone_u, alone_v = d_u - 1 - t, d_v - 1 - t  # neighbors of one end only
    cycle = walks - d_u - d_v + 1 - (there - t) - (here - t) + 2 * inside
    diamond = there - t - 2 * inside
    paw = node.triangle[column] - there + inside
    return {
        (0, 0): lambda: np.ones_like(t),
        (1, 2): lambda: alone_v,
        (3, 3): lambda: t,
        (4, 5): lambda: (
            node.around[column]
            - degree
            - 2 * node.triangle[column]
            + t
            + there
            + here
            - walks
            + diamond
        ),
        (5, 5): lambda: alone_u * alone_v - cycle,
        (6, 7): lambda: alone_v * (alone_v - 1) // 2 - paw,
        (8, 8): lambda: cycle,
        (9, 11): lambda: paw,
        (10, 10): lambda: degree - there - here + 2 * inside,
        (10, 11): lambda: t * alone_v - diamond,
        (12, 13): lambda: diamond,
        (13, 13): lambda: t * (t - 1) // 2 - inside,
        (14, 14): lambda: inside,
    }[first, second]()


def at_hop_2(key: tuple[int, int, int], node: OfNode, row, column, sums) -> np.ndarray:
    """Counts of pairs that are not adjacent and have a common neighbor."""
    _, first, second = key
    c, inside, there, here, degree = sums
    if first > second:
        first, second, column, there, here = second, first, row, here, there
    return {
        (1, 1): lambda: c,
        (4, 5): lambda: c * (node.degree[column] - c) - there + 2 * inside,
        (6, 6): lambda: degree - 2 * c - there - here + 2 * inside,
        (8, 8): lambda: c * (c - 1) // 2 - inside,
        (9, 10): lambda: there - 2 * inside,
        (12, 12): lambda: inside,
    }[first, second]()
