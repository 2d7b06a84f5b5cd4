"""All numbers of a graph within a budget of seconds, and what they left out."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.report import graph_measures
from workbench.report.bottlenecks import Bottleneck, bottlenecks
from workbench.report.curvature_measures import curvatures
from workbench.report.extremes import Tied, highest_edge, highest_pair
from workbench.report.largest import Part, largest_component
from workbench.report.measure import Budget, Measure
from workbench.topology import simple_graph
from workbench.typing import EdgeIndex, EdgeWeight


@dataclass(frozen=True)
class Summary:
    """What a graph measures.

    Attributes:
        measures: the rows, group by group.
        bottlenecks: its worst places.
        pairs: ``[2, pairs]``, those of highest finite resistance that were found, ``u < v``: all
            that are alike up to rounding.
        edges: ``[2, edges]``, those of highest resistance, likewise.
        lowest: curvature -> the edges where it is lowest, likewise, where that is below 0.
        left_out: what the seconds did not suffice for, each with its reason.
    """

    measures: tuple[Measure, ...]
    bottlenecks: tuple[Bottleneck, ...]
    pairs: Tied
    edges: Tied
    lowest: dict[str, Tied]
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
        edge_weight: conductances ``[edges]``; 1 if not given. Curvatures, hops, colors and
            clustering do not read them.
        labels: ``[nodes]`` class of each node, negative or nan where unknown.
        max_seconds: no measure starts whose ``estimate`` is more than what is left of this;
            ``left_out`` names it. Estimates are rough: a long one may go over by a factor of two.
        seed: of every estimate.

    Returns:
        ``Summary``. Of a disconnected graph, distances, spectra and means over pairs are those of
        the largest component. Without edges there are counts only. The numbering of the nodes
        changes nothing beyond the errors that are told, and where ``canonical_order`` is exact
        nothing at all.

    Self-loops are dropped and counted, repeated edges count once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.report import summarize
        >>> summary = summarize(barbell(5).edge_index, 10)
        >>> summary.bottlenecks[0].sizes, list(summary.groups())
        ((5, 5), ['size', 'distances', 'resistance', 'spectrum', 'curvature',
         'structure', 'expressivity'])
    """
    edge_index = edge_index.cpu()
    weight = None if edge_weight is None else edge_weight.reshape(-1).cpu()
    graph = simple_graph(edge_index, num_nodes, weight)
    rows = graph_measures.sizes(edge_index, graph, weight)
    none = torch.zeros(2, 0, dtype=torch.int64)
    if num_nodes < 2 or graph.num_edges == 0:
        return Summary(tuple(rows), (), none, none, {}, ())
    budget = Budget(max_seconds, num_nodes, graph.num_edges)
    whole = Part(graph, torch.arange(num_nodes)).canonical()
    network = whole.edge_index(), num_nodes, whole.edge_weight()
    part, within = largest_component(*network), whole.graph.num_components > 1
    rows += graph_measures.distances(part, budget)
    pairs = edges = none
    if budget.allows("approximate_total_resistance", shown="resistances"):
        rows += graph_measures.resistances(network, part, within, seed)
        pairs, row = highest_pair(whole, whole.graph.labels, seed)
        rows += [row]
        edges, row = highest_edge(whole)
        rows += [row]
    rows += graph_measures.spectra(part, budget)
    classes = None if labels is None else labels.cpu()[whole.nodes]
    rows += graph_measures.structure(whole, classes)
    rows += graph_measures.expressivity(*network[:2], budget)
    places = ()
    if budget.allows("laplacian_eigenpairs", shown="the worst places"):
        places = bottlenecks(edge_index, num_nodes, weight)
    bends, lowest = curvatures(whole, budget)
    rows += bends
    order = ("size", "distances", "resistance", "spectrum", "curvature", "structure")
    rows.sort(key=lambda row: order.index(row.group) if row.group in order else len(order))
    return Summary(tuple(rows), places, pairs, edges, lowest, tuple(budget.left_out))
