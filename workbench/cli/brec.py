"""``workbench brec``: which of BREC's 400 pairs a test or a model tells apart."""

import argparse
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from workbench.cli.options import add_root_option, count

#: Width of the embedding, as in BREC.
CHANNELS = 16


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser(
        "brec", help="which of BREC's 400 pairs a test or model tells apart"
    )
    command.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="a model (`workbench list models`), a test such as 2-fwl, or package.module:Name of "
        "your own, which makes a model called as model(x, edge_index, batch)",
    )
    command.add_argument("--test", help="the same as a test for MODEL")
    command.add_argument(
        "--mode",
        choices=["exact", "code", "paper"],
        help="exact (tests, and functions that encode nodes), code (the released statistic; "
        "the default for models) or paper (Hotelling's)",
    )
    command.add_argument(
        "--subset", action="append", metavar="NAME", help="such as Basic; may be given repeatedly"
    )
    command.add_argument("--seeds", type=count, default=10, help="of ten (default: all of them)")
    command.add_argument("--layers", type=count, default=4, help="of our models (default 4)")
    command.add_argument("--width", type=count, default=16, help="of our models (default 16)")
    command.add_argument("--epochs", type=count, default=20, help="for each pair (default 20)")
    command.add_argument("--max-nodes", type=count, help="leave out pairs of larger graphs")
    command.add_argument("--directory", metavar="DIR", help="for the run (default runs/brec/...)")
    command.add_argument("--resume", action="store_true", help="go on with the run that is there")
    command.add_argument(
        "-o", "--output", metavar="FILE", help="also write the result as JSON here"
    )
    add_root_option(command, "folder of data sets (see report)")
    return command


def method(text: str, *, layers: int, width: int) -> tuple[str, object]:
    """("test", its key), ("encoding", a function) or ("model", what makes it) of the word MODEL.

    Raises:
        ValueError: nothing has that name, or it is neither.
    """
    from workbench.benchmarks.brec.encoding import encodes
    from workbench.diagnostics import TESTS
    from workbench.models import MODELS

    tests, models = {t.lower(): t for t in TESTS}, {m.lower(): m for m in MODELS}
    if text.lower() in tests:
        return "test", tests[text.lower()]
    if text.lower() in models:
        name = models[text.lower()]
        return "model", _ours(name, MODELS[name], layers, width)
    place, colon, attribute = text.rpartition(":")
    if not colon:
        raise ValueError(
            f"no test or model {text!r}; tests are {', '.join(TESTS)}; models are "
            f"{', '.join(MODELS)}; one of your own is package.module:ClassOrFunction or "
            "path/to/file.py:ClassOrFunction"
        )
    found = getattr(_module(place, text), attribute, None)
    if not callable(found):
        raise ValueError(f"{place} has no class or function {attribute!r}")
    kind = {True: "encoding", False: "model", None: None}[encodes(found)]
    if kind is None:
        raise ValueError(
            f"{text} is neither a model nor an encoding: a model is made without arguments, and an "
            f"encoding takes (edge_index, num_nodes); this takes {inspect.signature(found)}"
        )
    return kind, found


def _module(place: str, text: str) -> ModuleType:
    """The module of a dotted name, or of a path that ends in ``.py``, relative to where one is."""
    path = Path(place).expanduser() if place.endswith(".py") else None
    if path is not None and not path.is_file():
        raise ValueError(f"there is no file {place}, which {text!r} names (seen from {Path.cwd()})")
    if path is None and place.startswith("."):
        raise ValueError(f"{place} is no name of a module; for a file, give {place}.py:...")
    # its neighbors are found, as by `python file.py` and `python -m`
    folder = str(Path.cwd() if path is None else path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        if path is None:
            return import_module(place)
        # under a name of its own: a file may be called as one of Python's modules is
        spec = spec_from_file_location(f"_own_{path.stem}", path)
        sys.modules[spec.name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except (ImportError, SyntaxError) as error:
        raise ValueError(f"cannot import {place} from {text!r}: {error}") from None
    finally:
        sys.path.remove(folder)


def _ours(name: str, model: Callable, layers: int, width: int) -> Callable:
    """A maker of one of our models, normalized by layer: batches would mix the two graphs."""
    takes = inspect.signature(model).parameters
    wanted = {"num_layers": layers, "level": "graph", "norm": "layer"}
    options = {key: value for key, value in wanted.items() if key in takes}

    def make():
        return model(1, width, CHANNELS, **options)

    make.__name__ = name
    return make


def run(arguments: argparse.Namespace) -> int:
    """Run, show where it stands, print the table, write the result."""
    from tqdm import tqdm

    from workbench.benchmarks import brec
    from workbench.diagnostics import TESTS

    model, test, mode = arguments.model, arguments.test, arguments.mode
    if (model is None) == (test is None):
        raise ValueError("give MODEL or --test TEST, one of the two")
    kind, found = method(model or test, layers=arguments.layers, width=arguments.width)
    exact = kind != "model"
    name = found if kind == "test" else getattr(found, "__name__", kind)
    if exact and mode not in (None, "exact"):
        an = "an" if kind == "encoding" else "a"
        raise ValueError(f"{name} is {an} {kind}; it has no mode {mode!r}, only 'exact'")
    if test is not None and not exact:
        raise ValueError(f"{name} is no test but a model; give it as MODEL, without --test")
    if mode == "exact" and not exact:
        raise ValueError(
            f"{name} is a model, which is trained; it has the modes 'code' and 'paper'. Exact are "
            f"tests ({', '.join(TESTS)}) and encodings, called as f(edge_index, num_nodes)"
        )
    folder = Path(
        arguments.directory
        or Path("runs") / "brec" / f"{name}-{'exact' if exact else mode or 'code'}"
    )
    journal = folder / "journal.jsonl"
    if journal.exists() and not arguments.resume:
        raise ValueError(
            f"{journal} holds a run; add --resume to go on with it, or give another --directory"
        )
    options = {
        "subsets": arguments.subset,
        "max_nodes": arguments.max_nodes,
        "directory": folder,
        "root": arguments.root,
    }
    with tqdm(unit="pair", disable=not sys.stderr.isatty()) as bar:

        def show(progress) -> None:
            bar.total = progress.total
            bar.n = progress.done
            bar.set_postfix_str(f"{progress.distinguished} told apart")

        if exact:
            result = brec(test=found, name=name, callbacks=[show], **options)
        else:
            result = brec(
                found,
                mode=mode or "code",
                seeds=arguments.seeds,
                epochs=arguments.epochs,
                name=name,
                callbacks=[show],
                **options,
            )
    _print(result)
    print(f"\nwritten: {folder / 'result.json'}")
    if arguments.output:
        result.save(Path(arguments.output))
        print(f"written: {arguments.output}")
    if result.stopped:
        print(f"stopped; go on with --resume --directory {folder}")
        return 130
    return 0


def _print(result) -> None:
    print(result.table().to_string())
    print()
    print(result.sentence)
    if len(result.seeds) > 1:
        print("by seed: " + ", ".join(f"{s}: {count}" for s, count in result.per_seed.items()))
    for reason in sorted({o.reason for o in result.outcomes if o.status == "left out"}):
        print(f"left out: {reason}")
    changed = [o.reason for o in result.outcomes if o.status == "unreliable" and o.reason]
    if changed:
        more = f", and so in {len(changed) - 1} more pairs" * (len(changed) > 1)
        print(f"unreliable: {changed[0]}{more}")
    if result.mode != "exact" and not result.admissible:
        print("BREC would not take this result: it needs ten seeds, whole, and all pairs reliable.")
    print(f"{result.seconds:.1f} s for all pairs")
