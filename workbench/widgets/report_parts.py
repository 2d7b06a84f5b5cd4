"""The pieces of a report as its page shows them."""

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.diagnostics.summary import Bottleneck, ModelSummary, Summary, Verdict
from workbench.diagnostics.summary.measure import percent
from workbench.diagnostics.summary.verdict import CAVEAT
from workbench.figures.page import CardLine
from workbench.figures.sparklines import bars_svg, lines_svg


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


def features(data: Data, model: nn.Module, seed: int) -> Tensor:
    """The graph's own features, or normal noise where it has none that fit."""
    wanted = [m.in_features for m in model.modules() if isinstance(m, nn.Linear)]
    x = data.get("x")
    if isinstance(x, Tensor) and x.is_floating_point() and (not wanted or x.size(1) == wanted[0]):
        return x
    if not wanted:
        raise ValueError(
            "the graph has no features x, and the model has no linear layer to tell how wide they "
            "would be; set data.x"
        )
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(data.num_nodes, wanted[0], generator=generator)


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


def model_figures(found: ModelSummary) -> list[tuple[str, str]]:
    """(caption, svg) of what a model hears and of what its layers leave apart."""
    share, error = found.share_by_hop
    reach = found.reach
    sampled = " over a sample of nodes" if found.sampled else ""
    spread = f" ± {float(reach.standard_error):.2g}" if found.sampled else ""
    figures = [
        (
            f"Share of what influences a node, by hop; mean{sampled}. Effective range: "
            f"{float(reach.value):.2f}{spread} hops.",
            bars_svg(share.tolist(), error.tolist() if found.sampled else None, unit="hops"),
        )
    ]
    smooth = found.smoothing
    if smooth.size.numel():
        energy = (smooth.normalized / smooth.size.square()).tolist()
        figures.append(
            (
                "Over-smoothing, layer by layer: both fall to 0 where all nodes become alike.",
                lines_svg(
                    {
                        "Dirichlet energy / size²": energy,
                        "cosine distance of neighbors": smooth.mean_average_distance.tolist(),
                    },
                    found.layers,
                ),
            )
        )
    return figures
