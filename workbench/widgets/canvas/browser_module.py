"""The ES module of a widget, joined from files that hold one concern each."""

from pathlib import Path

_HERE = Path(__file__).parent


def browser_module(*names: str) -> str:
    """The text of one ES module: the named ``.js`` files of this folder, one after another.

    anywidget sends one module per widget, and a module sent as text cannot import its neighbors.
    The files share one scope; the last one holds the ``export``.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return "\n".join((_HERE / f"{name}.js").read_text(encoding="utf-8") for name in names)


def style(*names: str) -> str:
    """The text of the named ``.css`` files of this folder.

    A text, not a path: anywidget would watch a path, and what watches holds every widget for good.
    """
    return "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in names)
