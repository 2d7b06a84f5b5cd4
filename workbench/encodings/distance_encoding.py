"""Distance encoding: how far a node is from the nodes of a set."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import TooLargeError, check_count
from workbench.encodings.shortest_path import hop_matrix
from workbench.topology import check_edge_index, walk_matrix
from workbench.typing import EdgeIndex

#: Distances from every node of the set to every node are held at once: so many numbers.
LARGEST = 1 << 28


def distance_encoding(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    targets: Sequence[int] | None = None,
    max_hops: int = 4,
    kind: Literal["hops", "walks"] = "hops",
) -> Float64[Tensor, "nodes distances"]:
    r"""Distances of each node from a set S of nodes, summed over the set.

    .. math::
        \zeta(v \mid S) = \sum_{u \in S} \zeta(v \mid u), \qquad
        \zeta(v \mid u) = \mathrm{onehot}(\mathrm{hops}(u \to v))
        \ \text{ or }\ [I, P, \dots, P^K]_{uv}, \quad P = D^{-1} A

    The nodes of S are those that a question is about: the two ends of a link, the members of a
    group. A message-passing model with it tells apart almost all pairs of sets of regular graphs,
    where it alone sees nothing. Without a set, S is every node, and column k is how many nodes are
    k hops away: the sizes of the shells around v.

    Args:
        edge_index: ``[2, edges]``; from row 0 to row 1, so directed graphs work.
        num_nodes: number of nodes.
        targets: numbers of the nodes of S; None for all nodes.
        max_hops: the largest distance K that is told, or steps of the walks; at least 1.
        kind: ``"hops"``, or ``"walks"`` for where walks from S are after 0 to K steps.

    Returns:
        float64 on the device of the input; ``[nodes, max_hops + 2]`` of hops, the last column being
        the nodes of S that are farther or in another component; ``[nodes, max_hops + 1]`` of walks.

    Self-loops and repeated edges change no hops; a self-loop is a step that stays.

    Raises:
        ValueError: ``max_hops`` is less than 1, a target is no node, or ``kind`` is another word.
        TooLargeError: targets times nodes exceed 2^28.

    Examples:
        >>> from workbench.encodings import distance_encoding
        >>> from workbench.graphs import ring
        >>> distance_encoding(ring(5).edge_index, 5, targets=[0, 1], max_hops=2)[3].tolist()
        [0.0, 0.0, 2.0, 0.0]
        >>> distance_encoding(ring(5).edge_index, 5, max_hops=2)[0].tolist()  # itself, 2 and 2
        [1.0, 2.0, 2.0, 0.0]

    References:
        P. Li, Y. Wang, H. Wang, J. Leskovec, Distance Encoding: Design Provably More Powerful
        Neural Networks for Graph Representation Learning, NeurIPS 2020, arXiv 2009.00142.
    """
    if max_hops < 1:
        raise ValueError(f"max_hops must be at least 1, got {max_hops}")
    check_count("max_hops", max_hops, 10_000)
    if kind not in ("hops", "walks"):
        raise ValueError(f"kind must be 'hops' or 'walks', got {kind!r}")
    check_edge_index(edge_index, num_nodes)
    num_nodes = int(num_nodes)
    chosen = list(range(num_nodes)) if targets is None else list(targets)
    strange = [u for u in chosen if not 0 <= u < num_nodes]
    if strange:
        raise ValueError(
            f"target {strange[0]} is no node; the graph has the nodes 0 to {num_nodes - 1}"
        )
    if num_nodes * len(chosen) > LARGEST:
        raise TooLargeError(
            f"distances of {num_nodes:,} nodes from {len(chosen):,} targets are more than "
            f"{LARGEST:,} numbers; give fewer targets, or take random_walk, which is sparse"
        )
    device = edge_index.device
    if kind == "walks":
        walk = walk_matrix(edge_index, num_nodes).T
        starts = torch.tensor(chosen, dtype=torch.int64, device=device)
        steps = [torch.bincount(starts, minlength=num_nodes).double()[:, None]]
        for _ in range(max_hops):
            steps.append(torch.sparse.mm(walk, steps[-1]))
        return torch.cat(steps, dim=1)
    hops = hop_matrix(edge_index, num_nodes, max_hops, chosen)
    told = [(hops == k).sum(0) for k in range(max_hops + 1)]
    return torch.stack([*told, (hops == float("inf")).sum(0)], dim=1).double()
