"""The command line: ``workbench lab | app | report | rewire | train | brec | list | doctor``.

This file parses and dispatches; each command's work is in the file of its name, imported when the
command runs, so that ``workbench --help`` needs neither torch nor JupyterLab.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from workbench import __version__

_GRAPH = (
    "a file (GraphML, GML, GEXF, JSON, csv, edge list, Matrix Market, Pajek, npz, pt, graph6; of "
    "several graphs one as file.g6:3), a generator such as karate, ring:20, "
    "barbell:10,3 or grid:6x7, or a data set such as Cora or minnesota"
)
_LISTS = ("graphs", "rewirings", "models", "tasks", "diagnostics", "encodings")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as every other error here."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = _Parser(
        prog="workbench",
        description="See where a graph squeezes messages, rewire it, and measure what changed.",
    )
    top.add_argument("--version", action="version", version=f"workbench {__version__}")
    top.add_argument(
        "--debug", action="store_true", help="show the traceback of an error; before the command"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    lab = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    _server_options(lab)
    lab.add_argument(
        "--container",
        action="store_true",
        help="serve on every address of this machine and as root, as a container needs; "
        "the token is still asked for",
    )

    app = commands.add_parser("app", help="serve a lab as a web page, without JupyterLab")
    app.add_argument("name", choices=["rewiring"], metavar="NAME", help="which lab: rewiring")
    app.add_argument("graph", nargs="?", default="karate", metavar="GRAPH", help=_GRAPH)
    app.add_argument("--theme", choices=["light", "dark"], default="light")
    _reading_options(app)
    _server_options(app)

    report = commands.add_parser("report", help="measure a graph: a table here, a page in HTML")
    report.add_argument("graph", metavar="GRAPH", help=_GRAPH)
    report.add_argument("--html", metavar="FILE", help="also write a page that needs nothing else")
    report.add_argument(
        "--model", metavar="NAME", help="look at an untrained model too; a name of `list models`"
    )
    report.add_argument(
        "--num-layers", type=_count, default=4, help="its depth, and the verdict's (default 4)"
    )
    report.add_argument(
        "--seconds",
        type=_count,
        default=30,
        help="for the numbers, by their estimates (default 30)",
    )
    _graph_options(report)

    rewire = commands.add_parser(
        "rewire",
        help="change a graph's edges by a published method",
        epilog="A method's own options follow by their names, such as --variant official; "
        "`workbench list rewirings` shows them.",
    )
    rewire.add_argument("graph", metavar="GRAPH", help=_GRAPH)
    rewire.add_argument("--method", required=True, help="a name of `workbench list rewirings`")
    rewire.add_argument(
        "--num-edges", type=_count, required=True, help="how many undirected edges to change"
    )
    rewire.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="file to write; its ending is its form"
    )
    _graph_options(rewire)

    show = commands.add_parser("list", help="the names that the other commands take")
    show.add_argument("what", nargs="?", choices=_LISTS, metavar="WHAT", help=" | ".join(_LISTS))

    pairs = commands.add_parser(
        "brec", help="which of BREC's 400 pairs a test or model tells apart"
    )
    pairs.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="a model (`workbench list models`), a test such as 2-fwl, or package.module:Name of "
        "your own, which makes a model called as model(x, edge_index, batch)",
    )
    pairs.add_argument("--test", help="the same as a test for MODEL")
    pairs.add_argument(
        "--mode",
        choices=["exact", "code", "paper"],
        help="exact (tests, and functions that encode nodes), code (the released statistic; "
        "the default for models) or paper (Hotelling's)",
    )
    pairs.add_argument(
        "--subset", action="append", metavar="NAME", help="such as Basic; may be given repeatedly"
    )
    pairs.add_argument("--seeds", type=_count, default=10, help="of ten (default: all of them)")
    pairs.add_argument("--layers", type=_count, default=4, help="of our models (default 4)")
    pairs.add_argument("--width", type=_count, default=16, help="of our models (default 16)")
    pairs.add_argument("--epochs", type=_count, default=20, help="for each pair (default 20)")
    pairs.add_argument("--max-nodes", type=_count, help="leave out pairs of larger graphs")
    pairs.add_argument("--directory", metavar="DIR", help="for the run (default runs/brec/...)")
    pairs.add_argument("--resume", action="store_true", help="go on with the run that is there")
    pairs.add_argument("-o", "--output", metavar="FILE", help="also write the result as JSON here")
    pairs.add_argument("--root", metavar="DIR", help="folder of data sets (see report)")

    from workbench.cli import train  # declares its own arguments; loads nothing heavy

    train.add(commands.add_parser("train", help="train a model on a task; a table, a record"))

    commands.add_parser("doctor", help="what is installed, what is missing, and how to get it")
    return top


def _server_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument("--port", type=_count, help="port to serve on")


def _graph_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--root", metavar="DIR", help="folder of data sets (default: $WORKBENCH_DATA, then data/)"
    )
    _reading_options(command)
    command.add_argument(
        "--seed", type=_count, default=0, help="of every random choice (default 0)"
    )


def _reading_options(command: argparse.ArgumentParser) -> None:
    direction = command.add_mutually_exclusive_group()
    direction.add_argument(
        "--undirected",
        dest="directed",
        action="store_const",
        const=False,
        help="take each edge both ways; of two weights the mean",
    )
    direction.add_argument(
        "--directed",
        action="store_const",
        const=True,
        help="the edges of the file are arcs, though it does not say so",
    )
    for end in ("source", "target"):
        command.add_argument(
            f"--{end}", metavar="COLUMN", help=f"column of a table with the {end}, name or number"
        )
    command.add_argument(
        "--weight",
        metavar="NAME",
        help="edge attribute or column to take for the conductance; count for how often an edge "
        "is listed, none for no weights",
    )
    command.add_argument(
        "--header",
        choices=["yes", "no"],
        help="whether the first line of a table names its columns (default: see)",
    )


def _opening(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of ``open_graph`` that were given."""
    found = {name: getattr(arguments, name, None) for name in ("root", "directed")}
    found |= {name: getattr(arguments, name) for name in ("source", "target", "weight")}
    found["weight"] = False if found["weight"] == "none" else found["weight"]
    found["header"] = {"yes": True, "no": False}.get(arguments.header)
    return {name: value for name, value in found.items() if value is not None}


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 is success, 2 a mistake in what was asked (one line on standard error says which), 1 what
    ``doctor`` returns when something needed is missing.
    """
    arguments, rest = parser().parse_known_args(argv)
    if rest and arguments.command not in ("rewire", "train"):
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _note
            return _dispatch(arguments, rest)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `workbench list | head`
        sys.stderr.close()
        return 0
    except (ValueError, TypeError, OSError) as error:
        if arguments.debug:
            raise
        message = " ".join(str(error).split()) or type(error).__name__
        print(f"workbench {arguments.command}: {message}", file=sys.stderr)
        return 2


def _note(message, category, filename, lineno, file=None, line=None) -> None:
    """A warning as one line, without the place in the code."""
    print(f"note: {message}", file=sys.stderr)


def _dispatch(arguments: argparse.Namespace, rest: list[str]) -> int:
    match arguments.command:
        case "lab":
            from workbench.cli.lab import lab

            return lab(
                browser=not arguments.no_browser,
                port=arguments.port,
                container=arguments.container,
            )
        case "app":
            from workbench.cli.app import app

            return app(
                arguments.graph,
                browser=not arguments.no_browser,
                port=arguments.port,
                theme=arguments.theme,
                **_opening(arguments),
            )
        case "report":
            from workbench.cli.report import report

            return report(
                arguments.graph,
                html=arguments.html,
                seed=arguments.seed,
                model=arguments.model,
                num_layers=arguments.num_layers,
                seconds=arguments.seconds,
                **_opening(arguments),
            )
        case "rewire":
            from workbench.cli.rewire import rewire

            return rewire(
                arguments.graph,
                rest,
                method=arguments.method,
                num_edges=arguments.num_edges,
                output=arguments.output,
                seed=arguments.seed,
                **_opening(arguments),
            )
        case "train":
            from workbench.cli import train

            arguments.words = rest
            return train.run(arguments)
        case "list":
            from workbench.cli.list import show

            return show(arguments.what)
        case "brec":
            from workbench.cli.brec import run

            return run(
                arguments.model,
                mode=arguments.mode,
                test=arguments.test,
                subsets=arguments.subset,
                seeds=arguments.seeds,
                layers=arguments.layers,
                width=arguments.width,
                epochs=arguments.epochs,
                max_nodes=arguments.max_nodes,
                directory=arguments.directory,
                output=arguments.output,
                resume=arguments.resume,
                root=arguments.root,
            )
        case _:
            from workbench.cli.doctor import doctor

            return doctor()
