"""What of a task speaks for rewiring its graph and what against it, one measured number each."""

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.diagnostics import homophily
from workbench.report.evidence import (
    OF_MEANS,
    Added,
    Evidence,
    above,
    compare_limits,
    judge,
    state_number,
)
from workbench.report.largest import Part
from workbench.report.measure import round_digits, settle_digits
from workbench.report.reach import share_from
from workbench.typing import EdgeIndex, Pairs

#: Where a number begins to speak (for, against), and from where on homophily speaks against; set
#: with those of ``evidence.py``.
ARRIVES = (0.25, 0.75)
HOMOPHILY = 0.3


def arrives(
    part: Part, pairs: Pairs, num_layers: int, added: Int64[Tensor, "2 added"] | None
) -> Evidence:
    """What the targets of a task hear from their sources, and after the proposed edges."""
    source, target = part.local(pairs)
    if not source.numel():
        return Evidence(
            "what the task's pairs hear",
            "no pair is in the largest component",
            "open",
            "exact",
            "nothing passes between components",
            "task",
        )
    graph = part.graph

    def share(edges: EdgeIndex, weight: Tensor) -> float:
        values = []
        for u in source.unique().tolist():
            one = torch.zeros(graph.num_nodes, dtype=torch.float64)
            one[u] = 1.0
            heard, mixed = share_from(edges, weight, one, num_layers)
            values.append(heard[target[source == u]] / mixed)
        return float(torch.cat(values).mean())

    before = share(part.edge_index(), part.edge_weight())
    mixing = round_digits(before, 3)
    text = f"{mixing} of what complete mixing would give them, after {num_layers} layers"
    if added is not None and added.size(1):
        edges = torch.cat([part.edge_index(), added, added.flip(0)], dim=1)
        weight = torch.cat([part.edge_weight(), graph.weight.new_ones(2 * added.size(1))])
        text += f"; {round_digits(share(edges, weight), 3)} with the new edges"
    says, near = judge(*compare_limits(before, ARRIVES))
    return Evidence(
        "what the task's pairs hear",
        text,
        says,
        state_number(OF_MEANS, near),
        "1 is as much as if every message went everywhere",
        "task",
        near,
    )


def labels_nearby(edge_index: EdgeIndex, num_nodes: int, labels: Tensor) -> Evidence | None:
    """Whether neighbors already tell the label."""
    value = float(homophily(edge_index, num_nodes, labels, measure="adjusted"))
    if value != value:
        return None
    says, near = judge(-1, above(value, HOMOPHILY))
    value = settle_digits(value, scale=1.0)
    return Evidence(
        "labels nearby",
        f"adjusted homophily {value:.2f} (0: edges ignore labels, 1: they never cross)",
        says,
        state_number("exact, for the labels given", near),
        "where neighbors are alike, a few hops tell the label and far messages add little",
        "task",
        near,
    )


def label_agreement(
    edge_index: EdgeIndex, labels: Tensor, added: Added, method: str
) -> Evidence | None:
    """Whether the proposed edges join equal labels as often as the graph's edges do."""
    labels = labels.cpu()
    old, new = (
        ends[:, (labels[ends] >= 0).all(0) & (ends[0] != ends[1])]
        for ends in (edge_index.cpu(), added)
    )
    if not old.size(1) or not new.size(1):
        return None
    before, after = (float((labels[e[0]] == labels[e[1]]).double().mean()) for e in (old, new))
    error = (max(before * (1 - before), 0.01) / new.size(1)) ** 0.5
    far = above(after, before, error)
    says, _ = judge(far, -far)
    return Evidence(
        "labels that new edges join",
        f"{settle_digits(after):.0%} of {new.size(1)} edges by {method} join equal labels; "
        f"{settle_digits(before):.0%} of the graph's do",
        says,
        f"± {settle_digits(error):.0%} for so few edges",
        "new edges that join more unlike nodes than the old ones mix what the labels keep apart",
        "task",
    )
