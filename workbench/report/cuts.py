"""Narrow cuts of a connected graph: along its slowest modes, and at its bridges."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import no_type_check

import igraph
import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order

from workbench.diagnostics import laplacian_eigenpairs
from workbench.diagnostics.spectrum.sweep import eigenspaces, sweeps
from workbench.ties import TIE, best_levels
from workbench.topology import SimpleGraph

#: Level sets of each mode, and bridges, that are compared; ties of the last one come on top.
CANDIDATES = 16

#: Modes that are looked at, up to which size twice as many, and up to which as many as it takes.
MODES, SMALL, DENSE = 4, 20_000, 2_500

#: Modes whose eigenvalues lie above the first by at most this share are swept as one space.
CLOSE = 0.05

#: Bounds of what ties can bring on: cuts, pieces of one level set, and entries of all sides. On
#: graphs with more symmetries than that, some of the places that are alike go uncounted.
MOST_CUTS, MOST_PIECES, MOST_ENTRIES = 2_000, 8, 40_000_000


@dataclass(frozen=True)
class Cut:
    """A cut in two sides: what it costs every pair that it parts.

    Attributes:
        side: ``[nodes]`` whether a node is on the first side.
        edges: places, in the list of undirected edges, of those that cross.
        conductance: the sum of their conductances.
        loss: |S| |V - S| / conductance. R_uv is at least 1 / conductance for each pair that the
            cut parts (Nash-Williams), so the total resistance is at least this.
    """

    side: np.ndarray
    edges: np.ndarray
    conductance: float
    loss: float

    @property
    def sizes(self) -> tuple[int, int]:
        """Nodes on the smaller and on the larger side."""
        first = int(self.side.sum())
        return min(first, self.side.size - first), max(first, self.side.size - first)


def cut_of(graph: SimpleGraph, side: np.ndarray) -> Cut:
    """The cut between ``side`` and the rest."""
    crossing = np.flatnonzero(side[graph.ends[0]] != side[graph.ends[1]])
    conductance = float(graph.conductance[crossing].sum())
    first = int(side.sum())
    return Cut(side, crossing, conductance, first * (side.size - first) / conductance)


def narrow_cuts(graph: SimpleGraph) -> list[Cut]:
    """Candidates for the cuts with the largest ``loss`` of a connected graph, largest first.

    The cuts between levels of the slowest modes of L (whose relaxation this is) and the bridges;
    both sides are connected, or it would be several cuts. Modes about as slow as the first are one
    space, and so are those of one eigenvalue; a space is swept along the directions of
    ``spectrum.sweep``, which neither a solver nor the numbers of the nodes change. On large graphs
    an eigenvalue that has more modes than are looked at is left out. The largest loss over all cuts
    is NP-hard to find; nothing is claimed about cuts not listed.
    """
    found = {cut.edges.tobytes(): cut for cut in bridge_cuts(graph)}
    ends, weight = graph.ends, graph.conductance
    sides: dict[bytes, np.ndarray] = {}
    for modes in _slow_spaces(graph):
        for side in _level_sets(modes, ends, weight):
            sides.setdefault(side.tobytes(), side)
    for side in sides.values():
        for cut in around_pieces(graph, side):
            found.setdefault(cut.edges.tobytes(), cut)
    cuts = sorted(found.values(), key=lambda cut: cut.edges.tolist())
    worst = best_levels(np.array([cut.loss for cut in cuts]), _most_cuts(graph.num_nodes))
    return [cuts[at] for at in worst]


def _slow_spaces(graph: SimpleGraph) -> list[np.ndarray]:
    """The slowest modes of L, space by space: modes about as slow as the first, then by value."""
    size = graph.num_nodes
    edge_index, weight = graph.edge_index(), graph.edge_weight()
    count = MODES if size > SMALL else 2 * MODES
    while True:
        found = laplacian_eigenpairs(
            edge_index, size, weight, count=min(count + 2, size), normalized=False
        )
        values, vectors = found.values[1:].numpy(), found.vectors[:, 1:].numpy()
        complete = count + 2 >= size
        spaces = eigenspaces(values, complete=complete)
        if spaces or size > DENSE:
            break
        count = 2 * count if count < 4 * MODES else size
    close = [s for s in spaces if values[s.start] <= values[0] * (1 + CLOSE)]
    if len(close) == len(spaces) and not complete:
        close = close[:1]  # what is about as slow may go on beyond what is here
    first = [slice(0, close[-1].stop)] if close else []
    return [vectors[:, s] for s in first + spaces[len(close) :]]


def around_pieces(graph: SimpleGraph, side: np.ndarray) -> Iterator[Cut]:
    """The cuts around the larger pieces of ``side`` that leave the rest in one piece.

    Those as large as the second largest, at most ``MOST_PIECES``.
    """
    start, node = graph.neighbors[:2]
    label, pieces = _pieces(start, node, side)
    sizes = np.bincount(label[side], minlength=1)
    second = np.sort(sizes)[-2:][0]
    for piece in np.flatnonzero(sizes >= max(second, 1))[:MOST_PIECES]:
        around = side & (label == piece) if pieces > 1 else side
        if not around.all() and _pieces(start, node, ~around)[1] == 1:
            yield cut_of(graph, around)


@njit(cache=True, nogil=True)
@no_type_check
def _pieces(start, neighbors, side):
    """A number for the piece of ``side`` that each of its nodes is in, and how many there are."""
    label = np.full(side.size, -1, dtype=np.int64)
    waiting = np.empty(side.size, dtype=np.int64)
    pieces = 0
    for seed in range(side.size):
        if not side[seed] or label[seed] >= 0:
            continue
        label[seed], waiting[0], count = pieces, seed, 1
        while count:
            count -= 1
            node = waiting[count]
            for at in range(start[node], start[node + 1]):
                other = neighbors[at]
                if side[other] and label[other] < 0:
                    label[other] = pieces
                    waiting[count] = other
                    count += 1
        pieces += 1
    return label, pieces


def _level_sets(modes: np.ndarray, ends, weight: np.ndarray) -> list[np.ndarray]:
    """Sides of the cuts between levels that lose most, and that lose more than those beside them.

    ``CANDIDATES`` of each direction, and with them all that lose as much; of a space of several
    modes, those of the directions that show the worst.
    """
    found: dict[bytes, tuple[float, np.ndarray]] = {}
    for _, cuts in sweeps(modes, ends, weight, np.ones(len(modes))):
        loss = np.where(cuts.valid, cuts.below * (len(modes) - cuts.below) / cuts.crossing, 0.0)
        least = loss * (1 - TIE)
        peak = loss.copy()
        peak[:, 1:][loss[:, 1:] < least[:, :-1]] = 0.0
        peak[:, :-1][loss[:, :-1] < least[:, 1:]] = 0.0
        for kind in (peak, loss):
            worst = np.sort(kind, axis=1)[:, -CANDIDATES:][:, :1]
            chosen = np.nonzero((kind > 0) & (kind >= worst * (1 - TIE)))
            for function, level in zip(*chosen, strict=True):
                side = cuts.level[function] <= level
                side ^= side[0]  # a direction and its opposite show the same cut
                found.setdefault(side.tobytes(), (loss[function, level], side))
    losses, sides = zip(*found.values(), strict=True)
    order = best_levels(np.array(losses), _most_cuts(len(modes)))
    return [around for at in order for around in (sides[at], ~sides[at])]


def _most_cuts(num_nodes: int) -> int:
    return max(64, min(MOST_CUTS, MOST_ENTRIES // num_nodes))


def bridge_cuts(graph: SimpleGraph) -> Iterator[Cut]:
    """The bridges that part most pairs for their conductance."""
    count = graph.num_nodes
    source, target = graph.ends
    bridges = np.array(
        igraph.Graph(count, np.stack([source, target], axis=1)).bridges(), dtype=np.int64
    )
    if not bridges.size:
        return
    kept = np.ones(source.size, dtype=bool)
    kept[bridges] = False
    ones = np.ones(int(kept.sum()), dtype=np.int8)
    rest = csr_array((ones, (source[kept], target[kept])), shape=(count, count))
    blocks, block = connected_components(rest, directed=False)
    # what bridges leave is a tree of blocks; below a block, the places of a depth-first order are
    # those from its own to its own plus the number of blocks below
    ends = block[source[bridges]], block[target[bridges]]
    tree = csr_array((np.ones(bridges.size, np.int8), ends), shape=(blocks, blocks))
    order, parent = depth_first_order(tree + tree.T, 0, directed=False)
    place = np.empty(blocks, dtype=np.int64)
    place[order] = np.arange(blocks)
    nodes, below = np.bincount(block, minlength=blocks), np.ones(blocks, dtype=np.int64)
    for at in order[:0:-1]:
        nodes[parent[at]] += nodes[at]
        below[parent[at]] += below[at]
    child = np.where(parent[ends[0]] == ends[1], ends[0], ends[1])
    loss = nodes[child] * (count - nodes[child]) / graph.conductance[bridges]
    of_node = place[block]
    worst = np.sort(loss)[-CANDIDATES:][0]
    for at in np.flatnonzero(loss >= worst * (1 - TIE))[: _most_cuts(count)]:
        low = place[child[at]]
        yield cut_of(graph, (of_node >= low) & (of_node < low + below[child[at]]))
