"""TEDDY: trim the edges whose surroundings have the highest degrees."""

from collections.abc import Callable

import numpy as np
import torch

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.one_cut import one_cut
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired, apply_edits
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex


@rewiring("edits", adds=False, removes=True)
def teddy(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    r"""Trimming edges with degree-based discrimination: remove those of the lowest score.

    .. math::
        g_v = \frac{1}{d_v} \sum_{w \in N(v)} \frac{1}{\sqrt{d_w}}, \qquad
        \mathrm{score}(u, v) = \frac{g_u}{d_u} \cdot \frac{g_v}{d_v}

    with the degrees d of the graph before any edit. An edge between nodes of many neighbors, whose
    neighbors have many, is the first to go.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: how many edges to remove. The paper trims a share of 5 to 10 % in each of 20
            rounds of training, by scores that never change: one cut of the final size is the same.
        should_stop: asked once; where it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is the score with the opposite sign, which falls from edit to edit.
        Of edges that are tied, up to 1e-9, the first in ``canonical_order`` go.

    Self-loops of the input stay and do not count for the degrees; a repeated edge counts once and
    goes as a whole. Nodes may become isolated. Weights play no role. O(n + m log m).

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed or ``num_edges`` is negative.

    Differs from the paper: nothing of the scores; the training beside them (distillation, pruned
    weights of the model) is no rewiring. The released code cuts columns and not edges, so that it
    may keep one direction of an edge.

    References:
        Seo, Yun and Yang, TEDDY: Trimming Edges with Degree-based Discrimination Strategy,
        ICLR 2024, arXiv 2402.01261.
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "teddy")
    graph = simple_graph(edge_index, num_nodes)
    u, v = graph.ends
    score = edge_scores(u, v, num_nodes)
    gone, num_tied = one_cut(u, v, -score, num_edges, StructuralOrder(graph))
    edits = np.stack([np.full(gone.size, -1), u[gone], v[gone]])
    return apply_edits(
        edge_index,
        num_nodes,
        torch.from_numpy(edits),
        torch.from_numpy(-score[gone]),
        torch.from_numpy(num_tied),
    )


def edge_scores(u: np.ndarray, v: np.ndarray, num_nodes: int) -> np.ndarray:
    """The score of each undirected edge (u, v)."""
    degree = np.bincount(np.concatenate([u, v]), minlength=num_nodes).astype(np.float64)
    inverse = np.divide(1.0, degree, out=np.zeros(num_nodes), where=degree > 0)
    root = np.sqrt(inverse)
    around = np.bincount(u, root[v], num_nodes) + np.bincount(v, root[u], num_nodes)
    half = around * inverse**2  # g_v / d_v
    return half[u] * half[v]
