"""A layer whose graph is another one, on the same nodes or on more."""

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.rewiring.result import Rewired
from workbench.typing import EdgeIndex


def other_graph(edge_index: EdgeIndex, num_nodes: int, pairs: Int64[Tensor, "2 pairs"]) -> Rewired:
    """The graph of exactly ``pairs``, each once, as one that comes from ``edge_index``.

    Of the input stays the first column of each pair that is among them; the others are new, sorted
    by (source, target), and of type 1.
    """
    size = max(num_nodes, 1)
    before, wanted = (ends[0] * size + ends[1] for ends in (edge_index, pairs))
    # the first column of each pair: a stable sort keeps columns of one pair in their order
    order = torch.argsort(before, stable=True)
    first = torch.ones_like(order, dtype=torch.bool)
    first[1:] = before[order][1:] != before[order][:-1]
    kept = torch.zeros_like(first)
    kept[order[first]] = True
    kept &= torch.isin(before, wanted)
    new = torch.unique(wanted[~torch.isin(wanted, before)])
    columns = torch.stack([new // size, new % size])
    kinds = torch.tensor([0, 1], device=edge_index.device)
    counts = torch.stack([kept.sum(), kept.new_tensor(new.numel(), dtype=torch.int64)])
    return Rewired(
        edge_index=torch.cat([edge_index[:, kept], columns], dim=1),
        num_nodes=num_nodes,
        kept=kept,
        edge_type=kinds.repeat_interleave(counts),
    )


def unchanged(edge_index: EdgeIndex, num_nodes: int) -> Rewired:
    """The graph as it is, on ``num_nodes`` nodes, for the layers between."""
    columns = edge_index.size(1)
    return Rewired(
        edge_index=edge_index,
        num_nodes=num_nodes,
        kept=torch.ones(columns, dtype=torch.bool, device=edge_index.device),
        edge_type=torch.zeros(columns, dtype=torch.int64, device=edge_index.device),
    )
