"""All resistances of a small network without subtraction, however far its conductances are apart.

A Cholesky factor of the grounded Laplacian loses the digits by which the smallest resistance lies
below the largest: a link of 1e-13 beside links of 3 leaves four. Star-mesh elimination adds
positive numbers only. Of a dense graph all nodes are one front of it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from workbench.cost import MEMORY_SHARE, TooLargeError, available_bytes, memory
from workbench.diagnostics.resistance.star_mesh import eliminate, resistances
from workbench.topology import SimpleGraph, one_thread


@dataclass(frozen=True)
class DenseElimination:
    """Nodes eliminated one after the other, the heaviest last: ``L = (I - p)^T diag(c) (I - p)``.

    Attributes:
        order: ``[nodes]`` the node that is eliminated k-th; all else is by these numbers k.
        chance: ``[nodes, nodes]`` p, above the diagonal: where a walk from k goes among later ones.
        pivot: ``[nodes]`` c, the conductance from k to all later ones; 0 for the last.
        scale: what c is to be multiplied by.
        weakest: the smallest conductance.
    """

    order: Int64[np.ndarray, " nodes"]
    chance: Float64[np.ndarray, "nodes nodes"]
    pivot: Float64[np.ndarray, " nodes"]
    scale: float
    weakest: float

    def resistance(self) -> Float64[np.ndarray, "nodes nodes"]:
        """Resistance of all pairs, by the numbers of the graph."""
        size = self.order.size
        front, rows = _one_front(size)
        nothing, none = np.zeros(size + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        found = np.empty(size * size)
        resistances(
            0, 1, nothing, none, rows, front, front, np.full(1, -1), np.array([0, size**2]),
            self.chance.reshape(-1), self.pivot, np.empty(size, dtype=np.int32),
            np.zeros(1, dtype=np.int64), found, np.empty(size, dtype=np.int64), np.empty(size),
            np.zeros(0), np.zeros(size),
        )  # fmt: skip
        place = np.empty(size, dtype=np.int64)
        place[self.order] = np.arange(size)
        with np.errstate(over="ignore"):
            result = found.reshape(size, size)[place[:, None], place] / self.scale
        if not result.max() < np.inf:
            raise ValueError(
                f"a resistance is beyond {np.finfo(float).max:.1g}, the largest number of float64: "
                f"the conductances go down to {self.weakest:g}; multiply all by one large number"
            )
        return result

    def potentials(self, source: int) -> Float64[np.ndarray, " nodes"]:
        """Of all nodes above the last one, by the numbers of the graph.

        A unit current comes in at ``source`` and leaves at the last: none is negative, and each is
        exact beside itself.
        """
        size = self.order.size
        value = np.zeros(size)
        value[self.order == source] = 1.0
        for j in range(size - 1):
            value[j + 1 :] += value[j] * self.chance[j, j + 1 :]
        value[-1] = 0.0
        for j in range(size - 2, -1, -1):
            value[j] = value[j] / self.pivot[j] + self.chance[j, j + 1 :] @ value[j + 1 :]
        result = np.empty(size)
        result[self.order] = value / self.scale
        return result


def dense_elimination(graph: SimpleGraph, *, last: int | None = None) -> DenseElimination:
    """The elimination of a connected graph; node ``last`` goes last where it is given.

    Raises:
        TooLargeError: it takes more memory than may be used.
        ValueError: the conductances span more than ``WIDEST``.
    """
    size = graph.num_nodes
    need, free = 32 * size**2, available_bytes()
    if need > MEMORY_SHARE * free:
        raise TooLargeError(
            f"the conductances of {size:,} nodes lie so far apart that they are eliminated without "
            f"subtraction, which needs {memory(need)}, and {memory(free)} are free (half may be "
            "used); leave out the weakest edges"
        )
    weakest = float(graph.conductance.min())
    graph, scale = graph.unit
    # light nodes first: little is then subtracted on the way back
    key = graph.strength.copy()
    key[graph.strength.argmax() if last is None else last] = np.inf
    order = np.argsort(key, kind="stable")
    adjacency = graph.adjacency()[order][:, order].tocsr()
    adjacency.sort_indices()
    front, rows = _one_front(size)
    single, panel = np.full(1, -1), np.array([0, size**2])
    chance, pivot = np.empty(size * size), np.empty(size)
    eliminate(
        0, 1, adjacency.indptr.astype(np.int64), adjacency.indices.astype(np.int64),
        adjacency.data, rows, front, front, single, single, panel, chance, pivot,
        np.empty(size, dtype=np.int32), np.empty(0), 0, np.empty(size * size),
        np.empty(size, dtype=np.int64),
    )  # fmt: skip
    return DenseElimination(order, chance.reshape(size, size), pivot, scale, weakest)


def _one_front(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where its rows begin and end, and which they are."""
    return np.array([0, size]), np.arange(size, dtype=np.int32)


def exact_resistance(graph: SimpleGraph) -> Float64[np.ndarray, "nodes nodes"]:
    """Resistance of all pairs of a connected graph, each to some 1e-13 of itself."""
    with one_thread(graph.num_nodes):
        return dense_elimination(graph).resistance()
