"""What the entries of a zoo are, read from the source: nothing is imported, so no torch loads.

A zoo is the dict of a package, as ``REWIRINGS`` of ``workbench.rewiring``; an entry is a function
or a class. Names are followed through the import statements at the top of each file.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import workbench

_PACKAGE = Path(workbench.__file__).parent


@dataclass(frozen=True)
class Entry:
    """What one entry says of itself.

    Attributes:
        name: its key.
        place: the module that defines it.
        parameters: those of the call, with the default as it is written, or None without one.
        summary: the first sentence of the docstring, on one line.
        kind: what ``@rewiring`` declares; empty where there is none.
    """

    name: str
    place: str
    parameters: dict[str, str | None]
    summary: str
    kind: str


def entries(module: str, zoo: str) -> Iterator[Entry]:
    """The entries of the dict ``zoo`` that ``module`` holds or imports, in its order."""
    place, found = _find(module, zoo)
    for key, value in zip(found.keys, found.values, strict=True):
        yield _entry(key.value, *_find(place, ast.unparse(value)))


def settings(module: str) -> Iterator[tuple[str, str, str]]:
    """Name, first value and meaning of each setting that the state of a lab declares.

    A value or a meaning that is not written out is empty.
    """
    for state in _tree(module).body:
        if isinstance(state, ast.ClassDef) and "LabState" in map(ast.unparse, state.bases):
            for node in state.body:
                if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Setting("):
                    first, about = (_text(module, one) for one in node.value.args[:2])
                    yield node.targets[0].id, first, about


def literal(module: str, name: str):
    """The value of a name that ``module`` holds or imports and that is written out."""
    return ast.literal_eval(_find(module, name)[1])


def summary(docstring: str | None) -> str:
    """The first sentence of a docstring, on one line."""
    text = " ".join((docstring or "").split("\n\n")[0].split())
    return re.split(r"(?<=[^.\s])\.\s+(?=[A-Z])", text)[0].rstrip(".")


def _text(module: str, node: ast.expr) -> str:
    """A value that is written out, here or where its name comes from, as text."""
    try:
        value = literal(module, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)
    except (ValueError, LookupError, FileNotFoundError):
        return ""
    return " ".join(str(value).split())


def _entry(name: str, place: str, definition: ast.FunctionDef | ast.ClassDef) -> Entry:
    text = summary(ast.get_docstring(definition))
    return Entry(name, place, _parameters(_called(place, definition)), text, _kind(definition))


def _kind(definition: ast.FunctionDef | ast.ClassDef) -> str:
    for call in definition.decorator_list:
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "rewiring":
            words = [*call.args, *(word.value for word in call.keywords if word.arg == "kind")]
            return ast.literal_eval(words[0])
    return ""


def _called(place: str, definition: ast.FunctionDef | ast.ClassDef) -> ast.FunctionDef:
    """The function that a call runs: of a class the ``__init__``, its own or the first base's."""
    while isinstance(definition, ast.ClassDef):
        own = [part for part in definition.body if getattr(part, "name", "") == "__init__"]
        if own:
            return own[0]
        place, definition = _find(place, ast.unparse(definition.bases[0]))
    return definition


def _parameters(function: ast.FunctionDef) -> dict[str, str | None]:
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    without = [None] * (len(plain) - len(given.defaults))
    found = dict(zip(plain, [*without, *given.defaults], strict=True))
    found |= dict(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    return {one.arg: default and ast.unparse(default) for one, default in found.items()}


def _find(module: str, name: str) -> tuple[str, ast.AST]:
    """(module, node) where a name, perhaps dotted, is defined; the node of a value is the value."""
    before, _, last = name.rpartition(".")
    if before:
        module = _module(module, before)
    for node in _tree(module).body:
        if getattr(node, "name", None) == last:
            return module, node
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if last in (getattr(target, "id", None) for target in targets):
            return module, node.value
        if isinstance(targets[0], ast.Tuple):
            names = [getattr(one, "id", None) for one in targets[0].elts]
            if last in names:
                return module, node.value.elts[names.index(last)]
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == last:
                    return _find(node.module, alias.name)
    raise LookupError(f"{module} does not define or import {last}")


def _module(module: str, name: str) -> str:
    """The module that ``module`` imports under a name."""
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{node.module}.{alias.name}"
    raise LookupError(f"{module} does not import {name}")


@cache
def _tree(module: str) -> ast.Module:
    place = _PACKAGE.parent.joinpath(*module.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))
