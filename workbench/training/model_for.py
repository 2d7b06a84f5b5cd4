"""A model of ours for a task: the widths, the level and the head that it asks for."""

from typing import Any

from torch import nn

from workbench.models import MODELS
from workbench.tasks import Task
from workbench.training.pair_head import OnPairs


def model_for(
    task: Task, name: str, *, width: int = 64, num_layers: int = 4, **options: Any
) -> nn.Module:
    """A new model of ``MODELS`` that gives what the task reads.

    Args:
        task: says the widths of input and output, and the level.
        name: a name of ``MODELS``.
        width: of the hidden layers.
        num_layers: message-passing steps.
        options: the model's own.

    Raises:
        ValueError: there is no such model, or an option is out of its range.

    Examples:
        >>> from workbench.tasks import ring_transfer
        >>> from workbench.training import model_for
        >>> model = model_for(ring_transfer(6), "GIN", width=16, num_layers=3)
        >>> type(model).__name__, len(model.layers)
        ('GIN', 3)
    """
    if name not in MODELS:
        raise ValueError(f"no model {name!r}; there are {', '.join(MODELS)}")
    whole = task.level == "graph" and task.target != "pointer"
    on_pairs = task.level in ("edge", "pair") and task.target != "link"
    model = MODELS[name](
        task.in_channels,
        width,
        width if on_pairs else task.out_channels,
        num_layers=num_layers,
        level="graph" if whole else "node",
        **options,
    )
    return OnPairs(model, width, task.out_channels) if on_pairs else model
