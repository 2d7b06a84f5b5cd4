"""Resistances of many pairs of an eliminated network, each by the way that is soonest.

Elimination gives the resistances of all edges at once, and those of all nodes to the one that goes
last. Any other pair is a unit current carried up the tree of fronts from both its ends. So pairs
that are edges are taken together, and pairs with a common end too, with that end last, as soon as
they are so many that one by one they would take longer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numba import njit

from workbench.cost import LONGEST_SECONDS, TooLargeError
from workbench.diagnostics.resistance.elimination import Elimination, plan
from workbench.diagnostics.resistance.elimination_fronts import Fronts
from workbench.topology import SimpleGraph

#: Seconds of one multiplication on the way up of a pair, and of one of an elimination with its way
#: back; and of each node and edge that an elimination is planned for.
_PAIR, _PASS, _PLANNED = 5e-10, 4.5e-10, 1.5e-6


@dataclass(frozen=True)
class PairPlan:
    """Which pairs go which way.

    Attributes:
        edges: places of the pairs that are read off the edges.
        hubs: (node, places of the pairs that are read off an elimination where it is last).
        single: places of those that are carried up, in an order that keeps neighbors together.
        seconds: what all of it takes, the elimination that is there already left out.
    """

    edges: Int64[np.ndarray, " some"]
    hubs: list[tuple[int, np.ndarray]]
    single: Int64[np.ndarray, " others"]
    seconds: float


def pair_plan(
    graph: SimpleGraph, fronts: Fronts, first: np.ndarray, second: np.ndarray
) -> PairPlan:
    """The plan for pairs of different nodes, each pair once.

    Args:
        graph: the network.
        fronts: how it is eliminated.
        first: one end of each pair.
        second: the other.
    """
    number = np.empty(graph.num_nodes, dtype=np.int64)
    number[fronts.order] = np.arange(graph.num_nodes)
    of_node = seconds_up(fronts)[number]
    cost = of_node[first] + of_node[second]
    once = _PASS * fronts.operations + _PLANNED * (graph.num_nodes + graph.num_edges)
    left, seconds = np.ones(first.size, dtype=bool), 0.0

    ends = np.minimum(first, second), np.maximum(first, second)
    known = graph.ends[0] * graph.num_nodes + graph.ends[1]
    edges = np.flatnonzero(np.isin(ends[0] * graph.num_nodes + ends[1], known))
    if cost[edges].sum() > once:
        left[edges], seconds = False, seconds + once
    else:
        edges = edges[:0]
    hubs = []
    for node, places in _hubs(first, second, np.where(left, cost, 0.0), once):
        left[places], seconds = False, seconds + once
        hubs.append((node, places))
    single = np.flatnonzero(left)
    single = single[np.lexsort((number[first[single]], number[second[single]]))]
    return PairPlan(edges, hubs, single, seconds + float(cost[single].sum()))


def seconds_up(fronts: Fronts) -> Float64[np.ndarray, " nodes"]:
    """What a current from each node takes on its way up, by the order of elimination."""
    own = np.diff(fronts.column_start) * np.diff(fronts.row_start)
    return _PAIR * _climbs(own, fronts.parent)[fronts.front_of]


def _hubs(first, second, cost, once: float) -> Iterator[tuple[int, np.ndarray]]:
    """Nodes whose pairs, of those that no node before has taken, cost more than an elimination."""
    size = 1 + max(first.max(initial=0), second.max(initial=0))
    while True:
        total = np.bincount(first, cost, size) + np.bincount(second, cost, size)
        node = int(total.argmax())
        if total[node] <= once:
            return
        places = np.flatnonzero(((first == node) | (second == node)) & (cost > 0))
        cost[places] = 0.0
        yield node, places


def eliminated_pairs(
    graph: SimpleGraph, fronts: Fronts, first: np.ndarray, second: np.ndarray, should_stop
) -> np.ndarray:
    """Resistance of pairs of different nodes, each in one component, by elimination.

    Raises:
        TooLargeError: they would take longer than ten minutes.
        Stopped: ``should_stop`` said so.
        ValueError: the digits of some are lost.
    """
    key = np.minimum(first, second) * graph.num_nodes + np.maximum(first, second)
    key, again = np.unique(key, return_inverse=True)
    first, second = np.divmod(key, graph.num_nodes)
    ways = pair_plan(graph, fronts, first, second)
    if ways.seconds > 20 * LONGEST_SECONDS:
        raise too_many_pairs(first.size, graph, ways.seconds)
    result, single = np.empty(first.size), ways.single
    for node, places in ways.hubs:
        around = plan(graph.adjacency(), most_operations=np.inf, last=node)
        if around is None:  # memory: they go one by one after all
            single = np.concatenate([single, places])
            continue
        _, to_node = Elimination(around, should_stop=should_stop).of_edges()
        result[places] = to_node[first[places] + second[places] - node]
    if ways.edges.size or single.size:
        elimination = Elimination(fronts, should_stop=should_stop)
    if ways.edges.size:
        values, _ = elimination.of_edges()
        source, target = graph.ends
        result[ways.edges] = values[
            np.searchsorted(source * graph.num_nodes + target, key[ways.edges])
        ]
    if single.size:
        result[single] = elimination.of_pairs(first[single], second[single])
        lost = single[elimination.digits_lost(result[single])]
        if lost.size:
            result[lost] = _as_edges(graph, first[lost], second[lost], should_stop)
    return result[again]


def _as_edges(graph: SimpleGraph, first: np.ndarray, second: np.ndarray, should_stop) -> np.ndarray:
    """Resistance of pairs as if they were edges, of conductance 0: nothing cancels."""
    source, target = graph.ends
    known = source * graph.num_nodes + target
    key = first * graph.num_nodes + second
    fresh = np.setdiff1d(key, known)
    every = np.concatenate([known, fresh])
    order = np.argsort(every)
    weight = np.concatenate([graph.conductance, np.zeros(fresh.size)])[order]
    ends = (torch.from_numpy(end) for end in np.divmod(every[order], graph.num_nodes))
    fronts = plan(SimpleGraph(*ends, torch.from_numpy(weight), graph.num_nodes).adjacency())
    if fronts is None:
        raise ValueError(
            f"{first.size:,} of the pairs have resistances so far below the largest in their "
            "component that their digits are lost, and eliminating all of them together fills in; "
            "ask for fewer pairs at once, or leave out the weakest edges"
        )
    values, _ = Elimination(fronts, should_stop=should_stop).of_edges()
    return values[np.searchsorted(every[order], key)]


def too_many_pairs(count: int, graph: SimpleGraph, seconds: float) -> TooLargeError:
    """The error for pairs that would take too long."""
    return TooLargeError(
        f"resistance_of_pairs of {count:,} pairs on {graph.num_nodes:,} nodes and "
        f"{graph.num_edges:,} edges would take about {seconds / 60:.0f} minutes "
        f"({1e3 * seconds / count:.1f} ms a pair); ask for fewer pairs, for all edges "
        "from resistance_of_edges, or for the sum from approximate_total_resistance"
    )


@njit(cache=True, nogil=True)
@no_type_check
def _climbs(own, parent):
    """Multiplications from each front up to its root, its own among them."""
    climb = own.astype(np.float64)
    for f in range(own.size - 1, -1, -1):
        if parent[f] >= 0:
            climb[f] += climb[parent[f]]
    return climb
