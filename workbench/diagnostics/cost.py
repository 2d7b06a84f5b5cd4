"""What an answer costs before it is asked for, and the refusal of what is too large.

The figures themselves are in ``cost_table``.
"""

import os
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.cost_table import COSTS, LIMITS

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
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")  # no /proc: all there is


def by_size(
    name: str,
    num_nodes: int,
    num_edges: int | None = None,
    *,
    ends: Float64[Tensor, "2 undirected"] | None = None,
    device: torch.device | str = "cpu",
) -> Estimate:
    """What ``estimate`` says from sizes alone, or from the degrees at both ends of every edge.

    Raises:
        ValueError: no diagnostic has this name, or a size is negative.
    """
    if name not in COSTS:
        raise ValueError(f"no cost is known for {name!r}; choose one of {sorted(COSTS)}")
    if num_nodes < 0 or (num_edges is not None and num_edges < 0):
        raise ValueError(f"sizes must not be negative, got {num_nodes=}, {num_edges=}")
    cost, how = COSTS[name], COSTS[name].how
    edges = 3 * num_nodes if num_edges is None else num_edges
    if ends is None or cost.by_degrees is None:
        seconds, size = cost.seconds(num_nodes, edges), cost.bytes(num_nodes, edges)
    else:
        seconds, size = cost.by_degrees(num_nodes, *ends)
        how = "the degrees of this graph are counted"
    size = int(size)
    limit, free = LIMITS.get(name), available_bytes(device)
    exact, why = True, "within the limits"
    if limit is not None and num_nodes > limit:
        exact, why = False, f"the exact answer is limited to {limit:,} nodes"
    elif size > MEMORY_SHARE * free:
        exact = False
        why = f"it needs {memory(size)} and {memory(free)} are free (half may be used)"
    why += f"; {how}" if how else ""
    return Estimate(name, seconds, size, exact, why, cost.alternative)


def check_size(
    name: str,
    num_nodes: int,
    num_edges: int | None = None,
    *,
    device: torch.device | str = "cpu",
) -> None:
    """Raise ``TooLargeError`` where ``estimate`` says that the exact call is refused.

    Raises:
        TooLargeError: with what came in, the estimate, and the function to use instead.
    """
    expected = by_size(name, num_nodes, num_edges, device=device)
    if not expected.exact:
        raise too_large(expected, num_nodes)


def too_large(expected: Estimate, num_nodes: int) -> TooLargeError:
    """The error for a call that is refused: what came in, what it would take, what to use."""
    told = [duration(expected.seconds)] if expected.seconds >= _WORTH_SECONDS else []
    told += [memory(expected.bytes)] if expected.bytes >= _WORTH_BYTES else []
    takes = f"would take {' and '.join(told)}" if told else "is refused"
    message = f"{expected.name} of {num_nodes:,} nodes {takes}: {expected.why}"
    if expected.alternative:
        advice = COSTS[expected.name].advice
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
