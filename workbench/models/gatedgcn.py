"""GatedGCN: edges have states of their own, which open and close the way for messages."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.models.network import EdgeEncoder, EdgeNetwork, check_options, readout
from workbench.models.residual import NORMS
from workbench.typing import EdgeIndex


class GatedGCN(EdgeNetwork):
    r"""Averages over neighbors, each channel weighed by the gate of the edge.

    .. math::
        h^0 &= W_{in} x + b_{in}, \qquad e^0 = W_{edge}\, a + b_{edge} \\
        \hat e_{uv} &= C e_{uv} + D h_v + E h_u, \qquad s_{uv} = \mathrm{sigmoid}(\hat e_{uv}) \\
        h'_v &= h_v + \mathrm{dropout}(\mathrm{ReLU}(\mathrm{norm}(A h_v +
            \textstyle\sum_{u \to v} s_{uv} \odot B h_u \,/\,
            (\textstyle\sum_{u \to v} s_{uv} + 10^{-6})))) \\
        e'_{uv} &= e_{uv} + \mathrm{dropout}(\mathrm{ReLU}(\mathrm{norm}(\hat e_{uv})))

    A to E are linear, with bias. A model built without edge features starts all edges from one
    learned state. The head is linear, on each node (``level="node"``) or on the mean over the nodes
    of each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop makes the node one of its neighbors, a repeated edge counts each time
    and has a state of its own, an isolated node hears 0. Edges carry messages from row 0 to row 1
    of ``edge_index``, so directed input works. Edge weights have no place; give them as edge
    features. An edge that a layer does not have (``edge_layers``) keeps its state there.

    Submodules to read from outside: ``encoder``, ``edge_encoder``, ``layers.0`` ... (states of
    nodes and edges; ``.gate`` is s, [edges, channels], ``.norm``), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None, of nodes and of edges.
        dropout: share of each update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: gates are divided by their sum, as in the benchmark of Dwivedi et al.
    and in GPS; a linear encoder and head. Differs from the released code: the last layer has no new
    states of edges, since nothing reads them.

    References:
        X. Bresson, T. Laurent, Residual Gated Graph ConvNets, arXiv 1711.07553.
        V. P. Dwivedi, C. K. Joshi, A. T. Luu, T. Laurent, Y. Bengio, X. Bresson, Benchmarking Graph
        Neural Networks, JMLR 2023, arXiv 2003.00982.
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
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.edge_encoder = EdgeEncoder(edge_channels, hidden_channels)
        self.layers = nn.ModuleList(
            GatedLayer(hidden_channels, norm=norm, dropout=dropout, new_edges=number < num_layers)
            for number in range(1, num_layers + 1)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    def run(
        self,
        h: Tensor,
        edge_index: Tensor,
        states: Tensor,
        batch: Tensor | None,
        edge_layers: Tensor | None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Layer by layer; an edge that a layer does not have keeps its state."""
        every = torch.arange(edge_index.size(1), device=edge_index.device)

        def columns(edges: Tensor, columns: Tensor) -> dict:
            return {"edge_index": edges, "columns": columns}

        for layer, own in zip(
            self.layers, self.of_layers(columns, edge_layers, edge_index, every), strict=True
        ):
            h, new = layer(h, states[own["columns"]], own["edge_index"])
            states = states.index_copy(0, own["columns"], new)
        return self.output(h, batch)


class GatedLayer(nn.Module):
    """One layer on nodes and edges; the formulas are those of ``GatedGCN``."""

    def __init__(self, channels: int, *, norm: str | None, dropout: float, new_edges: bool = True):
        super().__init__()
        self.A, self.B, self.C, self.D, self.E = (nn.Linear(channels, channels) for _ in range(5))
        self.gate, self.dropout = nn.Sigmoid(), nn.Dropout(dropout)
        self.norm = NORMS[norm](channels)
        self.edge_norm = NORMS[norm](channels) if new_edges else None

    def forward(
        self,
        h: Float[Tensor, "nodes channels"],
        e: Float[Tensor, "edges channels"],
        edge_index: EdgeIndex,
    ) -> tuple[Float[Tensor, "nodes channels"], Float[Tensor, "edges channels"]]:
        """New states of nodes and edges; the last layer gives those of edges back as they came."""
        source, target = edge_index
        score = self.C(e) + self.D(h)[target] + self.E(h)[source]
        heard = gated_mean(self.gate(score), self.B(h), edge_index)
        h = h + self.dropout(torch.relu(self.norm(self.A(h) + heard)))
        if self.edge_norm is not None:
            e = e + self.dropout(torch.relu(self.edge_norm(score)))
        return h, e


def gated_mean(
    gate: Float[Tensor, "edges channels"],
    sent: Float[Tensor, "nodes channels"],
    edge_index: EdgeIndex,
) -> Float[Tensor, "nodes channels"]:
    """The mean of what in-neighbors send, each channel weighed by the gate of its edge."""
    source, target = edge_index
    none = torch.zeros_like(sent)
    total = none.index_add(0, target, gate * sent[source])
    return total / (none.index_add(0, target, gate) + 1e-6)
