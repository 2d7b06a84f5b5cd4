"""The same model trained before and after: paired runs."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from workbench.tasks import Task
from workbench.training.arms import ArmRuns
from workbench.training.compare import Comparison, paired_comparison
from workbench.training.loop import fit
from workbench.training.preparation import prepared_task
from workbench.training.progress import Progress
from workbench.training.randomness import OwnRandomness
from workbench.training.recipe import Recipe
from workbench.training.run import Run

#: A task, or what makes the one of a seed.
Arm = Task | Callable[[int], Task]


@dataclass(frozen=True)
class PairedProgress:
    """Where a paired training stands.

    Attributes:
        progress: of the run at work.
        side: ``"before"`` or ``"after"``, or the name of an arm.
        seed: of the run at work.
        run: number of the run at work, from 0; runs alternate between the sides.
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
    before: Task | Mapping[str, Arm],
    after: Task | None = None,
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
) -> PairedRuns | ArmRuns:
    """Train the same model on ``before`` and on ``after``, or on several arms, from equal weights.

    For each seed, ``make_model()`` is called once with torch's generators at that seed (the
    caller's random numbers are not disturbed) and copied; order of graphs and dropout have the
    same seed in every arm. So the runs of a seed differ in the task alone. What a transform of a
    task draws at random, such as the edges of ``Rewire("random_edges")``, is drawn anew for each
    seed (``Task.draw``); splits are those of the task, unless an arm is a function of the seed.
    What the model ``requires`` is made once for each graph, of the graph of its side.

    Args:
        make_model: makes a model with new random weights.
        before: such as a task on the original graph; or several arms by name, each a task or a
            function from the seed to one: ``{"none": task, "gtr": task.map(Rewire("gtr"))}``.
        after: such as the same task, rewired; None beside several arms.
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

    Returns:
        ``PairedRuns`` of two tasks, ``ArmRuns`` of a dict of arms.

    Raises:
        TypeError: neither two tasks nor a dict came.
        ValueError: the tasks have other widths, metrics, targets or levels, there are fewer than
            two arms, there is no seed, or one stands twice.

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
    arms: dict[str, Arm] = (
        dict(before) if isinstance(before, Mapping) else {"before": before, "after": after}
    )
    if isinstance(before, Mapping) != (after is None):
        raise TypeError("give two tasks, before and after, or one dict of tasks by name")
    if len(arms) < 2:
        raise ValueError(f"give at least two arms to compare, got {list(arms)}")
    seeds = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be one or more different numbers, got {list(seeds)}")
    options = {
        "recipe": recipe,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "batch_size": batch_size,
        "device": device,
        "directory": directory,
    }
    runs: dict[str, list[Run]] = {name: [] for name in arms}
    models: dict[str, list[nn.Module]] = {name: [] for name in arms}
    drawn: dict[str, None] = {}
    ready: dict[str, tuple[Task, Task]] = {}
    for seed in seeds:
        with OwnRandomness(seed):
            first = make_model()
        tasks = {name: _task_of(arm, seed) for name, arm in arms.items()}
        _check_alike(tasks)
        # copies are made before training moves the weights
        copies = {name: copy.deepcopy(first) for name in list(arms)[1:]}
        for name, task in tasks.items():
            if name not in ready or ready[name][0] is not task:
                ready[name] = task, prepared_task(first, task)
        drawn |= {n: None for n, t in tasks.items() if t is not arms[n]}
        for name in arms:
            done = sum(map(len, runs.values()))
            report = _reporter(callbacks, name, seed, done, len(arms) * len(seeds))
            model = copies.get(name, first)
            run = fit(model, ready[name][1], seed=seed, callbacks=[report], **options)
            runs[name].append(run)
            models[name].append(model)
            if run.stopped:
                break
        if run.stopped:
            break
    begun = seeds[: len(next(iter(runs.values())))]
    every = {name: tuple(found) for name, found in runs.items()}
    trained = {name: tuple(found) for name, found in models.items()}
    if isinstance(before, Mapping):
        return ArmRuns(begun, every, trained, tuple(n for n in arms if n in drawn), run.stopped)
    return PairedRuns(
        begun, every["before"], every["after"], trained["before"], trained["after"], run.stopped
    )


def _task_of(arm: Arm, seed: int) -> Task:
    """The task of an arm at a seed: made by a function of it, or with its draws drawn anew."""
    return arm.draw(seed) if isinstance(arm, Task) else arm(seed)


def _check_alike(tasks: Mapping[str, Task]) -> None:
    (first, one), *others = tasks.items()
    for name, task in others:
        for key in ("level", "target", "in_channels", "out_channels", "metric"):
            if getattr(one, key) != getattr(task, key):
                raise ValueError(
                    f"the tasks must have one {key} for one model to fit all; {first} has "
                    f"{getattr(one, key)!r}, {name} has {getattr(task, key)!r}"
                )


def _reporter(
    callbacks: Sequence[Callable[[PairedProgress], object]],
    side: str,
    seed: int,
    done: int,
    runs: int,
) -> Callable[[Progress], bool]:
    """A callback of one run that tells where it stands among all runs."""

    def report(progress: Progress) -> bool:
        left = progress.seconds_left
        if left is not None:
            left += (progress.seconds_elapsed + left) * (runs - done - 1)
        paired = PairedProgress(progress, side, seed, done, runs, left)
        return any([callback(paired) for callback in callbacks])

    return report
