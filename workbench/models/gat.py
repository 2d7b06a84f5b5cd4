"""GAT and GATv2: graph attention networks, whose attention is static and dynamic."""

from torch import nn
from torch_geometric.nn import GATConv, GATv2Conv

from workbench.models.convolutional import Convolutional, EdgeConvolutional
from workbench.models.network import check_heads


class GAT(Convolutional):
    r"""Averages over neighbors with learned weights, in ``num_layers`` residual steps.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            \big\Vert_{k} \textstyle\sum_{u \to v} \alpha^k_{vu} W^k h^l_u + b))

        \alpha^k_{vu} = \mathrm{softmax}_u\, \mathrm{LeakyReLU}_{0.2}(
            a^k \cdot [W^k h_u \Vert W^k h_v])

    over the heads k, each ``hidden_channels / heads`` wide, and over the in-neighbors u of v, v
    itself among them. All nodes rank their neighbors alike; in ``GATv2`` the ranking depends on who
    asks. The head is linear, on each node (``level="node"``) or on the mean over the nodes of each
    graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop in the input is replaced by the one that every node gets, a repeated
    edge counts each time in the softmax, an isolated node sees itself alone. Edges carry messages
    from row 0 to row 1 of ``edge_index``, so directed input works. Edge weights have no place.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``; ``capture_attention(model)`` reads the weights of each ``.conv``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer, all heads together.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        heads: number of attention heads; divides ``hidden_channels``.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.
        attention_dropout: share of the attention weights that is set to zero in training.

    Raises:
        ValueError: an option is out of its range, or the heads do not share the channels evenly.

    Differs from the paper: a linear encoder and head around the layers, residual connections,
    normalization, ReLU in place of ELU, and no dropout on the input features.

    References:
        P. Velickovic et al., Graph Attention Networks, ICLR 2018, arXiv 1710.10903.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        heads: int = 4,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ):
        check_heads(hidden_channels, heads)
        self.heads, self.attention_dropout = heads, attention_dropout
        super().__init__(
            in_channels,
            hidden_channels,
            out_channels,
            num_layers=num_layers,
            level=level,
            residual=residual,
            norm=norm,
            dropout=dropout,
        )

    def convolution(self, channels: int) -> nn.Module:
        """One step: the mean of neighbors, weighted by each head."""
        width, share = channels // self.heads, self.attention_dropout
        return GATConv(channels, width, heads=self.heads, dropout=share)


class GATv2(EdgeConvolutional):
    r"""Averages over neighbors with learned weights that depend on who asks.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            \big\Vert_{k} \textstyle\sum_{u \to v} \alpha^k_{vu} W^k_1 h^l_u + b))

        \alpha^k_{vu} = \mathrm{softmax}_u\, a^k \cdot \mathrm{LeakyReLU}_{0.2}(
            W^k_1 h_u + W^k_2 h_v + W^k_3 e_{uv})

    over the heads k, each ``hidden_channels / heads`` wide, and over the in-neighbors u of v, v
    itself among them (with the mean of the features of its in-edges, where edges have features).
    The head is linear, on each node (``level="node"``) or on the mean over the nodes of each graph
    (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop in the input is replaced by the one that every node gets, a repeated
    edge counts each time in the softmax, an isolated node sees itself alone. Edges carry messages
    from row 0 to row 1 of ``edge_index``, so directed input works. Edge weights have no place.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``; ``capture_attention(model)`` reads the weights of each ``.conv``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer, all heads together.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        heads: number of attention heads; divides ``hidden_channels``.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.
        attention_dropout: share of the attention weights that is set to zero in training.

    Raises:
        ValueError: an option is out of its range, or the heads do not share the channels evenly.

    Differs from the paper: a linear encoder and head around the layers, residual connections,
    normalization, ReLU in place of ELU, and no dropout on the input features.

    References:
        S. Brody, U. Alon, E. Yahav, How Attentive are Graph Attention Networks?, ICLR 2022,
        arXiv 2105.14491.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        heads: int = 4,
        edge_channels: int | None = None,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ):
        check_heads(hidden_channels, heads)
        self.heads, self.attention_dropout = heads, attention_dropout
        super().__init__(
            in_channels,
            hidden_channels,
            out_channels,
            num_layers=num_layers,
            edge_channels=edge_channels,
            level=level,
            residual=residual,
            norm=norm,
            dropout=dropout,
        )

    def convolution(self, channels: int) -> nn.Module:
        """One step: the mean of neighbors, weighted by each head."""
        return GATv2Conv(
            channels,
            channels // self.heads,
            heads=self.heads,
            edge_dim=self.edge_width,
            dropout=self.attention_dropout,
        )
