"""``workbench app``: a lab as a web page, served by Voila on this machine."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from workbench.cli.options import add_reading_options, opening
from workbench.cli.own_options import option_texts
from workbench.cli.serving import Server, add_server_options, chosen_server

#: The labs, and the graph that each opens on where none is given.
LABS = {"rewiring": "karate", "sensitivity": "karate", "attention": "karate", "expressivity": ""}


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser(
        "app",
        help="serve a lab as a web page, without JupyterLab",
        usage="%(prog)s NAME [GRAPH ...] [--SETTING VALUE ...] [options]",
        epilog="GRAPH is a file, a generator such as barbell:10,3, or a data set (karate without "
        "any); expressivity takes two, or the name of a pair. Settings of the lab follow by their "
        "names (--method fosr --num-edges 10); `workbench list labs` shows them.",
        allow_abbrev=False,
    )
    command.add_argument("name", choices=LABS, metavar="NAME", help=" | ".join(LABS))
    command.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="NAME[:LAYERS]",
        help="the untrained model that sensitivity (several, if given repeatedly; GCN) or "
        "attention (GAT) looks at; a name of `list models`",
    )
    command.add_argument("--theme", choices=["light", "dark"], default="light")
    add_reading_options(command)
    add_server_options(command)
    command.set_defaults(takes_rest=True)
    return command


def app_notebook(title: str, folder: Path, *asked: Any) -> str:
    """Text of the one-cell notebook that shows ``served_lab(*asked)``.

    ``folder`` is where the app was asked for: what is saved in the lab lands there, and a relative
    path is read from there.
    """
    import nbformat

    cell = nbformat.v4.new_code_cell(
        "import os\n"
        f"os.chdir({str(folder)!r})\n"
        "from workbench.cli.served_lab import served_lab\n"
        f"served_lab({', '.join(map(repr, asked))})",
        id="app",
    )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "title": title}
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
    """Serve until interrupted. The lab is made first, so that a mistake is said here.

    Raises:
        ValueError: root, who was not allowed to; a graph, network or setting that there is not.
    """
    from workbench.cli.served_lab import served_lab

    settings, graphs = option_texts(given.rest)
    graphs = graphs or [name for name in [LABS[given.name]] if name]
    asked = given.name, graphs, given.network, settings, opening(given)
    served_lab(*asked).close()
    chosen = chosen_server(given)
    title = f"{given.name.capitalize()} lab" + f": {', '.join(graphs)}" * bool(graphs)
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as folder:
        notebook = Path(folder) / f"{given.name}.ipynb"
        notebook.write_text(app_notebook(title, Path.cwd(), *asked), encoding="utf-8")
        from voila.app import Voila

        Voila.launch_instance(arguments(notebook, chosen, theme=given.theme))
    return 0
