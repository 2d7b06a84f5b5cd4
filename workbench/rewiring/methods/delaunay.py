"""Replace the edges by the Delaunay triangulation of the nodes' places."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial import Delaunay
from torch import Tensor

from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.engine.other_graph import other_graph, with_pairs
from workbench.rewiring.result import Rewired
from workbench.topology import check_edge_index
from workbench.typing import EdgeIndex


@rewiring("graph", directed="used", reads=("pos",))
def delaunay(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    pos: Float[Tensor, "nodes dimensions"],
    keep: bool = False,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """The Delaunay graph: two nodes are joined if a circle through both holds no other node.

    Few edges (fewer than 3 n in the plane), none of negative curvature far out, and neighbors that
    are alike. The paper takes places from the features (UMAP to two dimensions).

    Args:
        edge_index: ``[2, edges]``.
        num_nodes: number of nodes.
        pos: places, in two or more dimensions.
        keep: whether the edges of the graph stay beside the new ones.
        should_stop: asked once; where it returns True, the work ends.

    Returns:
        A ``Rewired``: columns of the input that stay (type 0), then new ones, both ways (type 1).
        Where four nodes or more lie on one circle, the triangulation is one of several.

    Nodes in one place are joined in a path of their numbers; nodes on one line are joined along it.
    Weights stay with the edges that stay; new ones have conductance 1. O(n log n) in the plane.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: ``pos`` has another number of rows, no dimension, or is not finite.

    References:
        Attali, Buscaldi and Pernelle, Delaunay Graph: Addressing Over-Squashing and Over-Smoothing
        Using Delaunay Triangulation, ICML 2024.
    """
    check_edge_index(edge_index, num_nodes)
    check_stop(should_stop, "delaunay")
    if pos.dim() != 2 or pos.size(0) != num_nodes or pos.size(1) < 1:
        raise ValueError(f"pos must be [{num_nodes}, dimensions], got {list(pos.shape)}")
    if not bool(torch.isfinite(pos).all()):
        raise ValueError("pos must be finite; a node without a place cannot be joined by it")
    pairs = torch.from_numpy(_pairs(pos.detach().double().cpu().numpy())).to(edge_index.device)
    pairs = torch.cat([pairs, pairs.flip(0)], dim=1)
    make = with_pairs if keep else other_graph
    return make(edge_index, num_nodes, pairs)


def _pairs(places: np.ndarray) -> np.ndarray:
    """The edges, ``[2, pairs]``; nodes of one place stand in a path behind the first of them."""
    one, first, of = np.unique(places, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(of.ravel(), kind="stable")
    same = of.ravel()[order][1:] == of.ravel()[order][:-1]
    found = [np.stack([order[:-1][same], order[1:][same]])]
    centered = one - one.mean(axis=0) if one.size else one
    # in the directions that the places take up, all of them
    _, size, axes = np.linalg.svd(centered, full_matrices=False)
    rank = int((size > 1e-9 * size[0]).sum()) if size.size and size[0] > 0 else 0
    if rank == 1:
        line = first[np.argsort(centered @ axes[0], kind="stable")]
        found.append(np.stack([line[:-1], line[1:]]))
    elif rank > 1:
        corners = Delaunay(centered @ axes[:rank].T).simplices
        sides = [(a, b) for a in range(rank + 1) for b in range(a)]
        found += [first[np.stack([corners[:, a], corners[:, b]])] for a, b in sides]
    return np.concatenate(found, axis=1).astype(np.int64)
