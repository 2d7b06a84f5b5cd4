"""Range tasks: labels whose dependence on far nodes is chosen."""

from typing import Literal, get_args

import torch
from jaxtyping import Float64
from scipy.sparse.csgraph import shortest_path
from torch import Tensor
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.cost import TooLargeError
from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task
from workbench.topology import SimpleGraph, eigh, laplacian_matrix, simple_graph
from workbench.typing import PairMatrix

#: The matrix of weights is dense.
MAX_NODES = 3_000

Weights = Literal[
    "hop", "ball", "walk", "symmetric", "symmetric_loops", "inverse", "root", "decay", "hops",
    "resistance",
]  # fmt: skip


def range_task(
    data: Data,
    *,
    weights: Weights = "hop",
    reach: int = 3,
    interaction: Literal["difference", "cosine", "copy"] = "difference",
    channels: int = 1,
    train: int = 80,
    val: int = 10,
    test: int = 10,
    variant: Literal["paper", "official"] = "paper",
    generator: torch.Generator | None = None,
) -> Task:
    r"""Predict at every node a sum over all nodes, weighted by where they are.

    .. math::
        y_v = \sum_u M_{vu}\, f(x_u, x_v)

    The range of the answer, the mean distance of what it depends on, is that of M, and so a model
    that solves the task must have it. The weights M by hops d and the number k (``reach``):

    - ``"hop"``: 1 at d = k; ``"ball"``: 1 at d <= k; each row divided by its sum;
    - ``"walk"``: :math:`(D^{-1} A)^k`; ``"symmetric"``: :math:`(D^{-1/2} A D^{-1/2})^k`;
      ``"symmetric_loops"``: the same with self-loops; ``"root"``: the roots of its entries, divided
      by the roots of the sums of their rows and columns, which puts more weight far away;
    - ``"inverse"``: 1 over each entry of ``"symmetric"``, 0 where that is 0;
    - ``"decay"``: :math:`e^{-d}`; ``"hops"``: d; ``"resistance"``: R; none between components.

    Features are drawn anew for each example on the same graph: standard normal numbers, or uniform
    ones from 0 to 1 for ``"cosine"``. Labels are divided by their standard deviation over the train
    part.

    Args:
        data: an undirected graph; of its attributes only ``edge_index`` and ``num_nodes`` are used.
        weights: which M.
        reach: the number k, at least 1.
        interaction: f is the squared distance of the features (``"difference"``), their cosine
            similarity, or those of u alone (``"copy"``, of one channel).
        channels: width of the features.
        train: examples to train on.
        val: examples to choose the epoch.
        test: examples to test on.
        variant: ``"official"`` divides by the sum over the rows of u and not of v, as the released
            code does, and counts distances to other components as 0.
        generator: draws features; None for a new one with seed 0.

    Raises:
        ValueError: the graph is directed or has no edge, a number is less than 1, no pair has any
            weight, or ``"copy"`` is to have several channels.
        TooLargeError: the graph has more than 3,000 nodes.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.tasks import range_task
        >>> task = range_task(ring(12), weights="hop", reach=4, interaction="copy")
        >>> task.train[0].y.shape, task.target
        (torch.Size([12]), 'value')

    References:
        J. Bamberger, B. Gutteridge, S. le Roux, M. Bronstein, X. Dong, On Measuring Long-Range
        Interactions in Graph Neural Networks, ICML 2025, arXiv 2506.05971.
    """
    check_choice("weights", weights, get_args(Weights))
    check_choice("interaction", interaction, ("difference", "cosine", "copy"))
    check_choice("variant", variant, ("paper", "official"))
    check_sizes(1_000_000, train=train, val=val, test=test)
    check_sizes(100_000, channels=channels)
    for name, value in (("reach", reach), ("channels", channels)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    if interaction == "copy" and channels != 1:
        raise ValueError(f"copied features become one label; take channels=1, got {channels}")
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    matrix = range_weights(data, weights, reach, variant=variant)
    if not bool(matrix.any()):
        raise ValueError(f"no pair of nodes has a weight: weights={weights!r}, reach={reach}")
    size, edge_index = int(data.num_nodes), data.edge_index.cpu()
    mask = torch.ones(size, dtype=torch.bool)

    def example() -> Data:
        draw = torch.rand if interaction == "cosine" else torch.randn
        x = draw(size, channels, generator=generator, dtype=torch.float64)
        y = range_labels(matrix, x, interaction)
        return Data(x=x.float(), edge_index=edge_index, y=y, mask=mask)

    parts = {
        part: [example() for _ in range(count)]
        for part, count in (("train", train), ("val", val), ("test", test))
    }
    scale = float(torch.cat([graph.y for graph in parts["train"]]).std()) or 1.0
    for graph in (graph for part in parts.values() for graph in part):
        graph.y = (graph.y / scale).float()
    title = data.name if data.get("name") else f"{size} nodes"
    task = Task(
        name=f"range_task({title}, {weights} {reach}, {interaction})",
        level="node",
        in_channels=channels,
        out_channels=1,
        target="value",
        metric="mae",
        loss="squared_error",
        **parts,
    )
    return with_chance(task)


def range_labels(
    matrix: PairMatrix, x: Float64[Tensor, "nodes channels"], interaction: str
) -> Float64[Tensor, " nodes"]:
    """The sum at every node, the row of ``matrix``, over all others."""
    if interaction == "copy":
        return matrix @ x[:, 0]
    if interaction == "cosine":
        unit = torch.nn.functional.normalize(x, dim=1)
        return (matrix * (unit @ unit.T)).sum(1)
    return (matrix * torch.cdist(x, x).square()).sum(1)


def range_weights(
    data: Data, weights: Weights, reach: int, *, variant: Literal["paper", "official"] = "paper"
) -> PairMatrix:
    """The matrix M; row = the node that is labeled.

    Raises:
        ValueError: the graph is directed.
        TooLargeError: it has more than 3,000 nodes.
    """
    size = int(data.num_nodes or 0)
    if size > MAX_NODES:
        raise TooLargeError(
            f"the weights of all pairs of {size:,} nodes are a dense matrix; it is made up to "
            f"{MAX_NODES:,} nodes: take a part of the graph"
        )
    graph = simple_graph(data.edge_index.cpu(), size)
    if weights in ("walk", "symmetric", "symmetric_loops", "inverse", "root"):
        matrix = _powers(graph, weights, reach)
    elif weights == "resistance":
        matrix = _resistance(graph)
    else:
        hops = torch.from_numpy(shortest_path(graph.adjacency(), unweighted=True))
        near = hops.nan_to_num(posinf=0.0) if variant == "official" else hops
        matrix = {
            "hop": lambda: _rows((near == reach).double()),
            "ball": lambda: _rows((near <= reach).double()),
            "decay": lambda: torch.exp(-hops),
            "hops": lambda: hops.nan_to_num(posinf=0.0),
        }[weights]()
    return matrix.T if variant == "official" else matrix


def _rows(matrix: PairMatrix) -> PairMatrix:
    return matrix / matrix.sum(1, keepdim=True).clamp(min=1)


def _powers(graph: SimpleGraph, weights: str, reach: int) -> PairMatrix:
    matrix = torch.zeros(graph.num_nodes, graph.num_nodes, dtype=torch.float64)
    matrix[graph.source, graph.target] = matrix[graph.target, graph.source] = 1
    if weights in ("symmetric_loops", "root"):
        matrix.fill_diagonal_(1)
    degree = matrix.sum(1).clamp(min=1)
    if weights == "walk":
        return torch.linalg.matrix_power(matrix / degree[:, None], reach)
    matrix = torch.linalg.matrix_power(matrix / (degree[:, None] * degree).sqrt(), reach)
    if weights == "inverse":
        return torch.where(matrix > 0, 1 / matrix, 0.0)
    if weights == "root":
        matrix = matrix.sqrt()
        total = matrix.sum(1)
        return matrix / (total[:, None] * total).sqrt()
    return matrix


def _resistance(graph: SimpleGraph) -> PairMatrix:
    matrix = torch.zeros(graph.num_nodes, graph.num_nodes, dtype=torch.float64)
    for nodes, part in graph.parts():
        values, vectors = eigh(laplacian_matrix(part, normalized=False))
        points = vectors[:, 1:] / values[1:].sqrt()
        square = points.square().sum(1)
        block = square[:, None] + square - 2 * points @ points.T
        matrix[nodes[:, None], nodes] = block.fill_diagonal_(0)
    return matrix
