"""A notebook-first lab for people who study how information flows in graph neural networks.

diagnose -> rewire -> train -> diagnose again -> compare

Subpackages load on first use, so that ``import workbench`` stays light.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

_SUBPACKAGES = (
    "graphs",
    "tasks",
    "encodings",
    "diagnostics",
    "capture",
    "rewiring",
    "models",
    "training",
    "benchmarks",
    "report",
    "figures",
    "widgets",
)

try:
    __version__ = version("graph-workbench")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__", *_SUBPACKAGES]


def __getattr__(name: str):
    if name in _SUBPACKAGES:
        return import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
