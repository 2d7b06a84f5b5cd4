"""``workbench list``: the names that the other commands take, with what each is."""

import inspect
from collections.abc import Callable, Collection
from importlib import import_module

_WHERE = {
    "graphs": ("workbench.graphs", "GRAPHS"),
    "rewirings": ("workbench.rewiring", "REWIRINGS"),
    "models": ("workbench.models", "MODELS"),
    "tasks": ("workbench.graphs.tasks", "TASKS"),
    "diagnostics": ("workbench.diagnostics", "DIAGNOSTICS"),
    "encodings": ("workbench.encodings", "ENCODINGS"),
}
_GIVEN = {"edge_index", "num_nodes", "edge_weight", "generator", "x", "model", "self"}


def entries(what: str) -> dict[str, Callable]:
    """The dict of one zoo; empty where this version has none."""
    module, name = _WHERE[what]
    return getattr(import_module(module), name, {})


def summary(entry: Callable) -> str:
    """First sentence of an entry's docstring, on one line."""
    paragraph = (inspect.getdoc(entry) or "").split("\n\n")[0]
    text = " ".join(paragraph.split())
    return text.split(". ")[0].rstrip(".")


def options(entry: Callable, *, without: Collection[str] = _GIVEN) -> str:
    """An entry's own arguments with their defaults, as they are written in a call."""
    shown = [
        name if parameter.default is parameter.empty else f"{name}={parameter.default!r}"
        for name, parameter in inspect.signature(entry).parameters.items()
        if name not in without
    ]
    return ", ".join(shown)


def show(what: str | None) -> int:
    """Print one zoo, or all."""
    for kind in [what] if what else _WHERE:
        found = entries(kind)
        print(f"{kind}:" if found else f"{kind}: none in this version")
        for name, entry in found.items():
            print(f"  {name}({options(entry)})")
            print(f"      {summary(entry)}")
    return 0
