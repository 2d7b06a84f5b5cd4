"""Electrostatic encoding: what potentials unit charges on the other nodes make, in ten numbers."""

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError
from workbench.topology import laplacian_matrix, simple_graph
from workbench.topology.threads import eigh
from workbench.typing import EdgeIndex, EdgeWeight

#: The most nodes of a component: its eigenvectors are all computed.
MAX_NODES = 5_000


def electrostatic(
    edge_index: EdgeIndex, num_nodes: int, *, edge_weight: EdgeWeight | None = None
) -> Float64[Tensor, "nodes 10"]:
    r"""Statistics of the potentials between a node and the others of its component.

    .. math::
        E_{vu} = L^+_{vu} - L^+_{uu}, \qquad L = D - A

    is the potential at v of a unit charge at u, measured from u. Columns of node v:

    - 0 to 3: least, greatest, mean and standard deviation over w of :math:`E_{wv}`, of its charge;
    - 4 to 7: the same of :math:`E_{vw}`, at its place;
    - 8: :math:`\sum_w P_{wv} E_{wv}`, its charge felt by its neighbors, with
      :math:`P = D^{-1} A`;
    - 9: :math:`\sum_w P_{vw} E_{vw}`, the mean of the potentials of its neighbors' charges.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 if not given.

    Returns:
        ``[nodes, 10]`` float64 on the device of the input, in the unit of resistance. An isolated
        node has zeros.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. O(n^3).

    Raises:
        ValueError: the graph is directed.
        TooLargeError: a component has more than 5,000 nodes; ``random_walk`` is sparse.

    Differs from the released code (GraphGPS): column 5 repeats column 1 there; statistics run over
    all nodes there, also of other components; and the pseudo-inverse is taken in single precision
    with no cut, so that the inverse of the eigenvalue 0 leaves its rounding in every number (on a
    path of 10 nodes they are off by 20).

    Examples:
        >>> from workbench.encodings import electrostatic
        >>> from workbench.graphs import complete
        >>> found = electrostatic(complete(4).edge_index, 4)  # all potentials are -1 / n
        >>> found[0, [0, 1, 2]].round(decimals=6).tolist()
        [-0.25, 0.0, -0.1875]

    References:
        D. Kreuzer et al., Rethinking Graph Transformers with Spectral Attention (SAN), NeurIPS
        2021, arXiv 2106.03893. L. Rampasek et al., Recipe for a General, Powerful, Scalable Graph
        Transformer, NeurIPS 2022, arXiv 2205.12454.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    found = torch.zeros(graph.num_nodes, 10, dtype=torch.float64, device=edge_index.device)
    for nodes, part in graph.parts():
        if part.num_nodes > MAX_NODES:
            raise TooLargeError(
                f"the potentials of a component of {part.num_nodes:,} nodes need all its "
                f"eigenvectors; they are computed up to {MAX_NODES:,}; use random_walk, which is "
                "sparse"
            )
        laplacian = laplacian_matrix(part, normalized=False)
        values, vectors = eigh(laplacian)
        inverse = vectors[:, 1:] @ (vectors[:, 1:] / values[1:]).T
        potential = inverse - inverse.diagonal()
        walk = -laplacian / laplacian.diagonal()[:, None]
        walk.fill_diagonal_(0)
        felt = walk * potential
        columns = [*_statistics(potential, 0), *_statistics(potential, 1), felt.sum(0), felt.sum(1)]
        found[nodes] = torch.stack(columns, dim=1)
    return found


def _statistics(potential: Float64[Tensor, "nodes nodes"], dim: int) -> list[Tensor]:
    return [
        potential.amin(dim),
        potential.amax(dim),
        potential.mean(dim),
        potential.std(dim),
    ]
