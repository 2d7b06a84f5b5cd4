"""Where to draw the nodes of a graph that comes without positions."""

import random
from threading import Lock

import igraph
import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from workbench.graphs.generators.building import fit
from workbench.topology import check_edge_index, components
from workbench.typing import EdgeIndex

# igraph has one random generator for the whole process
_IGRAPH = Lock()


def layout(edge_index: EdgeIndex, num_nodes: int, *, seed: int = 0) -> Float32[Tensor, "nodes 2"]:
    """Positions by the force-directed method of Fruchterman and Reingold, in ``[-1, 1]``.

    Starts from pivot multidimensional scaling, which unfolds long and mesh-like graphs, and lets
    igraph's forces relax it (its grid variant from 1000 nodes on). Components are laid out by
    themselves and packed side by side; isolated nodes stand in rows. Direction, weights,
    self-loops and repeated edges make no difference. The same ``seed`` gives the same drawing.

    Examples:
        >>> from workbench.graphs import layout, ring
        >>> pos = layout(ring(6).edge_index, 6)
        >>> pos.shape, bool(pos.abs().max() <= 1)
        (torch.Size([6, 2]), True)

    References:
        Fruchterman and Reingold, "Graph Drawing by Force-directed Placement", 1991.
        Brandes and Pich, "Eigensolver Methods for Progressive Multidimensional Scaling of Large
        Data", 2006.
    """
    check_edge_index(edge_index, num_nodes)
    if num_nodes == 0:
        return torch.zeros(0, 2, device=edge_index.device)
    part = components(edge_index, num_nodes).cpu().numpy()
    size = np.bincount(part)
    order = np.argsort(part, kind="stable")
    first = np.cumsum(size) - size
    local = np.empty(num_nodes, dtype=np.int64)
    local[order] = np.arange(num_nodes) - np.repeat(first, size)
    source, target = edge_index.cpu().numpy()
    low, high = np.minimum(source, target), np.maximum(source, target)
    key = np.unique((low * num_nodes + high)[low != high])
    low, high = np.divmod(key, num_nodes)
    by_part = np.argsort(part[low], kind="stable")
    ends = np.searchsorted(part[low][by_part], np.arange(size.size + 1))

    pos = np.zeros((num_nodes, 2))
    rng = np.random.default_rng(seed)
    for p in np.flatnonzero(size > 1):
        edges = by_part[ends[p] : ends[p + 1]]
        nodes = order[first[p] : first[p] + size[p]]
        pos[nodes] = _lay_out_part(local[low[edges]], local[high[edges]], int(size[p]), rng)
    pos += _pack(pos, part, size)[part]
    return torch.from_numpy(fit(pos)).to(edge_index.device)


def _lay_out_part(source: np.ndarray, target: np.ndarray, n: int, rng: np.random.Generator):
    """Positions of one connected graph, edges about one unit long, center at 0."""
    if n == 2:
        return np.array([[-0.5, 0.0], [0.5, 0.0]])
    graph = igraph.Graph(n, np.stack([source, target], axis=1))
    start = _pivot_scaling(graph, source, target, rng)
    with _IGRAPH:
        igraph.set_random_number_generator(random.Random(int(rng.integers(2**32))))
        try:
            found = graph.layout_fruchterman_reingold(
                niter=500 if n < 300 else 100 if n < 20_000 else 30,
                seed=start.tolist(),
                start_temp=n**0.5 / (10 if n < 300 else 20),
                grid="grid" if n >= 1000 else "nogrid",
            )
        finally:
            igraph.set_random_number_generator(random)
    pos = np.array(found.coords)
    return _turn(pos - pos.mean(axis=0))


def _pivot_scaling(
    graph: igraph.Graph, source: np.ndarray, target: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Two main axes of the hop distances to at most 50 pivots, each far from the ones before."""
    n = graph.vcount()
    pivot, rows = int(rng.integers(n)), []
    for _ in range(min(n, 50)):
        rows.append(np.array(graph.distances(source=[pivot])[0]))
        pivot = int(np.min(rows, axis=0).argmax())
    squared = np.stack(rows, axis=1).astype(np.float64) ** 2
    centered = -0.5 * (
        squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    )
    _, vectors = np.linalg.eigh(centered.T @ centered)
    axes = centered @ vectors[:, [-1, -2]]
    # unit edges on average, and room for one node a unit square: expanders start as a dense ball,
    # in which the grid variant would compare all pairs
    length = np.linalg.norm(axes[source] - axes[target], axis=1).mean()
    scale = max(1 / (length or 1.0), 0.3 * n**0.5 / (axes.std() or 1.0))
    return scale * axes + 0.05 * rng.standard_normal((n, 2))


def _turn(pos: np.ndarray) -> np.ndarray:
    """The drawing turned so that its longest axis lies flat."""
    _, vectors = np.linalg.eigh(pos.T @ pos)
    return pos @ vectors[:, ::-1]


def _pack(pos: np.ndarray, part: np.ndarray, size: np.ndarray) -> np.ndarray:
    """``[parts, 2]`` shift of each part: boxes in rows, the largest first."""
    low = np.full((size.size, 2), np.inf)
    high = -low
    np.minimum.at(low, part, pos)
    np.maximum.at(high, part, pos)
    box = high - low + 1.0
    order = np.argsort(-box[:, 1], kind="stable")
    width = max(float(box[:, 0].max()), 1.2 * float(box.prod(axis=1).sum()) ** 0.5)
    corner = np.zeros_like(box)
    x = y = row = 0.0
    for p in order:
        if x > 0 and x + box[p, 0] > width:
            x, y, row = 0.0, y - row, 0.0
        corner[p] = x, y - box[p, 1]
        x, row = x + box[p, 0], max(row, float(box[p, 1]))
    return corner - low
