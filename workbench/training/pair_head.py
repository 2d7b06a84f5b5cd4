"""A model of nodes becomes a model of pairs."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.capture import call


class OnPairs(nn.Module):
    r"""A row for each pair of ``edge_label_index``, from the vectors that a model gives its nodes.

    .. math::
        o_{uv} = W_2\, \mathrm{ReLU}(W_1 [h_u + h_v,\; h_u \odot h_v] + b_1) + b_2

    so the two ends of a pair are interchangeable; with ``directed`` the input is
    :math:`[h_u, h_v]`, and they are not.

    Args:
        model: any module that gives ``[nodes, channels]``, called by what its forward names.
        channels: width of the nodes' vectors.
        out_channels: width of the output.
        directed: pairs have a direction.
    """

    def __init__(
        self, model: nn.Module, channels: int, out_channels: int, *, directed: bool = False
    ):
        super().__init__()
        self.model, self.directed = model, directed
        self.head = nn.Sequential(
            nn.Linear(2 * channels, channels), nn.ReLU(), nn.Linear(channels, out_channels)
        )

    def forward(self, data: Data) -> Float[Tensor, "pairs out_channels"]:
        """The rows of the pairs that ``data.edge_label_index [2, pairs]`` lists."""
        vectors = call(self.model, data)
        u, v = vectors[data.edge_label_index[0]], vectors[data.edge_label_index[1]]
        both = (u, v) if self.directed else (u + v, u * v)
        return self.head(torch.cat(both, dim=1))
