"""GCN: graph convolutional network."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GCNConv
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from workbench.models.convolutional import Convolutional
from workbench.typing import EdgeIndex, EdgeWeight


class GCN(Convolutional):
    r"""Averages over neighbors with fixed weights, in ``num_layers`` residual steps.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1} = h^l + \mathrm{ReLU}(\mathrm{norm}(\hat A h^l W^l + b^l)), \qquad
        \hat A = D^{-1/2} (A + I) D^{-1/2}

    where D holds the degrees of A + I. The head is linear, on each node (``level="node"``) or on
    the mean over the nodes of each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop in the input takes the place of the added one, a repeated edge
    counts each time, an isolated node sees itself alone. Edges carry messages from row 0 to row 1
    of ``edge_index``, so directed input works.

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

    Differs from the paper: a linear encoder and head around the layers, residual connections and
    normalization (Kipf and Welling use two plain layers).

    References:
        T. Kipf, M. Welling, Semi-Supervised Classification with Graph Convolutional Networks,
        ICLR 2017, arXiv 1609.02907.
    """

    def convolution(self, channels: int) -> nn.Module:
        """One step; what normalizes the edges is worked out once for all, in ``forward``."""
        return GCNConv(channels, channels, normalize=False)

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        edge_weight: EdgeWeight | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            edge_weight: conductance (strength, never length) of each edge; None for 1 each.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: ``edge_layers`` has not one column for each layer.
        """
        h = self.encoder(x)

        # layers with the same edges share this; each would work it out again, a quarter of the time
        def operator(edges: Tensor, weight: Tensor | None) -> dict:
            edges, weight = gcn_norm(edges, weight, x.size(0), dtype=x.dtype)
            return {"edge_index": edges, "edge_weight": weight}

        operators = self.of_layers(operator, edge_layers, edge_index, edge_weight)
        return self.forward_layers(h, batch, operators)
