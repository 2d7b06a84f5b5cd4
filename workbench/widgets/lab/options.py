"""Controls for a function's keyword options, read from its signature."""

import inspect
import math
import re
import types
from collections.abc import Callable
from typing import Literal, Union, get_args, get_origin

import ipywidgets

#: Options that a lab sets itself.
NOT_SHOWN = {"generator", "initial", "should_stop", "num_edges"}
#: Largest whole number that a control takes.
MOST = 100_000


def option_help(function: Callable) -> dict[str, str]:
    """The ``Args:`` lines of a docstring, one text for each argument."""
    text = inspect.getdoc(function) or ""
    block = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    if not block:
        return {}
    entries = re.split(r"^ {4}(?=\S)", block.group(1), flags=re.MULTILINE)
    pairs = (entry.partition(":") for entry in entries if ":" in entry)
    return {name.split(" ")[0].strip(): " ".join(rest.split()) for name, _, rest in pairs}


def option_controls(function: Callable) -> dict[str, ipywidgets.Widget]:
    """One small control for each keyword-only option of ``function`` that a hand can set."""
    helps, controls = option_help(function), {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or name in NOT_SHOWN:
            continue
        control = _control(parameter.annotation, parameter.default)
        if control is not None:
            control.description = name.replace("_", " ")
            control.tooltip = helps.get(name, name)
            control.style = {"description_width": "auto"}
            controls[name] = control
    return controls


def option_values(function: Callable, controls: dict[str, ipywidgets.Widget]) -> dict:
    """The options that differ from the defaults of ``function``.

    Raises:
        ValueError: a text that should be a number is none.
    """
    parameters, values = inspect.signature(function).parameters, {}
    for name, control in controls.items():
        value = control.value
        if isinstance(control, ipywidgets.Text):
            try:
                value = float(value)
            except ValueError:
                raise ValueError(f"{name} must be a number (inf is one), got {value!r}") from None
        if value != parameters[name].default:
            values[name] = value
    return values


def option_code(options: dict) -> str:
    """The options as keyword arguments in Python."""
    texts = {
        k: f"float('{v}')" if v in (math.inf, -math.inf) else repr(v) for k, v in options.items()
    }
    return "".join(f", {name}={text}" for name, text in texts.items())


def _control(annotation, default) -> ipywidgets.Widget | None:
    width = ipywidgets.Layout(width="150px")
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next((a for a in get_args(annotation) if a is not type(None)), annotation)
    if get_origin(annotation) is Literal:
        choices = list(get_args(annotation))
        return ipywidgets.Dropdown(options=choices, value=default, layout=width)
    if annotation is bool:
        return ipywidgets.Checkbox(value=bool(default), indent=False, layout=width)
    if annotation is int:
        value = default if isinstance(default, int) else 0
        return ipywidgets.BoundedIntText(value=value, min=0, max=MOST, layout=width)
    if annotation is float and isinstance(default, int | float):
        # a text, since a number box knows no infinity
        return ipywidgets.Text(value=f"{default:g}", continuous_update=False, layout=width)
    return None
