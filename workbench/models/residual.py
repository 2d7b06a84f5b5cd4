"""The residual block that the message-passing models stack."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, None: nn.Identity}


class ResidualLayer(nn.Module):
    """One message-passing step with normalization, activation and a way around it.

    ``h' = h + dropout(ReLU(norm(conv(h))))``; without ``residual`` the leading ``h`` is left out.

    ``norm="batch"`` normalizes each channel over all nodes of a batch, ``"layer"`` each node over
    its channels. While training, batch normalization is a channel between all nodes of a batch
    that no edge carries; ``"layer"`` and ``None`` have none.
    """

    def __init__(
        self, conv: nn.Module, channels: int, *, residual: bool, norm: str | None, dropout: float
    ):
        super().__init__()
        self.conv = conv
        self.norm = NORMS[norm](channels)
        self.dropout = nn.Dropout(dropout)
        self.residual = residual

    def forward(
        self, h: Float[Tensor, "nodes channels"], edge_index: Tensor, **of_edges: Tensor | None
    ) -> Float[Tensor, "nodes channels"]:
        """One step: what a node gathers, added to what it holds."""
        update = self.dropout(torch.relu(self.norm(self.conv(h, edge_index, **of_edges))))
        return h + update if self.residual else update

    def extra_repr(self) -> str:
        """Shown by ``repr``, so that a printed model tells two settings apart."""
        return f"residual={self.residual}"
