"""What ``workbench train`` does: it makes the task and the model of their names, and trains."""

import argparse
import inspect
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data
from tqdm.auto import tqdm

from workbench.cli.own_options import own_parameters, parse_options
from workbench.cli.printing import print_table
from workbench.cli.train import MAKERS
from workbench.graphs import DATASETS, load_dataset, open_graph, read_packed
from workbench.models import MODELS
from workbench.tasks import TASKS, Task
from workbench.training import Progress, Recipe, Run, RunStore, fit, model_for
from workbench.training.randomness import OwnRandomness

#: Arguments that the command gives by itself.
_GIVEN = ("in_channels", "hidden_channels", "out_channels", "num_layers", "level", "generator")


def train(arguments: argparse.Namespace) -> int:
    """The work of the command; ``arguments`` are those that ``workbench.cli.train`` declares."""
    if arguments.model not in MODELS:  # its options are read before the task is made
        raise ValueError(f"no model {arguments.model!r}; there are {', '.join(MODELS)}")
    name, material = task_name(arguments)
    chosen = _options(name, arguments.model, arguments.rest)
    task = _task(name, material, chosen, arguments)
    recipe = Recipe().with_options(**{f.name: getattr(arguments, f.name) for f in fields(Recipe)})
    with OwnRandomness(arguments.seed):
        model = model_for(
            task,
            arguments.model,
            width=arguments.width,
            num_layers=arguments.layers,
            **_of(MODELS[arguments.model], chosen),
        )
    with tqdm(total=recipe.epochs, unit="epoch") as bar:
        made = fit(
            model,
            task,
            recipe,
            seed=arguments.seed,
            callbacks=[lambda progress: _show(bar, progress)],
            device=arguments.device,
            checkpoint=arguments.checkpoint,
        )
    path = RunStore(arguments.store).append(made)
    _print(task, made)
    print(f"written: {path}")
    return 0


def task_name(arguments: argparse.Namespace) -> tuple[str, Any]:
    """A name of ``TASKS``, and what the task is made of: a number, a graph, or many graphs."""
    text = arguments.task
    name, _, material = text.partition(":")
    if name in TASKS:
        if arguments.target is not None:
            raise ValueError(
                f"--target is for data sets; {name} is a task, whose target is its own"
            )
        first, made_of = next(iter(inspect.signature(TASKS[name]).parameters.items()))
        if not material:
            raise ValueError(f"{name} is made of its {first}; give {name}:{first.upper()}")
        if made_of.annotation is int:
            if not material.isdecimal():
                what = (
                    f"number of {first[4:]}" if first.startswith("num_") else f"number, its {first}"
                )
                raise ValueError(f"{name} needs a {what}, as {name}:10; got {material!r}")
            return name, int(material)
        if made_of.annotation is str:
            return name, material
        found = open_material(material, arguments)
        return name, found if first == "dataset" else _one(found, name)
    if arguments.target is None:
        raise ValueError(
            f"no task {name!r}; tasks are {', '.join(TASKS)}. Where {text!r} is a data set, say "
            f"what to predict: --target {' | '.join(MAKERS)}"
        )
    found = open_material(text, arguments)
    one, many = MAKERS[arguments.target]
    name = one if isinstance(found, Data) else many
    if name is None:
        what = "one graph" if isinstance(found, Data) else "many graphs"
        raise ValueError(
            f"{text} holds {what}; --target {arguments.target} is for "
            f"{'many graphs' if one is None else 'one graph'}"
        )
    return name, found


def open_material(text: str, arguments: argparse.Namespace) -> Data | Iterable[Data]:
    """One graph, or many: a packed file, a data set of PyG, or what ``open_graph`` takes."""
    path = Path(text).expanduser()
    if path.is_file() and _is_packed(path):
        return read_packed(path, num_graphs=arguments.num_graphs)
    if arguments.num_graphs is not None:
        raise ValueError(f"--num-graphs is for a packed npz file of many graphs; {text!r} is none")
    if text.lower().replace("-", "_") in {n.lower().replace("-", "_") for n in DATASETS}:
        found = load_dataset(text, root=arguments.root)
        return found if len(found) > 1 else _name_graph(found[0], text)
    return open_graph(text, root=arguments.root)


def _name_graph(data: Data, name: str) -> Data:
    data.name = name
    return data


def _is_packed(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "num_edges.npy" in archive.namelist()


def _one(found: Data | Iterable[Data], name: str) -> Data:
    if not isinstance(found, Data):
        raise ValueError(f"{name} is made of one graph; this data set holds many")
    return found


def _options(task: str, model: str, words: list[str]) -> dict[str, Any]:
    """The options of task and model, converted as their signatures say."""
    first = next(iter(inspect.signature(TASKS[task]).parameters))
    parameters = own_parameters(MODELS[model], without=(*_GIVEN, first))
    parameters |= own_parameters(TASKS[task], without=(*_GIVEN, first))
    return parse_options(f"{task} with {model}", parameters, words)


def _of(made: Callable, chosen: dict[str, Any]) -> dict[str, Any]:
    known = inspect.signature(made).parameters
    return {name: value for name, value in chosen.items() if name in known}


def _task(name: str, material: Any, chosen: dict[str, Any], arguments: argparse.Namespace) -> Task:
    options = _of(TASKS[name], chosen)
    if "generator" in inspect.signature(TASKS[name]).parameters:
        options["generator"] = torch.Generator().manual_seed(arguments.seed)
    task = TASKS[name](material, **options)
    return replace(task, metrics=tuple(arguments.score)) if arguments.score else task


def _show(bar: tqdm, progress: Progress) -> None:
    if progress.epoch_ended:
        bar.n = progress.epoch
        bar.set_postfix(loss=f"{progress.train_loss:.4g}", val=f"{progress.val:.4g}")


def _print(task: Task, made: Run) -> None:
    result, arguments = made.result, made.arguments
    print(f"{task.name}: {arguments['model']}, {arguments['num_parameters']:,} parameters")
    rows = []
    for name, value in result["test_scores"].items():
        guess = f"{task.chance:.4f}" if name == task.metric else ""
        rows.append((name, f"{value:.4f}", f"{result['val_scores'][name]:.4f}", guess))
    if rows:
        print_table(("score", "test", "validation", "guessing"), rows)
    better = "higher" if result["higher_is_better"] else "lower"
    ended = "stopped" if made.stopped else "ended"
    print(
        f"{ended} after {len(made.curve.val)} of {arguments['epochs']} epochs in "
        f"{made.seconds:.1f} s; the best is epoch {result['best_epoch']} by validation "
        f"{task.metric} ({better} is better)"
    )
