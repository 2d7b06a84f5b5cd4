"""Folklore k-WL: pairs and triples that see, through every node w, the tuples with w put in."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman import hashing
from workbench.diagnostics.expressivity.weisfeiler_leman.refine import mix
from workbench.diagnostics.expressivity.weisfeiler_leman.relations import (
    Graph,
    number_rows,
    tuple_types,
)


class Folklore:
    """The tuples of some graphs, laid out for 2-FWL or 3-FWL.

    c(v) <- ( c(v), {{ (c(v[w/1]), ..., c(v[w/k])) : w in V }} )
    """

    def __init__(self, graphs: Sequence[Graph], k: int, device: torch.device):
        self.k, self.device = k, device
        self.size = np.array([graph.size for graph in graphs], dtype=np.int64)
        self.start = np.concatenate([[0], np.cumsum(self.size**k)]).astype(np.int64)
        nodes = [_tuples(graph.size, k) for graph in graphs]
        types = [tuple_types(g, part) for g, part in zip(graphs, nodes, strict=True)]
        self.color = number_rows(np.concatenate(types))
        self.nodes = np.concatenate(nodes)
        self.graph_of = np.repeat(np.arange(self.size.size), np.diff(self.start))

    def hash_views(self, colors: np.ndarray, seed: int) -> np.ndarray:
        """Hash of what every tuple sees."""
        result = np.empty(colors.size, np.uint64)
        for graph, size in enumerate(self.size.tolist()):
            part, shape = slice(self.start[graph], self.start[graph + 1]), (size,) * self.k
            if self.device.type != "cpu":
                seen = torch_hash(torch.from_numpy(colors[part]).to(self.device).view(shape), seed)
                result[part] = seen.cpu().numpy().ravel().view(np.uint64)
                continue
            kernel = hashing.hash_pairs if self.k == 2 else hashing.hash_triples
            kernel(colors[part].reshape(shape), np.uint64(seed), result[part].reshape(shape))
        return result

    def verify(self, colors: np.ndarray, count: int) -> bool:
        """Whether equal tuples see equal multisets."""
        colors = colors.astype(np.int32)  # half of what is read
        ends = list(zip(self.start, self.start[1:], self.size.tolist(), strict=False))
        blocks = [colors[low:high].reshape((size,) * self.k) for low, high, size in ends]
        where = count, self.start[:-1], self.size, self.graph_of
        if self.k == 2:
            turned = np.concatenate([block.T.ravel() for block in blocks])
            return hashing.pairs_seen_equal(colors, turned, *where)
        second = np.concatenate([block.transpose(0, 2, 1).ravel() for block in blocks])
        third = np.concatenate([block.transpose(1, 2, 0).ravel() for block in blocks])
        return hashing.triples_seen_equal(colors, second, third, *where)


def torch_hash(colors: Tensor, seed: int) -> Tensor:
    """The hash of ``hash_pairs`` and ``hash_triples`` by torch, one node w at a time."""
    factor = 0xD6E8FEB86659FD93 - (1 << 64)
    one = mix(colors + seed)
    two = mix(one)
    three = mix(two) if colors.dim() == 3 else None
    total = torch.zeros_like(one)
    for w in range(colors.size(0)):
        if three is None:
            seen = one[:, w, None] + two[None, w]
        else:
            seen = one[None, w] + two[:, w][:, None] + three[:, :, w, None]
        total += (seen ^ ((seen >> 32) & 0xFFFFFFFF)) * factor
    return total


@lru_cache(maxsize=1)
def _tuples(size: int, k: int) -> np.ndarray:
    """``[size^k, k]``: the nodes of every tuple; pairs of graphs mostly have one size."""
    found = np.stack(np.unravel_index(np.arange(size**k), (size,) * k)).T
    found.flags.writeable = False
    return found
