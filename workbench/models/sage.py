"""GraphSAGE: sample and aggregate."""

from torch import nn
from torch_geometric.nn import SAGEConv

from workbench.models.convolutional import Convolutional


class SAGE(Convolutional):
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

    def convolution(self, channels: int) -> nn.Module:
        """One step: a map of the node's own state, and one of the mean."""
        return SAGEConv(channels, channels)
