"""Tasks whose labels come with the data: classes of nodes, classes of graphs."""

from collections.abc import Iterable
from itertools import accumulate

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.guessing import guessing_accuracy
from workbench.tasks.parts import (
    MASKS,
    check_fractions,
    features,
    given_masks,
    name_of,
    with_features,
)
from workbench.tasks.task import ANSWERS, Task
from workbench.topology.class_labels import check_classes


def node_labels(
    data: Data,
    *,
    split: int = 0,
    fractions: tuple[float, float, float] | None = None,
) -> Task:
    """Predict ``data.y`` at the nodes of one graph.

    Where the graph has ``train_mask``, ``val_mask`` and ``test_mask`` (``[nodes]``, or ``[nodes,
    splits]`` for several splits; one of ``[nodes]`` beside those serves all splits), ``split`` is
    the number of the split. Where it has none, or ``fractions`` are given, ``split`` is the seed of
    a random split, class by class, with each class in the train part. The three parts are the same
    graph with other masks, so the model sees every node's features and edges in training
    (transductive).

    A label of -1 is not known: such nodes are in no random part, and the name of the task says how
    many they are. Labels that are not 0 to classes - 1, such as years, are numbered in their
    order; ``Task.classes`` holds them.

    Nodes without features get one-hot vectors of their own number, as PyG's karate club has. All
    other attributes of the graph (``edge_weight``, ``edge_attr``, encodings) stay, for models that
    name them.

    Args:
        data: a graph with ``y [nodes]``, whole numbers.
        split: which split.
        fractions: shares of train, validation and test nodes in a random split; None for the
            graph's own masks, and where it has none, 0.3, 0.2, 0.5.

    Raises:
        ValueError: no ``y``, one or two of the three masks alone, masks of another kind or without
            a node, no such split, labels that are no classes, fractions that are no shares of 1, or
            more than 5,000 nodes without features.

    Examples:
        >>> from workbench.graphs import karate
        >>> from workbench.tasks import node_labels
        >>> task = node_labels(karate())
        >>> task.in_channels, task.out_channels  # a one-hot vector of each node, two clubs
        (34, 2)
    """
    labels, classes, unknown = _labels(data.get("y"), data.num_nodes, "data")
    masks = given_masks(data, split) if fractions is None else None
    if masks is None:
        generator = torch.Generator().manual_seed(split)
        masks = stratified_split(labels, fractions or (0.3, 0.2, 0.5), generator)
    x = features(data)
    answers = {"x", "edge_index", *ANSWERS, *MASKS}
    rest = {
        key: value
        for key, value in data.to_dict().items()
        if key not in answers and (isinstance(value, Tensor) or key == "num_nodes")
    }
    train, val, test = (
        Data(**rest, x=x, edge_index=data.edge_index, y=labels, mask=mask) for mask in masks
    )
    title = data.name if data.get("name") else f"{data.num_nodes} nodes"
    return Task(
        name=f"node_labels({title}, split {split}{unknown})",
        level="node",
        train=[train],
        val=[val],
        test=[test],
        in_channels=x.size(1),
        out_channels=len(classes),
        classes=classes,
        chance=guessing_accuracy(labels[masks[0]], labels[masks[2]]),
    )


def graph_labels(
    dataset: Iterable[Data],
    *,
    generator: torch.Generator | None = None,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
) -> Task:
    """Predict ``y`` of each graph of a data set, such as MUTAG.

    The split is random, class by class, with each class in the train part. Graphs keep their other
    attributes; those without features get a single feature of 1. Labels are read as in
    ``node_labels``.

    Args:
        dataset: graphs with one integer class each, such as a ``TUDataset``.
        generator: draws the split; None for a new one with seed 0.
        fractions: shares of train, validation and test graphs.

    Raises:
        ValueError: a graph has no ``y`` or more than one, labels are no classes, fractions are no
            shares of 1, or there are too few graphs for three parts.

    Examples:
        >>> import torch
        >>> from workbench.graphs import ring, star
        >>> from workbench.tasks import graph_labels
        >>> graphs = [make(n) for n in range(5, 15) for make in (ring, star)]
        >>> for number, data in enumerate(graphs):
        ...     data.y = torch.tensor([number % 2])  # 0: a ring, 1: a star
        >>> task = graph_labels(graphs)
        >>> len(task.train), len(task.val), len(task.test), task.out_channels
        (16, 2, 2, 2)
    """
    graphs = with_features(dataset)
    for index, graph in enumerate(graphs):
        if graph.get("y") is None or graph.y.numel() != 1:
            came = "none" if graph.get("y") is None else f"shape {list(graph.y.shape)}"
            raise ValueError(f"graph {index} needs one label y; got {came}")
    labels = torch.cat([graph.y.view(1) for graph in graphs])
    labels, classes, unknown = _labels(labels, len(graphs), "dataset")
    for index, graph in enumerate(graphs):
        if graph.y.dtype != torch.int64 or graph.y.dim() != 1 or graph.y != labels[index]:
            graphs[index] = graph.clone()
            graphs[index].y = labels[index : index + 1]
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    masks = stratified_split(labels, fractions, generator)
    train, val, test = ([graphs[i] for i in mask.nonzero().flatten().tolist()] for mask in masks)
    return Task(
        name=f"graph_labels({name_of(dataset, graphs)}{unknown})",
        level="graph",
        train=train,
        val=val,
        test=test,
        in_channels=graphs[0].x.size(1),
        out_channels=len(classes),
        classes=classes,
        chance=guessing_accuracy(labels[masks[0]], labels[masks[2]]),
    )


def stratified_split(
    labels: Tensor, fractions: tuple[float, float, float], generator: torch.Generator
) -> list[Tensor]:
    """Bool masks of a random train, validation and test part, each class in these fractions.

    Each class has at least one member in the train part. Sizes are rounded so that the parts of
    all classes together are as large as the fractions say, within one per part. Negative labels
    are in no part.

    Raises:
        ValueError: fractions are negative or add to more than 1, or a part comes out empty.
    """
    check_fractions(fractions)
    masks = [torch.zeros(labels.numel(), dtype=torch.bool) for _ in fractions]
    # rounded over all classes so far, so that the roundings of many small classes do not add up
    shares = list(accumulate(fractions))
    seen, last_ends = 0, [0, 0, 0]
    for label in labels[labels >= 0].unique().tolist():
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(members.numel(), generator=generator)]
        seen += members.numel()
        ends = [round(share * seen) for share in shares]
        start = 0
        for part, mask in enumerate(masks):
            stop = max(ends[part] - last_ends[part], start, 1 if part == 0 else 0)
            mask[members[start:stop]] = True
            start = stop
        last_ends = ends
    for name, mask in zip(("train", "val", "test"), masks, strict=True):
        if not bool(mask.any()):
            raise ValueError(
                f"the {name} part comes out empty: {labels.numel()} labels in fractions "
                f"{fractions}; choose larger fractions"
            )
    return masks


def _labels(y: Tensor | None, count: int, where: str) -> tuple[Tensor, tuple[int, ...], str]:
    """Class numbers from 0 ``[count]``, the labels that they stand for, and what is not known."""
    if y is None or y.numel() != count:
        came = "none" if y is None else f"shape {list(y.shape)}"
        raise ValueError(f"{where} needs one label y for each of {count}; got {came}")
    labels = y.flatten()
    if labels.is_floating_point():
        raise ValueError(
            f"{where} has labels that are no classes: {labels.dtype} such as {float(labels[0]):g}; "
            "convert them by y.long() if they are classes, predict them by graph_values if not"
        )
    labels = labels.long()
    check_classes(labels, where)
    known = labels >= 0
    classes, numbers = labels[known].unique(return_inverse=True)
    if classes.numel() < 2:
        raise ValueError(
            f"{where} has labels of one class only, {labels.unique().tolist()}: there is nothing "
            "to tell apart; give labels of two classes at least"
        )
    labels = labels.masked_scatter(known, numbers)
    unknown = f", {int((~known).sum())} of {count} labels not known (-1)" if not known.all() else ""
    return labels, tuple(classes.tolist()), unknown
