"""Options of a method, a model or a task, read from its own signature."""

import inspect
import types
from collections.abc import Callable, Collection
from typing import Any, Literal, Union, get_args, get_origin

from workbench.cli.list import GIVEN, options


def parse_options(
    name: str, function: Callable, words: list[str], *, without: Collection[str] = GIVEN
) -> dict[str, Any]:
    """Keyword arguments from ``--name value`` words, converted as a function's signature says.

    Args:
        name: what the words are options of, for the message.
        function: its parameters are the options, and its annotations their types.
        words: what came in.
        without: parameters that are no options.

    Raises:
        ValueError: a name that the function does not have, or a value of another type.
    """
    parameters = {
        option: parameter
        for option, parameter in inspect.signature(function, eval_str=True).parameters.items()
        if option not in without
    }
    words = [part for word in words for part in (word.split("=", 1) if _is_flag(word) else [word])]
    found = {}
    while words:
        word = words.pop(0)
        option = word.removeprefix("--").replace("-", "_")
        if not _is_flag(word) or option not in parameters:
            own = options(function, without=without) or "none"
            raise ValueError(f"{name} has no option {word!r}; its own options: {own}")
        if not words:
            raise ValueError(f"{word} needs a value after it")
        found[option] = _convert(word, words.pop(0), parameters[option].annotation)
    return found


def _is_flag(word: str) -> bool:
    return word.startswith("--")


def _convert(option: str, text: str, annotation: Any) -> Any:
    """``text`` as the annotated type: bool, int, float, str, one of a Literal, or None."""
    if get_origin(annotation) is Literal:
        choices = {str(choice): choice for choice in get_args(annotation)}
        if text not in choices:
            raise ValueError(f"{option} must be one of {', '.join(choices)}, got {text!r}")
        return choices[text]
    union = get_origin(annotation) in (Union, types.UnionType)
    kinds = get_args(annotation) if union else (annotation,)
    if type(None) in kinds and text.lower() == "none":
        return None
    for kind in (bool, int, float, str):
        if kind in kinds:
            try:
                return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
            except (ValueError, KeyError):
                continue
    wanted = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    raise ValueError(f"{option} must be {wanted}, got {text!r}")
