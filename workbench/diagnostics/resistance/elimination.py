"""A resistor network, eliminated once: resistances of its edges, of pairs, and sums over pairs."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from workbench.cost import MEMORY_SHARE, Stopped, available_bytes
from workbench.diagnostics.resistance.elimination_fronts import Fronts, fronts_of
from workbench.diagnostics.resistance.elimination_order import elimination_order
from workbench.diagnostics.resistance.star_mesh import (
    carry_down,
    carry_up,
    eliminate,
    of_pairs,
    resistances,
)

_SPARSE = "star-mesh elimination, exact, where it stays sparse (roads, grids, trees); else "
#: What estimates from sizes alone say of functions that choose their method by the graph.
BY_PAIRS = f"{_SPARSE}conjugate gradients within the tolerance"
BY_EDGES = f"{_SPARSE}random projections with a stated error"
BY_SUMS = f"{_SPARSE}Hutch++ with its standard error"
OR_SPARSE = "beyond the limit star-mesh elimination answers where it stays sparse (roads, grids)"

#: Elimination of more multiplications than this is left to other methods: half a minute.
MOST_OPERATIONS = 1e11

#: Multiplications between two looks at ``should_stop``: a few hundredths of a second.
_OPERATIONS_A_LOOK = 2e8

#: Share of a number that a subtraction has to leave, so that ten digits are right.
_LEAST_LEFT = 1e-5

#: Pairs that go up the fronts together, so that each front is read from memory once.
_PAIRS_TOGETHER = 8


def plan(
    adjacency: csr_array, *, most_operations: float = MOST_OPERATIONS, last: int | None = None
) -> Fronts | None:
    """How to eliminate a network, or None where it fills in: too long, or too much memory.

    Args:
        adjacency: symmetric conductances, positive, no self-loops; any number of components.
        most_operations: the limit of time, in multiplications.
        last: a node that is to go last in its component.
    """
    order, block_start, operations = elimination_order(
        adjacency.indptr, adjacency.indices, most_operations=most_operations
    )
    if operations > most_operations:
        return None
    if last is not None:
        at = int((order == last).argmax())
        order = np.append(np.delete(order, at), last)
        starts = block_start - (block_start > at)
        block_start = np.unique(np.append(starts, order.size))
    fronts = fronts_of(adjacency, order, block_start)
    if fronts.operations > 2 * most_operations:
        return None
    return fronts if fronts.bytes <= MEMORY_SHARE * available_bytes() else None


class Elimination:
    """Every node of a network, eliminated one after the other.

    Args:
        fronts: from ``plan``.
        should_stop: asked every few hundredths of a second, here and in every method.

    Methods take and return arrays by the caller's numbers of the nodes.
    """

    def __init__(self, fronts: Fronts, *, should_stop: Callable[[], bool] | None = None):
        self._fronts, self._should_stop = fronts, should_stop
        graph, size = fronts.adjacency, fronts.order.size
        self._scale = float(graph.data.max(initial=0.0)) or 1.0
        self._start, self._neighbor = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
        self._panel, self._pivot = np.empty(fronts.panel_start[-1]), np.empty(size)
        self._place = np.empty(fronts.rows.size, dtype=np.int32)
        self._number = np.empty(size, dtype=np.int64)
        self._number[fronts.order] = np.arange(size)
        weight, where = graph.data / self._scale, np.empty(size, dtype=np.int64)
        stack, front, top = np.empty(fronts.stack_up), np.empty(fronts.widest**2), 0
        for begin, end in self._stretches():
            self._look()
            top = eliminate(
                begin, end, self._start, self._neighbor, weight, fronts.rows, fronts.row_start,
                fronts.column_start, fronts.child, fronts.sibling, fronts.panel_start,
                self._panel, self._pivot, self._place, stack, top, front, where,
            )  # fmt: skip

    def of_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """(resistance of each edge, resistance of each node to the last one of its component).

        Each edge once, in the order of ``SimpleGraph``: by the smaller end, then the larger.
        """
        fronts, size = self._fronts, self._number.size
        of_edge, to_last = np.zeros(self._neighbor.size), np.zeros(size)
        stack, where = np.empty(fronts.stack_down), np.empty(size, dtype=np.int64)
        mean = np.empty(fronts.widest)
        for begin, end in reversed(list(self._stretches())):
            self._look()
            resistances(
                begin, end, self._start, self._neighbor, fronts.rows, fronts.row_start,
                fronts.column_start, fronts.parent, fronts.panel_start, self._panel, self._pivot,
                self._place, fronts.offset, stack, where, mean, of_edge, to_last,
            )  # fmt: skip
        source = np.repeat(fronts.order, np.diff(self._start))
        once = self._neighbor > np.repeat(np.arange(size), np.diff(self._start))
        ends = source[once], fronts.order[self._neighbor[once]]
        key = np.minimum(*ends) * size + np.maximum(*ends)
        values = of_edge[once][np.argsort(key)]
        return values / self._scale, to_last[self._number] / self._scale

    def of_pairs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Resistance between first and second, pair by pair; both in one component."""
        fronts, result = self._fronts, np.empty(first.size)
        flow = np.zeros((min(_PAIRS_TOGETHER, first.size), self._number.size))
        awaited = np.zeros(fronts.parent.size, dtype=np.bool_)
        for at in range(0, first.size, _PAIRS_TOGETHER):
            self._look()
            block = slice(at, at + _PAIRS_TOGETHER)
            result[block] = of_pairs(
                self._number[first[block]], self._number[second[block]], fronts.front_of,
                fronts.rows, fronts.row_start, fronts.column_start, fronts.parent,
                fronts.panel_start, self._panel, self._pivot, flow, awaited,
            )  # fmt: skip
        return result / self._scale

    def digits_lost(self, values: np.ndarray) -> np.ndarray:
        """Which results of ``of_pairs`` may be off by more than 1e-10 of themselves.

        The flows from the two ends cancel up to a rounding, whose square is lost over each pivot.
        """
        inner = self._pivot[self._pivot > 0.0]
        noise = np.finfo(float).eps ** 2 / (inner.min(initial=np.inf) * self._scale)
        return values < 1e10 * inner.size * noise

    def solve(self, current: np.ndarray) -> np.ndarray:
        """Potentials for currents that come in at the nodes, of zero sum in each component.

        Up to a constant of each component, and exact beside the largest difference among them.
        """
        fronts = self._fronts
        potential = current[fronts.order].astype(np.float64)
        for carry in (carry_up, carry_down):
            carry(
                fronts.rows, fronts.row_start, fronts.column_start, fronts.panel_start,
                self._panel, self._pivot, potential,
            )  # fmt: skip
        return potential[self._number] / self._scale

    def pair_sums(self, mass: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Sum of q_u q_v R_uv over the pairs of each component, for masses q of the nodes.

        nan where the subtraction leaves too few digits: most of the mass is far from g.

            sum_{u<v} q_u q_v R_uv = Q sum_u q_u R_ug - sum_j t_j^2 / c_j,   Q = sum_u q_u

        with g the node eliminated last and t the masses carried up.
        """
        fronts = self._fronts
        _, to_last = self.of_edges()
        carried = mass[fronts.order].astype(np.float64)
        carry_up(
            fronts.rows, fronts.row_start, fronts.column_start, fronts.panel_start, self._panel,
            self._pivot, carried,
        )  # fmt: skip
        inner = self._pivot > 0.0
        spread = np.zeros(carried.size)
        spread[inner] = carried[inner] ** 2 / (self._pivot[inner] * self._scale)
        totals = np.bincount(labels, mass) * np.bincount(labels, mass * to_last)
        sums = totals - np.bincount(labels[fronts.order], spread)
        return np.where(sums >= _LEAST_LEFT * totals, sums, np.nan)

    def to_all(self, labels: np.ndarray) -> np.ndarray:
        """Sum of the resistance from each node to all others of its component.

            sum_u R_vu = n G_vv + tr G - 2 (G 1)_v,   G_vv = R_vg

        with g the node eliminated last, G the inverse of L without it, n the component's nodes.
        """
        _, to_last = self.of_edges()
        size, trace = np.bincount(labels)[labels], np.bincount(labels, to_last)[labels]
        return size * to_last + trace - 2.0 * self.solve(np.ones(labels.size))

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Stretches of fronts that take about equally long."""
        columns, widths = np.diff(self._fronts.column_start), np.diff(self._fronts.row_start)
        spent = np.cumsum(columns * widths.astype(float) ** 2 + 500.0)
        count = int(spent[-1] / _OPERATIONS_A_LOOK) + 1 if spent.size else 1
        cuts = np.searchsorted(spent, np.arange(1, count) * _OPERATIONS_A_LOOK)
        bounds = np.unique(np.concatenate([[0], cuts, [columns.size]])).tolist()
        yield from pairwise(bounds)

    def _look(self) -> None:
        if self._should_stop is not None and self._should_stop():
            raise Stopped("the caller asked to stop")
