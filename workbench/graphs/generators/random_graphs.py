"""Random graphs. The same state of the ``generator`` gives the same graph; without one, the
system's entropy is used and every call differs. No global random state is read or changed.
"""

import math

import networkx as nx
import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from torch_geometric.data import Data

from workbench.graphs.generators.building import check_least, check_size, circle, undirected_graph


def numpy_generator(generator: torch.Generator | None) -> np.random.Generator:
    """A numpy generator seeded by one draw of ``generator``, which moves on by that draw."""
    if generator is None:
        return np.random.default_rng()
    seed = torch.randint(2**62, (), generator=generator, device=generator.device)
    return np.random.default_rng(int(seed))


def grid_with_holes(
    rows: int, columns: int, *, share: float = 0.18, generator: torch.Generator | None = None
) -> Data:
    """A grid like a street plan: a random ``share`` of the edges is taken away, never the last way.

    Removes ``floor(share * edges)`` edges of ``grid(rows, columns)`` chosen at random among those
    outside a random spanning tree, so that the graph stays connected. Numbering and drawing are
    the grid's.

    Raises:
        ValueError: ``share`` is outside 0 to 1, or larger than a connected graph allows.

    Examples:
        >>> from workbench.graphs import grid, grid_with_holes
        >>> grid(5, 5).num_edges // 2, grid_with_holes(5, 5, share=0.25).num_edges // 2
        (40, 30)
    """
    from workbench.graphs.generators.shapes import grid  # generators.py re-exports this file

    if not 0 <= share <= 1:
        raise ValueError(f"share is a part of the edges, from 0 to 1; got {share}")
    data = grid(rows, columns)
    source, target = data.edge_index[:, data.edge_index[0] < data.edge_index[1]].numpy()
    num_edges, num_nodes = source.size, rows * columns
    removed, spare = int(share * num_edges), num_edges - num_nodes + 1
    if removed > spare:
        raise ValueError(
            f"share={share} removes {removed} of the {num_edges} edges of a {rows} x {columns} "
            f"grid; only {spare} can go while it stays connected: use share <= "
            f"{math.floor(1000 * spare / max(num_edges, 1)) / 1000}"
        )
    rng = numpy_generator(generator)
    key = csr_array(
        (rng.permutation(num_edges) + 1.0, (source, target)), shape=(num_nodes, num_nodes)
    )
    keep = minimum_spanning_tree(key).tocoo()
    in_tree = np.isin(source * num_nodes + target, keep.row.astype(np.int64) * num_nodes + keep.col)
    gone = rng.choice(np.flatnonzero(~in_tree), removed, replace=False)
    name = f"grid_with_holes({rows}, {columns}, share={share})"
    pos = data.pos.numpy()
    return undirected_graph(name, np.delete(source, gone), np.delete(target, gone), num_nodes, pos)


def random_regular(
    num_nodes: int, degree: int, *, generator: torch.Generator | None = None
) -> Data:
    """Random graph in which every node has ``degree`` neighbors (networkx's pairing algorithm).

    Raises:
        ValueError: ``num_nodes * degree`` is odd, or ``degree >= num_nodes``.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import random_regular
        >>> degree(random_regular(10, 3).edge_index[0]).unique().tolist()
        [3.0]

    References:
        Steger and Wormald, "Generating random regular graphs quickly", 1999.
    """
    check_least("random_regular", num_nodes=(num_nodes, 1), degree=(degree, 0))
    name = f"random_regular({num_nodes}, {degree})"
    if degree >= num_nodes or num_nodes * degree % 2:
        nearest = max(num_nodes, degree + 1)
        nearest += nearest * degree % 2
        raise ValueError(
            f"{name} does not exist: the degree must be below num_nodes and num_nodes * degree "
            f"even; use num_nodes={nearest}"
        )
    check_size(name, num_nodes * degree / 2)
    seed = int(numpy_generator(generator).integers(2**62))
    # the pairing restarts often on dense graphs, so those are made as complements
    dense = 2 * degree >= num_nodes
    graph = nx.random_regular_graph(num_nodes - 1 - degree if dense else degree, num_nodes, seed)
    graph = nx.complement(graph) if dense else graph
    source, target = np.array(graph.edges, dtype=np.int64).reshape(-1, 2).T
    return undirected_graph(name, source, target, num_nodes)


def erdos_renyi(
    num_nodes: int, probability: float, *, generator: torch.Generator | None = None
) -> Data:
    """G(n, p): each pair is an edge with ``probability``, independently. May be disconnected.

    Time and memory grow with the number of edges, not of pairs.

    Examples:
        >>> import torch
        >>> from workbench.graphs import erdos_renyi
        >>> erdos_renyi(5, 0.0).num_edges // 2, erdos_renyi(5, 1.0).num_edges // 2
        (0, 10)
        >>> first = erdos_renyi(20, 0.3, generator=torch.Generator().manual_seed(1))
        >>> again = erdos_renyi(20, 0.3, generator=torch.Generator().manual_seed(1))
        >>> torch.equal(first.edge_index, again.edge_index)
        True
    """
    check_least("erdos_renyi", num_nodes=(num_nodes, 0))
    _check_probability("probability", probability)
    name = f"erdos_renyi({num_nodes}, {probability})"
    check_size(name, probability * num_nodes * (num_nodes - 1) / 2)
    source, target = _pairs_within(num_nodes, probability, numpy_generator(generator))
    return undirected_graph(name, source, target, num_nodes)


def sbm(
    sizes: list[int] | tuple[int, ...],
    within: float,
    between: float,
    *,
    generator: torch.Generator | None = None,
) -> Data:
    """Stochastic block model: pairs inside a block are edges with ``within``, others ``between``.

    Nodes are numbered block by block and ``y [nodes]`` is the block. Each block is drawn as a disk;
    the disks stand in a circle.

    Examples:
        >>> from workbench.graphs import sbm
        >>> data = sbm([3, 4], within=1.0, between=0.0)  # two cliques
        >>> data.num_edges // 2
        9
        >>> data.y.tolist()
        [0, 0, 0, 1, 1, 1, 1]
    """
    if not sizes:
        raise ValueError("sbm needs at least one block, got sizes=[]; for example sizes=[20, 20]")
    for size in sizes:
        check_least("sbm", size=(size, 1))
    _check_probability("within", within)
    _check_probability("between", between)
    total = sum(sizes)
    inside = sum(size * (size - 1) / 2 for size in sizes)
    name = f"sbm({list(sizes)}, {within}, {between})"
    check_size(name, within * inside + between * (total * (total - 1) / 2 - inside))
    rng = numpy_generator(generator)
    first = np.cumsum([0, *sizes])
    parts = []
    for a, size in enumerate(sizes):
        parts.append(first[a] + np.stack(_pairs_within(size, within, rng)))
        # all pairs of block a with the later blocks at once
        later = int(total - first[a + 1])
        chosen = _choose(size * later, between, rng)
        source, target = np.divmod(chosen, max(later, 1))
        parts.append(np.stack([first[a] + source, first[a + 1] + target]))
    source, target = np.concatenate(parts, axis=1)
    data = undirected_graph(name, source, target, total, _disks(sizes))
    data.y = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    return data


def _check_probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is a probability, from 0 to 1; got {value}")


def _choose(count: int, probability: float, rng: np.random.Generator) -> np.ndarray:
    """Which of ``count`` things happen, each with ``probability``: sorted numbers below ``count``.

    The number is drawn first, then that many without repeats, so that rare events cost little.
    """
    happen = int(rng.binomial(count, probability)) if count else 0
    if 2 * happen > count:
        return np.setdiff1d(np.arange(count), rng.choice(count, count - happen, replace=False))
    return np.sort(rng.choice(count, happen, replace=False)) if happen else np.zeros(0, np.int64)


def _pairs_within(
    size: int, probability: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs ``u > v`` of ``size`` nodes; pair number ``u (u - 1) / 2 + v``."""
    chosen = _choose(size * (size - 1) // 2, probability, rng)
    larger = ((1 + np.sqrt(8.0 * chosen + 1)) / 2).astype(np.int64)
    # the square root of a large number may be one off
    larger -= larger * (larger - 1) // 2 > chosen
    larger += (larger + 1) * larger // 2 <= chosen
    return larger, chosen - larger * (larger - 1) // 2


def _disks(sizes: list[int] | tuple[int, ...]) -> np.ndarray:
    """Sunflower points: one disk a block with area in proportion to its size, in a circle."""
    radii = np.sqrt(np.array(sizes) / max(sizes))
    distance = 0.0 if len(sizes) == 1 else 1.25 / math.sin(math.pi / len(sizes))
    disks = []
    for center, radius, size in zip(
        distance * circle(len(sizes), start=math.pi), radii, sizes, strict=True
    ):
        k = np.arange(size)
        angle = k * math.pi * (3 - math.sqrt(5))
        r = radius * np.sqrt((k + 0.5) / size)
        disks.append(center + np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1))
    return np.concatenate(disks)
