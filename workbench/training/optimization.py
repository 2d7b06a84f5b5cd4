"""The optimizer and its learning rate, as a recipe says."""

import math

import torch
from torch import nn

from workbench.training.recipe import Recipe

#: Epochs without a better validation score after which ``plateau`` halves the rate.
PLATEAU_EPOCHS = 10


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over all parameters, with its penalty on matrices alone.

    A bias in front of a batch norm has no gradient but rounding. Adam would scale a penalty on it
    up to whole steps, whose signs another processor turns, and the running means would follow.
    """
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [
        {"params": others, "weight_decay": 0.0},
        {"params": matrices, "weight_decay": recipe.weight_decay},
    ]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9)
    maker = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return maker(groups, lr=recipe.learning_rate)


class LearningRate:
    """Sets the learning rate of each step.

    Args:
        recipe: names the schedule.
        steps_per_epoch: optimizer steps in an epoch.

    Attributes:
        halvings: how often ``plateau`` has halved the rate.
        waited: epochs since the last better score, or halving.
    """

    def __init__(self, recipe: Recipe, steps_per_epoch: int):
        self.recipe = recipe
        self.steps, self.rising = (
            recipe.epochs * steps_per_epoch,
            recipe.warm_up * steps_per_epoch,
        )
        self.halvings = self.waited = 0

    def at(self, step: int) -> float:
        """The rate of optimizer step number ``step``, from 0."""
        rate = self.recipe.learning_rate
        if step < self.rising:
            return rate * (step + 1) / self.rising
        if self.recipe.schedule == "plateau":
            return rate * 0.5**self.halvings
        share = (step - self.rising) / (self.steps - self.rising)
        if self.recipe.schedule == "linear":
            return rate * (1 - share)
        if self.recipe.schedule == "cosine":
            return rate * (1 + math.cos(math.pi * share)) / 2
        return rate

    def set(self, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Give the optimizer the rate of this step."""
        for group in optimizer.param_groups:
            group["lr"] = self.at(step)

    def epoch_ended(self, *, better: bool) -> None:
        """Hear whether the epoch brought a better validation score."""
        self.waited = 0 if better else self.waited + 1
        if self.waited >= PLATEAU_EPOCHS:
            self.halvings, self.waited = self.halvings + 1, 0
