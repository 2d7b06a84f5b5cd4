"""Graph MLP-Mixer and Graph ViT: a graph as a few overlapping patches that all hear each other."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.nn import GCNConv, MeanAggregation

from workbench.choices import check_choice
from workbench.models.gine import GINEConv
from workbench.models.network import EdgeEncoder, Network, check_heads, check_options, readout
from workbench.models.patch_mixing import ATTENTION, MixerBlock, PatchAttention
from workbench.models.patches import Patches
from workbench.models.residual import NORMS
from workbench.typing import EdgeIndex

CONVOLUTIONS = ("gine", "gcn")


class GraphMLPMixer(Network):
    r"""A GNN within overlapping patches, then perceptrons across the patches of a graph.

    ``Patches`` says what the patches are. Each has copies c of its nodes v(c), and layer by layer

    .. math::
        h_c &\leftarrow \mathrm{mean}_{c': v(c') = v(c)} (h_{c'} +
            U\, \mathrm{mean}_{\text{patch of } c'} h) \qquad \text{(not before the first layer)} \\
        h_c &\leftarrow W (h_c + \mathrm{dropout}(\mathrm{ReLU}(\mathrm{norm}(
            \mathrm{conv}(h)_c))))

    with conv a GINE or a GCN within the patch and U = Linear, norm, ReLU. The token of a patch is
    the mean of its copies, plus Linear, norm, ReLU of the return probabilities of the walk between
    patches. Tokens T [patches, channels] of a graph are mixed ``num_mixers`` times:

    .. math::
        T \leftarrow T + (W_2\, \mathrm{GELU}(W_1 \mathrm{LN}(T)^\top))^\top, \qquad
        T \leftarrow T + W_4\, \mathrm{GELU}(W_3 \mathrm{LN}(T))

    An output per graph is read from the mean of the tokens that are no empty patches, one per node
    from each copy beside its token, averaged over the copies; the head is a perceptron.

    A node's output depends on every node of its graph, in any component; with ``num_layers=0`` and
    no mixers there are no patches, and it is a map of the node's own features. W_1 gives each place
    in the order of the patches its own weights; that order comes from the structure, so nodes that
    look alike and differ in features may be told apart by their numbers. Self-loops and repeated
    edges count as in the convolution, messages go from row 0 to row 1 of ``edge_index``. Edge
    weights have no place. ``edge_layers`` gives each layer edges of its own within the patches, and
    the patches stay those of the whole graph. Time and memory grow with the size of all patches,
    linearly with the graph.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (states of copies; ``.conv``,
    ``.norm``), ``mixers.0`` ... (tokens), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: GNN layers within patches.
        num_mixers: times that the patches are mixed; None for as many as ``num_layers``.
        num_patches, num_hops, num_steps, partition: which patches, as in ``Patches``.
        conv: ``"gine"`` or ``"gcn"``.
        edge_channels: width of the edge features, ``"gine"`` only; None for a graph without, whose
            edges then share one learned state.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None, within patches.
        dropout: share of each GNN update that is set to zero in training.
        mixer_dropout: the same between patches.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: no positional encoding of nodes (join one to ``x``); patches are the
    same in every epoch; they are grown and not cut by METIS, unless ``partition="metis"``. Empty
    patches take part in the mixing, as in the released code; the head has no batch normalization,
    which could not train on one graph alone.

    References:
        X. He, B. Hooi, T. Laurent, A. Perold, Y. LeCun, X. Bresson, A Generalization of
        ViT/MLP-Mixer to Graphs, ICML 2023, arXiv 2212.13350.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        num_mixers: int | None = None,
        num_patches: int = 32,
        num_hops: int = 1,
        num_steps: int = 8,
        partition: str = "growth",
        conv: str = "gine",
        edge_channels: int | None = None,
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
        mixer_dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        num_mixers = num_layers if num_mixers is None else num_mixers
        check_options(hidden_channels, num_layers=num_mixers, level=level, norm=norm)
        check_choice("conv", conv, CONVOLUTIONS)
        if edge_channels is not None and conv == "gcn":
            raise ValueError(
                f"edge_channels={edge_channels} has no place in conv='gcn'; use 'gine'"
            )
        self.requires = (
            Patches(num_patches, num_hops=num_hops, num_steps=num_steps, partition=partition),
        )
        has_edges, width = edge_channels is not None, hidden_channels
        read = ("patch_index", "patch_batch", "patch_edge_index", "patch_column")
        read = (*read, "patch_adjacency", "patch_walk", "batch", "edge_layers")
        self.reads = (*read, *["edge_attr"] * has_edges)
        self.encoder = nn.Linear(in_channels, width)
        self.edge_encoder = EdgeEncoder(edge_channels, width) if conv == "gine" else None
        self.layers = nn.ModuleList(
            PatchLayer(width, conv, first=number == 0, norm=norm, dropout=dropout)
            for number in range(num_layers)
        )
        self.walk_encoder = _block(num_steps, width, norm)
        self.mixers = nn.ModuleList(
            self._mixer(width, num_patches, mixer_dropout) for _ in range(num_mixers)
        )
        self.mixer_norm = self._last_norm(width)
        patched = bool(num_layers or num_mixers)
        own = TokenMean() if level == "graph" else CopyMean()
        self.readout = own if patched else readout(level)
        both = 2 * width if patched and level == "node" else width
        self.head = nn.Sequential(nn.Linear(both, both), nn.ReLU(), nn.Linear(both, out_channels))

    def _mixer(self, channels: int, num_patches: int, dropout: float) -> nn.Module:
        return MixerBlock(channels, num_patches, dropout)

    def _last_norm(self, channels: int) -> nn.Module:
        return nn.LayerNorm(channels)

    @property
    def reach(self) -> int | None:
        """None: all patches of a graph hear each other; 0 without layers and mixers."""
        return None if len(self.layers) or len(self.mixers) else 0

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        patch_index: Int64[Tensor, " rows"],
        patch_batch: Int64[Tensor, " rows"],
        patch_edge_index: Int64[Tensor, "2 patch_edges"],
        patch_column: Int64[Tensor, " patch_edges"],
        patch_adjacency: Float[Tensor, "all_patches patches"],
        patch_walk: Float[Tensor, "all_patches steps"],
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "outputs out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            patch_index, patch_batch, patch_edge_index, patch_column, patch_adjacency, patch_walk:
                the patches, as ``Patches`` writes them.
            edge_attr: edge features, if the model was built with ``edge_channels``.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: the patches are of another transform, edge features are missing or
                unexpected, or ``edge_layers`` has not one column for each layer.
        """
        made = self.requires[0]
        if (patch_adjacency.size(1), patch_walk.size(1)) != (made.num_patches, made.num_steps):
            raise ValueError(
                f"got {patch_adjacency.size(1)} patches and walks of {patch_walk.size(1)} steps; "
                f"this {type(self).__name__} reads those of {made}"
            )
        h, e = self.encoder(x), None
        if self.edge_encoder is not None:
            e = self.edge_encoder(edge_attr, edge_index.size(1))
        if self.reach == 0:
            return self.output(h, batch)
        every = torch.arange(edge_index.size(1), device=edge_index.device)

        def within(_: Tensor, columns: Tensor) -> dict:
            present = torch.zeros_like(every, dtype=torch.bool)
            present[columns] = True
            kept = present[patch_column]
            attr = {} if e is None else {"edge_attr": e[patch_column[kept]]}
            return {"edge_index": patch_edge_index[:, kept], **attr}

        h, slots = h[patch_index], patch_adjacency.size(0)
        of_layers = self.of_layers(within, edge_layers, edge_index, every)
        for layer, own in zip(self.layers, of_layers, strict=True):
            h = layer(h, patch_index, patch_batch, **own)
        tokens = _mean(h, patch_batch, slots) + self.walk_encoder(patch_walk.to(h.dtype))
        shape = -1, made.num_patches
        full = torch.zeros(slots, dtype=torch.bool, device=h.device)
        full[patch_batch] = True
        tokens, full = tokens.unflatten(0, shape), full.unflatten(0, shape)
        shared = patch_adjacency.to(h.dtype).unflatten(0, shape)
        for mixer in self.mixers:
            tokens = mixer(tokens, shared, full)
        tokens = self.mixer_norm(tokens)
        return self.head(self.readout(tokens, full, h, patch_index, patch_batch, x.size(0)))


class GraphViT(GraphMLPMixer):
    r"""A GNN within overlapping patches, then attention between the patches of a graph.

    All but the mixing is as in ``GraphMLPMixer``. Tokens T of a graph are mixed by

    .. math::
        T \leftarrow T + W_O\, \mathrm{attention}(\mathrm{LN}(T)), \qquad
        T \leftarrow T + W_2\, \mathrm{ReLU}(W_1 \mathrm{LN}(T))

    With S = softmax of the scores :math:`Q K^\top / \sqrt{d}` over the patches that are not empty,
    and A the number of nodes that two patches share, the weights of the values are

    ==============  ==============================================================
    ``"hadamard"``  :math:`A \odot S`, not normalized anew
    ``"standard"``  S
    ``"graph"``     :math:`A \odot S`, each row divided by its sum
    ``"kernel"``    the same with the walk of ``num_steps`` steps in place of A
    ``"additive"``  S of the scores plus a learned multiple of A, for each head
    ==============  ==============================================================

    The order of the patches says nothing here, so nodes that look alike are treated alike where
    each node has a patch of its own.

    Submodules to read from outside: ``encoder``, ``layers.0`` ... (states of copies; ``.conv``,
    ``.norm``), ``mixers.0`` ... (tokens; ``mixers.0.attention`` is [graphs, heads, patches,
    patches]), ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer, all heads together.
        out_channels: width of the output.
        num_layers: GNN layers within patches.
        num_mixers: times that the patches are mixed; None for as many as ``num_layers``.
        attention: one of the five above.
        heads: number of attention heads (8 in the paper); divides ``hidden_channels``.
        num_patches, num_hops, num_steps, partition: which patches, as in ``Patches``.
        conv: ``"gine"`` or ``"gcn"``.
        edge_channels: width of the edge features, ``"gine"`` only; None for a graph without.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None, within patches.
        dropout: share of each GNN update that is set to zero in training.
        mixer_dropout: the same between patches, of attention weights too.

    Raises:
        ValueError: an option is out of its range, or the heads do not share the channels evenly.

    Differs from the paper: as ``GraphMLPMixer``, but empty patches are not attended to.

    References:
        X. He, B. Hooi, T. Laurent, A. Perold, Y. LeCun, X. Bresson, A Generalization of
        ViT/MLP-Mixer to Graphs, ICML 2023, arXiv 2212.13350.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        num_mixers: int | None = None,
        attention: str = "hadamard",
        heads: int = 4,
        num_patches: int = 32,
        num_hops: int = 1,
        num_steps: int = 8,
        partition: str = "growth",
        conv: str = "gine",
        edge_channels: int | None = None,
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
        mixer_dropout: float = 0.0,
    ):
        check_heads(hidden_channels, heads)
        check_choice("attention", attention, ATTENTION)
        self.attention, self.heads, self.num_steps = attention, heads, num_steps
        super().__init__(
            in_channels,
            hidden_channels,
            out_channels,
            num_layers=num_layers,
            num_mixers=num_mixers,
            num_patches=num_patches,
            num_hops=num_hops,
            num_steps=num_steps,
            partition=partition,
            conv=conv,
            edge_channels=edge_channels,
            level=level,
            norm=norm,
            dropout=dropout,
            mixer_dropout=mixer_dropout,
        )

    def _mixer(self, channels: int, num_patches: int, dropout: float) -> nn.Module:
        return PatchAttention(
            channels, self.attention, heads=self.heads, num_steps=self.num_steps, dropout=dropout
        )

    def _last_norm(self, channels: int) -> nn.Module:
        return nn.Identity()


class PatchLayer(nn.Module):
    """One layer of the GNN within patches; the formulas are those of ``GraphMLPMixer``."""

    def __init__(self, channels: int, conv: str, *, first: bool, norm: str | None, dropout: float):
        super().__init__()
        self.of_patch = None if first else _block(channels, channels, norm)
        if conv == "gcn":
            self.conv = GCNConv(channels, channels, bias=False)
        else:
            last = nn.Linear(channels, channels, bias=False)
            perceptron = nn.Sequential(*_block(channels, channels, norm), last)
            self.conv = GINEConv(perceptron, train_eps=True)
        self.norm, self.dropout = NORMS[norm](channels), nn.Dropout(dropout)
        self.out = nn.Linear(channels, channels)

    def forward(
        self,
        h: Float[Tensor, "rows channels"],
        node: Int64[Tensor, " rows"],
        patch: Int64[Tensor, " rows"],
        edge_index: Tensor,
        **of_edges: Tensor,
    ) -> Float[Tensor, "rows channels"]:
        """New states of the copies; ``node`` is what each is a copy of, ``patch`` where it is."""
        if self.of_patch is not None and h.size(0):
            h = h + self.of_patch(_mean(h, patch)[patch])
            h = _mean(h, node)[node]
        update = torch.relu(self.norm(self.conv(h, edge_index, **of_edges)))
        return self.out(h + self.dropout(update))


class TokenMean(nn.Module):
    """The mean of the tokens of each graph, without the empty ones."""

    def forward(self, tokens: Tensor, full: Tensor, *_: object) -> Float[Tensor, "graphs channels"]:
        """One row for each graph."""
        weight = full.to(tokens.dtype)[..., None]
        return (tokens * weight).sum(1) / weight.sum(1).clamp(min=1)


class CopyMean(nn.Module):
    """The mean over the copies of each node, each beside the token of its patch."""

    def forward(
        self, tokens: Tensor, full: Tensor, h: Tensor, node: Tensor, patch: Tensor, num_nodes: int
    ) -> Float[Tensor, "nodes both"]:
        """One row for each node."""
        return _mean(torch.cat([h, tokens.flatten(0, 1)[patch]], dim=1), node, num_nodes)


def _mean(h: Tensor, index: Tensor, size: int | None = None) -> Tensor:
    return MeanAggregation()(h, index, dim_size=size)


def _block(in_channels: int, out_channels: int, norm: str | None) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(in_channels, out_channels, bias=False), NORMS[norm](out_channels), nn.ReLU()
    )
