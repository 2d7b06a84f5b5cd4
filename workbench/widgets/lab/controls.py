"""A control for each setting of a lab, and the buttons of its commands."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from workbench.graphs import SUFFIXES
from workbench.widgets.canvas.picture_border import PictureBorder
from workbench.widgets.lab.state import LabState, Setting

WRAP = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 14px"}


def setting_control(
    state: LabState, name: str, refused: Callable[[Exception], None]
) -> ipywidgets.Widget:
    """The control of a setting: it changes the state and follows it.

    Args:
        state: what it changes.
        name: of the setting.
        refused: called with the error where the state does not take a value; the control goes back.
    """
    setting = state.settings()[name]
    control = _control(setting, state.choices(name), getattr(state, name))

    follows = False  # while the control is set to what the state has

    def chosen(change: Any) -> None:
        if follows:
            return
        try:
            setattr(state, name, change.new)
        except (ValueError, TypeError) as error:
            control.value = getattr(state, name)
            refused(error)

    def follow(_: Any) -> None:
        nonlocal follows
        follows, choices = True, state.choices(name)
        if choices is not None and tuple(control.options) != tuple(choices.items()):
            control.options = tuple(choices.items())
        elif choices is None and not isinstance(setting.default_value, bool):
            control.min, control.max = state.bounds(name)
        control.value = getattr(state, name)
        follows = False

    control.observe(chosen, "value")
    state.observe(follow, [name, "_offered", "_bounds"])
    return control


def button(
    name: str, about: str, clicked: Callable[[], Any], *, width: int = 90, primary: bool = False
) -> ipywidgets.Button:
    """A button that says what it does."""
    made = ipywidgets.Button(
        description=name,
        tooltip=about,
        button_style="primary" if primary else "",
        layout=ipywidgets.Layout(width=f"{width}px"),
    )
    made.on_click(lambda _: clicked())
    return made


def file_button(
    name: str, about: str, chosen: Callable[[dict], Any], *, width: int = 90
) -> ipywidgets.FileUpload:
    """A button for a graph file; ``chosen`` gets what ``opening.read_upload`` reads."""
    made = ipywidgets.FileUpload(
        description=name,
        tooltip=about,
        accept=",".join(SUFFIXES),
        layout=ipywidgets.Layout(width=f"{width}px"),
    )

    def heard(change: Any) -> None:
        if change.new:
            (file,) = change.new
            made.value = ()  # so that the same file can be chosen again
            chosen(file)

    made.observe(heard, "value")
    return made


def row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """Controls side by side, in as many lines as they need."""
    return ipywidgets.HBox(widgets, layout=ipywidgets.Layout(**WRAP))


def pair_of_pictures(
    graph: ipywidgets.Widget, matrix: ipywidgets.Widget, border: PictureBorder | None = None
) -> ipywidgets.GridBox:
    """A graph and a matrix side by side, or as ``border`` says; it can be dragged."""
    made = ipywidgets.GridBox((graph, border or PictureBorder(), matrix))
    made.add_class("wb-pair")
    return made


def _control(setting: Setting, choices: dict[str, Any] | None, value: Any) -> ipywidgets.Widget:
    layout = ipywidgets.Layout(width=f"{setting.width}px")
    about, title = setting.about, setting.title
    if choices is not None and setting.buttons:
        made = ipywidgets.ToggleButtons(
            options=tuple(choices.items()), value=value, tooltips=[about] * len(choices)
        )
        made.style.button_width = f"{setting.width}px"
        return made
    style = {"description_width": "auto"}
    shared = {"value": value, "description": title, "tooltip": about, "layout": layout}
    if choices is not None:
        return ipywidgets.Dropdown(options=tuple(choices.items()), style=style, **shared)
    if isinstance(setting.default_value, bool):
        return ipywidgets.Checkbox(indent=False, **shared)
    bounds = {"min": setting.low, "max": setting.high}
    return ipywidgets.BoundedIntText(style=style, **bounds, **shared)
