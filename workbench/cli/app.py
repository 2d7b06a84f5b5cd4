"""``workbench app``: a lab as a web page, served by Voila on this machine."""

import tempfile
from pathlib import Path
from typing import Any

import nbformat


def app_notebook(graph: str, folder: Path, **opening: Any) -> str:
    """Text of the one-cell notebook that shows the rewiring lab on a graph.

    ``folder`` is where the app was asked for: what is saved in the lab lands there, and a relative
    path is read from there. ``opening`` is for ``open_graph``.
    """
    if opening.pop("directed", None) is False:
        opening["undirected"] = True
    options = "".join(f", {name}={value!r}" for name, value in opening.items())
    cell = nbformat.v4.new_code_cell(
        "import os\n"
        f"os.chdir({str(folder)!r})\n"
        "from workbench.widgets import rewiring_lab\n"
        f"rewiring_lab({graph!r}{options})",
        id="app",
    )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "title": f"Rewiring lab: {graph}"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell], metadata=metadata))


def arguments(notebook: Path, *, browser: bool, port: int | None, theme: str) -> list[str]:
    """Command line of Voila; the template comes with this package and asks no other machine."""
    # the page is for the one who started it: an error in the lab is shown there, not hidden
    found = [str(notebook), "--template=workbench", f"--theme={theme}", "--show_tracebacks=True"]
    if port is not None:
        found.append(f"--port={port}")
    if not browser:
        found.append("--no-browser")
    return found


def app(graph: str, *, browser: bool, port: int | None, theme: str, **opening: Any) -> int:
    """Serve until interrupted. The graph is opened first, so that a mistake in it is said here."""
    from workbench.cli.report import opened

    if opening.get("directed"):
        raise ValueError("the rewiring lab takes each edge both ways; leave out --directed")
    opened(graph, **opening)
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as folder:
        notebook = Path(folder) / "rewiring.ipynb"
        notebook.write_text(app_notebook(graph, Path.cwd(), **opening), encoding="utf-8")
        from voila.app import Voila

        Voila.launch_instance(arguments(notebook, browser=browser, port=port, theme=theme))
    return 0
