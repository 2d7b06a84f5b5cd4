"""Will rewiring pay here? Measured evidence for and against, before any training."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.cost import check_count
from workbench.diagnostics import approximate_total_resistance
from workbench.report.bottlenecks import Bottleneck, bottlenecks
from workbench.report.evidence import (
    BUYS,
    ONE_PLACE,
    Evidence,
    across,
    narrowest,
    nothing_to_add,
    removed_share,
    squeeze,
)
from workbench.report.largest import largest_component
from workbench.report.task_evidence import arrives, label_agreement, labels_nearby
from workbench.typing import EdgeIndex, EdgeWeight, Pairs

Answer = Literal["likely", "doubtful", "unlikely"]

#: Nodes and edges up to which so many random graphs are drawn: together some ten seconds.
NULLS = ((2_000, 19), (20_000, 9), (150_000, 3), (float("inf"), 1))

#: What the card says of itself.
CAVEAT = (
    "A rule of thumb over numbers of the graph, not a prediction with a known error: its limits "
    "were set by hand, and it was held against ten trainings only (data/results/verdict.json)."
)

COMPLETE = "Every two nodes are joined already: there is no edge to add."


@dataclass(frozen=True)
class Verdict:
    """The card: an answer, the sentence behind it, and every number that was weighed.

    Attributes:
        answer: "likely", "doubtful" or "unlikely".
        sentence: why, in one sentence.
        evidence: what was weighed.
        num_edges: number of proposed edges it is about.
        method: who proposed them.
    """

    answer: Answer
    sentence: str
    evidence: tuple[Evidence, ...]
    num_edges: int
    method: str

    def select(self, says: str) -> tuple[Evidence, ...]:
        """The evidence that says "for", "against" or "open"."""
        return tuple(e for e in self.evidence if e.says == says)


def rewiring_verdict(
    edge_index: EdgeIndex,
    num_nodes: int,
    edge_weight: EdgeWeight | None = None,
    *,
    added: Int64[Tensor, "2 added"] | None = None,
    method: str = "rewiring",
    labels: Int64[Tensor, " nodes"] | Float[Tensor, " nodes"] | None = None,
    pairs: Pairs | None = None,
    num_layers: int = 4,
    num_nulls: int | None = None,
    places: tuple[Bottleneck, ...] | None = None,
    generator: torch.Generator | None = None,
) -> Verdict:
    """Whether adding edges may help a model on this graph, from numbers that need no training.

    Of the graph: total resistance beside that of random graphs with the same degrees; what the
    proposed edges take away of it; what the narrowest place holds of it; what a mean-aggregating
    network carries across that place. Of the task, where it is given: whether neighbors already
    tell the labels, whether the new edges join equal labels, what chosen pairs hear. Each says
    "for", "against" or nothing; the answer counts them:

        likely     at least two more of the graph's numbers speak for it than against, and none
                   of the task's against
        unlikely   two more against; or a task's number against and none of the task's for
        doubtful   else

    A number that lies at its limit, up to rounding or within two standard errors, is open, and
    where it would decide the answer the sentence says so. Of a complete graph the answer is
    unlikely: no edge can be added.

    It is a heuristic. The limits in ``evidence.py`` and ``task_evidence.py`` are set by hand; a
    graph's structure cannot say what a task needs, so that without labels or pairs the answer is
    about the graph alone.

    Args:
        edge_index: ``[2, edges]``, both directions of every undirected edge.
        num_nodes: number of nodes.
        edge_weight: conductances ``[edges]``; 1 if not given. New edges have 1.
        added: ``[2, k]`` edges that a rewiring proposes; that part is left out if not given.
        method: its name.
        labels: ``[nodes]`` class of each node, negative or nan where unknown.
        pairs: ``[2, pairs]`` sources and targets that the task has to connect.
        num_layers: depth of the network that one has in mind.
        num_nulls: random graphs to compare with; 19 on small graphs down to 1 beyond 150,000 nodes
            and edges, if not given.
        places: what ``bottlenecks`` gave, if it is there already.
        generator: source of the random graphs, on the CPU; a fresh one with seed 0 if not given.

    Returns:
        ``Verdict``. Of a disconnected graph its largest component is judged. The numbering of the
        nodes changes nothing beyond the standard errors, and where ``canonical_order`` is exact
        nothing at all.

    Self-loops are dropped. A repeated edge counts once; with weights, repeats add.

    Raises:
        ValueError: the graph is directed, a weight is negative, ``num_layers`` or ``num_nulls`` is
            below 1, or the largest component has fewer than three nodes.

    Examples:
        >>> from workbench.graphs import complete
        >>> from workbench.report import rewiring_verdict
        >>> rewiring_verdict(complete(6).edge_index, 6).answer
        'unlikely'
    """
    if num_layers < 1 or (num_nulls is not None and num_nulls < 1):
        raise ValueError(f"both are at least 1, got {num_layers=} and {num_nulls=}")
    check_count("num_layers", num_layers, 10_000)
    check_count("num_nulls", num_nulls or 1, 1_000)
    part = largest_component(edge_index, num_nodes, edge_weight).canonical()
    size = part.graph.num_nodes
    if size < 3:
        raise ValueError(
            f"the largest component has {size} nodes: there is nothing to rewire below three"
        )
    proposed = 0 if added is None else added.size(1)
    if part.graph.num_edges == size * (size - 1) // 2:
        evidence = (nothing_to_add(size),)
        return Verdict("unlikely", COMPLETE, evidence, proposed, method)
    generator = generator or torch.Generator().manual_seed(0)
    nulls = num_nulls or next(count for most, count in NULLS if size + part.graph.num_edges <= most)
    edges, weight = part.edge_index(), part.edge_weight()
    found = approximate_total_resistance(edges, size, weight)
    total, error = float(found.value), float(found.standard_error)
    places = bottlenecks(edge_index, num_nodes, edge_weight) if places is None else places
    evidence = [squeeze(part, total, error, nulls, generator)]
    inside = None
    if added is not None:
        inside = part.local(added)
        if inside.size(1):
            evidence.append(removed_share(part, total, error, inside, method))
    if places:
        evidence += [
            narrowest(part, places[0], total, error),
            across(part, places[0], total, error, num_layers),
        ]
    if labels is not None:
        evidence.append(labels_nearby(edge_index, num_nodes, labels))
        if added is not None:
            evidence.append(label_agreement(edge_index, labels, added.cpu(), method))
    if pairs is not None:
        evidence.append(arrives(part, pairs, num_layers, inside))
    evidence = tuple(e for e in evidence if e is not None)
    answer, sentence = weigh(evidence)
    return Verdict(answer, sentence, evidence, proposed, method)


def weigh(evidence: tuple[Evidence, ...]) -> tuple[Answer, str]:
    """The answer, and the sentences that explain it."""
    answer, sentence = _count_votes(evidence)
    for at, piece in enumerate(evidence):
        for says in piece.near:
            turned = replace(piece, says=says)
            other, _ = _count_votes((*evidence[:at], turned, *evidence[at + 1 :]))
            if other != answer:
                sentence += (
                    f" “{piece.name.capitalize()}” lies at its limit: beyond it the answer would "
                    f"be {other}."
                )
    return answer, sentence


def _count_votes(evidence: tuple[Evidence, ...]) -> tuple[Answer, str]:
    """The same, as if no number were at a limit."""
    count = {
        about: {
            says: sum(e.about == about and e.says == says for e in evidence)
            for says in ("for", "against", "open")
        }
        for about in ("graph", "task")
    }
    graph, task = count["graph"], count["task"]
    lean = graph["for"] - graph["against"]
    of_graph = (
        f"of the numbers of the graph {graph['for']} speak{'s' * (graph['for'] == 1)} for it, "
        f"{graph['against']} against, {graph['open']} neither"
    )
    asked = any(e.about == "task" for e in evidence)
    if task["against"] and not task["for"]:
        return "unlikely", f"The task does not seem to need it; {of_graph}."
    if lean <= -2:
        return "unlikely", f"There is no bottleneck that a few edges could mend: {of_graph}."
    if lean >= 2 and not task["against"]:
        speaks = {e.name for e in evidence if e.says == "for"}
        what = (
            "has a bottleneck" if ONE_PLACE in speaks else "is squeezed, though at no single place"
        )
        few = " that a few edges mend" if ONE_PLACE in speaks else ", and a few edges relieve it"
        what += few if BUYS in speaks else ""
        if task["for"]:
            return "likely", f"The task reaches far, and the graph {what}: {of_graph}."
        more = "; what the task needs is not seen" if asked else ""
        return "likely", (
            f"The graph {what}: {of_graph}{more}. It pays only if the task has to reach across."
        )
    agree = "do not say enough" if not (graph["for"] and graph["against"]) else "do not agree"
    return "doubtful", f"The numbers {agree}: {of_graph}."
