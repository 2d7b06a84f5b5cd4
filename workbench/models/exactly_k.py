"""Exactly k of several items, each with a score: how likely each is in, and draws of all k.

``p(z)`` is proportional to ``exp(sum of theta over the items in z)`` on the subsets z of k items.
Sums over all subsets are taken one item after the other, in logarithms and double precision.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.cost import TooLargeError

#: What stands for the logarithm of 0: finite, so that derivatives are.
NEVER = -1e10

#: The most numbers in the tables of one call (some seconds, some GB).
LARGEST = 100_000_000


def marginals(
    theta: Float[Tensor, "rows items"], k: Int64[Tensor, " rows"]
) -> Float[Tensor, "rows items"]:
    """How likely each item is one of the k of its row; they add up to k.

    Args:
        theta: scores; ``NEVER`` for a place without an item.
        k: how many, at most the number of items.
    """
    most = int(k.max()) if k.numel() else 0
    before, after = _tables(theta, most), _tables(theta.flip(1), most).flip(0)
    rest = k[:, None] - 1 - torch.arange(most, device=k.device)
    place = rest.clamp(min=0).expand(theta.size(1), -1, -1)
    others = before[:-1, :, :most] + after[1:].gather(2, place)
    others = others.masked_fill(rest < 0, NEVER)
    every = before[-1].gather(1, k[:, None])
    wide = theta.double()
    return (wide + torch.logsumexp(others, dim=2).T - every).exp().to(theta.dtype)


def draw(
    theta: Float[Tensor, "rows items"],
    k: Int64[Tensor, " rows"],
    uniform: Float[Tensor, "rows items"] | None = None,
) -> Float[Tensor, "rows items"]:
    """1 for k items of each row, drawn by the law above, 0 for the others.

    Args:
        theta, k: as in ``marginals``.
        uniform: the randomness, numbers from 0 to 1; drawn if None.
    """
    uniform = torch.rand_like(theta) if uniform is None else uniform
    with torch.no_grad():
        table = _tables(theta, int(k.max()) if k.numel() else 0)
        left, taken = k[:, None].clone(), []
        for item in reversed(range(theta.size(1))):
            one_less = table[item].gather(1, (left - 1).clamp(min=0))
            chance = (theta[:, item, None] + one_less - table[item + 1].gather(1, left)).exp()
            take = (left > 0) & (uniform[:, item, None] < chance)
            left = left - take.long()
            taken.append(take)
        return torch.cat([*reversed(taken), uniform[:, :0].bool()], dim=1).to(theta.dtype)


def _tables(theta: Tensor, most: int) -> Float[Tensor, "items_and_one rows counts"]:
    """Logarithms of the sums over all subsets of 0, 1, ... ``most`` of the first items."""
    rows, items = theta.shape
    if (items + 1) * rows * (most + 1) > LARGEST:
        raise TooLargeError(
            f"choosing {most:,} of {items:,} edges in {rows:,} graphs and heads takes tables of "
            f"more than {LARGEST:,} numbers; take smaller graphs, fewer in a batch, or fewer edges"
        )
    wide = theta.double()
    now = wide.new_full((rows, most + 1), NEVER)
    now[:, 0] = 0
    table, never = [now], wide.new_full((rows, 1), NEVER)
    for item in range(items):
        with_it = torch.cat([never, now[:, :-1]], dim=1) + wide[:, item, None]
        now = torch.logaddexp(now, with_it)
        table.append(now)
    return torch.stack(table)


class Chosen(nn.Module):
    """Weights of edges of which k are added, or k taken away; one graph and head at a time.

    ``variant="paper"``: a drawn 1 or 0 in training, with the derivative of its probability, and the
    probability outside. ``variant="official"``: the released law, whose ``theta`` is
    ``s - log(1 - exp(-|s|))`` of the score s; its draws are the k largest after Gumbel noise.

    Args:
        k: how many; all, where there are fewer.
        variant: as above.
        deletes: take k away, those with low scores, and not add.
    """

    def __init__(self, k: int, variant: str, *, deletes: bool):
        super().__init__()
        self.k, self.official, self.deletes = k, variant == "official", deletes

    def forward(
        self,
        scores: Float[Tensor, "items heads"],
        graph: Int64[Tensor, " items"],
        num_graphs: int,
        uniform: Float[Tensor, "rows places"] | None = None,
    ) -> Float[Tensor, "items heads"]:
        """The weight of each item in each head; ``graph`` is the graph that it is in."""
        if self.deletes:
            scores = -scores
        dense, place, count = _dense(scores, graph, num_graphs)
        k = count.clamp(max=self.k)
        theta = dense
        if self.official:
            size = dense.detach().abs().clamp(min=1e-30)
            theta = dense - torch.log(-torch.expm1(-size))
        weight = chance = marginals(theta, k)
        if self.official and (self.deletes or not self.training):
            mask = _largest(dense if not self.training else _with_noise(dense, uniform), k)
            weight = mask if self.deletes else chance * mask
            if self.training:
                weight = mask - chance.detach() + chance
        elif self.training and not self.official:
            weight = draw(theta, k, uniform) - chance.detach() + chance
        weight = weight.unflatten(0, (num_graphs, -1))[graph, :, place]
        return 1 - weight if self.deletes else weight

    def extra_repr(self) -> str:
        """Shown by ``repr``, so that a printed model tells two settings apart."""
        return f"k={self.k}, deletes={self.deletes}"


def _dense(scores: Tensor, graph: Tensor, num_graphs: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores as a row for each graph and head; the place of each item; how many a row has."""
    count = torch.bincount(graph, minlength=num_graphs)
    order = torch.argsort(graph, stable=True)
    start = count.cumsum(0) - count
    place = torch.empty_like(graph)
    place[order] = torch.arange(graph.numel(), device=graph.device) - start[graph[order]]
    most, heads = int(count.max()) if count.numel() else 0, scores.size(1)
    dense = scores.new_full((num_graphs, heads, most), NEVER)
    dense = dense.transpose(1, 2).index_put((graph, place), scores).transpose(1, 2)
    return dense.flatten(0, 1), place, count.repeat_interleave(heads)


def _with_noise(scores: Tensor, uniform: Tensor | None) -> Tensor:
    uniform = torch.rand_like(scores) if uniform is None else uniform
    return scores - torch.log(-torch.log(uniform))


def _largest(scores: Tensor, k: Tensor) -> Tensor:
    """1 for the k largest of each row, and for all that are as large as the last of them."""
    if not scores.size(1):
        return torch.zeros_like(scores)
    ordered = scores.detach().sort(dim=1, descending=True).values
    last = ordered.gather(1, (k[:, None] - 1).clamp(min=0))
    return ((scores >= last) & (k[:, None] > 0)).to(scores.dtype)
