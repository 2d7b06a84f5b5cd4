"""GAT: graph attention network."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv

from workbench.models.network import Network, check_heads, check_options, readout
from workbench.models.residual import ResidualLayer
from workbench.typing import EdgeIndex


class GAT(Network):
    r"""Averages over neighbors with learned weights, in ``num_layers`` residual steps.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            \big\Vert_{k} \textstyle\sum_{u \to v} \alpha^k_{vu} W^k h^l_u + b))

        \alpha^k_{vu} = \mathrm{softmax}_u\, \mathrm{LeakyReLU}_{0.2}(
            a^k \cdot [W^k h_u \Vert W^k h_v])

    over the heads k, each ``hidden_channels / heads`` wide, and over the in-neighbors u of v, v
    itself among them. With ``dynamic=True`` the score is that of GATv2,
    :math:`a^k \cdot \mathrm{LeakyReLU}_{0.2}(W^k_1 h_u + W^k_2 h_v)`: in GAT all nodes rank their
    neighbors alike, in GATv2 the ranking depends on who asks. The head is linear, on each node
    (``level="node"``) or on the mean over the nodes of each graph (``level="graph"``).

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
        dynamic: score as GATv2 does.
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
        dynamic: bool = False,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        check_options(num_layers=num_layers, level=level, norm=norm)
        check_heads(hidden_channels, heads)
        conv = GATv2Conv if dynamic else GATConv
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.layers = nn.ModuleList(
            ResidualLayer(
                conv(
                    hidden_channels,
                    hidden_channels // heads,
                    heads=heads,
                    dropout=attention_dropout,
                ),
                hidden_channels,
                residual=residual,
                norm=norm,
                dropout=dropout,
            )
            for _ in range(num_layers)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: ``edge_layers`` has not one column for each layer.
        """
        edges = self.of_layers(lambda edges: {"edge_index": edges}, edge_layers, edge_index)
        return self.forward_layers(self.encoder(x), batch, edges)
