"""SignNet: a network of Laplacian eigenvectors that does not see their signs."""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.cost import check_network
from workbench.typing import EdgeIndex


class SignNet(nn.Module):
    r"""Positions of nodes from eigenvectors, the same for :math:`\phi` and :math:`-\phi`.

    .. math::
        \mathrm{SignNet}(V)_v = \rho\left( [\, f(V_{:k})_v + f(-V_{:k})_v \,]_{k=1}^K \right)

    with f a GIN of one channel, the same for all eigenvectors, and :math:`\rho` an MLP of all K of
    them side by side (``pooling="concat"``) or of their sum (``"sum"``). A rotation in the space of
    a multiple eigenvalue does change it: see ``BasisNet`` and ``SPE``.

    ``Encode("laplacian_eigenvectors", num_frequencies=K)`` writes what it reads.

    Submodules to read from outside: ``phi.0``, ``phi.1``, ... (GIN layers of ``[nodes, K,
    channels]``), ``rho``.

    Args:
        out_channels: width of the positions.
        num_frequencies: the number K of eigenvectors.
        hidden_channels: width of f and rho.
        phi_channels: what f gives for each eigenvector.
        num_layers: layers of f; and of the MLP rho.
        pooling: how the eigenvectors join. By ``"sum"``, those that a small graph lacks (columns of
            zeros) do not count.
        variant: ``"official"`` counts in the sum the first column that is missing too, as the
            released code does, where n - 1 eigenvectors are given and it takes the first n.

    Raises:
        ValueError: a size is less than 1, or a word is another.

    Differs from the paper: nothing. As released, each GIN layer has a normalization before it and
    no activation after it, and the weight of the node itself is 1.

    Examples:
        >>> import torch
        >>> from workbench.encodings import Encode, SignNet
        >>> from workbench.graphs import ring
        >>> data = Encode("laplacian_eigenvectors", num_frequencies=4)(ring(6))
        >>> net, waves = SignNet(16, num_frequencies=4).eval(), data.laplacian_eigenvectors
        >>> one, other = net(waves, data.edge_index), net(-waves, data.edge_index)
        >>> torch.allclose(one, other, atol=1e-5)
        True

    References:
        D. Lim et al., Sign and Basis Invariant Networks for Spectral Graph Representation Learning,
        ICLR 2023, arXiv 2202.13013.
    """

    def __init__(
        self,
        out_channels: int,
        *,
        num_frequencies: int = 8,
        hidden_channels: int = 64,
        phi_channels: int = 4,
        num_layers: int = 3,
        pooling: Literal["concat", "sum"] = "concat",
        variant: Literal["paper", "official"] = "paper",
    ):
        super().__init__()
        check_network(
            out_channels=out_channels,
            num_frequencies=num_frequencies,
            hidden_channels=hidden_channels,
            phi_channels=phi_channels,
            num_layers=num_layers,
        )
        if pooling not in ("concat", "sum") or variant not in ("paper", "official"):
            raise ValueError(
                "pooling must be 'concat' or 'sum' and variant 'paper' or 'official'; "
                f"got {pooling!r} and {variant!r}"
            )
        self.num_frequencies, self.pooling, self.variant = num_frequencies, pooling, variant
        widths = [1, *[hidden_channels] * (num_layers - 1), phi_channels]
        self.phi = nn.ModuleList(
            _GIN(widths[i], hidden_channels, widths[i + 1], norm=i > 0) for i in range(num_layers)
        )
        inputs = phi_channels * (num_frequencies if pooling == "concat" else 1)
        self.rho = _mlp([inputs, *[hidden_channels] * (num_layers - 1), out_channels])

    def forward(
        self,
        laplacian_eigenvectors: Float[Tensor, "nodes frequencies"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
    ) -> Float[Tensor, "nodes channels"]:
        """Positions ``[nodes, out_channels]``.

        Args:
            laplacian_eigenvectors: ``[nodes, num_frequencies]``, zeros where a graph has fewer.
            edge_index: ``[2, edges]``; messages go from row 0 to row 1.
            batch: the graph of each node; None for one graph.
        """
        waves = laplacian_eigenvectors
        if waves.size(1) != self.num_frequencies:
            raise ValueError(
                f"expected {self.num_frequencies} eigenvectors, got {waves.size(1)}; make them by "
                f'Encode("laplacian_eigenvectors", num_frequencies={self.num_frequencies})'
            )
        both = torch.cat([waves, -waves], dim=1)[..., None]
        for layer in self.phi:
            both = layer(both, edge_index)
        one, other = both.chunk(2, dim=1)
        found = one + other
        if self.pooling == "concat":
            return self.rho(found.flatten(1))
        return self.rho((found * self._there(waves, batch)[..., None]).sum(1))

    def _there(self, waves: Tensor, batch: Tensor | None) -> Tensor:
        """Which columns the graph of each node has, ``[nodes, frequencies]``."""
        batch = waves.new_zeros(waves.size(0), dtype=torch.int64) if batch is None else batch
        size = int(batch.max()) + 1 if batch.numel() else 0
        if self.variant == "official":
            count = torch.bincount(batch, minlength=size)[batch]
            return torch.arange(waves.size(1), device=waves.device) < count[:, None]
        energy = waves.new_zeros(size, waves.size(1)).index_add(0, batch, waves.square())
        return (energy > 0)[batch]


class _GIN(nn.Module):
    """An MLP of the sum over a node and its neighbors; ``[nodes, frequencies, channels]``."""

    def __init__(self, in_channels: int, hidden: int, out_channels: int, *, norm: bool):
        super().__init__()
        self.norm = nn.BatchNorm1d(in_channels) if norm else None
        self.mlp = _mlp([in_channels, hidden, out_channels])

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        if self.norm is not None:
            x = self.norm(x.flatten(0, 1)).view_as(x)
        x = x + torch.zeros_like(x).index_add(0, edge_index[1], x[edge_index[0]])
        return self.mlp(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def _mlp(widths: list[int]) -> nn.Sequential:
    """Linear maps; between two of them a ReLU, then a normalization."""
    layers: list[nn.Module] = []
    for i, (one, two) in enumerate(pairwise(widths)):
        layers += [nn.Linear(one, two)]
        if i < len(widths) - 2:
            layers += [nn.ReLU(), nn.BatchNorm1d(two)]
    return nn.Sequential(*layers)
