"""The residual block that the message-passing models stack."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, None: nn.Identity}
LEVELS = ("node", "graph")


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
        self, h: Float[Tensor, "nodes channels"], edge_index: Tensor, *edge_weight: Tensor | None
    ) -> Float[Tensor, "nodes channels"]:
        """One step: what a node gathers, added to what it holds."""
        update = self.dropout(torch.relu(self.norm(self.conv(h, edge_index, *edge_weight))))
        return h + update if self.residual else update

    def extra_repr(self) -> str:
        """Shown by ``repr``, so that a printed model tells two settings apart."""
        return f"residual={self.residual}"


def check_options(*, num_layers: int, level: str, norm: str | None) -> None:
    """Raise where a model cannot be built with these options.

    Raises:
        ValueError: ``num_layers`` is negative, or ``level`` or ``norm`` is none of the known ones.
    """
    if num_layers < 0:
        raise ValueError(f"num_layers must not be negative, got {num_layers}")
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {level!r}")
    if norm not in NORMS:
        raise ValueError(f"norm must be 'batch', 'layer' or None, got {norm!r}")


def check_heads(hidden_channels: int, heads: int) -> None:
    """Raise where ``heads`` attention heads cannot share the channels evenly.

    Raises:
        ValueError: ``heads`` is less than 1 or does not divide ``hidden_channels``.
    """
    if heads < 1 or hidden_channels % heads:
        raise ValueError(
            f"heads must divide hidden_channels, got heads={heads}, "
            f"hidden_channels={hidden_channels}"
        )
