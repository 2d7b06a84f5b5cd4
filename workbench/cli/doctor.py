"""``workbench doctor``: what is installed, what is missing, and how to get it.

It answers at once, from what is on the disk. ``--load`` also loads torch and the others that are
compiled, and so finds those that are there and broken; ``--warm-up`` compiles what is our own.
"""

import argparse
import importlib
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

import workbench
from workbench.data_sets import data_folder

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SETTINGS = "lab/settings/overrides.d/graph-workbench.json"
_INSTALL = "pip install -c constraints.txt -e ."

#: Packages with compiled parts, which can be installed and yet not load: distribution -> module.
COMPILED = {
    "torch": "torch",
    "torch-geometric": "torch_geometric",
    "numba": "numba",
    "igraph": "igraph",
}


@dataclass(frozen=True)
class Finding:
    """One line. ``state`` is "ok", "note" (something optional is missing) or "missing"."""

    state: str
    name: str
    text: str
    cure: str = ""


def findings(*, load: bool = False) -> list[Finding]:
    """Everything that is looked at, in the order it is printed; with ``load`` also what loads."""
    return [
        _python(),
        *_packages(),
        *(_load_findings() if load else []),
        _device() if load else _build(),
        _compiled_cache(),
        _jupyter_settings(),
        _chromium(),
        _data(),
    ]


def _python() -> Finding:
    return Finding("ok", "python", f"{platform.python_version()} at {sys.executable}")


def _packages() -> list[Finding]:
    """The packages that pyproject.toml names."""
    from packaging.requirements import Requirement

    try:
        named = [Requirement(line) for line in requires("graph-workbench") or []]
    except PackageNotFoundError:
        return [Finding("missing", "graph-workbench", "not installed", _INSTALL)]
    found = [Finding("ok", "graph-workbench", workbench.__version__)]
    for needed in named:
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            has = version(needed.name)
        except PackageNotFoundError:
            found.append(Finding("missing", needed.name, "not installed", _INSTALL))
            continue
        if not needed.specifier.contains(has, prereleases=True):
            text = f"{has}, but {needed.specifier} is needed"
            found.append(Finding("missing", needed.name, text, _INSTALL))
        elif needed.name in COMPILED and find_spec(COMPILED[needed.name]) is None:
            text = f"{has} is noted as installed, but its files are gone"
            found.append(Finding("missing", needed.name, text, f"{_INSTALL} --force-reinstall"))
        else:
            found.append(Finding("ok", needed.name, has))
    return found


def _load_findings() -> list[Finding]:
    """What is wrong with the packages that have compiled parts, found by loading them."""
    found = []
    for name, module in COMPILED.items():
        try:
            importlib.import_module(module)
        except Exception as error:  # a broken binary raises anything
            text = f"does not load: {error}"
            found.append(Finding("missing", name, text, f"{_INSTALL} --force-reinstall"))
    return found


def _build() -> Finding:
    """What can be said of the device without asking torch."""
    try:
        has = version("torch")
    except PackageNotFoundError:  # said above
        return Finding("note", "device", "unknown, torch is not installed")
    cpu = has.endswith("+cpu")
    told = "torch is built without CUDA" if cpu else "--load asks torch for CUDA devices"
    return Finding("ok", "device", f"CPU, {os.cpu_count()} cores; {told}")


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
    root = data_folder().resolve()
    if not root.is_dir():
        text = f"{root} is not there; generated graphs and karate need no data"
        return Finding("note", "data sets", text, "set WORKBENCH_DATA to a folder of data sets")
    held = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name != "results")
    return Finding("ok", "data sets", f"{root}: {', '.join(held) or 'none yet'}")


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser(
        "doctor", help="what is installed, what is missing, how to get it"
    )
    command.add_argument(
        "--load", action="store_true", help="also load torch and others with compiled parts"
    )
    command.add_argument(
        "--warm-up",
        action="store_true",
        help="compile all loops now, which else happens at the first call of each",
    )
    return command


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 if something needed is missing, else 0."""
    if arguments.warm_up:
        from workbench.cli.warm_up import warm_up

        warm_up()
        return 0
    found = findings(load=arguments.load)
    width = max(len(finding.name) for finding in found)
    for finding in found:
        print(f"{finding.state:<8} {finding.name:<{width}}  {finding.text}")
        if finding.cure:
            print(f"{'':<8} {'':<{width}}  -> {finding.cure}")
    missing = sum(finding.state == "missing" for finding in found)
    print("\nready" if not missing else f"\n{missing} needed and missing")
    if not arguments.load:
        told = "were not loaded, so whether they work is not known: workbench doctor --load"
        print(f"{', '.join(COMPILED)} {told}")
    return 1 if missing else 0
