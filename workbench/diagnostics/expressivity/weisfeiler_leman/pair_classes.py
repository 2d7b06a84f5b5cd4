"""Distances between nodes as classes: equal numbers where distances are equal."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from workbench.diagnostics.distance.hop_distance import hops
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph, number_rows
from workbench.diagnostics.resistance.all_pairs import effective_resistance
from workbench.ties import levels
from workbench.topology import walk_powers
from workbench.typing import EdgeIndex

#: What ``distance_wl_colors`` knows by name.
DISTANCES = ("shortest-path", "resistance", "both", "rrwp")

#: Real distances are equal where they lie closer than this share of the larger one. Resistances
#: of a few thousand nodes are right to 1e-9 of each.
_TOLERANCE = 1e-8

#: Powers of the walk matrix in RRWP, the identity among them.
WALK_STEPS = 21


def pair_classes(graphs: Sequence[Graph], distance: str | Tensor) -> list[np.ndarray]:
    """``[nodes, nodes]`` classes for each graph, shared by all of them."""
    ends = np.cumsum([0] + [graph.size for graph in graphs])
    own = isinstance(distance, Tensor)
    if own:
        table = distance.detach().cpu().to(torch.float64).numpy()
        if np.isnan(table).any():
            row, column = np.argwhere(np.isnan(table))[0]
            raise ValueError(f"distance[{row}, {column}] is nan; inf stands for no way")
        blocks = pairwise(ends)
        columns = [table[low:high, low:high].reshape(-1, 1) for low, high in blocks]
    else:
        columns = [distance_columns(graph, distance) for graph in graphs]
    return _squares(number_rows(_ranks(columns, of_largest=own)), graphs)


def seen_distances(
    graphs: Sequence[Graph], distance: str
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What a test sees of each pair, for the eye: the distances of each graph and their classes.

    ``[nodes, nodes]`` or ``[nodes, nodes, channels]`` real numbers, and the classes that
    ``pair_classes`` makes of them, here numbered from small distances to large ones.
    """
    columns = [distance_columns(graph, distance) for graph in graphs]
    ranks = _ranks(columns, of_largest=False)
    number = number_rows(ranks)
    _, first = np.unique(number, return_index=True)
    place = np.empty(first.size, dtype=np.int64)
    place[np.lexsort(ranks[first].T[::-1])] = np.arange(first.size)
    real = [part.reshape(g.size, g.size, -1) for part, g in zip(columns, graphs, strict=True)]
    real = [part[..., 0] if part.shape[-1] == 1 else part for part in real]
    return real, _squares(place[number], graphs)


def _ranks(columns: Sequence[np.ndarray], *, of_largest: bool) -> np.ndarray:
    """``[pairs of all graphs, channels]``: the rank of each number among the different ones."""
    stacked = np.concatenate([np.zeros((0, columns[0].shape[1])), *columns])
    return np.stack([real_classes(part, of_largest=of_largest) for part in stacked.T], axis=1)


def _squares(number: np.ndarray, graphs: Sequence[Graph]) -> list[np.ndarray]:
    parts = np.split(number, np.cumsum([graph.size**2 for graph in graphs])[:-1])
    return [part.reshape(g.size, g.size) for part, g in zip(parts, graphs, strict=True)]


def real_classes(values: np.ndarray, *, of_largest: bool) -> np.ndarray:
    """Numbers for real values: sorted values closer than the tolerance are one class.

    The tolerance is a share of the larger of two neighbors, so that no graph of a batch blurs
    another; of the largest value where 0 may come with rounding.
    """
    size = np.abs(values[np.isfinite(values)]) if of_largest else np.zeros(0)
    return levels(values, tolerance=_TOLERANCE, scale=float(size.max(initial=0.0)))


def distance_columns(graph: Graph, distance: str) -> np.ndarray:
    """``[nodes^2, channels]`` of real numbers."""
    parts = []
    if distance in ("shortest-path", "both"):
        # row = the node that sees; messages travel along the edge
        parts.append(hops(graph.indptr, graph.neighbor).reshape(-1, 1))
    if distance in ("resistance", "both"):
        found = effective_resistance(_edge_index(graph), graph.size)
        parts.append(found.numpy().reshape(-1, 1))
    if distance == "rrwp":
        found = walk_powers(_edge_index(graph), graph.size, num_steps=WALK_STEPS)
        parts.append(found.numpy().reshape(graph.size**2, WALK_STEPS))
    return np.concatenate(parts, axis=1)


def _edge_index(graph: Graph) -> EdgeIndex:
    return torch.from_numpy(np.stack([graph.neighbor, graph.row()]).astype(np.int64))
