"""``workbench app``: a lab as a web page, served by Voila on this machine."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from workbench.cli.options import GRAPH, add_reading_options, opened, opening
from workbench.cli.serving import Server, add_server_options, chosen_server


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser("app", help="serve a lab as a web page, without JupyterLab")
    command.add_argument("name", choices=["rewiring"], metavar="NAME", help="which lab: rewiring")
    command.add_argument("graph", nargs="?", default="karate", metavar="GRAPH", help=GRAPH)
    command.add_argument("--theme", choices=["light", "dark"], default="light")
    add_reading_options(command)
    add_server_options(command)
    return command


def app_notebook(graph: str, folder: Path, **options: Any) -> str:
    """Text of the one-cell notebook that shows the rewiring lab on a graph.

    ``folder`` is where the app was asked for: what is saved in the lab lands there, and a relative
    path is read from there. ``options`` are for ``open_graph``.
    """
    import nbformat

    if options.pop("directed", None) is False:
        options["undirected"] = True
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    cell = nbformat.v4.new_code_cell(
        "import os\n"
        f"os.chdir({str(folder)!r})\n"
        "from workbench.widgets import rewiring_lab\n"
        f"rewiring_lab({graph!r}{given})",
        id="app",
    )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "title": f"Rewiring lab: {graph}"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell], metadata=metadata))


def arguments(notebook: Path, server: Server, *, theme: str) -> list[str]:
    """Command line of Voila; the template comes with this package and asks no other machine."""
    # the page is for the one who started it: an error in the lab is shown there, not hidden
    found = [str(notebook), "--template=workbench", f"--theme={theme}", "--show_tracebacks=True"]
    if server.port is not None:
        found.append(f"--port={server.port}")
    if server.ip is not None:  # whom others can reach lets in who knows the token alone
        found += [f"--Voila.ip={server.ip}", "--token"]
    if not server.browser:
        found.append("--no-browser")
    return found


def run(given: argparse.Namespace) -> int:
    """Serve until interrupted. The graph is opened first, so that a mistake in it is said here.

    Raises:
        ValueError: root, who was not allowed to, or ``--directed``.
    """
    if given.directed:
        raise ValueError("the rewiring lab takes each edge both ways; leave out --directed")
    opened(given.graph, **opening(given))
    chosen = chosen_server(given)
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as folder:
        notebook = Path(folder) / "rewiring.ipynb"
        text = app_notebook(given.graph, Path.cwd(), **opening(given))
        notebook.write_text(text, encoding="utf-8")
        from voila.app import Voila

        Voila.launch_instance(arguments(notebook, chosen, theme=given.theme))
    return 0
