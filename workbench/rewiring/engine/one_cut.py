"""The choice of a method whose scores do not change with its edits: one sort, one cut."""

import numpy as np

from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.ties import levels


def one_cut(
    u: np.ndarray, v: np.ndarray, score: np.ndarray, count: int, order: StructuralOrder
) -> tuple[np.ndarray, np.ndarray]:
    """Where the ``count`` pairs of the highest scores stand, best first, and how many tied.

    Of pairs that are tied, up to 1e-9, the first in ``canonical_order`` come first. The second
    array holds, for each, how many of those not taken before it were as good, itself included.
    """
    rank = levels(-score)
    single = np.unique(rank).size == rank.size
    ties = np.arange(rank.size) if single else order.keys(u, v)
    best = np.lexsort((ties, rank))[:count]
    before = np.arange(best.size) - np.searchsorted(rank[best], rank[best])
    return best, np.bincount(rank, minlength=1)[rank[best]] - before
