"""DIGL: replace the edges by the strongest entries of a diffusion over the graph."""

from collections.abc import Callable

import numpy as np
import scipy.linalg
import torch
from scipy.sparse import csr_array

from workbench.cost import TooLargeError
from workbench.diagnostics.distance.hop_distance import hop_distance
from workbench.rewiring.declaration import check_stop, rewiring
from workbench.rewiring.engine.structural_order import StructuralOrder
from workbench.rewiring.result import Rewired
from workbench.ties import TIE, best_first, largest
from workbench.topology import SimpleGraph, check_edge_index, check_edge_weight
from workbench.typing import EdgeIndex, EdgeWeight

#: The largest graph whose dense diffusion is computed (0.5 GB a matrix, about a minute).
MAX_NODES = 8_000


@rewiring("graph", directed="used", symmetric=False, weighted="used")
def digl(
    edge_index: EdgeIndex,
    num_nodes: int,
    *,
    alpha: float | None = None,
    t: float | None = None,
    top_k: int | None = 64,
    threshold: float | None = None,
    self_loop_weight: float = 1.0,
    edge_weight: EdgeWeight | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rewired:
    """Graph diffusion, sparsified: each node hears the nodes from which most reaches it.

        T = D^-1/2 (A + w I) D^-1/2,   D = column sums of A + w I
        S = alpha (I - (1 - alpha) T)^-1  (personalized PageRank)   or   S = exp(t (T - I))  (heat)

    Of each column of S (what one node hears) the ``top_k`` largest entries that are at least
    ``threshold`` stay, and are divided by their sum.

    Args:
        edge_index: ``[2, edges]``; A has entry (u, v) for the column from u to v.
        num_nodes: number of nodes.
        alpha: teleport probability of PageRank, above 0 and at most 1; the paper uses 0.05 to 0.2.
            0.15 where neither it nor ``t`` is given.
        t: time of the heat kernel instead, at least 0; the paper uses 1 to 10.
        top_k: how many entries of a column stay, at least 1; None for all.
        threshold: the least entry of S that stays; None for all.
        self_loop_weight: w above.
        edge_weight: conductances ``[edges]``; 1 if not given.
        should_stop: asked before each column; if it returns True, the work ends.

    Returns:
        A ``Rewired`` with ``edge_weight``, which sums to 1 over the columns that end at a node. An
        undirected graph becomes a directed one: what u hears of v is not what v hears of u. It
        holds the self-loops that S has. Of entries that are tied, up to 1e-9, the first in
        ``canonical_order`` stay; in a directed graph that order sees the directions only through
        how much a node is heard.

    Components stay apart, and an isolated node hears itself. A self-loop of the input adds its
    weight to w. A repeated column counts once, but repeats with weights add. An entry of 0 is no
    edge. Cost: O(n^3), dense, in float64 on the CPU.

    Raises:
        Stopped: ``should_stop`` returned True.
        TooLargeError: more than 8,000 nodes.
        ValueError: ``alpha`` and ``t`` are both given, or an option is out of range.

    Examples:
        >>> from workbench.graphs import ring
        >>> from workbench.rewiring import digl
        >>> rewired = digl(ring(6).edge_index, 6, alpha=1.0)  # the walk never leaves its node
        >>> rewired.edge_index.tolist()
        [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]]
        >>> rewired.edge_weight.tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]

    References:
        Gasteiger, Weissenberger and Günnemann, Diffusion Improves Graph Learning, NeurIPS 2019,
        arXiv 1911.05485.
    """
    _check_options(alpha, t, top_k, threshold, self_loop_weight)
    check_edge_index(edge_index, num_nodes)
    if num_nodes > MAX_NODES:
        raise TooLargeError(
            f"digl keeps dense matrices of {8e-9 * num_nodes**2:.1f} GB for {num_nodes:,} nodes; "
            f"it is limited to {MAX_NODES:,}. Use fosr or sdrf for a graph of this size"
        )
    check_stop(should_stop, "digl")
    adjacency = _adjacency(edge_index, num_nodes, edge_weight)
    diffused = _diffuse(adjacency, alpha, t, self_loop_weight)
    stays = diffused > 0.0
    if threshold is not None:
        stays &= diffused >= threshold - TIE * abs(threshold)
    if top_k is not None:
        order = StructuralOrder(_both_ways(adjacency), diffused.sum(axis=1))
        for v in range(num_nodes):
            check_stop(should_stop, "digl")
            chosen = largest(diffused[:, v], count=top_k)
            if chosen.size > top_k:
                chosen = chosen[order.place[chosen].argsort()]
                chosen = chosen[best_first(diffused[chosen, v])[:top_k]]
            among = np.zeros(num_nodes, dtype=bool)
            among[chosen] = True
            stays[:, v] &= among
    diffused *= stays
    total = diffused.sum(axis=0)
    diffused /= np.where(total > 0.0, total, 1.0)
    return _rewire(edge_index, num_nodes, diffused, stays)


def _adjacency(edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None) -> csr_array:
    """A, row = from, column = to."""
    source, target = edge_index.cpu().numpy()
    if edge_weight is None:
        weight = np.ones(source.size)
    else:
        weight = check_edge_weight(edge_weight, edge_index).cpu().numpy()
    matrix = csr_array((weight, (source, target)), shape=(num_nodes, num_nodes))
    if edge_weight is None:
        matrix.data[:] = 1.0  # scipy added repeats up
    return matrix


def _diffuse(
    adjacency: csr_array, alpha: float | None, t: float | None, loops: float
) -> np.ndarray:
    """S, dense; 0 to the last bit where no path leads from row to column."""
    size = adjacency.shape[0]
    walk = adjacency.toarray() + loops * np.eye(size)
    degree = walk.sum(axis=0)
    root = np.divide(1.0, np.sqrt(degree), out=np.zeros(size), where=degree > 0.0)
    walk *= root * root[:, None]
    if t is not None:
        found = scipy.linalg.expm(t * (walk - np.eye(size))) if size else walk
    else:
        alpha = 0.15 if alpha is None else alpha
        found = alpha * np.linalg.inv(np.eye(size) - (1.0 - alpha) * walk)
    ends = np.stack(adjacency.nonzero()).astype(np.int64)
    found[np.isinf(hop_distance(torch.from_numpy(ends), size).numpy())] = 0.0
    return found


def _both_ways(adjacency: csr_array) -> SimpleGraph:
    """The graph without directions, for the order of its nodes."""
    both = (adjacency + adjacency.T).tocoo()
    above = both.row < both.col
    ends = (torch.from_numpy(both.coords[at][above].astype(np.int64)) for at in (0, 1))
    return SimpleGraph(*ends, torch.from_numpy(both.data[above]), adjacency.shape[0])


def _rewire(edge_index: EdgeIndex, num_nodes: int, weight: np.ndarray, stays: np.ndarray):
    """Columns of the input that stay, then the other entries by (source, target)."""
    source, target = edge_index.cpu().numpy()
    first = np.unique(source * num_nodes + target, return_index=True)[1]
    kept = np.zeros(source.size, dtype=bool)
    kept[first] = stays[source[first], target[first]]
    rest = stays.copy()
    rest[source[kept], target[kept]] = False
    ends = np.concatenate([edge_index.cpu().numpy()[:, kept], np.stack(rest.nonzero())], axis=1)
    return Rewired(
        edge_index=torch.from_numpy(ends).to(edge_index.device),
        num_nodes=num_nodes,
        kept=torch.from_numpy(kept).to(edge_index.device),
        edge_weight=torch.from_numpy(weight[tuple(ends)]).to(edge_index.device),
    )


def _check_options(alpha, t, top_k, threshold, self_loop_weight) -> None:
    if alpha is not None and t is not None:
        raise ValueError(
            f"alpha={alpha} asks for PageRank and t={t} for the heat kernel; give one of them"
        )
    if alpha is not None and not 0.0 < alpha <= 1.0:
        raise ValueError(f"alpha is a probability above 0 and at most 1, got {alpha}")
    if t is not None and not 0.0 <= t < float("inf"):
        raise ValueError(f"t is a time of at least 0, got {t}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, or None for all entries; got {top_k}")
    if threshold is not None and not threshold >= 0.0:
        raise ValueError(f"threshold must be at least 0, or None for all entries; got {threshold}")
    if not 0.0 <= self_loop_weight < float("inf"):
        raise ValueError(f"self_loop_weight must be finite and at least 0, got {self_loop_weight}")
