"""Cliques of a sparse graph, by the common neighbors of smaller cliques."""

import numpy as np
from scipy.sparse import csr_array

from workbench.cost import TooLargeError, duration

#: Neighbors that a core compares in a second, roughly, and how many at a time.
_COMPARISONS, _AT_ONCE = 3e7, 10_000_000


class CliqueCounter:
    """Counts the cliques of ``size`` nodes, at least 3, each once.

    An edge goes from the node of smaller degree to the other one (ties by number), so that no node
    has more than sqrt(2 m) neighbors ahead, and hubs cost little. ``seconds`` is what the first
    level takes; cliques of four and more nodes take more, which is known when it is counted.
    """

    def __init__(self, adjacency: csr_array, size: int) -> None:
        degree = np.diff(adjacency.indptr)
        row = np.repeat(np.arange(degree.size), degree)
        seen = adjacency.indices
        ahead = (degree[row] < degree[seen]) | ((degree[row] == degree[seen]) & (row < seen))
        ones = np.ones(int(ahead.sum()), dtype=np.int32)
        self.ahead = csr_array((ones, (row[ahead], seen[ahead])), shape=adjacency.shape)
        self.ahead.sort_indices()
        self.size = size
        self.seconds = float(self._comparisons(self.ahead).sum()) / _COMPARISONS

    def _comparisons(self, candidates: csr_array) -> np.ndarray:
        own = np.diff(candidates.indptr)
        return np.repeat(own, own) + np.diff(self.ahead.indptr)[candidates.indices]

    def count(self, limit: float) -> int:
        """The number of cliques.

        Raises:
            TooLargeError: it would take more than ``limit`` seconds.
        """
        self.left = limit * _COMPARISONS
        return self._count_extensions(self.ahead, self.size - 1, limit)

    def _count_extensions(self, candidates: csr_array, more: int, limit: float) -> int:
        """Ways to add ``more`` nodes, of which the first is an entry of ``candidates``.

        A row is a clique, and its entries are the nodes ahead of all of its nodes.
        """
        if more == 1:
            return candidates.nnz
        total, steps = 0, np.concatenate([[0], np.cumsum(self._comparisons(candidates))])
        self.left -= float(steps[-1])
        if self.left < 0:
            raise TooLargeError(
                f"counting the cliques of {self.size} nodes among {self.ahead.nnz:,} edges would "
                f"take more than {duration(limit)}: too many smaller cliques extend each other; "
                "count smaller cliques, or those of a part of the graph"
            )
        row = np.repeat(np.arange(candidates.shape[0]), np.diff(candidates.indptr))
        begin = 0
        while begin < row.size:
            end = int(np.searchsorted(steps, steps[begin] + _AT_ONCE, side="right")) - 1
            end = max(end, begin + 1)
            ahead = self.ahead[candidates.indices[begin:end]]
            common = candidates[row[begin:end]].multiply(ahead).tocsr()
            total += self._count_extensions(common, more - 1, limit)
            begin = end
        return total
