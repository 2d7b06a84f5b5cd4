"""TreeNeighborsMatch: all leaves of a tree have to reach its root through two edges."""

import math
from itertools import permutations
from typing import Literal

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.cost import TooLargeError
from workbench.tasks.labels import stratified_split
from workbench.tasks.task import Task

#: Most examples of a depth, and most permutations, as published.
MOST_EXAMPLES, MOST_PERMUTATIONS = 32_000, 1_000

#: Bytes that the features of all examples may take.
LARGEST = 4 << 30


def tree_neighbors_match(
    depth: int,
    *,
    num_graphs: int | None = None,
    directed: bool = True,
    self_loops: bool = True,
    variant: Literal["paper", "official"] = "paper",
    generator: torch.Generator | None = None,
) -> Task:
    """Tell at the root of a binary tree the value of the leaf whose key the root was given.

    Each of the ``2^depth`` leaves holds a key of its own and a value, in every example another
    permutation. The root learns which key is asked for and has to receive them all: a vector of
    fixed width holds fewer and fewer of them as the tree grows. A model needs ``depth`` layers to
    hear the leaves, and ``depth + 1`` are published.

    Nodes are numbered in preorder, the left child of v is v + 1. Features are the one-hot vectors
    of key and value side by side, ``2 (2^depth + 1)`` wide, with 0 for none: a linear map of them
    is the sum of two learned tables, which the published models start with. Edges go from child to
    parent, and every node has a self-loop.

    There are as many examples as published: all keys of ``min(1,000, 32,000 / leaves)`` drawn
    permutations (96 at depth 2, 8,000 at 3, 16,000 at 4, 32,000 from 5 on). Four fifths, class by
    class, are to train on; what is published is the accuracy **on these**, by which training stops,
    and a fifth to test on, here half of it to choose the epoch.

    Args:
        depth: of the tree, at least 2.
        num_graphs: so many examples, drawn among the published ones; None for all.
        directed: whether edges go up only; False for both ways, as rewirings need it.
        self_loops: whether they are there.
        variant: ``"official"`` for an output more than there are values: the released labels go
            from 1.
        generator: draws permutations and split; None for a new one with seed 0.

    Raises:
        ValueError: ``depth`` is less than 2, or there are fewer examples than asked for.
        TooLargeError: the features would take more than 4 GiB; ask for fewer ``num_graphs``.

    Examples:
        >>> from workbench.tasks import tree_neighbors_match
        >>> task = tree_neighbors_match(2)
        >>> len(task.train), task.train[0].num_nodes, task.chance
        (76, 7, 0.25)

    References:
        U. Alon, E. Yahav, On the Bottleneck of Graph Neural Networks and its Practical
        Implications, ICLR 2021, arXiv 2006.05205.
    """
    check_choice("variant", variant, ("paper", "official"))
    if depth < 2:
        raise ValueError(f"depth must be at least 2, got {depth}")
    if depth > 20:
        raise TooLargeError(f"a tree of depth {depth} has more than a million nodes; take 8 or so")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    edges, leaves = preorder_tree(depth)
    size, many = 2 ** (depth + 1) - 1, leaves.numel()
    orders = _permutations(many, depth, generator)
    count = len(orders) * many if num_graphs is None else num_graphs
    if not 1 <= count <= len(orders) * many:
        raise ValueError(
            f"there are {len(orders) * many:,} examples of depth {depth}; got "
            f"num_graphs={num_graphs}"
        )
    width = many + 1
    check_bytes(8 * size * width * count, "tree_neighbors_match", depth, count)
    chosen = torch.randperm(len(orders) * many, generator=generator)[:count]
    edge_index = upward(edges, size, directed=directed, self_loops=self_loops)
    mask, inner = torch.arange(size) == 0, torch.zeros(size, dtype=torch.int64)
    graphs, first = [], 1 if variant == "official" else 0
    for order, asked in zip((chosen // many).tolist(), (chosen % many).tolist(), strict=True):
        key, value, y = inner.clone(), inner.clone(), inner.clone()
        key[leaves], value[leaves] = torch.arange(1, many + 1), orders[order] + 1
        key[0], y[0] = asked + 1, int(orders[order][asked]) + first
        x = torch.zeros(size, 2 * width)
        x.scatter_(1, torch.stack([key, value + width], dim=1), 1.0)
        graphs.append(Data(x=x, edge_index=edge_index, y=y, mask=mask))
    train, val, test = four_fifths(graphs, generator)
    return Task(
        name=f"tree_neighbors_match({depth})",
        level="node",
        train=train,
        val=val,
        test=test,
        in_channels=2 * width,
        out_channels=many + first,
        chance=1 / many,
    )


def preorder_tree(depth: int) -> tuple[Tensor, Tensor]:
    """(edges from child to parent ``[2, nodes - 1]``, leaves) of a binary tree in preorder."""
    edges, leaves = [], []
    todo = [(0, 0)]
    while todo:
        node, level = todo.pop()
        if level == depth:
            leaves.append(node)
            continue
        children = (node + 1, node + 2 ** (depth - level))
        edges += [(child, node) for child in children]
        todo += [(child, level + 1) for child in reversed(children)]
    return torch.tensor(edges).T, torch.tensor(leaves)


def upward(edges: Tensor, num_nodes: int, *, directed: bool, self_loops: bool) -> Tensor:
    """The edges, with their reverses unless directed, and self-loops at the end."""
    parts = [edges] if directed else [edges, edges.flip(0)]
    if self_loops:
        parts.append(torch.arange(num_nodes).expand(2, -1))
    return torch.cat(parts, dim=1)


def four_fifths(graphs: list[Data], generator: torch.Generator) -> list[list[Data]]:
    """Train, validation and test part: the whole part of 0.8, and half of the rest each."""
    labels = torch.stack([graph.y[0] for graph in graphs])
    share = math.floor(0.8 * len(graphs)) / len(graphs)
    masks = stratified_split(labels, (share, (1 - share) / 2, (1 - share) / 2), generator)
    return [[graphs[i] for i in mask.nonzero().flatten().tolist()] for mask in masks]


def check_bytes(size: int, name: str, depth: int, count: int) -> None:
    """Raise where the features of all examples would be too large."""
    if size > LARGEST:
        raise TooLargeError(
            f"the features of {count:,} examples of {name}({depth}) would take "
            f"{size / 2**30:.1f} GiB, and at most {LARGEST >> 30} are allowed; ask for "
            f"num_graphs={count * LARGEST // size:,} of them"
        )


def _permutations(many: int, depth: int, generator: torch.Generator) -> Tensor:
    """Orders of the values ``[permutations, leaves]``, drawn as the released code does."""
    if depth <= 3:  # all of them, without repeats
        every = torch.tensor(list(permutations(range(many))))
        return every[torch.randperm(len(every), generator=generator)[:MOST_PERMUTATIONS]]
    count = max(1, min(MOST_PERMUTATIONS, MOST_EXAMPLES // many))
    return torch.stack([torch.randperm(many, generator=generator) for _ in range(count)])
