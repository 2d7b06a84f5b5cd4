"""Negatives of a link task: the same source, a target that it has no true pair with."""

from copy import copy

import torch
from jaxtyping import Int64
from torch import Tensor
from torch_geometric.data import Data

from workbench.typing import Pairs

#: How often a target that is no negative is drawn again before its place stays empty.
DRAWS = 20


def with_negatives(data: Data, count: int, generator: torch.Generator) -> Data:
    """A shallow copy of a graph or batch, with drawn negatives, ``y`` 0, behind its pairs.

    Graphs that have a negative already get none.
    """
    pairs, y, pointer = data.edge_label_index.cpu(), data.y.cpu(), data.get("ptr")
    pointer = torch.tensor([0, data.num_nodes]) if pointer is None else pointer.cpu()
    graph = torch.searchsorted(pointer, pairs[0], right=True) - 1
    given = torch.zeros(pointer.numel() - 1, dtype=torch.bool)
    given[graph[y == 0]] = True
    drawn = draw_negatives(pairs[:, ~given[graph]], pointer, count, generator)
    changed = copy(data)
    changed.edge_label_index = torch.cat([pairs, drawn], dim=1).to(data.edge_label_index.device)
    changed.y = torch.cat([data.y, data.y.new_zeros(drawn.size(1))])
    return changed


def draw_negatives(
    true: Pairs,
    pointer: Int64[Tensor, " graphs_and_one"],
    count: int,
    generator: torch.Generator,
    *,
    known: Int64[Tensor, "2 others"] | None = None,
) -> Int64[Tensor, "2 negatives"]:
    """``count`` negatives for each true pair: its source with a node of the same graph.

    Drawn evenly from the nodes that are neither the source nor joined to it by a true pair, in
    either direction, with repetition. Of a source that has (nearly) no such node, a place stays
    empty after 20 draws that were none.

    Args:
        true: the true pairs.
        pointer: ``[graphs + 1]`` first node of each graph, and the number of nodes.
        count: negatives for each pair.
        generator: draws them, on the CPU.
        known: pairs that are never drawn either.

    Returns:
        ``[2, negatives]``, those of one pair side by side.
    """
    nodes = int(pointer[-1])
    joined = true if known is None else torch.cat([true, known], dim=1)
    both = torch.cat([joined, joined.flip(0)], dim=1)
    taken = (both[0] * nodes + both[1]).unique()
    source = true[0].repeat_interleave(count)
    graph = torch.searchsorted(pointer, source, right=True) - 1
    low, size = pointer[graph], pointer[graph + 1] - pointer[graph]
    target, missing = source.clone(), torch.ones_like(source, dtype=torch.bool)
    for _ in range(DRAWS):
        share = torch.rand(int(missing.sum()), generator=generator, dtype=torch.float64)
        target[missing] = low[missing] + (share * size[missing]).long()
        missing = (target == source) | torch.isin(source * nodes + target, taken)
        if not bool(missing.any()):
            break
    return torch.stack([source, target])[:, ~missing]
