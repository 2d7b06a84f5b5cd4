"""PNA: principal neighborhood aggregation."""

import math

import torch
from torch import nn
from torch_geometric.nn import PNAConv

from workbench.models.convolutional import EdgeConvolutional

AGGREGATORS = ("mean", "min", "max", "std")
SCALERS = ("identity", "amplification", "attenuation")


class PNA(EdgeConvolutional):
    r"""Mean, minimum, maximum and deviation of what neighbors send, each scaled by the degree.

    .. math::
        h^0 &= W_{in} x + b_{in}, \qquad m_{uv} = W_m [h_v \Vert h_u \Vert e_{uv}] + b_m \\
        h'_v &= h_v + \mathrm{ReLU}(\mathrm{norm}(W_o W_p [h_v \Vert
            \big\Vert_{s, a} s(d_v)\, a_{u \to v}(m_{uv})]))
        , \qquad s(d) \in \{1,\ \log(d + 1) / \delta,\ \delta / \log(d + 1)\}

    over the four aggregators a and the three scalers s; d_v is the number of edges that lead to v
    and :math:`\delta` the mean of log(d + 1) over the nodes of the training graphs
    (``log_degree``). e = W_edge a + b_edge of edge features a, if there are any. The head is
    linear, on each node (``level="node"``) or on the mean over the nodes of each graph
    (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop makes the node one of its neighbors, a repeated edge counts each
    time, an isolated node hears 0. Edges carry messages from row 0 to row 1 of ``edge_index``, so
    directed input works. Edge weights have no place; give them as edge features.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        edge_channels: width of the edge features; None for a graph without.
        log_degree: mean of log(degree + 1) over the training graphs, above 0; the default is that
            of graphs whose nodes have degree 3.
        towers: independent copies of the aggregation, each giving an even share of the channels.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: a linear encoder and head, no GRU after the step, and towers that each
    read all channels (the paper's read their share).

    References:
        G. Corso, L. Cavalleri, D. Beaini, P. Lio, P. Velickovic, Principal Neighbourhood
        Aggregation for Graph Nets, NeurIPS 2020, arXiv 2004.05718.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        edge_channels: int | None = None,
        log_degree: float = math.log(4.0),
        towers: int = 1,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        if not (math.isfinite(log_degree) and log_degree > 0):
            raise ValueError(f"log_degree must be a number above 0, got {log_degree}")
        if towers < 1 or hidden_channels % towers:
            raise ValueError(
                f"towers must divide hidden_channels, got towers={towers}, "
                f"hidden_channels={hidden_channels}"
            )
        self.log_degree, self.towers = log_degree, towers
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
        """One step: all aggregates, scaled, and the map that joins them."""
        conv = PNAConv(
            channels,
            channels,
            aggregators=list(AGGREGATORS),
            scalers=list(SCALERS),
            deg=torch.ones(1),  # a histogram, from which only what is set below would come
            edge_dim=self.edge_width,
            towers=self.towers,
        )
        conv.aggr_module.avg_deg_log.fill_(self.log_degree)
        return conv
