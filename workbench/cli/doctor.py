"""``workbench doctor``: what is installed, what is missing, and how to get it."""

import argparse
import importlib
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import workbench

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SETTINGS = "lab/settings/overrides.d/graph-workbench.json"


@dataclass(frozen=True)
class Finding:
    """One line. ``state`` is "ok", "note" (something optional is missing) or "missing"."""

    state: str
    name: str
    text: str
    cure: str = ""


def findings() -> list[Finding]:
    """Everything that is looked at, in the order it is printed."""
    return [
        _python(),
        *_packages(),
        _device(),
        _compiled_cache(),
        _jupyter_settings(),
        _chromium(),
        _data(),
    ]


def _python() -> Finding:
    return Finding("ok", "python", f"{platform.python_version()} at {sys.executable}")


def _packages() -> list[Finding]:
    """The packages that pyproject.toml names, and whether the heavy ones load."""
    from packaging.requirements import Requirement

    install = "pip install -c constraints.txt -e ."
    try:
        named = [Requirement(line) for line in requires("graph-workbench") or []]
    except PackageNotFoundError:
        return [Finding("missing", "graph-workbench", "not installed", install)]
    found = [Finding("ok", "graph-workbench", workbench.__version__)]
    for needed in named:
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            has = version(needed.name)
        except PackageNotFoundError:
            found.append(Finding("missing", needed.name, "not installed", install))
            continue
        if not needed.specifier.contains(has, prereleases=True):
            text = f"{has}, but {needed.specifier} is needed"
            found.append(Finding("missing", needed.name, text, install))
        else:
            found.append(Finding("ok", needed.name, has))
    for module in ("torch", "torch_geometric", "numba", "igraph"):
        try:
            importlib.import_module(module)
        except Exception as error:  # a broken binary raises anything
            text = f"does not load: {error}"
            found.append(Finding("missing", module, text, f"{install} --force-reinstall"))
    return found


def _device() -> Finding:
    try:
        import torch
    except Exception:  # said above
        return Finding("note", "device", "unknown, torch does not load")
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        return Finding(
            "ok", "device", f"{name}, {free / 2**30:.0f} of {total / 2**30:.0f} GiB free"
        )
    return Finding("ok", "device", f"CPU, {torch.get_num_threads()} threads; no CUDA device")


def _compiled_cache() -> Finding:
    """Numba keeps compiled loops beside the source, or where NUMBA_CACHE_DIR says."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", Path(workbench.__file__).parent))
    if os.access(folder, os.W_OK):
        return Finding("ok", "compiled loops", f"cached under {folder}")
    return Finding(
        "note",
        "compiled loops",
        f"{folder} is not writable, so each session compiles again or uses the user's cache",
        "set NUMBA_CACHE_DIR to a folder that is",
    )


def _jupyter_settings() -> Finding:
    from jupyter_core.paths import jupyter_path

    places = [Path(place) / _SETTINGS for place in jupyter_path()]
    place = next((place for place in places if place.is_file()), None)
    if place is None:
        text = "this package's defaults are not found, so JupyterLab asks for news"
        return Finding("note", "JupyterLab", text, "pip install -c constraints.txt -e .")
    return Finding("ok", "JupyterLab", f"asks no other machine ({place})")


def _chromium() -> Finding:
    place = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if place is None:
        text = "not found; only the browser tests need it"
        return Finding("note", "Chromium", text, "apt-get install chromium")
    return Finding("ok", "Chromium", place)


def _data() -> Finding:
    from workbench.graphs.datasets.published import data_folder

    root = data_folder().resolve()
    if not root.is_dir():
        text = f"{root} is not there; generated graphs and karate need no data"
        return Finding("note", "data sets", text, "set WORKBENCH_DATA to a folder of data sets")
    held = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name != "results")
    return Finding("ok", "data sets", f"{root}: {', '.join(held) or 'none yet'}")


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    return commands.add_parser("doctor", help="what is installed, what is missing, how to get it")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 if something needed is missing, else 0."""
    found = findings()
    width = max(len(finding.name) for finding in found)
    for finding in found:
        print(f"{finding.state:<8} {finding.name:<{width}}  {finding.text}")
        if finding.cure:
            print(f"{'':<8} {'':<{width}}  -> {finding.cure}")
    missing = sum(finding.state == "missing" for finding in found)
    print("\nready" if not missing else f"\n{missing} needed and missing")
    return 1 if missing else 0
