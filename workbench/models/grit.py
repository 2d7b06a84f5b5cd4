"""GRIT: a graph transformer whose attention reads where random walks lead, and nothing else."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.utils import degree, softmax

from workbench.capture import NamedAttention
from workbench.cost import MEMORY_SHARE, TooLargeError, available_bytes, check_network, memory
from workbench.encodings import Encode
from workbench.models.network import (
    Network,
    check_ascending,
    check_edge_features,
    check_heads,
    check_options,
    readout,
)
from workbench.models.residual import NORMS
from workbench.typing import EdgeIndex, Pairs

#: States of all pairs that a layer holds at once, or keeps for the backward pass; measured.
KEPT_STATES = 18


class GRIT(Network):
    r"""Attention between all nodes of a graph, with a state for every pair of them.

    The states start from the features and from the random-walk probabilities R (``rrwp``):

    .. math::
        h^0_i = W_{in} x_i + b_{in} + W_n R_{ii}, \qquad
        e^0_{ij} = W_e R_{ij} \; (+\, W_{edge}\, a_{ij} + b_{edge} \text{ on edges})

    Node i reads node j, in each of ``heads`` heads, each ``hidden_channels / heads`` wide:

    .. math::
        \hat e_{ij} &= \mathrm{ReLU}(\rho((W_Q h_i + W_K h_j) \odot W_{Ew} e_{ij}) + W_{Eb} e_{ij})
        , \qquad \rho(z) = \mathrm{sign}(z) \sqrt{|z|} \\
        \alpha_{ij} &= \mathrm{softmax}_j (w_A \cdot \hat e_{ij}) \\
        \hat h_i &= \textstyle\sum_j \alpha_{ij} (W_V h_j + W_{Ev} \hat e_{ij}) \\
        h'_i &= \mathrm{norm}(h_i + W_O (\theta_1 \odot \hat h_i +
            \theta_2 \odot \hat h_i \log(1 + d_i))), \qquad
        e'_{ij} = \mathrm{norm}(e_{ij} + W_{Oe} \hat e_{ij}) \\
        h''_i &= \mathrm{norm}(h'_i + W_2\, \mathrm{ReLU}(W_1 h'_i))

    with d_i the number of edges that lead to i. Batch normalization keeps the degrees that
    :math:`\theta_2` brings in; layer normalization would divide most of them out. The head is
    linear, on each node (``level="node"``) or on the mean over the nodes of each graph
    (``level="graph"``).

    A node's output depends on every node of its graph after one layer, in any component. Edges say
    something through R, through the degree and, with ``edge_channels``, through their features; a
    repeated edge counts once in R, and each time in the rest. ``edge_layers`` gives each layer
    degrees of its own; R stays that of the whole graph. Edge weights count where R was made with
    them: ``Encode("rrwp", weighted=True)``.

    Memory and time of a layer grow with the number of pairs, the square of each graph's nodes.

    Submodules to read from outside: ``encoder``, ``walk_encoder``, ``pair_encoder``, ``layers.0``
    ... (nodes and pairs; ``.attention`` is alpha, [pairs, heads], ``.pairs`` is e-hat, ``.norm1``,
    ``.norm2``, ``.pair_norm``), ``readout``, ``head``. Pairs stand graph by graph, by i, then j.
    ``capture_attention(model)`` reads the weights of each ``.attention``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer, all heads together.
        out_channels: width of the output.
        num_layers: number of layers.
        num_steps: width of R, the steps of the walks and their start.
        heads: number of attention heads; divides ``hidden_channels``.
        edge_channels: width of the edge features; None for a graph without.
        degree_scaler: whether the degree enters.
        clamp: bound of the softmax's input, from above and below; None for none.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None, of nodes and of pairs.
        dropout: share of each update that is set to zero in training.
        attention_dropout: share of the attention weights that is set to zero in training.

    Raises:
        ValueError: an option is out of its range, or the heads do not share the channels evenly.

    Differs from the paper: the softmax's input is clamped to [-5, 5], as in the released code
    (``clamp=None``: not). Differs from the released code: the last layer has no new pair states,
    since nothing reads them (its weights would get no gradient), and the signed square root is no
    option (the released one has no effect). A linear encoder and head.

    References:
        L. Ma, C. Lin, D. Lim, A. Romero-Soriano, P. Dokania, M. Coates, P. Torr, S.-N. Lim, Graph
        Inductive Biases in Transformers without Message Passing, ICML 2023, arXiv 2305.17589.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        num_steps: int = 16,
        heads: int = 4,
        edge_channels: int | None = None,
        degree_scaler: bool = True,
        clamp: float | None = 5.0,
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        check_heads(hidden_channels, heads)
        has_edges = edge_channels is not None
        check_network(num_steps=num_steps)
        self.requires = (Encode("rrwp", num_steps=num_steps),)
        self.reads = ("batch", "rrwp", "rrwp_index", "edge_layers", *["edge_attr"] * has_edges)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.walk_encoder = nn.Linear(num_steps, hidden_channels, bias=False)
        self.pair_encoder = nn.Linear(num_steps, hidden_channels, bias=False)
        for linear in (self.walk_encoder, self.pair_encoder):
            nn.init.xavier_uniform_(linear.weight)
        self.edge_encoder = nn.Linear(edge_channels, hidden_channels) if has_edges else None
        self.layers = nn.ModuleList(
            GRITLayer(
                hidden_channels,
                heads=heads,
                degree_scaler=degree_scaler,
                clamp=clamp,
                new_pairs=number + 1 < num_layers,
                norm=norm,
                dropout=dropout,
                attention_dropout=attention_dropout,
            )
            for number in range(num_layers)
        )
        self.readout = readout(level)
        self.head = nn.Linear(hidden_channels, out_channels)

    @property
    def reach(self) -> int | None:
        """None: attention joins all nodes of a graph; 0 without layers."""
        return None if len(self.layers) else 0

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        rrwp: Float[Tensor, "walks steps"],
        rrwp_index: Int64[Tensor, "2 walks"],
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in, ascending; None for one graph.
            rrwp: where walks lead, as ``Encode("rrwp")`` writes it: a row for each pair.
            rrwp_index: the pairs, the node that reads in row 1.
            edge_attr: edge features, if the model was built with ``edge_channels``.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all.

        Raises:
            ValueError: ``batch`` is not ascending, R has another width, edge features are missing
                or unexpected, or ``edge_layers`` has not one column for each layer.
            TooLargeError: on the processor, the states of the pairs need more than a gigabyte and
                more than half of the memory that is free.
        """
        check_ascending(batch)
        check_edge_features(edge_attr, self.edge_encoder)
        if rrwp.size(1) != self.pair_encoder.in_features:
            raise ValueError(
                f"rrwp has {rrwp.size(1)} steps, and this GRIT reads "
                f"{self.pair_encoder.in_features}; make it by {self.requires[0]}, or build the "
                f"model with num_steps={rrwp.size(1)}"
            )
        batch = edge_index.new_zeros(x.size(0)) if batch is None else batch
        self._check_size(x, batch)
        pairs, place_of = all_pairs(batch)
        walks = rrwp.to(x.dtype)
        own = rrwp_index[0] == rrwp_index[1]
        returns = walks.new_zeros(x.size(0), walks.size(1)).index_copy(
            0, rrwp_index[0, own], walks[own]
        )
        h = self.encoder(x) + self.walk_encoder(returns)
        e = h.new_zeros(pairs.size(1), h.size(1))
        e = e.index_add(0, place_of(rrwp_index), self.pair_encoder(walks))
        if edge_attr is not None:
            e = e.index_add(0, place_of(edge_index), self.edge_encoder(edge_attr))

        def log_degree(edges: Tensor) -> dict:
            return {"log_degree": torch.log1p(degree(edges[1], x.size(0), dtype=x.dtype))}

        degrees = self.of_layers(log_degree, edge_layers, edge_index)
        for layer, arguments in zip(self.layers, degrees, strict=True):
            h, e = layer(h, e, pairs, **arguments)
        return self.output(h, batch)

    def _check_size(self, x: Tensor, batch: Tensor) -> None:
        """Raise where the states of the pairs would fill the memory, which ends the process."""
        if x.device.type != "cpu":  # a GPU raises by itself
            return
        sizes, width = torch.bincount(batch), self.encoder.out_features
        kept = len(self.layers) if torch.is_grad_enabled() else 1
        size = int((sizes * sizes).sum()) * width * x.element_size() * KEPT_STATES * kept
        if size > 1e9 and size > MEMORY_SHARE * (free := available_bytes()):
            raise TooLargeError(
                f"GRIT of {sizes.numel()} graphs with up to {int(sizes.max()):,} nodes would take "
                f"{memory(size)} for the states of all pairs in {len(self.layers)} layers of "
                f"{width} channels, and {memory(free)} are free (half may be used); take smaller "
                "graphs, fewer in a batch, fewer layers or channels"
            )


class GRITLayer(nn.Module):
    """One layer on nodes and pairs; the formulas are those of ``GRIT``."""

    def __init__(
        self,
        channels: int,
        *,
        heads: int,
        degree_scaler: bool,
        clamp: float | None,
        new_pairs: bool,
        norm: str | None,
        dropout: float,
        attention_dropout: float,
    ):
        super().__init__()
        self.heads, self.clamp, width = heads, clamp, channels // heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels, bias=False)
        self.value = nn.Linear(channels, channels, bias=False)
        self.of_pair = nn.Linear(channels, 2 * channels)  # W_Ew and W_Eb, head by head
        self.score = nn.Parameter(torch.empty(heads, width))  # w_A
        self.pair_value = nn.Parameter(torch.empty(heads, width, width))  # W_Ev
        self.degree_scale = nn.Parameter(torch.empty(1, channels, 2)) if degree_scaler else None
        self.pairs, self.attention = nn.Identity(), NamedAttention()
        self.dropout, self.attention_dropout = nn.Dropout(dropout), nn.Dropout(attention_dropout)
        self.out = nn.Linear(channels, channels)
        self.norm1 = NORMS[norm](channels)
        self.pair_out = nn.Linear(channels, channels) if new_pairs else None
        self.pair_norm = NORMS[norm](channels) if new_pairs else None
        self.mlp = nn.Sequential(
            nn.Linear(channels, 2 * channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * channels, channels),
        )
        self.norm2 = NORMS[norm](channels)
        for linear in (self.query, self.key, self.value, self.of_pair):
            nn.init.xavier_normal_(linear.weight)
        for weight in (self.score, self.pair_value, self.degree_scale):
            if weight is not None:
                nn.init.xavier_normal_(weight)

    def forward(
        self,
        h: Float[Tensor, "nodes channels"],
        e: Float[Tensor, "pairs channels"],
        pairs: Pairs,
        log_degree: Float[Tensor, " nodes"],
    ) -> tuple[Float[Tensor, "nodes channels"], Float[Tensor, "pairs channels"]]:
        """New states of nodes and of pairs; ``pairs`` holds j in row 0 and i, who reads, in row 1.

        The last layer gives the pairs back as they came.
        """
        (j, i), split = pairs, (self.heads, -1)
        scale, shift = self.of_pair(e).unflatten(1, split).chunk(2, dim=2)
        both = (self.query(h)[i] + self.key(h)[j]).unflatten(1, split)
        seen = self.pairs(torch.relu(signed_sqrt(both * scale) + shift))
        logit = torch.einsum("phc,hc->ph", seen, self.score)
        if self.clamp is not None:
            logit = logit.clamp(-self.clamp, self.clamp)
        weight = self.attention(softmax(logit, i, num_nodes=h.size(0)), pairs, h.size(0))
        weight = self.attention_dropout(weight)[..., None]
        rows = h.new_zeros(h.size(0), *seen.shape[1:])
        update = rows.index_add(0, i, weight * self.value(h).unflatten(1, split)[j])
        of_pairs = rows.index_add(0, i, weight * seen)
        update = update + torch.einsum("nhc,hcd->nhd", of_pairs, self.pair_value)
        update = self.dropout(update.flatten(1))
        if self.degree_scale is not None:
            plain, by_degree = self.degree_scale.unbind(2)
            update = update * plain + update * log_degree[:, None] * by_degree
        h = self.norm1(h + self.out(update))
        if self.pair_out is not None:
            e = self.pair_norm(e + self.pair_out(self.dropout(seen.flatten(1))))
        return self.norm2(h + self.mlp(h)), e

    def extra_repr(self) -> str:
        """Shown by ``repr``, so that a printed model tells two settings apart."""
        scaled = self.degree_scale is not None
        return f"heads={self.heads}, clamp={self.clamp}, degree_scaler={scaled}"


def signed_sqrt(z: Tensor) -> Tensor:
    """``sign(z) sqrt(|z|)``, with derivative 0 at 0 and not infinity."""
    return torch.sqrt(torch.relu(z)) - torch.sqrt(torch.relu(-z))


def all_pairs(batch: Int64[Tensor, " nodes"]):
    """All ordered pairs of nodes within a graph, ``[2, pairs]`` by reader (row 1), then by the
    other node; and a function that tells at which place a pair stands there."""
    size = torch.bincount(batch)
    start = (size.cumsum(0) - size)[batch]  # the first node of each node's graph
    count = size[batch]
    begin = count.cumsum(0) - count  # the first pair of each reader
    reader = torch.arange(batch.numel(), device=batch.device).repeat_interleave(count)
    other = torch.arange(reader.numel(), device=batch.device) - (begin - start)[reader]
    return torch.stack([other, reader]), lambda pairs: pairs[0] + (begin - start)[pairs[1]]
