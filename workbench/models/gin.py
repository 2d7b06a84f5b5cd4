"""GIN: graph isomorphism network."""

from torch import nn
from torch_geometric.nn import GINConv

from workbench.models.convolutional import Convolutional


class GIN(Convolutional):
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

    def convolution(self, channels: int) -> nn.Module:
        """One step: the perceptron of the sum."""
        return GINConv(
            nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels))
        )
