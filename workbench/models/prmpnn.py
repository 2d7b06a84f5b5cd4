"""PR-MPNN: a network that draws which edges to add and to delete, and one that learns on them."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.cost import TooLargeError, check_network
from workbench.models.exactly_k import Chosen
from workbench.models.gine import GINEConv
from workbench.models.network import EdgeEncoder, Network, check_options, readout
from workbench.models.patches import by_structure
from workbench.models.residual import ResidualLayer
from workbench.typing import EdgeIndex

#: Distances of all pairs of nodes are held at once.
MOST_NODES = 5_000


class PRMPNN(Network):
    r"""Message passing on the graph, and on graphs that differ from it by k drawn edges.

    A first network, ``scorer``, gives every node a state s. Pairs that are no edges
    (``Candidates``: those farthest apart) and edges get scores, in each of ``num_heads`` heads:

    .. math::
        \theta_{uv} = \tfrac12 (\mathrm{MLP}[s_u \Vert s_v] + \mathrm{MLP}[s_v \Vert s_u])

    Of the candidates exactly ``num_add`` are added, of the edges exactly ``num_delete`` go (both
    directions, and repeats, of an edge together), drawn by :math:`p(z) \propto \exp(\sum \theta z)`
    on all choices of that size; the lower the score of an edge, the likelier it goes. A draw has
    the derivative of its probability (straight through). ``layers`` then pass messages on each of
    the new graphs, ``original`` on the graph as it is, both of the form

    .. math::
        h'_v = h_v + \mathrm{ReLU}(\mathrm{norm}(\mathrm{MLP}(h_v +
            \textstyle\sum_{u \to v} w_{uv}\, \mathrm{ReLU}(h_u + e_{uv}))))

    with w the weight of the edge. The linear head reads both side by side, the new graphs' states
    averaged over the heads, of each node (``level="node"``) or averaged over each graph.

    Outside training an edge weighs what its probability is, so the answer is that of the mean graph
    and is the same each time. A node's output then depends on every node of its graph: all scores
    share one law. Self-loops and repeated edges count as in GINE, messages go along ``edge_index``,
    added edges carry them both ways and have edge features 0. Edge weights have no place.

    Submodules to read from outside: ``encoder``, ``scorer.0`` ..., ``add_score`` and
    ``delete_score`` ([items, heads]), ``added`` and ``kept`` (the weights), ``layers.0`` ...
    (``.conv``, ``.norm``), ``original.0`` ..., ``readout``, ``head``.

    Args:
        in_channels: width of the input features.
        hidden_channels: width of every layer.
        out_channels: width of the output.
        num_layers: message-passing steps on the graph, and on the new ones.
        score_layers: those of the network that scores.
        num_add: edges to add, of each graph.
        num_delete: edges to delete.
        num_candidates: pairs to choose from.
        num_heads: new graphs.
        edge_channels: width of the edge features; None for a graph without, whose edges then share
            one learned state, the added ones too.
        variant: ``"paper"``, or ``"official"``: weights and draws as in the released code.
        level: ``"node"`` for an output per node, ``"graph"`` for one per graph.
        norm: ``"batch"``, ``"layer"`` or None.
        dropout: share of each step's update that is set to zero in training.

    Raises:
        ValueError: an option is out of its range.

    Differs from the paper: probabilities in place of draws outside training; a score that does not
    depend on which end comes first; a linear head after the mean over the heads. ``"official"``
    reads scores as logarithms of probabilities, adds all candidates with their probability while
    training and the most likely outside, deletes by Gumbel noise, and orders ends by number. Its
    GELU and residuals divided by the root of 2 are in neither.

    References:
        C. Qian, A. Manolache, K. Ahmed, Z. Zeng, G. Van den Broeck, M. Niepert, C. Morris,
        Probabilistically Rewired Message-Passing Neural Networks, ICLR 2024, arXiv 2310.02156.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        *,
        num_layers: int,
        score_layers: int = 2,
        num_add: int = 10,
        num_delete: int = 5,
        num_candidates: int = 100,
        num_heads: int = 1,
        edge_channels: int | None = None,
        variant: str = "paper",
        level: str = "node",
        norm: str | None = "batch",
        dropout: float = 0.0,
    ):
        super().__init__()
        check_options(hidden_channels, num_layers=num_layers, level=level, norm=norm)
        check_network(score_layers=max(score_layers, 1), num_heads=num_heads)
        if variant not in ("paper", "official"):
            raise ValueError(f'variant must be "paper" or "official", got {variant!r}')
        if min(num_add, num_delete, score_layers) < 0:
            raise ValueError(
                "num_add, num_delete and score_layers must not be negative; got "
                f"{num_add}, {num_delete} and {score_layers}"
            )
        self.variant = variant
        self.requires = (Candidates(num_candidates),)
        self.encoder = nn.Linear(in_channels, hidden_channels)
        self.edge_encoder = EdgeEncoder(edge_channels, hidden_channels)
        has_edges = edge_channels is not None
        self.reads = ("batch", "candidate_index", "edge_layers", *["edge_attr"] * has_edges)

        def steps(count: int) -> nn.ModuleList:
            return nn.ModuleList(_step(hidden_channels, norm, dropout) for _ in range(count))

        self.scorer = steps(score_layers)
        self.add_score = _score(hidden_channels, num_heads) if num_add else None
        self.delete_score = _score(hidden_channels, num_heads) if num_delete else None
        self.added = Chosen(num_add, variant, deletes=False)
        self.kept = Chosen(num_delete, variant, deletes=True)
        self.num_heads = num_heads
        self.layers, self.original = steps(num_layers), steps(num_layers)
        self.readout = readout(level)
        self.head = nn.Linear(2 * hidden_channels, out_channels)

    @property
    def reach(self) -> int | None:
        """None: the probability of each edge depends on all scores; 0 without layers."""
        return None if len(self.layers) else 0

    def forward(
        self,
        x: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
        *,
        candidate_index: Int64[Tensor, "2 candidates"],
        edge_attr: Float[Tensor, "edges edge_channels"] | None = None,
        edge_layers: Bool[Tensor, "edges layers"] | None = None,
    ) -> Float[Tensor, "rows out_channels"]:
        """Logits of each node, or of each graph.

        Args:
            x: node features.
            edge_index: the edges, source in row 0.
            batch: number of the graph that each node is in; None for one graph.
            candidate_index: pairs that may be added, as ``Candidates`` writes them.
            edge_attr: edge features, if the model was built with ``edge_channels``.
            edge_layers: ``[edges, layers]`` which layers of the model an edge is in, as layered
                rewirings write it; None for all. Scores and draws go by the whole graph.

        Raises:
            TooLargeError: the sums over all choices would take too much memory.
            ValueError: edge features are missing or unexpected, or ``edge_layers`` has not one
                column for each layer.
        """
        size, heads = x.size(0), self.num_heads
        of_node = edge_index.new_zeros(size) if batch is None else batch
        h, e = self.encoder(x), self.edge_encoder(edge_attr, edge_index.size(1))
        if not len(self.layers):
            return self.output(torch.cat([h, h], dim=1), batch)
        pairs, pair_of = _pairs(edge_index, size)
        added, kept = self._choose(h, e, edge_index, candidate_index, pairs, of_node)
        new = torch.cat([candidate_index, candidate_index.flip(0)], dim=1)
        if self.add_score is None:
            new = new[:, :0]
        none = None if edge_attr is None else edge_attr.new_zeros(new.size(1), edge_attr.size(1))
        new_e = self.edge_encoder(none, new.size(1))
        shift = torch.arange(heads, device=x.device) * size

        def edges(own: Tensor, e: Tensor, pair: Tensor) -> dict:
            every = torch.cat([own, new], dim=1)
            weight = torch.cat([kept[pair], added, added])
            return {
                "original": {"edge_index": own, "edge_attr": e},
                "rewired": {  # one graph after the other
                    "edge_index": (every[:, None] + shift[:, None]).flatten(1),
                    "edge_attr": torch.cat([e, new_e]).repeat(heads, 1),
                    "edge_weight": weight.T.flatten(),
                },
            }

        of_layers = self.of_layers(edges, edge_layers, edge_index, e, pair_of)
        rewired = h.repeat(heads, 1)
        for layer, plain, own in zip(self.layers, self.original, of_layers, strict=True):
            rewired, h = layer(rewired, **own["rewired"]), plain(h, **own["original"])
        mean = rewired.unflatten(0, (heads, size)).mean(0)
        return self.output(torch.cat([h, mean], dim=1), batch)

    def _choose(
        self,
        h: Tensor,
        e: Tensor,
        edge_index: EdgeIndex,
        candidates: Tensor,
        pairs: Tensor,
        batch: Tensor,
    ) -> tuple[Float[Tensor, "added heads"], Float[Tensor, "pairs heads"]]:
        """The weights of the candidates and of the pairs that are edges."""
        for layer in self.scorer:
            h = layer(h, edge_index, edge_attr=e)
        graphs = int(batch.max()) + 1 if batch.numel() else 0
        added, kept = h.new_zeros(0, self.num_heads), h.new_ones(pairs.size(1), self.num_heads)
        if self.add_score is not None:
            added = self.added(
                self._score(self.add_score, h, candidates), batch[candidates[0]], graphs
            )
        if self.delete_score is not None:
            kept = self.kept(self._score(self.delete_score, h, pairs), batch[pairs[0]], graphs)
        return added, kept

    def _score(self, score: nn.Module, h: Tensor, pairs: Tensor) -> Tensor:
        first, second = h[pairs[0]], h[pairs[1]]
        one = torch.cat([first, second], dim=1)
        if self.variant == "official":
            return score(one)
        both = score(torch.cat([one, torch.cat([second, first], dim=1)]))
        return both.unflatten(0, (2, -1)).mean(0)


class Candidates(BaseTransform):
    """Writes pairs of nodes that are no edges and might become some.

    ``candidate_index`` ``[2, candidates]`` are the ``num_candidates`` pairs of nodes that are
    farthest apart, the lower number in row 0; all pairs that are no edges where those are fewer.
    Hops count along and against the edges; a pair that no path joins is farther than all others.
    Among equally far pairs the structure around their ends decides, then their numbers.

    Raises:
        TooLargeError: the graph has more than 5,000 nodes.
        ValueError: ``num_candidates`` is negative.
    """

    def __init__(self, num_candidates: int = 100):
        if num_candidates < 0:
            raise ValueError(f"num_candidates must not be negative, got {num_candidates}")
        self.num_candidates = num_candidates

    def forward(self, data: Data) -> Data:
        """The graph with this attribute."""
        size, on = int(data.num_nodes or 0), data.edge_index.device
        if size > MOST_NODES:
            raise TooLargeError(
                f"{self!r} of {size:,} nodes holds the distances of all pairs; at most "
                f"{MOST_NODES:,} nodes are allowed, so take smaller graphs or parts of this one"
            )
        source, target = data.edge_index.cpu().numpy()
        graph = csr_array((np.ones(source.size), (source, target)), shape=(size, size))
        hops = shortest_path(graph, directed=False, unweighted=True) if size else np.zeros((0, 0))
        low, high = np.nonzero(np.triu(hops > 1))
        place = np.argsort(by_structure(source, target, size))
        ends = np.sort(np.stack([place[low], place[high]]), axis=0)
        order = np.lexsort((high, low, *ends, -hops[low, high]))[: self.num_candidates]
        data.candidate_index = torch.from_numpy(np.stack([low, high])[:, order]).to(on)
        return data

    def __repr__(self) -> str:
        return f"Candidates({self.num_candidates})"


def _step(channels: int, norm: str | None, dropout: float) -> ResidualLayer:
    perceptron = nn.Sequential(
        nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels)
    )
    conv = GINEConv(perceptron, train_eps=True)
    return ResidualLayer(conv, channels, residual=True, norm=norm, dropout=dropout)


def _score(channels: int, heads: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2 * channels, channels), nn.ReLU(), nn.Linear(channels, heads))


def _pairs(edge_index: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The undirected edges, lower number first, and which of them each column is."""
    number, pair_of = torch.unique(
        edge_index.amin(0) * size + edge_index.amax(0), return_inverse=True
    )
    return torch.stack([number // max(size, 1), number % max(size, 1)]), pair_of
