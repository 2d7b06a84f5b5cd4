"""Substructure counts: how often a small pattern occurs in a random graph."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.graphs.generators.random_graphs import erdos_renyi, numpy_generator, random_regular
from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task

#: (nodes, degree) of the regular graphs.
REGULAR = ((10, 6), (15, 6), (20, 5), (30, 5))


def substructure_counts(
    num_graphs: int,
    *,
    pattern: Literal[
        "triangle", "tailed_triangle", "star", "chordal_cycle", "four_cycle", "five_cycle"
    ] = "triangle",
    family: Literal["erdos_renyi", "regular"] = "erdos_renyi",
    generator: torch.Generator | None = None,
) -> Task:
    """Predict how often a pattern occurs in a graph, chords or not.

    A model within 1-WL can learn stars alone: on regular graphs of one size it sees no difference
    at all. Counts are of subgraphs, induced or not, divided by their standard deviation over the
    train part, so that an error of 1 is one of guessing's size. Every node has the feature 1.

    Args:
        num_graphs: of all parts together; published are 5,000, of which 30 percent train, 20 choose
            the epoch and 50 test.
        pattern: a triangle, one with a tail (an edge at one of its nodes), a star of three leaves,
            a 4-cycle with a chord, a 4-cycle or a 5-cycle.
        family: ``"erdos_renyi"``, of 10 nodes with edges at a chance of 0.3; or ``"regular"``, of
            10 nodes and degree 6, 15 and 6, 20 and 5, or 30 and 5, in equal shares.
        generator: draws the graphs; None for a new one with seed 0.

    Raises:
        ValueError: there are fewer than 10 graphs.

    Examples:
        >>> from workbench.tasks import substructure_counts
        >>> task = substructure_counts(50)
        >>> [len(part) for part in (task.train, task.val, task.test)], task.metric
        ([15, 10, 25], 'mae')

    References:
        Z. Chen, L. Chen, S. Villar, J. Bruna, Can Graph Neural Networks Count Substructures?,
        NeurIPS 2020, arXiv 2002.04025.
    """
    check_choice("family", family, ("erdos_renyi", "regular"))
    check_choice(
        "pattern",
        pattern,
        ("triangle", "tailed_triangle", "star", "chordal_cycle", "four_cycle", "five_cycle"),
    )
    check_sizes(1_000_000, num_graphs=num_graphs)
    if num_graphs < 10:
        raise ValueError(f"num_graphs must be at least 10, got {num_graphs}")
    rng = numpy_generator(generator or torch.Generator().manual_seed(0))
    graphs = []
    for number in range(num_graphs):
        seed = torch.Generator().manual_seed(int(rng.integers(2**62)))
        if family == "erdos_renyi":
            drawn = erdos_renyi(10, 0.3, generator=seed)
        else:
            drawn = random_regular(*REGULAR[number % len(REGULAR)], generator=seed)
        size = int(drawn.num_nodes)
        adjacency = torch.zeros(size, size, dtype=torch.float64)
        adjacency[drawn.edge_index[0], drawn.edge_index[1]] = 1
        count = PATTERNS[pattern](adjacency)
        graphs.append(Data(x=torch.ones(size, 1), edge_index=drawn.edge_index, y=count[None]))
    graphs = [graphs[i] for i in rng.permutation(num_graphs)]
    first, second = round(0.3 * num_graphs), round(0.5 * num_graphs)
    scale = float(np.std([float(graph.y) for graph in graphs[:first]])) or 1.0
    for graph in graphs:
        graph.y = (graph.y / scale).float()
    task = Task(
        name=f"substructure_counts({num_graphs}, {pattern}, {family})",
        level="graph",
        train=graphs[:first],
        val=graphs[first:second],
        test=graphs[second:],
        in_channels=1,
        out_channels=1,
        target="value",
        metric="mae",
        metrics=("rmse",),
    )
    return with_chance(task)


Adjacency = Float64[Tensor, "nodes nodes"]


def _paths(adjacency: Adjacency, length: int) -> Adjacency:
    return torch.linalg.matrix_power(adjacency, length)


def _triangles_at(adjacency: Adjacency) -> Float64[Tensor, " nodes"]:
    return _paths(adjacency, 3).diagonal() / 2


def _four_cycles(adjacency: Adjacency) -> Tensor:
    degree = adjacency.sum(1)
    back = _paths(adjacency, 4).trace()
    return (back - 2 * degree.square().sum() + degree.sum()) / 8


def _five_cycles(adjacency: Adjacency) -> Tensor:
    degree, third = adjacency.sum(1), _paths(adjacency, 3).diagonal()
    back = _paths(adjacency, 5).trace()
    return (back - 5 * third.sum() - 5 * (third * (degree - 2)).sum()) / 10


def _chordal_cycles(adjacency: Adjacency) -> Tensor:
    """Pairs of triangles over each edge."""
    over = (_paths(adjacency, 2) * adjacency).triu()
    return (over * (over - 1) / 2).sum()


def _stars(adjacency: Adjacency) -> Tensor:
    degree = adjacency.sum(1)
    return (degree * (degree - 1) * (degree - 2) / 6).sum()


#: Pattern -> its number of occurrences, from an adjacency matrix.
PATTERNS: dict[str, Callable[[Adjacency], Tensor]] = {
    "triangle": lambda adjacency: _triangles_at(adjacency).sum() / 3,
    "tailed_triangle": lambda adjacency: (_triangles_at(adjacency) * (adjacency.sum(1) - 2)).sum(),
    "star": _stars,
    "chordal_cycle": _chordal_cycles,
    "four_cycle": _four_cycles,
    "five_cycle": _five_cycles,
}
