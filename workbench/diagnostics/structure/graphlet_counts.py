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


class AtHop1:
    """Counts of adjacent pairs; the names of the sums are those of ``graphlet_rows``."""

    def __init__(self, node: OfNode, row: np.ndarray, column: np.ndarray, sums):
        self.node, self.column, self.sums = node, column, sums
        t, inside, there, here, _, walks = sums
        d_u, d_v = node.degree[row], node.degree[column]
        self.alone_u, self.alone_v = d_u - 1 - t, d_v - 1 - t  # neighbors of one end only
        self.cycle = walks - d_u - d_v + 1 - (there - t) - (here - t) + 2 * inside
        self.diamond = there - t - 2 * inside
        self.paw = node.triangle[column] - there + inside

    def __getitem__(self, orbits: tuple[int, int]) -> np.ndarray:
        """For orbits that are not in descending order."""
        t, inside, there, here, degree, walks = self.sums
        around, triangle = self.node.around, self.node.triangle
        return {
            (0, 0): lambda: np.ones_like(t),
            (1, 2): lambda: self.alone_v,
            (3, 3): lambda: t,
            (4, 5): lambda: (
                around[self.column]
                - degree
                - 2 * triangle[self.column]
                + t
                + there
                + here
                - walks
                + self.diamond
            ),
            (5, 5): lambda: self.alone_u * self.alone_v - self.cycle,
            (6, 7): lambda: self.alone_v * (self.alone_v - 1) // 2 - self.paw,
            (8, 8): lambda: self.cycle,
            (9, 11): lambda: self.paw,
            (10, 10): lambda: degree - there - here + 2 * inside,
            (10, 11): lambda: t * self.alone_v - self.diamond,
            (12, 13): lambda: self.diamond,
            (13, 13): lambda: t * (t - 1) // 2 - inside,
            (14, 14): lambda: inside,
        }[orbits]()


def at_hop_1(keys, node: OfNode, row: np.ndarray, column: np.ndarray, sums) -> dict:
    """Counts of adjacent pairs for each key ``(1, orbit of the row, orbit of the column)``."""
    t, inside, there, here, degree, walks = sums
    up, down, found = AtHop1(node, row, column, sums), None, {}
    for key in keys:
        _, first, second = key
        if first > second and down is None:  # the transpose: the two ends change places
            down = AtHop1(node, column, row, (t, inside, here, there, degree, walks))
        counts = up[first, second] if first <= second else down[second, first]
        found[key] = counts.astype(np.float64)
    return found


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
