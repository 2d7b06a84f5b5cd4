"""GPS: message passing and attention between all nodes, side by side in every layer."""

from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn import (
    GATConv,
    GCNConv,
    GINConv,
    GINEConv,
    GPSConv,
    MessagePassing,
)

from workbench.models.network import (
    EdgeNetwork,
    check_ascending,
    check_heads,
    check_options,
    readout,
)

LOCAL = ("gin", "gine", "gcn", "gat", None)
NORM_NAMES = {"batch": "batch_norm", "layer": "layer_norm", None: None}


class GPS(EdgeNetwork):
    r"""``num_layers`` blocks, each a message-passing step beside attention between all nodes.

    .. math::
        h^0 &= W_{in} x + b_{in} \\
        m &= \mathrm{norm}_1(h + \mathrm{dropout}(\mathrm{local}(h, E))) \\
        t &= \mathrm{norm}_2(h + \mathrm{dropout}(\mathrm{attention}(h))) \\
        h' &= \mathrm{norm}_3(m + t + W_2\, \mathrm{ReLU}(W_1 (m + t)))

    Both branches read the same h. Attention is softmax attention of ``heads`` heads from every
    node of a graph to every node of the same graph, itself among them; nothing in it knows the
    edges. The head is linear, on each node (``level="node"``) or on the mean over the nodes of
    each graph (``level="graph"``).

    A node's output depends on every node of its graph after one layer, in any component. In the
    local branch a self-loop counts the node once more (``"gin"``, ``"gine"``) or takes the place
    of the added one, a repeated edge counts each time, and messages go from row 0 to row 1 of
    ``edge_index``, so directed input works. Edge weights have no place.

    Memory and time of a layer grow with the square of the number of nodes of the largest graph.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.conv`` the local branch,
    ``.attn``, ``.mlp``, ``.norm1``, ``.norm2``, ``.norm3``), ``readout``, ``head``;
    ``capture_attention(model)`` reads the weights of each ``.attn``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer, all heads together.
        out_channels: width of the output.
        num_layers: number of blocks; 0 leaves a linear map of each node's own features.
        local: the message passing: ``"gin"`` (a two-layer perceptron of the sum), ``"gine"`` (the
            same with edge features), ``"gcn"``, ``"gat"``, or None for attention alone.
        heads: number of attention heads; divides ``hidden_channels``.
        edge_channels: width of the edge features, which ``"gine"`` needs and ``"gat"`` may have.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` (over all nodes and channels of a graph) or None.
        dropout: share of each branch's update that is set to zero in training.
        attention_dropout: share of the attention weights that is set to zero in training.

    Raises:
        ValueError: an option is out of its range, the heads do not share the channels evenly, or
            edge features are asked for where the local branch has no place for them.

    Differs from the paper: a linear encoder and head, no positional encoding of its own (join one
    to ``x``), and edge features that are the same in every layer (the paper's GatedGCN updates
    them).

    References:
        L. Rampasek et al., Recipe for a General, Powerful, Scalable Graph Transformer, NeurIPS
        2022, arXiv 2205.12454.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        local: str | None = "gin",
        heads: int = 4,
        edge_channels: int | None = None,
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        check_heads(hidden_channels, heads)
        _check_local(local, edge_channels)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        has_edges = edge_channels is not None
        self.edge_encoder = nn.Linear(edge_channels, hidden_channels) if has_edges else None
        self.layers = nn.ModuleList(
            GPSConv(
                hidden_channels,
                _local(local, hidden_channels, heads, has_edges),
                heads=heads,
                dropout=dropout,
                norm=NORM_NAMES[norm],
                attn_kwargs={"dropout": attention_dropout},
            )
            for _ in range(num_layers)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    def run(
        self,
        h: Tensor,
        edge_index: Tensor,
        states: Tensor | None,
        batch: Tensor | None,
        edge_layers: Tensor | None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Layer by layer; ``batch`` must be ascending."""
        check_ascending(batch)
        if batch is None:  # given always: PyG's LayerNorm adds its epsilon elsewhere without one
            batch = edge_index.new_zeros(h.size(0))

        def arguments(edges: Tensor, states: Tensor | None) -> dict:
            extra = {} if states is None else {"edge_attr": states}
            return {"edge_index": edges, "batch": batch, **extra}

        return self.forward_layers(
            h, batch, self.of_layers(arguments, edge_layers, edge_index, states)
        )

    @property
    def reach(self) -> int | None:
        """None: attention joins all nodes of a graph; 0 without layers."""
        return None if len(self.layers) else 0


def _check_local(local: str | None, edge_channels: int | None) -> None:
    if local not in LOCAL:
        names = ", ".join(repr(name) for name in LOCAL)
        raise ValueError(f"local must be one of {names}; got {local!r}")
    if local == "gine" and edge_channels is None:
        raise ValueError("local='gine' needs edge_channels, the width of the edge features")
    if edge_channels is not None and local not in ("gine", "gat"):
        raise ValueError(
            f"edge_channels={edge_channels} has no place in local={local!r}; use 'gine' or 'gat'"
        )


def _local(name: str | None, channels: int, heads: int, has_edges: bool) -> MessagePassing | None:
    if name is None:
        return None
    if name == "gcn":
        return GCNConv(channels, channels)
    if name == "gat":
        return GATConv(
            channels, channels // heads, heads=heads, edge_dim=channels if has_edges else None
        )
    perceptron = nn.Sequential(
        nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels)
    )
    return GINEConv(perceptron) if name == "gine" else GINConv(perceptron)
