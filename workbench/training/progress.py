"""What a training run tells its callbacks."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.training.run import Curve


@dataclass(frozen=True)
class Progress:
    """Where a run stands; callbacks get one at every optimizer step and at the end of each epoch.

    Attributes:
        epoch: number of the epoch at work, from 1.
        epochs: number of epochs asked for.
        step: optimizer steps done.
        steps: optimizer steps in the whole run.
        train_loss: loss of the last step.
        val: best validation score so far; None before the end of the first epoch.
        test: test score at that best epoch; None before the end of the first epoch.
        best_epoch: the epoch of ``val`` and ``test``; None before the end of the first.
        epoch_ended: True in the call that follows an epoch's validation.
        seconds_elapsed: since the start of the run.
        seconds_left: estimated from the steps so far; None until two steps are done.
        curve: losses and scores of the epochs that have ended.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    train_loss: float
    val: float | None
    test: float | None
    best_epoch: int | None
    epoch_ended: bool
    seconds_elapsed: float
    seconds_left: float | None
    curve: Curve


Callback = Callable[[Progress], object]
