"""``workbench brec``: which of BREC's 400 pairs a test or a model tells apart."""

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from torch import nn
from tqdm import tqdm

from workbench.diagnostics import TESTS
from workbench.models import MODELS
from workbench.training import BrecProgress, BrecResult, brec

#: Width of the embedding, as in BREC.
CHANNELS = 16


def method(text: str, *, layers: int, width: int) -> tuple[str, object]:
    """("test", its key) or ("object", what makes the model or encodes) of the word MODEL.

    Raises:
        ValueError: nothing has that name.
    """
    tests, models = {t.lower(): t for t in TESTS}, {m.lower(): m for m in MODELS}
    if text.lower() in tests:
        return "test", tests[text.lower()]
    if text.lower() in models:
        name = models[text.lower()]
        return "object", _ours(name, MODELS[name], layers, width)
    place, colon, attribute = text.partition(":")
    if not colon:
        raise ValueError(
            f"no test or model {text!r}; tests are {', '.join(TESTS)}; models are "
            f"{', '.join(MODELS)}; one of your own is package.module:ClassOrFunction"
        )
    sys.path.insert(0, str(Path.cwd()))  # as `python -m` does
    try:
        found = import_module(place)
    except ImportError as error:
        raise ValueError(f"cannot import {place} from {text!r}: {error}") from None
    finally:
        sys.path.remove(str(Path.cwd()))
    if not callable(getattr(found, attribute, None)):
        raise ValueError(f"{place} has no class or function {attribute!r}")
    return "object", getattr(found, attribute)


def _ours(name: str, model: type[nn.Module], layers: int, width: int) -> Callable[[], nn.Module]:
    """A maker of one of our models, normalized by layer: batches would mix the two graphs."""
    takes = inspect.signature(model).parameters
    wanted = {"num_layers": layers, "level": "graph", "norm": "layer"}
    options = {key: value for key, value in wanted.items() if key in takes}

    def make() -> nn.Module:
        return model(1, width, CHANNELS, **options)

    make.__name__ = name
    return make


def run(
    model: str | None,
    *,
    mode: str | None,
    test: str | None,
    subsets: list[str] | None,
    seeds: int,
    layers: int,
    width: int,
    epochs: int,
    max_nodes: int | None,
    directory: str | None,
    output: str | None,
    resume: bool,
    root: str | None,
) -> int:
    """Run, show where it stands, print the table, write the result."""
    if (model is None) == (test is None):
        raise ValueError("give MODEL or --test TEST, one of the two")
    kind, found = method(model or test, layers=layers, width=width)
    exact = kind == "test" or mode == "exact"
    if kind == "test" and mode not in (None, "exact"):
        raise ValueError(f"{found} is a test; it has no mode {mode!r}, only 'exact'")
    name = found if kind == "test" else getattr(found, "__name__", "model")
    folder = Path(
        directory or Path("runs") / "brec" / f"{name}-{'exact' if exact else mode or 'code'}"
    )
    journal = folder / "journal.jsonl"
    if journal.exists() and not resume:
        raise ValueError(
            f"{journal} holds a run; add --resume to go on with it, or give another --directory"
        )
    options = {"subsets": subsets, "max_nodes": max_nodes, "directory": folder, "root": root}
    with tqdm(unit="pair", disable=not sys.stderr.isatty()) as bar:

        def show(progress: BrecProgress) -> None:
            bar.total = progress.total
            bar.n = progress.done
            bar.set_postfix_str(f"{progress.distinguished} told apart")

        if exact:
            result = brec(test=found, name=name, callbacks=[show], **options)
        else:
            result = brec(
                found,
                mode=mode or "code",
                seeds=seeds,
                epochs=epochs,
                name=name,
                callbacks=[show],
                **options,
            )
    _print(result)
    print(f"\nwritten: {folder / 'result.json'}")
    if output:
        result.save(Path(output))
        print(f"written: {output}")
    if result.stopped:
        print(f"stopped; go on with --resume --directory {folder}")
        return 130
    return 0


def _print(result: BrecResult) -> None:
    print(result.table().to_string())
    print()
    print(result.sentence)
    if len(result.seeds) > 1:
        print("by seed: " + ", ".join(f"{s}: {count}" for s, count in result.per_seed.items()))
    for reason in sorted({o.reason for o in result.outcomes if o.reason}):
        print(f"left out: {reason}")
    if result.mode != "exact" and not result.admissible:
        print("BREC would not take this result: it needs ten seeds, whole, and all pairs reliable.")
    print(f"{result.seconds:.1f} s for all pairs")
