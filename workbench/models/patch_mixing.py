"""How the patches of a graph hear each other: by perceptrons, or by one of five attentions."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

ATTENTION = ("hadamard", "standard", "graph", "kernel", "additive")


class MixerBlock(nn.Module):
    """A perceptron across the patches, for each channel, then one across the channels."""

    def __init__(self, channels: int, num_patches: int, dropout: float):
        super().__init__()
        self.token_norm, self.channel_norm = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.tokens = _perceptron(num_patches, 4 * channels, dropout)
        self.channels = _perceptron(channels, max(1, channels // 2), dropout)

    def forward(
        self, tokens: Float[Tensor, "graphs patches channels"], *_: Tensor
    ) -> Float[Tensor, "graphs patches channels"]:
        """Mixed tokens; empty patches take part."""
        tokens = tokens + self.tokens(self.token_norm(tokens).transpose(1, 2)).transpose(1, 2)
        return tokens + self.channels(self.channel_norm(tokens))


class PatchAttention(nn.Module):
    """Attention between patches, then a perceptron; the forms are those of ``GraphViT``."""

    def __init__(self, channels: int, kind: str, *, heads: int, num_steps: int, dropout: float):
        super().__init__()
        self.kind, self.heads, self.num_steps = kind, heads, num_steps
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.query, self.key, self.value, self.out = (
            nn.Linear(channels, channels) for _ in range(4)
        )
        for linear in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(linear.weight, gain=0.5**0.5)
        nn.init.xavier_uniform_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.of_shared = nn.Linear(1, heads) if kind == "additive" else None
        self.attention = nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 2 * channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * channels, channels),
        )

    def forward(
        self,
        tokens: Float[Tensor, "graphs patches channels"],
        shared: Float[Tensor, "graphs patches patches"],
        full: Bool[Tensor, "graphs patches"],
    ) -> Float[Tensor, "graphs patches channels"]:
        """Mixed tokens, from how many nodes the patches share and which are not empty."""
        x = self.norm1(tokens)
        query, key, value = (
            linear(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for linear in (self.query, self.key, self.value)
        )
        score = query @ key.transpose(2, 3) / key.size(3) ** 0.5
        if self.of_shared is not None:
            score = score + self.of_shared(shared[..., None]).permute(0, 3, 1, 2)
        score = score.masked_fill(~full[:, None, None], -torch.inf)
        weight = self.dropout(self.attention(self._weights(score, shared[:, None])))
        found = (weight @ value).transpose(1, 2).flatten(2)
        tokens = tokens + self.dropout(self.out(found))
        return tokens + self.dropout(self.mlp(self.norm2(tokens)))

    def _weights(self, score: Tensor, shared: Tensor) -> Tensor:
        if self.kind not in ("graph", "kernel"):
            soft = torch.softmax(score, dim=3)
            return soft * shared if self.kind == "hadamard" else soft
        if self.kind == "kernel":
            step = shared / shared.sum(3, keepdim=True).clamp(min=1)
            shared = torch.linalg.matrix_power(step, self.num_steps)
        weight = torch.exp(score - score.amax(3, keepdim=True)) * shared
        return weight / weight.sum(3, keepdim=True).clamp(min=1e-6)

    def extra_repr(self) -> str:
        """Shown by ``repr``, so that a printed model tells two settings apart."""
        return f"kind={self.kind!r}, heads={self.heads}"


def _perceptron(channels: int, hidden: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(channels, hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, channels),
    )
