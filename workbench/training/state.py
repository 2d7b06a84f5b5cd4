"""What moves while a run goes on, in a form that a checkpoint can hold."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from workbench.training.optimization import LearningRate
from workbench.training.randomness import OwnRandomness


@dataclass(frozen=True)
class State:
    """All that an epoch changes, but for what it measured.

    Attributes:
        model: with its weights and running means.
        optimizer: with its moments.
        rate: with what a plateau has halved.
        shuffling: draws the order of the graphs.
        drawing: draws the negatives of links.
        randomness: draws the dropout.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    rate: LearningRate
    shuffling: torch.Generator
    drawing: torch.Generator
    randomness: OwnRandomness

    def snapshot(self) -> dict[str, Any]:
        """Tensors and numbers by name; ``restore`` is the inverse."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rate": [self.rate.halvings, self.rate.waited],
            "shuffling": self.shuffling.get_state(),
            "drawing": self.drawing.get_state(),
            "randomness": self.randomness.states,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to a state that ``saved`` gave."""
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.rate.halvings, self.rate.waited = saved["rate"]
        self.shuffling.set_state(saved["shuffling"])
        self.drawing.set_state(saved["drawing"])
        self.randomness.states = saved["randomness"]
