"""Graph properties: distances that a model has to work out, on graphs of ten families."""

from collections.abc import Callable
from typing import Literal

import networkx as nx
import numpy as np
import torch
from scipy.sparse.csgraph import shortest_path
from torch_geometric.data import Data

from workbench.choices import check_choice
from workbench.graphs.generators.random_graphs import numpy_generator
from workbench.tasks.checks import check_sizes
from workbench.tasks.guessing import with_chance
from workbench.tasks.task import Task


def graph_properties(
    num_graphs: int,
    *,
    answer: Literal["diameter", "sssp", "eccentricity"] = "diameter",
    least: int = 25,
    most: int = 35,
    normalize: bool = True,
    generator: torch.Generator | None = None,
) -> Task:
    """Predict the diameter of a graph, the distances from a node, or every eccentricity.

    All three are told by walks as long as the graph is wide. Graphs have ``least`` to ``most``
    nodes and come in equal shares from ten families: Erdos-Renyi, Barabasi-Albert, grid, caveman,
    tree, ladder, line, star, caterpillar and lobster, each connected. Features are a number drawn
    uniformly from 0 to 1, which tells nodes apart, and 1 at one node, the source, 0 elsewhere.

    Args:
        num_graphs: of all parts together; published are 7,040, of which 5,120 train, 640 choose the
            epoch and 1,280 test, in these shares.
        answer: ``"diameter"`` of each graph; at each node its hops from the source (``"sssp"``),
            or its hops to the farthest node (``"eccentricity"``).
        least: nodes of the smallest graphs.
        most: nodes of the largest graphs.
        normalize: whether answers are divided by the largest of the train part, as the paper says.
        generator: draws everything; None for a new one with seed 0.

    Raises:
        ValueError: there are fewer than 11 graphs, or not at least 6 nodes.

    Differs from the released code: it was to normalize and did not (``normalize=False``), the
    graphs are drawn anew here, and the loss is the mean squared error, of which it shows the
    logarithm to base 10.

    Examples:
        >>> from workbench.tasks import graph_properties
        >>> task = graph_properties(22, answer="sssp")
        >>> data = task.train[0]
        >>> float(data.y[data.x[:, 1] == 1])  # the source is no hop from itself
        0.0

    References:
        G. Corso et al., Principal Neighbourhood Aggregation for Graph Nets, NeurIPS 2020, arXiv
        2004.05718 (the families). A. Gravina, D. Bacciu, C. Gallicchio, Anti-Symmetric DGN, ICLR
        2023, arXiv 2210.09789.
    """
    check_choice("answer", answer, ("diameter", "sssp", "eccentricity"))
    check_sizes(1_000_000, num_graphs=num_graphs)
    check_sizes(1_000, least=least, most=most)
    if num_graphs < 11 or least < 6 or most < least:
        raise ValueError(
            "needs num_graphs of at least 11, and 6 <= least <= most nodes; got "
            f"num_graphs={num_graphs}, least={least}, most={most}"
        )
    rng = numpy_generator(generator or torch.Generator().manual_seed(0))
    graphs = []
    for number in range(num_graphs):
        drawn = _draw_connected(
            FAMILIES[number % len(FAMILIES)], int(rng.integers(least, most + 1)), rng
        )
        hops = shortest_path(nx.to_scipy_sparse_array(drawn), unweighted=True)
        source, size = int(rng.integers(len(hops))), len(hops)
        x = torch.from_numpy(np.stack([rng.random(size), np.arange(size) == source], axis=1))
        y = {"sssp": hops[source], "eccentricity": hops.max(1), "diameter": hops.max()[None]}
        edges = np.array(drawn.edges).T
        graphs.append(
            Data(
                x=x.float(),
                edge_index=torch.from_numpy(np.concatenate([edges, edges[::-1]], axis=1)),
                y=torch.from_numpy(y[answer]).float(),
            )
        )
    graphs = [graphs[i] for i in rng.permutation(num_graphs)]
    first, second = round(8 / 11 * num_graphs), round(9 / 11 * num_graphs)
    parts = {"train": graphs[:first], "val": graphs[first:second], "test": graphs[second:]}
    largest = max(float(graph.y.max()) for graph in parts["train"]) if normalize else 1.0
    for graph in graphs:
        graph.y = graph.y / largest
        if answer != "diameter":
            graph.mask = torch.ones(graph.num_nodes, dtype=torch.bool)
    task = Task(
        name=f"graph_properties({num_graphs}, {answer})",
        level="graph" if answer == "diameter" else "node",
        in_channels=2,
        out_channels=1,
        target="value",
        metric="mae",
        metrics=("rmse",),
        loss="squared_error",
        **parts,
    )
    return with_chance(task)


def _draw_connected(family: Callable, size: int, rng: np.random.Generator) -> nx.Graph:
    """A graph of the family, numbered from 0, drawn again until it is connected."""
    while True:
        graph = family(size, rng)
        if nx.is_connected(graph):
            return nx.convert_node_labels_to_integers(graph)


def _grid(size: int, _: np.random.Generator) -> nx.Graph:
    """The rows and columns that come closest to a square without being more than ``size``."""
    side = int(size**0.5)
    return nx.grid_2d_graph(side, size // side)


def _caveman(size: int, _: np.random.Generator) -> nx.Graph:
    """Cliques in a ring; of two nodes they would fall apart."""
    side = max(3, int(size**0.5))
    return nx.connected_caveman_graph(size // side, side)


def _caterpillar(size: int, rng: np.random.Generator) -> nx.Graph:
    """A path of a random length, with all other nodes hanging on it."""
    spine = int(rng.integers(2, size))
    graph = nx.path_graph(spine)
    graph.add_edges_from((node, int(rng.integers(spine))) for node in range(spine, size))
    return graph


def _lobster(size: int, rng: np.random.Generator) -> nx.Graph:
    """A caterpillar with all other nodes hanging on its leaves or its path."""
    inner = int(rng.integers(3, size))
    graph = _caterpillar(inner, rng)
    graph.add_edges_from((node, int(rng.integers(inner))) for node in range(inner, size))
    return graph


#: (nodes, generator) -> a graph of about so many nodes.
FAMILIES: tuple[Callable[[int, np.random.Generator], nx.Graph], ...] = (
    lambda size, rng: nx.gnp_random_graph(size, rng.uniform(0.1, 0.9), seed=rng),
    lambda size, rng: nx.barabasi_albert_graph(size, int(rng.integers(1, size)), seed=rng),
    _grid,
    _caveman,
    lambda size, rng: nx.random_labeled_tree(size, seed=rng),
    lambda size, _: nx.ladder_graph(size // 2),
    lambda size, _: nx.path_graph(size),
    lambda size, _: nx.star_graph(size - 1),
    _caterpillar,
    _lobster,
)
