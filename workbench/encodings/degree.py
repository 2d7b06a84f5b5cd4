"""Degree: how many neighbors a node has, as one of a few cases."""

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import check_count
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


def degree(
    edge_index: EdgeIndex, num_nodes: int, *, max_degree: int = 8
) -> Float64[Tensor, "nodes degrees"]:
    """Number of neighbors of each node, one-hot; the last column is ``max_degree`` or more.

    A linear map of it is a table of one learned vector for each degree: Graphormer's centrality
    encoding.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        max_degree: degrees from here on are one case; at least 1.

    Returns:
        ``[nodes, max_degree + 1]`` float64, 0 or 1, on the device of the input.

    Self-loops and repeated edges change nothing; an isolated node has degree 0.

    Raises:
        ValueError: the graph is directed, or ``max_degree`` is less than 1.

    Examples:
        >>> from workbench.encodings import degree
        >>> from workbench.graphs import star
        >>> degree(star(4).edge_index, 4, max_degree=2).argmax(1).tolist()  # the middle has three
        [2, 1, 1, 1]

    References:
        C. Ying et al., Do Transformers Really Perform Badly for Graph Representation?, NeurIPS
        2021, arXiv 2106.05234.
    """
    if max_degree < 1:
        raise ValueError(f"max_degree must be at least 1, got {max_degree}")
    check_count("max_degree", max_degree, 1_000_000)
    found = simple_graph(edge_index, num_nodes).degree().long().clamp(max=max_degree)
    return torch.nn.functional.one_hot(found, max_degree + 1).double()
