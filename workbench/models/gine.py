"""GINE: graph isomorphism network that hears along which edge a message comes."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import OptTensor

from workbench.models.convolutional import EdgeConvolutional


class GINE(EdgeConvolutional):
    r"""Sums neighbors with the edges that they come by, then a two-layer perceptron.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            \mathrm{MLP}^l(h^l_v + \textstyle\sum_{u \to v} \mathrm{ReLU}(h^l_u + e_{uv}))))

    with MLP = Linear, ReLU, Linear, and e = W_edge a + b_edge of the edge features a, the same in
    every layer; a model built without them has e = 0. The head is linear, on each node
    (``level="node"``) or on the mean over the nodes of each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop counts the node once more, a repeated edge counts each time, an
    isolated node sees itself alone. Edges carry messages from row 0 to row 1 of ``edge_index``,
    so directed input works. Edge weights have no place; give them as edge features.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.conv.nn``,
    ``.norm``), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: epsilon is fixed at 0, as in GPS; normalization follows the perceptron
    and is not inside it; one encoder of edges for all layers (the paper embeds them anew in each);
    no pre-training, which is what the paper is about.

    References:
        W. Hu, B. Liu, J. Gomes, M. Zitnik, P. Liang, V. Pande, J. Leskovec, Strategies for
        Pre-training Graph Neural Networks, ICLR 2020, arXiv 1905.12265.
    """

    def convolution(self, channels: int) -> nn.Module:
        """One step: the perceptron of the sum."""
        return GINEConv(
            nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels))
        )


class GINEConv(MessagePassing):
    """``nn((1 + eps) h_v + sum of ReLU(h_u + e_uv))``: PyG's layer of this name, which needs edge
    features, for graphs without them too, and with weights of messages."""

    def __init__(self, perceptron: nn.Module, *, train_eps: bool = False):
        super().__init__(aggr="add")
        self.nn = perceptron
        if train_eps:
            self.eps = nn.Parameter(torch.zeros(1))
        else:
            self.register_buffer("eps", torch.zeros(1))

    def forward(
        self,
        h: Float[Tensor, "nodes channels"],
        edge_index: Tensor,
        edge_attr: Float[Tensor, "edges channels"] | None = None,
        edge_weight: Float[Tensor, " edges"] | None = None,
    ) -> Float[Tensor, "nodes out_channels"]:
        """One step; a message counts as often as its weight says."""
        heard = self.propagate(edge_index, h=h, edge_attr=edge_attr, weight=edge_weight)
        return self.nn((1 + self.eps) * h + heard)

    def message(self, h_j: Tensor, edge_attr: OptTensor, weight: OptTensor) -> Tensor:
        """What comes along each edge."""
        message = torch.relu(h_j if edge_attr is None else h_j + edge_attr)
        return message if weight is None else message * weight[:, None]
