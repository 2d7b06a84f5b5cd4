"""Everything about the optimisation: a recipe is data, and a run's record holds it."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "linear", "cosine", "plateau")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Attributes:
        epochs: passes over the training graphs.
        learning_rate: step size of the optimizer, after warm-up.
        weight_decay: the optimizer's penalty, times the weights; of matrices, not of biases and
            scales. ``adam`` and ``sgd`` add it to the gradient, ``adamw`` takes it off the weights.
        batch_size: graphs in each batch.
        optimizer: ``"adam"``, ``"adamw"`` or ``"sgd"`` (with momentum 0.9).
        schedule: what becomes of the learning rate after warm-up. ``"constant"``; ``"linear"`` and
            ``"cosine"`` fall towards 0, which they reach after the last step; ``"plateau"``
            halves it after every 10 epochs none of which is the best so far.
        warm_up: epochs in which the rate rises in equal steps from nearly 0.
        clip_norm: largest norm of the gradient of all weights together; None does not clip.
        patience: epochs after the best one after which the run ends; None for all. The best has
            the best main validation score, of equal ones the lower validation loss.
        accumulate: batches whose gradients are averaged for one optimizer step.

    Raises:
        ValueError: an option is out of its range.
    """

    epochs: int = 100
    learning_rate: float = 1e-2
    weight_decay: float = 5e-4
    batch_size: int = 32
    optimizer: str = "adam"
    schedule: str = "constant"
    warm_up: int = 0
    clip_norm: float | None = None
    patience: int | None = None
    accumulate: int = 1

    def __post_init__(self):
        least = {"epochs": 1, "batch_size": 1, "accumulate": 1, "warm_up": 0, "weight_decay": 0}
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(f"{name} must be at least {low}; got {self._option_text(name)}")
        if self.patience is not None and self.patience < 1:
            raise ValueError(
                f"patience must be at least 1, or None; got {self._option_text('patience')}"
            )
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(
                f"learning_rate must be above 0; got {self._option_text('learning_rate')}"
            )
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(
                f"clip_norm must be above 0, or None; got {self._option_text('clip_norm')}"
            )
        if self.warm_up >= self.epochs and self.warm_up:
            raise ValueError(
                f"warm_up must be shorter than the run; got {self._option_text('warm_up')} of "
                f"{self._option_text('epochs')}"
            )
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}; got {getattr(self, name)!r}"
                )

    def with_options(self, **options: Any) -> "Recipe":
        """The recipe with the options that are not None.

        Raises:
            TypeError: a recipe has no such option.
            ValueError: an option is out of its range.
        """
        known = [field.name for field in fields(self)]
        for name in options:
            if name not in known:
                raise TypeError(f"a recipe has no option {name!r}; it has {', '.join(known)}")
        return replace(self, **{k: v for k, v in options.items() if v is not None})

    def _option_text(self, name: str) -> str:
        return f"{name}={getattr(self, name)}"
