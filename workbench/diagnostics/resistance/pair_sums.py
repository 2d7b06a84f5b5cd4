"""Sums of resistance over all pairs, weighted: behind total resistance and Kemeny's constant."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import check_size
from workbench.diagnostics.resistance.dense_elimination import exact_resistance
from workbench.diagnostics.resistance.elimination import MOST_OPERATIONS, Elimination, plan
from workbench.diagnostics.resistance.grounded_inverse import grounded_inverse, pair_sum
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.diagnostics.resistance.trace import Approximation, trace_estimate
from workbench.topology import SimpleGraph
from workbench.typing import NodeVector

#: Components of more nodes than this are eliminated where that takes less than the dense inverse.
_SPARSE_NODES = 1_000

#: Components of at most this many nodes are never estimated.
_DENSE_NODES = 500


def pair_sums(
    function: Callable,
    graph: SimpleGraph,
    mass: NodeVector,
) -> Float64[Tensor, " components"]:
    """Exact sum of q_u q_v R_uv over the pairs of each component, for masses q of the nodes.

        sum_{u<v} q_u q_v R_uv = Q q^T diag(G) - q^T G q,   G = inverse of the grounded L

    Args:
        function: the diagnostic that asks, for the limit and the error.
        graph: the network.
        mass: one number for each node, not negative.

    On the device of the graph, except that a graph which only elimination can do is done on the
    CPU.

    Raises:
        TooLargeError: a component has more nodes than ``LIMITS`` allows and fills in.
        ValueError: elimination would lose digits and a component is too large to be done densely,
            or a sum is beyond what float64 holds.
    """
    largest = _largest_component(graph)
    limit = function.declared.limit
    if largest > (_SPARSE_NODES if mass.device.type == "cpu" else limit):
        dense = largest**3 / 3 if largest <= limit else MOST_OPERATIONS
        sums = _by_elimination(graph, mass, min(dense, MOST_OPERATIONS))
        if sums is not None and not bool(sums.isnan().any()):
            return sums
        if sums is not None and largest > limit:
            raise _too_few_digits(function, largest)
    check_size(function, largest, graph.num_edges, device=mass.device)
    sums = mass.new_zeros(graph.num_components)
    for nodes, part in graph.parts():
        inverse, q = grounded_inverse(part), mass[nodes]
        if inverse is None:
            total = 0.5 * float(q.cpu().numpy() @ exact_resistance(part) @ q.cpu().numpy())
        elif isinstance(inverse, Tensor):
            total = q.sum() * (q @ inverse.diagonal()) - q @ (inverse @ q)
        else:
            total = pair_sum(inverse, q.numpy())
        if not total < torch.inf:
            raise ValueError(
                f"the sum of the resistances is beyond {torch.finfo(torch.float64).max:.1g}, the "
                f"largest number of float64: the conductances go down to {float(part.weight.min())}"
                "; multiply all by one large number"
            )
        sums[graph.labels[nodes[0]]] = total
    return sums


def _too_few_digits(function: Callable, size: int) -> ValueError:
    return ValueError(
        f"{function.declared.name} of {size:,} nodes loses its digits: a part of little weight "
        f"hangs on a weak link; leave out the weakest edges, or keep at most "
        f"{function.declared.limit:,} nodes, which are done without loss"
    )


def _largest_component(graph: SimpleGraph) -> int:
    return int(torch.bincount(graph.labels).max()) if graph.num_nodes else 0


def _by_elimination(graph: SimpleGraph, mass: Tensor, most_operations: float) -> Tensor | None:
    """The same on the CPU, or None where the graph fills in."""
    fronts = plan(graph.adjacency(), most_operations=most_operations)
    if fronts is None:
        return None
    sums = Elimination(fronts).pair_sums(mass.cpu().numpy(), graph.labels.cpu().numpy())
    return torch.from_numpy(sums).to(mass.device)


def estimated_pair_sums(
    function: Callable,
    graph: SimpleGraph,
    mass: Tensor,
    num_probes: int,
    generator: torch.Generator | None,
) -> Approximation:
    """Estimate of the same, added up over components; exact where elimination stays sparse.

        sum_{u<v} q_u q_v R_uv = Q tr(S L^+ S),   S = diag(q)^1/2

    with L^+ between projections that take out its null vector and that of the masses.

    Raises:
        ValueError: ``num_probes`` is below 6.
    """
    if num_probes < 6:
        raise ValueError(f"num_probes must be at least 6, got {num_probes}")
    generator = generator or torch.Generator().manual_seed(0)
    zero = mass.new_zeros(())
    largest = _largest_component(graph)
    if largest > _DENSE_NODES:
        sums = _by_elimination(graph, mass, MOST_OPERATIONS)
        if sums is not None and bool(sums.isnan().any()):
            if largest > function.declared.limit:
                raise _too_few_digits(function, largest)
            return Approximation(pair_sums(function, graph, mass).sum(), zero)
        if sums is not None:
            return Approximation(sums.sum(), zero)
    total, variance = 0.0, 0.0
    for nodes, part in graph.parts():
        q = mass[nodes].cpu().numpy()
        if nodes.numel() <= _DENSE_NODES:
            total += float(pair_sums(function, part, mass[nodes]).sum())
        else:
            solver = LaplacianSolver(part.adjacency(), tolerance=1e-6)
            value, error = _estimate(solver, q, num_probes, generator)
            total += value
            variance += error**2
    return Approximation(zero + total, zero + variance**0.5)


def _estimate(solver, q, num_probes: int, generator: torch.Generator) -> tuple[float, float]:
    """Q times the trace of S L^+ S, and its standard error."""
    root, whole = q**0.5, q.sum()
    null = root / whole**0.5

    def solve(right):
        image = root[:, None] * solver.solve(root[:, None] * right)
        return image - null[:, None] * (null @ image)

    trace, error = trace_estimate(solve, null, num_probes, generator)
    return whole * trace, whole * error
