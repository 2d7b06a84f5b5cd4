"""Co-GNN: each node decides in each layer whether it listens and whether it speaks."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.choices import check_choice
from workbench.cost import check_network
from workbench.models.network import EdgeNetwork, check_options, readout
from workbench.models.residual import NORMS

KINDS = ("mean", "sum", "gcn", "gin")


class CoGNN(EdgeNetwork):
    r"""A network whose nodes choose to listen, to broadcast, to do both or to stay alone.

    .. math::
        h^0 &= \mathrm{ReLU}(W_{in} x + b_{in}), \qquad g = \mathrm{norm}(h) \\
        p_v &= \mathrm{act}(\mathrm{listen}(g)_v), \qquad
            q_v = \mathrm{act}(\mathrm{broadcast}(g)_v), \qquad w_{uv} = q_u p_v \\
        h'_v &= g_v + \mathrm{ReLU}(\mathrm{conv}(g, w)_v)

    ``listen`` and ``broadcast`` are networks of their own, the same in every layer, with two
    numbers for each node: for and against. ``act`` is 1 where the first is larger, after Gumbel
    noise in training, and 0 elsewhere; the derivative is that of a softmax with a temperature
    (straight through). ``conv`` is one of

    ==========  ==================================================================
    ``"mean"``  :math:`W [g_v \Vert \mathrm{mean}_u\, w_{uv} (g_u + e_{uv})]`
    ``"sum"``   :math:`W [g_v \Vert \sum_u w_{uv} (g_u + e_{uv})]`
    ``"gcn"``   W of the GCN average, weights and degrees counting w
    ``"gin"``   :math:`\mathrm{MLP}((1 + \epsilon) g_v + \sum_u w_{uv} (g_u + e_{uv}))`
    ==========  ==================================================================

    A mean divides by all in-edges, muted or not. The head is linear, on each node
    (``level="node"``) or on the mean over the nodes of each graph (``level="graph"``).

    A node's output depends on the nodes within ``num_layers`` times ``action_layers`` + 1 hops of
    it, and on no other, in ``eval`` mode: what its neighbor does depends on what that one sees.
    Derivatives, and so sensitivities, are those of the straight-through softmax. A self-loop makes
    the node one of its neighbors, a repeated edge counts each time, an isolated node sees itself
    alone. Edges carry messages from row 0 to row 1 of ``edge_index``, so directed input works. Edge
    weights have no place.

    Submodules to read from outside: ``encoder``, ``listen``, ``broadcast``, ``layers.0`` ...
    (``.actions`` is [nodes, 2]: listens, broadcasts; ``.conv``), ``norm``, ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps.
        conv: ``"mean"``, ``"sum"``, ``"gcn"`` or ``"gin"``.
        action_conv: the same choice for the networks that decide.
        action_layers: their number of layers, at least 1.
        action_channels: their width.
        temperature: of the softmax whose derivative is taken, above 0.
        learn_temperature: learn one for each node instead, 1 / (softplus(a g) + 0.5).
        edge_channels: width of the edge features; None for a graph without.
        variant: ``"paper"``, the likelier action outside training; ``"official"``, a drawn one
            there too, as in the released code, so that no two answers are alike.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        residual: add the input of each step to its output.
        norm: ``"batch"``, ``"layer"`` or None; one, before each layer and before the head.
        dropout: share of the first states and of each update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: ReLU only; edge features enter the first layer of the networks that
    decide, not the others. Noise comes from torch's own generator, as dropout does.

    References:
        B. Finkelshtein, X. Huang, M. Bronstein, I. I. Ceylan, Cooperative Graph Neural Networks,
        ICML 2024, arXiv 2310.01267.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        conv: str = "mean",
        action_conv: str = "mean",
        action_layers: int = 1,
        action_channels: int = 16,
        temperature: float = 0.01,
        learn_temperature: bool = False,
        edge_channels: int | None = None,
        variant: str = "paper",
        level: str = "node",
        residual: bool = True,
        norm: str | None = "layer",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        for name, kind in (("conv", conv), ("action_conv", action_conv)):
            check_choice(name, kind, KINDS)
        if variant not in ("paper", "official"):
            raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
        check_network(action_layers=action_layers, action_channels=action_channels)
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.temperature, self.residual, self.variant = temperature, residual, variant
        self.action_layers = action_layers
        self.encoder = nn.Linear(in_channels, hidden_channels)
        has_edges = edge_channels is not None
        self.edge_encoder = nn.Linear(edge_channels, hidden_channels) if has_edges else None
        widths = [hidden_channels, *[action_channels] * (action_layers - 1), 2]
        self.listen, self.broadcast = (Decision(action_conv, widths, dropout) for _ in range(2))
        self.learned = nn.Linear(hidden_channels, 1, bias=False) if learn_temperature else None
        self.layers = nn.ModuleList(
            CoGNNLayer(conv, hidden_channels, dropout) for _ in range(num_layers)
        )
        self.norm, self.dropout = NORMS[norm](hidden_channels), nn.Dropout(dropout)
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    @property
    def reach(self) -> int | None:
        """Hops that one forward pass can see: those of the messages and of the decisions."""
        return len(self.layers) * (1 + self.action_layers)

    def run(
        self,
        h: Tensor,
        edge_index: Tensor,
        states: Tensor | None,
        batch: Tensor | None,
        edge_layers: Tensor | None,
    ) -> Float[Tensor, "rows out_channels"]:
        """In each layer what the nodes do, and then the messages."""

        def arguments(edges: Tensor, states: Tensor | None) -> dict:
            return {"edge_index": edges, "edge_attr": states}

        h = torch.relu(self.dropout(h))
        of_layers = self.of_layers(arguments, edge_layers, edge_index, states)
        for layer, own in zip(self.layers, of_layers, strict=True):
            h = self.norm(h)
            update = layer(h, self.actions(h, **own), **own)
            h = h + update if self.residual else update
        return self.output(self.norm(h), batch)

    def actions(
        self, h: Tensor, edge_index: Tensor, edge_attr: Tensor | None
    ) -> Float[Tensor, "nodes 2"]:
        """Whether each node listens, and whether it broadcasts: 0 or 1."""
        temperature = self.temperature
        if self.learned is not None:
            temperature = 1 / (nn.functional.softplus(self.learned(h)) + 0.5)
        draws = self.training or self.variant == "official"
        chosen = [
            _choice(decide(h, edge_index, edge_attr), temperature, draws)
            for decide in (self.listen, self.broadcast)
        ]
        return torch.stack(chosen, dim=1)


def _choice(logits: Float[Tensor, "nodes 2"], temperature: float | Tensor, draws: bool) -> Tensor:
    """1 where the first number is larger, with the derivative of the softmax."""
    if draws:
        return nn.functional.gumbel_softmax(logits, temperature, hard=True)[:, 0]
    soft = torch.softmax(logits / temperature, dim=1)[:, 0]
    hard = (logits[:, 0] >= logits[:, 1]).to(soft.dtype)
    return hard - soft.detach() + soft


class Decision(nn.Module):
    """A small network with two numbers for each node: for an action and against it."""

    def __init__(self, kind: str, widths: list[int], dropout: float):
        super().__init__()
        self.convs = nn.ModuleList(WeighedConv(kind, *pair) for pair in pairwise(widths))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, h: Tensor, edge_index: Tensor, edge_attr: Tensor | None
    ) -> Float[Tensor, "nodes 2"]:
        """The two numbers."""
        first, *others = self.convs
        h = first(h, edge_index, edge_attr)
        for conv in others:
            h = conv(torch.relu(self.dropout(h)), edge_index)
        return h


class CoGNNLayer(nn.Module):
    """One step of the messages; ``actions`` gives what the nodes do a name."""

    def __init__(self, kind: str, channels: int, dropout: float):
        super().__init__()
        self.actions, self.conv = nn.Identity(), WeighedConv(kind, channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        h: Float[Tensor, "nodes channels"],
        actions: Float[Tensor, "nodes 2"],
        edge_index: Tensor,
        edge_attr: Tensor | None,
    ) -> Float[Tensor, "nodes channels"]:
        """What each node gathers from those who broadcast, if it listens."""
        listens, broadcasts = self.actions(actions).unbind(1)
        weight = broadcasts[edge_index[0]] * listens[edge_index[1]]
        return torch.relu(self.dropout(self.conv(h, edge_index, edge_attr, weight)))


class WeighedConv(nn.Module):
    """The four convolutions of ``CoGNN``, with a weight for each message."""

    def __init__(self, kind: str, in_channels: int, out_channels: int):
        super().__init__()
        self.kind = kind
        if kind == "gin":
            self.eps = nn.Parameter(torch.zeros(1))
            self.mlp = nn.Sequential(
                nn.Linear(in_channels, 2 * in_channels),
                nn.ReLU(),
                nn.Linear(2 * in_channels, out_channels),
            )
        else:
            width = in_channels if kind == "gcn" else 2 * in_channels
            self.lin = nn.Linear(width, out_channels)

    def forward(
        self,
        h: Float[Tensor, "nodes in_channels"],
        edge_index: Tensor,
        edge_attr: Float[Tensor, "edges in_channels"] | None = None,
        weight: Float[Tensor, " edges"] | None = None,
    ) -> Float[Tensor, "nodes out_channels"]:
        """One step; without weights every message counts 1."""
        source, target = edge_index
        sent = h[source] if edge_attr is None else h[source] + edge_attr
        weight = h.new_ones(source.numel()) if weight is None else weight
        none = h.new_zeros(h.size(0))
        scale = weight
        if self.kind == "mean":
            count = none.index_add(0, target, torch.ones_like(weight))
            scale = weight / count[target]
        elif self.kind == "gcn":
            root = (1 + none.index_add(0, target, weight)).rsqrt()
            scale = root[source] * weight * root[target]
        heard = torch.zeros_like(h).index_add(0, target, scale[:, None] * sent)
        if self.kind == "gin":
            return self.mlp((1 + self.eps) * h + heard)
        if self.kind == "gcn":
            return self.lin(heard + root.square()[:, None] * h)
        return self.lin(torch.cat([h, heard], dim=1))
