"""Over-smoothing and rank collapse, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.smoothing.rank import (
    distance_to_mean,
    effective_rank,
    rank_one_distance,
    stable_rank,
)
from workbench.diagnostics.smoothing.smoothing import (
    VARIANTS,
    dirichlet_energy,
    mean_average_distance,
)
from workbench.diagnostics.smoothing.states import check_states, size_of
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex, EdgeWeight


@dataclass(frozen=True)
class Smoothing:
    """What happens to node states over the layers: one entry for each state, in their order.

    Attributes:
        normalized: Dirichlet energy with D^-1/2 A D^-1/2.
        augmented: Dirichlet energy with the operator of GCN.
        unnormalized: mean squared difference to the neighbors, summed over them.
        size: Frobenius norm of the states. An energy falls with it; energy / size^2 does not.
        mean_average_distance: mean cosine distance of neighbors.
        effective_rank: exponential entropy of the singular values.
        stable_rank: squared Frobenius over squared spectral norm.
        rank_one_distance: nuclear distance to rank one.
        distance_to_mean: Frobenius distance to the mean state, relative to ``size``.
    """

    normalized: Float64[Tensor, " layers"]
    augmented: Float64[Tensor, " layers"]
    unnormalized: Float64[Tensor, " layers"]
    size: Float64[Tensor, " layers"]
    mean_average_distance: Float64[Tensor, " layers"]
    effective_rank: Float64[Tensor, " layers"]
    stable_rank: Float64[Tensor, " layers"]
    rank_one_distance: Float64[Tensor, " layers"]
    distance_to_mean: Float64[Tensor, " layers"]


@diagnostic(
    of="states",
    seconds=lambda n, m: 1e-6 * (n + 2.0 * m),
    bytes=lambda n, m: 4096.0 * (n + 2.0 * m),
)
def smoothing_by_layer(
    states: Sequence[Tensor],
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
) -> Smoothing:
    """All measures of smoothing and rank, for the states of a model's layers.

    Args:
        states: a tensor ``[nodes, channels]`` for each layer, widths may differ; such as
            ``capture(model, "encoder", "layers.*").run(x, edge_index).values()``.
        edge_index: ``[2, edges]``, both directions of each edge.
        num_nodes: number of nodes.
        edge_weight: conductance of each edge, for the energies; 1 if not given.

    Returns:
        ``Smoothing``, float64 on the device of the states.

    Self-loops, repeated edges, isolated nodes and components as in ``dirichlet_energy``. The mean
    average distance is that of neighbors, so that the whole takes time and memory of edges times
    channels, and of nodes times channels squared.

    Raises:
        ValueError: the graph is directed, or a state has not one row for each node or holds nan or
            inf.

    Examples:
        >>> import torch
        >>> from workbench.capture import capture
        >>> from workbench.diagnostics import smoothing_by_layer
        >>> from workbench.graphs import ring
        >>> from workbench.models import GCN
        >>> edges, x = ring(6).edge_index, torch.eye(6)
        >>> _ = torch.manual_seed(0)
        >>> model = GCN(6, 4, 2, num_layers=3).eval()
        >>> states = capture(model, "layers.*").run(x, edges).values()
        >>> smoothing_by_layer(list(states), edges, 6).effective_rank.shape
        torch.Size([3])

    References:
        Rusch, Bronstein and Mishra, A survey on oversmoothing in graph neural networks, 2023,
        arXiv 2303.10993.
    """
    layers = list(states)
    for at, state in enumerate(layers):
        check_states(state, num_nodes, name=f"states[{at}]")
    check_edge_index(edge_index, num_nodes)
    device = layers[0].device if layers else edge_index.device
    pairs = edge_index.to(device)
    measures = {
        variant: lambda x, variant=variant: dirichlet_energy(
            x, edge_index, num_nodes, edge_weight, variant=variant
        )
        for variant in VARIANTS
    } | {
        "size": _length,
        "mean_average_distance": lambda x: mean_average_distance(x, pairs),
        "effective_rank": effective_rank,
        "stable_rank": stable_rank,
        "rank_one_distance": rank_one_distance,
        "distance_to_mean": lambda x: distance_to_mean(x, relative=True),
    }
    empty = torch.empty(0, dtype=torch.float64, device=device)
    return Smoothing(
        **{
            name: torch.stack([measure(x) for x in layers]) if layers else empty
            for name, measure in measures.items()
        }
    )


def _length(x: Tensor) -> Tensor:
    states = x.detach().double()
    size = size_of(states)
    return size * (states / size).norm()
