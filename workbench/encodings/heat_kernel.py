"""Heat kernel signature: how much of a unit of heat is still where it was put, after some times."""

from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.topology import laplacian_matrix, simple_graph
from workbench.topology.threads import eigh
from workbench.typing import EdgeIndex, EdgeWeight

#: The most nodes of a component-blind dense eigendecomposition (half a minute, 1 GB).
MAX_NODES = 5_000


def heat_kernel(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    times: Sequence[float] = (0.5, 1.0, 2.0, 5.0),
    normalized: bool = False,
    edge_weight: EdgeWeight | None = None,
) -> Float64[Tensor, "nodes times"]:
    r"""Diagonal of the heat kernel at several times.

    .. math::
        H_{vt} = (e^{-tL})_{vv} = \sum_k e^{-t \lambda_k} \phi_k(v)^2

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        times: t of each column, not negative. Heat goes about :math:`\sqrt t` hops far.
        normalized: whether L is ``I - D^{-1/2} A D^{-1/2}`` and not ``D - A``.
        edge_weight: conductances ``[edges]``; 1 where not given.

    Returns:
        ``[nodes, times]`` float64 from 0 to 1, on the device of the input: 1 at t = 0, and falling
        to ``1 / n`` in a connected graph of n nodes (to the share of the degree where normalized).
        No choice of a basis of eigenvectors changes it. An isolated node keeps its heat: 1.

    Self-loops carry no heat, a repeated edge counts once; with weights, repeats add. O(n^3).

    Raises:
        TooLargeError: more than 5,000 nodes; ``random_walk`` is sparse.
        ValueError: a time is negative, there is none, or the graph is directed.

    Differs from the paper: nothing. The encoding of GraphGPS (HKdiagSE) leaves out the eigenvalue
    0, and so is less by 1 / n at each node of a connected graph.

    References:
        J. Sun, M. Ovsjanikov, L. Guibas, A Concise and Provably Informative Multi-Scale Signature
        Based on Heat Diffusion, SGP 2009.
    """
    scale = torch.as_tensor(tuple(times), dtype=torch.float64)
    if not scale.numel() or not bool((scale >= 0).all()):
        raise ValueError(f"times must be one or more numbers that are not negative, got {times}")
    if num_nodes > MAX_NODES:
        raise TooLargeError(
            f"the heat kernel of {num_nodes:,} nodes needs all their eigenvectors; it is computed "
            f"up to {MAX_NODES:,}; use random_walk, which is sparse"
        )
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    values, vectors = eigh(laplacian_matrix(graph, normalized=normalized))
    decay = torch.exp(-values.clamp(min=0)[:, None] * scale.to(values.device))
    return vectors.square() @ decay
