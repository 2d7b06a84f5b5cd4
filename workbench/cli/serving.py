"""Where ``lab`` and ``app`` serve: their options, and what is said to root and in a container."""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.cli.options import count

EVERYWHERE = "0.0.0.0"

#: The port that Jupyter and Voila try first.
FIRST_PORTS = {"lab": 8888, "app": 8866}

_FILES = (".dockerenv", "run/.containerenv")
_VARIABLES = ("container", "KUBERNETES_SERVICE_HOST")


@dataclass(frozen=True)
class Server:
    """How to serve.

    Attributes:
        browser: whether to open one.
        port: None for the first that is free.
        ip: the address to serve on; None for this machine alone.
        as_root: whether the superuser may serve.
    """

    browser: bool
    port: int | None
    ip: str | None
    as_root: bool


def add_server_options(command: argparse.ArgumentParser) -> None:
    """Where to serve, for whom, and whether to open a browser."""
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument("--port", type=count, help="port to serve on")
    command.add_argument(
        "--ip",
        metavar="ADDRESS",
        help=f"address to serve on, {EVERYWHERE} for all there are",
    )
    command.add_argument("--allow-root", action="store_true", help="serve even as root")
    command.add_argument(
        "--container",
        action="store_true",
        help=f"the same as --ip {EVERYWHERE} --allow-root --no-browser, as a container needs; the "
        "token is still asked for",
    )


def chosen_server(given: argparse.Namespace) -> Server:
    """What the options say; in a container, a note of what lets nobody in.

    Raises:
        ValueError: root, who was not allowed to.
    """
    boxed = given.container
    found = Server(
        browser=not (given.no_browser or boxed),
        port=given.port,
        ip=given.ip or (EVERYWHERE if boxed else None),
        as_root=given.allow_root or boxed,
    )
    if is_root() and not found.as_root:
        raise ValueError(
            "you are root, so whatever runs in it may change everything on this machine; start it "
            f"as another user, or with workbench {given.command} --allow-root (in a container "
            "--container does, which also serves to the outside)"
        )
    if in_container():
        port = found.port or FIRST_PORTS[given.command]
        print(how_to_reach(found.ip, port), file=sys.stderr)
    return found


def how_to_reach(ip: str | None, port: int) -> str:
    """What a person outside of a container has to do to see the page."""
    heard = ip is not None and not ip.startswith(("127.", "localhost"))
    address = "" if heard else f"--ip {EVERYWHERE} and "
    return (
        f"note: this is a container; from outside, the page is seen with {address}a published port "
        f"only (docker run -p {port}:{port})"
    )


def is_root() -> bool:
    """Whether this runs as the superuser, where there is one."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def in_container(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in a container of Docker, Podman or Kubernetes, as far as it shows."""
    return any((root / file).exists() for file in _FILES) or any(
        environment.get(name) for name in _VARIABLES
    )
