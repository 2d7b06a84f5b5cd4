"""Options of a method, a model or a task, read from its own signature."""

import inspect
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, Union, get_args, get_origin

#: What a function is given by whoever calls it, and is no option of its own.
GIVEN = frozenset(
    {"edge_index", "num_nodes", "edge_weight", "generator", "should_stop", "x", "model", "self"}
)


def own_parameters(
    function: Callable, *, without: Collection[str] = GIVEN
) -> dict[str, inspect.Parameter]:
    """The parameters of a function that are options of its own."""
    found = inspect.signature(function, eval_str=True).parameters
    return {name: parameter for name, parameter in found.items() if name not in without}


def written(parameters: Mapping[str, inspect.Parameter]) -> str:
    """Parameters with their defaults, as they are written in a call."""
    return ", ".join(
        name if parameter.default is parameter.empty else f"{name}={parameter.default!r}"
        for name, parameter in parameters.items()
    )


def parse_options(
    name: str, parameters: Mapping[str, inspect.Parameter], words: list[str]
) -> dict[str, Any]:
    """Keyword arguments from ``--name value`` words, converted as the annotations say.

    Args:
        name: what the words are options of, for the message.
        parameters: the options there are, as ``own_parameters`` gives them.
        words: what came in.

    Raises:
        ValueError: an option that there is not, or a value of another type.
    """
    texts, others = option_texts(words)
    flags = {name: f"--{name.replace('_', '-')}" for name in texts}
    unknown = [*others, *(flag for option, flag in flags.items() if option not in parameters)]
    if unknown:
        own = written(parameters) or "none"
        raise ValueError(f"{name} has no option {unknown[0]!r}; its own options: {own}")
    return {
        option: _convert(flags[option], text, parameters[option].annotation)
        for option, text in texts.items()
    }


def option_texts(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The text behind each ``--name``, by name; and the words that stand behind none.

    Raises:
        ValueError: nothing stands behind a name.
    """
    words = [part for word in words for part in (word.split("=", 1) if _is_flag(word) else [word])]
    found, others = {}, []
    while words:
        word = words.pop(0)
        if not _is_flag(word):
            others.append(word)
        elif not words:
            raise ValueError(f"{word} needs a value after it")
        else:
            found[word.removeprefix("--").replace("-", "_")] = words.pop(0)
    return found, others


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
