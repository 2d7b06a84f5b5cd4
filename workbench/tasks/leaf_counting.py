"""LeafCounting: how many leaves of a tree are marked, told at its root."""

import torch
from torch_geometric.data import Data

from workbench.tasks.checks import check_sizes
from workbench.tasks.task import Task
from workbench.tasks.tree_neighbors_match import check_bytes, four_fifths, preorder_tree, upward


def leaf_counting(
    depth: int,
    *,
    num_graphs: int = 32_000,
    directed: bool = True,
    self_loops: bool = True,
    generator: torch.Generator | None = None,
) -> Task:
    """Count at the root of a binary tree the leaves that are marked.

    The tree is that of ``tree_neighbors_match``. Features are the one-hot vector of the node's
    number and its mark, 0 or 1: 0 at the root (which has the number 0) and inside. Marks are drawn
    at random, none twice. Counts in the middle are the most frequent: those that come more often
    than the mean are kept, and each as often as the mean, so that the classes are equally large.
    Class 0 is the least count that is kept (``Task.classes`` says which).

    Four fifths of each class are to train on, a tenth to choose the epoch and a tenth to test on
    (published: four fifths and one fifth).

    Args:
        depth: of the tree, at least 2. Published: 4 and more.
        num_graphs: examples that are drawn, of which about half are kept; all there are where there
            are fewer.
        directed: whether edges go up only; False for both ways, as rewirings need it.
        self_loops: whether they are there.
        generator: draws marks and split; None for a new one with seed 0.

    Raises:
        ValueError: ``depth`` is less than 2, or ``num_graphs`` is so small that a part comes out
            empty.
        TooLargeError: the features would take more than 4 GiB; ask for fewer ``num_graphs``.

    Examples:
        >>> from workbench.tasks import leaf_counting
        >>> task = leaf_counting(4, num_graphs=500)
        >>> task.train[0].num_nodes, task.in_channels  # 31 numbers and a mark
        (31, 32)

    References:
        C. Qian, A. Manolache et al., Probabilistically Rewired Message-Passing Neural Networks,
        ICLR 2024, arXiv 2310.02156.
    """
    check_sizes(20, depth=depth)
    if depth < 2 or num_graphs < 1:
        raise ValueError(f"depth must be at least 2 and num_graphs 1; got {depth}, {num_graphs}")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    size, many = 2 ** (depth + 1) - 1, 2**depth
    check_bytes(4 * size * (size + 1) * num_graphs, "leaf_counting", depth, num_graphs)
    edges, leaves = preorder_tree(depth)
    if many <= 16:
        numbers = torch.randperm(2**many, generator=generator)[:num_graphs]
        marks = numbers[:, None] >> torch.arange(many) & 1
    else:  # so many marks are hardly ever drawn twice
        marks = torch.randint(0, 2, (num_graphs, many), generator=generator).unique(dim=0)
        marks = marks[torch.randperm(len(marks), generator=generator)]
    count = marks.sum(1)
    times = torch.bincount(count)
    each = int(times[times > 0].double().mean())
    kept = (times > each).nonzero().flatten()
    edge_index = upward(edges, size, directed=directed, self_loops=self_loops)
    mask, number = torch.arange(size) == 0, torch.eye(size, size + 1)
    graphs = []
    for label, value in enumerate(kept.tolist()):
        for row in (count == value).nonzero().flatten()[:each].tolist():
            x, y = number.clone(), torch.zeros(size, dtype=torch.int64)
            x[leaves, -1], y[0] = marks[row].float(), label
            graphs.append(Data(x=x, edge_index=edge_index, y=y, mask=mask))
    if not graphs:
        raise ValueError(f"no count comes often enough among {num_graphs} examples; ask for more")
    train, val, test = four_fifths(graphs, generator)
    return Task(
        name=f"leaf_counting({depth})",
        level="node",
        train=train,
        val=val,
        test=test,
        in_channels=size + 1,
        out_channels=kept.numel(),
        classes=tuple(kept.tolist()),
        chance=1 / kept.numel(),
    )
