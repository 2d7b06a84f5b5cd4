"""What a color refinement gives: colors per round, the stable partition, histograms."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics.expressivity.weisfeiler_leman.refine import Refined


@dataclass(frozen=True)
class Coloring:
    """Colors of items (nodes, pairs or other tuples of nodes) of one or more graphs, per round.

    Colors are numbers that mean the same in every graph of one call, and nothing in another call.
    Equal colors in the last round are verified, so the stable partition is exact.

    Attributes:
        rounds: ``[items]`` colors after 0, 1, 2, ... rounds; each refines the one before. The last
            one is stable, unless ``max_rounds`` ended the refinement before.
        nodes: ``[items, width]``: which nodes each item stands for, counted within its graph.
        start: ``[graphs + 1]``: items of graph g are ``start[g]`` to ``start[g + 1] - 1``.
        stable: whether the last round is stable.
    """

    rounds: tuple[Int64[Tensor, " items"], ...]
    nodes: Int64[Tensor, "items width"]
    start: Int64[Tensor, " graphs_and_one"]
    stable: bool

    @property
    def colors(self) -> Int64[Tensor, " items"]:
        """Colors of the last round."""
        return self.rounds[-1]

    @property
    def num_rounds(self) -> int:
        """Rounds that changed something: where refinement stalls."""
        return len(self.rounds) - 1

    @property
    def num_colors(self) -> tuple[int, ...]:
        """Number of colors after 0, 1, 2, ... rounds."""
        return tuple(map(_count, self.rounds))

    @property
    def num_graphs(self) -> int:
        """Number of graphs that were colored together."""
        return self.start.numel() - 1

    def of_graph(self, graph: int, round: int = -1) -> Int64[Tensor, " graph_items"]:
        """Colors of one graph's items after a round."""
        return self.rounds[round][self.start[graph] : self.start[graph + 1]]

    def histogram(self, graph: int, round: int = -1) -> Int64[Tensor, " colors"]:
        """How many items of the graph have each color after a round."""
        return torch.bincount(self.of_graph(graph, round), minlength=_count(self.rounds[round]))

    def graph_classes(self, round: int = -1) -> Int64[Tensor, " graphs"]:
        """A number for each graph; equal where the histograms of colors are equal."""
        colors, count = self.rounds[round].cpu(), _count(self.rounds[round])
        sizes = self.start.diff().cpu()
        graph = torch.repeat_interleave(torch.arange(sizes.numel()), sizes)
        # sort each graph's colors, then compare graphs of one size as rows
        ordered = torch.sort(graph * max(count, 1) + colors).values - graph * max(count, 1)
        classes = torch.empty(sizes.numel(), dtype=torch.int64)
        taken = 0
        for size in torch.unique(sizes).tolist():
            which = (sizes == size).nonzero().ravel()
            at = self.start.cpu()[which][:, None] + torch.arange(size)
            rows = ordered[at] if size else at.new_zeros(which.numel(), 1)  # no rows without width
            _, number = torch.unique(rows, dim=0, return_inverse=True)
            classes[which] = number + taken
            taken = int(classes[which].max()) + 1
        return classes


def _count(colors: Tensor) -> int:
    """How many colors there are; they are numbered from 0."""
    return int(colors.max()) + 1 if colors.numel() else 0


def coloring(
    found: Refined, nodes: np.ndarray, start: np.ndarray, device: torch.device
) -> Coloring:
    """The result as tensors on the device of the input."""
    return Coloring(
        tuple(torch.from_numpy(colors).to(device) for colors in found.rounds),
        torch.from_numpy(nodes.astype(np.int64)).to(device),
        torch.from_numpy(np.asarray(start, dtype=np.int64)).to(device),
        found.stable,
    )
