"""What the models share that repeat one convolution: their options, layers and forward pass."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from workbench.models.network import EdgeNetwork, Network, check_options, readout
from workbench.models.residual import ResidualLayer
from workbench.typing import EdgeIndex


class Convolutional(Network):
    """A ``Network`` of residual steps around one convolution of PyG.

    A model says which by ``convolution(channels)``; its class tells what it computes. One with
    options of its own sets them before ``super().__init__``, which asks for the convolutions.

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
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.layers = nn.ModuleList(
            ResidualLayer(
                self.convolution(hidden_channels),
                hidden_channels,
                residual=residual,
                norm=norm,
                dropout=dropout,
            )
            for _ in range(num_layers)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    def convolution(self, channels: int) -> nn.Module:
        """A new convolution of so many channels, called as ``(h, edge_index, ...)``."""
        raise NotImplementedError

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


class EdgeConvolutional(EdgeNetwork, Convolutional):
    """A ``Convolutional`` whose convolution reads features of edges too.

    They are encoded to the width of the layers; ``self.edge_width`` is that width, or None for a
    model built without them, whose convolution then gets none.

    Args:
        in_channels, hidden_channels, out_channels, num_layers, level, residual, norm, dropout: as
            in ``Convolutional``.
        edge_channels: width of the edge features; None for a graph without.

    Raises:
        ValueError: an option is out of its range.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        edge_channels: int | None = None,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        self.edge_width = None if edge_channels is None else hidden_channels
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
        has_edges = edge_channels is not None
        self.edge_encoder = nn.Linear(edge_channels, hidden_channels) if has_edges else None
