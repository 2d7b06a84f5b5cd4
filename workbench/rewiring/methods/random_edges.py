"""New edges drawn uniformly at random: the baseline that a rewiring has to beat."""

from collections.abc import Callable

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.rewiring.declaration import (
    Ranking,
    check_edit,
    check_num_edges,
    check_stop,
    rewiring,
)
from workbench.rewiring.result import Rewired, apply_edits
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


class RandomPairs:
    """Draws among the non-edges of a graph: the ``Greedy`` of ``random_edges``."""

    def __init__(
        self, edge_index: EdgeIndex, num_nodes: int, *, generator: torch.Generator | None = None
    ):
        self.graph = graph = simple_graph(edge_index, num_nodes)
        self._device, self._num_nodes = edge_index.device, num_nodes
        self._source, self._target = graph.source.cpu(), graph.target.cpu()
        self._generator = torch.Generator().manual_seed(0) if generator is None else generator

    def propose(self, count: int) -> Ranking:
        """The ``count`` edges that ``random_edges`` adds, in their order; the score is nan."""
        check_num_edges(count)
        size = self._num_nodes
        # Pairs u < v are numbered row by row; row u starts at u (2n - u - 1) / 2.
        rows = torch.arange(size)
        start = rows * (2 * size - rows - 1) // 2
        number = start[self._source] + self._target - self._source - 1
        free = size * (size - 1) // 2 - number.numel()
        rank = _distinct(free, min(count, free), self._generator)
        # The r-th non-edge lies behind as many edges as have at most r non-edges before them.
        before = number - torch.arange(number.numel())
        pair = rank + torch.searchsorted(before, rank, right=True)
        u = torch.searchsorted(start, pair, right=True) - 1
        # Rows of length 0 (the last node's) start where the row before them ends.
        u = u.clamp(max=max(size - 2, 0))
        v = pair - start[u] + u + 1 if size else pair
        score = torch.full((u.numel(),), torch.nan, dtype=torch.float64)
        return Ranking.on(self._device, torch.stack([u, v]), score)

    def apply(self, sign: int, u: int, v: int) -> None:
        """Add (+1) or remove (-1) an edge.

        Raises:
            ValueError: the edge is there already, or is not there.
        """
        u, v = min(u, v), max(u, v)
        here = (self._source == u) & (self._target == v)
        check_edit(sign, u, v, bool(here.any()), self._num_nodes)
        ends = torch.stack([self._source, self._target])[:, ~here]
        if sign > 0:
            ends = torch.cat([ends, torch.tensor([[u], [v]])], dim=1)
        order = (ends[0] * self._num_nodes + ends[1]).argsort()
        self._source, self._target = ends[:, order]


@rewiring("edits", greedy=RandomPairs, scored=False)
def random_edges(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Add ``num_edges`` edges, uniform over the sets of that many non-edges.

    Self-loops of the input stay and repeated edges count once. Isolated nodes and other components
    take part like any node. Weights play no role. If fewer non-edges exist, all are added, in
    random order. ``score`` is nan. Without a generator one with seed 0 is used, and draws among the
    numbers of the nodes: under another numbering other edges, as likely as these. Cost: O(m + k);
    ``should_stop`` is asked once, before the draw.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed (the message names ``to_undirected``) or ``num_edges`` is
            negative.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import random_edges
        >>> rewired = random_edges(ring(8).edge_index, 8, num_edges=3)
        >>> rewired.added.shape, rewired.edge_index.size(1) // 2
        (torch.Size([2, 3]), 11)
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "random_edges")
    state = RandomPairs(edge_index, num_nodes, generator=generator)
    pairs = state.propose(num_edges).pairs
    edits = torch.cat([torch.ones_like(pairs[:1]), pairs])
    return apply_edits(edge_index, num_nodes, edits, graph=state.graph)


def _distinct(bound: int, count: int, generator: torch.Generator) -> Int64[Tensor, " count"]:
    """``count`` different integers below ``bound``, in random order."""
    device = generator.device
    if bound <= 4 * count or bound <= 4096:
        return torch.randperm(bound, generator=generator, device=device)[:count].cpu()
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        more = torch.randint(bound, (count - len(drawn),), generator=generator, device=device)
        drawn.update(dict.fromkeys(more.tolist()))
    return torch.tensor(list(drawn), dtype=torch.int64)
