"""DRew: layer l also hears the nodes at 2, 3, ... l hops, and those, if wanted, as they were."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GCNConv

from workbench.choices import check_choice
from workbench.models.gatedgcn import gated_mean
from workbench.models.hops import Hops, hop_pairs
from workbench.models.network import Network, check_options, readout
from workbench.models.residual import NORMS
from workbench.models.sir_gcn import message_weights
from workbench.typing import EdgeIndex


class DRew(Network):
    r"""Messages from the nodes at 1, 2, ... l hops in layer l, each distance with its own weights.

    .. math::
        h^0 = W_{in} x + b_{in}, \qquad
        h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(\textstyle\sum_{k=1}^{l+1}
            \sum_{u: d(u, v) = k} W^l_k h^{l - \tau(k)}_u / \sqrt{d^k_u d^k_v}))
        , \qquad \tau(k) = \max(0, k - \nu)

    for ``conv="gcn"``, with :math:`d^k` the number of nodes at k hops. Without a delay
    (``nu=None``) every distance is read as it is now; with ``nu=1`` (nu-DRew) a node at k hops is
    read as it was k - 1 layers ago, when its message would have started. The others:

    .. math::
        \text{gin:} \quad h^{l+1}_v = \mathrm{ReLU}(\mathrm{MLP}_s(h^l_v) + \textstyle\sum_k
            \sum_{d(u, v) = k} \mathrm{MLP}_k(h^{l - \tau(k)}_u))

        \text{gatedgcn:} \quad h^{l+1}_v = h^l_v + \mathrm{ReLU}(\mathrm{norm}(A h^l_v +
            \textstyle\sum_k \textstyle\sum_{d(u, v) = k} s^k_{uv} \odot B_k h^{l - \tau(k)}_u \,/\,
            \textstyle\sum_{d(u, v) = k} s^k_{uv}))
        , \quad s^k_{uv} = \mathrm{sigmoid}(D h^l_v + E_k h^{l - \tau(k)}_u)

    with MLP = Linear, norm, ReLU. The head is linear, on each node (``level="node"``) or on the
    mean over the nodes of each graph (``level="graph"``).

    A node's output depends on the nodes within ``reach`` hops of it, and on no other, in ``eval``
    mode: ``num_layers`` with ``nu=1``, 1 + 2 + ... + ``num_layers`` without delay. Distances go
    along the edges, so directed input works; self-loops and repeats say nothing, an isolated node
    hears nothing. Edge weights and features have no place. Time and memory grow with the number of
    pairs within ``num_layers`` hops, up to the square of the nodes.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (``.norm``), ``readout``,
    ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps; 0 leaves a linear map of each node's own features.
        conv: ``"gcn"``, ``"gin"`` or ``"gatedgcn"``.
        nu: hops that are read without delay, at least 1; None for all.
        max_hops: hops beyond which no layer looks, at least 1; None for ``num_layers``.
        shared: one set of weights for all distances of a layer.
        convex: divide the sum over the distances by their number.
        l2norm: scale each state to length 1 after each layer.
        variant: ``"paper"``, or ``"official"``: as the released code computes it.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: a linear encoder and head; a sender's normalization counts whom it
    sends to, which is the same on undirected graphs. ``variant="official"`` has, for ``"gcn"``, a
    whole GCN layer for each distance (self-loops, bias, norm and ReLU of its own), left out where
    no graph of the batch has such a pair, so that a graph's answer may depend on its batch; for
    ``"gin"``, the perceptron of the sum in place of the sum of perceptrons.

    References:
        B. Gutteridge, X. Dong, M. Bronstein, F. Di Giovanni, DRew: Dynamically Rewired Message
        Passing with Delay, ICML 2023, arXiv 2305.08018.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        conv: str = "gcn",
        nu: int | None = None,
        max_hops: int | None = None,
        shared: bool = False,
        convex: bool = False,
        l2norm: bool = False,
        variant: str = "paper",
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        check_choice("conv", conv, LAYERS)
        if variant not in ("paper", "official"):
            raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
        for name, value in (("nu", nu), ("max_hops", max_hops)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1 or None, got {value}")
        most = max(1, num_layers if max_hops is None else min(num_layers, max_hops))
        self.nu, self.max_hops, self.l2norm = nu, most, l2norm
        self.requires = (Hops(most),)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.layers = nn.ModuleList(
            LAYERS[conv](
                hidden_channels,
                min(number + 1, most),
                nu=nu,
                shared=shared,
                convex=convex,
                official=variant == "official",
                norm=norm,
                dropout=dropout,
            )
            for number in range(num_layers)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    @property
    def reach(self) -> int | None:
        """Hops that one forward pass can see: what a layer reads afar has itself seen afar."""
        seen = [0]
        for layer in self.layers:
            seen.append(max(k + seen[-1 - layer.delay(k)] for k in range(1, layer.hops + 1)))
        return seen[-1]

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        hop_index: Int64[Tensor, "2 pairs"],
        hop: Int64[Tensor, " pairs"],
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            hop_index: the pairs within some hops of each other, as ``Hops`` writes them.
            hop: how many hops lead from the one to the other.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all. A layer then takes distances along its own edges,
                which are worked out anew in each pass.

        Raises:
            ValueError: ``edge_layers`` has not one column for each layer.
        """

        def shells(edges: Tensor) -> dict:
            pairs, hops = hop_index, hop
            if edge_layers is not None:
                pairs, hops = hop_pairs(edges, x.size(0), self.max_hops)
            return {"shells": [pairs[:, hops == k] for k in range(1, self.max_hops + 1)]}

        states = [self.encoder(x)]
        for layer, own in zip(
            self.layers, self.of_layers(shells, edge_layers, edge_index), strict=True
        ):
            h = layer(states, own["shells"])
            states.append(nn.functional.normalize(h, dim=1) if self.l2norm else h)
        return self.output(states[-1], batch)


class DRewLayer(nn.Module):
    """What the three kinds share: which state is read at which distance, and the sum."""

    def __init__(
        self,
        channels: int,
        hops: int,
        *,
        nu: int | None,
        shared: bool,
        convex: bool,
        official: bool,
        norm: str | None,
        dropout: float,
    ):
        super().__init__()
        self.hops, self.nu, self.official = hops, nu, official
        self.share = 1 / hops if convex else 1
        own = range(1 if shared else hops)
        self.terms = nn.ModuleList(self._term(channels, norm) for _ in own)
        self.norm = NORMS[norm](channels)
        self.dropout = nn.Dropout(dropout)

    def delay(self, hop: int) -> int:
        """How many layers ago a node at so many hops is read."""
        return 0 if self.nu is None else max(0, hop - self.nu)

    def _term(self, channels: int, norm: str | None) -> nn.Module:
        """The weights of one distance."""
        raise NotImplementedError

    def _heard(self, term: nn.Module, h: Tensor, then: Tensor, pairs: Tensor) -> Tensor:
        """What nodes in states ``h`` hear from one distance, where the states were ``then``."""
        raise NotImplementedError

    def _gather(self, states: Sequence[Tensor], shells: Sequence[Tensor]) -> Tensor:
        """The sum over the distances."""
        total = torch.zeros_like(states[-1])
        for k, pairs in enumerate(shells[: self.hops], start=1):
            if self.official and not pairs.numel():
                continue
            term = self.terms[min(k, len(self.terms)) - 1]
            then = states[-1 - self.delay(k)]
            total = total + self.share * self._heard(term, states[-1], then, pairs)
        return total

    def forward(
        self, states: Sequence[Tensor], shells: Sequence[Tensor]
    ) -> Float[Tensor, "nodes channels"]:
        """New states from all that were, and the pairs at 1, 2, ... hops."""
        update = torch.relu(self.norm(self._gather(states, shells)))
        return states[-1] + self.dropout(update)


class DRewGCNLayer(DRewLayer):
    """``conv="gcn"``."""

    def __init__(self, channels: int, hops: int, *, official: bool, **options: object):
        self.official = official
        super().__init__(channels, hops, official=official, **options)
        if official:
            self.norm = nn.Identity()  # each term has its own

    def _term(self, channels: int, norm: str | None) -> nn.Module:
        if not self.official:
            return GCNConv(channels, channels, normalize=False, bias=False)
        return nn.ModuleDict({"conv": GCNConv(channels, channels), "norm": NORMS[norm](channels)})

    def _heard(self, term: nn.Module, h: Tensor, then: Tensor, pairs: Tensor) -> Tensor:
        if self.official:
            return torch.relu(term["norm"](term["conv"](then, pairs)))
        return term(then, pairs, message_weights(pairs, then, "sym"))


class DRewGINLayer(DRewLayer):
    """``conv="gin"``."""

    def __init__(self, channels: int, hops: int, *, norm: str | None, **options: object):
        super().__init__(channels, hops, norm=norm, **options)
        self.own, self.norm = self._term(channels, norm), nn.Identity()

    def _term(self, channels: int, norm: str | None) -> nn.Module:
        return nn.Sequential(nn.Linear(channels, channels), NORMS[norm](channels), nn.ReLU())

    def _heard(self, term: nn.Module, h: Tensor, then: Tensor, pairs: Tensor) -> Tensor:
        (source, target), none = pairs, torch.zeros_like(then)
        if self.official:
            return term(none.index_add(0, target, then[source]))
        return none.index_add(0, target, term(then)[source])

    def forward(
        self, states: Sequence[Tensor], shells: Sequence[Tensor]
    ) -> Float[Tensor, "nodes channels"]:
        """New states from all that were, and the pairs at 1, 2, ... hops."""
        return self.dropout(torch.relu(self.own(states[-1]) + self._gather(states, shells)))


class DRewGatedLayer(DRewLayer):
    """``conv="gatedgcn"``."""

    def __init__(self, channels: int, hops: int, **options: object):
        super().__init__(channels, hops, **options)
        self.A, self.D = nn.Linear(channels, channels), nn.Linear(channels, channels)

    def _term(self, channels: int, norm: str | None) -> nn.Module:
        return nn.ModuleDict({name: nn.Linear(channels, channels) for name in "BE"})

    def _heard(self, term: nn.Module, h: Tensor, then: Tensor, pairs: Tensor) -> Tensor:
        source, target = pairs
        gate = torch.sigmoid(self.D(h)[target] + term["E"](then)[source])
        return gated_mean(gate, term["B"](then), pairs)

    def _gather(self, states: Sequence[Tensor], shells: Sequence[Tensor]) -> Tensor:
        return self.A(states[-1]) + super()._gather(states, shells)


LAYERS = {"gcn": DRewGCNLayer, "gin": DRewGINLayer, "gatedgcn": DRewGatedLayer}
