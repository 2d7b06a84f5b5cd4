"""New edges drawn uniformly at random: the baseline that a rewiring has to beat."""

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.rewiring.result import Ranking, Rewired, apply_edits, check_num_edges
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


def random_edges(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    generator: torch.Generator | None = None,
) -> Rewired:
    """Add ``num_edges`` edges, uniform over the sets of that many non-edges.

    Self-loops of the input stay and repeated edges count once. Isolated nodes and other components
    take part like any node. Weights play no role. Where fewer non-edges exist, all are added, in
    random order. ``score`` is nan. Without a generator one with seed 0 is used, and draws among the
    numbers of the nodes: under another numbering other edges, as likely as these. Cost: O(m + k).

    Raises:
        ValueError: the graph is directed (the message names ``to_undirected``) or ``num_edges`` is
            negative.
    """
    pairs = _draw(edge_index, num_nodes, num_edges, generator)
    return apply_edits(edge_index, num_nodes, torch.cat([torch.ones_like(pairs[:1]), pairs]))


def random_ranking(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    generator: torch.Generator | None = None,
) -> Ranking:
    """The edges that ``random_edges`` adds, in their order; the score is nan.

    Raises:
        ValueError: as ``random_edges``.
    """
    pairs = _draw(edge_index, num_nodes, num_edges, generator)
    return Ranking(pairs, torch.full((pairs.size(1),), torch.nan, dtype=torch.float64))


def _draw(
    edge_index: Tensor, num_nodes: int, num_edges: int, generator: torch.Generator | None
) -> Int64[Tensor, "2 pairs"]:
    check_num_edges(num_edges)
    graph = simple_graph(edge_index, num_nodes)
    source, target = graph.source.cpu(), graph.target.cpu()
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    # Pairs u < v are numbered row by row; row u starts at u (2n - u - 1) / 2.
    rows = torch.arange(num_nodes)
    start = rows * (2 * num_nodes - rows - 1) // 2
    number = start[source] + target - source - 1
    free = num_nodes * (num_nodes - 1) // 2 - number.numel()
    rank = _distinct(free, min(num_edges, free), generator)
    # The r-th non-edge lies behind as many edges as have at most r non-edges before them.
    before = number - torch.arange(number.numel())
    pair = rank + torch.searchsorted(before, rank, right=True)
    u = torch.searchsorted(start, pair, right=True) - 1
    # Rows of length 0 (the last node's) start where the row before them ends.
    u = u.clamp(max=max(num_nodes - 2, 0))
    v = pair - start[u] + u + 1 if num_nodes else pair
    return torch.stack([u, v]).to(edge_index.device)


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
