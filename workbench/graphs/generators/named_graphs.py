"""Single famous graphs: the symmetric ones by construction, the real ones from networkx."""

import math

import networkx as nx
import numpy as np
import torch
from torch_geometric.data import Data

from workbench.graphs.generators.building import check_least, check_size, circle, undirected_graph
from workbench.graphs.layout import layout
from workbench.topology import both_directions


def petersen() -> Data:
    """Petersen graph: 10 nodes, 15 edges, every degree 3, diameter 2, no triangle or 4-cycle.

    Nodes 0 to 4 are the outer ring, 5 to 9 the inner star.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import petersen
        >>> degree(petersen().edge_index[0]).tolist()
        [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    """
    outer = np.arange(5)
    source = np.concatenate([outer, outer, outer + 5])
    target = np.concatenate([(outer + 1) % 5, outer + 5, (outer + 2) % 5 + 5])
    pos = np.concatenate([circle(5), circle(5, radius=0.5)])
    return undirected_graph("petersen", source, target, 10, pos)


def csl(num_nodes: int, skip: int) -> Data:
    """Circular skip link graph: ``i`` is joined to ``i ± 1`` and ``i ± skip`` mod ``num_nodes``.

    Every degree is 4, so 1-WL sees one class whatever the skip. The benchmark is ``csl(41, R)``
    for R = 2, 3, 4, 5, 6, 9, 11, 12, 13, 16.

    Raises:
        ValueError: ``skip`` is not in ``2 .. num_nodes - 2`` or is half of ``num_nodes``.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import csl
        >>> data = csl(11, 3)
        >>> degree(data.edge_index[0]).unique().tolist()
        [4.0]

    References:
        Murphy et al., "Relational Pooling for Graph Representations", ICML 2019, arXiv 1903.02541.
    """
    check_least("csl", num_nodes=(num_nodes, 5), skip=(skip, 2))
    check_size(f"csl({num_nodes}, {skip})", 2 * num_nodes)
    if skip > num_nodes - 2 or 2 * skip == num_nodes:
        raise ValueError(
            f"csl needs a skip from 2 to {num_nodes - 2} other than half of num_nodes, so that "
            f"every degree is 4; got skip={skip} with num_nodes={num_nodes}"
        )
    nodes = np.arange(num_nodes)
    source = np.concatenate([nodes, nodes])
    target = np.concatenate([(nodes + 1) % num_nodes, (nodes + skip) % num_nodes])
    name = f"csl({num_nodes}, {skip})"
    return undirected_graph(name, source, target, num_nodes, circle(num_nodes))


def rook(side: int = 4) -> Data:
    """Rook's graph: squares of a ``side x side`` board, joined along rows and columns.

    ``side^2`` nodes, every degree ``2 (side - 1)``. ``rook(4)`` is strongly regular (16, 6, 2, 2),
    as the Shrikhande graph is: 2-FWL cannot tell the two apart.

    Examples:
        >>> from torch_geometric.utils import degree
        >>> from workbench.graphs import rook
        >>> data = rook(4)
        >>> data.num_nodes, degree(data.edge_index[0]).unique().tolist()
        (16, [6.0])
    """
    check_least("rook", side=(side, 1))
    check_size(f"rook({side})", side**2 * (side - 1))
    row, column = np.divmod(np.arange(side**2), side)
    source, target = np.triu_indices(side**2, 1)
    joined = (row[source] == row[target]) | (column[source] == column[target])
    return undirected_graph(
        f"rook({side})", source[joined], target[joined], side**2, _bent_board(row, column, side)
    )


def shrikhande() -> Data:
    """Shrikhande graph: Z4 x Z4, steps of ``±(1, 0)``, ``±(0, 1)`` and ``±(1, 1)`` are edges.

    16 nodes, 48 edges, strongly regular (16, 6, 2, 2) and not isomorphic to ``rook(4)``.

    Examples:
        >>> from workbench.diagnostics import distinguishes
        >>> from workbench.graphs import rook, shrikhande
        >>> bool(distinguishes(rook(4), shrikhande(), test="2-fwl"))
        False
    """
    row, column = np.divmod(np.arange(16), 4)
    steps = ((1, 0), (0, 1), (1, 1))
    source = np.tile(np.arange(16), 3)
    target = np.concatenate([(row + r) % 4 * 4 + (column + c) % 4 for r, c in steps])
    return undirected_graph("shrikhande", source, target, 16, _bent_board(row, column, 4))


def karate() -> Data:
    """Zachary's karate club: 34 members, 78 ties.

    ``y [34]`` is the club after the split: 0 for Mr. Hi's, 1 for the Officer's. The ties' counts of
    contexts, which networkx keeps as weights, are left out: the graph is used unweighted.

    Examples:
        >>> from workbench.graphs import karate
        >>> data = karate()
        >>> data.num_nodes, data.num_edges // 2
        (34, 78)
        >>> data.y.bincount().tolist()
        [17, 17]

    References:
        W. W. Zachary, "An Information Flow Model for Conflict and Fission in Small Groups", 1977.
    """
    graph = nx.karate_club_graph()
    source, target = np.array(graph.edges).T
    data = undirected_graph("karate", source, target, 34)
    data.pos = layout(data.edge_index, 34)
    data.y = torch.tensor([int(club != "Mr. Hi") for _, club in graph.nodes(data="club")])
    return data


def les_miserables() -> Data:
    """Characters of "Les Misérables": 77 nodes, 254 edges between those who share a chapter.

    ``edge_weight [508]`` (float64, conductance) is the number of chapters shared; ``labels`` lists
    the names.

    Examples:
        >>> from workbench.graphs import les_miserables
        >>> data = les_miserables()
        >>> data.num_nodes, data.num_edges // 2
        (77, 254)
        >>> data.labels[0], data.edge_weight.max().item()
        ('Napoleon', 31.0)

    References:
        D. E. Knuth, "The Stanford GraphBase", 1993.
    """
    graph = nx.les_miserables_graph()
    labels = list(graph)
    number = {name: i for i, name in enumerate(labels)}
    weight = torch.zeros(len(labels), len(labels), dtype=torch.float64)
    for u, v, shared in graph.edges(data="weight"):
        weight[number[u], number[v]] = weight[number[v], number[u]] = float(shared)
    edge_index = both_directions(*torch.triu(weight).nonzero().T)
    return Data(
        edge_index=edge_index,
        edge_weight=weight[edge_index[0], edge_index[1]],
        num_nodes=len(labels),
        pos=layout(edge_index, len(labels)),
        name="les_miserables",
        labels=labels,
    )


def _bent_board(row: np.ndarray, column: np.ndarray, side: int) -> np.ndarray:
    """Board positions with rows and columns bent into parabolas, so that no edge hides another."""
    x, y = column - (side - 1) / 2, (side - 1) / 2 - row
    bend = 0.5 / math.sqrt(side)
    return np.stack([x + bend * y**2 / side * 2, y + bend * x**2 / side * 2], axis=1)
