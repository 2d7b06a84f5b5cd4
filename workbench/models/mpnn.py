"""MPNN: the message passing network of quantum chemistry, with a matrix for each edge."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import NNConv, Set2Set

from workbench.models.network import EdgeEncoder, Network, check_options
from workbench.models.residual import NORMS
from workbench.typing import EdgeIndex


class MPNN(Network):
    r"""Sums neighbors, each through a matrix made of its edge; a gated unit takes the sum in.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        m_v = \textstyle\sum_{u \to v} A(e_{uv}) h_u, \qquad
        h'_v = \mathrm{norm}(\mathrm{GRU}(m_v, h_v))

    A is a two-layer perceptron that gives a matrix. All steps have the same A and GRU. A model
    built without edge features has one learned e, so one matrix for all edges (a gated graph
    network). An output per graph is read by set2set, attention over the nodes that is repeated
    three times, and is twice as wide; the head is linear.

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop makes the node one of its neighbors, a repeated edge counts each
    time, an isolated node hears 0. Edges carry messages from row 0 to row 1 of ``edge_index``, so
    directed input works. Edge weights have no place; give them as edge features.

    A matrix for each edge takes memory: edges times the square of ``hidden_channels``.

    Submodules to read from outside: ``encoder``, ``edge_encoder``, ``message`` (m), ``update``
    (GRU), ``layers.0`` ..., ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None, of the state after each step.
        dropout: share of each step's message that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: no master node and no towers; distances enter as edge features, if at
    all; normalization, which the paper does without (``norm=None``, the default).

    References:
        J. Gilmer, S. S. Schoenholz, P. F. Riley, O. Vinyals, G. E. Dahl, Neural Message Passing for
        Quantum Chemistry, ICML 2017, arXiv 1704.01212.
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
        norm: str | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(num_layers=num_layers, level=level, norm=norm)
        width = hidden_channels
        self.encoder = nn.Linear(in_channels, width)
        self.edge_encoder = EdgeEncoder(edge_channels, width)
        has_edges = edge_channels is not None
        self.reads = ("batch", "edge_layers", *["edge_attr"] * has_edges)
        matrix = nn.Sequential(nn.ReLU(), nn.Linear(width, width * width))
        self.message = NNConv(width, width, matrix, aggr="add", root_weight=False, bias=False)
        self.update = nn.GRUCell(width, width)
        self.layers = nn.ModuleList(
            MPNNStep(self.message, self.update, NORMS[norm](width), dropout)
            for _ in range(num_layers)
        )
        of_graph = level == "graph"
        self.readout = Set2Set(width, processing_steps=3) if of_graph else None
        self.head = nn.Linear(2 * width if of_graph else width, out_channels)

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            edge_attr: edge features, if the model was built with ``edge_channels``.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: edge features are missing or unexpected, or ``edge_layers`` has not one
                column for each layer.
        """
        e = self.edge_encoder(edge_attr, edge_index.size(1))

        def arguments(edges: Tensor, attr: Tensor) -> dict:
            return {"edge_index": edges, "edge_attr": attr}

        of_layers = self.of_layers(arguments, edge_layers, edge_index, e)
        return self.forward_layers(self.encoder(x), batch, of_layers)


class MPNNStep(nn.Module):
    """One step; ``message`` and ``update`` belong to all steps."""

    def __init__(self, message: nn.Module, update: nn.Module, norm: nn.Module, dropout: float):
        super().__init__()
        self.message, self.update, self.norm = message, update, norm
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, h: Float[Tensor, "nodes channels"], edge_index: Tensor, edge_attr: Tensor
    ) -> Float[Tensor, "nodes channels"]:
        """New states, from the old ones and from what is heard."""
        heard = self.dropout(self.message(h, edge_index, edge_attr))
        return self.norm(self.update(heard, h))
