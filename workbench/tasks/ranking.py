"""Ranks of true pairs among the negatives of the same source.

Not by torchmetrics: its retrieval scores break ties by the order in which pairs stand, so that a
model which scores all pairs alike would get whatever the file's order gives.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def ranks(
    scores: Float[Tensor, " pairs"], labels: Int64[Tensor, " pairs"], query: Int64[Tensor, " pairs"]
) -> Float[Tensor, " positives"]:
    """Rank of each positive among the negatives of its query, from 1; of ties the middle.

    Other positives of the query do not count (what is called filtered), and a positive whose
    query has no negative is left out, since it would be first without any merit.

    Args:
        scores: of each pair, higher for more likely.
        labels: 1 for a true pair, 0 for a negative.
        query: number of the source that a pair belongs to.

    Raises:
        ValueError: no positive has a negative beside it.
    """
    scores, order = scores.double().sort()
    labels, query = labels[order], query[order]
    # stable, so that within a query the scores stay ascending
    query, order = query.sort(stable=True)
    scores, labels = scores[order], labels[order]
    new = torch.ones_like(query, dtype=torch.bool)
    new[1:] = query[1:] != query[:-1]
    level = torch.ones_like(new)
    level[1:] = new[1:] | (scores[1:] != scores[:-1])
    negative = labels == 0
    upto = negative.long().cumsum(0)
    first = _of_runs(new, upto - negative.long(), last=False)
    total = _of_runs(new, upto, last=True) - first
    below = _of_runs(level, upto - negative.long(), last=False) - first
    tied = _of_runs(level, upto, last=True) - first - below
    counted = ~negative & (total > 0)
    if not bool(counted.any()):
        raise ValueError(
            "no true pair has a negative with the same source, so there is nothing to rank it "
            "among; give negatives, or score by auroc"
        )
    return (1 + (total - below - tied) + tied / 2)[counted].double()


def mrr(
    scores: Float[Tensor, " pairs"], labels: Int64[Tensor, " pairs"], query: Int64[Tensor, " pairs"]
) -> float:
    """Mean over true pairs of 1 / rank; ranks as in ``ranks``.

    Differs from the code of the long-range benchmark: a mean over pairs, where that takes the mean
    over the pairs of a graph, then over the graphs of a batch.
    """
    return float((1 / ranks(scores, labels, query)).mean())


def hits_at_1(scores: Tensor, labels: Tensor, query: Tensor) -> float:
    """Share of true pairs that rank first; ranks as in ``ranks``."""
    return float((ranks(scores, labels, query) <= 1).double().mean())


def hits_at_3(scores: Tensor, labels: Tensor, query: Tensor) -> float:
    """Share of true pairs with a rank up to 3; ranks as in ``ranks``."""
    return float((ranks(scores, labels, query) <= 3).double().mean())


def hits_at_10(scores: Tensor, labels: Tensor, query: Tensor) -> float:
    """Share of true pairs with a rank up to 10; ranks as in ``ranks``."""
    return float((ranks(scores, labels, query) <= 10).double().mean())


def _of_runs(begins: Tensor, values: Tensor, *, last: bool) -> Tensor:
    """For each entry the value at the begin (or end) of its run of entries."""
    run = begins.long().cumsum(0) - 1
    starts = begins.nonzero().flatten()
    ends = torch.cat([starts[1:], starts.new_tensor([begins.numel()])]) - 1
    return values[(ends if last else starts)[run]]
