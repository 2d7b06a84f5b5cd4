"""BasisNet: a network of Laplacian eigenspaces that does not see which basis they are given in."""

from itertools import pairwise

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.cost import check_network

#: Eigenvalues closer than this are one (eigenvalues of the normalized Laplacian go from 0 to 2).
SAME_VALUE = 1e-5


class BasisNet(nn.Module):
    r"""Positions of nodes from eigenspaces, the same for every basis of each.

    .. math::
        \mathrm{BasisNet}(V)_v = \rho\left( [\, f_{d_s}(V_s V_s^T)_v \,]_s \right)

    over the distinct eigenvalues s, with :math:`d_s` their multiplicities. :math:`f_d` is an
    invariant graph network (``EigenspaceNet``) that gives d numbers for each node, one network for
    each multiplicity; they stand where the d eigenvectors stood, and :math:`\rho` is an MLP of all
    of them.

    ``Encode("laplacian_eigenvectors", num_frequencies=K)`` writes what it reads. If K cuts through
    the space of a multiple eigenvalue, what is left of it depends on the basis: take K at least the
    number of nodes, or leave the last space of an odd cut out of the comparison.

    Submodules to read from outside: ``phi.0`` (of multiplicity 1), ``phi.1``, ..., ``rho``.

    Args:
        out_channels: width of the positions.
        num_frequencies: the number K of eigenvectors.
        hidden_channels: width of the networks.
        max_multiplicity: how many networks there are; a larger space takes the last one and leaves
            the rest of its columns 0.

    Raises:
        ValueError: a size is less than 1.

    Examples:
        >>> import torch
        >>> from workbench.encodings import BasisNet, Encode
        >>> from workbench.graphs import complete
        >>> data = Encode("laplacian_eigenvectors", num_frequencies=3)(complete(4))
        >>> net, values = BasisNet(16, num_frequencies=3).eval(), data.laplacian_eigenvalues
        >>> turned = data.laplacian_eigenvectors @ torch.linalg.qr(torch.randn(3, 3)).Q
        >>> torch.allclose(net(data.laplacian_eigenvectors, values), net(turned, values), atol=1e-5)
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
        hidden_channels: int = 32,
        max_multiplicity: int = 4,
    ):
        super().__init__()
        check_network(
            out_channels=out_channels,
            num_frequencies=num_frequencies,
            hidden_channels=hidden_channels,
            max_multiplicity=max_multiplicity,
        )
        self.num_frequencies = num_frequencies
        self.phi = nn.ModuleList(
            EigenspaceNet(d + 1, hidden_channels) for d in range(max_multiplicity)
        )
        self.rho = nn.Sequential(
            nn.Linear(num_frequencies, hidden_channels),
            nn.ReLU(),
            nn.Linear(hidden_channels, out_channels),
        )

    def forward(
        self,
        laplacian_eigenvectors: Float[Tensor, "nodes frequencies"],
        laplacian_eigenvalues: Float[Tensor, "graphs frequencies"],
        batch: Int64[Tensor, " nodes"] | None = None,
    ) -> Float[Tensor, "nodes channels"]:
        """Positions ``[nodes, out_channels]``.

        Args:
            laplacian_eigenvectors: ``[nodes, num_frequencies]``, zeros where a graph has fewer.
            laplacian_eigenvalues: ``[graphs, num_frequencies]`` ascending.
            batch: the graph of each node, ascending; None for one graph.
        """
        waves = laplacian_eigenvectors
        if waves.size(1) != self.num_frequencies:
            raise ValueError(
                f"expected {self.num_frequencies} eigenvectors, got {waves.size(1)}; make them by "
                f'Encode("laplacian_eigenvectors", num_frequencies={self.num_frequencies})'
            )
        batch = waves.new_zeros(waves.size(0), dtype=torch.int64) if batch is None else batch
        sizes = torch.bincount(batch, minlength=laplacian_eigenvalues.size(0)).tolist()
        columns = torch.zeros_like(waves)
        first = 0
        for size, values in zip(sizes, laplacian_eigenvalues, strict=True):
            nodes = slice(first, first + size)
            for low, high in _spaces(values, waves[nodes]):
                space, many = waves[nodes, low:high], high - low
                net = self.phi[min(many, len(self.phi)) - 1]
                told = net((space @ space.T)[None])[0].T
                columns[nodes, low : low + told.size(1)] = told
            first += size
        return self.rho(columns)


class EigenspaceNet(nn.Module):
    """An invariant graph network of one projector: ``[spaces, n, n]`` to ``[spaces, d, n]``.

    One layer from matrices to vectors (its basis: the diagonal and its mean, means of rows, of
    columns and of all), two from vectors to vectors (the entry, the mean), each with a ReLU and
    then a normalization; an MLP of each node at the end.
    """

    def __init__(self, multiplicity: int, hidden_channels: int):
        super().__init__()
        widths, bases = [1, hidden_channels, hidden_channels], [5, 2, 2]
        self.weights = nn.ParameterList(
            torch.randn(one, hidden_channels, many) * (2 / (one + hidden_channels)) ** 0.5
            for one, many in zip(widths, bases, strict=True)
        )
        self.biases = nn.ParameterList(torch.zeros(hidden_channels) for _ in widths)
        self.norms = nn.ModuleList(nn.BatchNorm1d(hidden_channels) for _ in widths)
        self.head = nn.Sequential(
            nn.Linear(hidden_channels, hidden_channels),
            nn.ReLU(),
            nn.Linear(hidden_channels, multiplicity),
        )

    def forward(self, projectors: Float[Tensor, "spaces n n"]) -> Float[Tensor, "spaces d n"]:
        """d numbers for each node, from the projector on each space."""
        diagonal = projectors.diagonal(dim1=1, dim2=2)
        basis = [
            diagonal,
            diagonal.mean(1, keepdim=True).expand_as(diagonal),
            projectors.mean(2),
            projectors.mean(1),
            projectors.mean((1, 2))[:, None].expand_as(diagonal),
        ]
        stacked = torch.stack(basis, dim=-1)[:, None]  # [spaces, channels, n, basis]
        for weight, bias, norm in zip(self.weights, self.biases, self.norms, strict=True):
            x = torch.einsum("scnb,cdb->sdn", stacked, weight) + bias[:, None]
            x = norm(torch.relu(x))
            stacked = torch.stack([x, x.mean(2, keepdim=True).expand_as(x)], dim=-1)
        return self.head(x.transpose(1, 2)).transpose(1, 2)


def _spaces(values: Tensor, waves: Tensor) -> list[tuple[int, int]]:
    """First and last column, exclusive, of each distinct eigenvalue."""
    count = int((waves.square().sum(0) > 0).sum())  # a small graph has fewer, the rest is zeros
    if not count:
        return []
    jumps = (values[1:count] - values[: count - 1] > SAME_VALUE).nonzero().flatten() + 1
    ends = [0, *jumps.tolist(), count]
    return list(pairwise(ends))
