"""Orbit adjacencies: how often two nodes meet in two given places of a small induced subgraph."""

import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import (
    EQUAL_DEGREES,
    LONGEST_SECONDS,
    MEMORY_SHARE,
    Estimate,
    TooLargeError,
    available_bytes,
    diagnostic,
    too_large,
)
from workbench.diagnostics.structure.graphlet_counts import OfNode, at_hop_1, at_hop_2
from workbench.diagnostics.structure.graphlet_rows import apexes, reach, rows, triangles
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Hop distance inside the graphlet, orbit of the row's node, orbit of the column's.
Orbits = tuple[int, int, int]

_HOPS = {
    1: "0-0 1-2 3-3 4-5 5-5 6-7 8-8 9-11 10-10 10-11 12-13 13-13 14-14",
    2: "1-1 4-5 6-6 8-8 9-10 12-12",
    3: "4-4",
}
_WRITTEN = [
    (hop, *map(int, pair.split("-"))) for hop, pairs in _HOPS.items() for pair in pairs.split()
]

#: The 28 orbit adjacencies of the graphlets with two to four nodes.
ORBIT_ADJACENCIES = tuple(sorted({*_WRITTEN, *((hop, b, a) for hop, a, b in _WRITTEN)}))

#: Pairs that one piece of work takes, at most, where a row has fewer.
_BLOCK_PAIRS = 2_000_000


@dataclass(frozen=True)
class OrbitAdjacency:
    """Orbit adjacencies of a graph, by ``(hop, orbit of the row, orbit of the column)``.

    Attributes:
        matrices: for each key a sparse CSR tensor ``[nodes, nodes]`` of float64 counts. Those of
            the same hop share their indices (int32), so an entry can be an explicit 0.
    """

    matrices: dict[Orbits, Float64[Tensor, "nodes nodes"]]

    def __getitem__(self, key: Orbits) -> Float64[Tensor, "nodes nodes"]:
        """The matrix of one key."""
        if key not in self.matrices:
            raise KeyError(f"no orbit adjacency {key} here, only {sorted(self.matrices)}")
        return self.matrices[key]

    def __iter__(self) -> Iterator[Orbits]:
        """The keys."""
        return iter(self.matrices)

    def __len__(self) -> int:
        """Number of matrices."""
        return len(self.matrices)


@diagnostic(
    of="pair",
    # the call itself counts the steps of its own graph
    seconds=lambda n, m: 1e-7 * n * (1 + 2 * m / max(n, 1)) ** 3,
    bytes=lambda n, m: (
        200.0 * m
        + n * (68.0 * min(n, (2 * m / max(n, 1)) ** 2) + 24.0 * min(n, (2 * m / max(n, 1)) ** 3))
    ),
    how=EQUAL_DEGREES,
)
def orbit_adjacency(
    edge_index: EdgeIndex, num_nodes: int, *, orbits: Iterable[Orbits] | None = None
) -> OrbitAdjacency:
    """The 28 orbit adjacencies of the graphlets with two to four nodes, exact.

        A^h_{a,b}(u, v) = number of induced graphlets in which u stands in orbit a, v in orbit b,
                          and the two are h hops apart inside the graphlet

    Orbits: edge 0. Path of three: 1 end, 2 middle. Triangle 3. Path of four: 4 end, 5 inner.
    Claw: 6 leaf, 7 center. Cycle of four: 8. Paw: 9 pendant, 10 the two far from it, 11 the node
    that carries it. Diamond: 12 of degree two, 13 of degree three. Clique of four: 14.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        orbits: keys ``(hop, a, b)`` out of ``ORBIT_ADJACENCIES``; all 28 if not given. Leaving
            out the one of hop 3, then those of hop 2, saves most of the time and memory.

    Returns:
        ``OrbitAdjacency``: for each key a sparse float64 matrix of counts on the device of the
        input. ``(h, b, a)`` is the transpose of ``(h, a, b)``. Row sums are multiples of the
        graphlet degrees: those of ``(2, 12, 12)`` are the diamonds in which the node has degree
        two, those of ``(1, 12, 13)`` twice that number.

    Self-loops are dropped, a repeated edge counts once, isolated nodes have empty rows. There are
    no weights: a graphlet is there or it is not.

    All counts are put together from walks of two and three steps, triangles, and edges among the
    common neighbors of two nodes; of the subgraphs with four nodes only cliques and diamonds are
    listed. The time is that of the sparse product A A A, the memory that of its non-zeros: linear
    in the nodes where degrees are bounded. On the CPU, on ``torch.get_num_threads()`` threads.

    Raises:
        TooLargeError: the third powers of this graph would take more than ten minutes, or the
            matrices more than half of the free memory; ask for fewer ``orbits``.
        ValueError: the graph is directed, or ``orbits`` names no orbit adjacency.

    Examples:
        >>> from workbench.diagnostics import orbit_adjacency
        >>> from workbench.graphs import complete
        >>> orbit_adjacency(complete(4).edge_index, 4)[1, 3, 3].to_dense()[0].tolist()
        [0.0, 2.0, 2.0, 2.0]

    References:
        Windels, Malod-Dognin and Pržulj, Graphlets correct for the topological information missed
        by random walks, arXiv 2405.14194. Pržulj, Biological network comparison using graphlet
        degree distribution, Bioinformatics 23, 2007 (the orbits).
    """
    keys = ORBIT_ADJACENCIES if orbits is None else tuple(dict.fromkeys(orbits))
    for key in keys:
        if key not in ORBIT_ADJACENCIES:
            raise ValueError(f"{key} is no orbit adjacency; choose from {ORBIT_ADJACENCIES}")
    start, neighbor, _, _ = simple_graph(edge_index, num_nodes).neighbors
    neighbor = neighbor.astype(np.int32)
    _check_time(6e-9 * float((np.diff(start).astype(float) ** 2).sum()), start)
    second, third = reach(start, neighbor)
    by_hop = {hop: [key for key in keys if key[0] == hop] for hop in (1, 2, 3)}
    num_nodes = int(num_nodes)
    room = np.minimum(third, num_nodes)
    _check_work(start, second, third, room, by_hop)
    second, room = second * bool(by_hop[2]), room * bool(by_hop[3])

    triangle = triangles(start, neighbor)
    apex_start, apex = apexes(start, neighbor, triangle)
    of_node = OfNode(start, neighbor, triangle)
    edge = np.empty((6, neighbor.size), dtype=np.int64)
    second_start = np.concatenate([[0], np.cumsum(second)])
    column = np.empty(second_start[-1], dtype=np.int32)
    count = {key: np.empty(column.size) for key in by_hop[2]}

    def block(span):
        low, high = span
        found = rows(
            *(start, neighbor, triangle, apex_start, apex, low, high, edge),
            *(int(second[low:high].sum()), int(room[low:high].sum())),
        )
        here = slice(second_start[low], second_start[high])
        column[here] = found[0]
        row = np.repeat(np.arange(low, high), second[low:high])
        for key in by_hop[2]:
            count[key][here] = at_hop_2(key, of_node, row, found[0], found[1])
        return found[2:]

    spans = _blocks(second + room)
    if len(spans) == 1:
        found = [block(spans[0])]
    else:
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            found = list(pool.map(block, spans))
    matrices = {}
    row = np.repeat(np.arange(num_nodes), np.diff(start)) if by_hop[1] else None
    one = at_hop_1(by_hop[1], of_node, row, neighbor, edge) if by_hop[1] else {}
    matrices |= _matrices(start, neighbor, one, edge_index.device)
    matrices |= _matrices(second_start, column, count, edge_index.device)
    if by_hop[3]:
        lengths = np.concatenate([np.diff(end, prepend=0) for end, _, _ in found])
        columns = np.concatenate([part for _, part, _ in found])
        paths = np.concatenate([part for _, _, part in found])
        ends = np.concatenate([[0], np.cumsum(lengths)])
        matrices |= _matrices(ends, columns, {(3, 4, 4): paths}, edge_index.device)
    return OrbitAdjacency({key: matrices[key] for key in keys})


def _matrices(start, column, counts: dict, device: torch.device) -> dict:
    """CSR tensors over one pattern."""
    size = start.size - 1
    narrow = np.int32 if start[-1] < 2**31 else np.int64
    crow = torch.from_numpy(start.astype(narrow)).to(device)
    columns = torch.from_numpy(column.astype(narrow, copy=False)).to(device)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return {
            key: torch.sparse_csr_tensor(
                crow,
                columns,
                torch.from_numpy(found).to(device),
                (size, size),
                check_invariants=False,
            )
            for key, found in counts.items()
        }


def _blocks(pairs: np.ndarray) -> list[tuple[int, int]]:
    """Spans of rows with about the same number of pairs."""
    size = pairs.size
    number = np.cumsum(pairs + 1000) // _BLOCK_PAIRS
    cuts = np.concatenate([[0], (np.diff(number) > 0).nonzero()[0] + 1, [size]])
    return [(int(a), int(b)) for a, b in pairwise(cuts)]


def _check_time(seconds: float, start: np.ndarray, size: float = 0.0) -> None:
    """Raise where the steps of this very graph take too long."""
    if seconds > 20 * LONGEST_SECONDS:
        why = f"an exact answer may take {20 * LONGEST_SECONDS / 60:.0f} minutes"
        raise _refusal(seconds, size, why, start)


def _check_work(start, second, third, room, by_hop: dict) -> None:
    """Raise where the pairs at hop 2 and 3 of this very graph take too much time or memory."""
    degree = np.diff(start).astype(float)
    seconds = 2e-8 * float(degree @ degree) + 2e-9 * float(third.sum()) * bool(by_hop[3])
    size = (4.0 + 8.0 * len(by_hop[1]) + 48.0) * float(start[-1])
    size += (4.0 + 8.0 * len(by_hop[2])) * float(second.sum()) * bool(by_hop[2])
    size += 24.0 * float(room.sum()) * bool(by_hop[3])
    _check_time(seconds, start, size)
    free = available_bytes()
    if size > MEMORY_SHARE * free:
        raise _refusal(seconds, size, f"{free / 1e9:.1f} GB are free (half may be used)", start)


def _refusal(seconds: float, size: float, why: str, start: np.ndarray) -> TooLargeError:
    other = "orbit_adjacency(..., orbits=...) with keys of hop 1 only"
    expected = Estimate("orbit_adjacency", seconds, int(size), False, why, other)
    return too_large(expected, start.size - 1)
