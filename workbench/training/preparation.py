"""What a model requires of the graphs of a task: made once, before the first step."""

from dataclasses import replace

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch_geometric.data import Data

from workbench.capture import missing_arguments, prepare
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


def check_model(model: nn.Module, task: Task, batch_size: int) -> None:
    """Raise where the model cannot be trained on this task in batches of this size.

    Raises:
        ValueError: nothing to train, weights made in inference mode, or batch normalization that
            will meet a graph of one node alone in the last batch.
    """
    name = type(model).__name__
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError(f"{name} has no parameters to train")
    if any(p.is_inference() for p in model.parameters()):
        raise ValueError(f"{name} was made under torch.inference_mode(); make it outside")
    norms = any(isinstance(part, _BatchNorm) for part in model.modules())
    if norms and len(task.train) % batch_size == (1 if batch_size > 1 else 0):
        single = [index for index, graph in enumerate(task.train) if graph.num_nodes == 1]
        if single:
            raise ValueError(
                f"{name} normalizes over the batch, {len(task.train)} train graphs in batches of "
                f"{batch_size} leave one alone, and train[{single[0]}] has a single node, which "
                "has no variance: choose another batch_size, or a norm of each row"
            )


def requirements(model: nn.Module) -> list[str]:
    """The transforms that a model and the modules within it require, in words for a record."""
    return [
        transform_name(transform)
        for part in model.modules()
        for transform in getattr(part, "requires", ())
    ]


def _check(model: nn.Module, graph: Data, where: str, task: Task) -> None:
    missing = missing_arguments(model, graph)
    if missing:
        made = getattr(model, "requires", ())
        unmade = f"no transform of {list(made)} makes" if made else "it names no transform to make"
        raise TypeError(
            f"{type(model).__name__} cannot be trained on {task.name}: it needs {missing[0]!r}, "
            f"which {where} does not have (it has {', '.join(graph.keys())}) and {unmade}; add it "
            "to the graphs, as by task.map(transform), or name its transform in model.requires"
        )
