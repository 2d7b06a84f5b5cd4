"""Why an item has its color: the multiset that it saw, from the definition of each test."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.diagnostics.expressivity.weisfeiler_leman.distinguish import TESTS

#: A label ("2 hops", "edge label 1", "" for none) and the colors that were seen together with it.
Sight = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Seen:
    """What one item saw in one round.

    Attributes:
        item: the nodes of the item; -1 for a copy as a whole.
        color: its color after the round.
        before: its color before the round; -1 at round 0.
        bags: title -> how often it saw each label with its colors.
    """

    item: tuple[int, ...]
    color: int
    before: int = -1
    bags: dict[str, Counter] = field(default_factory=dict)


def seen(colored: PairColoring, which: int, round: int, nodes: tuple[int, ...]) -> Seen:
    """What a node (one number) or a pair (two) of graph ``which`` saw in a round.

    Where the test colors other things, the item that stands for the node or the pair is taken.
    Round 0 has seen nothing yet.
    """
    form = colored.node_item if len(nodes) == 1 else colored.pair_item
    if form is None:
        form, nodes = colored.node_item, nodes[:1]
    names = {"u": nodes[0], "v": nodes[-1]}
    item = tuple(names.get(part, part) for part in form)
    color = colored.color(which, round, *item)
    if round == 0:
        return Seen(item, color)
    before = colored.color(which, round - 1, *item)
    bags = {
        title: Counter(
            (label, tuple(colored.color(which, round - 1, *other) for other in others))
            for label, others in sights
        )
        for title, sights in _bags(colored, which, item)
    }
    return Seen(item, color, before, bags)


def _bags(colored: PairColoring, which: int, item: tuple[int, ...]) -> Iterable[tuple[str, list]]:
    """(title, [(label, items seen together)]) of an item."""
    build, options = TESTS[colored.test]
    kind = build.__name__
    size, near = colored.pair.sizes[which], colored.pair.seen_edges[which]
    if kind == "node_items":
        return [("its neighbors", [(label, [(u,)]) for u, label in near[item[0]]])]
    if kind == "distance_items":
        named = [(distance_text(colored, which, item[0], u), [(u,)]) for u in range(size)]
        return [("all nodes, each with its distance", named)]
    if kind == "folklore_items":
        put = [("", [_put(item, place, w) for place in range(len(item))]) for w in range(size)]
        return [("for every node w, the tuples with w put in", put)]
    if kind == "tuple_items":
        return [
            (f"w at place {place + 1}", _replacements(item, place, near, size, options["near"]))
            for place in range(len(item))
        ]
    return _in_copies(colored, which, item, near, size)


def _put(item: tuple[int, ...], place: int, w: int) -> tuple[int, ...]:
    return (*item[:place], w, *item[place + 1 :])


def _replacements(item, place: int, near, size: int, mode: str) -> list:
    there = near[item[place]]
    if mode == "all":
        return [("", [_put(item, place, w)]) for w in range(size)]
    # where an edge has several labels, these tests know one of them
    labels = dict(there)
    if mode == "neighbors":
        return [(labels[w], [_put(item, place, w)]) for w, _ in there]
    told = {w: ", ".join(filter(None, ["neighbor", label])) for w, label in labels.items()}
    return [(told.get(w, "other"), [_put(item, place, w)]) for w in range(size)]


def _in_copies(colored: PairColoring, which: int, item, near, size: int) -> list:
    marks, node = item[:-1], item[-1]
    if marks and marks[0] == -1:  # the summary of a node over all copies
        return [("itself in every copy", [("", [(copy, node)]) for copy in range(size)])]
    there = [u for u in range(size) if colored.item(which, *marks, u) >= 0]
    if node == -1:
        return [("all nodes of its copy", [("", [(*marks, u)]) for u in there])]
    inside = set(there)
    seen_here = [(label, [(*marks, u)]) for u, label in near[node] if u in inside]
    bags = [("its neighbors in the copy", seen_here)]
    if colored.test == "dss-wl":
        around = [(label, [(-1, u)]) for u, label in near[node]]
        bags += [("its own summary", [("", [(-1, node)])]), ("its neighbors' summaries", around)]
    return bags


def distance_text(colored: PairColoring, which: int, v: int, u: int) -> str:
    """The distance of two nodes as the test sees it, in words."""
    kind, numbers = TESTS[colored.test][1]["distance"], colored.distances[which][v, u]
    if kind == "rrwp":  # 21 numbers: their class tells as much
        return f"walks {int(colored.distance_classes[which][v, u])}"
    units = {"shortest-path": ["hops"], "resistance": ["Ω"], "both": ["hops", "Ω"]}[kind]
    return ", ".join(
        "not connected" if np.isinf(number) else f"{number:.4g} {unit}"
        for number, unit in zip(np.atleast_1d(numbers), units, strict=True)
    )
