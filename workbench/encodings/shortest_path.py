"""Shortest paths: how many edges lie between two nodes, as one of a few cases."""

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from workbench.cost import TooLargeError, check_count
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex

#: The dense result may take so many bytes.
LARGEST = 4 << 30


def shortest_path(
    edge_index: EdgeIndex, num_nodes: int, *, max_hops: int = 8
) -> Float64[Tensor, "nodes nodes hops"]:
    r"""Hop distance of every ordered pair of nodes, one-hot.

    .. math::
        S_{vuk} = [\, \mathrm{hops}(v \to u) = k \,], \qquad k = 0, \dots, K

    A linear map of it is a table of one learned number for each distance: the bias that Graphormer
    adds to the attention of v for u.

    Args:
        edge_index: ``[2, edges]``; paths go from row 0 to row 1, so directed graphs work.
        num_nodes: number of nodes.
        max_hops: the largest distance K that is told, at least 0.

    Returns:
        ``[nodes, nodes, max_hops + 1]`` float64, 0 or 1, on the device of the input: from row, to
        column. All 0 where the distance exceeds ``max_hops`` or no path leads, so that
        ``Encode("shortest_path")`` lists the pairs within ``max_hops`` alone.

    Self-loops and repeated edges change nothing. Weights are strengths, not lengths: there are none
    here.

    Raises:
        ValueError: ``max_hops`` is negative, or the input is no graph.
        TooLargeError: the result would take more than 4 GiB.

    Examples:
        >>> from workbench.encodings import shortest_path
        >>> from workbench.graphs import path
        >>> shortest_path(path(3).edge_index, 3, max_hops=2)[0].tolist()  # node 0: 0, 1, 2 hops
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    References:
        C. Ying et al., Do Transformers Really Perform Badly for Graph Representation?, NeurIPS
        2021, arXiv 2106.05234.
    """
    if max_hops < 0:
        raise ValueError(f"max_hops must not be negative, got {max_hops}")
    check_count("max_hops", max_hops, 10_000)
    check_edge_index(edge_index, num_nodes)
    num_nodes = int(num_nodes)
    size = 8 * num_nodes**2 * (max_hops + 1)
    if size > LARGEST:
        raise TooLargeError(
            f"shortest_path of all pairs of {num_nodes:,} nodes and {max_hops} hops would take "
            f"{size / 2**30:.1f} GiB, and at most {LARGEST / 2**30:.0f} are allowed; take fewer "
            "hops, parts of the graph, or distance_encoding, which counts the pairs of each node"
        )
    hops = hop_matrix(edge_index, num_nodes, max_hops)
    told = torch.arange(max_hops + 1, dtype=torch.float64, device=hops.device)
    return (hops[..., None] == told).double()


def hop_matrix(
    edge_index: EdgeIndex,
    num_nodes: int,
    max_hops: float = float("inf"),
    sources: list[int] | None = None,
) -> Float64[Tensor, "sources nodes"]:
    """Hops from row to column; infinite beyond ``max_hops`` and where no path leads.

    Rows are all nodes, or those of ``sources``.
    """
    count = num_nodes if sources is None else len(sources)
    if count == 0:
        return torch.zeros(0, num_nodes, dtype=torch.float64, device=edge_index.device)
    source, target = edge_index.cpu().numpy()
    graph = csr_array((np.ones(source.size), (source, target)), shape=(num_nodes, num_nodes))
    found = dijkstra(graph, unweighted=True, limit=max_hops, indices=sources)
    return torch.from_numpy(found).to(edge_index.device)
