"""Resistance and commute embeddings: points whose squared distances are resistances, or times."""

from jaxtyping import Float64
from torch import Tensor

from workbench.encodings.laplacian_eigenvectors import laplacian_frequencies
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


def resistance_embedding(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_frequencies: int = 8,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes frequencies"]:
    r"""Coordinates of the nodes whose squared distances are effective resistances.

    .. math::
        Z_{vk} = \phi_k(v) / \sqrt{\lambda_k}, \qquad
        \|Z_v - Z_u\|^2 = R_{vu} \ \text{ with all } k, \qquad L = D - A

    Fewer columns give less than R, never more: the slow waves come first, which resistance is
    mostly made of.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        num_frequencies: columns of the result; those that the graph does not have are 0. With
            ``num_nodes`` of them the distances are exact.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        ``[nodes, frequencies]`` float64 on the device of the input, in roots of the unit of
        resistance. Each column lies on one component, and the points of every component have their
        mean at 0: a distance between two components says nothing (their resistance is infinite). An
        isolated node has zeros.

    Signs and bases are those of ``laplacian_eigenvectors``; distances do not depend on them as long
    as ``num_frequencies`` cuts no multiple eigenvalue. Self-loops are dropped. A repeated edge
    counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or ``num_frequencies`` is less than 1.
        TooLargeError: a component has more than 6,000 nodes.

    Examples:
        >>> from workbench.encodings import resistance_embedding
        >>> from workbench.graphs import path
        >>> z = resistance_embedding(path(4).edge_index, 4)
        >>> round(float((z[0] - z[3]).square().sum()), 6)  # three unit resistors in a row
        3.0

    References:
        D. Spielman, N. Srivastava, Graph Sparsification by Effective Resistances, STOC 2008, arXiv
        0803.0929.
    """
    found = laplacian_frequencies(
        edge_index,
        num_nodes,
        num_frequencies=num_frequencies,
        normalized=False,
        edge_weight=edge_weight,
    )
    there = found.values > 0
    return found.vectors * found.values.where(there, 1.0).rsqrt() * there


def commute_embedding(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_frequencies: int = 8,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes frequencies"]:
    r"""Coordinates of the nodes whose squared distances are commute times.

    .. math::
        \|C_v - C_u\|^2 = 2 m R_{vu}

    the mean number of steps of a random walk from v to u and back, with 2m the sum of the degrees
    of the component. Everything else is as in ``resistance_embedding``.

    Raises:
        ValueError, TooLargeError: as there.

    Examples:
        >>> from workbench.encodings import commute_embedding
        >>> from workbench.graphs import path
        >>> z = commute_embedding(path(4).edge_index, 4)
        >>> round(float((z[0] - z[3]).square().sum()), 6)  # 2 * 3 edges * resistance 3
        18.0

    References:
        H. Qiu, E. Hancock, Clustering and Embedding Using Commute Times, TPAMI 29, 2007.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    degree = graph.degree()
    volume = degree.new_zeros(graph.num_components).index_add(0, graph.labels, degree)
    place = resistance_embedding(
        edge_index, num_nodes, num_frequencies=num_frequencies, edge_weight=edge_weight
    )
    return place * volume.sqrt()[graph.labels, None]
