"""``workbench list``: the names that the other commands take, with what each is."""

import argparse
import inspect
import re
from collections.abc import Callable
from importlib import import_module

from workbench.cli.own_options import own_parameters, written

_WHERE = {
    "graphs": ("workbench.graphs", "GRAPHS"),
    "rewirings": ("workbench.rewiring", "REWIRINGS"),
    "models": ("workbench.models", "MODELS"),
    "tasks": ("workbench.tasks", "TASKS"),
    "diagnostics": ("workbench.diagnostics", "DIAGNOSTICS"),
    "encodings": ("workbench.encodings", "ENCODINGS"),
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
            print(f"  {examples.get(name) or f'{name}({written(own_parameters(entry))})'}")
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
