"""What an answer costs before it is asked for, and the refusal of what is too large.

A function declares beside itself what it is about and what it costs, by ``diagnostic``. The figures
are a few rates measured on one core of a 2024 server (a laptop is within a factor of two or three);
they are meant to tell a second from an hour, not to time anything.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

#: The largest share of the free memory that one call may take.
MEMORY_SHARE = 0.5

#: The longest exact call that starts, in estimated seconds, where the limit is one of time.
LONGEST_SECONDS = 30.0

#: Below this a refusal has another reason than time or memory, which its text need not tell.
_WORTH_SECONDS, _WORTH_BYTES = 10.0, 1e8

#: Seconds of a unit, its name, and of how many on the next one is used.
_TIMES = ((1, "second", 60), (60, "minute", 60), (3600, "hour", 48), (86400, "day", 120))

#: Bytes of a unit, and its name.
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))

#: The most layers, heads or other parts of a network, and its widest layer: the weights from one
#: such layer to the next take 4 GB.
MOST_PARTS, MOST_CHANNELS = 1_000, 32_768

#: How the estimate of a function whose cost hangs on hubs comes about from sizes alone.
EQUAL_DEGREES = "degrees are taken for equal, and hubs take longer"

#: What a diagnostic is about: its numbers are of a graph, or of each of its nodes, pairs of nodes
#: or edges, or of two graphs; or they come from a model, or from what was measured of one.
Subject = Literal[
    "graph",
    "node",
    "pair",
    "edge",
    "two graphs",
    "model",
    "sensitivity",
    "attention",
    "states",
]


@dataclass(frozen=True)
class Declared:
    """What ``diagnostic`` says of a function; it is the function's attribute ``declared``.

    Attributes:
        name: the function's.
        of: what the numbers are about.
        seconds, bytes: as functions of (nodes, undirected edges).
        scaling: the power of a factor on all weights that the answer is multiplied by: -1 for a
            resistance, 0 for what only the shares of the weights decide; None where it reads no
            weights, or scales otherwise.
        multigraph: whether self-loops and repeated edges count; else they change nothing.
        limit: the largest number of nodes that the exact function accepts, whatever the memory.
        instead: what to call where it refuses.
        advice: what to know of ``instead``.
        how: which method it chooses.
        by_degrees: seconds and bytes as a function of the number of nodes and the degrees at the
            two ends of each edge, where edges between hubs cost more than size tells.
    """

    name: str
    of: Subject
    seconds: Callable[[int, int], float]
    bytes: Callable[[int, int], float]
    scaling: float | None = None
    multigraph: bool = False
    limit: int | None = None
    instead: str | None = None
    advice: str = ""
    how: str = ""
    by_degrees: Callable[[int, Tensor, Tensor], tuple[float, float]] | None = None


def diagnostic(**declared) -> Callable[[Callable], Callable]:
    """Declare what a function measures and what it takes; see ``Declared`` for the names."""

    def declare(function: Callable) -> Callable:
        function.declared = Declared(function.__name__, **declared)
        return function

    return declare


class TooLargeError(ValueError):
    """The exact answer would take too long or too much memory; the message names another way."""


class Stopped(RuntimeError):
    """The caller's ``should_stop`` asked a long computation to end."""


@dataclass(frozen=True)
class Estimate:
    """What one call is expected to take.

    Attributes:
        name: the function.
        seconds: on one CPU core, rough.
        bytes: peak memory beyond the input.
        exact: whether the function accepts a graph of this size.
        why: one sentence that explains ``exact``.
        alternative: what to call instead where the exact answer is refused.
    """

    name: str
    seconds: float
    bytes: int
    exact: bool
    why: str
    alternative: str | None


def available_bytes(device: torch.device | str = "cpu") -> int:
    """Memory that is free on ``device`` now, in bytes."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        with open("/proc/meminfo", "rb", buffering=0) as file:  # asked in calls of 0.1 ms
            head = file.read(400).partition(b"MemAvailable:")[2].split()
        if len(head) > 1:
            return int(head[0]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")  # no /proc: all there is


def by_size(
    function: Callable,
    num_nodes: int,
    num_edges: int | None = None,
    *,
    ends: Float64[Tensor, "2 undirected"] | None = None,
    device: torch.device | str = "cpu",
) -> Estimate:
    """What ``estimate`` says from sizes alone, or from the degrees at both ends of every edge.

    Raises:
        ValueError: a size is negative.
    """
    if num_nodes < 0 or (num_edges is not None and num_edges < 0):
        raise ValueError(f"sizes must not be negative, got {num_nodes=}, {num_edges=}")
    cost = function.declared
    limit, how = cost.limit, cost.how
    edges = 3 * num_nodes if num_edges is None else num_edges
    if ends is None or cost.by_degrees is None:
        seconds, size = cost.seconds(num_nodes, edges), cost.bytes(num_nodes, edges)
    else:
        seconds, size = cost.by_degrees(num_nodes, *ends)
        how = "the degrees of this graph are counted"
    size = int(size)
    free = available_bytes(device)
    exact, why = True, "within the limits"
    if limit is not None and num_nodes > limit:
        exact, why = False, f"the exact answer is limited to {limit:,} nodes"
    elif size > MEMORY_SHARE * free:
        exact = False
        why = f"it needs {memory(size)} and {memory(free)} are free (half may be used)"
    why += f"; {how}" if how else ""
    return Estimate(cost.name, seconds, size, exact, why, cost.instead)


def check_size(
    function: Callable,
    num_nodes: int,
    num_edges: int | None = None,
    *,
    device: torch.device | str = "cpu",
) -> None:
    """Raise ``TooLargeError`` where ``estimate`` says that the exact call is refused.

    Raises:
        TooLargeError: with what came in, the estimate, and the function to use instead.
    """
    expected = by_size(function, num_nodes, num_edges, device=device)
    if not expected.exact:
        raise too_large(expected, num_nodes, function.declared.advice)


def check_count(name: str, count: int, most: int) -> None:
    """Raise where a number of steps, layers or draws is one that no call would end with.

    Raises:
        TooLargeError: it is above ``most``.
    """
    if count > most:
        raise TooLargeError(f"{name}={count} is above the limit of {most:,}; take fewer")


def check_network(**sizes: int) -> None:
    """Raise where a layer is to have a width, or a network parts, that no memory holds, or none.

    Raises:
        TooLargeError: a number of channels is above 32,768, or another size above 1,000.
        ValueError: a size is below 1.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
        check_count(name, size, MOST_CHANNELS if "channels" in name else MOST_PARTS)


def too_large(expected: Estimate, num_nodes: int, advice: str = "") -> TooLargeError:
    """The error for a call that is refused: what came in, what it would take, what to use."""
    told = [duration(expected.seconds)] if expected.seconds >= _WORTH_SECONDS else []
    told += [memory(expected.bytes)] if expected.bytes >= _WORTH_BYTES else []
    takes = f"would take {' and '.join(told)}" if told else "is refused"
    message = f"{expected.name} of {num_nodes:,} nodes {takes}: {expected.why}"
    if expected.alternative:
        message += f"; use {expected.alternative}" + (f" ({advice})" if advice else "")
    return TooLargeError(message)


def duration(seconds: float) -> str:
    """Seconds in words: about 3 seconds, about 1 minute, more than four months."""
    for size, unit, most in _TIMES:
        if seconds < most * size:
            count = float(f"{seconds / size:.2g}")
            return f"about {count:g} {unit}" + ("" if count == 1 else "s")
    return "more than four months"


def memory(size: float) -> str:
    """Bytes in words: 40 GB, 3.5 kB."""
    unit, name = next(((u, n) for u, n in _SIZES if size >= 0.1 * u), _SIZES[-1])
    return f"{float(f'{size / unit:.3g}'):,g} {name}"
