"""The pieces of a report as its page shows them."""

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.diagnostics.structure.canonical_order import canonical_order, renumber
from workbench.figures.page import CardLine
from workbench.report.bottlenecks import Bottleneck
from workbench.report.measure import percent
from workbench.report.summary import Summary
from workbench.report.verdict import CAVEAT, Verdict
from workbench.rewiring import fosr, gtr
from workbench.ties import levels
from workbench.topology import simple_graph
from workbench.topology.class_labels import check_classes

#: GTR needs a dense matrix; beyond this many nodes FoSR proposes the edges.
DENSE = 3_000

#: New edges that the verdict is about: this share of the graph's, within these limits.
SHARE, FEWEST, MOST = 0.05, 1, 20

#: The most edges that a sentence names. Where more, and more than this share of all, have the
#: same extreme value, it marks no place.
NAMED, SMALL_SHARE = 4, 0.01


def node_names(data: Data) -> list[str]:
    """Names of the nodes as the file gave them, else their numbers."""
    labels = data.get("labels")
    if labels is None:
        labels = range(data.num_nodes)
    return [str(label) for label in labels]


def classes(data: Data) -> Tensor | None:
    """``data.y`` where it is one class for each node."""
    labels = data.get("y")
    if not isinstance(labels, Tensor) or labels.shape != (data.num_nodes,) or no_classes(data):
        return None
    return labels.cpu() if labels.is_floating_point() else labels.cpu().long()


def no_classes(data: Data) -> str:
    """Why one number ``y`` for each node is no class; empty where it is, and without such ``y``."""
    labels = data.get("y")
    if isinstance(labels, Tensor) and labels.shape == (data.num_nodes,):
        try:
            check_classes(labels, "y")
        except ValueError as error:
            return str(error)
    return ""


def card(verdict: Verdict | None) -> tuple[str, str, list[CardLine], str]:
    """(answer, sentence, lines, how far to trust it) of the card."""
    if verdict is None:
        return "none", "There is nothing to rewire below three connected nodes.", [], ""
    lines = [CardLine(e.says, e.name, e.value, e.sure, e.why) for e in verdict.evidence]
    return verdict.answer, verdict.sentence, lines, CAVEAT


def place_text(place: Bottleneck, summary: Summary, names: list[str]) -> str:
    """One place in a sentence, with its edges if they are few, and what resistance it holds."""
    text = place.sentence[0].upper() + place.sentence[1:]
    if place.edges.size(1) <= NAMED:
        text += f" ({_edge_names(place.edges, names)})"
    totals = {m.name: m.value for m in summary.measures if m.name.startswith("total resistance")}
    if totals:
        total = totals.get("total resistance within", totals["total resistance"])
        text += f". At least {percent(place.loss / total)} of the total resistance is lost here"
    here = set(map(tuple, place.edges.T.tolist()))
    met: dict[tuple[int, int], list[str]] = {}
    for what, edges in _marked_edges(summary).items():
        count = len(here.intersection(map(tuple, edges.T.tolist())))
        if count:
            met.setdefault((count, edges.size(1)), []).append(what)
    which = [f"{_share(*count)} of {', of '.join(what)}" for count, what in met.items()]
    if which:
        text += f". Here {'is' if next(iter(met))[0] == 1 else 'are'} {'; '.join(which)}"
    return f"{text}."


def outside_places(summary: Summary, names: list[str]) -> str:
    """The edges that other measures point at, where they are in none of the places."""
    here = set().union(*map(_edges_at, summary.bottlenecks))
    rest = [
        f"{_share(edges.size(1), edges.size(1))} of {what} ({_edge_names(edges, names)})"
        for what, edges in _marked_edges(summary).items()
        if here.isdisjoint(map(tuple, edges.T.tolist()))
    ]
    return f"In none of these places: {', '.join(rest)}." if rest else ""


def _edges_at(place: Bottleneck) -> set[tuple[int, int]]:
    """The edges of a place, and of those that are alike."""
    return {(u, v) for edges in (place.edges, place.alike) for u, v in edges.T.tolist()}


def _marked_edges(summary: Summary) -> dict[str, Tensor]:
    """The edges that measures point at, by the value that they have; where they are few."""
    marked = {"highest resistance": summary.edges}
    marked |= {f"lowest {kind}": edges for kind, edges in summary.lowest.items()}
    most = max(NAMED, SMALL_SHARE * summary["edges"].value)
    return {what: edges for what, edges in marked.items() if 0 < edges.size(1) <= most}


def _share(count: int, tied: int) -> str:
    """So many of the edges that are alike, in words."""
    if count == tied:
        return "the edge" if tied == 1 else f"the {tied} edges"
    return f"{count} of the {tied} edges"


def _edge_names(edges: Tensor, names: list[str]) -> str:
    """The first few of some edges by the names of their ends."""
    shown = [f"{names[u]}–{names[v]}" for u, v in edges[:, :NAMED].T.tolist()]
    return ", ".join(shown) + (" …" if edges.size(1) > NAMED else "")


def proposal(
    data: Data, seed: int, *, labels: Tensor | None = None, pairs: Tensor | None = None
) -> tuple[Tensor, str]:
    """The first edges that GTR would add, or FoSR on a large graph, and the method's name.

    Of the graph in ``canonical_order``, with what a task marks (the labels of nodes, the ends of
    its pairs): of equally good edges, and of what FoSR draws, the same are proposed whatever the
    numbering. FoSR reads no weights.
    """
    weight = data.get("edge_weight")
    weight = None if weight is None else weight.reshape(-1).cpu()
    graph = simple_graph(data.edge_index.cpu(), data.num_nodes, weight)
    place = canonical_order(graph, _task(data.num_nodes, labels, pairs))
    back, graph = place.argsort(), renumber(graph, place)
    budget = min(max(round(SHARE * graph.num_edges), FEWEST), MOST)
    ends = torch.stack([graph.source, graph.target])
    network = torch.cat([ends, ends.flip(0)], dim=1), graph.num_nodes
    if data.num_nodes <= DENSE:
        found = gtr(*network, num_edges=budget, edge_weight=graph.weight.repeat(2))
        return back[found.added], "GTR"
    found = fosr(*network, num_edges=budget, generator=torch.Generator().manual_seed(seed))
    plain = weight is None or levels(graph.weight.numpy()).max(initial=0) == 0
    return back[found.added], "FoSR" if plain else "FoSR without the weights"


def _task(count: int, labels: Tensor | None, pairs: Tensor | None) -> Tensor | None:
    """What a task says of each node, as one number; 0 where nothing."""
    if labels is None and pairs is None:
        return None
    mark = torch.zeros(count, dtype=torch.int64)
    if labels is not None:
        mark += 4 * labels.cpu().double().nan_to_num(-1.0).clamp(min=-1.0).add(1.0).long()
    if pairs is not None:
        source, target = pairs.cpu()
        mark[source.unique()] += 1
        mark[target.unique()] += 2
    return mark
