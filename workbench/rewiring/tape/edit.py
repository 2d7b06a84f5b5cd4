"""One edge more or one edge fewer, and who did it."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor


@dataclass(frozen=True)
class Edit:
    """One edge added (sign +1) or removed (sign -1), and who did it (a method's name or "hand").

    Nodes are kept with ``u < v``.

    Raises:
        TypeError: a sign or node is no int, or ``by`` is no str.
        ValueError: the sign is neither +1 nor -1, a node is negative, or ``u == v``.
    """

    sign: int
    u: int
    v: int
    by: str = "hand"

    def __post_init__(self):
        for name in ("sign", "u", "v"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an int, got {value!r}")
        if not isinstance(self.by, str):
            raise TypeError(f"by must be a str, got {self.by!r}")
        if self.sign not in (1, -1):
            raise ValueError(f"sign must be +1 (add) or -1 (remove), got {self.sign}")
        if self.u == self.v or min(self.u, self.v) < 0:
            raise ValueError(f"an edge joins two different nodes, got {self.u} and {self.v}")
        low, high = min(self.u, self.v), max(self.u, self.v)
        object.__setattr__(self, "u", low)
        object.__setattr__(self, "v", high)


def edit_rows(edits: Iterable[Edit]) -> Int64[Tensor, "3 edits"]:
    """Edits as columns (sign, u, v), the form that ``apply_edits`` and ``profile`` take."""
    rows = [(edit.sign, edit.u, edit.v) for edit in edits]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3).T
