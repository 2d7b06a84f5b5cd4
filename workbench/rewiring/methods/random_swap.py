"""Edges swapped at random: the same degrees, everything else left to chance."""

from collections.abc import Callable

import torch

from workbench.cost import check_count
from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.result import Rewired, apply_edits
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: Draws for each swap, after which no further one is looked for.
TRIES = 100


@rewiring("edits", removes=True, scored=False)
def random_swap(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Replace edges (a, b) and (c, d) by (a, d) and (c, b), again and again, drawn at random.

    No degree changes: a method that claims more than a change of degrees has to beat this.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: how many edges go and how many come: two for each swap, so an odd number is one
            too many.
        generator: draws the swaps; without one with seed 0.
        should_stop: asked before each swap; if it returns True, the work ends.

    Returns:
        A ``Rewired``, four edits for each swap; ``score`` is nan. Fewer where 100 draws in a row
        name no two edges that can be swapped: their ends are shared, or the new edges are there.

    Self-loops of the input stay; a repeated edge counts once and goes as a whole. Components may
    be joined or fall apart. Weights stay with the edges that stay; new ones have conductance 1.
    Draws are among the edges by (source, target): under another numbering other edges, as likely.
    O(m + num_edges).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed or ``num_edges`` is negative.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import random_swap
        >>> rewired = random_swap(ring(12).edge_index, 12, num_edges=6)
        >>> degree(rewired.edge_index[0]).unique().tolist()  # as in the ring
        [2.0]

    References:
        S. Maslov, K. Sneppen, Specificity and Stability in Topology of Protein Networks, Science
        2002.
    """
    check_num_edges(num_edges)
    check_count("num_edges", num_edges, 1_000_000)  # edges that go may come again
    check_stop(should_stop, "random_swap")
    graph = simple_graph(edge_index, num_nodes)
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    edges = list(zip(*(part.tolist() for part in graph.ends), strict=True))
    there, edits = set(edges), []
    for _ in range(num_edges // 2):
        check_stop(should_stop, "random_swap")
        found = _draw(edges, there, generator)
        if found is None:
            break
        for sign, places, pairs in found:
            for at, (u, v) in zip(places, pairs, strict=True):
                edits.append((sign, u, v))
                (there.add if sign > 0 else there.remove)((u, v))
                if sign > 0:
                    edges[at] = (u, v)
    rows = torch.tensor(edits, dtype=torch.int64).reshape(-1, 3).T
    return apply_edits(edge_index, num_nodes, rows)


def _draw(edges: list, there: set, generator: torch.Generator) -> tuple | None:
    """(-1, places, the two edges that go), (+1, places, the two that come); None if none can."""
    if len(edges) < 2:
        return None
    device = generator.device
    places = torch.randint(len(edges), (TRIES, 2), generator=generator, device=device).tolist()
    turned = torch.randint(2, (TRIES,), generator=generator, device=device).tolist()
    for (i, j), turn in zip(places, turned, strict=True):
        (a, b), (c, d) = edges[i], edges[j]
        if turn:
            c, d = d, c
        new = (min(a, d), max(a, d)), (min(c, b), max(c, b))
        if len({a, b, c, d}) == 4 and not there.intersection(new):
            return (-1, (i, j), (edges[i], edges[j])), (1, (i, j), new)
    return None
