"""An order of the nodes that does not depend on how they are numbered."""

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman import hashing
from workbench.ties import levels
from workbench.topology import SimpleGraph
from workbench.topology.search import Lists

#: Color refinement ends after so many rounds times nodes and edges (a few seconds).
_MOST_REFINING = 200_000_000

#: Nodes times nodes and edges, of what colors leave together, up to which BLISS is asked: a random
#: regular graph, where every node is tried first, takes it two seconds at this size.
_MOST_SEARCH = 200_000_000


def canonical_order(
    graph: SimpleGraph, labels: Int64[Tensor, " nodes"] | None = None
) -> Int64[Tensor, " nodes"]:
    """The place of every node in an order that graphs share which differ by their numbering alone.

    Two isomorphic graphs become one and the same graph when each node is given its place as its
    number. Whatever chooses by number afterwards (the first of equals, a random draw for each
    node) chooses the same everywhere, up to a symmetry of the graph.

    The order is by color, as 1-WL refines it. Nodes of one color that have the same neighbors
    follow each other; what is left of the colors with several nodes is ordered by BLISS.

    Args:
        graph: a network; edges of one weight up to rounding are alike.
        labels: ``[nodes]``; an isomorphism has to keep them. Nodes of a lower label come first.

    Returns:
        ``[nodes]`` places 0, 1, 2, ... on the CPU. Nodes of one color are in the order of their
        numbers, so that the order does depend on the numbering, where refinement would take more
        than some seconds (a path of a million nodes) or leaves so many nodes together that a
        search could (a random regular graph of 10,000 nodes).

    References:
        Junttila and Kaski, Engineering an efficient canonical labeling tool for large and sparse
        graphs, ALENEX 2007 (BLISS, through igraph).
    """
    lists, kind = _neighbors(graph)
    color = np.zeros(graph.num_nodes, dtype=np.int64)
    if labels is not None:
        color = _rank(labels.cpu().numpy())
    color, stable = _refine(lists, kind, color)
    keys = [np.arange(graph.num_nodes)]
    if stable:
        keys += _within_colors(lists, kind, color)
    order = np.lexsort([*keys, color])
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return torch.from_numpy(place)


def renumber(graph: SimpleGraph, place: Int64[Tensor, " nodes"]) -> SimpleGraph:
    """The same graph with each node's place as its number."""
    ends = place[torch.stack([graph.source.cpu(), graph.target.cpu()])].sort(0).values
    order = torch.argsort(ends[0] * max(graph.num_nodes, 1) + ends[1])
    return SimpleGraph(*ends[:, order], graph.weight.cpu()[order], graph.num_nodes)


def _neighbors(graph: SimpleGraph) -> tuple[Lists, np.ndarray]:
    """Neighbor lists, and the rank of the weight of each entry."""
    source, target = graph.ends
    kind = np.tile(levels(graph.weight.cpu().numpy()), 2)
    first, second = np.concatenate([source, target]), np.concatenate([target, source])
    order = np.lexsort((second, first))
    start = np.searchsorted(first[order], np.arange(graph.num_nodes + 1))
    return Lists(start.astype(np.int64), second[order]), kind[order]


def _rank(*keys: np.ndarray) -> np.ndarray:
    """The rank of each node by the first key, then the second; equal ones share theirs."""
    if keys[0].size == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort(keys[::-1])
    new = np.zeros(order.size, dtype=np.int64)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.cumsum(new)
    return rank


def _hash_lists(lists: Lists, kind: np.ndarray, color: np.ndarray) -> np.ndarray:
    """A hash of what each entry list holds: the colors, each with the kind it is seen by."""
    seen, kinds = np.empty(lists.num_nodes, dtype=np.uint64), int(kind.max(initial=0)) + 1
    hashing.hash_seen(*lists, kind, color, np.uint64(1), kinds, seen)
    return seen


def _refine(lists: Lists, kind: np.ndarray, color: np.ndarray) -> tuple[np.ndarray, bool]:
    """The colors of 1-WL, numbered by what they are and not by who has them; whether stable."""
    rounds = _MOST_REFINING // max(color.size + kind.size, 1)
    count = int(color.max(initial=-1)) + 1
    for _ in range(rounds):
        color = _rank(color, _hash_lists(lists, kind, color))
        before, count = count, int(color.max(initial=-1)) + 1
        if count in (before, color.size):
            return color, True
    return color, False


def _within_colors(lists: Lists, kind: np.ndarray, color: np.ndarray) -> list[np.ndarray]:
    """Keys, the last one first, that order the nodes of one color.

    A node alone in its color sees all nodes of another color or none, so that it tells none of
    them apart and is left out.
    """
    keys, leader = [], np.arange(color.size)
    alive = np.bincount(color, minlength=1)[color] > 1
    while alive.any():
        lists, kind = _between(lists, kind, alive)
        twin, joined = _twins(lists, kind, color, alive)
        kept = alive & (twin == np.arange(color.size))
        if kept.sum() == alive.sum():
            break
        keys.append(leader)
        leader, alive = twin[leader], kept
        color = _rank(color, np.bincount(twin, minlength=color.size), joined)
    place = np.zeros(color.size, dtype=np.int64)
    nodes = np.flatnonzero(alive)
    if nodes.size and nodes.size * (nodes.size + kind.size) <= _MOST_SEARCH:
        place[nodes] = _bliss(lists, kind, color, nodes)
    return [*keys, leader, place[leader]]


def _between(lists: Lists, kind: np.ndarray, alive: np.ndarray) -> tuple[Lists, np.ndarray]:
    """The entries whose both ends are alive."""
    row = _rows(lists)
    kept = alive[row] & alive[lists.neighbor]
    start = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=alive.size))])
    return Lists(start, lists.neighbor[kept]), kind[kept]


def _rows(lists: Lists) -> np.ndarray:
    """Whose neighbor each entry is."""
    return np.repeat(np.arange(lists.num_nodes), np.diff(lists.start))


def _twins(
    lists: Lists, kind: np.ndarray, color: np.ndarray, alive: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each node the first one of its color with the same neighbors, each other apart.

    And 1 + the kind of the edge that joins it to its twins, 0 where none does.
    """
    everyone = np.arange(alive.size)
    seen, twin, joined = (
        _hash_lists(lists, kind, everyone),
        everyone.copy(),
        np.zeros_like(everyone),
    )
    nodes = np.flatnonzero(alive)
    group = _rank(color[nodes], seen[nodes])
    _, first = np.unique(group, return_index=True)
    twin[nodes] = nodes[first[group]]
    # of two that are joined each sees the other; they are twins if it would see itself likewise
    row, singly = _rows(lists), np.arange(kind.size + 1)
    ends = [_hash_lists(Lists(singly, end), kind, everyone) for end in (row, lists.neighbor)]
    alike = (color[row] == color[lists.neighbor]) & (
        seen[row] + ends[0] == seen[lists.neighbor] + ends[1]
    )
    np.minimum.at(twin, row[alike], lists.neighbor[alike])
    joined[row[alike]] = kind[alike] + 1
    return twin, joined


def _bliss(lists: Lists, kind: np.ndarray, color: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """The places of some nodes; edges of other weights than the first become nodes there."""
    local = np.zeros(color.size, dtype=np.int64)
    local[nodes] = np.arange(nodes.size)
    row = _rows(lists)
    once = row < lists.neighbor
    low, high, kind = local[row[once]], local[lists.neighbor[once]], kind[once]
    plain = kind == 0
    middle = nodes.size + np.arange(int((~plain).sum()))
    edges = np.concatenate(
        [
            np.stack([low[plain], high[plain]], axis=1),
            np.stack([low[~plain], middle], axis=1),
            np.stack([middle, high[~plain]], axis=1),
        ]
    )
    of_edges = kind[~plain] + int(color.max(initial=0))
    size = nodes.size + middle.size
    import igraph  # here, as it takes a second to load

    drawn = igraph.Graph(n=size, edges=edges, vertex_attrs={"node": range(size)})
    colors = np.concatenate([color[nodes], of_edges])
    form = drawn.permute_vertices(drawn.canonical_permutation(color=colors.tolist()))
    place = np.empty(size, dtype=np.int64)
    place[form.vs["node"]] = np.arange(size)
    return place[: nodes.size]
