"""Neighbor recall: remember what all neighbors said until the question comes."""

import torch
from torch_geometric.data import Data

from workbench.tasks.checks import check_sizes
from workbench.tasks.task import Task


def neighbor_recall(
    num_keys: int,
    *,
    num_classes: int | None = None,
    train: int = 1000,
    val: int = 200,
    test: int = 200,
    generator: torch.Generator | None = None,
) -> Task:
    """Tell at a node the class of the one among its neighbors whose key is asked for, too late.

    Node 0 has ``num_keys`` neighbors with a key and a class each (nodes 3, 4, ...), and another
    one, node 1, behind which node 2 holds the key that is asked for. In the first layer node 0
    hears all neighbors, in the second it hears the question: it must have kept every class in its
    state. The number of keys at which a model of some width fails is what its states can hold, with
    nothing far away and no gradient that vanishes.

    Features are the one-hot vectors of key and of class side by side, each with one more case for
    none.

    Args:
        num_keys: how many neighbors have a key, at least 2.
        num_classes: as many as keys unless given.
        train: examples to train on.
        val: examples to choose the epoch.
        test: examples to test on.
        generator: draws classes and questions; None for a new one with seed 0.

    Raises:
        ValueError: ``num_keys`` or ``num_classes`` is less than 2.

    Examples:
        >>> from workbench.tasks import neighbor_recall
        >>> task = neighbor_recall(4, train=2, val=1, test=1)
        >>> data = task.train[0]
        >>> data.num_nodes, data.mask.nonzero().flatten().tolist(), task.in_channels
        (7, [0], 10)

    References:
        H. Blayney, A. Arroyo, X. Dong, M. Bronstein, gLSTM: Mitigating Over-Squashing by Increasing
        Storage Capacity, arXiv 2510.08450.
    """
    check_sizes(10_000, num_keys=num_keys)
    num_classes = num_keys if num_classes is None else num_classes
    if min(num_keys, num_classes) < 2:
        raise ValueError(
            f"num_keys and num_classes must be at least 2, got {num_keys} and {num_classes}"
        )
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    size = num_keys + 3
    around = torch.tensor([[0, 1], [1, 2]] + [[0, 3 + key] for key in range(num_keys)]).T
    edge_index = torch.cat([around, around.flip(0)], dim=1)
    mask = torch.arange(size) == 0

    def example() -> Data:
        known = torch.randint(0, num_classes, (num_keys,), generator=generator)
        asked = int(torch.randint(0, num_keys, (), generator=generator))
        key, told = torch.full((size,), num_keys), torch.full((size,), num_classes)
        key[3:], told[3:], key[2] = torch.arange(num_keys), known, asked
        x = torch.zeros(size, num_keys + num_classes + 2)
        x.scatter_(1, torch.stack([key, num_keys + 1 + told], dim=1), 1.0)
        y = torch.zeros(size, dtype=torch.int64)
        y[0] = known[asked]
        return Data(x=x, edge_index=edge_index, y=y, mask=mask)

    parts = {
        part: [example() for _ in range(count)]
        for part, count in (("train", train), ("val", val), ("test", test))
    }
    return Task(
        name=f"neighbor_recall({num_keys})",
        level="node",
        in_channels=num_keys + num_classes + 2,
        out_channels=num_classes,
        chance=1 / num_classes,
        **parts,
    )
