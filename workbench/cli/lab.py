"""``workbench lab``: JupyterLab on the notebooks, with nothing asked of other machines."""

import argparse
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import workbench
from workbench.cli.options import add_server_options

FIRST = "00_tour.ipynb"
_PACKAGE = Path(workbench.__file__).parent


def checkout_notebooks() -> Path | None:
    """The notebooks folder of the checkout that this package runs from, if it runs from one."""
    root = _PACKAGE.parent
    return root / "notebooks" if (root / "pyproject.toml").is_file() else None


def copy_notebooks(source: Path, target: Path) -> list[Path]:
    """Copy what ``target`` lacks of ``source``; a file that is there is never overwritten.

    Returns:
        the notebooks in ``target`` that are byte for byte those of ``source``.
    """
    same = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        place = target / file.relative_to(source)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        if file.suffix == ".ipynb" and _digest(file) == _digest(place):
            same.append(place)
    return same


def sign(notebooks: Sequence[Path]) -> None:
    """Tell Jupyter to trust these notebooks, so that their stored outputs show when opened."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for path in notebooks:
        notary.sign(nbformat.read(path, as_version=4))


def folder() -> Path:
    """Where the notebooks are: the checkout's own, else a copy in ``./workbench-notebooks``."""
    checkout = checkout_notebooks()
    if checkout is not None:
        return checkout
    target = Path.cwd() / "workbench-notebooks"
    sign(copy_notebooks(_PACKAGE / "notebooks", target))
    return target


def arguments(notebooks: Path, *, browser: bool, port: int | None, container: bool) -> list[str]:
    """Command line of JupyterLab.

    Its news and its check for a new version would ask other machines: both are off here and in the
    settings that come with this package (``share/jupyter/lab/settings/overrides.d``).
    """
    found = [
        f"--ServerApp.root_dir={notebooks}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    if port is not None:
        found.append(f"--ServerApp.port={port}")
    if not browser or container:
        found.append("--no-browser")
    if container:
        found += ["--ServerApp.ip=0.0.0.0", "--allow-root"]
    return found


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    add_server_options(command)
    command.add_argument(
        "--container",
        action="store_true",
        help="serve on every address of this machine and as root, as a container needs; "
        "the token is still asked for",
    )
    return command


def run(given: argparse.Namespace) -> int:
    """Serve until interrupted."""
    notebooks = folder()
    if not (notebooks / FIRST).is_file():
        raise FileNotFoundError(f"no {FIRST} in {notebooks}; install the package again")
    print(f"notebooks: {notebooks}")
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(
        arguments(
            notebooks, browser=not given.no_browser, port=given.port, container=given.container
        )
    )
    return 0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
