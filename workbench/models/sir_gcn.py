"""SIR-GCN and SINC-GCN: messages that depend, nonlinearly, on who sends and who hears."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import OptTensor
from torch_geometric.utils import degree

from workbench.choices import check_choice
from workbench.models.convolutional import EdgeConvolutional

AGGREGATIONS = ("sum", "mean", "sym", "max")


class SIRGCN(EdgeConvolutional):
    r"""Sums a nonlinear function of both ends of each edge, in ``num_layers`` residual steps.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(\textstyle\sum_{u \to v}
            W_R\, \sigma(W_Q h^l_v + W_K h^l_u + W_E e_{uv})))

    with :math:`\sigma` = LeakyReLU of slope 0.2 and e = W_edge a + b_edge of edge features a, if
    there are any. The nonlinearity stands between two maps, so one message is a whole perceptron of
    the pair; the maps act on nodes, not on edges, and cost what a GCN's do. The head is linear, on
    each node (``level="node"``) or on the mean over the nodes of each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode. A self-loop makes the node one of its neighbors, a repeated edge counts each
    time, an isolated node hears 0 (but for the bias of W_R). Edges carry messages from row 0 to
    row 1 of ``edge_index``, so directed input works. Edge weights have no place; give them as edge
    features.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        aggregation: ``"sum"``, ``"mean"``, ``"sym"`` (each message divided by the root of the
            sender's out-degree times the hearer's in-degree) or ``"max"``.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: the bias of W_R enters once for each node, not once for each message,
    as in the released code (but for ``"max"``, where it is in the messages); a linear encoder and
    head, residual connections and normalization.

    References:
        B. G. Lim, G. B. Lim, R. R. Tan, K. Ikeda, Contextualized Messages Boost Graph
        Representations, TMLR 2024, arXiv 2403.12529.
    """

    #: How SINC-GCN gathers what a node's neighborhood is; None here.
    context: str | None = None

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        aggregation: str = "sum",
        edge_channels: int | None = None,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        _check_aggregation("aggregation", aggregation)
        self.aggregation = aggregation
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
        """One step: the sum of messages."""
        return SIRConv(
            channels,
            channels,
            channels,
            aggregation=self.aggregation,
            context=self.context,
            edge_channels=self.edge_width,
        )


class SINCGCN(SIRGCN):
    r"""SIR-GCN whose messages also know the neighborhood of the node that hears them.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(\textstyle\sum_{u \to v}
            W_R\, \sigma(W_Q h^l_v + W_K h^l_u + W_N \textstyle\sum_{w \to v} h^l_w
                + W_E e_{uv})))

    so one message can compare its sender with all others. Everything else, isolated nodes and
    repeats included, is as in ``SIRGCN``; with W_N = 0 it is that model.

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv``, ``.norm``),
    ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        aggregation: of the messages: ``"sum"``, ``"mean"``, ``"sym"`` or ``"max"``.
        context: of the neighborhood, in W_N: the same four.
        edge_channels: width of the edge features; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: as ``SIRGCN``; edge features, which its released code has no place for.

    References:
        B. G. Lim, G. B. Lim, R. R. Tan, I. King, K. Ikeda, Enhancing Graph Representations with
        Neighborhood-Contextualized Message-Passing, arXiv 2511.11046.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        aggregation: str = "sum",
        context: str = "mean",
        edge_channels: int | None = None,
        level: str = "node",
        residual: bool = True,
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        _check_aggregation("context", context)
        self.context = context
        super().__init__(
            in_channels,
            hidden_channels,
            out_channels,
            num_layers=num_layers,
            aggregation=aggregation,
            edge_channels=edge_channels,
            level=level,
            residual=residual,
            norm=norm,
            dropout=dropout,
        )


class SIRConv(MessagePassing):
    """The convolution of ``SIRGCN`` and, with a ``context``, of ``SINCGCN``."""

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        aggregation: str,
        context: str | None = None,
        edge_channels: int | None = None,
    ):
        super().__init__(aggr="max" if aggregation == "max" else "add")
        self.aggregation, self.context = aggregation, context
        self.query = nn.Linear(in_channels, hidden_channels)
        self.key = nn.Linear(in_channels, hidden_channels, bias=False)
        has_context, has_edges = context is not None, edge_channels is not None
        self.around = nn.Linear(in_channels, hidden_channels, bias=False) if has_context else None
        self.edge = nn.Linear(edge_channels, hidden_channels, bias=False) if has_edges else None
        self.relation = nn.Linear(hidden_channels, out_channels)

    def forward(
        self,
        h: Float[Tensor, "nodes in_channels"],
        edge_index: Tensor,
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
    ) -> Float[Tensor, "nodes out_channels"]:
        """What each node gathers."""
        query, edge = self.query(h), None if self.edge is None else self.edge(edge_attr)
        if self.around is not None:
            query = query + self.around(_gather(h, edge_index, self.context))
        weight = message_weights(edge_index, h, self.aggregation)
        found = self.propagate(edge_index, query=query, key=self.key(h), edge=edge, weight=weight)
        return found if self.aggregation == "max" else self.relation(found)

    def message(self, query_i: Tensor, key_j: Tensor, edge: OptTensor, weight: OptTensor) -> Tensor:
        """What comes along each edge; W_R is linear, so a sum may go before it, a maximum not."""
        pair = query_i + key_j if edge is None else query_i + key_j + edge
        sent = nn.functional.leaky_relu(pair, 0.2)
        if self.aggregation == "max":
            return self.relation(sent)
        return sent if weight is None else sent * weight[:, None]


def message_weights(edge_index: Tensor, h: Tensor, aggregation: str) -> Tensor | None:
    """How much a message counts in a sum: shares of a mean, or symmetric ones."""
    if aggregation in ("sum", "max"):
        return None
    heard = degree(edge_index[1], h.size(0), dtype=h.dtype)[edge_index[1]]
    if aggregation == "mean":
        return 1 / heard
    sent = degree(edge_index[0], h.size(0), dtype=h.dtype)[edge_index[0]]
    return (sent * heard).rsqrt()


def _gather(h: Tensor, edge_index: Tensor, aggregation: str) -> Tensor:
    """Sum, mean, symmetric sum or maximum over in-neighbors; 0 where there is none."""
    sent, weight = h[edge_index[0]], message_weights(edge_index, h, aggregation)
    if aggregation == "max":
        to = edge_index[1][:, None].expand_as(sent)
        return torch.zeros_like(h).scatter_reduce(0, to, sent, "amax", include_self=False)
    sent = sent if weight is None else sent * weight[:, None]
    return torch.zeros_like(h).index_add(0, edge_index[1], sent)


def _check_aggregation(name: str, value: str) -> None:
    check_choice(name, value, AGGREGATIONS)
