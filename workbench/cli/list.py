"""``workbench list``: the names that the other commands take, with what each is."""

import argparse
import inspect
import re
from collections.abc import Callable, Collection
from importlib import import_module

_WHERE = {
    "graphs": ("workbench.graphs", "GRAPHS"),
    "rewirings": ("workbench.rewiring", "REWIRINGS"),
    "models": ("workbench.models", "MODELS"),
    "tasks": ("workbench.tasks", "TASKS"),
    "diagnostics": ("workbench.diagnostics", "DIAGNOSTICS"),
    "encodings": ("workbench.encodings", "ENCODINGS"),
}
GIVEN = {
    *("edge_index", "num_nodes", "edge_weight", "generator", "should_stop", "x", "model", "self")
}


def entries(what: str) -> dict[str, Callable]:
    """The dict of one zoo; empty where this version has none."""
    module, name = _WHERE[what]
    return getattr(import_module(module), name, {})


def summary(entry: Callable) -> str:
    """First sentence of an entry's docstring, on one line."""
    paragraph = (inspect.getdoc(entry) or "").split("\n\n")[0]
    text = " ".join(paragraph.split())
    return re.split(r"(?<=[^.\s])\.\s+(?=[A-Z])", text)[0].rstrip(".")


def options(entry: Callable, *, without: Collection[str] = GIVEN) -> str:
    """An entry's own arguments with their defaults, as they are written in a call."""
    shown = [
        name if parameter.default is parameter.empty else f"{name}={parameter.default!r}"
        for name, parameter in inspect.signature(entry).parameters.items()
        if name not in without
    ]
    return ", ".join(shown)


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("list", help="the names that the other commands take")
    command.add_argument("what", nargs="?", choices=_WHERE, metavar="WHAT", help=" | ".join(_WHERE))
    return command


def run(arguments: argparse.Namespace) -> int:
    """Print one zoo, or all."""
    for kind in [arguments.what] if arguments.what else _WHERE:
        found = entries(kind)
        print(f"{kind}:" if found else f"{kind}: none in this version")
        examples = _examples() if kind == "graphs" else {}
        for name, entry in found.items():
            print(f"  {examples.get(name) or f'{name}({options(entry)})'}")
            declared = getattr(entry, "declaration", None)
            print(f"      {f'[{declared.kind}] ' if declared else ''}{summary(entry)}")
        if kind == "graphs":
            _show_data_sets()
    return 0


def _examples() -> dict[str, str]:
    """A text for each generator, as the other commands take it."""
    from workbench.graphs.catalog import EXAMPLES

    return EXAMPLES


def _show_data_sets() -> None:
    from workbench.graphs.datasets.published import DATASETS, data_folder, find_single_graphs

    print(f"data sets that PyG loads: {', '.join(DATASETS)}")
    single = ", ".join(find_single_graphs()) or "none"
    print(f"single graphs found under {data_folder()}: {single}")
