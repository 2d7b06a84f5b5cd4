"""``workbench list``: the names that the other commands take, with what each is."""

import argparse

from workbench.cli.app import LABS
from workbench.cli.own_options import GIVEN
from workbench.cli.source import Entry, entries, literal, settings
from workbench.data_sets import DATASETS, data_folder, find_single_graphs

#: The zoos by their names here: the package, and its dict.
ZOOS = {
    "graphs": ("workbench.graphs", "GRAPHS"),
    "rewirings": ("workbench.rewiring", "REWIRINGS"),
    "models": ("workbench.models", "MODELS"),
    "tasks": ("workbench.tasks", "TASKS"),
    "diagnostics": ("workbench.diagnostics", "DIAGNOSTICS"),
    "encodings": ("workbench.encodings", "ENCODINGS"),
}


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("list", help="the names that the other commands take")
    kinds = [*ZOOS, "labs"]
    command.add_argument("what", nargs="?", choices=kinds, metavar="WHAT", help=" | ".join(kinds))
    return command


def run(arguments: argparse.Namespace) -> int:
    """Print one zoo, or all."""
    for kind in [arguments.what] if arguments.what else [*ZOOS, "labs"]:
        print(f"{kind}:")
        if kind == "labs":
            _print_labs()
            continue
        # the text of a generator is the one that the other commands take
        texts = literal("workbench.graphs", "EXAMPLES") if kind == "graphs" else {}
        for entry in entries(*ZOOS[kind]):
            print(f"  {texts.get(entry.name) or f'{entry.name}({options(entry)})'}")
            print(f"      {f'[{entry.kind}] ' if entry.kind else ''}{entry.summary}")
        if kind == "graphs":
            print(f"data sets that PyG loads: {', '.join(DATASETS)}")
            single = ", ".join(find_single_graphs()) or "none"
            print(f"single graphs found under {data_folder()}: {single}")
    return 0


def _print_labs() -> None:
    """Each lab of ``workbench app`` with its settings, as they are given to it."""
    for lab in LABS:
        print(f"  {lab}")
        for name, first, about in settings(f"workbench.widgets.{lab}.state"):
            if name == "source":  # of the rewiring lab; its graph has a place of its own
                continue
            print(f"      --{name.replace('_', '-')} {first}".rstrip() + f": {about}" * bool(about))


def options(entry: Entry) -> str:
    """The options of an entry's own with their defaults, as they are written in a call."""
    own = {name: text for name, text in entry.parameters.items() if name not in GIVEN}
    return ", ".join(name if text is None else f"{name}={text}" for name, text in own.items())
