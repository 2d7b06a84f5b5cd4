"""RootNeighbors: hear the neighbors that have a certain degree, and nobody else."""

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task

#: Neighbors of the root with this many children have degree 6: those that count.
HUB_CHILDREN = 5
#: (least, most) hubs and neighbors of a root, to train on and to be judged by.
TRAIN, JUDGED = ((1, 3), (3, 10)), ((3, 5), (5, 10))


def root_neighbors(
    num_trees: int = 1000, *, channels: int = 5, generator: torch.Generator | None = None
) -> Task:
    """Predict, at the root of a tree, the mean feature of its neighbors that have degree 6.

    Whom a node has to hear depends on what it cannot see in one step: the degree of the sender. A
    model whose nodes all say something to everyone mixes it with the rest. Features are uniform on
    [-2, 2]. The root has 3 to 10 neighbors, of which 1 to 3, the hubs, have five children; the
    others have 1 or 2. To validate and to test, there are 5 to 10 neighbors and 3 to 5 hubs.

    The published score of guessing 0 is a mean absolute error of 0.474: the mean over the numbers
    of hubs of how far a mean of so many features lies from 0.

    Args:
        num_trees: trees of each part.
        channels: width of the features, and of the prediction.
        generator: draws everything; None for a new one with seed 0.

    Raises:
        ValueError: ``num_trees`` or ``channels`` is less than 1.

    Examples:
        >>> from workbench.tasks import root_neighbors
        >>> task = root_neighbors(num_trees=3)
        >>> len(task.train), task.out_channels, task.target
        (3, 5, 'value')
        >>> [int(data.mask.sum()) for data in task.train]  # the root alone
        [1, 1, 1]

    References:
        B. Finkelshtein, X. Huang, M. Bronstein, I. Ceylan, Cooperative Graph Neural Networks,
        ICML 2024, arXiv 2310.01267.
    """
    check_sizes(1_000_000, num_trees=num_trees, channels=channels)
    for name, value in (("num_trees", num_trees), ("channels", channels)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    train, val, test = (
        [_tree(*sizes, channels, generator) for _ in range(num_trees)]
        for sizes in (TRAIN, JUDGED, JUDGED)
    )
    task = Task(
        name=f"root_neighbors({num_trees})",
        level="node",
        target="value",
        train=train,
        val=val,
        test=test,
        in_channels=channels,
        out_channels=channels,
    )
    return with_chance(task)


def _tree(
    hubs: tuple[int, int], neighbors: tuple[int, int], channels: int, generator: torch.Generator
) -> Data:
    """One tree: node 0 is the root, 1, 2, ... its neighbors, hubs first, then their children."""
    count, around = _between(*hubs, generator), _between(*neighbors, generator)
    count = min(count, around)
    children = torch.randint(1, 3, (around,), generator=generator)
    children[:count] = HUB_CHILDREN
    parent = torch.cat(
        [
            torch.zeros(around, dtype=torch.int64),
            (torch.arange(around) + 1).repeat_interleave(children),
        ]
    )
    size = 1 + parent.numel()
    down = torch.stack([parent, torch.arange(1, size)])
    x = 4 * torch.rand(size, channels, generator=generator) - 2
    y, mask = torch.zeros(size, channels), torch.zeros(size, dtype=torch.bool)
    y[0], mask[0] = x[1 : 1 + count].mean(0), True
    return Data(x=x, edge_index=torch.cat([down, down.flip(0)], dim=1), y=y, mask=mask)


def _between(low: int, high: int, generator: torch.Generator) -> Tensor:
    return torch.randint(low, high + 1, (), generator=generator)
