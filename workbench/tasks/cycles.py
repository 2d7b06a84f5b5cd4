"""Cycles: one ring, or a triangle beside a smaller one: what no 1-WL model tells apart."""

from typing import Literal

import torch
from torch_geometric.data import Data

from workbench.graphs.generators.shapes import ring
from workbench.tasks.checks import check_sizes
from workbench.tasks.task import Task


def cycles(largest: int = 12, *, variant: Literal["paper", "official"] = "paper") -> Task:
    """Tell a ring of n nodes from a triangle and a ring of n - 3, on larger n than were seen.

    A pair of graphs for each n from 6 to ``largest``: 6 and 7 to train on, 8 and 9 to choose the
    epoch, the rest to test on. Every node has the feature 1, so that both graphs of a pair have
    the colors of 1-WL in equal numbers, and a model within its bound answers alike: 0.5.

    Args:
        largest: nodes of the largest pair, at least 10; 12 as in the paper.
        variant: ``"paper"``, or ``"official"`` for the parts of the released code, which goes up to
            13: 6 to 8, 9 to 11, 12 and more.

    Raises:
        ValueError: there is no pair to test on, or ``variant`` is another word.

    Examples:
        >>> from workbench.tasks import cycles
        >>> task = cycles()
        >>> [data.num_nodes for data in task.train], task.chance
        ([6, 6, 7, 7], 0.5)

    References:
        B. Finkelshtein, X. Huang, M. Bronstein, I. Ceylan, Cooperative Graph Neural Networks,
        ICML 2024, arXiv 2310.01267.
    """
    check_sizes(10_000, largest=largest)
    if variant not in ("paper", "official"):
        raise ValueError(f"variant must be 'paper' or 'official', got {variant!r}")
    first, second = (8, 10) if variant == "paper" else (9, 12)
    if largest < second:
        raise ValueError(f"largest must be at least {second}, the first pair of the test part")
    bounds = {"train": (6, first), "val": (first, second), "test": (second, largest + 1)}
    parts = {
        name: [_graph(n, label) for n in range(*ends) for label in (0, 1)]
        for name, ends in bounds.items()
    }
    return Task(
        name=f"cycles({largest})",
        level="graph",
        in_channels=1,
        out_channels=2,
        chance=0.5,
        **parts,
    )


def _graph(num_nodes: int, label: int) -> Data:
    """The ring (0), or a triangle and the ring of the other nodes (1)."""
    if label == 0:
        edges = ring(num_nodes).edge_index
    else:
        edges = torch.cat([ring(3).edge_index, ring(num_nodes - 3).edge_index + 3], dim=1)
    return Data(x=torch.ones(num_nodes, 1), edge_index=edges, y=torch.tensor([label]))
