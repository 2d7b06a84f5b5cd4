"""Road eccentricity: how far one gets in some turns, as ten classes: the City-Networks labels."""

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from torch_geometric.data import Data

from workbench.tasks.guessing import with_chance
from workbench.tasks.parts import shares
from workbench.tasks.task import Task
from workbench.topology import simple_graph

#: Nodes whose surroundings are looked at side by side.
_BLOCK = 1 << 24


def road_eccentricity(
    data: Data,
    *,
    hops: int = 16,
    num_classes: int = 10,
    fractions: tuple[float, float, float] = (0.1, 0.1, 0.8),
    generator: torch.Generator | None = None,
) -> Task:
    """Predict how far the farthest node within some hops is, by the lengths of the roads.

    For each node the nodes within ``hops`` of it and all roads among them; in this graph, the
    length of the longest shortest way from it. These numbers, sorted, are cut into ``num_classes``
    equal chunks. A model of fewer layers does not see what the label hangs on.

    The length of a road is ``data.edge_length`` where there is one, else the distance between
    ``data.pos`` of its ends, else 1 (then almost every label is ``hops``). Nodes without features
    get their ``pos``, moved to mean 0 and scaled to deviation 1; where there is none, their number
    of neighbors.

    Args:
        data: any undirected graph.
        hops: how far a node looks.
        num_classes: how many chunks.
        fractions: shares of nodes to train on, to choose the epoch and to test on.
        generator: draws the parts; None for a new one with seed 0.

    Raises:
        ValueError: ``hops`` is less than 1, ``num_classes`` less than 2, there are fewer nodes than
            classes, lengths are negative or not one for each edge, or a part comes out empty.

    Differs from the released code: equal numbers are cut in the order of the nodes.

    Examples:
        >>> from workbench.graphs import grid
        >>> from workbench.tasks import road_eccentricity
        >>> task = road_eccentricity(grid(8, 8), hops=4, num_classes=4)
        >>> task.train[0].y.bincount().tolist()  # chunks of n // 4 + 1
        [17, 17, 17, 13]

    References:
        H. Liang, H. Saez de Ocariz Borde, B. Sripathmanathan, M. Bronstein, X. Dong, Towards
        Quantifying Long-Range Interactions in Graph Machine Learning, arXiv 2503.09008.
    """
    size = int(data.num_nodes or 0)
    if hops < 1 or num_classes < 2 or size < num_classes:
        raise ValueError(
            "needs hops of at least 1, 2 classes and as many nodes as classes; got "
            f"hops={hops}, num_classes={num_classes} and {size} nodes"
        )
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    far = local_eccentricity(data, hops)
    chunk = size // num_classes + 1
    y = torch.empty(size, dtype=torch.int64)
    y[torch.argsort(far, stable=True)] = torch.arange(size) // chunk
    order = torch.randperm(size, generator=generator)
    masks = []
    for low, high in shares(size, fractions, "nodes"):
        mask = torch.zeros(size, dtype=torch.bool)
        mask[order[low:high]] = True
        masks.append(mask)
    x = _features(data, size)
    train, val, test = (
        Data(x=x, edge_index=data.edge_index.cpu(), y=y, mask=mask) for mask in masks
    )
    title = data.name if data.get("name") else f"{size} nodes"
    task = Task(
        name=f"road_eccentricity({title}, {hops} hops)",
        level="node",
        train=[train],
        val=[val],
        test=[test],
        in_channels=x.size(1),
        out_channels=int(y.max()) + 1,
    )
    return with_chance(task)


def local_eccentricity(data: Data, hops: int) -> Float64[torch.Tensor, " nodes"]:
    """Longest of the shortest ways from each node inside the graph within ``hops`` of it."""
    size, (source, target) = int(data.num_nodes), data.edge_index.cpu().numpy()
    lengths = _lengths(data)
    order = np.argsort(-lengths, kind="stable")  # of repeated roads the shortest stays
    roads = csr_array((size, size))
    if source.size:
        keys, last = np.unique((source * size + target)[order][::-1], return_index=True)
        kept = order[::-1][last]
        roads = csr_array((lengths[kept], (keys // size, keys % size)), shape=(size, size))
    graph = simple_graph(data.edge_index.cpu(), size).adjacency()
    found = np.zeros(size)
    for nodes in np.array_split(np.arange(size), max(1, size * size // _BLOCK)):
        reach = np.isfinite(dijkstra(graph, unweighted=True, limit=hops, indices=nodes))
        for node, inside in zip(nodes, reach, strict=True):
            members = np.flatnonzero(inside)
            at = int(np.searchsorted(members, node))
            ways = dijkstra(roads[members][:, members], indices=at)
            found[node] = ways[np.isfinite(ways)].max()
    return torch.from_numpy(found)


def _lengths(data: Data) -> np.ndarray:
    """Length of each column of ``edge_index``."""
    lengths = data.get("edge_length")
    if lengths is not None:
        lengths = lengths.detach().cpu().double().view(-1).numpy()
        if lengths.size != data.edge_index.size(1) or not (lengths >= 0).all():
            raise ValueError(
                f"edge_length must be one number for each of {data.edge_index.size(1)} edges, not "
                f"negative; got {lengths.size}, the least being {lengths.min(initial=0):g}"
            )
        return np.maximum(lengths, 1e-300)  # a length of 0 would be no edge
    pos = data.get("pos")
    if pos is None:
        return np.ones(data.edge_index.size(1))
    ends = pos.detach().cpu().double()[data.edge_index.cpu()]
    return np.maximum((ends[0] - ends[1]).norm(dim=-1).numpy(), 1e-300)


def _features(data: Data, size: int) -> torch.Tensor:
    if data.get("x") is not None:
        return data.x.cpu().float()
    if data.get("pos") is None:
        return simple_graph(data.edge_index.cpu(), size).degree().float()[:, None]
    pos = data.pos.cpu().double()
    return ((pos - pos.mean(0)) / pos.std(0).clamp(min=1e-12)).float()
