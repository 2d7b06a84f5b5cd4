"""The same model trained before and after: paired runs."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from workbench.tasks import Task
from workbench.training.compare import Comparison, paired_comparison
from workbench.training.loop import fit
from workbench.training.preparation import prepared_task
from workbench.training.progress import Progress
from workbench.training.randomness import OwnRandomness
from workbench.training.recipe import Recipe
from workbench.training.run import Run


@dataclass(frozen=True)
class PairedProgress:
    """Where a paired training stands.

    Attributes:
        progress: of the run at work.
        side: ``"before"`` or ``"after"``.
        seed: of the run at work.
        run: number of the run at work, from 0; runs alternate between before and after.
        runs: number of runs in all.
        seconds_left: of all runs together; None until it can be estimated.
    """

    progress: Progress
    side: str
    seed: int
    run: int
    runs: int
    seconds_left: float | None


@dataclass(frozen=True)
class PairedRuns:
    """Runs on two tasks, paired by seed and by first weights.

    Attributes:
        seeds: one for each pair that was begun.
        before: a run for each seed.
        after: a run for each seed; one fewer than ``before`` where that was stopped.
        before_models: the trained models, in the order of the runs.
        after_models: the trained models, in the order of the runs.
        stopped: a run was stopped, and no other begun.
    """

    seeds: tuple[int, ...]
    before: tuple[Run, ...]
    after: tuple[Run, ...]
    before_models: tuple[nn.Module, ...]
    after_models: tuple[nn.Module, ...]
    stopped: bool

    def comparison(self, *, confidence: float = 0.95) -> Comparison:
        """``paired_comparison`` over the pairs of which both runs ended.

        Raises:
            ValueError: no pair ended, or ``confidence`` is not between 0 and 1.
        """
        whole = [(before, after) for _, before, after, *_ in self._whole_pairs()]
        if not whole:
            raise ValueError("no pair of runs ended, so there is nothing to compare")
        before, after = zip(*whole, strict=True)
        return paired_comparison(before, after, confidence=confidence)

    def union(self, more: "PairedRuns") -> "PairedRuns":
        """The pairs of both of which both runs ended, such as those of more seeds.

        Raises:
            ValueError: a seed is in both.
        """
        twice = sorted(set(self.seeds) & set(more.seeds))
        if twice:
            raise ValueError(f"seeds {twice} are in both; train others than {list(self.seeds)}")
        whole = [*self._whole_pairs(), *more._whole_pairs()]
        columns = zip(*whole, strict=True) if whole else [()] * 5
        return PairedRuns(*map(tuple, columns), stopped=self.stopped or more.stopped)

    def _whole_pairs(self) -> list[tuple[int, Run, Run, nn.Module, nn.Module]]:
        """Seed, runs and models of each pair of which both runs ended."""
        columns = self.seeds, self.before, self.after, self.before_models, self.after_models
        return [
            pair
            for pair in zip(*columns, strict=False)
            if not pair[1].stopped and not pair[2].stopped
        ]


def compare_training(
    make_model: Callable[[], nn.Module],
    before: Task,
    after: Task,
    *,
    seeds: int | Sequence[int] = 3,
    recipe: Recipe | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    batch_size: int | None = None,
    callbacks: Sequence[Callable[[PairedProgress], object]] = (),
    device: torch.device | str | None = None,
    directory: str | Path | None = None,
) -> PairedRuns:
    """Train the same model on ``before`` and on ``after``, once per seed, from equal weights.

    For each seed, ``make_model()`` is called once with torch's generators at that seed (the
    caller's random numbers are not disturbed) and copied; order of graphs and dropout have the
    same seed on both sides. So a pair differs in the task alone. What the model ``requires`` is
    made once for each graph, of the graph of its side.

    Args:
        make_model: makes a model with new random weights.
        before: such as a task on the original graph.
        after: such as the same task, rewired.
        seeds: how many (0, 1, ...), or which.
        recipe: how, for all runs; None for the defaults of ``Recipe``.
        epochs: as for ``fit``, like the other options.
        learning_rate: see ``fit``.
        weight_decay: see ``fit``.
        batch_size: see ``fit``.
        callbacks: each is called with a ``PairedProgress`` at every step of every run; one that
            returns True stops the run within that step, and no other is begun.
        device: see ``fit``.
        directory: see ``fit``; each run has its own record.

    Raises:
        ValueError: the tasks have other widths, metrics, targets or levels, there is no seed, or
            one stands twice.

    Examples:
        >>> from workbench.models import GCN
        >>> from workbench.tasks import ring_transfer
        >>> from workbench.training import compare_training
        >>> task = ring_transfer(6)
        >>> make_model = lambda: GCN(5, 8, 5, num_layers=3)
        >>> runs = compare_training(make_model, task, task, seeds=2, epochs=1)
        >>> comparison = runs.comparison()
        >>> comparison.num_seeds, comparison.mean  # a task against itself
        (2, 0.0)
    """
    for key in ("level", "target", "in_channels", "out_channels", "metric"):
        if getattr(before, key) != getattr(after, key):
            raise ValueError(
                f"the two tasks must have one {key} for one model to fit both; before has "
                f"{getattr(before, key)!r}, after has {getattr(after, key)!r}"
            )
    seeds = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be one or more different numbers, got {list(seeds)}")
    runs: dict[str, list[Run]] = {"before": [], "after": []}
    models: dict[str, list[nn.Module]] = {"before": [], "after": []}
    for seed in seeds:
        with OwnRandomness(seed):
            first = make_model()
        if not models["before"]:
            before, after = prepared_task(first, before), prepared_task(first, after)
        # the copy is made before training moves the weights
        pair = {"before": first, "after": copy.deepcopy(first)}
        for side, task in (("before", before), ("after", after)):
            done = len(runs["before"]) + len(runs["after"])

            def report(progress: Progress, side=side, seed=seed, done=done) -> bool:
                left = progress.seconds_left
                if left is not None:
                    left += (progress.seconds_elapsed + left) * (2 * len(seeds) - done - 1)
                paired = PairedProgress(progress, side, seed, done, 2 * len(seeds), left)
                return any([callback(paired) for callback in callbacks])

            run = fit(
                pair[side],
                task,
                recipe,
                epochs=epochs,
                learning_rate=learning_rate,
                weight_decay=weight_decay,
                batch_size=batch_size,
                seed=seed,
                callbacks=[report],
                device=device,
                directory=directory,
            )
            runs[side].append(run)
            models[side].append(pair[side])
            if run.stopped:
                break
        if runs["before"][-1].stopped or runs["after"][-1].stopped:
            break
    return PairedRuns(
        seeds=seeds[: len(runs["before"])],
        before=tuple(runs["before"]),
        after=tuple(runs["after"]),
        before_models=tuple(models["before"]),
        after_models=tuple(models["after"]),
        stopped=any(run.stopped for side in runs.values() for run in side),
    )
