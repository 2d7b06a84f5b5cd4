"""Narrow cuts of a connected graph: along its slowest modes, and at its bridges."""

from collections.abc import Iterator
from dataclasses import dataclass

import igraph
import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order

from workbench.diagnostics import laplacian_eigenpairs
from workbench.diagnostics.summary.directions import mixed_modes
from workbench.graphs.edges import UndirectedEdges

#: Level sets of each mode, and bridges, that are compared.
CANDIDATES = 16

#: Modes that are looked at, and up to which size twice as many.
MODES, SMALL = 4, 20_000


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


def cut_of(graph: UndirectedEdges, side: np.ndarray) -> Cut:
    """The cut between ``side`` and the rest."""
    crossing = np.flatnonzero(side[graph.source.numpy()] != side[graph.target.numpy()])
    conductance = float(graph.weight.numpy()[crossing].sum())
    first = int(side.sum())
    return Cut(side, crossing, conductance, first * (side.size - first) / conductance)


def narrow_cuts(graph: UndirectedEdges) -> list[Cut]:
    """Candidates for the cuts with the largest ``loss`` of a connected graph, largest first.

    The level sets of the slowest modes of L (whose relaxation this is), of mixtures of those that
    are equally slow, and the bridges; both sides are connected, or it would be several cuts. The
    largest loss over all cuts is NP-hard to find; nothing is claimed about cuts not listed.
    """
    edge_index = torch.stack([graph.source, graph.target])
    edge_index = torch.cat([edge_index, edge_index.flip(0)], dim=1)
    weight = graph.weight.repeat(2)
    modes = MODES if graph.num_nodes > SMALL else 2 * MODES
    count = min(modes + 1, graph.num_nodes)
    modes = laplacian_eigenpairs(edge_index, graph.num_nodes, weight, count=count, normalized=False)
    values, vectors = modes.values[1:].numpy(), modes.vectors[:, 1:].numpy()
    found = {cut.edges.tobytes(): cut for cut in _bridge_cuts(graph)}
    for mode in mixed_modes(values, vectors, lambda mode: _losses(graph, mode)[1].max()):
        for side in _level_sets(graph, mode):
            for cut in _parts(graph, side):
                found.setdefault(cut.edges.tobytes(), cut)
    # equals in the order of their edges, whatever order the modes of a symmetric graph come in
    return sorted(found.values(), key=lambda cut: (-float(f"{cut.loss:.9g}"), cut.edges.tolist()))


def _parts(graph: UndirectedEdges, side: np.ndarray) -> Iterator[Cut]:
    """The cuts around the larger pieces of ``side`` that leave the rest in one piece."""
    label = _pieces(graph, side)
    sizes = np.bincount(label[side])
    for piece in np.argsort(-sizes, kind="stable")[:2]:
        around = side & (label == piece)
        rest = ~around
        if sizes[piece] and rest.any() and np.ptp(_pieces(graph, rest)[rest]) == 0:
            yield cut_of(graph, around)


def _pieces(graph: UndirectedEdges, side: np.ndarray) -> np.ndarray:
    """A number for the piece of ``side`` that each of its nodes is in."""
    source, target = graph.source.numpy(), graph.target.numpy()
    inside = side[source] & side[target]
    ones, shape = np.ones(int(inside.sum()), dtype=np.int8), (graph.num_nodes,) * 2
    edges = csr_array((ones, (source[inside], target[inside])), shape=shape)
    return connected_components(edges, directed=False)[1]


def _losses(graph: UndirectedEdges, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each node's place when sorted by ``values``, and the loss of the cut after each place."""
    count = graph.num_nodes
    order = np.argsort(values, kind="stable")
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    first, second = place[graph.source.numpy()], place[graph.target.numpy()]
    change = np.bincount(np.minimum(first, second), graph.weight.numpy(), count)
    change -= np.bincount(np.maximum(first, second), graph.weight.numpy(), count)
    before = np.arange(1, count)
    # a running sum may end a rounding below a cut of nothing, which a connected graph has not
    crossing = np.maximum(np.cumsum(change)[:-1], float(graph.weight.min()) / 2)
    return place, before * (count - before) / crossing


def _level_sets(graph: UndirectedEdges, values: np.ndarray) -> Iterator[np.ndarray]:
    """Sides of the cuts between nodes sorted by ``values`` that lose more than those beside."""
    place, loss = _losses(graph, values)
    around = np.concatenate([[0.0], loss, [0.0]])
    peaks = np.flatnonzero((loss >= around[:-2]) & (loss >= around[2:]))
    best = peaks[np.argsort(-loss[peaks], kind="stable")[:CANDIDATES]]
    for at in best:
        side = place <= at
        yield from (side, ~side)


def _bridge_cuts(graph: UndirectedEdges) -> Iterator[Cut]:
    """The bridges that part most pairs for their conductance."""
    count = graph.num_nodes
    source, target = graph.source.numpy(), graph.target.numpy()
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
    loss = nodes[child] * (count - nodes[child]) / graph.weight.numpy()[bridges]
    of_node = place[block]
    for at in np.argsort(-loss, kind="stable")[:CANDIDATES]:
        low = place[child[at]]
        yield cut_of(graph, (of_node >= low) & (of_node < low + below[child[at]]))
