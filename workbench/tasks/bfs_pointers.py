"""BFS pointers: every node points at the one from which a search reaches it first."""

import torch
from jaxtyping import Int64
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task
from workbench.typing import EdgeIndex


def bfs_pointers(
    num_nodes: int,
    *,
    probability: float | None = None,
    test_nodes: int | None = None,
    train: int = 300,
    val: int = 32,
    test: int = 100,
    generator: torch.Generator | None = None,
) -> Task:
    """Point at the predecessor of every node in a breadth-first search from a source.

    The predecessor is, of the neighbors that are one hop nearer to the source, the one with the
    least number; the source, and what no path leads to, point at themselves. As in CLRS-30, each
    node knows its number, as i / n, and whether it is the source, and the test graphs may be larger
    than those to train on. A model needs a layer for each hop.

    Graphs are random, each edge with the same chance; ``clrs_pointers`` reads CLRS-30's own.

    Args:
        num_nodes: nodes of the graphs to train on and to choose the epoch; at least 2.
        probability: chance of an edge; None for one that gives a mean degree of 4.
        test_nodes: nodes of the test graphs; as many unless given. CLRS-30: 16 and 64.
        train: graphs to train on.
        val: graphs to choose the epoch.
        test: graphs to test on.
        generator: draws graphs and sources; None for a new one with seed 0.

    Raises:
        ValueError: there are fewer than 2 nodes, or the chance is not from 0 to 1.

    Examples:
        >>> from workbench.tasks import bfs_pointers
        >>> task = bfs_pointers(8, train=2, val=1, test=1)
        >>> data = task.train[0]
        >>> source = int(data.x[:, 1].argmax())
        >>> int(data.y[source]) == source, task.target
        (True, 'pointer')

    References:
        P. Velickovic et al., The CLRS Algorithmic Reasoning Benchmark, ICML 2022, arXiv 2205.15659.
    """
    check_sizes(1_000_000, train=train, val=val, test=test)
    check_sizes(100_000, num_nodes=num_nodes, test_nodes=test_nodes or 0)
    test_nodes = num_nodes if test_nodes is None else test_nodes
    if min(num_nodes, test_nodes) < 2:
        raise ValueError(f"needs at least 2 nodes, got {num_nodes} and test_nodes={test_nodes}")
    if probability is not None and not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, got {probability}")
    if generator is None:
        generator = torch.Generator().manual_seed(0)

    def example(size: int) -> Data:
        chance = min(1.0, 4 / (size - 1)) if probability is None else probability
        upper = torch.rand(size, size, generator=generator).triu(1)
        there = (upper > 0) & (upper < chance)
        edge_index = (there | there.T).nonzero().T
        source = int(torch.randint(size, (), generator=generator))
        number = torch.arange(size)
        x = torch.stack([number / size, (number == source).float()], dim=1)
        y = predecessors(edge_index, size, source)
        return Data(x=x, edge_index=edge_index, y=y, mask=torch.ones(size, dtype=torch.bool))

    task = Task(
        name=f"bfs_pointers({num_nodes})",
        level="node",
        train=[example(num_nodes) for _ in range(train)],
        val=[example(num_nodes) for _ in range(val)],
        test=[example(test_nodes) for _ in range(test)],
        in_channels=2,
        out_channels=64,
        target="pointer",
    )
    return with_chance(task)


def predecessors(edge_index: EdgeIndex, num_nodes: int, source: int) -> Int64[Tensor, " nodes"]:
    """The least neighbor one hop nearer to ``source``, or the node itself."""
    found = torch.arange(num_nodes)
    reached = found == source
    while True:
        tail, head = edge_index[:, reached[edge_index[0]] & ~reached[edge_index[1]]]
        if not tail.numel():
            return found
        first = torch.full((num_nodes,), num_nodes).scatter_reduce(0, head, tail, "amin")
        new = first < num_nodes
        found, reached = first.where(new, found), reached | new
