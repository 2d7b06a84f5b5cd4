"""The report of a graph: summary, verdict and model on one page, in a notebook or a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor, nn
from torch_geometric.data import Data

from workbench.figures.drawing import DRAWN_EDGES, drawing_svg
from workbench.figures.page import Section, report_body, report_page
from workbench.graphs.catalog import open_graph
from workbench.graphs.layout import layout
from workbench.report.largest import largest_component
from workbench.report.model_part import ModelPart, argument_kind, depth, model_figures, model_part
from workbench.report.model_summary import ModelSummary
from workbench.report.parts import (
    card,
    classes,
    no_classes,
    node_names,
    outside_places,
    place_text,
    proposal,
)
from workbench.report.summary import Summary, summarize
from workbench.report.verdict import Verdict, rewiring_verdict

INTRO = (
    "Each edge is a wire of 1 ohm (of its conductance, where the graph has weights). High "
    "resistance between two nodes means few and long ways between them, so that messages of a "
    "graph neural network are squeezed there."
)
#: The most pairs of equal resistance that are all drawn, and edges of places that are alike.
DRAWN_PAIRS, MARKED = 12, 400
TITLES = {
    "size": "Size",
    "distances": "Distances",
    "resistance": "Resistance, commute, Kemeny",
    "spectrum": "Spectrum, Cheeger, mixing",
    "curvature": "Curvature of the edges",
    "structure": "Structure",
    "expressivity": "Expressivity",
}


@dataclass(frozen=True, repr=False)
class Report:
    """What ``report`` found. Shows itself in a notebook; ``html()`` is a page of its own.

    Attributes:
        name: heading.
        data: the graph.
        summary: its numbers and worst places.
        verdict: whether rewiring may pay; None if there is nothing to rewire.
        added: ``[2, edges]``, the proposed edges that the verdict is about.
        model: what a model makes of it; None without one, or where it could not be measured.
        model_name: how the page calls that model.
        model_notes: sentences about the model: how far it reaches, what it was given, or why it
            could not be measured and what to do.
    """

    name: str
    data: Data
    summary: Summary
    verdict: Verdict | None
    added: Int64[Tensor, "2 added"]
    model: ModelSummary | None
    model_name: str
    model_notes: tuple[str, ...] = ()

    def sections(self) -> list[Section]:
        """The tables, as the page shows them."""
        return [
            Section(
                TITLES.get(group, group),
                tuple((row.name, row.text, row.sure, self._name_ends(row)) for row in rows),
            )
            for group, rows in self.summary.groups().items()
        ]

    def places(self) -> list[str]:
        """A sentence for each of the worst places."""
        names = node_names(self.data)
        return [place_text(place, self.summary, names) for place in self.summary.bottlenecks]

    def outside_places(self) -> str:
        """What other measures point at outside those places; empty where they agree."""
        return (
            outside_places(self.summary, node_names(self.data)) if self.summary.bottlenecks else ""
        )

    def _name_ends(self, row) -> str:
        ends = {
            "highest resistance": self.summary.pairs,
            "highest edge resistance": self.summary.edges,
        }.get(row.name)
        if ends is None or not ends.size(1):
            return row.meaning
        u, v = (node_names(self.data)[node] for node in ends[:, 0].tolist())
        first, *rest = row.meaning.split(";")
        return ";".join([f"{first}: {u} and {v}", *rest])

    def body(self) -> str:
        """The page without its frame, with its style: what a notebook shows."""
        graphs = model_figures(ModelPart(self.model, self.model_notes))
        return report_body(
            f"Report of {self.name}",
            INTRO,
            card=card(self.verdict),
            drawing=self.drawing(),
            caption=self.caption(),
            places=self.places(),
            elsewhere=self.outside_places(),
            sections=self.sections(),
            model=(self.model_name, graphs),
            left_out=self.summary.left_out,
        )

    def drawing(self) -> str:
        """The graph with its worst places, as an ``<svg>``."""
        position = self.data.get("pos")
        if position is None or position.size(1) != 2:
            position = layout(self.data.edge_index, self.data.num_nodes)
        places = self.summary.bottlenecks
        marks = [torch.cat([p.edges, p.alike], dim=1)[:, :MARKED].numpy() for p in places]
        return drawing_svg(
            position.cpu().numpy(),
            self.data.edge_index.cpu().numpy(),
            marks=marks,
            pairs=self._drawn_pairs().numpy(),
            names=node_names(self.data),
        )

    def _drawn_pairs(self) -> Tensor:
        """The pairs of highest resistance, or one of them where they are many."""
        pairs = self.summary.pairs
        return pairs if pairs.size(1) <= DRAWN_PAIRS else pairs[:, :1]

    def caption(self) -> str:
        """What the drawing shows beside the numbered places."""
        text = "Point at a node for its name."
        alike, drawn = self.summary.pairs.size(1), self._drawn_pairs()
        which = f"the {alike:,} pairs of highest resistance"
        if drawn.size(1) == 1:
            names = node_names(self.data)
            u, v = (names[node] for node in drawn[:, 0].tolist())
            which = f"one of {which}" if alike > 1 else "the pair of highest resistance"
            which += f", {u} and {v}"
        if alike:
            text = f"Dotted: {which}. {text}"
        if any(place.num_alike > 1 for place in self.summary.bottlenecks):
            text += " Places that are alike are all marked; the number stands at one of them."
        if self.data.edge_index.size(1) > 2 * DRAWN_EDGES:
            text += f" An even sample of about {DRAWN_EDGES:,} edges is drawn."
        return text

    def html(self) -> str:
        """A page that needs nothing else."""
        return report_page(f"Report of {self.name}", self.body())

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path."""
        path = Path(path)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def __repr__(self) -> str:
        answer = self.verdict.answer if self.verdict else "none"
        return (
            f"Report({self.name!r}, {len(self.summary.measures)} numbers, "
            f"{len(self.summary.bottlenecks)} worst places, verdict: {answer})"
        )

    def _repr_html_(self) -> str:
        return self.body()


def report(
    data: Any,
    model: nn.Module | None = None,
    *,
    name: str | None = None,
    pairs: Tensor | None = None,
    num_layers: int = 4,
    max_seconds: float = 30.0,
    seed: int = 0,
    model_name: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    readout: Callable[[Any], Tensor] | None = None,
) -> Report:
    """Everything about one graph, and about a model on it, on one page.

    Args:
        data: an undirected graph, as anything that ``open_graph`` takes; a ``Data`` with
            ``edge_weight`` (conductances), ``y`` (classes of the nodes), ``x``, ``pos`` and
            ``labels`` (names) where it has them.
        model: any module called as ``model(x, edge_index, **inputs)`` that returns ``[nodes,
            channels]``; on ``data.x``, or where there is no floating-point one on normal noise of
            as many channels as its first linear layer takes. Where the model raises, or does not
            fit, the page says so in its part. One that reaches farther than its layers is measured
            up to 12 hops.
        name: heading; the graph's own name if not given.
        pairs: ``[2, pairs]`` sources and targets that the task has to connect; ``data.y`` is then
            not taken for the task.
        num_layers: depth of the network that the verdict has in mind. A model with a module list
            called ``layers`` has as many as that.
        max_seconds: of the numbers, by their estimates; what does not fit is named on the page.
            The verdict and the model come on top, each about as long at most.
        seed: of every random choice.
        model_name: how the page calls the model; the name of its class if not given.
        inputs: more keyword arguments of the model; ``edge_attr``, ``edge_weight`` and ``batch``
            are taken from the data where its ``forward`` names them.
        readout: takes what the model returns and gives the tensor ``[nodes, channels]`` to
            measure, as ``lambda output: output[0]`` of a tuple.

    Returns:
        ``Report``.

    Raises:
        TypeError: ``model`` is no module.
        ValueError: the graph is directed, or a weight is negative.

    Examples:
        >>> from workbench.graphs import barbell
        >>> from workbench.report import report
        >>> page = report(barbell(5), name="two cliques")
        >>> page.summary.bottlenecks[0].sentence
        'a bridge: the only edge between 5 nodes and 5 nodes'
        >>> page.html()[:15]
        '<!DOCTYPE html>'
    """
    if model is not None and not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {argument_kind(model)}")
    data = open_graph(data)
    edge_index, count, weight = data.edge_index, data.num_nodes, data.get("edge_weight")
    weight = None if weight is None else weight.reshape(-1)
    labels, why = classes(data), no_classes(data)
    summary = summarize(
        edge_index, count, weight, labels=labels, max_seconds=max_seconds, seed=seed
    )
    if why:
        summary = replace(summary, left_out=(*summary.left_out, f"what classes tell ({why})"))
    layers = depth(model)
    verdict, added = None, torch.zeros(2, 0, dtype=torch.int64)
    if largest_component(edge_index, count, weight).graph.num_nodes >= 3:
        task = {"pairs": pairs} if pairs is not None else {"labels": labels}
        added, method = proposal(data, seed, **task)
        verdict = rewiring_verdict(
            edge_index,
            count,
            weight,
            added=added,
            method=method,
            **task,
            num_layers=layers or num_layers,
            places=summary.bottlenecks,
            generator=torch.Generator().manual_seed(seed),
        )
    part = ModelPart(None, ())
    if model is not None:
        part = model_part(model, data, num_layers=layers, inputs=inputs, readout=readout, seed=seed)
    heading = name or data.get("name") or "a graph"
    title = "" if model is None else model_name or type(model).__name__
    return Report(heading, data, summary, verdict, added, part.found, title, part.notes)
