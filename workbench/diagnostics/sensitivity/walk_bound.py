"""How much of one node can reach another at most: an upper bound of the Jacobian by walks."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from workbench.cost import check_count, check_size, diagnostic
from workbench.diagnostics.sensitivity.chosen_rows import NodeChoice, chosen_rows
from workbench.topology import check_edge_index, check_edge_weight
from workbench.topology.search import lists
from workbench.typing import EdgeIndex, EdgeWeight


@diagnostic(
    of="pair",
    scaling=0,
    # ten layers
    seconds=lambda n, m: 4e-8 * n * (n + 2.0 * m),
    bytes=lambda n, m: 24.0 * n**2 + 100.0 * m,
    limit=15_000,
    instead="walk_bound(..., nodes=...)",
    advice="a few chosen nodes cost one row each",
)
def walk_bound(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_layers: int,
    lipschitz: float = 1.0,
    weight_bound: float = 1.0,
    width: int = 1,
    self_weight: float = 1.0,
    neighbor_weight: float = 1.0,
    normalization: Literal["symmetric", "row", "none"] = "symmetric",
    self_loops: bool = False,
    norm: Literal["frobenius", "l1", "spectral"] = "frobenius",
    nodes: NodeChoice | None = None,
    log: bool = False,
) -> Float64[Tensor, "rows nodes"]:
    """Upper bound on the sensitivity of every node to every other, by weighted walks.

        || d h_v^(m) / d h_u^(0) || <= (c_sigma w p)^m (S^m)_vu,   S = c_r I + c_a Aop

    for every model of m layers

        h_v' = sigma(c_r W_r h_v + c_a W_a sum_u Aop_vu h_u),   |sigma'| <= c_sigma, |W_ij| <= w

    whose states have at most p channels.

    Args:
        edge_index: ``[2, edges]``; messages go from row 0 to row 1, so both directions of every
            undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        num_layers: m, at least 1.
        lipschitz: c_sigma, the largest slope of the activation; 1 for ReLU, tanh and none.
        weight_bound: w, the largest modulus of an entry of any weight matrix.
        width: p, the largest number of channels of any state, input and output among them.
        self_weight: c_r, not negative; 0 for a GCN, whose own state comes by its self-loop.
        neighbor_weight: c_a, not negative.
        normalization: of Aop: ``"symmetric"`` for D^{-1/2} A D^{-1/2}, ``"row"`` for D^{-1} A (the
            mean), ``"none"`` for A (the sum). D counts what arrives at a node.
        self_loops: one more loop of weight 1 at every node before normalizing, as in a GCN.
        norm: which norm of ``sensitivity`` is bounded. The bound holds for ``"frobenius"``, for
            ``"spectral"`` and for the induced 1-norm; the sum over all pairs of channels, which
            ``"l1"`` means there, can be p times larger, and so is its bound here.
        nodes: the output nodes wanted, in this order, or a boolean mask of them; all if not given.
        log: return the natural logarithm, ``-inf`` where the bound is 0.

    Returns:
        ``[nodes, nodes]`` float64 (``[rows, nodes]`` for chosen nodes) on the device of
        ``edge_index``, row v = output, column u = input, in units of output per unit of input.
        Exactly 0 where no walk of at most m steps
        leads from u to v: beyond reach, or in another component. Where c_r is 0 and there are no
        loops, only walks of exactly m steps count.

    Loops in the list are dropped. A repeated edge counts once; with weights, repeats add. So
    coalesce the list that a model is given, or its sums are not those of the bound. Directed
    graphs are taken as they stand. A node that nothing reaches keeps its own state only.

    Powers are scaled row by row, so depth does not overflow; the result itself is ``inf`` or 0
    where float64 ends (``log=True`` reaches further), and an entry 308 orders of magnitude below
    the largest of its row is 0. Cost: m products of a sparse matrix and a dense one.

    Differs from the paper: the paper writes its norm as L1. Its bound is that of the induced 1-norm
    (largest column sum); the sum of all entries is bounded with the factor p that ``norm="l1"``
    adds.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows, without ``nodes``.
        ValueError: a bound is negative or not finite, ``num_layers`` or ``width`` is below 1, a
            conductance is negative, ``nodes`` names a node that does not exist or is a mask of
            another length, or an option is unknown.
        TypeError: ``nodes`` holds something else than nodes.

    References:
        Di Giovanni, Giusti, Barbero, Luise, Liò and Bronstein, On over-squashing in message
        passing neural networks: the impact of width, depth, and topology, ICML 2023,
        arXiv 2302.02941, theorem 3.2.
    """
    _check(num_layers, width, norm)
    for name, value in {
        "lipschitz": lipschitz,
        "weight_bound": weight_bound,
        "self_weight": self_weight,
        "neighbor_weight": neighbor_weight,
    }.items():
        if not 0.0 <= value < float("inf"):
            raise ValueError(f"{name} bounds a modulus: finite and not negative, got {value}")
    operator = message_operator(
        edge_index, num_nodes, edge_weight, normalization=normalization, self_loops=self_loops
    )
    if nodes is None:
        check_size(walk_bound, num_nodes, edge_index.size(1) // 2, device=edge_index.device)
    nodes = chosen_rows(nodes, num_nodes)
    growth = lipschitz * weight_bound * width
    back = operator.T.coalesce()  # walks are followed back from their ends, one column for each
    rows = nodes.numel()
    walks = torch.zeros(num_nodes, rows, dtype=torch.float64, device=edge_index.device)
    walks[nodes.to(walks.device), torch.arange(rows, device=walks.device)] = 1.0
    exponent = torch.zeros(rows, dtype=torch.float64, device=edge_index.device)
    for _ in range(num_layers):
        step = torch.sparse.mm(back, walks).mul_(growth * neighbor_weight)
        walks = step.add_(walks, alpha=growth * self_weight)
        largest = walks.amax(0) if num_nodes else exponent
        # a power of two, so that scaling does not round
        scale = torch.frexp(largest.clamp(min=torch.finfo(torch.float64).tiny)).exponent
        walks = torch.ldexp(walks, -scale)
        exponent += scale
    if norm == "l1":
        walks *= width
    if log:
        return walks.log_().add_(exponent * torch.log(exponent.new_tensor(2.0))).T
    # in two halves: a power of two may leave the range of float64 where the product does not
    half = (exponent / 2).trunc()
    bound = walks * torch.exp2(half) * torch.exp2(exponent - half)
    return torch.where(walks > 0, bound, 0.0).T


def message_operator(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    normalization: Literal["symmetric", "row", "none"] = "symmetric",
    self_loops: bool = False,
) -> Float[Tensor, "nodes nodes"]:
    """Sparse matrix by which one round of messages mixes the nodes: row = receiver.

    Options, loops, repeats and weights: as in ``walk_bound``. Degrees of 0 give rows of 0.

    Raises:
        ValueError: a conductance is negative or not finite, or ``normalization`` is unknown.
    """
    if normalization not in ("symmetric", "row", "none"):
        raise ValueError(f'normalization is "symmetric", "row" or "none", got {normalization!r}')
    check_edge_index(edge_index, num_nodes)
    source, target = edge_index.cpu().numpy()
    off = source != target
    ends = target[off], source[off]
    loops = np.arange(num_nodes if self_loops else 0)
    start, column = lists(*(np.concatenate([end, loops]) for end in ends), num_nodes)
    row = np.repeat(np.arange(num_nodes), np.diff(start))
    weight = np.ones(column.size)
    if edge_weight is not None:
        given = check_edge_weight(edge_weight, edge_index).cpu().numpy()[off]
        at = np.searchsorted(row * num_nodes + column, ends[0] * num_nodes + ends[1])
        weight = np.where(row == column, 1.0, np.bincount(at, given, column.size))
    degree = np.bincount(row, weight, num_nodes)
    inverse = np.divide(1.0, degree, out=np.zeros(num_nodes), where=degree > 0)
    if normalization == "row":
        weight = weight * inverse[row]
    elif normalization == "symmetric":
        # of shares, since the product of two degrees may be beyond what float64 holds
        weight = np.sqrt((weight * inverse[row]) * (weight * inverse[column]))
    made = (
        torch.from_numpy(array).to(edge_index.device) for array in (np.stack([row, column]), weight)
    )
    return torch.sparse_coo_tensor(
        *made, (num_nodes, num_nodes), is_coalesced=True, check_invariants=False
    )


def _check(num_layers: int, width: int, norm: str) -> None:
    if num_layers < 1:
        raise ValueError(f"the bound is for at least one layer, got num_layers={num_layers}")
    check_count("num_layers", num_layers, 10_000)
    if width < 1:
        raise ValueError(f"width is a number of channels, at least 1, got {width}")
    if norm not in ("frobenius", "l1", "spectral"):
        raise ValueError(f'norm must be "frobenius", "l1" or "spectral", got {norm!r}')
