"""Distances between nodes as classes: equal numbers where distances are equal."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from scipy.sparse.csgraph import shortest_path
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph, numbered
from workbench.diagnostics.resistance.all_pairs import effective_resistance
from workbench.ties import levels

#: What ``distance_wl_colors`` knows by name.
DISTANCES = ("shortest-path", "resistance", "both", "rrwp")

#: Real distances are equal where they lie closer than this share of the larger one. Resistances
#: of a few thousand nodes are right to 1e-9 of each.
_TOLERANCE = 1e-8

#: Powers of the walk matrix in RRWP, the identity among them.
_WALK_STEPS = 21


def pair_classes(graphs: Sequence[Graph], distance: str | Tensor) -> list[np.ndarray]:
    """``[nodes, nodes]`` classes for each graph, shared by all of them."""
    ends = np.cumsum([0] + [graph.size for graph in graphs])
    if isinstance(distance, Tensor):
        own = distance.detach().cpu().to(torch.float64).numpy()
        if np.isnan(own).any():
            row, column = np.argwhere(np.isnan(own))[0]
            raise ValueError(f"distance[{row}, {column}] is nan; inf stands for no way")
        blocks = pairwise(ends)
        columns = [own[low:high, low:high].reshape(-1, 1) for low, high in blocks]
    else:
        columns = [distance_columns(graph, distance) for graph in graphs]
    stacked = np.concatenate([np.zeros((0, columns[0].shape[1])), *columns])
    own = isinstance(distance, Tensor)
    classes = [real_classes(column, of_largest=own) for column in stacked.T]
    number = numbered(np.stack(classes, axis=1))
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
        parts.append(shortest_path(graph.adjacency(), unweighted=True).reshape(-1, 1))
    if distance in ("resistance", "both"):
        row = np.repeat(np.arange(graph.size), np.diff(graph.indptr))
        edge_index = torch.from_numpy(np.stack([graph.neighbor, row]).astype(np.int64))
        found = effective_resistance(edge_index, graph.size)
        parts.append(found.numpy().reshape(-1, 1))
    if distance == "rrwp":
        walk = graph.adjacency().toarray()
        walk /= np.maximum(walk.sum(axis=1, keepdims=True), 1.0)
        powers = [np.eye(graph.size)]
        for _ in range(_WALK_STEPS - 1):
            powers.append(powers[-1] @ walk)
        parts.append(np.stack(powers, axis=-1).reshape(graph.size**2, _WALK_STEPS))
    return np.concatenate(parts, axis=1)
