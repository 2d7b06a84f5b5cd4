"""Total resistance of large graphs: exact where elimination stays sparse, else estimated."""

import torch

from workbench.cost import diagnostic
from workbench.diagnostics.resistance.all_pairs import total_resistance
from workbench.diagnostics.resistance.elimination import BY_SUMS
from workbench.diagnostics.resistance.pair_sums import estimated_pair_sums
from workbench.diagnostics.resistance.trace import Approximation
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@diagnostic(
    of="graph",
    scaling=-1,
    seconds=lambda n, m: 2e-5 * (n + m),
    bytes=lambda n, m: 1500.0 * n + 200.0 * m,
    how=BY_SUMS,
)
def approximate_total_resistance(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_probes: int = 64,
    within_components: bool = False,
    generator: torch.Generator | None = None,
) -> Approximation:
    """``total_resistance`` to a million nodes: an unbiased estimate with its standard error.

        R_tot = n tr(L^+),   the trace by Hutch++

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        num_probes: number of solves per component where the sum has to be estimated, at least 6.
        within_components: sum over pairs inside one component only.
        generator: source of the random signs, on the CPU; a fresh one with seed 0 if not given.

    Returns:
        ``Approximation(value, standard_error)``, float64 scalars, in unit resistors. ``inf`` with
        error 0 if the graph is disconnected, unless ``within_components``. Exact, with error 0,
        where elimination stays sparse (roads, grids, trees) and for components of up to 500 nodes.

    Self-loops, repeats, isolated nodes: as in ``total_resistance``. Solves of an estimate are
    iterations with a relative error of 1e-6, far below the standard error.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``num_probes`` is below 6.

    Examples:
        >>> from workbench.diagnostics import approximate_total_resistance
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> round(approximate_total_resistance(edges, 6).value.item(), 6)  # (n^3 - n) / 12
        17.5

    References:
        Meyer, Musco, Musco and Woodruff, Hutch++: optimal stochastic trace estimation, SOSA 2021,
        arXiv 2010.09649. Ghosh, Boyd and Saberi, SIAM Review 50, 2008.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    mass = torch.ones(num_nodes, dtype=torch.float64, device=edge_index.device)
    if graph.num_components > 1 and not within_components:
        return Approximation(mass.new_full((), torch.inf), mass.new_zeros(()))
    return estimated_pair_sums(total_resistance, graph, mass, num_probes, generator)
