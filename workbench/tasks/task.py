"""What a model is trained on: graphs in three parts, with what to predict on them."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.tasks.checks import check_alike, check_graph
from workbench.tasks.objective import Objective

PARTS = ("train", "val", "test")
LEVELS = ("node", "edge", "pair", "graph")

#: What a graph of a task holds of the answer: no transform changes it but where nodes are new.
ANSWERS = ("y", "mask", "edge_label_index")


@dataclass(frozen=True)
class Task:
    """Graphs to train on, to choose the epoch on, and to test on, and what is predicted on them.

    Each graph holds ``x [nodes, in_channels]``, ``edge_index`` and ``y``, and whatever else a model
    names (``edge_weight``, ``edge_attr``, encodings). The rows of ``y`` are, by level:

    - ``"node"``: a row for each node; only nodes that the bool ``mask [nodes]`` marks are scored;
    - ``"graph"``: one row;
    - ``"edge"`` and ``"pair"``: a row for each column of ``edge_label_index [2, pairs]``, edges of
      the graph or any pairs. They are held apart from ``edge_index``, so a rewiring leaves them.

    And what is in a row, by target:

    - ``"class"``: int64, 0 to ``out_channels - 1``;
    - ``"multilabel"``: ``out_channels`` floating-point labels, each 0, 1, or NaN where not known;
    - ``"value"``: ``out_channels`` floating-point values, NaN where not known;
    - ``"link"`` (of pairs): int64, 1 for a true pair, 0 for a negative;
    - ``"pointer"`` (of nodes or graphs): int64, the number of a node within the same graph.

    Nothing is converted: labels of another kind are refused. Graphs may stand in several parts,
    and may share tensors.

    Attributes:
        name: how records and figures call the task.
        level: ``"node"``, ``"edge"``, ``"pair"`` or ``"graph"``.
        train: graphs that the weights are fitted to.
        val: graphs that choose the best epoch.
        test: graphs that the result is measured on.
        in_channels: width of ``x``.
        out_channels: width of the model's output, as ``Objective`` says: classes, labels, values;
            for links and pointers of nodes the width of the vectors, 1 for pointers of graphs.
        metric: name of the main score, which chooses the epoch; the target's first unless given.
        chance: that score of guessing on the test part, from the answers of the train part alone.
        target: ``"class"``, ``"multilabel"``, ``"value"``, ``"link"`` or ``"pointer"``.
        metrics: names of further scores that are reported.
        loss: name of the loss, one of ``LOSSES[target]``; the first unless given.
        negatives: for links, negatives drawn at each step for each true pair of a train graph
            that gives none.
        made_by: the task and the transform that ``map`` made it of; None where it is not so made.
        classes: the labels in the data that class 0, 1, ... stand for; empty where nobody said.

    Raises:
        ValueError: a part is empty, a name is not known, the target has no place at the level,
            there is one class alone, or a graph has no nodes, lacks what is asked for or what other
            graphs have, has another width, labels out of range, or NaN or infinite ``x``,
            ``edge_weight`` or ``edge_attr``.
        TypeError: labels are of another kind than the target's.
    """

    name: str
    level: str
    train: list[Data]
    val: list[Data]
    test: list[Data]
    in_channels: int
    out_channels: int
    metric: str = ""
    chance: float = 0.0
    target: str = "class"
    metrics: tuple[str, ...] = ()
    loss: str = ""
    negatives: int | None = None
    classes: tuple[int, ...] = ()
    made_by: "Mapped | None" = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        check_choice("level", self.level, LEVELS)
        objective = self.objective
        if self.classes and len(self.classes) != self.out_channels:
            raise ValueError(
                f"classes names {len(self.classes)} labels, and out_channels={self.out_channels}"
            )
        object.__setattr__(self, "metric", objective.metrics[0])
        object.__setattr__(self, "loss", objective.loss_name)
        seen = set()
        for part in PARTS:
            graphs = getattr(self, part)
            if not graphs:
                raise ValueError(f"task {self.name!r} has no {part} graphs; give at least one")
            for index, graph in enumerate(graphs):
                # a graph that stands in many places is looked at once; links ask by the part
                if (id(graph), part if self.target == "link" else "") not in seen:
                    check_graph(graph, f"{part}[{index}] of task {self.name!r}", self)
                    seen.add((id(graph), part if self.target == "link" else ""))
        check_alike(self, {part: getattr(self, part) for part in PARTS})

    @property
    def objective(self) -> Objective:
        """The loss and the scores of this task."""
        first = (self.metric,) if self.metric else ()
        return Objective(
            level=self.level,
            target=self.target,
            out_channels=self.out_channels,
            metrics=tuple(dict.fromkeys((*first, *self.metrics))),
            loss_name=self.loss,
            negatives=self.negatives,
        )

    def map(self, transform: Callable[[Data], Data]) -> "Task":
        """The same task with ``transform`` (a rewiring, an encoding) applied to its graphs.

        Each distinct graph is transformed once, however often it stands in the parts. Graphs that
        share one ``edge_index`` tensor (and ``edge_weight``), as those of a transfer task do, are
        one structure: where the transform leaves ``x`` as it was, its new structure is given to all
        of them, so that a random rewiring cannot tell their classes apart. Where it changes ``x``,
        each graph is transformed by itself.
        """
        done: dict[int, Data] = {}
        first: dict[tuple[int, int], tuple[Data, Data]] = {}
        for graph in (graph for part in PARTS for graph in getattr(self, part)):
            if id(graph) in done:
                continue
            structure = id(graph.edge_index), id(graph.get("edge_weight"))
            source, result = first.get(structure, (None, None))
            if source is None:
                result = transform(graph)
                first[structure] = (graph, result)
                done[id(graph)] = result
            elif result.x is source.x:
                done[id(graph)] = _with_nodes_of(result, graph)
            else:
                done[id(graph)] = transform(graph)
            if self.level != "node":
                done[id(graph)] = _with_answers_of(done[id(graph)], graph)
        parts = {part: [done[id(graph)] for graph in getattr(self, part)] for part in PARTS}
        width = parts["train"][0].x.size(1)
        return replace(
            self,
            name=f"{self.name}, {transform_name(transform)}",
            in_channels=width,
            made_by=Mapped(self, transform, parts["train"]),
            **parts,
        )

    def draw(self, seed: int) -> "Task":
        """The same task with what its transforms draw at random drawn anew; itself if none does.

        A transform that draws has a method ``draw(seed)``, which gives it with another draw, as
        ``Rewire`` has. Splits and graphs stay as they are.
        """
        made = self.made_by
        if made is None or made.train is not self.train:
            return self
        again = getattr(made.transform, "draw", lambda seed: made.transform)(seed)
        source = made.source.draw(seed)
        if again is made.transform and source is made.source:
            return self
        return source.map(again)


class Mapped(NamedTuple):
    """Where a task comes from: the train graphs say whether it is still as ``map`` made it."""

    source: Task
    transform: Callable[[Data], Data]
    train: list[Data]


def _with_nodes_of(structure: Data, graph: Data) -> Data:
    """``structure`` with the features and labels of ``graph``."""
    result = copy(structure)
    for key in ("x", *ANSWERS):
        if key in graph:
            result[key] = graph[key]
    return result


def _with_answers_of(changed: Data, graph: Data) -> Data:
    """``changed`` with the labels of ``graph``: a transform may take those of pairs for edges'."""
    same = all(changed.get(key) is graph.get(key) for key in ANSWERS)
    result = changed if same else copy(changed)
    for key in () if same else ANSWERS:
        if key in graph:
            result[key] = graph[key]
    return result


def transform_name(transform: Callable) -> str:
    """The transform's ``repr`` unless that holds an address, which says nothing to a reader."""
    text = repr(transform)
    return (
        text if " at 0x" not in text else getattr(transform, "__name__", type(transform).__name__)
    )
