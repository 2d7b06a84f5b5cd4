"""Two-radius star: a bottleneck two hops wide, where nothing is far away."""

from typing import Literal

import torch
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.tasks.checks import check_sizes
from workbench.tasks.task import Task


def two_radius_star(
    num_leaves: int,
    *,
    num_centers: int = 1,
    num_classes: int = 10,
    train: int = 1000,
    val: int = 200,
    test: int = 200,
    variant: Literal["paper", "official"] = "paper",
    generator: torch.Generator | None = None,
) -> Task:
    """Tell at each of n nodes the class of its namesake on the other side of a center.

    Nodes 0 to n - 1 have a name of their own and a class; then come the centers; then n nodes with
    the same names in another order, which are to tell the class. Both sides are joined to every
    center and to nobody else: the way is two hops long, and all n classes go through the centers.
    So nothing vanishes on the way, and no edge that brings nodes nearer helps: what is too small is
    the center's state. A virtual node is one center more; attention between all nodes solves it.

    Features are the one-hot vectors of the name (centers have names too) and of the class, with one
    more case for a class that is not known.

    Args:
        num_leaves: the number n of nodes on each side, at least 2.
        num_centers: nodes between the sides; 0 for none, where only attention sees anything.
        num_classes: classes, at least 2.
        train: examples to train on.
        val: examples to choose the epoch.
        test: examples to test on.
        variant: ``"official"`` says of a class that is not known that it is the last one, as the
            released code does.
        generator: draws names and classes; None for a new one with seed 0.

    Raises:
        ValueError: a number is too small.

    Examples:
        >>> from workbench.tasks import two_radius_star
        >>> task = two_radius_star(3, train=2, val=1, test=1)
        >>> task.train[0].num_nodes, task.train[0].num_edges, task.chance
        (7, 12, 0.1)

    References:
        Y. Mishayev, Y. Sverdlov, T. Amir, N. Dym, Short-Range Oversquashing, LoG 2025, arXiv
        2511.20406.
    """
    check_choice("variant", variant, ("paper", "official"))
    check_sizes(10_000, num_leaves=num_leaves, num_centers=num_centers, num_classes=num_classes)
    check_sizes(1_000_000, train=train, val=val, test=test)
    for name, value, least in (
        ("num_leaves", num_leaves, 2),
        ("num_centers", num_centers, 0),
        ("num_classes", num_classes, 2),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    names, first = num_leaves + num_centers, num_leaves + num_centers
    size, unknown = first + num_leaves, num_classes - (variant == "official")
    centers = torch.arange(num_leaves, first)
    sides = torch.cat([torch.arange(num_leaves), torch.arange(first, size)])
    inward = torch.cartesian_prod(sides, centers).T if num_centers else sides.new_zeros(2, 0)
    edge_index = torch.cat([inward, inward.flip(0)], dim=1)
    mask = torch.arange(size) >= first

    def example() -> Data:
        name = torch.randperm(num_leaves, generator=generator)
        order = torch.randperm(num_leaves, generator=generator)
        known = torch.randint(0, num_classes, (num_leaves,), generator=generator)
        called = torch.cat([name, centers, name[order]])
        told = torch.full((size,), unknown)
        told[:num_leaves] = known
        x = torch.zeros(size, names + unknown + 1)
        x.scatter_(1, torch.stack([called, names + told], dim=1), 1.0)
        y = torch.zeros(size, dtype=torch.int64)
        y[first:] = known[order]
        return Data(x=x, edge_index=edge_index, y=y, mask=mask)

    parts = {
        part: [example() for _ in range(count)]
        for part, count in (("train", train), ("val", val), ("test", test))
    }
    return Task(
        name=f"two_radius_star({num_leaves})",
        level="node",
        in_channels=names + unknown + 1,
        out_channels=num_classes,
        chance=1 / num_classes,
        **parts,
    )
