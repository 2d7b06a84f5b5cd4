"""Another graph on the same nodes, or on more: instead of the edges, beside them, or in turns."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from workbench.rewiring.result import LayeredRewired, Rewired
from workbench.typing import EdgeIndex


def first_columns(edge_index: EdgeIndex, num_nodes: int) -> Bool[Tensor, " edges"]:
    """Which columns are the first of their pair (source, target)."""
    pair = edge_index[0] * num_nodes + edge_index[1]
    order = torch.argsort(pair, stable=True)  # columns of one pair stay in their order
    first = torch.ones_like(order, dtype=torch.bool)
    first[order[1:]] = pair[order[1:]] != pair[order[:-1]]
    return first


def other_graph(edge_index: EdgeIndex, num_nodes: int, pairs: Int64[Tensor, "2 pairs"]) -> Rewired:
    """The graph of exactly ``pairs``, each once, as one that comes from ``edge_index``.

    Of the input stays the first column of each pair that is among them; the others are new, sorted
    by (source, target), and of type 1.
    """
    size = max(num_nodes, 1)
    before, wanted = (ends[0] * size + ends[1] for ends in (edge_index, pairs))
    kept = first_columns(edge_index, num_nodes) & torch.isin(before, wanted)
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


def with_pairs(edge_index: EdgeIndex, num_nodes: int, pairs: Int64[Tensor, "2 pairs"]) -> Rewired:
    """The graph with ``pairs`` beside its edges: new columns of type 1, by (source, target)."""
    size = max(num_nodes, 1)
    there, wanted = (ends[0] * size + ends[1] for ends in (edge_index, pairs))
    new = torch.unique(wanted[~torch.isin(wanted, there)])
    before = same_graph(edge_index, num_nodes)
    return Rewired(
        edge_index=torch.cat([edge_index, torch.stack([new // size, new % size])], dim=1),
        num_nodes=num_nodes,
        kept=before.kept,
        edge_type=torch.cat([before.edge_type, torch.ones_like(new)]),
    )


def same_graph(edge_index: EdgeIndex, num_nodes: int) -> Rewired:
    """The graph as it is, on ``num_nodes`` nodes, for the layers between."""
    columns = edge_index.size(1)
    return Rewired(
        edge_index=edge_index,
        num_nodes=num_nodes,
        kept=torch.ones(columns, dtype=torch.bool, device=edge_index.device),
        edge_type=torch.zeros(columns, dtype=torch.int64, device=edge_index.device),
    )


def alternate(
    edge_index: EdgeIndex, num_nodes: int, pairs: Int64[Tensor, "2 pairs"], num_layers: int
) -> LayeredRewired:
    """The graph in layers 1, 3, ..., exactly ``pairs`` in layers 2, 4, ..."""
    layers = same_graph(edge_index, num_nodes), other_graph(edge_index, num_nodes, pairs)
    return LayeredRewired(tuple(layers[layer % 2] for layer in range(num_layers)))
