"""What one call would take, and which method it would choose: by size, or for the graph itself."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from workbench.cost import Estimate, by_size
from workbench.diagnostics.resistance.all_pairs import total_resistance
from workbench.diagnostics.resistance.eliminated_pairs import pair_plan, seconds_up
from workbench.diagnostics.resistance.elimination import MOST_OPERATIONS, plan
from workbench.diagnostics.resistance.elimination_fronts import Fronts
from workbench.topology import SimpleGraph, check_pairs, simple_graph
from workbench.typing import EdgeIndex, EdgeWeight, Pairs

#: Answered by elimination where it stays sparse, and else so.
_OTHERWISE = {
    "resistance_of_edges": "random projections with a stated error",
    "commute_time_of_edges": "random projections with a stated error",
    "resistance_of_pairs": "conjugate gradients within the tolerance",
    "commute_time_of_pairs": "conjugate gradients within the tolerance",
    "approximate_total_resistance": "Hutch++ with its standard error",
    "approximate_kemeny_constant": "Hutch++ with its standard error",
    "total_resistance": "",
    "kemeny_constant": "",
}

#: Seconds of one more pair by iterations, for each node and edge.
_SOLVE = 4e-8

#: Components of at most this many nodes are answered from the dense inverse.
_DENSE_NODES = {"total_resistance": 1_000, "kemeny_constant": 1_000}


def estimate(
    name: str,
    *,
    num_nodes: int,
    num_edges: int | None = None,
    edge_index: EdgeIndex | None = None,
    edge_weight: EdgeWeight | None = None,
    pairs: Pairs | int | None = None,
    device: torch.device | str = "cpu",
) -> Estimate:
    """Seconds and bytes that a diagnostic takes, whether it accepts the graph, and which method.

    Args:
        name: a key of ``DIAGNOSTICS``.
        num_nodes: number of nodes.
        num_edges: number of undirected edges; ``3 num_nodes`` (average degree 6) if not given.
        edge_index: the graph itself, in place of ``num_edges``.
        edge_weight: its weights; only which of them are 0 matters.
        pairs: for ``resistance_of_pairs`` and ``commute_time_of_pairs`` those that are asked for,
            ``[2, pairs]``, or how many; 1 if not given.
        device: where the graph is; its free memory is the limit.

    From sizes alone the degrees are taken for equal, and where a function chooses its method by
    the shape of the graph, ``why`` names all of them. With the graph, its degrees are counted
    where the cost hangs on them (``ollivier_ricci``), and for resistance the order of elimination
    is found, which takes a second at a million nodes: ``exact``, ``seconds`` and ``why`` are those
    of the method that the call will use.

    Figures for ``approximate_total_resistance`` are for the default number of probes, for
    ``sensitivity`` for all nodes of a six-layer GCN of width 32 (the call itself measures its own
    model and refuses by that), for ``obstruction`` for one pair in such a model.

    Raises:
        ValueError: no diagnostic has this name, a size is negative, both ``num_edges`` and
            ``edge_index`` are given, ``edge_index`` is no undirected graph of this many nodes, or
            ``pairs`` are given for a diagnostic that takes none.

    Examples:
        >>> from workbench.diagnostics import estimate
        >>> asked = estimate("effective_resistance", num_nodes=1_000_000)
        >>> asked.bytes > 1e12, asked.alternative
        (True, 'resistance_of_pairs')
    """
    if num_edges is not None and edge_index is not None:
        raise ValueError(
            f"give num_edges or edge_index, not both; got {num_edges=} and an edge_index of "
            f"{edge_index.size(1)} columns"
        )
    from workbench.diagnostics import DIAGNOSTICS  # the dict holds this module's neighbors

    if name not in DIAGNOSTICS:
        raise ValueError(f"no diagnostic is called {name!r}; choose one of {sorted(DIAGNOSTICS)}")
    function = DIAGNOSTICS[name]
    if pairs is not None:
        _check_pairs(name, pairs, num_nodes)
    if edge_index is None:
        expected = by_size(function, num_nodes, num_edges, device=device)
        edges = 3 * num_nodes if num_edges is None else num_edges
        return replace(expected, seconds=expected.seconds + _others(pairs, num_nodes + edges))
    if num_nodes < 0:
        return by_size(function, num_nodes, device=device)
    graph = simple_graph(edge_index, num_nodes, edge_weight)
    expected = by_size(function, num_nodes, graph.num_edges, device=device)
    if name in _OTHERWISE:
        return _choose(expected, graph, function, pairs, device)
    if function.declared.by_degrees is None:
        return expected
    ends = graph.degree()[torch.stack([graph.source, graph.target])]
    return by_size(function, num_nodes, graph.num_edges, ends=ends, device=device)


def _check_pairs(name: str, pairs: Tensor | int, num_nodes: int) -> None:
    if not name.endswith("_of_pairs"):
        raise ValueError(f"{name} takes no pairs; leave out pairs, or ask resistance_of_pairs")
    if isinstance(pairs, Tensor):
        check_pairs(pairs, num_nodes)
    elif pairs < 0:
        raise ValueError(f"pairs must not be negative, got {pairs}")


def _others(pairs: Tensor | int | None, size: int) -> float:
    """Seconds of all pairs but the first, each by iterations."""
    count = 1 if pairs is None else pairs.size(1) if isinstance(pairs, Tensor) else pairs
    return _SOLVE * size * max(count - 1, 0)


def _one_by_one(graph: SimpleGraph, fronts: Fronts, pairs: Tensor | int | None) -> float:
    """Seconds of pairs beside an elimination that is there."""
    if not isinstance(pairs, Tensor):
        return 2.0 * float(seconds_up(fronts).mean()) * (1 if pairs is None else pairs)
    apart = pairs[:, pairs[0] != pairs[1]].sort(0).values.cpu().unique(dim=1)
    return pair_plan(graph, fronts, *apart.numpy()).seconds


def _choose(
    expected: Estimate,
    graph: SimpleGraph,
    function: Callable,
    pairs: Tensor | int | None,
    device: torch.device | str,
) -> Estimate:
    """The estimate of the method that fits this graph."""
    labels = graph.labels
    largest = int(torch.bincount(labels).max()) if labels.numel() else 0
    name, limit = function.declared.name, function.declared.limit
    dense = by_size(function if limit else total_resistance, largest, device=device)
    if largest <= _DENSE_NODES.get(name, 500):
        why = f"the dense inverse, exact: at most {largest:,} nodes are connected"
        return Estimate(name, dense.seconds, dense.bytes, True, why, None)
    most = MOST_OPERATIONS if limit is None or largest > limit else largest**3 / 3
    fronts = plan(graph.adjacency(), most_operations=min(most, MOST_OPERATIONS))
    if fronts is not None:
        seconds = 1e-6 * (graph.num_nodes + graph.num_edges) + 1.5e-10 * fronts.operations
        if name.endswith("_of_pairs"):
            seconds += _one_by_one(graph, fronts, pairs)
        size = fronts.bytes + 100 * (graph.num_nodes + graph.num_edges)
        why = f"star-mesh elimination, exact: {fronts.operations:.2g} multiplications"
        return Estimate(name, seconds, int(size), True, why, None)
    filled = "elimination of this graph fills in"
    if limit is None:
        why = f"{filled}, so {_OTHERWISE[name]}"
        seconds = expected.seconds + _others(pairs, graph.num_nodes + graph.num_edges)
        return Estimate(name, seconds, expected.bytes, True, why, expected.alternative)
    refused = f"{filled}; {dense.why.split(';')[0]}"
    why = f"{filled}, so the dense inverse, exact" if dense.exact else refused
    alternative = None if dense.exact else expected.alternative
    return Estimate(name, dense.seconds, dense.bytes, dense.exact, why, alternative)
