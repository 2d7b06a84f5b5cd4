"""Pairs of nodes that are some hops apart: what models of several distances (DRew) read."""

from jaxtyping import Int64
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from workbench.rewiring import drew


class Hops(BaseTransform):
    """Writes which nodes are how far from each other.

    ``hop_index`` ``[2, pairs]`` are all ordered pairs of nodes that 1 to ``max_hops`` hops join,
    the start of the shortest path in row 0; ``hop`` ``[pairs]`` is their number.

    Args:
        max_hops: the farthest, at least 1.

    Raises:
        TooLargeError: the pairs are too many, as in ``workbench.rewiring.drew``.
        ValueError: ``max_hops`` is below 1.
    """

    def __init__(self, max_hops: int):
        if max_hops < 1:
            raise ValueError(f"max_hops must be at least 1, got {max_hops}")
        self.max_hops = max_hops

    def forward(self, data: Data) -> Data:
        """The graph with these two attributes."""
        size = int(data.num_nodes or 0)
        data.hop_index, data.hop = hop_pairs(data.edge_index, size, self.max_hops)
        return data

    def __repr__(self) -> str:
        return f"Hops({self.max_hops})"


def hop_pairs(
    edge_index: Tensor, num_nodes: int, max_hops: int
) -> tuple[Int64[Tensor, "2 pairs"], Int64[Tensor, " pairs"]]:
    """The pairs that 1 to ``max_hops`` hops join, and how many."""
    farthest = drew(edge_index, num_nodes, num_layers=max_hops).layers[-1]
    return farthest.edge_index, farthest.edge_type + 1
