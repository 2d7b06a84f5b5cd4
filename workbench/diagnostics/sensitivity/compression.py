"""Which output nodes can share a backward pass, and which input node then belongs to which.

In a model of L message-passing layers, output v depends on inputs within L hops. The balls of
radius L around nodes more than 2L hops apart do not meet, so that one pass, seeded at all of them,
gives the derivatives of each: every input node belongs to the one output node within its reach.
Coloring nodes so that two of a color are more than 2L apart is the column compression of sparse
Jacobians (Curtis, Powell and Reid, On the estimation of sparse Jacobian matrices, 1974).
"""

from typing import no_type_check

import numpy as np
import torch
from numba import njit
from torch import Tensor

from workbench.topology.search import Lists

#: Neighbors that the coloring looks at, over all its searches, before it gives up (about 10 s).
_LARGEST_WORK = 3_000_000_000


def shared_passes(both: Lists, nodes: Tensor, reach: int) -> list[Tensor]:
    """Places in ``nodes``, in classes of which no two are within ``2 reach`` hops.

    A greedy coloring in the order of ``nodes``; each node alone where the balls are so large that
    the search is not worth its time. No node may be there twice.
    """
    order = nodes.cpu().numpy().astype(np.int64)
    color = _coloring(both.start, both.neighbor, order, 2 * reach, _LARGEST_WORK)
    if color[-1:].tolist() == [-1]:
        return list(torch.arange(order.size).split(1))
    sizes = np.bincount(color).tolist()
    places = torch.from_numpy(np.argsort(color, kind="stable"))
    return list(places.split(sizes)) if sizes else []


def owners(lists: Lists, sources: Tensor, max_hops: int) -> tuple[Tensor, Tensor]:
    """For every node the place in ``sources`` of the nearest one, and the hops to it.

    Both are -1 for a node that none of them hears from within ``max_hops``. Of two equally near,
    the first in ``sources``.
    """
    found = _owners(lists.start, lists.neighbor, sources.cpu().numpy(), max_hops)
    return torch.from_numpy(found[0]), torch.from_numpy(found[1])


@njit(cache=True, nogil=True)
@no_type_check
def _coloring(start, neighbor, order, radius, largest_work):
    """Color of each entry of ``order``; the last is -1 if it would take more than the work."""
    num_nodes = start.size - 1
    seen = np.full(num_nodes, -1)
    queue = np.empty(num_nodes, np.int64)
    color = np.full(num_nodes, -1)
    taken = np.full(order.size + 1, -1)
    result = np.full(order.size, -1)
    work = 0
    for place in range(order.size):
        source = order[place]
        seen[source], queue[0] = place, source
        head, tail = 0, 1
        for _ in range(radius):
            end = tail
            while head < end:
                u = queue[head]
                head += 1
                work += start[u + 1] - start[u]
                for a in range(start[u], start[u + 1]):
                    v = neighbor[a]
                    if seen[v] != place:
                        seen[v] = place
                        queue[tail] = v
                        tail += 1
                        if color[v] >= 0:
                            taken[color[v]] = place
        if work > largest_work:
            break
        free = 0
        while taken[free] == place:
            free += 1
        color[source] = result[place] = free
    return result


@njit(cache=True, nogil=True)
@no_type_check
def _owners(start, neighbor, sources, max_hops):
    num_nodes = start.size - 1
    owner, hop = np.full(num_nodes, -1), np.full(num_nodes, -1)
    queue = np.empty(num_nodes, np.int64)
    head, tail = 0, 0
    for place in range(sources.size):
        if hop[sources[place]] < 0:
            owner[sources[place]], hop[sources[place]] = place, 0
            queue[tail] = sources[place]
            tail += 1
    while head < tail:
        u = queue[head]
        head += 1
        if hop[u] == max_hops:
            break
        for a in range(start[u], start[u + 1]):
            v = neighbor[a]
            if hop[v] < 0:
                owner[v], hop[v] = owner[u], hop[u] + 1
                queue[tail] = v
                tail += 1
    return owner, hop
