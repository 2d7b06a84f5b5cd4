"""Effective resistance on large sparse graphs: of every edge, and of chosen pairs."""

import time
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from workbench.cost import LONGEST_SECONDS, Stopped, diagnostic
from workbench.diagnostics.resistance.all_pairs import all_pairs
from workbench.diagnostics.resistance.edge_projection import projected_edges
from workbench.diagnostics.resistance.eliminated_pairs import eliminated_pairs, too_many_pairs
from workbench.diagnostics.resistance.elimination import BY_EDGES, BY_PAIRS, Elimination, plan
from workbench.diagnostics.resistance.laplacian_solver import LaplacianSolver
from workbench.topology import SimpleGraph, as_columns, check_pairs, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs

#: Right-hand sides that one solve takes together.
_BLOCK = 32

#: Graphs of at most this many nodes are answered from the dense inverse: nothing to compile.
_DENSE_NODES = 500


@diagnostic(
    of="edge",
    scaling=-1,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 800.0 * n + 400.0 * m,
    instead="resistance_of_pairs",
    how=BY_EDGES,
)
def resistance_of_edges(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 0.1,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " edges"]:
    """Effective resistance between the ends of every edge, on sparse graphs to a million nodes.

        R_e = (1_u - 1_v)^T L^+ (1_u - 1_v),   sum_e w_e R_e = nodes - components   (Foster)

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        tolerance: relative error at two standard errors, where the answer has to be estimated.
        generator: source of the random signs of an estimate, on the CPU; seed 0 if not given.
        should_stop: asked every few hundredths of a second once an order of elimination is found
            (seconds at a million nodes), or every 32 projections; True ends the work.

    Returns:
        ``[edges]`` float64, one value for each column of ``edge_index``, in unit resistors (ohms,
        where weights are in siemens). A bridge has 1 / weight, which is the most there can be.

    A self-loop has 0. A repeated edge counts once and each of its columns has its value; with
    weights, repeats are parallel conductors, and the value is that of all of them together. A
    column of weight 0 is no edge; it has the resistance between its ends, ``inf`` between
    components.

    Exact wherever elimination stays sparse: roads, grids, meshes, trees, and most graphs of up to
    10,000 nodes. Its relative error is some 1e-14 whatever the weights, since nothing is
    subtracted. Elsewhere (large random graphs, social networks) one step of the walk is exact and
    the rest a random projection: of the edges, 95 % or more are within ``tolerance``, and the
    standard error is half of it. All on the CPU.

    Raises:
        TooLargeError: the projections would take longer than ten minutes; use
            ``resistance_of_pairs`` for the edges that matter.
        Stopped: ``should_stop`` said so.
        ValueError: the graph is directed, a weight is negative, or ``tolerance`` is not between 0
            and 1; the weights span more than 140 orders of magnitude; or parts of a graph that
            does not stay sparse hang together by links weaker than a walk takes in a million
            steps.

    Examples:
        >>> from workbench.diagnostics import resistance_of_edges
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> resistance_of_edges(edges, 6).round(decimals=9).unique().tolist()  # 5 / 6
        [0.833333333]

    References:
        Klein and Randić 1993. Foster, The average impedance of an electrical network, 1949.
        Spielman and Srivastava 2011, arXiv 0803.0929. Black, Wan and Nayyeri, ICML 2023, arXiv
        2302.06835.
    """
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    return of_columns(graph, edge_index, tolerance, generator, should_stop)


@diagnostic(
    of="pair",
    scaling=-1,
    seconds=lambda n, m: 1e-5 * (n + m),
    bytes=lambda n, m: 400.0 * n + 200.0 * m,
    how=BY_PAIRS,
)
def resistance_of_pairs(
    edge_index: EdgeIndex,
    num_nodes: int,
    pairs: Pairs,
    edge_weight: EdgeWeight | None = None,
    *,
    tolerance: float = 1e-3,
    should_stop: Callable[[], bool] | None = None,
) -> Float64[Tensor, " pairs"]:
    """Effective resistance of chosen pairs, on sparse graphs to a million nodes.

        R_uv = (1_u - 1_v)^T x,   L x = 1_u - 1_v

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        pairs: ``[2, pairs]`` nodes, one pair a column.
        edge_weight: conductances ``[edges]`` (strengths, never lengths); 1 where not given.
        tolerance: largest relative error, where an iteration has to be used.
        should_stop: asked every few hundredths of a second once an order of elimination is found
            (seconds at a million nodes), or every 32 solves; True ends the work.

    Returns:
        ``[pairs]`` float64 on the device of ``edge_index``, in unit resistors; 0 for a node with
        itself, ``inf`` between components.

    Self-loops carry no current. A repeated edge counts once; with weights, repeats are parallel
    conductors and add. Wherever elimination stays sparse (``resistance_of_edges`` says where), the
    nodes are eliminated once and each pair costs one way up the elimination tree, half a
    millisecond on a grid of 100,000 nodes. Many pairs that are edges are read off together, as in
    ``resistance_of_edges``, and many pairs with a common end too, at the cost of one elimination
    (a second there); ``estimate(..., pairs=...)`` says what all of them take. That is exact to
    rounding, a relative 1e-10, whatever the weights. Elsewhere preconditioned conjugate gradients
    stop at ``tolerance``. All on the CPU.

    Raises:
        TooLargeError: the pairs would take longer than ten minutes.
        Stopped: ``should_stop`` said so.
        ValueError: the graph is directed, a weight is negative, a pair names a node that does not
            exist, or ``tolerance`` is not between 0 and 1; the weights span more than 140 orders
            of magnitude; or parts of a graph that does not stay sparse hang together by links
            weaker than a walk takes in a million steps, which iterations do not notice.

    Examples:
        >>> import torch
        >>> from workbench.diagnostics import resistance_of_pairs
        >>> from workbench.graphs import ring
        >>> edges = ring(6).edge_index
        >>> pairs = torch.tensor([[0, 0], [1, 3]])
        >>> resistance_of_pairs(edges, 6, pairs).round(decimals=6).tolist()  # k (6 - k) / 6
        [0.833333, 1.5]

    References:
        Klein and Randić 1993. Black, Wan and Nayyeri, ICML 2023, arXiv 2302.06835.
    """
    _check_tolerance(tolerance)
    check_pairs(pairs, num_nodes)
    graph, scale = _on_cpu(simple_graph(edge_index, num_nodes, edge_weight)).unit
    found = _of_pairs(graph, pairs.cpu(), tolerance, should_stop) / scale
    return found.to(edge_index.device)


def of_columns(graph: SimpleGraph, edge_index: EdgeIndex, tolerance, generator, should_stop):
    """``resistance_of_edges`` where ``edge_index`` has been read as a graph."""
    values = of_edges(graph, tolerance, generator, should_stop)
    result = as_columns(graph, values, edge_index.cpu(), missing=torch.nan)
    other = result.isnan()  # self-loops, and columns of weight 0
    if bool(other.any()):
        source, target = edge_index.cpu()[:, other]
        pairs = torch.stack([source, target])
        graph, scale = _on_cpu(graph).unit
        result[other] = _of_pairs(graph, pairs, min(tolerance, 1e-3), should_stop) / scale
    return result.to(edge_index.device)


def of_edges(graph: SimpleGraph, tolerance, generator, should_stop) -> Tensor:
    """Resistance of each undirected edge, on the CPU.

    Raises:
        TooLargeError, Stopped, ValueError: as in ``resistance_of_edges``.
    """
    _check_tolerance(tolerance)
    graph, scale = _on_cpu(graph).unit
    return _of_edges(graph, tolerance, generator, should_stop) / scale


def _of_edges(graph: SimpleGraph, tolerance, generator, should_stop) -> Tensor:
    if graph.num_edges == 0:
        return torch.zeros(0, dtype=torch.float64)
    if graph.num_nodes <= _DENSE_NODES:
        return all_pairs(graph)[graph.source, graph.target]
    fronts = plan(graph.adjacency())
    if fronts is not None:
        values, _ = Elimination(fronts, should_stop=should_stop).of_edges()
        return torch.from_numpy(values)
    generator = generator or torch.Generator().manual_seed(0)
    if graph.num_components == 1:
        return torch.from_numpy(projected_edges(graph, tolerance, generator, should_stop))
    result = torch.empty_like(graph.weight)
    order = torch.argsort(graph.labels[graph.source], stable=True)
    at = 0
    for _, part in graph.parts():
        edges = order[at : at + part.num_edges]
        result[edges] = _of_edges(part, tolerance, generator, should_stop)
        at += part.num_edges
    return result


def _of_pairs(graph: SimpleGraph, pairs: Tensor, tolerance, should_stop) -> Tensor:
    """Resistance of pairs, over any number of components."""
    labels = graph.labels
    first, second = pairs
    result = torch.full((first.numel(),), torch.inf, dtype=torch.float64)
    result[first == second] = 0.0
    asked = (labels[first] == labels[second]) & (first != second)
    if not bool(asked.any()):
        return result
    if graph.num_nodes <= _DENSE_NODES:
        result[asked] = all_pairs(graph)[first[asked], second[asked]]
        return result
    fronts = plan(graph.adjacency())
    if fronts is not None:
        ends = first[asked].numpy(), second[asked].numpy()
        result[asked] = torch.from_numpy(eliminated_pairs(graph, fronts, *ends, should_stop))
        return result
    by_label = torch.argsort(torch.where(asked, labels[first], -1), stable=True)
    by_label = by_label[int((~asked).sum()) :]
    names, counts = torch.unique_consecutive(labels[first[by_label]], return_counts=True)
    columns = dict(zip(names.tolist(), by_label.split(counts.tolist()), strict=True))
    local = torch.empty(graph.num_nodes, dtype=torch.int64)
    for nodes, part in graph.parts():
        at = columns.get(int(labels[nodes[0]]))
        if at is not None:
            local[nodes] = torch.arange(nodes.numel())
            inner = torch.stack([local[first[at]], local[second[at]]])
            if nodes.numel() < graph.num_nodes:
                result[at] = _of_pairs(part, inner, tolerance, should_stop)
            else:
                result[at] = _iterate(part, inner.numpy(), tolerance, should_stop)
    return result


def _iterate(graph: SimpleGraph, ends: np.ndarray, tolerance, should_stop) -> Tensor:
    """Resistance of pairs of a connected graph, a solve for each."""
    solver = LaplacianSolver(graph.adjacency(), tolerance=tolerance, method="cg")
    count, result, began, at = ends.shape[1], np.empty(ends.shape[1]), time.perf_counter(), 0
    while at < count:
        if should_stop is not None and should_stop():
            raise Stopped("the caller asked to stop")
        # the first pair goes alone, and tells what the others would take
        block = ends[:, at : at + (_BLOCK if at else 1)]
        columns = np.arange(block.shape[1])
        right = np.zeros((graph.num_nodes, block.shape[1]))
        right[block[0], columns], right[block[1], columns] = 1.0, -1.0
        potential = solver.solve(right)
        result[at : at + len(columns)] = potential[block[0], columns] - potential[block[1], columns]
        at, spent = at + len(columns), time.perf_counter() - began
        if spent > 5.0 and spent / at * count > 20 * LONGEST_SECONDS:
            raise too_many_pairs(count, graph, spent / at * count)
    return torch.from_numpy(result)


def _check_tolerance(tolerance: float) -> None:
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must be between 0 and 1, got {tolerance}")


def _on_cpu(graph: SimpleGraph) -> SimpleGraph:
    if graph.device.type == "cpu":
        return graph
    ends = graph.source.cpu(), graph.target.cpu()
    return SimpleGraph(*ends, graph.weight.cpu(), graph.num_nodes)
