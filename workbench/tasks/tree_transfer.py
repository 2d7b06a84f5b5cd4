"""Tree transfer: carry a class from the last leaf of a tree to its root."""

import torch

from workbench.graphs.generators.shapes import tree
from workbench.tasks.task import Task
from workbench.tasks.transfer import transfer


def tree_transfer(
    depth: int,
    *,
    branching: int = 2,
    num_classes: int = 5,
    fill: str = "ones",
    train: int | None = None,
    val: int | None = None,
    test: int | None = None,
    generator: torch.Generator | None = None,
) -> Task:
    """``transfer`` on a complete tree, from its last leaf to the root, ``depth`` hops away.

    The way is the only one, and what is carried on it is mixed with more and more branches. For the
    options, what the parts hold and references see ``transfer``.

    Examples:
        >>> from workbench.tasks import tree_transfer
        >>> task = tree_transfer(3)
        >>> data = task.train[2]
        >>> data.num_nodes, data.mask.nonzero().flatten().tolist()  # the root is to say
        (15, [0])
        >>> data.x[14].tolist()  # what the last leaf holds
        [0.0, 0.0, 1.0, 0.0, 0.0]
    """
    data = tree(depth, branching)
    return transfer(
        data,
        source=0,
        target=int(data.num_nodes) - 1,
        num_classes=num_classes,
        fill=fill,
        train=train,
        val=val,
        test=test,
        generator=generator,
    )
