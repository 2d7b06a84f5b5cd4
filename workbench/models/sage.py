"""GraphSAGE: sample and aggregate."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import SAGEConv

from workbench.models.network import Network, check_options, readout
from workbench.models.residual import ResidualLayer
from workbench.typing import EdgeIndex


class SAGE(Network):
    r"""A node's own state and the mean of its neighbors', each by weights of its own.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(
            W^l_1 h^l_v + W^l_2 \mathrm{mean}_{u \to v} h^l_u + b^l))

    The head is linear, on each node (``level="node"``) or on the mean over the nodes of each graph
    (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop makes the node one of its neighbors, a repeated edge counts each
    time, an isolated node hears 0. Edges carry messages from row 0 to row 1 of ``edge_index``, so
    directed input works. Edge weights have no place here.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``.

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

    Differs from the paper: all neighbors are heard, none is sampled; the state is not scaled to
    length 1; a linear encoder and head around the layers, residual connections and normalization.

    References:
        W. Hamilton, R. Ying, J. Leskovec, Inductive Representation Learning on Large Graphs,
        NeurIPS 2017, arXiv 1706.02216.
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
                SAGEConv(hidden_channels, hidden_channels),
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
