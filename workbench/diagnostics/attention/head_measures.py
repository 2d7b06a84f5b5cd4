"""One number for each head and layer: how spread, how far, and whether where resistance is low."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from workbench.capture import Attention
from workbench.diagnostics.attention.attention import attention_distance, attention_entropy
from workbench.diagnostics.attention.attention_resistance import attention_resistance_correlation


@dataclass(frozen=True)
class HeadMeasures:
    """Numbers of all heads of a model; nan where a layer has no such head, or none is defined.

    Attributes:
        entropy: ``attention_entropy``, over the keys that a query may look at.
        distance: ``attention_distance``, mean number of hops.
        resistance: ``attention_resistance_correlation`` with low resistance, beyond hops; None
            where there is no resistance.
    """

    entropy: Float64[Tensor, "layers heads"]
    distance: Float64[Tensor, "layers heads"]
    resistance: Float64[Tensor, "layers heads"] | None


def head_measures(
    calls: Sequence[Attention],
    hops: Float[Tensor, "nodes nodes"],
    resistance: Float[Tensor, "nodes nodes"] | None = None,
    *,
    graph: int = 0,
) -> HeadMeasures:
    """Measure every head of a model on one graph.

    Args:
        calls: what ``capture_attention`` read, a row of the result for each.
        hops: ``[nodes, nodes]`` of the graph, as ``hop_distance`` gives them.
        resistance: ``[nodes, nodes]``, as ``effective_resistance``; None on a directed graph.
        graph: which graph of the batch.
    """
    shape = len(calls), max((call.num_heads for call in calls), default=0)
    entropy, distance, correlation = (
        torch.full(shape, torch.nan, dtype=torch.float64) for _ in range(3)
    )
    for row, call in enumerate(calls):
        attention, mask = heads_of(call, graph)
        heads = slice(0, call.num_heads)
        entropy[row, heads] = attention_entropy(attention, mask=mask)
        distance[row, heads] = attention_distance(attention, hops)
        if resistance is not None:
            found = attention_resistance_correlation(attention, resistance, hops, mask=mask)
            correlation[row, heads] = found.resistance
    return HeadMeasures(entropy, distance, None if resistance is None else correlation)


def heads_of(
    call: Attention, graph: int = 0
) -> tuple[Float[Tensor, "heads nodes nodes"], Bool[Tensor, "nodes nodes"] | None]:
    """The attention of a call on one graph, on the CPU, and the keys that a query may look at.

    The second is None where attention is not along edges: then it may look at every node.
    """
    mask = call.allowed_pairs(graph).cpu() if call.num_columns else None
    return call.dense(graph).cpu(), mask
