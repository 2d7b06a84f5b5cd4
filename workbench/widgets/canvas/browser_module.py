"""The ES module of a widget, made of the scripts of this folder, which import each other.

anywidget sends one module a widget, and a module sent as text has no neighbors to import. So the
text that is sent holds all that its script imports, each script in a function of its own whose
result is what it exports; nothing else of a script is seen by another. The scripts stay ES
modules, so that node's tests import the very same files, and no bundler is needed, neither here nor
where the package is installed.

A module of its own for each script, from a Blob, would do as well and was measured: the browser
takes over a millisecond to fetch each of them, which doubles the time until the first picture.

Two forms are followed, which a test holds the scripts to: ``import { a, b } from "./name.js";`` and
``export`` in front of a function, a class or a constant. Only the script of a widget itself has an
``export default``.
"""

import re
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)


def browser_module(name: str) -> str:
    """The text of one ES module that does what the script ``name`` of this folder does.

    Raises:
        FileNotFoundError: the script, or one that it imports, is not there.
        ValueError: scripts import each other in a circle, so that none can be made before the rest.
    """
    *before, entry = _with_imports(name)
    return "\n".join([*map(_scope, before), _link(entry)])


def _source(name: str) -> str:
    return (_HERE / f"{name}.js").read_text(encoding="utf-8")


def _link(name: str) -> str:
    """A script that takes what it imports from the scopes before it."""
    return _IMPORT.sub(r"const \1 = $\2;", _source(name))


def _scope(name: str) -> str:
    """A script as an object of what it exports."""
    text = _link(name)
    exports = ", ".join(_EXPORT.findall(text))
    return f"const ${name} = (() => {{\n{_EXPORT.sub('', text)}\nreturn {{ {exports} }};\n}})();"


def _with_imports(name: str, above: tuple[str, ...] = ()) -> list[str]:
    """Names of the script and of all that it imports, each after what it imports itself."""
    if name in above:
        raise ValueError(f"scripts import each other in a circle: {' > '.join((*above, name))}")
    found: dict[str, None] = {}
    for _, other in _IMPORT.findall(_source(name)):
        found.update(dict.fromkeys(_with_imports(other, (*above, name))))
    return [*found, name]


def style(*names: str) -> str:
    """The text of the named ``.css`` files of this folder.

    A text, not a path: anywidget would watch a path, and what watches holds every widget for good.
    """
    return "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in names)
