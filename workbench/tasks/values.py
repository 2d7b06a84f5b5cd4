"""Tasks over whole graphs with measured values, or with several labels each."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch_geometric.data import Data

from workbench.tasks.guessing import guessing_score
from workbench.tasks.parts import name_of, split_parts, with_features
from workbench.tasks.task import Task


def graph_values(
    dataset: Iterable[Data],
    *,
    generator: torch.Generator | None = None,
    fractions: tuple[float, float, float] | None = None,
    metric: str = "mae",
    loss: str = "absolute_error",
) -> Task:
    """Predict the values ``y`` of each graph, such as the solubility of a molecule.

    Values stay in their unit; NaN is a value that is not known. Guessing answers with the median
    of the train part. Graphs keep their other attributes; those without features get a single
    feature of 1.

    Args:
        dataset: graphs with ``y [1]`` or ``[1, values]``, floating-point.
        generator: draws the split; None for a new one with seed 0.
        fractions: shares of train, validation and test graphs in a random split; None for the parts
            that the data set comes with, or else 0.8, 0.1, 0.1.
        metric: ``"mae"``, ``"rmse"`` or ``"r2"``; chooses the epoch.
        loss: ``"absolute_error"`` or ``"squared_error"``.

    Raises:
        ValueError: a graph has no ``y`` or of another width, or a part comes out empty.
        TypeError: ``y`` is not floating-point.
    """
    return _graph_task(
        dataset, "value", "graph_values", generator, fractions, metric=metric, loss=loss
    )


def graph_multilabels(
    dataset: Iterable[Data],
    *,
    generator: torch.Generator | None = None,
    fractions: tuple[float, float, float] | None = None,
    metric: str = "average_precision",
) -> Task:
    """Predict the labels ``y`` of each graph, any number of which hold, such as Peptides-func.

    NaN is a label that is not known. Guessing scores all graphs alike. Graphs keep their other
    attributes; those without features get a single feature of 1.

    Args:
        dataset: graphs with ``y [1, labels]``, floating-point 0, 1 or NaN.
        generator: draws the split; None for a new one with seed 0.
        fractions: as in ``graph_values``.
        metric: ``"average_precision"`` or ``"auroc"``; chooses the epoch.

    Raises:
        ValueError: a graph has no ``y`` or of another width, a label is none, a part comes out
            empty, or no label of the test part has both a positive and a negative.
        TypeError: ``y`` is not floating-point.
    """
    return _graph_task(
        dataset, "multilabel", "graph_multilabels", generator, fractions, metric=metric
    )


def _graph_task(
    dataset: Iterable[Data],
    target: str,
    name: str,
    generator: torch.Generator | None,
    fractions: tuple[float, float, float] | None,
    **options: str,
) -> Task:
    graphs = with_features(dataset)
    for index, graph in enumerate(graphs):
        if graph.get("y") is None:
            raise ValueError(f"graph {index} needs {target}s y; got none")
    width = max(graphs[0].y.numel(), 1)
    parts = split_parts(dataset, len(graphs), fractions, generator)
    train, val, test = ([graphs[i] for i in part] for part in parts)
    task = Task(
        name=f"{name}({name_of(dataset, graphs)})",
        level="graph",
        train=train,
        val=val,
        test=test,
        in_channels=graphs[0].x.size(1),
        out_channels=width,
        target=target,
        **options,
    )
    return replace(task, chance=guessing_score(task.objective, train, test))
