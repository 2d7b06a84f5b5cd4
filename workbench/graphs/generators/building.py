"""From a list of edges to an ``edge_index``: what every generator and every reader ends with."""

import math
from dataclasses import dataclass
from operator import index

import numpy as np
import torch
from torch_geometric.data import Data

from workbench.topology import both_directions
from workbench.typing import EdgeIndex

#: A generator refuses to build more undirected edges than this (about 1 GB of ``edge_index``).
MOST_EDGES = 30_000_000


def undirected_graph(
    name: str, source: np.ndarray, target: np.ndarray, num_nodes: int, pos: np.ndarray | None = None
) -> Data:
    """``Data`` of the simple undirected graph with the edges ``source[i] - target[i]``.

    Self-loops are dropped and repeated edges count once. ``edge_index`` holds both directions,
    sorted; ``pos [nodes, 2]`` is centered and scaled to ``[-1, 1]`` by its longer side.
    """
    low, high = np.minimum(source, target), np.maximum(source, target)
    key = np.unique((low * num_nodes + high)[low != high].astype(np.int64))
    low, high = np.divmod(key, max(num_nodes, 1))
    edge_index = both_directions(torch.from_numpy(low), torch.from_numpy(high))
    data = Data(edge_index=edge_index, num_nodes=num_nodes, name=name)
    if pos is not None:
        data.pos = torch.from_numpy(fit(pos))
    return data


def fit(pos: np.ndarray) -> np.ndarray:
    """Positions moved and scaled, both axes alike, so that the longer side spans ``[-1, 1]``."""
    pos = np.asarray(pos, dtype=np.float64).reshape(-1, 2)
    if len(pos) == 0:
        return pos.astype(np.float32)
    low, high = pos.min(axis=0), pos.max(axis=0)
    half = float((high - low).max()) / 2
    return ((pos - (low + high) / 2) / (half or 1.0)).astype(np.float32)


def circle(count: int, *, start: float = math.pi / 2, radius: float = 1.0) -> np.ndarray:
    """``[count, 2]`` points at equal angles, clockwise from the angle ``start`` (radians)."""
    angle = start - 2 * math.pi * np.arange(count) / max(count, 1)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def clique_edges(size: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of the nodes ``first .. first + size - 1``."""
    source, target = np.triu_indices(size, 1)
    return source + first, target + first


def check_least(graph: str, **counts: tuple[int, int]) -> None:
    """Raise unless each ``name=(value, least)`` has an integer ``value >= least``.

    Raises:
        TypeError: a value is no integer.
        ValueError: a value is too small.
    """
    for name, (value, least) in counts.items():
        try:
            index(value)
        except TypeError:
            raise TypeError(f"{graph} needs an integer {name}, got {value!r}") from None
        if value < least:
            raise ValueError(f"{graph} needs {name} of at least {least}, got {value}")


def check_size(graph: str, num_edges: float) -> None:
    """Raise ``ValueError`` before a graph is built that would not fit in memory."""
    if num_edges > MOST_EDGES:
        raise ValueError(
            f"{graph} would have {num_edges:.4g} edges, more than the {MOST_EDGES:,} that a "
            "generator builds; ask for a smaller graph"
        )


@dataclass(frozen=True)
class Columns:
    """How a list of edges becomes an ``edge_index`` without repeats, sorted by (source, target).

    Attributes:
        edge_index: the arcs as listed, or both directions of each undirected edge.
        column: for each column of ``edge_index``, the first listed edge that it stands for.
        repeats: number of listed edges that say again what an earlier one said.
    """

    edge_index: EdgeIndex
    column: np.ndarray
    repeats: int
    _slot: np.ndarray
    _inverse: np.ndarray

    def sum_repeats(self, weight: np.ndarray) -> np.ndarray:
        """Conductance of each column: repeated edges are parallel conductors, so they add."""
        return np.bincount(self._inverse, weight)[self._slot] if weight.size else weight

    def reverse(self) -> np.ndarray:
        """For each column of an undirected graph the column that holds its other direction."""
        source, target = self.edge_index.numpy()
        return np.lexsort((source, target))


def columns(source: np.ndarray, target: np.ndarray, num_nodes: int, *, directed: bool) -> Columns:
    """Columns of the ``edge_index`` of listed edges; self-loops are kept, once.

    An undirected edge may be listed one way or both ways; both ways is no repeat.
    """
    key = source.astype(np.int64) * num_nodes + target
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    slot = np.arange(unique.size)
    if not directed:
        from_, to = np.divmod(unique, max(num_nodes, 1))
        reverse = to * num_nodes + from_
        place = np.minimum(np.searchsorted(unique, reverse), max(unique.size - 1, 0))
        alone = np.flatnonzero(unique[place] != reverse)
        both = np.concatenate([unique, reverse[alone]])
        order = np.argsort(both)
        unique, slot = both[order], np.concatenate([slot, alone])[order]
    edge_index = torch.from_numpy(np.stack(np.divmod(unique, max(num_nodes, 1))))
    return Columns(edge_index, first[slot], key.size - first.size, slot, inverse)
