"""GIN: graph isomorphism network."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GINConv

from workbench.models.network import Network, check_options, readout
from workbench.models.residual import ResidualLayer
from workbench.typing import EdgeIndex


class GIN(Network):
    r"""Sums over neighbors, then a two-layer perceptron, in ``num_layers`` residual steps.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            \mathrm{MLP}^l(h^l_v + \textstyle\sum_{u \to v} h^l_u)))

    with MLP = Linear, ReLU, Linear. The sum tells multisets apart that a mean or a maximum
    confuses. The head is linear, on each node (``level="node"``) or on the mean over the nodes of
    each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop counts the node once more, a repeated edge counts each time, an
    isolated node sees itself alone. Edges carry messages from row 0 to row 1 of ``edge_index``,
    so directed input works. Edge weights have no place in GIN.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.conv.nn``,
    ``.norm``), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: epsilon is fixed at 0 (the paper's GIN-0), normalization follows the
    perceptron and is not inside it, residual connections, and a mean read-out of the last layer
    (the paper sums each layer and joins the sums).

    References:
        K. Xu, W. Hu, J. Leskovec, S. Jegelka, How Powerful are Graph Neural Networks?, ICLR 2019,
        arXiv 1810.00826.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(num_layers=num_layers, level=level, norm=norm)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.layers = nn.ModuleList(
            ResidualLayer(
                GINConv(
                    nn.Sequential(
                        nn.Linear(hidden_channels, hidden_channels),
                        nn.ReLU(),
                        nn.Linear(hidden_channels, hidden_channels),
                    )
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
