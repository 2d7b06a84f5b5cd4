"""Join the nodes at two hops: the shortcut that every rewiring has to beat."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import csr_array

from workbench.cost import TooLargeError
from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.one_cut import one_cut
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired, apply_edits
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex

#: The most walks of two steps that are listed (some GB).
MAX_WALKS = 300_000_000


@rewiring("edits")
def two_hop(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Add edges between nodes at two hops, those of the most common neighbors first.

    With a large budget this is the square of the graph, on which a model sees twice as far.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_edges: how many edges to add, fewer if there are no more pairs at two hops.
        should_stop: asked once; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is the number of common neighbors in the graph before any edit. Of
        pairs that are tied the first in ``canonical_order`` come first.

    Self-loops of the input stay and lead nowhere; repeated edges count once. No components are
    joined. Weights play no role. Cost: the walks of two steps, sum of squared degrees.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: there are more than 300 million walks of two steps.
        ValueError: the graph is directed or ``num_edges`` is negative.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import two_hop
        >>> rewired = two_hop(ring(4).edge_index, 4)
        >>> rewired.edge_index.size(1) // 2, rewired.score.tolist()  # both diagonals
        (6, [2.0, 2.0])
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "two_hop")
    graph = simple_graph(edge_index, num_nodes)
    start, node = graph.neighbors[:2]
    walks = int((np.diff(start) ** 2).sum())
    if walks > MAX_WALKS:
        raise TooLargeError(
            f"{walks:,} walks of two steps, more than {MAX_WALKS:,}: nodes of many neighbors join "
            "all of them; use fosr or sdrf"
        )
    matrix = csr_array((np.ones(node.size), node, start), shape=(num_nodes, num_nodes))
    common = (matrix @ matrix).tocoo()
    u, v = graph.ends
    a, b = (part.astype(np.int64) for part in common.coords)
    free = (a < b) & ~np.isin(a * num_nodes + b, u * num_nodes + v)
    a, b, score = a[free], b[free], common.data[free]
    best, num_tied = one_cut(a, b, score, num_edges, StructuralOrder(graph))
    edits = torch.from_numpy(np.stack([np.ones(best.size, dtype=np.int64), a[best], b[best]]))
    scores = torch.from_numpy(score[best])
    return apply_edits(edge_index, num_nodes, edits, scores, torch.from_numpy(num_tied))
