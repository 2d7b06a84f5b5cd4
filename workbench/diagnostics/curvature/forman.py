"""Forman curvature of every edge, alone and with the triangles and 4-cycles through it."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.curvature.cycles import square_counts, triangle_sums
from workbench.diagnostics.curvature.neighbor_lists import neighbor_lists
from workbench.topology import SimpleGraph, as_columns, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@diagnostic(
    of="edge",
    scaling=0,
    seconds=lambda n, m: 2e-8 * n + 6e-7 * m,
    bytes=lambda n, m: 40.0 * n + 150.0 * m,
)
def forman(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, " edges"]:
    """Forman curvature of every edge: few neighbors make it large, many make it negative.

        F(u, v) = 4 - d_u - d_v
        F(u, v) = 2 - sum_{k ~ u, k != v} sqrt(w_uv / w_uk) - sum_{k ~ v, k != u} sqrt(w_uv / w_vk)

    The second is Forman's for weighted edges, with nodes of weight 1; at equal weights it is the
    first.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: ``[edges]`` positive weights, put into the formula as they are. Forman's
            weight is the size of an edge: with conductances, a strong edge beside weak ones is
            negative; for lengths pass ``1 / edge_weight``.

    Returns:
        ``[edges]`` float64, aligned with the columns of ``edge_index``; no unit; at most 2.

    Cost: linear in the number of edges; on the device of ``edge_index``.

    Raises:
        ValueError: the graph is directed, or a weight is negative or not finite.

    Examples:
        >>> from workbench.diagnostics import forman
        >>> from workbench.graphs import star
        >>> forman(star(5).edge_index, 5).unique().tolist()  # 4 - 4 - 1
        [-1.0]

    References:
        Forman, Discrete Comput. Geom. 29, 2003. Sreejith, Mohanraj, Jost, Saucan and Samal, Forman
        curvature for complex networks, J. Stat. Mech. 2016, arXiv 1603.00386.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    if edge_weight is not None:
        share, at_node = _roots(graph)
        value = 4 - (at_node[graph.source] + at_node[graph.target]) / share
        return as_columns(graph, value, edge_index)
    degree, (source, target) = graph.degree(), edge_index
    return torch.where(source == target, 0.0, 4 - degree[source] - degree[target])


@diagnostic(
    of="edge",
    # edges are followed in the order of degree, so that hubs cost little
    seconds=lambda n, m: 5e-8 * n + m * (1.5e-6 + 2e-8 * m / max(n, 1)),
    bytes=lambda n, m: 80.0 * n + 250.0 * m,
)
def augmented_forman(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    max_cycle: Literal[3, 4] = 3,
) -> Float64[Tensor, " edges"]:
    """Forman curvature of every edge, with the triangles and 4-cycles that close over it.

        AF3(u, v) = 4 - d_u - d_v + 3 t
        AF4(u, v) = 4 - d_u - d_v + 3 t + 2 q

    where t counts the triangles through the edge, and q the 4-cycles, with or without chords.
    With weights, faces of weight 1 and nodes of weight 1,

        AF3(u, v) = 2 + t w_uv^2 - sum over k ~ u or k ~ v, of one end only, of sqrt(w_uv / w_k)

    where w_k is the weight of the edge to k.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: ``[edges]`` positive weights, put into the formula as they are (see
            ``forman``); with ``max_cycle=3`` only.
        max_cycle: 3 for triangles, 4 for 4-cycles too.

    Returns:
        ``[edges]`` float64, aligned with the columns of ``edge_index``; no unit.

    Cost: O(m^1.5) steps at most, whatever the hubs; on CUDA input the counting runs on the CPU.

    Raises:
        ValueError: the graph is directed, a weight is negative or not finite, ``max_cycle`` is
            neither 3 nor 4, or weights come with 4 (no formula is published for that).
        TooLargeError: counting would take longer than half a minute.

    Examples:
        >>> from workbench.diagnostics import augmented_forman
        >>> from workbench.graphs import complete
        >>> augmented_forman(complete(4).edge_index, 4).unique().tolist()  # 4 - 3 - 3 + 3 * 2
        [4.0]

    References:
        Samal, Sreejith, Gu, Liu, Saucan and Jost, Comparative analysis of two discretizations of
        Ricci curvature for complex networks, Sci. Rep. 8, 2018. Fesser and Weber, Mitigating
        over-smoothing and over-squashing using augmentations of Forman-Ricci curvature, LoG 2023,
        arXiv 2309.09384.
    """
    if max_cycle not in (3, 4):
        raise ValueError(f"max_cycle must be 3 (triangles) or 4 (4-cycles too), got {max_cycle!r}")
    if max_cycle == 4 and edge_weight is not None:
        raise ValueError(
            "max_cycle=4 has no weighted form; use max_cycle=3, or leave edge_weight out"
        )
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    lists, device = neighbor_lists(graph, by_degree=True), edge_index.device
    triangles = torch.from_numpy(triangle_sums(lists, np.ones(num_nodes))).to(device)
    if edge_weight is not None:
        share, at_node = _roots(graph)
        across = triangle_sums(lists, np.zeros(num_nodes), share.cpu().numpy())
        one_sided = at_node[graph.source] + at_node[graph.target]
        one_sided = one_sided - torch.from_numpy(across).to(device)
        return as_columns(graph, 4 + triangles * graph.weight**2 - one_sided / share, edge_index)
    degree = graph.degree()
    value = 4 - degree[graph.source] - degree[graph.target] + 3 * triangles
    if max_cycle == 4:
        value = value + 2 * torch.from_numpy(square_counts(lists)).to(device)
    return as_columns(graph, value, edge_index)


def _roots(graph: SimpleGraph) -> tuple[Tensor, Tensor]:
    """1 / sqrt(w) of each edge, and its sum at each node."""
    share = graph.weight.rsqrt()
    at_node = torch.zeros(graph.num_nodes, dtype=torch.float64, device=share.device)
    at_node.index_add_(0, graph.source, share).index_add_(0, graph.target, share)
    return share, at_node
