"""The loop of a method whose kernel adds many edges at once: until the budget is spent."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from workbench.rewiring.declaration import check_stop


class Growth(NamedTuple):
    """Edges that were added, in order: ends ``[edges, 2]``, score, and how many tied with each."""

    pairs: np.ndarray
    score: np.ndarray
    num_tied: np.ndarray

    @classmethod
    def empty(cls, count: int) -> "Growth":
        """Room for ``count`` edges, which a kernel fills."""
        whole = np.int64
        return cls(np.empty((count, 2), whole), np.empty(count), np.empty(count, whole))

    def part(self, start: int | None, end: int | None = None) -> "Growth":
        """A stretch of it, in the same memory."""
        return Growth(*(column[start:end] for column in self))

    def edits(self) -> tuple[Tensor, Tensor, Tensor]:
        """The additions as ``apply_edits`` takes them."""
        signs = np.ones((1, self.score.size), dtype=np.int64)
        rows = np.concatenate([signs, self.pairs.T])
        return tuple(torch.from_numpy(one) for one in (rows, self.score, self.num_tied))


@runtime_checkable
class Growing(Protocol):
    """What adds the best edges to the graph that it holds."""

    def grow(self, count: int) -> Growth:
        """Add ``count`` edges, or as many as take a moment; none where no pair is left."""
        ...


def grow(
    state: Growing, num_edges: int, should_stop: Callable[[], bool] | None, name: str
) -> Growth:
    """Add edges until ``num_edges`` are there or no pair is left.

    Raises:
        Stopped: ``should_stop``, asked before each edge, returned True.
    """
    parts, done = [], 0
    while done < num_edges:
        check_stop(should_stop, name)
        more = state.grow(num_edges - done if should_stop is None else 1)
        if not more.score.size:
            break
        parts.append(more)
        done += more.score.size
    if len(parts) == 1:
        return parts[0]
    return Growth(*map(np.concatenate, zip(Growth.empty(0), *parts, strict=True)))
