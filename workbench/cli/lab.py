"""``workbench lab``: JupyterLab on the notebooks, with nothing asked of other machines."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import workbench
from workbench.cli.serving import Server, add_server_options, chosen_server

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


def arguments(notebooks: Path, server: Server) -> list[str]:
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
    if server.port is not None:
        found.append(f"--ServerApp.port={server.port}")
    if server.ip is not None:
        found.append(f"--ServerApp.ip={server.ip}")
    if not server.browser:
        found.append("--no-browser")
    if server.as_root:
        found.append("--allow-root")
    return found


@contextmanager
def background_warm_up() -> Iterator[None]:
    """Meanwhile ``workbench doctor --warm-up`` runs in the background, so that no slider waits.

    It gives way to everything else, says nothing, and is gone afterwards.
    """
    words = [sys.executable, "-m", "workbench.cli", "doctor", "--warm-up"]
    # a session of its own: an interrupt that is for JupyterLab, which asks whether it is meant,
    # does not end it
    process = subprocess.Popen(
        [*(["nice", "-n", "19"] if shutil.which("nice") else []), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    add_server_options(command)
    return command


def run(given: argparse.Namespace) -> int:
    """Serve until interrupted, and compile meanwhile what the notebooks will call.

    Raises:
        ValueError: root, who was not allowed to.
    """
    chosen = chosen_server(given)
    notebooks = folder()
    if not (notebooks / FIRST).is_file():
        raise FileNotFoundError(f"no {FIRST} in {notebooks}; install the package again")
    print(f"notebooks: {notebooks}")
    from jupyterlab.labapp import LabApp

    with background_warm_up():
        LabApp.launch_instance(arguments(notebooks, chosen))
    return 0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
