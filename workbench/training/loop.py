"""One training loop, read from top to bottom."""

import copy
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from workbench.capture import call
from workbench.tasks import Objective, Scored, Task
from workbench.ties import levels
from workbench.training.batches import batches, group_batches, output_of, to_model
from workbench.training.checkpoint import Checkpoint, identity
from workbench.training.optimization import LearningRate, make_optimizer
from workbench.training.preparation import check_model, prepared_task, requirements
from workbench.training.progress import Callback, Progress
from workbench.training.randomness import OwnRandomness
from workbench.training.recipe import Recipe
from workbench.training.run import Curve, Run, versions
from workbench.training.state import State
from workbench.training.store import RunStore

#: What to do about a loss that is no number: after steps of the optimizer, and before the first.
LOST = "choose a smaller one, or scale x"
UNBORN = "no step is made yet, so look for NaN or huge numbers in the weights and in the graphs"


# grad mode belongs to the thread and to the caller's with-blocks, so it is set here
@torch.inference_mode(False)
@torch.enable_grad()
def fit(
    model: nn.Module,
    task: Task,
    recipe: Recipe | None = None,
    *,
    epochs: int | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
    device: torch.device | str | None = None,
    directory: str | Path | None = None,
    checkpoint: str | Path | None = None,
) -> Run:
    """Train ``model`` on ``task`` by ``recipe``; the epoch is chosen on the validation part.

    The model is trained in place and called through ``call``, with whatever its ``forward`` names
    and the graphs have: ``edge_weight``, ``edge_attr``, encodings. What it ``requires`` beside them
    is made once for each graph, before the first step (``workbench.capture.prepare``); the task's
    graphs stay as they are. It ends in ``eval`` mode on ``device``, with the weights of the epoch
    whose main validation score was best (equal scores: the lower validation loss, then the earlier
    epoch). The result is the test score of that epoch, never the best test score.

    The caller makes the model, and so its first weights. ``seed`` decides everything else that is
    random: the order of the graphs, the dropout, the negatives of links. On a CPU the same call on
    equal models gives equal runs, bit for bit. The caller's own random numbers are not disturbed,
    and the caller's ``torch.no_grad()`` or ``torch.inference_mode()`` makes no difference; runs in
    threads are independent of each other.

    Args:
        model: any module that gives what ``task.objective`` reads, such as a row of
            ``task.out_channels`` logits for each node or graph.
        task: what to learn.
        recipe: how; None for the defaults of ``Recipe``.
        epochs: in place of the recipe's, as the next three.
        learning_rate: see ``Recipe``.
        weight_decay: see ``Recipe``.
        batch_size: see ``Recipe``.
        seed: of all that is random.
        callbacks: each is called with a ``Progress`` at every optimizer step and epoch's end; one
            that returns True stops the run within that step.
        device: where to train; None for where the model is.
        directory: folder to save the record of the run in, a ``RunStore``; None saves nothing.
        checkpoint: file to keep the state of the run in after each epoch. If it is there, the run
            goes on from it and ends as if it had never been broken off, on a CPU bit for bit; a
            whole run of fewer epochs is trained on, unless the rate falls to the last step.

    Returns:
        The record of the run. One stopped by a callback or by ``KeyboardInterrupt`` (which is not
        raised again) has ``stopped=True`` and, like the model, holds what was learned until then.

    Raises:
        ValueError: an option is out of its range, the model's output does not fit the task, or the
            checkpoint is of another run.
        TypeError: the model needs what the graphs do not have and no transform of its makes.
        TooLargeError: what it requires is too large for a graph.
        FloatingPointError: the loss, or an output that is scored, is infinite or not a number.

    Examples:
        >>> from workbench.models import GCN
        >>> from workbench.tasks import ring_transfer
        >>> from workbench.training import fit
        >>> run = fit(GCN(5, 8, 5, num_layers=3), ring_transfer(6), epochs=2)
        >>> len(run.curve.train_loss), run.result["chance"], run.stopped
        (2, 0.2, False)
    """
    if not isinstance(recipe, Recipe | None):
        raise TypeError(f"recipe must be a Recipe, got {type(recipe).__name__}; give Recipe(...)")
    recipe = (recipe or Recipe()).with_options(
        epochs=epochs, learning_rate=learning_rate, weight_decay=weight_decay, batch_size=batch_size
    )
    objective, epochs = task.objective, recipe.epochs
    arguments = {
        "model": type(model).__name__,
        "architecture": repr(model),
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "task": task.name,
        "level": task.level,
        "target": task.target,
        "loss": task.loss,
        "num_graphs": [len(task.train), len(task.val), len(task.test)],
        **asdict(recipe),
    }
    if required := requirements(model):
        arguments["requires"] = required
    check_model(model, task, recipe.batch_size)
    graphs = prepared_task(model, task)
    device = torch.device(next(model.parameters()).device if device is None else device)
    model.to(device)

    started, start, first_step = datetime.now(UTC), time.perf_counter(), math.nan
    shuffling, randomness = torch.Generator().manual_seed(seed), OwnRandomness(seed, device)
    drawing = torch.Generator().manual_seed(seed)
    ready = to_model(model, device)
    train = batches(graphs.train, recipe.batch_size, ready, shuffling)
    val, test = (batches(part, recipe.batch_size, ready) for part in (graphs.val, graphs.test))
    steps_per_epoch = math.ceil(len(train) / recipe.accumulate)
    epoch, step, steps, loss = 1, 0, epochs * steps_per_epoch, math.nan
    curve, best, first_epoch, step_before, early = Curve(), None, 1, 0, False
    optimizer, rate = make_optimizer(model, recipe), LearningRate(recipe, steps_per_epoch)

    state = State(model, optimizer, rate, shuffling, drawing, randomness)

    kept = None
    if checkpoint is not None:
        kept = Checkpoint(Path(checkpoint), identity(arguments, task, recipe, seed))
        found = kept.load()
        if found is not None:
            state.restore(found["state"])
            curve = Curve(**{key: tuple(values) for key, values in found["curve"].items()})
            best, early = _Best(**found["best"]), found["early"]
            if len(curve.val) > epochs:
                raise ValueError(
                    f"{checkpoint} holds {len(curve.val)} epochs, {epochs} were asked for; ask for "
                    "at least as many, or choose another file"
                )
            first_epoch = len(curve.val) + 1
            step = step_before = len(curve.val) * steps_per_epoch
            started = datetime.fromisoformat(found["started"])
            start -= found["seconds"]

    def report(*, epoch_ended: bool) -> None:
        now = time.perf_counter()
        done = step - step_before - 1
        left = (now - first_step) / done * (steps - step) if done > 0 else None
        progress = Progress(
            epoch=epoch,
            epochs=epochs,
            step=step,
            steps=steps,
            train_loss=loss,
            val=best.val if best else None,
            test=best.test if best else None,
            best_epoch=best.epoch if best else None,
            epoch_ended=epoch_ended,
            seconds_elapsed=now - start,
            seconds_left=left,
            curve=curve,
        )
        # a list, so that every callback hears of the step even where an earlier one stops the run
        if any([callback(progress) for callback in callbacks]):
            raise _Stop

    with suppress(_Stop, KeyboardInterrupt):
        for epoch in range(first_epoch, epochs + 1):
            if early:
                break
            model.train()
            losses = []
            for group in group_batches(train, recipe.accumulate):
                rate.set(optimizer, step)
                optimizer.zero_grad()
                for batch in group:
                    batch = ready(objective.prepare(batch, drawing))
                    with randomness:
                        output = output_of(model, batch, epoch)
                    value = objective.loss(objective.read(output, batch))
                    loss = value.item()
                    if not math.isfinite(loss):
                        raise FloatingPointError(
                            f"the loss is {loss} at step {step + 1} (epoch {epoch}) with "
                            f"learning_rate={recipe.learning_rate}; {LOST if step else UNBORN}"
                        )
                    (value / len(group) if len(group) > 1 else value).backward()
                    losses.append(loss)
                if recipe.clip_norm is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
                optimizer.step()
                step += 1
                if step == step_before + 1:
                    first_step = time.perf_counter()
                report(epoch_ended=False)

            scores, val_loss = _evaluate(model, val, objective, randomness, f"val, epoch {epoch}")
            score = scores[task.metric]
            curve = curve.extend(sum(losses) / len(losses), val_loss, score)
            ahead = objective.main.higher_is_better
            better = (
                best is None
                or _order(score, best.val, ahead)
                or (not _order(best.val, score, ahead) and _order(val_loss, best.val_loss, False))
            )
            if better:
                tested, _ = _evaluate(model, test, objective, randomness, f"test, epoch {epoch}")
                weights = copy.deepcopy(model.state_dict())
                best = _Best(epoch, score, val_loss, tested[task.metric], weights, scores, tested)
            rate.epoch_ended(better=better)
            early = recipe.patience is not None and epoch - best.epoch >= recipe.patience
            if kept is not None:
                kept.save(
                    {
                        "state": state.snapshot(),
                        "curve": {key: list(values) for key, values in vars(curve).items()},
                        "best": vars(best),
                        "early": early,
                        "started": started.isoformat(),
                        "seconds": time.perf_counter() - start,
                    }
                )
            report(epoch_ended=True)

    if best is not None:
        model.load_state_dict(best.weights)
    model.eval()
    run = Run(
        arguments=arguments,
        seed=seed,
        versions=versions(),
        device=str(device),
        curve=curve,
        result={
            "metric": task.metric,
            "higher_is_better": objective.main.higher_is_better,
            "test": best.test if best else None,
            "val": best.val if best else None,
            "best_epoch": best.epoch if best else None,
            "chance": task.chance,
            "test_scores": best.test_scores if best else {},
            "val_scores": best.val_scores if best else {},
        },
        stopped=len(curve.val) < epochs and not early,
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - start,
    )
    if directory is not None:
        RunStore(directory).append(run)
    return run


class _Stop(Exception):
    """A callback asked for the end of the run."""


@dataclass(frozen=True)
class _Best:
    """The epoch with the best validation score so far, and the weights it ended with."""

    epoch: int
    val: float
    val_loss: float
    test: float
    weights: dict[str, Tensor]
    val_scores: dict[str, float]
    test_scores: dict[str, float]


def _order(one: float, other: float, higher_is_better: bool) -> bool:
    """Whether ``one`` is better than ``other`` by more than rounding; NaN is the worst."""
    if math.isnan(one) or math.isnan(other):
        return not math.isnan(one)
    first, second = levels(np.array([one, other]))
    return bool(first > second if higher_is_better else first < second)


def _evaluate(
    model: nn.Module,
    parts: list[Batch],
    objective: Objective,
    randomness: OwnRandomness,
    where: str,
) -> tuple[dict[str, float], float]:
    """Scores and loss on a part of the task."""
    model.eval()
    with torch.no_grad(), randomness:
        scored = Scored.join([objective.read(call(model, batch), batch) for batch in parts])
        try:
            return objective.scores(scored), objective.loss(scored).item()
        except FloatingPointError as error:
            raise FloatingPointError(f"{where}: {error}") from None
