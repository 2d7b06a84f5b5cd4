"""What a model is trained on: graphs in three parts, with what to predict on them."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

import torch
from torch_geometric.data import Data

PARTS = ("train", "val", "test")
LEVELS = ("node", "graph")


@dataclass(frozen=True)
class Task:
    """A classification task: graphs to train on, to choose the epoch on, and to test on.

    Each graph holds ``x [nodes, in_channels]``, ``edge_index`` and ``y``. At level ``"node"``,
    ``y [nodes]`` has a class for each node that the bool ``mask [nodes]`` marks, and only those
    are scored; at level ``"graph"``, ``y`` has one class. Graphs may stand in several parts, and
    may share tensors.

    Attributes:
        name: how records and figures call the task.
        level: ``"node"`` or ``"graph"``.
        train: graphs that the weights are fitted to.
        val: graphs that choose the best epoch.
        test: graphs that the result is measured on.
        in_channels: width of ``x``.
        out_channels: number of classes.
        metric: name of the score, higher is better.
        chance: the score of guessing: on the test part, the accuracy of always answering with
            the most frequent class of the train part.

    Raises:
        ValueError: a part is empty, or a graph lacks what its level asks for or has another width.
    """

    name: str
    level: str
    train: list[Data]
    val: list[Data]
    test: list[Data]
    in_channels: int
    out_channels: int
    metric: str = "accuracy"
    chance: float = 0.0

    def __post_init__(self):
        if self.level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {self.level!r}")
        for part in PARTS:
            graphs = getattr(self, part)
            if not graphs:
                raise ValueError(f"task {self.name!r} has no {part} graphs; give at least one")
            for index, graph in enumerate(graphs):
                _check_graph(graph, f"{part}[{index}] of task {self.name!r}", self)

    def map(self, transform: Callable[[Data], Data]) -> "Task":
        """The same task with ``transform`` (a rewiring, an encoding) applied to its graphs.

        Each distinct graph is transformed once, however often it stands in the parts. Graphs that
        share one ``edge_index`` tensor, as those of a transfer task do, are one structure: where
        the transform leaves ``x`` as it was, its new structure is given to all of them, so that a
        random rewiring cannot tell their classes apart. Where it changes ``x``, each graph is
        transformed by itself.
        """
        done: dict[int, Data] = {}
        first: dict[int, tuple[Data, Data]] = {}
        for graph in (graph for part in PARTS for graph in getattr(self, part)):
            if id(graph) in done:
                continue
            source, result = first.get(id(graph.edge_index), (None, None))
            if source is None:
                result = transform(graph)
                first[id(graph.edge_index)] = (graph, result)
                done[id(graph)] = result
            elif result.x is source.x:
                done[id(graph)] = _with_nodes_of(result, graph)
            else:
                done[id(graph)] = transform(graph)
        parts = {part: [done[id(graph)] for graph in getattr(self, part)] for part in PARTS}
        width = parts["train"][0].x.size(1)
        return replace(self, name=f"{self.name}, {_name(transform)}", in_channels=width, **parts)


def guessing_accuracy(train: torch.Tensor, test: torch.Tensor) -> float:
    """Accuracy on labels ``test`` of always answering the most frequent label of ``train``."""
    return float((test == train.mode().values).double().mean())


def _with_nodes_of(structure: Data, graph: Data) -> Data:
    """``structure`` with the features and labels of ``graph``."""
    result = copy(structure)
    for key in ("x", "y", "mask"):
        if key in graph:
            result[key] = graph[key]
    return result


def _name(transform: Callable) -> str:
    """The transform's ``repr`` unless that holds an address, which says nothing to a reader."""
    text = repr(transform)
    return (
        text if " at 0x" not in text else getattr(transform, "__name__", type(transform).__name__)
    )


def _check_graph(graph: Data, where: str, task: Task) -> None:
    for key in ("x", "edge_index", "y", *(("mask",) if task.level == "node" else ())):
        if graph.get(key) is None:
            raise ValueError(f"{where} has no {key}; a {task.level}-level task needs it")
    if graph.x.dim() != 2 or graph.x.size(1) != task.in_channels:
        raise ValueError(
            f"{where} has x of shape {list(graph.x.shape)}; "
            f"expected [nodes, in_channels] with in_channels={task.in_channels}"
        )
    labels = graph.y
    if task.level == "node":
        if graph.mask.dtype != torch.bool or not bool(graph.mask.any()):
            raise ValueError(f"{where} scores no node; mask must be bool and mark at least one")
        labels = graph.y[graph.mask]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= task.out_channels:
        raise ValueError(
            f"{where} has labels {low} to {high}; expected 0 to {task.out_channels - 1} "
            f"(out_channels={task.out_channels})"
        )
