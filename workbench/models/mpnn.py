"""MPNN: the message passing network of quantum chemistry, with a matrix for each edge."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn import NNConv, Set2Set

from workbench.models.network import EdgeEncoder, EdgeNetwork, check_options
from workbench.models.residual import NORMS


class MPNN(EdgeNetwork):
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
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        width = hidden_channels
        self.encoder = nn.Linear(in_channels, width)
        self.edge_encoder = EdgeEncoder(edge_channels, width)
        matrix = nn.Sequential(nn.ReLU(), nn.Linear(width, width * width))
        self.message = NNConv(width, width, matrix, aggr="add", root_weight=False, bias=False)
        self.update = Gate(width, width)
        self.layers = nn.ModuleList(
            MPNNStep(self.message, self.update, NORMS[norm](width), dropout)
            for _ in range(num_layers)
        )
        of_graph = level == "graph"
        self.readout = Set2Set(width, processing_steps=3) if of_graph else None
        self.head = nn.Linear(2 * width if of_graph else width, out_channels)


class Gate(nn.GRUCell):
    """A gated recurrent unit by its formula: torch's calls a kernel that not every device has."""

    def forward(self, heard: Tensor, h: Tensor) -> Tensor:
        """New states: the old ones as far as z says, beside what is heard and not reset by r."""
        new = nn.functional.linear(heard, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        old = nn.functional.linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
        r, z = (torch.sigmoid(a + b) for a, b in zip(new[:2], old[:2], strict=True))
        proposed = torch.tanh(new[2] + r * old[2])
        return (1 - z) * proposed + z * h


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
