"""Distances between nodes as classes: equal numbers where distances are equal."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from scipy.sparse.csgraph import shortest_path
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph, numbered
from workbench.diagnostics.resistance.all_pairs import effective_resistance

#: What ``distance_wl_colors`` knows by name.
DISTANCES = ("shortest-path", "resistance", "both", "rrwp")

#: Real distances are equal where they lie closer than this share of the largest one.
_TOLERANCE = 1e-8

#: Powers of the walk matrix in RRWP, the identity among them.
_WALK_STEPS = 21


def pair_classes(graphs: Sequence[Graph], distance: str | Tensor) -> list[np.ndarray]:
    """``[nodes, nodes]`` classes for each graph, shared by all of them."""
    ends = np.cumsum([0] + [graph.size for graph in graphs])
    if isinstance(distance, Tensor):
        own = distance.detach().cpu().to(torch.float64).numpy()
        blocks = pairwise(ends)
        columns = [own[low:high, low:high].reshape(-1, 1) for low, high in blocks]
    else:
        columns = [_columns(graph, distance) for graph in graphs]
    stacked = np.concatenate([np.zeros((0, columns[0].shape[1])), *columns])
    number = numbered(np.stack([real_classes(column) for column in stacked.T], axis=1))
    parts = np.split(number, np.cumsum([graph.size**2 for graph in graphs])[:-1])
    return [part.reshape(g.size, g.size) for part, g in zip(parts, graphs, strict=True)]


def real_classes(values: np.ndarray) -> np.ndarray:
    """Numbers for real values: sorted values closer than the tolerance are one class."""
    finite = np.isfinite(values)
    scale = np.abs(values[finite]).max(initial=0.0)
    ordered, inverse = np.unique(values, return_inverse=True)
    with np.errstate(invalid="ignore"):  # inf - inf does not occur, all values differ
        apart = np.diff(ordered) > _TOLERANCE * max(scale, 1e-300)
    return np.concatenate([[0], np.cumsum(apart)])[inverse] if values.size else values.astype(int)


def _columns(graph: Graph, distance: str) -> np.ndarray:
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
        parts.append(np.stack(powers, axis=-1).reshape(graph.size**2, -1))
    return np.concatenate(parts, axis=1)
