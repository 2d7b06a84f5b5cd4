"""What a test colors, ready for the loop: one builder for each family of tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from workbench import cost
from workbench.cost import MEMORY_SHARE, TooLargeError
from workbench.diagnostics.expressivity.weisfeiler_leman import folklore, relations
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import pair_classes
from workbench.diagnostics.expressivity.weisfeiler_leman.refine import (
    Refined,
    refine,
    relation_loop,
)
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import Graph

#: Nodes of the largest graph that each function takes, whatever the memory.
MOST_NODES = {
    "distance_wl_colors": 10_000,
    "fwl_colors": 3_000,
    "klwl_colors": 3_000,
    "kwl_colors": 400,
    "subgraph_wl_colors": 3_000,
}

#: A pair of graphs of this size takes a minute under 3-FWL.
_LARGEST_FOR_TRIPLES = 200


@dataclass(frozen=True)
class Items:
    """First colors of all items, which nodes they stand for, and the two steps of the loop.

    Attributes:
        color: ``[items]`` numbers from 0.
        nodes: ``[items, width]``.
        start: ``[graphs + 1]``.
        hash_of, check: see ``refine``.
    """

    color: np.ndarray
    nodes: np.ndarray
    start: np.ndarray
    hash_of: Callable[[np.ndarray, int], np.ndarray]
    check: Callable[[np.ndarray, int], bool]

    def refine(self, **options) -> Refined:
        """Colors per round, see ``refine``."""
        return refine(self.color, self.hash_of, self.check, **options)


def node_items(graphs: Sequence[Graph], device: torch.device) -> Items:
    """1-WL."""
    return _relate(graphs, lambda _, graph: relations.nodes_see_neighbors(graph), device)


def batch_items(whole: Graph, start: np.ndarray, device: torch.device) -> Items:
    """``node_items`` of a batch that is not split: 1-WL is so cheap that splitting takes longer."""
    built = node_items([whole], device)
    local = np.arange(whole.size) - np.repeat(start[:-1], np.diff(start))
    return replace(built, nodes=local[:, None], start=start)


def distance_items(
    graphs: Sequence[Graph], device: torch.device, *, distance: str | Tensor
) -> Items:
    """GD-WL."""
    check_distances(graphs)
    return class_items(graphs, device, classes=pair_classes(graphs, distance))


def class_items(
    graphs: Sequence[Graph], device: torch.device, *, classes: Sequence[np.ndarray]
) -> Items:
    """GD-WL from ``[nodes, nodes]`` classes of distances that mean the same in every graph."""
    return _relate(graphs, lambda i, graph: relations.nodes_see_all(graph, classes[i]), device)


def tuple_items(graphs: Sequence[Graph], device: torch.device, *, k: int, near: str) -> Items:
    """Oblivious k-WL and its local variants."""

    def size(graph: Graph) -> float:
        seen = graph.neighbor.size / max(graph.size, 1) if near == "neighbors" else graph.size
        return 60.0 * k * graph.size**k * (seen + 1)

    check_size("kwl_colors", graphs, size, f"fwl_colors(k={k - 1})")
    return _relate(graphs, lambda _, g: relations.tuples_see_tuples(g, k, near), device)


def marked_items(graphs: Sequence[Graph], device: torch.device, *, marks: int, k: int = 1) -> Items:
    """k-WL on copies with 0, 1, 2, ... nodes marked."""

    def size(graph: Graph) -> float:
        seen = graph.neighbor.size if k == 1 else k * graph.size ** (k + 1)
        return 80.0 * graph.size**marks * (graph.size**k + seen)

    check_size("klwl_colors", graphs, size, "subgraph_wl_colors or a smaller l")

    def build(_: int, graph: Graph) -> relations.Relation:
        chosen = np.zeros((1, 0), dtype=np.int64)
        if marks:
            places = np.unravel_index(np.arange(graph.size**marks), (graph.size,) * marks)
            chosen = np.stack(places, axis=1)
        if k == 1 or graph.size == 0:
            return relations.marked_copies(graph, chosen)
        return relations.marked_tuples(graph, chosen, k)

    return _relate(graphs, build, device)


def subgraph_items(
    graphs: Sequence[Graph], device: torch.device, *, policy: str, radius: int = 2
) -> Items:
    """Ego nets (``"ego"``), or marked copies that see each other (``"dss"``)."""

    def size(graph: Graph) -> float:
        return 200.0 * graph.size * (graph.size + graph.neighbor.size)

    check_size("subgraph_wl_colors", graphs, size, "wl_colors")

    def build(_: int, graph: Graph) -> relations.Relation:
        if policy == "dss":
            return relations.copies_see_each_other(graph)
        near, step = np.eye(graph.size, dtype=bool), graph.adjacency()
        step = step + step.T
        for _ in range(radius):
            near |= (step @ near) > 0
        return relations.marked_copies(graph, np.arange(graph.size)[:, None], near.T)

    return _relate(graphs, build, device)


def folklore_items(graphs: Sequence[Graph], device: torch.device, *, k: int) -> Items:
    """2-FWL and 3-FWL."""
    room = 80.0 if k == 2 else 120.0
    check_size("fwl_colors", graphs, lambda graph: room * graph.size**k, "subgraph_wl_colors")
    largest = max((graph.size for graph in graphs), default=0)
    if k == 3 and largest > _LARGEST_FOR_TRIPLES:
        raise TooLargeError(
            f"fwl_colors(k=3) takes graphs of up to {_LARGEST_FOR_TRIPLES} nodes, the largest "
            f"here has {largest:,}; use k=2, or klwl_colors(l=2)"
        )
    tuples = folklore.Folklore(graphs, k, device)
    return Items(tuples.color, tuples.nodes, tuples.start, tuples.hash_views, tuples.verify)


def _relate(graphs, build: Callable[[int, Graph], relations.Relation], device) -> Items:
    relation, start = relations.together([build(i, graph) for i, graph in enumerate(graphs)])
    hash_of, check = relation_loop(relation, device)
    return Items(relation.color, relation.nodes, start, hash_of, check)


def check_distances(graphs: Sequence[Graph]) -> None:
    """Refuse distances of all pairs of nodes that would not fit, before there are any.

    Raises:
        TooLargeError: see ``check_size``.
    """
    check_size("distance_wl_colors", graphs, lambda graph: 40 * graph.size**2, "wl_colors")


def check_size(
    name: str, graphs: Sequence[Graph], size: Callable[[Graph], float], alternative: str
) -> None:
    """Refuse what would not fit, before anything is built.

    Raises:
        TooLargeError: with the sizes, the estimate and what to use instead.
    """
    largest = max((graph.size for graph in graphs), default=0)
    needed, free = sum(size(graph) for graph in graphs), cost.available_bytes()
    if needed > MEMORY_SHARE * free or largest > MOST_NODES[name]:
        many = f"{len(graphs):,} graphs of up to " if len(graphs) > 1 else ""
        raise TooLargeError(
            f"{name} of {many}{largest:,} nodes would take {cost.memory(needed)}: "
            f"{cost.memory(free)} are free (half may be used), and one graph may have "
            f"{MOST_NODES[name]:,} nodes; use {alternative}"
        )
