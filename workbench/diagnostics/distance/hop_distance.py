"""Hop distances, the diameter, and bounds on it for graphs of a million nodes."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64
from numba import njit
from torch import Tensor

from workbench.cost import TooLargeError, check_size, diagnostic, duration
from workbench.topology import check_edge_index, simple_graph
from workbench.topology.search import Lists, lists, search
from workbench.typing import EdgeIndex, PairMatrix

#: Edges that ``diameter`` looks at, over all its searches, before it gives up (3 to 10 s).
_LARGEST_WORK = 600_000_000

#: Hops of a node's surroundings that decide among equals, and an odd number with bits at random.
_SURROUNDINGS, _ODD = 4, np.uint64(0x9E3779B97F4A7C15)

#: Up to this many nodes ``diameter`` searches from every node if it must.
_ALWAYS_EXACT = 10_000


@dataclass(frozen=True)
class DiameterBounds:
    """The diameter lies between ``lower`` and ``upper``, in hops."""

    lower: Float64[Tensor, ""]
    upper: Float64[Tensor, ""]


@diagnostic(
    of="pair",
    seconds=lambda n, m: 4e-9 * n * (n + 2.0 * m),
    bytes=lambda n, m: 8.0 * n**2 + 16.0 * m,
    limit=20_000,
    instead="diameter_bounds",
    advice="for distances from a few nodes use scipy.sparse.csgraph.breadth_first_order",
)
def hop_distance(edge_index: EdgeIndex, num_nodes: int) -> PairMatrix:
    """Number of edges on a shortest path from every node to every other.

    Returns:
        ``[nodes, nodes]`` float64 in hops, row = from, column = to, along the direction of the
        edges (symmetric for undirected graphs); ``inf`` where there is no path, 0 on the diagonal.

    An isolated node is at ``inf`` from all others. Weights are conductances, not lengths, so there
    is no weighted form. One breadth-first search per node, on the CPU.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; for the diameter use
            ``diameter_bounds``.

    Examples:
        >>> from workbench.diagnostics import hop_distance
        >>> from workbench.graphs import path
        >>> hop_distance(path(3).edge_index, 3).tolist()
        [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]

    References:
        Moore, The shortest path through a maze, 1959.
    """
    check_edge_index(edge_index, num_nodes)
    check_size(hop_distance, num_nodes, edge_index.size(1) // 2)
    found = hops(*lists(*edge_index.cpu().numpy(), num_nodes))
    return torch.from_numpy(found).to(edge_index.device)


@diagnostic(
    of="graph",
    seconds=lambda n, m: 4e-9 * min(n, 100.0) * (n + 2.0 * m),
    bytes=lambda n, m: 60.0 * n + 50.0 * m,
    instead="diameter_bounds",
)
def diameter(edge_index: EdgeIndex, num_nodes: int) -> Float64[Tensor, ""]:
    """Largest hop distance between two nodes.

    Returns:
        A float64 scalar, in hops; ``inf`` if the graph is disconnected (an isolated node
        disconnects it); 0 for one node or none.

    Exact: every search bounds the eccentricity of every node, ``max(d(s, v), ecc(s) - d(s, v)) <=
    ecc(v) <= ecc(s) + d(s, v)``, and searches go on until no node can beat the largest distance
    seen. That takes a few searches on most graphs and one per node on the most symmetric ones.

    Raises:
        TooLargeError: on more than 10,000 nodes, the bounds have not met after a few seconds of
            searches; use ``diameter_bounds``.
        ValueError: the graph is directed.

    Examples:
        >>> from workbench.diagnostics import diameter
        >>> from workbench.graphs import karate, ring
        >>> float(diameter(ring(10).edge_index, 10)), float(diameter(karate().edge_index, 34))
        (5.0, 5.0)

    References:
        Takes and Kosters, Determining the diameter of small world networks, CIKM 2011.
    """
    start, neighbor = _undirected_lists(edge_index, num_nodes)
    num_nodes = int(num_nodes)
    low, high, center = _sweeps(start, neighbor)
    if low < high:
        searches = max(_LARGEST_WORK // (num_nodes + neighbor.size), 2)
        searches = num_nodes if num_nodes <= _ALWAYS_EXACT else searches
        low, high, used = _bounding_searches(start, neighbor, center, low, high, searches)
    if low < high:
        raise TooLargeError(
            f"the diameter of this graph of {num_nodes:,} nodes and {neighbor.size // 2:,} edges "
            f"is between {low:.0f} and {high:.0f}; {used:,} searches did not decide it and one for "
            f"each node would take {duration(1e-8 * num_nodes * (num_nodes + neighbor.size))}; "
            "use diameter_bounds"
        )
    return torch.tensor(float(low), dtype=torch.float64, device=edge_index.device)


@diagnostic(
    of="graph",
    seconds=lambda n, m: 1e-6 * (n + m),
    bytes=lambda n, m: 40.0 * n + 50.0 * m,
)
def diameter_bounds(edge_index: EdgeIndex, num_nodes: int) -> DiameterBounds:
    """Lower and upper bound of the diameter from a handful of searches, to a million nodes.

        d(a, b) <= diameter <= 2 ecc(c)

    where a is farthest from some node, b farthest from a, and c the node whose largest distance to
    all such ends is least.

    Returns:
        ``DiameterBounds(lower, upper)``, float64 scalars in hops; both ``inf`` if the graph is
        disconnected, both 0 for one node or none. On a tree they are at most one apart.

    Raises:
        ValueError: the graph is directed.

    Examples:
        >>> from workbench.diagnostics import diameter_bounds
        >>> from workbench.graphs import path
        >>> bounds = diameter_bounds(path(9).edge_index, 9)
        >>> float(bounds.lower), float(bounds.upper)
        (8.0, 8.0)

    References:
        Magnien, Latapy and Habib, Fast computation of empirically tight bounds for the diameter
        of massive graphs, ACM J. Exp. Algorithmics 13, 2009.
    """
    start, neighbor = _undirected_lists(edge_index, num_nodes)
    low, high, _ = _sweeps(start, neighbor)
    made = (torch.tensor(b, dtype=torch.float64, device=edge_index.device) for b in (low, high))
    return DiameterBounds(*made)


def _undirected_lists(edge_index: EdgeIndex, num_nodes: int) -> Lists:
    neighbors = simple_graph(edge_index, num_nodes).neighbors
    return Lists(neighbors.start, neighbors.node)


@njit(cache=True, nogil=True)
@no_type_check
def _sweeps(start, neighbor):
    """Bounds of the diameter (both inf if disconnected) and a central node, by twelve searches.

    Of nodes that are equally far out or central, the next search starts from the one with the
    largest key: what its surroundings and its distances so far hash to, so that another numbering
    finds the same bounds.
    """
    size = start.size - 1
    if size < 2:
        return 0.0, 0.0, 0
    distance, queue = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int64)
    farthest, together = np.zeros(size, dtype=np.int32), np.zeros(size, dtype=np.int64)
    key, degree = _surroundings(start, neighbor), np.diff(start)
    center, low, high = _first(degree, degree.max(), key), 0.0, np.inf
    for _ in range(4):
        if search(start, neighbor, center, distance, queue) < size:
            return np.inf, np.inf, center
        high = min(high, 2.0 * distance[queue[-1]])
        _mix_in(key, distance)
        for _ in range(2):
            end = _first(distance, distance[queue[-1]], key)
            search(start, neighbor, end, distance, queue)
            low = max(low, float(distance[queue[-1]]))
            np.maximum(farthest, distance, farthest)
            together += distance
            _mix_in(key, distance)
        # of the nodes nearest to all ends seen so far, those nearest on average
        nearest = farthest.min()
        least = together[farthest == nearest].min()
        center = _first(np.where(farthest == nearest, together, least + 1), least, key)
    return low, high, center


@njit(cache=True, nogil=True)
@no_type_check
def _first(values, value, key):
    """The node of largest key among those that have the value, the first of them."""
    best = -1
    for v in range(values.size):
        if values[v] == value and (best < 0 or key[v] > key[best]):
            best = v
    return best


@njit(cache=True, nogil=True)
@no_type_check
def _surroundings(start, neighbor):
    """A hash of what each node sees within a few hops, whatever the numbering."""
    size = start.size - 1
    key, seen = np.ones(size, dtype=np.uint64), np.empty(size, dtype=np.uint64)
    for _ in range(_SURROUNDINGS):
        for v in range(size):
            seen[v] = _mix(key[v] ^ _ODD)
        for v in range(size):
            key[v] = _mix(key[v])
            for a in range(start[v], start[v + 1]):
                key[v] += seen[neighbor[a]]
    return key


@njit(cache=True, nogil=True)
@no_type_check
def _mix_in(key, distance):
    for v in range(key.size):
        key[v] = _mix(key[v] ^ np.uint64(distance[v]))


@njit(cache=True, nogil=True)
@no_type_check
def _mix(key):
    """A hash of a number: an odd factor moves the high bits, a shift brings them down."""
    key = key * _ODD
    return (key ^ (key >> np.uint64(32))) * _ODD


@njit(cache=True, nogil=True)
@no_type_check
def hops(start, neighbor):
    """Row s = hop distances from s over lists of neighbors, inf where not reached."""
    num_nodes = start.size - 1
    result = np.empty((num_nodes, num_nodes))
    distance = np.empty(num_nodes, dtype=np.int32)
    queue = np.empty(num_nodes, dtype=np.int64)
    for source in range(num_nodes):
        search(start, neighbor, source, distance, queue)
        for v in range(num_nodes):
            result[source, v] = distance[v] if distance[v] >= 0 else np.inf
    return result


@njit(cache=True, nogil=True)
@no_type_check
def _bounding_searches(start, neighbor, source, low, high, most_searches):
    """Better (lower, upper) bounds of the diameter of a connected graph, number of searches."""
    num_nodes = start.size - 1
    distance = np.empty(num_nodes, dtype=np.int32)
    queue = np.empty(num_nodes, dtype=np.int64)
    lower = np.zeros(num_nodes, dtype=np.int64)
    upper = np.full(num_nodes, 2 * num_nodes, dtype=np.int64)
    used = 0
    while low < high and used < most_searches:
        search(start, neighbor, source, distance, queue)
        used += 1
        ecc = distance[queue[num_nodes - 1]]
        low, high = max(low, float(ecc)), min(high, 2.0 * ecc)
        most, deepest, shallowest = np.int64(low), -1, -1
        for v in range(num_nodes):
            lower[v] = max(lower[v], max(distance[v], ecc - distance[v]))
            upper[v] = min(upper[v], ecc + distance[v])
            if v == source:
                lower[v] = upper[v] = ecc
            if upper[v] > low and lower[v] < upper[v]:
                most = max(most, upper[v])
                if deepest < 0 or upper[v] > upper[deepest]:
                    deepest = v
                if shallowest < 0 or lower[v] < lower[shallowest]:
                    shallowest = v
        high = min(high, float(most))
        # by turns: a node that may be far out raises the lower bound, a central one cuts the upper
        source = deepest if used % 2 == 1 else shallowest
    return low, high, used
