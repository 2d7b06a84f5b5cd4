"""What an answer costs before it is asked for, and the refusal of what is too large.

The figures themselves are in ``cost_table``.
"""

import os
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.cost_table import COSTS, LIMITS
from workbench.graphs.edges import undirected_edges
from workbench.typing import EdgeIndex

#: The largest share of the free memory that one call may take.
MEMORY_SHARE = 0.5

#: The longest exact call that starts, in estimated seconds, where the limit is one of time.
LONGEST_SECONDS = 30.0


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


def estimate(
    name: str,
    *,
    num_nodes: int,
    num_edges: int | None = None,
    edge_index: EdgeIndex | None = None,
    device: torch.device | str = "cpu",
) -> Estimate:
    """Seconds and bytes that a diagnostic takes on a graph of this size, and whether it accepts it.

    Args:
        name: a key of ``DIAGNOSTICS``.
        num_nodes: number of nodes.
        num_edges: number of undirected edges; ``3 num_nodes`` (average degree 6) if not given.
        edge_index: the graph itself, in place of ``num_edges``: its edges are counted, and its
            degrees where the cost hangs on them (``ollivier_ricci``).
        device: where the graph is; its free memory is the limit.

    Where a function chooses its method by the shape of the graph, ``why`` names the methods:
    whether elimination stays sparse is known only when its order is found, which the call itself
    does in a second or so. Where hubs take longer than the sizes tell, ``why`` says that degrees
    are taken for equal, or were counted. Figures for ``resistance_of_pairs`` are for one pair, for
    ``approximate_total_resistance`` for the default number of probes, for ``sensitivity`` for all
    nodes of a six-layer GCN of width 32
    (the call itself measures its own model and refuses by that), for ``obstruction`` for one pair
    in such a model.

    Raises:
        ValueError: no diagnostic has this name, a size is negative, both ``num_edges`` and
            ``edge_index`` are given, or ``edge_index`` is no undirected graph of this many nodes.
    """
    if name not in COSTS:
        raise ValueError(f"no cost is known for {name!r}; choose one of {sorted(COSTS)}")
    if num_nodes < 0 or (num_edges is not None and num_edges < 0):
        raise ValueError(f"sizes must not be negative, got {num_nodes=}, {num_edges=}")
    if num_edges is not None and edge_index is not None:
        raise ValueError(
            f"give num_edges or edge_index, not both; got {num_edges=} and an edge_index of "
            f"{edge_index.size(1)} columns"
        )
    cost, how = COSTS[name], COSTS[name].how
    edges = 3 * num_nodes if num_edges is None else num_edges
    ends = None if edge_index is None else _degrees_at_ends(edge_index, num_nodes)
    if ends is not None:
        edges = ends.size(1)
    seconds, size = cost.seconds(num_nodes, edges), cost.bytes(num_nodes, edges)
    if ends is not None and cost.by_degrees is not None:
        seconds, size = cost.by_degrees(num_nodes, *ends)
        how = "the degrees of this graph are counted"
    size = int(size)
    limit, free = LIMITS.get(name), available_bytes(device)
    exact, why = True, "within the limits"
    if limit is not None and num_nodes > limit:
        exact, why = False, f"the exact answer is limited to {limit:,} nodes"
    elif size > MEMORY_SHARE * free:
        exact = False
        why = f"it needs {size / 1e9:.1f} GB and {free / 1e9:.1f} GB are free (half may be used)"
    why += f"; {how}" if how else ""
    return Estimate(name, seconds, size, exact, why, cost.alternative)


def _degrees_at_ends(edge_index: EdgeIndex, num_nodes: int) -> Float64[Tensor, "2 undirected"]:
    """Number of neighbors of both ends of every undirected edge."""
    graph = undirected_edges(edge_index, num_nodes)
    return graph.degree()[torch.stack([graph.source, graph.target])]


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
    expected = estimate(name, num_nodes=num_nodes, num_edges=num_edges, device=device)
    if not expected.exact:
        raise too_large(expected, num_nodes)


def too_large(expected: Estimate, num_nodes: int) -> TooLargeError:
    """The error for a call that is refused: what came in, what it would take, what to use."""
    message = (
        f"{expected.name} of {num_nodes:,} nodes would take about {_duration(expected.seconds)} "
        f"and {expected.bytes / 1e9:.3g} GB: {expected.why}"
    )
    if expected.alternative:
        advice = COSTS[expected.name].advice
        message += f"; use {expected.alternative}" + (f" ({advice})" if advice else "")
    return TooLargeError(message)


def _duration(seconds: float) -> str:
    """Seconds in words: 3 seconds, 4 minutes, 20 hours, more than a year."""
    for size, unit in ((1, "seconds"), (60, "minutes"), (3600, "hours"), (86400, "days")):
        if seconds < 60 * size * (1 if size < 3600 else 2):
            return f"{seconds / size:.2g} {unit}"
    return "more than four months"
