"""Which pairs of nodes a model does not let talk: out of its reach, silent within it, weakest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from workbench.cost import check_count, diagnostic
from workbench.diagnostics.finite import check_finite
from workbench.diagnostics.rounding import rounding
from workbench.ties import best_first

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SquashedPairs:
    """Ordered pairs (u, v): what v hears of u.

    Attributes:
        reach: the most hops from which anything arrives anywhere; 0 if nothing does.
        heard: how many pairs are heard.
        out_of_reach: ``[2, pairs]`` connected, farther apart than ``reach``.
        silent: ``[2, pairs]`` within ``reach``, and nothing arrives.
        weakest: ``[2, count]`` of those that are heard, the least sensitive first.
        sensitivity: of ``weakest``.
        hops: of ``weakest``.
    """

    reach: int
    heard: int
    out_of_reach: Int64[Tensor, "2 out"]
    silent: Int64[Tensor, "2 silent"]
    weakest: Int64[Tensor, "2 count"]
    sensitivity: Float64[Tensor, " count"]
    hops: Float64[Tensor, " count"]

    def __str__(self) -> str:
        out, silent = self.out_of_reach.size(1), self.silent.size(1)
        told = (
            f"of {out + silent + self.heard} ordered pairs {out} are out of reach (more than "
            f"{self.reach} hops), {silent} silent within it, {self.heard} heard"
        )
        if self.weakest.size(1):
            u, v = self.weakest[:, 0].tolist()
            hops, value = int(self.hops[0]), float(self.sensitivity[0])
            told += f"; the weakest: {v} hears {u}, {hops} hops away, by {value:.3g}"
        return told

    def frame(self, names: Sequence[str] | None = None) -> "pd.DataFrame":
        """A row for each pair that is not heard, and for the weakest of the others.

        Columns ``source`` (u), ``target`` (v), ``state``, ``hops`` and ``sensitivity``, of those
        that are not heard 0, their hops nan.

        Args:
            names: of the nodes; their numbers where not given.
        """
        import pandas as pd

        rows = []
        for state in ("silent", "out_of_reach", "weakest"):
            pairs = getattr(self, state).T.tolist()
            hops, value = [np.nan] * len(pairs), [0.0] * len(pairs)
            if state == "weakest":
                hops, value = self.hops.tolist(), self.sensitivity.tolist()
            for (u, v), far, how in zip(pairs, hops, value, strict=True):
                ends = (u, v) if names is None else (names[u], names[v])
                rows.append((*ends, state.replace("_", " "), far, how))
        return pd.DataFrame(rows, columns=["source", "target", "state", "hops", "sensitivity"])


@diagnostic(
    of="sensitivity",
    seconds=lambda n, m: 1e-4 + 1e-7 * n**2,
    bytes=lambda n, m: 80.0 * n**2,
)
def squashed_pairs(
    sensitivity: Float[Tensor, "outputs inputs"],
    hops: Float[Tensor, "sources targets"],
    *,
    count: int = 10,
) -> SquashedPairs:
    """The pairs of nodes that a model does not let talk, and those that it hardly lets.

    Args:
        sensitivity: ``[nodes, nodes]``, row = output v, column = input u, as ``sensitivity`` gives
            it.
        hops: ``[nodes, nodes]``, row = from u, column = to v, as ``hop_distance`` gives it; ``inf``
            where there is no path.
        count: how many of the weakest pairs to name.

    Returns:
        ``SquashedPairs`` of the ordered pairs u != v that are connected. Nothing arrives where the
        sensitivity is 0 up to rounding beside the largest of the row. Of pairs that are equally
        weak, up to 1e-9, those at fewer hops come first, then those of lower numbers.

    Raises:
        ValueError: the two are not of one square shape, or hold nan; ``count`` is negative.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import hop_distance, squashed_pairs
        >>> from workbench.graphs import path
        >>> hops = hop_distance(path(5).edge_index, 5)
        >>> print(squashed_pairs(torch.where(hops <= 2, 0.1**hops, 0.0), hops, count=1))
        of 20 ordered pairs 6 are out of reach (more than 2 hops), 0 silent within it, 14 heard; \
the weakest: 2 hears 0, 2 hops away, by 0.01

    The three kinds, and what is called reach, are the workbench's own.
    """
    if count < 0:
        raise ValueError(f"count is how many pairs to name, at least 0; got {count}")
    check_count("count", count, 10_000_000)
    shapes = list(sensitivity.shape), list(hops.shape)
    if (
        sensitivity.dim() != 2
        or sensitivity.size(0) != sensitivity.size(1)
        or shapes[0] != shapes[1]
    ):
        raise ValueError(
            "sensitivity and hops must both be [nodes, nodes] of one graph, got "
            f"{shapes[0]} and {shapes[1]}"
        )
    check_finite("sensitivity", sensitivity)
    if bool(hops.isnan().any()):
        raise ValueError("hops holds nan; inf says that there is no path")
    share, device = rounding(sensitivity), sensitivity.device
    value = sensitivity.detach().double().T  # row = from, as hops
    hops = hops.detach().double().to(device)
    between = hops.isfinite() & ~torch.eye(len(hops), dtype=torch.bool, device=device)
    arrives = value > share * value.amax(dim=0, keepdim=True) if len(hops) else between
    heard = between & arrives
    reach = int(hops[heard].max()) if bool(heard.any()) else 0
    far = between & (hops > reach)
    pairs = heard.nonzero().T
    strength, apart = value[heard], hops[heard]
    order = best_first(-strength.cpu().numpy(), -apart.cpu().numpy())[:count]
    first = torch.from_numpy(order).to(device)
    return SquashedPairs(
        reach=reach,
        heard=pairs.size(1),
        out_of_reach=far.nonzero().T,
        silent=(between & ~arrives & ~far).nonzero().T,
        weakest=pairs[:, first],
        sensitivity=strength[first],
        hops=apart[first],
    )
