"""LASER: join each node with the few nodes at 2, 3, ... hops that hear it least."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from workbench.cost import TooLargeError, check_count
from workbench.diagnostics.distance.hop_distance import hop_distance
from workbench.rewiring.declaration import check_stop, check_variant, rewiring
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired
from workbench.ties import levels
from workbench.topology import both_directions, simple_graph
from workbench.typing import EdgeIndex

#: The largest graph whose dense matrices are made (some GB, a minute).
MAX_NODES = 8_000
#: Walks of this many steps measure how well two nodes are connected, as in the paper.
WALK = 8


@rewiring("graph")
def laser(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    num_snapshots: int = 3,
    rho: float = 0.5,
    minimum: int = 1,
    variant: Literal["paper", "official"] = "paper",
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    r"""Locality-aware sequential rewiring, with walks as the measure of connectivity.

    Snapshot r = 2, 3, ... holds, of each node v, a share of the nodes at exactly r hops: those u of
    the lowest

    .. math::
        \mu(v, u) = \big((A + I)^8\big)_{vu}

    How far an edge reaches grows by one hop from snapshot to snapshot (locality), few edges are
    added (sparsity), and they go where messages get through least (over-squashing). A layer of the
    paper's models adds up a message passing over each snapshot, with weights of its own: relations
    by ``edge_type``.

    Args:
        edge_index: ``[2, edges]``, undirected.
        num_nodes: number of nodes.
        num_snapshots: the graph itself counts as the first, at least 1; 3 as for Peptides.
        rho: share of the nodes at r hops that a node is joined with, from 0 to 1.
        minimum: but at least so many, where there are so many.
        variant: ``"paper"``; or ``"official"`` for the edges of the released code (see below).
        should_stop: asked before each snapshot; if it returns True, the work ends.

    Returns:
        A ``Rewired``: the columns of the input (type 0), then both directions of the new edges of
        snapshot r (type r - 1), by (source, target). An edge that one end asks for is there for
        both. Of nodes of the same measure, up to 1e-9, the first in ``canonical_order`` are taken.

    Self-loops and repeats stay and count for nothing. Components stay apart, isolated nodes stay
    isolated. Weights play no role and stay with the edges of the input; new ones have conductance
    1. O(n^3), dense, on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 8,000 nodes.
        ValueError: the graph is directed, or an option is out of range.

    Differs from the paper: nothing. The released code (``variant="official"``) writes distances
    into the matrix that it takes steps with, so that snapshot 3 holds nodes at 3 and 4 hops,
    snapshot 4 at 5 to 8, and the measure is the 8th power of that matrix; each node looks only at
    nodes of smaller numbers, and is joined one way, from it to them.

    Examples:
        >>> from workbench.graphs import path
        >>> from workbench.rewiring import laser
        >>> rewired = laser(path(5).edge_index, 5, num_snapshots=2, rho=1.0)  # all at two hops
        >>> rewired.edge_index[:, rewired.is_new].tolist()
        [[0, 1, 2, 2, 3, 4], [2, 3, 0, 4, 1, 2]]

    References:
        Barbero, Velingker, Saberi, Bronstein and Di Giovanni, Locality-Aware Graph-Rewiring in
        GNNs, ICLR 2024, arXiv 2310.01668.
    """
    check_variant(variant)
    check_count("num_snapshots", num_snapshots, 1_000)
    if num_snapshots < 1 or minimum < 0 or not 0 <= rho <= 1:
        raise ValueError(
            "num_snapshots must be at least 1, minimum at least 0 and rho from 0 to 1; got "
            f"{num_snapshots}, {minimum} and {rho}"
        )
    graph = simple_graph(edge_index, num_nodes)
    if num_nodes > MAX_NODES:
        raise TooLargeError(
            f"laser keeps dense matrices of {8e-9 * num_nodes**2:.1f} GB for {num_nodes:,} nodes; "
            f"it is limited to {MAX_NODES:,}. Use fosr or sdrf for a graph of this size"
        )
    check_stop(should_stop, "laser")
    ends = both_directions(graph.source, graph.target).cpu()
    order = StructuralOrder(graph)
    if variant == "paper":
        hops = hop_distance(ends, num_nodes).numpy()
        measure = np.linalg.matrix_power(_with_loops(ends, num_nodes), WALK)
    else:
        hops, measure = _released_distances(ends, num_nodes, num_snapshots)
    found = []
    for hop in range(2, num_snapshots + 1):
        check_stop(should_stop, "laser")
        rows = [np.zeros((2, 0), dtype=np.int64)]
        for v in range(num_nodes):
            orbit = np.flatnonzero(hops[v] == hop)
            count = min(orbit.size, max(minimum, round(orbit.size * rho)))
            if count:
                rank = levels(measure[v, orbit])
                ties = order.place[orbit] if variant == "paper" else orbit
                chosen = orbit[np.lexsort((ties, rank))[:count]]
                rows.append(np.stack([np.full(count, v), chosen]))
        pairs = np.concatenate(rows, axis=1)
        if variant == "paper":
            pairs = np.concatenate([pairs, pairs[::-1]], axis=1)
        found.append(np.unique(pairs, axis=1))
    new = torch.from_numpy(np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1))
    sizes = torch.tensor([edge_index.size(1), *(pairs.shape[1] for pairs in found)])
    return Rewired(
        edge_index=torch.cat([edge_index, new.to(edge_index.device)], dim=1),
        num_nodes=num_nodes,
        kept=torch.ones(edge_index.size(1), dtype=torch.bool, device=edge_index.device),
        edge_type=torch.arange(sizes.numel()).repeat_interleave(sizes).to(edge_index.device),
    )


def _with_loops(ends: torch.Tensor, num_nodes: int) -> np.ndarray:
    """A + I, dense."""
    matrix = np.eye(num_nodes)
    matrix[tuple(ends.numpy())] = 1.0
    return matrix


def _released_distances(ends: torch.Tensor, num_nodes: int, num_snapshots: int) -> tuple:
    """What the released code takes for distances (below the diagonal) and for the measure."""
    steps = _with_loops(ends, num_nodes)
    ahead = steps
    for hop in range(2, num_snapshots + 1):
        reached = (ahead @ steps > 0).astype(np.float64)
        steps = np.where((reached > 0) & (steps == 0), float(hop), steps)
        ahead = reached
    return np.tril(steps, -1), np.linalg.matrix_power(steps, WALK)
