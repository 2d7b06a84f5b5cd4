"""Upper bounds of the Jacobian that fall with effective resistance."""

from typing import Literal

import torch

from workbench.cost import check_count, check_size, diagnostic
from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.diagnostics.sensitivity.walk_bound import message_operator
from workbench.diagnostics.spectrum.full_spectrum import laplacian_spectrum
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, PairMatrix


@diagnostic(
    of="pair",
    scaling=0,
    seconds=lambda n, m: 1e-10 * n**3 + 1e-8 * n * (n + 2.0 * m),
    bytes=lambda n, m: 32.0 * n**2 + 100.0 * m,
    limit=10_000,
    instead="resistance_of_pairs",
    advice="the bound falls with the resistance of a pair",
)
def resistance_bound(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_layers: int,
    update_bound: float = 1.0,
    message_bound: float = 1.0,
    method: Literal["resistance", "walks"] = "resistance",
) -> PairMatrix:
    """Upper bound on the sensitivity of every node to every other, by their effective resistance.

        || d h_u^(r) / d h_v^(0) || <= (2 alpha beta)^r B_uv

        "walks":       B_uv = sum_{l <= r} (Ahat^l)_uv
        "resistance":  B_uv = d_max / 2 (2 / d_min (r + 1 + mu^(r+1) / (1 - mu)) - R_uv)

    with Ahat = D^{-1/2} A D^{-1/2} and mu the largest modulus of its eigenvalues but the first; for
    models whose layers are ``h_u' = phi(h_u, sum_v Ahat_uv psi(h_v))``, where both partial
    derivatives of phi have norm at most alpha and that of psi at most beta, alpha beta and beta
    not below 1 or taken as 1. The second bound is never below the first, and shows what matters:
    the larger the resistance of a pair, the less can pass between them.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        num_layers: r, at least 1.
        update_bound: alpha.
        message_bound: beta; below 1 it counts as 1.
        method: which of the two.

    Returns:
        ``[nodes, nodes]`` float64, symmetric, on the device of ``edge_index``, in units of output
        per unit of input; of the spectral norm (or any other submultiplicative one, in which the
        layers are bounded). ``inf`` where (2 alpha beta)^r leaves float64. With ``"walks"`` 0
        between nodes more than r steps apart.

    Isolated nodes, components: only with ``"walks"``, where nothing passes between them.

    Differs from the paper: its messages may depend on the receiver too; for those the inequality
    as it is usually quoted fails (the tests hold a linear model on a triangle that exceeds it), so
    here the messages depend on the sender alone.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows; for the resistances use
            ``resistance_of_pairs``.
        ValueError: with ``"resistance"`` the graph is disconnected or bipartite (mu is 1, and the
            bound infinite); the graph is directed, a bound is negative, ``num_layers`` is below 1
            or ``method`` is unknown.

    Examples:
        >>> from workbench.diagnostics import resistance_bound
        >>> from workbench.graphs import barbell
        >>> bound = resistance_bound(barbell(4, 0).edge_index, 8, num_layers=3)
        >>> bool(bound[0, 7] < bound[0, 1])  # across the bridge less can pass
        True

    References:
        Black, Wan, Nayyeri and Wang, Understanding oversquashing in GNNs through the lens of
        effective resistance, ICML 2023, arXiv 2302.06835.
    """
    if method not in ("resistance", "walks"):
        raise ValueError(f'method is "resistance" or "walks", got {method!r}')
    if num_layers < 1:
        raise ValueError(f"the bound is for at least one layer, got num_layers={num_layers}")
    check_count("num_layers", num_layers, 10_000)
    for name, value in (("update_bound", update_bound), ("message_bound", message_bound)):
        if not 0.0 <= value < float("inf"):
            raise ValueError(f"{name} bounds a norm: finite and not negative, got {value}")
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    check_size(resistance_bound, num_nodes, graph.num_edges, device=edge_index.device)
    growth = torch.tensor(2.0 * update_bound * max(message_bound, 1.0), dtype=torch.float64)
    scale = float(growth**num_layers)
    if method == "walks":
        operator = message_operator(edge_index, num_nodes, edge_weight)
        power = torch.eye(num_nodes, dtype=torch.float64, device=edge_index.device)
        total = power.clone()
        for _ in range(num_layers):
            power = torch.sparse.mm(operator, power)
            total += power
        return torch.where(total > 0, total * scale, 0.0)
    values = laplacian_spectrum(edge_index, num_nodes, edge_weight)
    mu = float((1.0 - values[1:]).abs().max()) if num_nodes > 1 else 0.0
    if num_nodes < 2 or float(values[1]) == 0.0 or mu > 1.0 - 1e-12:
        kind = "bipartite" if num_nodes > 1 and float(values[1]) > 0.0 else "disconnected"
        raise ValueError(
            f"the bound by resistance is infinite on this graph of {num_nodes} nodes, which is "
            f'{kind}; use method="walks"'
        )
    degree = graph.degree()
    series = num_layers + 1 + mu ** (num_layers + 1) / (1.0 - mu)
    least, most = float(degree.min()), float(degree.max())
    return (2.0 / least * series - all_pairs(graph)).mul_(most / 2.0 * scale)
