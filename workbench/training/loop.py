"""One training loop, read from top to bottom."""

import copy
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader

from workbench.tasks import Task
from workbench.training.metrics import METRICS
from workbench.training.progress import Callback, Progress
from workbench.training.randomness import OwnRandomness
from workbench.training.run import Curve, Run, versions


# grad mode belongs to the thread and to the caller's with-blocks, so it is set here
@torch.inference_mode(False)
@torch.enable_grad()
def fit(
    model: nn.Module,
    task: Task,
    *,
    epochs: int = 100,
    learning_rate: float = 1e-2,
    weight_decay: float = 5e-4,
    batch_size: int = 32,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
    device: torch.device | str | None = None,
    directory: str | Path | None = None,
) -> Run:
    """Train ``model`` on ``task``: Adam, cross-entropy, the epoch chosen on the validation part.

    The model is trained in place and is called as ``model(x, edge_index, batch)``. It ends in
    ``eval`` mode on ``device``, with the weights of the epoch whose validation score was best
    (equal scores: the lower validation loss, then the earlier epoch). The result is the test score
    of that epoch, never the best test score.

    The caller makes the model, and so its first weights. ``seed`` decides everything else that is
    random, the order of the graphs and the dropout: on a CPU the same call on equal models gives
    equal runs, bit for bit. The caller's own random numbers are not disturbed, and the caller's
    ``torch.no_grad()`` or ``torch.inference_mode()`` makes no difference; runs in threads are
    independent of each other.

    Args:
        model: any module that gives a row of ``task.out_channels`` logits for each node or graph.
        task: what to learn.
        epochs: passes over the training graphs.
        learning_rate: Adam's step size.
        weight_decay: Adam's L2 penalty, times the weights; of matrices, not of biases and scales.
        batch_size: graphs in each optimizer step.
        seed: of the order of graphs and of dropout.
        callbacks: each is called with a ``Progress`` at every optimizer step and epoch's end; one
            that returns True stops the run within that step.
        device: where to train; None for where the model is.
        directory: folder to save the record of the run in; None saves nothing.

    Returns:
        The record of the run. One stopped by a callback or by ``KeyboardInterrupt`` (which is not
        raised again) has ``stopped=True`` and, like the model, holds what was learned until then.

    Raises:
        ValueError: an option is out of its range, or the model's output does not fit the task.
        FloatingPointError: the loss is infinite or not a number.
    """
    arguments = {
        "model": type(model).__name__,
        "architecture": repr(model),
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "task": task.name,
        "num_graphs": [len(task.train), len(task.val), len(task.test)],
        "epochs": epochs,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "batch_size": batch_size,
    }
    _check(model, task, epochs, learning_rate, batch_size)
    device = torch.device(next(model.parameters()).device if device is None else device)
    model.to(device)

    started, start, first_step = datetime.now(UTC), time.perf_counter(), math.nan
    shuffling, randomness = torch.Generator().manual_seed(seed), OwnRandomness(seed, device)
    train = _batches(task.train, batch_size, device, shuffling)
    val, test = (list(_batches(part, batch_size, device)) for part in (task.val, task.test))
    epoch, step, steps, loss = 1, 0, epochs * len(train), math.nan
    curve, best = Curve(), None

    def report(*, epoch_ended: bool) -> None:
        now = time.perf_counter()
        left = (now - first_step) / (step - 1) * (steps - step) if step > 1 else None
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

    # A bias in front of a batch norm has no gradient but rounding. Adam would scale a penalty on it
    # up to whole steps, whose signs another processor turns, and the running means would follow.
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.Adam([{"params": others}], lr=learning_rate)
    optimizer.add_param_group({"params": matrices, "weight_decay": weight_decay})
    with suppress(_Stop, KeyboardInterrupt):
        for epoch in range(1, epochs + 1):
            model.train()
            losses = []
            for batch in train:
                optimizer.zero_grad()
                with randomness:
                    logits, labels = _scored(model, batch.to(device), task)
                objective = F.cross_entropy(logits, labels)
                loss = objective.item()
                if not math.isfinite(loss):
                    raise FloatingPointError(
                        f"the loss is {loss} at step {step + 1} (epoch {epoch}) with "
                        f"learning_rate={learning_rate}; choose a smaller one, or scale x"
                    )
                objective.backward()
                optimizer.step()
                step += 1
                losses.append(loss)
                if step == 1:
                    first_step = time.perf_counter()
                report(epoch_ended=False)

            val_score, val_loss = _evaluate(model, val, task, randomness)
            curve = curve.extended(sum(losses) / len(losses), val_loss, val_score)
            if best is None or (val_score, -val_loss) > (best.val, -best.val_loss):
                test_score, _ = _evaluate(model, test, task, randomness)
                weights = copy.deepcopy(model.state_dict())
                best = _Best(epoch, val_score, val_loss, test_score, weights)
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
            "test": best.test if best else None,
            "val": best.val if best else None,
            "best_epoch": best.epoch if best else None,
            "chance": task.chance,
        },
        stopped=len(curve.val) < epochs,
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - start,
    )
    if directory is not None:
        run.save(directory)
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


def _batches(
    graphs: list[Data],
    batch_size: int,
    device: torch.device,
    shuffling: torch.Generator | None = None,
) -> DataLoader | list[Batch]:
    """Batches of graphs; in a new order at each pass where ``shuffling`` is given.

    Graphs that fit in one batch are joined and moved once. A generator always goes to the loader:
    without one it would draw from the global one.
    """
    generator = torch.Generator() if shuffling is None else shuffling
    loader = DataLoader(
        graphs, batch_size=batch_size, shuffle=shuffling is not None, generator=generator
    )
    if shuffling is None or len(loader) == 1:
        return [batch.to(device) for batch in loader]
    return loader


def _scored(model: nn.Module, batch: Batch, task: Task) -> tuple[Tensor, Tensor]:
    """Logits and labels of the nodes or graphs that count."""
    logits = model(batch.x, batch.edge_index, batch.batch)
    rows = batch.num_nodes if task.level == "node" else batch.num_graphs
    if logits.shape != (rows, task.out_channels):
        raise ValueError(
            f"the model gave {list(logits.shape)}; task {task.name!r} needs "
            f"[{rows}, {task.out_channels}], a row of logits for each {task.level}"
        )
    if task.level == "node":
        return logits[batch.mask], batch.y[batch.mask]
    return logits, batch.y


def _evaluate(
    model: nn.Module, batches: list[Batch], task: Task, randomness: OwnRandomness
) -> tuple[float, float]:
    """Score and loss on a part of the task."""
    model.eval()
    with torch.no_grad(), randomness:
        parts = [_scored(model, batch, task) for batch in batches]
        logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        return METRICS[task.metric](logits, labels), F.cross_entropy(logits, labels).item()


def _check(
    model: nn.Module, task: Task, epochs: int, learning_rate: float, batch_size: int
) -> None:
    if task.metric not in METRICS:
        raise ValueError(f"task.metric must be one of {', '.join(METRICS)}; got {task.metric!r}")
    if epochs < 1 or batch_size < 1 or not learning_rate > 0:
        raise ValueError(
            "epochs and batch_size must be at least 1 and learning_rate above 0; "
            f"got epochs={epochs}, batch_size={batch_size}, learning_rate={learning_rate}"
        )
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError(f"{type(model).__name__} has no parameters to train")
    if any(p.is_inference() for p in model.parameters()):
        raise ValueError(
            f"{type(model).__name__} was made under torch.inference_mode(); make it outside"
        )
