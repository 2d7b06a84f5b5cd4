"""Graph transfer: carry a class from one node to another, across the whole graph."""

from typing import Literal

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.graphs.generators.shapes import clique_path, crossed_ring, ring
from workbench.tasks.checks import check_sizes
from workbench.tasks.task import Task
from workbench.topology import components, simple_graph

FILLS = ("ones", "noise")
#: Who published the ring -> how many graphs train, choose the epoch and test.
PUBLISHED = {
    "bodnar": (5_000, 500, 500),
    "gutteridge": (1_600, 200, 200),
    "di_giovanni": (5_000, 500, 500),
}
#: Above this many nodes in the largest component, the farthest pair comes from a double sweep.
EXACT_NODES = 1000


def transfer(
    data: Data,
    *,
    source: int | None = None,
    target: int | None = None,
    num_classes: int = 5,
    fill: str = "ones",
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    generator: torch.Generator | None = None,
) -> Task:
    """Tell at ``source`` which class ``target`` holds: a task that needs the far side of a graph.

    The source has features 0, the target the one-hot vector of the class (``num_classes`` wide),
    every other node ones. The class is to be predicted at the source, and only there. A model
    with fewer layers than the hop distance cannot do better than guessing, ``1 / num_classes``.

    With ``fill="ones"`` all graphs of one class are equal, in whatever part they stand. This is
    the published task: it measures whether a signal gets through, not generalization. Its test
    value is a training value, and the best over the epochs, since the graphs that choose the
    epoch are the same too. Copies change nothing but the number of steps in an epoch, so
    each part holds each class once unless ``train``, ``val`` or ``test`` ask for more (published:
    5,000 and 500; or 1,600, 200 and 200). ``fill="noise"`` draws the features of the other nodes
    from a standard normal distribution, new for each graph, so that test graphs are unseen.

    Args:
        data: any undirected graph; of its attributes only ``edge_index`` and ``num_nodes`` are
            used. Self-loops and repeated edges stay as they are.
        source: node that predicts. By default source and target are a pair at the largest hop
            distance within the largest component, the first such pair by number; above 1,000
            nodes the pair comes from a double sweep and may be closer than the farthest.
        target: node that holds the class. It may lie in another component than the source: then
            there is nothing to learn until a rewiring joins them.
        num_classes: number of classes, and width of the features.
        fill: ``"ones"`` or ``"noise"``, the features of nodes other than source and target.
        train: number of graphs to train on, a multiple of ``num_classes``; None for one each.
        val: number of graphs that choose the epoch.
        test: number of graphs to test on.
        generator: draws the noise; None for a new one with seed 0. Nothing else is random.

    Raises:
        ValueError: the graph has no edge or is directed, only one of source and target is given,
            they are equal or no nodes of the graph, or a size is no multiple of the classes.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.tasks import transfer
        >>> task = transfer(path(6), source=5, target=0, num_classes=3)
        >>> task.train[1].x[0].tolist(), task.train[1].y[5].item()
        ([0.0, 1.0, 0.0], 1)
        >>> task.train[1].x[5].tolist()  # the source knows nothing
        [0.0, 0.0, 0.0]

    References:
        F. Di Giovanni et al., On Over-Squashing in Message Passing Neural Networks: The Impact of
        Width, Depth, and Topology, ICML 2023, arXiv 2302.02941. C. Bodnar et al., Weisfeiler and
        Lehman Go Cellular: CW Networks, NeurIPS 2021, arXiv 2106.12575 (the ring).
    """
    check_sizes(10_000, num_classes=num_classes)
    if num_classes < 2:
        raise ValueError(f"num_classes must be at least 2, got {num_classes}")
    check_choice("fill", fill, tuple(FILLS))
    if (source is None) != (target is None):
        raise ValueError(f"give both source and target or neither; got {source} and {target}")
    num_nodes, edge_index = data.num_nodes, data.edge_index.cpu()
    if source is None or target is None:
        source, target = farthest_pair(edge_index, num_nodes)
    if source == target or not (0 <= source < num_nodes and 0 <= target < num_nodes):
        raise ValueError(
            f"source and target must be two different nodes from 0 to {num_nodes - 1}; "
            f"got {source} and {target}"
        )
    if generator is None:
        generator = torch.Generator().manual_seed(0)

    mask = torch.zeros(num_nodes, dtype=torch.bool)
    mask[source] = True

    def graph(label: int) -> Data:
        if fill == "ones":
            x = torch.ones(num_nodes, num_classes)
        else:
            x = torch.randn(num_nodes, num_classes, generator=generator)
        x[source] = 0
        x[target] = torch.eye(num_classes)[label]
        y = torch.full((num_nodes,), -1)
        y[source] = label
        return Data(x=x, edge_index=edge_index, y=y, mask=mask)

    once = [graph(label) for label in range(num_classes)] if fill == "ones" else None

    def part(name: str, size: int | None) -> list[Data]:
        size = num_classes if size is None else size
        if size < num_classes or size % num_classes:
            raise ValueError(
                f"{name} must be a multiple of num_classes={num_classes}, so that classes are "
                f"balanced; got {size}"
            )
        labels = [index // (size // num_classes) for index in range(size)]
        return [once[label] if once else graph(label) for label in labels]

    return Task(
        name=f"transfer({_title(data)}, {source} from {target})",
        level="node",
        train=part("train", train),
        val=part("val", val),
        test=part("test", test),
        in_channels=num_classes,
        out_channels=num_classes,
        chance=1 / num_classes,
    )


def ring_transfer(
    num_nodes: int,
    *,
    num_classes: int = 5,
    fill: str = "ones",
    published: Literal["bodnar", "gutteridge", "di_giovanni"] | None = None,
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    generator: torch.Generator | None = None,
) -> Task:
    """``transfer`` on a ring, from node ``num_nodes // 2`` to node 0: the two are farthest apart.

    The published models have ``num_nodes // 2`` layers, as many as the distance. ``published``
    gives the parts the sizes of a paper, where ``train``, ``val`` and ``test`` do not: ``"bodnar"``
    (CW Networks, the first) 5,000, 500 and 500; ``"gutteridge"`` (DRew) 1,600, 200 and 200;
    ``"di_giovanni"`` 5,000 and 500, whose test graphs choose the epoch too. The graphs are the same
    ones. For the other options, what the parts hold and references see ``transfer``.

    Examples:
        >>> from workbench.tasks import ring_transfer
        >>> task = ring_transfer(10)
        >>> data = task.train[2]
        >>> data.mask.nonzero().flatten().tolist()  # node 0 is to say
        [0]
        >>> data.x[5].tolist(), data.y[0].item()  # what node 5 holds
        ([0.0, 0.0, 1.0, 0.0, 0.0], 2)
    """
    if published is not None:
        check_choice("published", published, tuple(PUBLISHED))
    sizes = PUBLISHED[published] if published else (None, None, None)
    train, val, test = (
        size if own is None else own for own, size in zip((train, val, test), sizes, strict=True)
    )
    return transfer(
        ring(num_nodes),
        source=0,
        target=num_nodes // 2,
        num_classes=num_classes,
        fill=fill,
        train=train,
        val=val,
        test=test,
        generator=generator,
    )


def crossed_ring_transfer(
    num_nodes: int,
    *,
    num_classes: int = 5,
    fill: str = "ones",
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    generator: torch.Generator | None = None,
) -> Task:
    """``transfer`` on a crossed ring, from node ``num_nodes // 2`` to node 0.

    The distance is that of the ring, the resistance about half, so it is the easiest of the three.
    For the options, what the parts hold and references see ``transfer``.

    Differs from the official code: an edge that it lists twice is stored once.

    Examples:
        >>> from workbench.tasks import crossed_ring_transfer
        >>> task = crossed_ring_transfer(10)
        >>> task.train[0].mask.nonzero().flatten().tolist(), task.chance
        ([0], 0.2)
    """
    return transfer(
        crossed_ring(num_nodes),
        source=0,
        target=num_nodes // 2,
        num_classes=num_classes,
        fill=fill,
        train=train,
        val=val,
        test=test,
        generator=generator,
    )


def clique_path_transfer(
    num_nodes: int,
    *,
    num_classes: int = 5,
    fill: str = "ones",
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    generator: torch.Generator | None = None,
) -> Task:
    """``transfer`` from the end of a path to node 0 of the clique that it hangs on.

    The distance is ``num_nodes // 2 + 1`` for an even number of nodes, and the published models
    have as many layers. For the options, what the parts hold and references see ``transfer``.

    Differs from the official code: each edge of the clique is stored once, not twice.

    Examples:
        >>> from workbench.tasks import clique_path_transfer
        >>> task = clique_path_transfer(10)
        >>> task.train[0].mask.nonzero().flatten().tolist(), task.chance
        ([0], 0.2)
    """
    return transfer(
        clique_path(num_nodes),
        source=0,
        target=num_nodes - 1,
        num_classes=num_classes,
        fill=fill,
        train=train,
        val=val,
        test=test,
        generator=generator,
    )


def farthest_pair(edge_index: Tensor, num_nodes: int) -> tuple[int, int]:
    """Two nodes at the largest hop distance within the largest component.

    Exact, and the first such pair by number, up to 1,000 nodes in the component. Above, breadth
    first from the component's first node to its farthest, and on from there until the distance
    grows no more: exact on trees, a lower bound elsewhere.

    Raises:
        ValueError: the graph is directed, or has no edge.
    """
    edges = simple_graph(edge_index, num_nodes)
    if edges.num_edges == 0:
        raise ValueError(
            f"a transfer task needs two connected nodes; this graph of {num_nodes} nodes has no "
            "edge, so give source and target or add edges"
        )
    part = components(edge_index, num_nodes).cpu().numpy()
    nodes = np.flatnonzero(part == np.bincount(part).argmax())
    adjacency = csr_array(edges.adjacency()[nodes][:, nodes])
    if nodes.size <= EXACT_NODES:
        hops = dijkstra(adjacency, unweighted=True)
        start, end = np.unravel_index(hops.argmax(), hops.shape)
        return int(nodes[start]), int(nodes[end])
    start, end, best = 0, 0, -1.0
    while True:
        hops = dijkstra(adjacency, unweighted=True, indices=end)
        if hops.max() <= best:
            return int(nodes[min(start, end)]), int(nodes[max(start, end)])
        best, start, end = hops.max(), end, int(hops.argmax())


def _title(data: Data) -> str:
    return str(data.name) if data.get("name") else f"{data.num_nodes} nodes"
