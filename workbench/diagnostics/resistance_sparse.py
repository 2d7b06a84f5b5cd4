"""Effective resistance on large sparse graphs: chosen pairs, and an estimate of the total."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.diagnostics.cost import LONGEST_SECONDS, TooLargeError
from workbench.diagnostics.laplacian_solver import LaplacianSolver
from workbench.diagnostics.resistance import all_pairs, connected_parts
from workbench.graphs.edges import UndirectedEdges, components, undirected_edges
from workbench.typing import EdgeIndex, EdgeWeight, Pairs

#: Right-hand sides that one solve takes together.
_BLOCK = 32

#: Components of at most this many nodes are answered densely, and exactly.
_DENSE_NODES = 500

#: So are larger ones where there are many pairs to answer.
_DENSE_NODES_MANY_PAIRS = 4_000


@dataclass(frozen=True)
class Approximation:
    """An unbiased random estimate and its standard error (0 where the answer is exact)."""

    value: Float64[Tensor, ""]
    standard_error: Float64[Tensor, ""]


def resistance_of_pairs(
    edge_index: EdgeIndex,
    num_nodes: int,
    pairs: Pairs,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 1e-3,
) -> Float64[Tensor, " pairs"]:
    """Effective resistance of chosen pairs, on sparse graphs to a million nodes.

        R_uv = (1_u - 1_v)^T x,   L x = 1_u - 1_v

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        pairs: ``[2, pairs]`` nodes, one pair a column.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        tolerance: largest relative error, where an iteration has to be used.

    Returns:
        ``[pairs]`` float64 on the device of ``edge_index``, in unit resistors; 0 for a node with
        itself, ``inf`` between components.

    Self-loops carry no current. A repeated edge counts once; with weights, repeats are parallel
    conductors and add. On planar-like, tree-like and small graphs one sparse factor makes the
    answer exact to rounding; where a factor would fill in (random graphs), preconditioned
    conjugate gradients stop at ``tolerance``. Many pairs on a component of up to 4,000 nodes come
    from the dense inverse. All on the CPU.

    Raises:
        TooLargeError: the first solves show that the pairs would take longer than ten minutes.
        ValueError: the graph is directed, a weight is negative, a pair names a node that does not
            exist, or ``tolerance`` is not between 0 and 1.

    References:
        Klein and Randić 1993. Black, Wan and Nayyeri, ICML 2023, arXiv 2302.06835.
    """
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must be between 0 and 1, got {tolerance}")
    if pairs.numel() and not 0 <= int(pairs.min()) <= int(pairs.max()) < num_nodes:
        raise ValueError(
            f"pairs holds nodes {int(pairs.min())} to {int(pairs.max())}, outside 0 to "
            f"{num_nodes - 1} (num_nodes={num_nodes})"
        )
    graph = _on_cpu(undirected_edges(edge_index, num_nodes, edge_weight))
    labels = components(torch.stack([graph.source, graph.target]), num_nodes)
    first, second = pairs.cpu()
    result = torch.full((first.numel(),), torch.inf, dtype=torch.float64)
    result[first == second] = 0.0
    asked = (labels[first] == labels[second]) & (first != second)
    if not bool(asked.any()):
        return result.to(edge_index.device)
    by_label = torch.argsort(torch.where(asked, labels[first], -1), stable=True)
    by_label = by_label[int((~asked).sum()) :]
    names, counts = torch.unique_consecutive(labels[first[by_label]], return_counts=True)
    columns = dict(zip(names.tolist(), by_label.split(counts.tolist()), strict=True))
    local = torch.empty(num_nodes, dtype=torch.int64)
    for nodes, part in connected_parts(graph, labels):
        at = columns.get(int(labels[nodes[0]]))
        if at is not None:
            local[nodes] = torch.arange(nodes.numel())
            result[at] = _of_component(part, local[first[at]], local[second[at]], tolerance)
    return result.to(edge_index.device)


def approximate_total_resistance(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    num_probes: int = 64,
    within_components: bool = False,
    generator: torch.Generator | None = None,
) -> Approximation:
    """Unbiased estimate of ``total_resistance`` with its standard error, to a million nodes.

        R_tot = n tr(L^+),   tr(L^+) = tr(Q^T L^+ Q) + E[z^T (I - Q Q^T) L^+ (I - Q Q^T) z]

    with random signs z, and Q an orthonormal basis of what L^+ makes of other random signs
    (Hutch++): the first term, exact, takes in the slow modes that make most of the sum.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given.
        num_probes: number of solves per component, at least 6: a third each for finding Q, for
            the exact term and for the random one.
        within_components: sum over pairs inside one component only.
        generator: source of the random signs, on the CPU; a fresh one with seed 0 if not given.

    Returns:
        ``Approximation(value, standard_error)``, float64 scalars. ``inf`` with error 0 if the
        graph is disconnected, unless ``within_components``. Components of up to 500 nodes are
        summed exactly.

    Self-loops, repeats, isolated nodes: as in ``total_resistance``. Where no sparse factor fits,
    solves are iterations with a relative error of 1e-6, far below the standard error.

    Raises:
        ValueError: the graph is directed, a weight is negative, or ``num_probes`` is below 6.

    References:
        Meyer, Musco, Musco and Woodruff, Hutch++: optimal stochastic trace estimation, SOSA 2021,
        arXiv 2010.09649. Hutchinson, Commun. Stat. Simul. Comput. 19, 1990.
    """
    if num_probes < 6:
        raise ValueError(f"num_probes must be at least 6, got {num_probes}")
    generator = generator or torch.Generator().manual_seed(0)
    graph = _on_cpu(undirected_edges(edge_index, num_nodes, edge_weight))
    labels = components(torch.stack([graph.source, graph.target]), num_nodes)
    value = torch.zeros((), dtype=torch.float64, device=edge_index.device)
    if num_nodes and int(labels.max()) > 0 and not within_components:
        return Approximation(value + torch.inf, value)
    total, variance = 0.0, 0.0
    for nodes, part in connected_parts(graph, labels):
        if nodes.numel() <= _DENSE_NODES:
            total += float(all_pairs(part).sum()) / 2
        else:
            trace, spread = _trace(
                LaplacianSolver(part.adjacency(), tolerance=1e-6), num_probes, generator
            )
            total += nodes.numel() * trace
            variance += (nodes.numel() * spread) ** 2
    return Approximation(value + total, value + variance**0.5)


def _of_component(graph: UndirectedEdges, first: Tensor, second: Tensor, tolerance: float):
    """Resistance of pairs of a connected graph."""
    size, count = graph.num_nodes, first.numel()
    if size <= _DENSE_NODES or (size <= _DENSE_NODES_MANY_PAIRS and count > size // 8):
        return all_pairs(graph)[first, second]
    solver = LaplacianSolver(graph.adjacency(), tolerance=tolerance)
    ends = torch.stack([first, second]).numpy()
    result, began = np.empty(count), time.perf_counter()
    at = 0
    while at < count:
        # the first pair goes alone, and tells what the others would take
        block = ends[:, at : at + (_BLOCK if at else 1)]
        columns = np.arange(block.shape[1])
        right = np.zeros((size, block.shape[1]))
        right[block[0], columns], right[block[1], columns] = 1.0, -1.0
        potential = solver.solve(right)
        result[at : at + len(columns)] = potential[block[0], columns] - potential[block[1], columns]
        at, spent = at + len(columns), time.perf_counter() - began
        if spent > 5.0 and spent / at * count > 20 * LONGEST_SECONDS:
            raise TooLargeError(
                f"resistance_of_pairs of {count:,} pairs on {size:,} nodes and "
                f"{graph.num_edges:,} edges would take about {spent / at * count / 60:.0f} "
                f"minutes ({1e3 * spent / at:.1f} ms a pair); ask for fewer pairs, or for their "
                "sum from approximate_total_resistance"
            )
    return torch.from_numpy(result)


def _trace(solver: LaplacianSolver, num_probes: int, generator: torch.Generator):
    """Hutch++ estimate of tr(L^+) and its standard error."""
    third = min(num_probes // 3, solver.size // 4)
    sketch, _ = np.linalg.qr(_solve_blocks(solver, _signs(solver.size, third, generator)))
    exact = np.einsum("ij,ij->", sketch, _solve_blocks(solver, sketch))
    probes = _signs(solver.size, num_probes - 2 * third, generator)
    probes -= sketch @ (sketch.T @ probes)
    samples = np.einsum("ij,ij->j", probes, _solve_blocks(solver, probes))
    return exact + samples.mean(), samples.std(ddof=1) / np.sqrt(samples.size)


def _signs(size: int, count: int, generator: torch.Generator) -> np.ndarray:
    """Random signs without their mean, which L^+ does not see."""
    signs = torch.randint(0, 2, (size, count), generator=generator).double().mul_(2).sub_(1)
    return (signs - signs.mean(0)).numpy()


def _solve_blocks(solver: LaplacianSolver, right: np.ndarray) -> np.ndarray:
    blocks = [solver.solve(right[:, at : at + _BLOCK]) for at in range(0, right.shape[1], _BLOCK)]
    return np.concatenate(blocks, axis=1)


def _on_cpu(graph: UndirectedEdges) -> UndirectedEdges:
    ends = graph.source.cpu(), graph.target.cpu()
    return UndirectedEdges(*ends, graph.weight.cpu(), graph.num_nodes)
