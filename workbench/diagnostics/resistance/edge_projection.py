"""Resistance of all edges of a graph that cannot be eliminated: by random projection."""

import time
from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import csr_array

from workbench.cost import LONGEST_SECONDS, Stopped, TooLargeError
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.topology import SimpleGraph

#: Projections that one solve takes together; as many tell how many are needed.
_BLOCK = 32

#: Share of the edges that are to be within the tolerance, at two standard errors.
_SHARE = 0.98

#: Relative error of the energy of each solve: far below that of the projections.
_SOLVE_TOLERANCE = 1e-4


def projected_edges(
    graph: SimpleGraph,
    tolerance: float,
    generator: torch.Generator,
    should_stop: Callable[[], bool] | None = None,
) -> np.ndarray:
    """Resistance of every edge of a connected graph, within ``tolerance`` in most cases.

    One step of the random walk from both ends is taken exactly, and the rest is projected:

        R_uv = 1/d_u + 1/d_v - 2 w_uv / (d_u d_v) + b'^T L^+ b',   b' = P^T (1_u - 1_v),  P = D^-1 A

    Random signs s on the edges make currents B^T W^1/2 s, and those potentials x; the square of
    (P x)_u - (P x)_v has the mean b'^T L^+ b' and, over q draws, a relative standard error of at
    most sqrt(2 / q). On expanders the rest is small, some 1/d of R, so that few draws do: the
    first block tells its share r of each R, and q is such that 2 sqrt(2 / q) r is at most
    ``tolerance`` for 98 % of the edges. Values are kept between what Rayleigh's law allows: all
    other nodes joined into one, and the edge alone.

    References:
        Spielman and Srivastava, Graph sparsification by effective resistances, SIAM J. Comput. 40,
        2011, arXiv 0803.0929.
    """
    adjacency, degree = graph.adjacency(), graph.degree().numpy()
    source, target, weight = graph.source.numpy(), graph.target.numpy(), graph.weight.numpy()
    solver = LaplacianSolver(adjacency, tolerance=_SOLVE_TOLERANCE, method="cg")
    near = (degree[source] + degree[target] - 2.0 * weight) / (degree[source] * degree[target])
    low, high = _bounds(graph)
    incidence, root = _incidence(graph), np.sqrt(weight)[:, None]
    rest, done, count, began = np.zeros(weight.size), 0, _BLOCK, time.perf_counter()
    while done < count:
        if should_stop is not None and should_stop():
            raise Stopped("the caller asked to stop")
        signs = torch.randint(0, 2, (weight.size, _BLOCK), generator=generator).numpy() * 2.0 - 1.0
        walked = adjacency @ solver.solve(incidence @ (root * signs)) / degree[:, None]
        rest += ((walked[source] - walked[target]) ** 2).sum(axis=1)
        done += _BLOCK
        if done == _BLOCK:
            value = np.clip(near + rest / done, low, high)
            share = np.quantile(np.clip(rest / done / value, 0.0, 1.0), _SHARE)
            count = max(_BLOCK, int(np.ceil(8.0 * share**2 / tolerance**2)))
            expected = (time.perf_counter() - began) / done * count
            if expected > 20 * LONGEST_SECONDS:
                raise TooLargeError(
                    f"resistance_of_edges of {weight.size:,} edges on {graph.num_nodes:,} nodes "
                    f"would take about {expected / 60:.0f} minutes for a tolerance of "
                    f"{tolerance:g}; give a larger tolerance, or ask resistance_of_pairs for the "
                    "edges that matter"
                )
    return np.clip(near + rest / done, low, high)


def _incidence(graph: SimpleGraph) -> csr_array:
    """B^T: column e holds 1 at the source and -1 at the target of edge e."""
    count = graph.num_edges
    ends = np.concatenate([graph.source.numpy(), graph.target.numpy()])
    values = np.concatenate([np.ones(count), -np.ones(count)])
    columns = np.concatenate([np.arange(count)] * 2)
    return csr_array((values, (ends, columns)), shape=(graph.num_nodes, count))


def _bounds(graph: SimpleGraph) -> tuple[np.ndarray, np.ndarray]:
    """Least and most that R can be: the edge beside two conductors in series, and alone."""
    degree, weight = graph.degree(), graph.weight
    one, other = ((degree[ends] - weight).clamp(min=0) for ends in (graph.source, graph.target))
    around = one * other / (one + other).clamp(min=torch.finfo(torch.float64).tiny)
    return (1.0 / (weight + around)).numpy(), (1.0 / weight).numpy()
