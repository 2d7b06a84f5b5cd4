"""FoSR: add the edge that raises the spectral gap most to first order, again and again."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.rewiring.declaration import check_num_edges, check_stop, rewiring
from workbench.rewiring.engine.fosr_state import FosrState
from workbench.rewiring.engine.growth import grow
from workbench.rewiring.result import Rewired, apply_edits
from workbench.typing import EdgeIndex


@rewiring("edits", greedy=FosrState)
def fosr(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_edges: int = 10,
    power_iterations: int = 5,
    initial: Float[Tensor, " nodes"] | None = None,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Add edges greedily, each by its first-order effect on the spectral gap.

    With x close to the second eigenvector of D^-1/2 A D^-1/2, each edit adds the non-edge (u, v)
    that minimizes x_u x_v / sqrt((1 + d_u) (1 + d_v)), and then improves x by one power step of
    I + D^-1/2 A D^-1/2 on the complement of sqrt(d).

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes, isolated ones included.
        num_edges: how many edges to add. The released code's default is 50.
        power_iterations: power steps before the first edge; 5 as released. A step shrinks the part
            of x along an eigenvalue l of the normalized Laplacian by (2 - l) / (2 - gap), beside
            the wanted part, so 5 steps leave x close to where it starts. 50 reach the eigenvector
            where the next eigenvalue is well above the gap (karate, barbells: cosine 1.00), not on
            long thin graphs (a path of 100 nodes: 0.27, the median of 20 starts).
        initial: where x starts, ``[nodes]``, any length; by default uniform on [-1, 1].
        generator: draws ``initial`` if it is not given. Default: one with seed 0.
        should_stop: asked before each edge; if it returns True, the work ends.

    Returns:
        A ``Rewired``; ``score`` is -2 x_u x_v / sqrt((1 + d_u) (1 + d_v)), the first-order rise of
        the gap. Of pairs that are tied, up to 1e-9, the first by the entries of the start is
        added, then by ``canonical_order``. Fewer edges come back if the graph is complete.
        There is no guarantee that the gap rises.

    Another numbering of the nodes leads to the same scores where ``initial`` goes with it. The
    random start does not: it is drawn in the order of the numbers.

    Between components x changes sign, so components are joined first; an isolated node keeps its
    entry of x (a walker there stays) and is joined like any component. Self-loops stay and do not
    matter, repeated edges count once, weights play no role. Cost: O(n log n + m) an edge; no n x n
    array is formed. Runs on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        ValueError: the graph is directed, a number is negative, or ``initial`` has another length
            or an entry that is not finite.

    Differs from the released code: it fails on isolated nodes and adds self-loops to complete
    graphs; this treats the first as above and stops at the second.

    Examples:
        >>> from workbench.diagnostics import spectral_gap
        >>> from workbench.graphs import barbell
        >>> from workbench.rewiring import fosr
        >>> data = barbell(5)
        >>> rewired = fosr(data.edge_index, 10, num_edges=2)
        >>> ((rewired.added < 5).sum(0) == 1).tolist()  # from one clique to the other
        [True, True]
        >>> before, after = (spectral_gap(e, 10) for e in (data.edge_index, rewired.edge_index))
        >>> bool(after > before)
        True

    References:
        Karhadkar, Banerjee and Montúfar, FoSR: First-order spectral rewiring for addressing
        oversquashing in GNNs, ICLR 2023, arXiv 2210.11790.
    """
    check_num_edges(num_edges)
    check_stop(should_stop, "fosr")
    given = {"power_iterations": power_iterations, "initial": initial, "generator": generator}
    state = FosrState(edge_index, num_nodes, **given)
    made = grow(state, num_edges, should_stop, "fosr").edits()
    return apply_edits(edge_index, num_nodes, *made, graph=state.graph)
