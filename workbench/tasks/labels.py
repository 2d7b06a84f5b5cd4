"""Tasks whose labels come with the data: classes of nodes, classes of graphs."""

from collections.abc import Iterable
from itertools import accumulate

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.tasks.guessing import guessing_accuracy
from workbench.tasks.parts import MASKS, check_fractions, features, name_of, with_features
from workbench.tasks.task import ANSWERS, Task


def node_labels(
    data: Data,
    *,
    split: int = 0,
    fractions: tuple[float, float, float] = (0.3, 0.2, 0.5),
) -> Task:
    """Predict ``data.y`` at the nodes of one graph.

    Where the graph has ``train_mask``, ``val_mask`` and ``test_mask`` (``[nodes]``, or ``[nodes,
    splits]`` for several splits), ``split`` is the number of the split. Elsewhere ``split`` is the
    seed of a random split in ``fractions``, class by class, with each class in the train part;
    nodes with a negative label are in no part. The three parts are the same graph with other
    masks, so the model sees every node's features and edges in training (transductive).

    Nodes without features get one-hot vectors of their own number, as PyG's karate club has. All
    other attributes of the graph (``edge_weight``, ``edge_attr``, encodings) stay, for models that
    name them.

    Args:
        data: a graph with ``y [nodes]``, integer classes from 0.
        split: which split.
        fractions: shares of train, validation and test nodes in a random split.

    Raises:
        ValueError: no ``y``, no such split, labels that are no classes, fractions that are no
            shares of 1, or more than 5,000 nodes without features.
    """
    labels = _labels(data.get("y"), data.num_nodes, "data")
    masks = [data.get(f"{part}_mask") for part in ("train", "val", "test")]
    if all(mask is not None for mask in masks):
        masks = [_column(mask, split) for mask in masks]
    else:
        generator = torch.Generator().manual_seed(split)
        masks = stratified_split(labels, fractions, generator)
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
        name=f"node_labels({title}, split {split})",
        level="node",
        train=[train],
        val=[val],
        test=[test],
        in_channels=x.size(1),
        out_channels=int(labels.max()) + 1,
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
    attributes; those without features get a single feature of 1.

    Args:
        dataset: graphs with one integer class each, such as a ``TUDataset``.
        generator: draws the split; None for a new one with seed 0.
        fractions: shares of train, validation and test graphs.

    Raises:
        ValueError: a graph has no ``y`` or more than one, labels are no classes, fractions are no
            shares of 1, or there are too few graphs for three parts.
    """
    graphs = with_features(dataset)
    for index, graph in enumerate(graphs):
        if graph.get("y") is None or graph.y.numel() != 1:
            came = "none" if graph.get("y") is None else f"shape {list(graph.y.shape)}"
            raise ValueError(f"graph {index} needs one label y; got {came}")
    labels = _labels(torch.cat([graph.y.view(1) for graph in graphs]), len(graphs), "dataset")
    for index, graph in enumerate(graphs):
        if graph.y.dtype != torch.int64 or graph.y.dim() != 1:
            graphs[index] = graph.clone()
            graphs[index].y = labels[index : index + 1]
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    masks = stratified_split(labels, fractions, generator)
    train, val, test = ([graphs[i] for i in mask.nonzero().flatten().tolist()] for mask in masks)
    return Task(
        name=f"graph_labels({name_of(dataset, graphs)})",
        level="graph",
        train=train,
        val=val,
        test=test,
        in_channels=graphs[0].x.size(1),
        out_channels=int(labels.max()) + 1,
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


def _labels(y: Tensor | None, count: int, where: str) -> Tensor:
    """The labels as int64 ``[count]``."""
    if y is None or y.numel() != count:
        came = "none" if y is None else f"shape {list(y.shape)}"
        raise ValueError(f"{where} needs one label y for each of {count}; got {came}")
    labels = y.flatten()
    if labels.is_floating_point():
        raise ValueError(
            f"{where} has labels that are no classes: {labels.dtype} such as {float(labels[0]):g}; "
            "convert them by y.long() if they are classes, predict them by graph_values if not"
        )
    return labels.long()


def _column(mask: Tensor, split: int) -> Tensor:
    """Split number ``split`` of a mask ``[nodes]`` or ``[nodes, splits]``."""
    columns = mask.view(mask.size(0), -1)
    if not 0 <= split < columns.size(1):
        raise ValueError(f"the graph has splits 0 to {columns.size(1) - 1}, got split={split}")
    return columns[:, split].bool()
