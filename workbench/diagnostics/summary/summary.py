"""All numbers of a graph within a budget of seconds, and what they left out."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.diagnostics.summary import graph_measures
from workbench.diagnostics.summary.bottlenecks import Bottleneck, bottlenecks
from workbench.diagnostics.summary.curvature_measures import curvatures
from workbench.diagnostics.summary.extremes import highest_edge, highest_pair
from workbench.diagnostics.summary.largest import largest_component
from workbench.diagnostics.summary.measure import Budget, Measure
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@dataclass(frozen=True)
class Summary:
    """What a graph measures.

    Attributes:
        measures: the rows, group by group.
        bottlenecks: its worst places.
        pair: nodes of the pair of highest finite resistance that was found, or ().
        edge: ends of the edge of highest resistance, or ().
        lowest: curvature -> ends of the edge where it is lowest (the first of them).
        left_out: what the seconds did not suffice for, each with its reason.
    """

    measures: tuple[Measure, ...]
    bottlenecks: tuple[Bottleneck, ...]
    pair: tuple[int, ...]
    edge: tuple[int, ...]
    lowest: dict[str, tuple[int, int]]
    left_out: tuple[str, ...]

    def groups(self) -> dict[str, list[Measure]]:
        """The rows of each group, in order."""
        found: dict[str, list[Measure]] = {}
        for measure in self.measures:
            found.setdefault(measure.group, []).append(measure)
        return found

    def __getitem__(self, name: str) -> Measure:
        """The row of that name."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(f"no measure {name!r}; there are {[m.name for m in self.measures]}")


def summarize(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    labels: Int64[Tensor, " nodes"] | Float[Tensor, " nodes"] | None = None,
    max_seconds: float = 30.0,
    seed: int = 0,
) -> Summary:
    """Every number of a graph that is affordable, with its meaning and how sure it is.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 where not given. Curvatures, hops, colors and
            clustering do not read them.
        labels: ``[nodes]`` class of each node, negative or nan where unknown.
        max_seconds: no measure starts whose ``estimate`` is more than what is left of this;
            ``left_out`` names it. Estimates are rough: a long one may go over by a factor of two.
        seed: of every estimate.

    Returns:
        ``Summary``. Of a disconnected graph, distances, spectra and means over pairs are those of
        the largest component. Without edges there are counts only.

    Self-loops are dropped and counted, repeated edges count once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or a weight is negative.
    """
    edge_index = edge_index.cpu()
    weight = None if edge_weight is None else edge_weight.reshape(-1).cpu().to(torch.float64)
    graph = simple_graph(edge_index, num_nodes, weight)
    part_of = graph.labels
    rows = graph_measures.sizes(edge_index, graph, part_of)
    if num_nodes < 2 or graph.num_edges == 0:
        return Summary(tuple(rows), (), (), (), {}, ())
    budget = Budget(max_seconds, num_nodes, graph.num_edges)
    part, within = largest_component(edge_index, num_nodes, weight), int(part_of.max()) > 0
    labels = None if labels is None else labels.cpu()
    rows += graph_measures.distances(part, budget)
    pair = edge = ()
    if budget.allows("approximate_total_resistance", shown="resistances"):
        found, _ = graph_measures.resistances(edge_index, num_nodes, weight, part, within, seed)
        rows += found
        pair, row = highest_pair(edge_index, num_nodes, weight, graph, part_of, seed)
        rows += [row]
        edge, row = highest_edge(graph)
        rows += [row]
    rows += graph_measures.spectra(part, budget)
    rows += graph_measures.structure(edge_index, num_nodes, graph, labels)
    rows += graph_measures.expressivity(edge_index, num_nodes, budget)
    places = ()
    if budget.allows("laplacian_eigenpairs", shown="the worst places"):
        places = bottlenecks(edge_index, num_nodes, weight)
    bends, lowest = curvatures(edge_index, num_nodes, budget)
    rows += bends
    order = ("size", "distances", "resistance", "spectrum", "curvature", "structure")
    rows.sort(key=lambda row: order.index(row.group) if row.group in order else len(order))
    return Summary(tuple(rows), places, pair, edge, lowest, tuple(budget.left_out))
