"""SPE: stable and expressive positions, by soft partitions of the Laplacian eigenvectors."""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.cost import check_network
from workbench.typing import EdgeIndex

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


class SPE(nn.Module):
    r"""Positions of nodes that change no more than the graph does.

    .. math::
        \mathrm{SPE}(V, \lambda) = \rho\left( V \mathrm{diag}(\psi_1(\lambda)) V^T, \dots,
            V \mathrm{diag}(\psi_M(\lambda)) V^T \right)

    Each :math:`\psi_m` weighs the eigenvectors by a continuous function of their eigenvalues, so
    the matrices do not depend on signs and bases, and where a multiple eigenvalue splits by a
    little, they change by a little. :math:`\rho` is a GIN over the graph of the rows of these
    matrices: node v has a state for each node u of its graph, M wide at first, and at the end
    their sum over u is its position.

    ``Encode("laplacian_eigenvectors", num_frequencies=K, constant=True)`` writes what it reads. K
    less than the number of nodes may cut through the space of a multiple eigenvalue, and what is
    left of it depends on the basis.

    Time and memory grow with the square of the largest graph's nodes, times hidden channels.

    Submodules to read from outside: ``psi`` (``[graphs, K, M]``), ``phi.0``, ``phi.1``, ...

    Args:
        out_channels: width of the positions.
        num_psi: the number M of functions of the eigenvalues.
        psi: ``"mlp"``, of each eigenvalue by itself, or ``"deepsets"``, of all.
        psi_channels: width of psi.
        psi_layers: linear layers of psi.
        psi_activation: ``"relu"`` or ``"tanh"``: between the layers of an MLP, after each of
            deepsets.
        phi: ``"gin"``; ``"gin_deepsets"``, in which the sum over u joins after each layer; or
            ``"mlp"``, without messages.
        hidden_channels: width of rho.
        num_layers: layers of rho.
        norm: ``"batch"``, ``"layer"`` or None, in rho; ``psi_norm`` in an MLP psi.
        psi_norm: ``"batch"`` or None.
        variant: ``"official"`` counts in the sums of ``psi="deepsets"`` the zeros that fill up the
            eigenvalues of small graphs.

    Raises:
        ValueError: a size is less than 1, or a word is another.

    Differs from the released code: normalizations take their means over the nodes and eigenvalues
    that there are; there also over the zeros that make graphs of a batch equally large.

    Examples:
        >>> import torch
        >>> from workbench.encodings import SPE, Encode
        >>> from workbench.graphs import ring
        >>> data = Encode("laplacian_eigenvectors", num_frequencies=6, constant=True)(ring(6))
        >>> V, values = data.laplacian_eigenvectors, data.laplacian_eigenvalues
        >>> found = SPE(16).eval()(V, values, data.edge_index)
        >>> torch.allclose(found, found[:1], atol=1e-5)  # nodes of a ring are alike
        True

    References:
        Y. Huang et al., On the Stability of Expressive Positional Encodings for Graphs, ICLR 2024,
        arXiv 2310.02579.
    """

    def __init__(
        self,
        out_channels: int,
        *,
        num_psi: int = 16,
        psi: Literal["mlp", "deepsets"] = "mlp",
        psi_channels: int = 16,
        psi_layers: int = 3,
        psi_activation: Literal["relu", "tanh"] = "relu",
        phi: Literal["gin", "gin_deepsets", "mlp"] = "gin",
        hidden_channels: int = 128,
        num_layers: int = 8,
        norm: Literal["batch", "layer"] | None = "batch",
        psi_norm: Literal["batch"] | None = None,
        variant: Literal["paper", "official"] = "paper",
    ):
        super().__init__()
        check_network(
            out_channels=out_channels,
            num_psi=num_psi,
            psi_channels=psi_channels,
            psi_layers=psi_layers,
            hidden_channels=hidden_channels,
            num_layers=num_layers,
        )
        words = {
            "psi": (psi, ("mlp", "deepsets")),
            "psi_activation": (psi_activation, ("relu", "tanh")),
            "phi": (phi, ("gin", "gin_deepsets", "mlp")),
            "norm": (norm, ("batch", "layer", None)),
            "psi_norm": (psi_norm, ("batch", None)),
            "variant": (variant, ("paper", "official")),
        }
        for name, (word, known) in words.items():
            if word not in known:
                choices = ", ".join(repr(one) for one in known)
                raise ValueError(f"{name} must be one of {choices}; got {word!r}")
        self.variant = variant
        widths = [1, *[psi_channels] * (psi_layers - 1), 1]
        make = _DeepSets if psi == "deepsets" else _Elementwise
        self.psi = nn.ModuleList(make(widths, psi_norm, psi_activation) for _ in range(num_psi))
        widths = [num_psi, *[hidden_channels] * (num_layers - 1), out_channels]
        if phi == "mlp":
            self.phi = nn.ModuleList([_mlp(widths, norm)])
        else:
            sums = ["relu" if phi == "gin_deepsets" else ""] * (num_layers - 1)
            sums += ["linear" if phi == "gin_deepsets" else ""]
            self.phi = nn.ModuleList(
                _GIN(*ends, hidden_channels, norm, kind)
                for ends, kind in zip(pairwise(widths), sums, strict=True)
            )

    def forward(
        self,
        laplacian_eigenvectors: Float[Tensor, "nodes frequencies"],
        laplacian_eigenvalues: Float[Tensor, "graphs frequencies"],
        edge_index: EdgeIndex,
        batch: Int64[Tensor, " nodes"] | None = None,
    ) -> Float[Tensor, "nodes channels"]:
        """Positions ``[nodes, out_channels]``.

        Args:
            laplacian_eigenvectors: ``[nodes, frequencies]``, zeros where a graph has fewer.
            laplacian_eigenvalues: ``[graphs, frequencies]``.
            edge_index: ``[2, edges]``; messages go from row 0 to row 1.
            batch: the graph of each node, ascending; None for one graph.
        """
        waves, values = laplacian_eigenvectors, laplacian_eigenvalues
        batch = waves.new_zeros(waves.size(0), dtype=torch.int64) if batch is None else batch
        sizes = torch.bincount(batch, minlength=values.size(0))
        there = waves.new_zeros(values.shape).index_add(0, batch, waves.square()) > 0
        counted = torch.ones_like(there) if self.variant == "official" else there
        weights = torch.cat([psi(values[..., None], counted) for psi in self.psi], dim=-1)
        weights = weights * there[..., None]  # [graphs, frequencies, M]
        largest = int(sizes.max()) if sizes.numel() else 0
        slot = torch.arange(waves.size(0), device=waves.device) - (sizes.cumsum(0) - sizes)[batch]
        padded = waves.new_zeros(values.size(0), largest, waves.size(1))
        padded[batch, slot] = waves
        x = torch.einsum("vk,vkm,vuk->vum", waves, weights[batch], padded[batch])
        mask = torch.arange(largest, device=waves.device) < sizes[batch][:, None]
        for layer in self.phi:
            x = layer(x, edge_index, mask) if isinstance(layer, _GIN) else _on(layer, x, mask)
        return (x * mask[..., None]).sum(1)


class _GIN(nn.Module):
    """A GIN layer on the rows of matrices, ``[nodes, nodes of the largest graph, channels]``.

    ``sums`` says whether the sum over the row joins (by a linear map, or a ReLU of it) or not.
    """

    def __init__(self, in_channels: int, out_channels: int, hidden: int, norm, sums: str):
        super().__init__()
        self.eps = nn.Parameter(torch.randn(1))
        self.mlp = _mlp([in_channels, hidden, out_channels], norm)
        self.here = nn.Linear(out_channels, out_channels) if sums else None
        self.all = nn.Linear(out_channels, out_channels, bias=False) if sums else None
        self.activation = nn.ReLU() if sums == "relu" else nn.Identity()

    def forward(self, x: Tensor, edge_index: Tensor, mask: Tensor) -> Tensor:
        around = torch.zeros_like(x).index_add(0, edge_index[1], x[edge_index[0]])
        x = _on(self.mlp, (1 + self.eps) * x + around, mask)
        if self.here is None:
            return x
        return self.activation(self.here(x) + self.all(x.sum(1, keepdim=True))) * mask[..., None]


class _Elementwise(nn.Module):
    """An MLP of each eigenvalue."""

    def __init__(self, widths: list[int], norm: str | None, activation: str):
        super().__init__()
        self.mlp = _mlp(widths, norm, activation)

    def forward(self, values: Tensor, counted: Tensor) -> Tensor:
        return _on(self.mlp, values, counted)


class _DeepSets(nn.Module):
    """Layers of each eigenvalue and of the sum over all of its graph."""

    def __init__(self, widths: list[int], norm: str | None, activation: str):
        super().__init__()
        self.activation = ACTIVATIONS[activation]()
        if norm is not None:
            raise ValueError(f"psi='deepsets' has no normalization; got psi_norm={norm!r}")
        ends = list(pairwise(widths))
        self.here = nn.ModuleList(nn.Linear(one, two) for one, two in ends)
        self.all = nn.ModuleList(nn.Linear(one, two, bias=False) for one, two in ends)

    def forward(self, values: Tensor, counted: Tensor) -> Tensor:
        for here, total in zip(self.here, self.all, strict=True):
            values = values * counted[..., None]
            values = self.activation(here(values) + total(values.sum(1, keepdim=True)))
        return values


def _mlp(widths: list[int], norm: str | None, activation: str = "relu") -> nn.Sequential:
    """Linear maps; between two of them a normalization, then an activation."""
    kinds = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, None: lambda _: nn.Identity()}
    layers: list[nn.Module] = []
    for i, (one, two) in enumerate(pairwise(widths)):
        layers += [nn.Linear(one, two)]
        if i < len(widths) - 2:
            layers += [kinds[norm](two), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)


def _on(mlp: nn.Module, x: Tensor, mask: Tensor) -> Tensor:
    """The MLP of the entries that there are; 0 elsewhere."""
    found = mlp(x[mask])
    return found.new_zeros(*mask.shape, found.size(-1)).masked_scatter(mask[..., None], found)
