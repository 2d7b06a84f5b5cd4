"""DSS-GNN: one network on all subgraphs of a graph, which share what they find at each node."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GINConv, GraphConv, MeanAggregation

from workbench.choices import check_choice
from workbench.models.network import Network, check_options
from workbench.models.residual import NORMS
from workbench.models.subgraphs import Subgraphs
from workbench.typing import EdgeIndex

CONVOLUTIONS = ("gin", "graph")


class DSSGNN(Network):
    r"""Message passing on every subgraph of a bag and, beside it, on the mean of the bag.

    The graph becomes copies S of itself, each with a node or an edge deleted or cut down to the ego
    net of a node (``Subgraphs`` says how). With :math:`h^S_v` the state of node v in copy S, all of
    them starting from :math:`x_v` (and the mark of the root, in ``"ego_nets_plus"``):

    .. math::
        \bar h_v &= \mathrm{mean}_{S \ni v}\, h^S_v \\
        h'^S_v &= \mathrm{ReLU}(
            \mathrm{norm}_1(\mathrm{conv}_1(h^S, E_S))_v + \mathrm{norm}_2(\mathrm{conv}_2(\bar h,
            E))_v)

    ``conv`` is GIN with the perceptron Linear, norm, ReLU, Linear (``"gin"``), or PyG's
    ``GraphConv`` (``"graph"``). An output per graph is read from the mean over the nodes of each
    copy, then over the copies; an output per node from the mean over the copies that have it. The
    head is a perceptron, twice as wide inside.

    A node's output depends on the nodes within ``num_layers`` hops of it, and on no other, in
    ``eval`` mode (what the copies look like depends on the edges alone). Self-loops and repeated
    edges count as in the convolution, each time; direction matters to messages and to ego nets.
    Time and memory: a GNN on as many graphs as there are copies. Edge weights have no place.

    Submodules to read from outside: ``encoder`` (what each row of each copy starts from),
    ``layers.0`` ... (``.conv`` and ``.norm`` on the copies, ``.mean`` the mean over copies,
    ``.shared_conv`` and ``.shared_norm`` on it), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps.
        policy, num_hops, variant: which subgraphs, as in ``Subgraphs``.
        conv: ``"gin"`` or ``"graph"``.
        level: ``"graph"`` for an output per graph, ``"node"`` for one per node.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each layer's output that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: outputs of nodes. ``variant="paper"`` has the nodes of each subgraph in
    its copy and no other; the released code keeps the others as isolated nodes, which count in both
    means (``variant="official"``).

    References:
        B. Bevilacqua, F. Frasca, D. Lim, B. Srinivasan, C. Cai, G. Balamurugan, M. Bronstein, H.
        Maron, Equivariant Subgraph Aggregation Networks, ICLR 2022, arXiv 2110.02910.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        policy: str = "ego_nets_plus",
        num_hops: int | None = None,
        variant: str = "paper",
        conv: str = "gin",
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        check_choice("conv", conv, CONVOLUTIONS)
        self.requires = (Subgraphs(policy, num_hops=num_hops, variant=variant),)
        self.in_channels = in_channels  # marks come on top, so that no weight tells it
        self.marked = policy == "ego_nets_plus"
        width = in_channels + 2 * self.marked
        widths = [width, *[hidden_channels] * num_layers]
        self.encoder = nn.Identity()
        self.layers = nn.ModuleList(
            DSSLayer(first, hidden_channels, conv=conv, norm=norm, dropout=dropout)
            for first in widths[:-1]
        )
        self.readout = BagMean(level)
        self.head = nn.Sequential(
            nn.Linear(widths[-1], 2 * hidden_channels),
            nn.ReLU(),
            nn.Linear(2 * hidden_channels, out_channels),
        )

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        subgraph_index: Int64[Tensor, " rows"],
        subgraph_batch: Int64[Tensor, " rows"],
        subgraph_edge_index: Int64[Tensor, "2 subgraph_edges"],
        subgraph_column: Int64[Tensor, " subgraph_edges"],
        subgraph_mark: Float[Tensor, "rows 2"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "outputs out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            subgraph_index, subgraph_batch, subgraph_edge_index, subgraph_column, subgraph_mark: the
                copies, as ``Subgraphs`` writes them.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all. Copies are those of the whole graph.

        Raises:
            ValueError: the copies are of another policy, or ``edge_layers`` has not one column for
                each layer.
        """
        if (subgraph_mark is not None) != self.marked:
            came = "no marks" if subgraph_mark is None else "marks"
            raise ValueError(f"the copies have {came} of roots; make them by {self.requires[0]}")
        rows = x[subgraph_index]
        if subgraph_mark is not None:
            rows = torch.cat([subgraph_mark.to(x.dtype), rows], dim=1)
        h = self.encoder(rows)

        def edges(shared: Tensor, column: Tensor) -> dict:
            present = torch.zeros_like(every, dtype=torch.bool)
            present[column] = True
            return {
                "edge_index": subgraph_edge_index[:, present[subgraph_column]],
                "shared_edge_index": shared,
            }

        every = torch.arange(edge_index.size(1), device=edge_index.device)
        of_layers = self.of_layers(edges, edge_layers, edge_index, every)
        for layer, arguments in zip(self.layers, of_layers, strict=True):
            h = layer(h, subgraph_index, x.size(0), **arguments)
        batch = edge_index.new_zeros(x.size(0)) if batch is None else batch
        return self.head(self.readout(h, subgraph_index, subgraph_batch, batch))


class DSSLayer(nn.Module):
    """One layer on the rows of all copies; the formula is that of ``DSSGNN``."""

    def __init__(
        self, in_channels: int, out_channels: int, *, conv: str, norm: str | None, dropout: float
    ):
        super().__init__()
        self.conv = _convolution(conv, in_channels, out_channels, norm)
        self.norm = NORMS[norm](out_channels)
        self.mean = MeanAggregation()
        self.shared_conv = _convolution(conv, in_channels, out_channels, norm)
        self.shared_norm = NORMS[norm](out_channels)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        h: Float[Tensor, "rows in_channels"],
        node: Int64[Tensor, " rows"],
        num_nodes: int,
        *,
        edge_index: Int64[Tensor, "2 subgraph_edges"],
        shared_edge_index: Int64[Tensor, "2 shared_edges"],
    ) -> Float[Tensor, "rows out_channels"]:
        """New states of the rows; ``node`` is the node that each row stands for."""
        own = self.norm(self.conv(h, edge_index))
        mean = self.mean(h, node, dim_size=num_nodes)
        shared = self.shared_norm(self.shared_conv(mean, shared_edge_index))
        return self.dropout(torch.relu(own + shared[node]))


class BagMean(nn.Module):
    """Rows of copies -> one row for each node, or for each graph."""

    def __init__(self, level: str):
        super().__init__()
        self.level, self._mean = level, MeanAggregation()

    def forward(
        self,
        h: Float[Tensor, "rows channels"],
        node: Int64[Tensor, " rows"],
        copy: Int64[Tensor, " rows"],
        batch: Int64[Tensor, " nodes"],
    ) -> Float[Tensor, "outputs channels"]:
        """The mean over the copies of each node; or over the nodes of a copy, then the copies."""
        if self.level == "node":
            return self._mean(h, node, dim_size=batch.numel())
        copies = self._mean(h, copy)
        graph = copy.new_zeros(copies.size(0)).scatter_(0, copy, batch[node])
        return self._mean(copies, graph)


def _convolution(kind: str, in_channels: int, out_channels: int, norm: str | None) -> nn.Module:
    if kind == "graph":
        return GraphConv(in_channels, out_channels)
    perceptron = nn.Sequential(
        nn.Linear(in_channels, out_channels),
        NORMS[norm](out_channels),
        nn.ReLU(),
        nn.Linear(out_channels, out_channels),
    )
    return GINConv(perceptron)
