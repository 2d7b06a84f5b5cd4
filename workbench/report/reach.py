"""How far messages of a network without weights mix."""

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.typing import EdgeIndex, EdgeWeight, NodeVector


def share_from(
    edge_index: EdgeIndex, edge_weight: EdgeWeight, mass: NodeVector, num_layers: int
) -> tuple[Float64[Tensor, " nodes"], Float64[Tensor, ""]]:
    """Share of each node's output that comes from a mass of inputs, and that of complete mixing.

        P^L mass   and   pi . mass,   P = (D + I)^-1 (A + I),   pi_u = (d_u + 1) / (2 m + n)

    A network of L layers that takes the mean over each node and its neighbors, without weights or
    activations; P^L tends to the second as L grows, on a connected graph.
    """
    source, target = edge_index
    degree = torch.zeros_like(mass).index_add_(0, target, edge_weight) + 1.0
    heard = mass.clone()
    for _ in range(num_layers):
        arriving = torch.zeros_like(mass).index_add_(0, target, edge_weight * heard[source])
        heard = (arriving + heard) / degree
    return heard, degree @ mass / degree.sum()
