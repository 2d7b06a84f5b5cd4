"""Kemeny's constant: how many steps a random walk needs to anywhere, on average."""

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import diagnostic
from workbench.diagnostics.resistance.elimination import BY_SUMS, OR_SPARSE
from workbench.diagnostics.resistance.pair_sums import estimated_pair_sums, pair_sums
from workbench.diagnostics.resistance.trace import Approximation
from workbench.topology import SimpleGraph, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 2.5e-11 * n**3 + 5e-9 * n**2,
    bytes=lambda n, m: 8.0 * n**2,
    limit=20_000,
    instead="approximate_kemeny_constant",
    how=OR_SPARSE,
)
def kemeny_constant(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    within_components: bool = False,
) -> Float64[Tensor, ""]:
    """Expected steps of a random walk to a node drawn from its stationary distribution.

        K = sum_v pi_v H_uv = sum_{i>=2} 1 / lambda_i = 1 / (4 m) sum_{u,v} d_u d_v R_uv

    the same from every u; lambda are the eigenvalues of the normalized Laplacian, 2 m is the sum
    of the degrees d, and the last sum takes every pair in both orders.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``: an edge is taken with probability proportional to
            its weight; 1 where not given.
        within_components: add up the constants of the components, so that the sum is finite.

    Returns:
        A float64 scalar, in steps; ``inf`` if the graph is disconnected, unless
        ``within_components``. No node, or a single one, gives 0.

    Self-loops are dropped, so the walk never stays. A repeated edge counts once; with weights,
    repeats add. An isolated node is a component of constant 0. Multiplying all weights by one
    number changes nothing. From one Cholesky inverse per component, or, where elimination stays
    sparse (roads, grids, trees), from that, to a million nodes.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows, and elimination does not stay sparse; use
            ``approximate_kemeny_constant``.
        ValueError: the graph is directed, or a weight is negative; or on large sparse graphs, a
            weak link leaves too few digits.

    Examples:
        >>> from workbench.diagnostics import kemeny_constant
        >>> from workbench.graphs import complete
        >>> round(kemeny_constant(complete(5).edge_index, 5).item(), 9)  # (n - 1)^2 / n
        3.2

    References:
        Kemeny and Snell, Finite Markov Chains, 1960. Levene and Loizou, Kemeny's constant and the
        random surfer, Amer. Math. Monthly 109, 2002.
    """
    graph, volume = _volumes(edge_index, num_nodes, edge_weight)
    if volume.numel() > 1 and not within_components:
        return volume.new_full((), torch.inf)
    sums = pair_sums(kemeny_constant, graph, graph.degree())
    return torch.where(volume > 0, sums / volume, 0.0).sum()


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 2e-5 * (n + m),
    bytes=lambda n, m: 1500.0 * n + 200.0 * m,
    how=BY_SUMS,
)
def approximate_kemeny_constant(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_probes: int = 64,
    within_components: bool = False,
    generator: torch.Generator | None = None,
) -> Approximation:
    """``kemeny_constant`` to a million nodes: an unbiased estimate with its standard error.

        K = tr(N^+),   N the normalized Laplacian, the trace by Hutch++

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        num_probes: number of solves per component where K has to be estimated, at least 6.
        within_components: add up the constants of the components.
        generator: source of the random signs, on the CPU; a fresh one with seed 0 if not given.

    Returns:
        ``Approximation(value, standard_error)``, float64 scalars, in steps. ``inf`` with error 0 if
        the graph is disconnected, unless ``within_components``. Exact, with error 0, where
        elimination stays sparse and for components of up to 500 nodes.

    Self-loops, repeats, isolated nodes and weights: as in ``kemeny_constant``. Solves of an
    estimate are iterations with a relative error of 1e-6, far below the standard error.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``num_probes`` is below 6.

    Examples:
        >>> from workbench.diagnostics import approximate_kemeny_constant
        >>> from workbench.graphs import complete
        >>> found = approximate_kemeny_constant(complete(5).edge_index, 5)
        >>> round(found.value.item(), 6)
        3.2

    References:
        Meyer, Musco, Musco and Woodruff, Hutch++: optimal stochastic trace estimation, SOSA 2021,
        arXiv 2010.09649. Levene and Loizou 2002.
    """
    graph, volume = _volumes(edge_index, num_nodes, edge_weight)
    if volume.numel() > 1 and not within_components:
        return Approximation(volume.new_full((), torch.inf), volume.new_zeros(()))
    # K is the sum of d_u d_v R_uv over the volume, whose root each mass takes in
    mass = graph.degree() / volume.clamp(min=torch.finfo(torch.float64).tiny).sqrt()[graph.labels]
    return estimated_pair_sums(kemeny_constant, graph, mass, num_probes, generator)


def _volumes(edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None):
    """The undirected graph, and each component's sum of degrees."""
    graph: SimpleGraph = simple_graph(edge_index, num_nodes, edge_weight).unit[0]
    degree = graph.degree()
    return graph, degree.new_zeros(graph.num_components).index_add_(0, graph.labels, degree)
