"""What a model requires of the graphs of a task: made once, before the first step."""

from dataclasses import replace

from torch import nn
from torch_geometric.data import Data

from workbench.capture import lacking, prepare
from workbench.tasks import Task
from workbench.tasks.task import PARTS, transform_name
from workbench.training.pair_head import OnPairs


def prepared_task(model: nn.Module, task: Task) -> Task:
    """The task with what ``model`` requires in its graphs, each distinct graph prepared once.

    ``workbench.capture.prepare`` makes it. The graphs of ``task`` stay as they are, and where they
    lack nothing the result is ``task`` itself.

    Raises:
        TypeError: the model needs an attribute that neither a graph nor a transform gives.
    """
    reader = model
    while isinstance(reader, OnPairs):
        reader = reader.model
    done: dict[int, Data] = {}
    for part in PARTS:
        for index, graph in enumerate(getattr(task, part)):
            if id(graph) not in done:
                done[id(graph)] = ready = prepare(model, graph)
                _check(reader, ready, f"{part}[{index}]", task)
    if all(id(graph) == key for key, graph in done.items()):
        return task
    parts = {part: [done[id(graph)] for graph in getattr(task, part)] for part in PARTS}
    return replace(task, **parts)


def requirements(model: nn.Module) -> list[str]:
    """The transforms that a model and the modules within it require, in words for a record."""
    return [
        transform_name(transform)
        for part in model.modules()
        for transform in getattr(part, "requires", ())
    ]


def _check(model: nn.Module, graph: Data, where: str, task: Task) -> None:
    missing = lacking(model, graph)
    if missing:
        made = getattr(model, "requires", ())
        unmade = f"no transform of {list(made)} makes" if made else "it names no transform to make"
        raise TypeError(
            f"{type(model).__name__} cannot be trained on {task.name}: it needs {missing[0]!r}, "
            f"which {where} does not have (it has {', '.join(graph.keys())}) and {unmade}; add it "
            "to the graphs, as by task.map(transform), or name its transform in model.requires"
        )
