"""The pieces of a report as its page shows them."""

import torch
from torch import Tensor
from torch_geometric.data import Data

from workbench.diagnostics.summary import Bottleneck, Summary, Verdict
from workbench.diagnostics.summary.measure import percent
from workbench.diagnostics.summary.verdict import CAVEAT
from workbench.figures.page import CardLine
from workbench.rewiring import fosr, gtr

#: GTR needs a dense matrix; beyond this many nodes FoSR proposes the edges.
DENSE = 3_000

#: New edges that the verdict is about: this share of the graph's, within these limits.
SHARE, FEWEST, MOST = 0.05, 1, 20


def node_names(data: Data) -> list[str]:
    """Names of the nodes as the file gave them, else their numbers."""
    labels = data.get("labels")
    if labels is None:
        labels = range(data.num_nodes)
    return [str(label) for label in labels]


def classes(data: Data) -> Tensor | None:
    """``data.y`` where it is one class for each node."""
    labels = data.get("y")
    if not isinstance(labels, Tensor) or labels.shape != (data.num_nodes,):
        return None
    return labels.cpu() if labels.is_floating_point() else labels.cpu().long()


def card(verdict: Verdict | None) -> tuple[str, str, list[CardLine], str]:
    """(answer, sentence, lines, how far to trust it) of the card."""
    if verdict is None:
        return "none", "There is nothing to rewire below three connected nodes.", [], ""
    lines = [CardLine(e.says, e.name, e.value, e.sure, e.why) for e in verdict.evidence]
    return verdict.answer, verdict.sentence, lines, CAVEAT


def place_text(place: Bottleneck, summary: Summary, names: list[str]) -> str:
    """One place in a sentence, with its edges if they are few, and what resistance it holds."""
    text = place.sentence[0].upper() + place.sentence[1:]
    if place.edges.size(1) <= 4:
        text += f" ({', '.join(f'{names[u]}–{names[v]}' for u, v in place.edges.T.tolist())})"
    here = {tuple(pair) for pair in place.edges.T.tolist()}
    marked = {"resistance": tuple(sorted(summary.edge))} | summary.lowest
    kinds = [name for name, pair in marked.items() if pair and pair in here]
    which = [f"highest {kind}" if kind == "resistance" else f"lowest {kind}" for kind in kinds]
    totals = {m.name: m.value for m in summary.measures if m.name.startswith("total resistance")}
    if totals:
        total = totals.get("total resistance within", totals["total resistance"])
        text += f". At least {percent(place.loss / total)} of the total resistance is lost here"
    if which:
        text += f". Here is the edge of {', of '.join(which)}"
    return f"{text}."


def elsewhere(summary: Summary, names: list[str]) -> str:
    """The edges that other measures point at, where they are in none of the places."""
    here = {tuple(pair) for p in summary.bottlenecks for pair in p.edges.T.tolist()}
    marked = {"highest resistance": tuple(sorted(summary.edge))}
    marked |= {f"lowest {kind}": pair for kind, pair in summary.lowest.items()}
    rest = [
        f"the edge of {what} ({names[pair[0]]}–{names[pair[1]]})"
        for what, pair in marked.items()
        if pair and tuple(pair) not in here
    ]
    return f"In none of these places: {', '.join(rest)}." if rest else ""


def proposal(data: Data, seed: int) -> tuple[Tensor, str]:
    """The first edges that GTR would add, or FoSR on a large graph, and the method's name."""
    edges = int((data.edge_index[0] < data.edge_index[1]).sum())
    budget = min(max(round(SHARE * edges), FEWEST), MOST)
    edge_index = data.edge_index.cpu()
    if data.num_nodes <= DENSE:
        return gtr(edge_index, data.num_nodes, num_edges=budget).added, "GTR"
    generator = torch.Generator().manual_seed(seed)
    found = fosr(edge_index, data.num_nodes, num_edges=budget, generator=generator)
    return found.added, "FoSR"
