"""DiffWire's layers: edges weighted by learned commute times, or against a learned spectral gap.

Both read the nodes' states and give every edge a weight, which any model that takes ``edge_weight``
passes its messages by, and two losses, which are added to that of the task.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch_geometric.utils import scatter, to_dense_adj, to_dense_batch

from workbench.choices import check_choice
from workbench.cost import TooLargeError, check_count
from workbench.typing import EdgeIndex

#: More columns of the embedding are a slip of the hand.
MOST_CENTERS = 10_000

#: The spectral gap's layer holds a number for all pairs of nodes of each graph.
MOST_PAIRS = 50_000_000

#: The released GAP layer's steps, their size, and the weight of the gap against staying near A.
STEPS, STEP_SIZE, GAP_WEIGHT = 5, 0.01, 2.0

#: What the released code adds to each entry of a degree matrix, or of degrees.
EPSILON = 1e-10


@dataclass(frozen=True)
class LearnedWeights:
    """What a layer of DiffWire says of a batch of graphs.

    Attributes:
        edge_weight: a weight for each column of ``edge_index``.
        spectral_loss: how far the embedding is from the eigenvectors that it stands for: the
            relaxed cut of the graph, a mean over the graphs.
        orthogonality_loss: how far its columns are from orthogonal, of one length.
    """

    edge_weight: Float[Tensor, " edges"]
    spectral_loss: Float[Tensor, ""]
    orthogonality_loss: Float[Tensor, ""]


class CTLayer(nn.Module):
    r"""Edges weighted by the commute times of a learned embedding.

    .. math::
        s_v = \tanh(W h_v + b), \qquad w_{uv} = \lVert s_u - s_v \rVert^2 / \mathrm{vol}(G)

    with vol(G) the sum of degrees. At the minimum of the losses

    .. math::
        \frac{\mathrm{tr}(S^\top L S)}{\mathrm{tr}(S^\top D S)}, \qquad
        \lVert S^\top S / \lVert S^\top S \rVert_F - I \rVert_F

    the columns of S span the eigenvectors of the smallest eigenvalues, of which the commute-time
    embedding is made; the losses do not scale them by the eigenvalues, so w follows commute times
    only as far as training makes it.

    Memory is linear in the edges. Graphs are undirected, each edge both ways; self-loops weigh 0
    and repeats count. A graph without edges has a spectral loss of 0.

    Args:
        in_channels: width of the nodes' states.
        num_centers: columns of S.
        variant: ``"paper"``, or ``"official"``: the weight is the distance and not its square, and
            the second loss is one norm over the whole batch.

    Differs from the paper: each loss is a mean over the graphs of a batch.

    Examples:
        >>> layer = CTLayer(1, num_centers=2)
        >>> triangle = torch.tensor([[0, 1, 1, 2, 2, 0], [1, 0, 2, 1, 0, 2]])
        >>> layer(torch.ones(3, 1), triangle).edge_weight.tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    References:
        A. Arnaiz-Rodriguez, A. Begga, F. Escolano, N. Oliver, DiffWire: Inductive Graph Rewiring
        via the Lovasz Bound, LoG 2022, arXiv 2206.07369.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        num_centers: int,
        variant: str = "paper",
    ):
        super().__init__()
        check_choice("variant", variant, ("paper", "official"))
        if num_centers < 1:
            raise ValueError(f"num_centers must be at least 1, got {num_centers}")
        check_count("num_centers", num_centers, MOST_CENTERS)
        self.variant = variant
        self.embedding = nn.Linear(in_channels, num_centers)

    def forward(
        self,
        h: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
    ) -> LearnedWeights:
        """Weights of all edges, and the two losses.

        Args:
            h: states of the nodes.
            edge_index: undirected edges, each both ways.
            batch: number of the graph that each node is in; None for one graph.
        """
        s = self.embedding(h).tanh()
        batch, count = _graphs(batch, h.size(0), edge_index)
        degree = _degree(edge_index, h)
        square = (s[edge_index[0]] - s[edge_index[1]]).square().sum(1)
        of_edge = batch[edge_index[0]]
        volume = scatter(degree, batch, dim_size=count)
        cut = scatter(square, of_edge, dim_size=count) / 2
        whole = scatter(degree * s.square().sum(1), batch, dim_size=count)
        if self.variant == "official":
            everywhere = EPSILON * scatter(s, batch, dim_size=count).square().sum(1)
            cut, whole = cut + everywhere, whole + everywhere
            # the root has no derivative at 0, which two equal states give
            length = torch.where(square > 0, square, 1.0).sqrt() * (square > 0)
        else:
            length = square
        weight = length / volume[of_edge]
        gram = scatter(s[:, :, None] * s[:, None, :], batch, dim_size=count)
        one_norm = self.variant == "official"
        return LearnedWeights(weight, _share(cut, whole).mean(), _spread(gram, one_norm=one_norm))


class GAPLayer(nn.Module):
    r"""Edges weighted so that the spectral gap falls, with the Fiedler vector learned.

    Two columns :math:`\mathrm{softmax}(W h + b)` cut each graph in two; f is their sign over the
    root of n. With :math:`\lambda = n\, f^\top L f / f^\top L_K f` (K the complete graph) and
    :math:`\nabla` its derivative by the entries of A, five steps

    .. math::
        \tilde A \leftarrow A \odot \mathrm{softmax}\big(\tilde A - \mu\, (2 (\tilde A - A)
            + 2 \alpha \lambda \nabla)_{\mathrm{sym}}\big), \qquad \mu = 0.01,\ \alpha = 2

    shrink what joins the two sides less or more than the rest; sym adds the transpose to what
    stands off the diagonal. Both take the two losses of MinCut pooling. The sign has no derivative,
    so W learns by the losses alone. Time and memory go with the square of a graph's nodes. No edge
    can appear. A self-loop and repeats count in A as they stand.

    Args:
        in_channels: width of the nodes' states.
        derivative: of which gap: ``"laplacian"``, of :math:`D - A`;
            ``"normalized"``, of :math:`I - D^{-1/2} A D^{-1/2}`, :math:`\nabla` being
            :math:`D^{-1/2} (c 1^\top - f f^\top D^{-1/2})` with :math:`c = f^\top A D^{-1/2} f`;
            ``"generalized"``, of :math:`f^\top L f / f^\top D f`.
        variant: ``"paper"``, or ``"official"``: n and the softmax count the padding of a batch.

    Raises:
        TooLargeError: the pairs of nodes of a batch do not fit.

    Differs from the paper: one derivative for all steps, and a softmax after each, as in the
    released code; the paper has no step that keeps the edges.

    Examples:
        >>> layer = GAPLayer(1)
        >>> triangle = torch.tensor([[0, 1, 1, 2, 2, 0], [1, 0, 2, 1, 0, 2]])
        >>> layer(torch.ones(3, 1), triangle).edge_weight.unique().numel()
        1

    References:
        As ``CTLayer``.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        derivative: str = "laplacian",
        variant: str = "paper",
    ):
        super().__init__()
        check_choice("derivative", derivative, ("laplacian", "normalized", "generalized"))
        check_choice("variant", variant, ("paper", "official"))
        self.derivative, self.variant = derivative, variant
        self.embedding = nn.Linear(in_channels, 2)

    def forward(
        self,
        h: Float[Tensor, "nodes in_channels"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
    ) -> LearnedWeights:
        """As ``CTLayer.forward``."""
        batch, count = _graphs(batch, h.size(0), edge_index)
        size = torch.bincount(batch, minlength=count)
        most = int(size.max()) if count else 0
        if count * most**2 > MOST_PAIRS:
            raise TooLargeError(
                f"GAPLayer holds all pairs of nodes of {count:,} graphs of up to {most:,} nodes; "
                f"{MOST_PAIRS:,} pairs are allowed, so take fewer or smaller graphs, or CTLayer"
            )
        s, there = to_dense_batch(self.embedding(h), batch, batch_size=count)
        adjacency = to_dense_adj(edge_index, batch, max_num_nodes=most, batch_size=count)
        if self.variant == "official":
            there = torch.ones_like(there)
        told = gap_weights(adjacency.to(s.dtype), s, there, self.derivative)
        weight, losses = told[0], told[1:]
        of_edge = batch[edge_index[0]]
        inside = torch.arange(h.size(0), device=h.device) - (size.cumsum(0) - size)[batch]
        repeats = adjacency[of_edge, inside[edge_index[0]], inside[edge_index[1]]].to(s.dtype)
        of_pair = weight[of_edge, inside[edge_index[0]], inside[edge_index[1]]]
        return LearnedWeights(of_pair / repeats, *losses)


def gap_weights(
    adjacency: Float[Tensor, "graphs nodes nodes"],
    s: Float[Tensor, "graphs nodes 2"],
    there: Bool[Tensor, "graphs nodes"],
    derivative: str,
) -> tuple[Float[Tensor, "graphs nodes nodes"], Float[Tensor, ""], Float[Tensor, ""]]:
    """The adjacency after the steps of ``GAPLayer``, and its two losses.

    Args:
        adjacency: of each graph, padded to the largest.
        s: what the two columns are the softmax of.
        there: which rows are nodes, and not padding.
        derivative: as in ``GAPLayer``.
    """
    soft = s.softmax(-1) * there[..., None]
    with torch.no_grad():
        size = there.sum(1).clamp(min=1)[:, None].to(s.dtype)
        f = there * torch.where(soft[..., 0] >= soft[..., 1], 1.0, -1.0).to(s.dtype) / size.sqrt()
        push = GAP_WEIGHT * _slope(adjacency, f, size, there, derivative)
        new = adjacency
        for _ in range(STEPS):
            step = 2 * (new - adjacency) + 2 * push
            step = step + step.mT - torch.diag_embed(step.diagonal(dim1=1, dim2=2))
            logits = new - STEP_SIZE * step
            logits = logits.masked_fill(~there[:, None], -torch.inf)
            new = adjacency * logits.softmax(-1).nan_to_num()
    degree = adjacency.sum(2)
    kept = (soft * (adjacency @ soft)).sum((1, 2))
    whole = (degree[..., None] * soft.square()).sum((1, 2))
    gram = soft.mT @ soft
    return new, -_share(kept, whole).mean(), _spread(gram, equal_parts=True)


def _slope(
    adjacency: Tensor, f: Tensor, size: Tensor, there: Tensor, derivative: str
) -> Float[Tensor, "graphs nodes nodes"]:
    """The gap, of the Fiedler vector f, times its derivative by each entry of the adjacency."""
    degree = adjacency.sum(2)
    both = f[:, :, None] * f[:, None, :]
    # f^T L_K f of the complete graph
    spread = size[:, 0] * f.square().sum(1) - f.sum(1).square()
    if derivative == "normalized":
        root = torch.where(degree > 0, degree, 1.0).rsqrt() * (degree > 0)
        inner = (f * (adjacency @ (f * root)[..., None])[..., 0]).sum(1)
        g = f * root
        cut = (f.square() * (degree > 0)).sum(1) - (g * (adjacency @ g[..., None])[..., 0]).sum(1)
        gap = size[:, 0] * _share(cut, (degree * f.square()).sum(1))
        slope = inner[:, None, None] * root[:, :, None] - g[:, :, None] * g[:, None, :]
    else:
        across = (f * (adjacency @ f[..., None])[..., 0]).sum(1)
        cut = (degree * f.square()).sum(1) - across
        if derivative == "laplacian":
            gap, slope = size[:, 0] * _share(cut, spread), f.square()[..., None] - both
        else:
            gap = size[:, 0] * _share(cut, (degree * f.square()).sum(1))
            slope = across[:, None, None] - both
    return gap.abs()[:, None, None] * slope


def _graphs(batch: Tensor | None, size: int, edge_index: Tensor) -> tuple[Tensor, int]:
    """The graph of each node, and how many graphs there are."""
    batch = edge_index.new_zeros(size) if batch is None else batch
    return batch, int(batch.max()) + 1 if batch.numel() else 0


def _degree(edge_index: Tensor, h: Tensor) -> Tensor:
    return scatter(h.new_ones(edge_index.size(1)), edge_index[0], dim_size=h.size(0))


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """The quotient, 0 where there is nothing to divide."""
    return torch.where(whole == 0, 0.0, part / torch.where(whole == 0, 1.0, whole))


def _spread(gram: Tensor, *, equal_parts: bool = False, one_norm: bool = False) -> Tensor:
    """How far the columns with these inner products are from orthogonal and of one length."""
    aim = torch.eye(gram.size(1), dtype=gram.dtype, device=gram.device)
    if equal_parts:
        aim = aim / aim.norm()
    apart = _share(gram, gram.flatten(1).norm(dim=1)[:, None, None]) - aim
    return apart.norm() if one_norm else apart.flatten(1).norm(dim=1).mean()
