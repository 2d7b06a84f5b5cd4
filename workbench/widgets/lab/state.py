"""What a lab is set to. Each setting is declared once; controls, texts and code come from it."""

from collections.abc import Mapping, Sequence
from functools import cache
from numbers import Integral
from types import SimpleNamespace
from typing import Any

import traitlets

from workbench.widgets.lab.whole_number import whole_number


class Setting(traitlets.TraitType):
    """A choice among values, a whole number of a range, or yes and no.

    Args:
        default: its value at first; its type says which of the three it is.
        about: what it does, in a sentence; the tooltip, and the docstring of ``lab.NAME``.
        choices: the values, or title -> value. ``LabState.offer`` puts others in their place.
        low, high: the range of a whole number.
        optional: whether it may be None.
        label: what it is called on the page; its name if not given.
        width: of its control, in pixels.
        buttons: whether a choice is a row of buttons, not a menu.
    """

    def __init__(
        self,
        default: Any,
        about: str,
        *,
        choices: Sequence | Mapping[str, Any] | None = None,
        low: int = 0,
        high: int = 100_000,
        optional: bool = False,
        label: str | None = None,
        width: int = 240,
        buttons: bool = False,
    ):
        super().__init__(default, allow_none=optional, help=about)
        self.about, self.label, self.width, self.buttons = about, label, width, buttons
        self.low, self.high, self.optional = low, high, optional
        self.choices = None if choices is None else titled(choices)

    @property
    def title(self) -> str:
        """What it is called on the page."""
        return self.name.replace("_", " ") if self.label is None else self.label

    def validate(self, state: "LabState", value: Any) -> Any:
        """``value``, checked.

        Raises:
            ValueError: it is none of the choices, or out of range.
            TypeError: it is no whole number where one is asked for.
        """
        choices = state.choices(self.name)
        if choices is not None:
            if isinstance(value, Integral) and not isinstance(value, bool):
                value = int(value)  # such as one of numpy's
            if not any(type(value) is type(one) and value == one for one in choices.values()):
                names = ", ".join(map(str, choices.values()))
                raise ValueError(f"{self.name} must be one of {names}; got {value!r}")
            return value
        if isinstance(self.default_value, bool):
            if not isinstance(value, bool):
                raise TypeError(f"{self.name} must be True or False, got {value!r}")
            return value
        low, high = state.bounds(self.name)
        return whole_number(value, self.name, low, high)


def titled(choices: Sequence | Mapping[str, Any]) -> dict[str, Any]:
    """Title -> value; a value without a title is its own."""
    return dict(choices) if isinstance(choices, Mapping) else {str(one): one for one in choices}


class LabState(traitlets.HasTraits):
    """The settings of a lab, each a ``Setting`` of the class. It knows no widget.

    Who wants to hear of a change calls ``observe(function, names)``.
    """

    _offered = traitlets.Dict()
    _bounds = traitlets.Dict()

    @classmethod
    @cache
    def settings(cls) -> dict[str, Setting]:
        """The declared settings by name, in their order."""
        found = {}
        for part in reversed(cls.__mro__):
            found |= {k: v for k, v in vars(part).items() if isinstance(v, Setting)}
        return found

    def choices(self, name: str) -> dict[str, Any] | None:
        """Title -> value of what a setting may be now; None where it is no choice."""
        return self._offered.get(name, self.settings()[name].choices)

    def offer(self, name: str, choices: Sequence | Mapping[str, Any], value: Any = None) -> None:
        """Put other choices in the place of those that a setting has.

        The setting becomes ``value``; without one it stays, or is the first where it cannot.
        """
        choices = titled(choices)
        values = list(choices.values())
        if value is None:
            now = self._trait_values.get(name, self.settings()[name].default_value)
            value = now if now in values else values[0]
        with self.hold_trait_notifications():
            self._offered = self._offered | {name: choices}
            setattr(self, name, value)

    def bounds(self, name: str) -> tuple[int, int]:
        """The least and the largest whole number that a setting may be now."""
        setting = self.settings()[name]
        return self._bounds.get(name, (setting.low, setting.high))

    def bound(self, name: str, low: int, high: int) -> None:
        """Put another range in the place of the one that a whole number has; it moves into it."""
        self._bounds = self._bounds | {name: (low, high)}
        now = getattr(self, name)
        if now is not None:
            setattr(self, name, min(max(now, low), high))

    def checked(self, name: str, value: Any) -> Any:
        """``value`` as the setting would take it; raises what ``Setting.validate`` does."""
        setting = self.settings()[name]
        return value if value is None and setting.optional else setting.validate(self, value)

    def parse(self, name: str, text: str) -> Any:
        """The value that a text names: a choice by its value or title, true or false, a number.

        Raises:
            ValueError, TypeError: as ``Setting.validate``.
        """
        setting, choices = self.settings()[name], self.choices(name)
        if setting.optional and text.lower() == "none":
            return None
        if choices is not None:
            named = choices | {str(value): value for value in choices.values()}
        elif isinstance(setting.default_value, bool):
            named = {"true": True, "false": False}
        else:
            sign = text.removeprefix("-")
            named = {text: int(text)} if sign.isdecimal() else {}
        return setting.validate(self, named.get(text, text))

    def now(self) -> SimpleNamespace:
        """All settings at this moment, for work that goes on while they change."""
        return SimpleNamespace(**{name: getattr(self, name) for name in self.settings()})

    def changed(self) -> dict[str, Any]:
        """The settings that are not as at first."""
        return {k: v for k, v in vars(self.now()).items() if v != self.settings()[k].default_value}

    def __repr__(self) -> str:
        texts = (f"{name}={value!r}" for name, value in self.changed().items())
        return f"{type(self).__name__}({', '.join(texts)})"
