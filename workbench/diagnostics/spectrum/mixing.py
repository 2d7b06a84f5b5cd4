"""How long a random walk remembers where it began: stationary distribution and mixing time."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import (
    MEMORY_SHARE,
    TooLargeError,
    available_bytes,
    check_size,
    diagnostic,
    memory,
)
from workbench.diagnostics.spectrum.eigenpairs import partial_spectrum
from workbench.diagnostics.spectrum.exact_modes import LEAST_SHARE
from workbench.diagnostics.spectrum.full_spectrum import spectral_gap
from workbench.topology import (
    SimpleGraph,
    components,
    eigh,
    normalized_adjacency,
    one_thread,
    simple_graph,
)
from workbench.typing import EdgeIndex, EdgeWeight, NodeVector

#: The eigenvectors tell the time to a step while the slowest loses so much with each, and while no
#: root of a share of time is smaller than this.
_LEAST_GAP, _LEAST_ROOT = 1e-7, 1e-5

#: Squares of a slow walk at most: 2^200 steps.
_MOST_SQUARES = 200

#: A distance that is this much above epsilon counts as equal to it.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class MixingBounds:
    """``lower <= mixing time <= upper``, in steps."""

    lower: Float64[Tensor, ""]
    upper: Float64[Tensor, ""]


@diagnostic(
    of="node",
    scaling=0,
    seconds=lambda n, m: 1e-7 * n + 5e-7 * m,
    bytes=lambda n, m: 40.0 * n + 120.0 * m,
)
def stationary_distribution(
    edge_index: EdgeIndex, num_nodes: int, edge_weight: EdgeWeight | None = None
) -> NodeVector:
    """Share of its time that a random walk spends on each node: its degree over all degrees.

        pi_u = d_u / 2m

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``: an edge is taken with probability proportional to
            its weight; 1 where not given.

    Returns:
        ``[nodes]`` float64 on the device of the input. A walk never leaves its component, so each
        component has its own distribution, and the values of each sum to 1; an isolated node has
        1. A lazy walk has the same distribution.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed (its distribution is no matter of degrees), or a weight
            is negative.

    Examples:
        >>> from workbench.diagnostics import stationary_distribution
        >>> from workbench.graphs import path
        >>> edges = path(4).edge_index
        >>> stationary_distribution(edges, 4).round(decimals=6).tolist()
        [0.166667, 0.333333, 0.333333, 0.166667]

    References:
        Lovász, Random walks on graphs: a survey, 1993.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    degree = graph.degree()
    labels = graph.labels
    volume = torch.zeros_like(degree).index_add_(0, labels, degree)[labels]
    return torch.where(volume > 0, degree / volume, 1.0)


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 4e-10 * n**3 + 1e-8 * n**2,
    bytes=lambda n, m: 40.0 * n**2,
    limit=5_000,
    instead="mixing_time_bounds",
)
def mixing_time(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    epsilon: float = 0.25,
    lazy: bool = True,
) -> Float64[Tensor, ""]:
    """Steps until a random walk is within epsilon of its stationary distribution, exact.

        min { t :  max_u  1/2 sum_v | P^t(u, v) - pi_v |  <=  epsilon },   P = D^-1 A

    or ``(I + D^-1 A) / 2`` if lazy: the walk stays with probability 1/2.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        epsilon: largest total variation distance, over the worst start.
        lazy: whether the walk is lazy.

    Returns:
        A float64 scalar in steps, a whole number, on the device of the input. ``inf`` if the graph
        is disconnected, and for the walk that is not lazy on a bipartite graph; 0 for fewer than
        two nodes.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. One dense
    eigendecomposition, then a bisection between the bounds of ``mixing_time_bounds``, each step
    one product of the eigenvectors that are not forgotten yet. Walks so slow, or degrees so far
    apart, that this would lose digits (weak links, far outliers) are squared step by step instead,
    on the CPU, in some hundred products of matrices.

    Raises:
        TooLargeError: more nodes than ``LIMITS`` allows, or the powers of a slow walk take more
            memory than may be used; use ``mixing_time_bounds``.
        ValueError: the graph is directed, a weight is negative, ``epsilon`` is not between 0 and 1,
            or weights span more than 140 orders of magnitude.

    Examples:
        >>> from workbench.diagnostics import mixing_time
        >>> from workbench.graphs import complete
        >>> mixing_time(complete(5).edge_index, 5).item()
        2.0

    References:
        Levin and Peres, Markov chains and mixing times, 2nd edition, AMS 2017.
    """
    _check_epsilon(epsilon)
    graph = simple_graph(edge_index, num_nodes, edge_weight).unit[0]
    check_size(mixing_time, num_nodes, graph.num_edges, device=edge_index.device)
    result = torch.zeros((), dtype=torch.float64, device=edge_index.device)
    if num_nodes < 2:
        return result
    if not _mixes(graph, lazy=lazy):
        return result + torch.inf
    root = np.sqrt(graph.strength)
    root /= np.linalg.norm(root)
    modes = (*eigh(_symmetric_walk(graph, lazy=lazy)), torch.from_numpy(root).to(graph.device))
    if graph.device.type == "cpu":
        modes = (tensor.numpy() for tensor in modes)  # arrays take small products sooner
    values, vectors, root = modes
    values, vectors = values[:-1].clip(-1.0, 1.0), vectors[:, :-1]
    slowest = float(abs(values).max())
    if 1.0 - slowest < _LEAST_GAP or float(root.min()) < _LEAST_ROOT:
        return result + _by_squaring(graph, lazy, epsilon + _ROUNDING)
    lower, upper = _bounds(1.0 / max(1.0 - slowest, 1e-300), float(root.min()) ** 2, epsilon)
    low, high = max(math.ceil(lower) - 1, 0), max(math.ceil(upper), 1)
    with one_thread(num_nodes):
        return result + _first_step(values, vectors, root, low, high, epsilon + _ROUNDING)


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 200.0 * m,
)
def relaxation_time(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    lazy: bool = True,
) -> Float64[Tensor, ""]:
    """Steps in which the slowest mode of a random walk falls to 1/e: one over the absolute gap.

        t_rel = 1 / (1 - max |mu|)   over the eigenvalues mu of P other than the 1

    so twice one over ``spectral_gap`` for the lazy walk. Arguments as in ``mixing_time``.

    Returns:
        A float64 scalar in steps on the device of the input, at least 1. ``inf`` if the graph is
        disconnected, and for the walk that is not lazy on a bipartite graph; 0 for fewer than two
        nodes.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add. To a million
    nodes, with the tolerance of ``spectral_gap`` and of ``partial_spectrum``.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
        RuntimeError: the iterations do not converge.

    Examples:
        >>> from workbench.diagnostics import relaxation_time
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> round(relaxation_time(edges, 6).item(), 6)
        4.0

    References:
        Levin and Peres, Markov chains and mixing times, chapter 12, AMS 2017.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    gap = spectral_gap(edge_index, num_nodes, edge_weight)
    if num_nodes < 2:
        return torch.zeros_like(gap)
    if not _mixes(graph, lazy=lazy):
        return torch.full_like(gap, torch.inf)
    if lazy:
        return 2.0 / gap
    top = partial_spectrum(edge_index, num_nodes, edge_weight, count=1, which="largest")[0]
    least = 2.0 - top
    if not float(least) >= 2.0 * LEAST_SHARE:  # its digits are lost; two copies of the nodes, with
        # every edge from copy to copy, have it as the gap
        source, target = graph.edge_index()
        there = torch.stack([source, target + num_nodes])
        both, weight = torch.cat([there, there.flip(0)], dim=1), graph.edge_weight().repeat(2)
        least = spectral_gap(both, 2 * num_nodes, weight)
    return 1.0 / torch.minimum(gap, least)


@diagnostic(
    of="graph",
    scaling=0,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 200.0 * m,
)
def mixing_time_bounds(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    epsilon: float = 0.25,
    lazy: bool = True,
) -> MixingBounds:
    """Bounds of the mixing time from the spectral gap, to a million nodes.

        (t_rel - 1) log(1 / 2 epsilon)  <=  t_mix  <=  t_rel log(1 / (epsilon min_u pi_u))

    Returns:
        ``MixingBounds(lower, upper)``, float64 scalars in steps. Both ``inf`` where
        ``mixing_time`` is, both 0 for fewer than two nodes; the lower one is 0 from an ``epsilon``
        of 1/2 on.

    Arguments as in ``mixing_time``; self-loops, repeats, tolerance as in ``relaxation_time``.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``epsilon`` is not between 0
            and 1.
        RuntimeError: the iterations do not converge.

    References:
        Levin and Peres, Markov chains and mixing times, theorems 12.4 and 12.5, AMS 2017.
    """
    _check_epsilon(epsilon)
    slow = relaxation_time(edge_index, num_nodes, edge_weight, lazy=lazy)
    if num_nodes < 2 or slow.isinf():
        return MixingBounds(slow, slow.clone())
    smallest = float(stationary_distribution(edge_index, num_nodes, edge_weight).min())
    lower, upper = _bounds(float(slow), smallest, epsilon)
    return MixingBounds(torch.full_like(slow, lower), torch.full_like(slow, upper))


def _bounds(slow: float, smallest: float, epsilon: float) -> tuple[float, float]:
    return max((slow - 1.0) * math.log(0.5 / epsilon), 0.0), slow * math.log(1 / epsilon / smallest)


def _check_epsilon(epsilon: float) -> None:
    if not 0.0 < epsilon < 1.0:
        raise ValueError(f"epsilon is a distance between 0 and 1, got {epsilon}")


def _mixes(graph: SimpleGraph, *, lazy: bool) -> bool:
    """Whether the walk forgets its start: connected, and not bipartite unless lazy."""
    if lazy or graph.num_components > 1:
        return graph.num_components == 1
    # two copies of the nodes, every edge from copy to copy: connected if an odd cycle exists
    size = graph.num_nodes
    there, back = graph.source + size, graph.target + size
    twice = torch.stack([torch.cat([graph.source, graph.target]), torch.cat([back, there])])
    return int(components(twice, 2 * size).max()) == 0


def _symmetric_walk(graph: SimpleGraph, *, lazy: bool) -> Tensor:
    """D^-1/2 A D^-1/2, which has the eigenvalues of P; half the way to I if lazy."""
    walk = normalized_adjacency(graph)
    if lazy:
        walk *= 0.5
        walk.diagonal().add_(0.5)
    return walk


def _by_squaring(graph: SimpleGraph, lazy: bool, epsilon: float) -> float:
    """The first step at which the walk is within epsilon, from powers of P that only add.

    Rows of a power are divided by their sums, which are 1 but for rounding: small chances keep
    their digits, and no error grows.
    """
    size, free = graph.num_nodes, available_bytes()
    need = 8 * _MOST_SQUARES * size**2
    if need > MEMORY_SHARE * free:
        raise TooLargeError(
            f"the powers of a slow walk on {size:,} nodes need {memory(need)}, and {memory(free)} "
            "are free (half may be used); use mixing_time_bounds"
        )
    walk = graph.adjacency().toarray()
    walk /= walk.sum(axis=1, keepdims=True)
    if lazy:
        walk *= 0.5
        walk[np.diag_indices(size)] += 0.5
    stationary = graph.strength / graph.strength.sum()

    def far(power: np.ndarray) -> bool:
        return 0.5 * float(abs(power - stationary).sum(axis=1).max()) > epsilon

    def times(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        product = one @ other
        return product / product.sum(axis=1, keepdims=True)

    steps, now, powers = 0, np.eye(size), [walk]
    if not far(now):
        return 0.0
    with one_thread(size):
        while far(powers[-1]):
            if len(powers) == _MOST_SQUARES:
                raise ValueError(
                    f"the walk needs more than {2.0**_MOST_SQUARES:.0g} steps; leave out the "
                    "weakest edges"
                )
            powers.append(times(powers[-1], powers[-1]))
        for k in reversed(range(len(powers) - 1)):
            further = times(now, powers[k])
            if far(further):
                now, steps = further, steps + 2**k
    return float(steps + 1)


def _first_step(values, vectors, root, low: int, high: int, epsilon: float) -> int:
    """The first step at which the walk is within epsilon, expected above low and up to high.

    ``values``, ``vectors`` and ``root`` are tensors, or arrays.
    """
    least = 1e-18 * float(root.min())

    def near(steps: int) -> bool:
        """Whether the total variation distance after so many steps is small from all starts."""
        power = values**steps
        kept = abs(power) > least
        modes, power = vectors[:, kept], power[kept]
        worst = 0.0
        for at in range(0, len(root), 1024):
            # P^t(u, v) - pi_v = sqrt(d_v / d_u) sum_k mu_k^t x_uk x_vk
            apart = abs((modes[at : at + 1024] * power) @ modes.T) @ root / root[at : at + 1024]
            worst = max(worst, 0.5 * float(apart.max()))
        return worst <= epsilon

    while not near(high):
        low, high = high, 2 * high
    if near(low):
        low, high = -1, low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if near(middle) else (middle, high)
    return high
