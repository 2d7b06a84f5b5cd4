"""The command line: ``workbench lab | app | report | rewire | train | brec | list | doctor``.

This file parses and dispatches. Each command is the file of its name, with ``add``, which declares
its options, and ``run``, which does it; ``workbench --help`` needs neither torch nor JupyterLab.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence

from workbench import __version__
from workbench.cli import app, brec, doctor, lab, list, report, rewire, train

#: The commands, in the order that the help shows.
COMMANDS = (lab, app, report, rewire, train, list, brec, doctor)


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
    for command in COMMANDS:
        command.add(commands).set_defaults(run=command.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 is success, 2 a mistake in what was asked (one line on standard error says which), 1 what
    ``doctor`` returns when something needed is missing.
    """
    arguments, rest = parser().parse_known_args(argv)
    arguments.rest = rest
    if rest and not getattr(arguments, "takes_rest", False):
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _note
            return arguments.run(arguments)
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
