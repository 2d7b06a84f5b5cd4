"""The words of the expressivity lab: the answer of a test, and why an item has its color."""

import html
from collections.abc import Sequence

from workbench.diagnostics.expressivity.pair_coloring import PairColoring
from workbench.diagnostics.expressivity.seen import Seen, distance_text, seen
from workbench.figures.coloring import CLASS_COLORS, readable_on
from workbench.widgets.expressivity.test_texts import text_of

#: Kinds of sights listed in one bag.
MOST_CHIPS = 24
WHY_HINT = (
    "Click a node (or a cell of a matrix) to see why it has its color; one in each graph to "
    "compare them. Hover a column of the histogram to see where its color is. Drop a file on a "
    "graph to replace it."
)


def verdict(colored: PairColoring) -> str:
    """The answer of a test in one line."""
    title, found = text_of(colored.test).title.partition(" (")[0], colored.distinction
    without = "".join(
        f"; {key} is left out, since only {which} has it" for key, which in colored.pair.left_out
    )
    if found:
        return f"{title}: different from round {found.round}{without}"
    rounds = colored.last
    after = f"{rounds} {'round' if rounds == 1 else 'rounds'}"
    return f"{title}: equal, stable after {after}{without}"


def verdict_html(colored: PairColoring) -> str:
    """The answer, what it means, and a witness."""
    found, pair = colored.distinction, colored.pair
    if pair.isomorphic:
        keys = " and ".join(key for key, _ in pair.left_out)
        graphs = f"Without {keys}, the graphs" if keys else "The graphs"
        meaning = f"{graphs} are isomorphic, and every test says so."
    elif found:
        meaning = _witness_text(colored)
    else:
        meaning = "The graphs are not isomorphic: this test cannot see the difference."
    return f"<b>{html.escape(verdict(colored))}.</b> {html.escape(meaning)}"


def why_html(colored: PairColoring, round: int, chosen: Sequence[tuple[int, ...] | None]) -> str:
    """Why the chosen nodes or pairs have their colors: what each of them saw."""
    shown = [
        (which, nodes, seen(colored, which, round, nodes))
        for which, nodes in enumerate(chosen)
        if nodes is not None
    ]
    if not shown:
        return f'<span class="workbench-fine">{html.escape(WHY_HINT)}</span>'
    parts = [_one_why(colored, which, round, nodes, sight) for which, nodes, sight in shown]
    if len(shown) == 2:
        parts.append(_comparison(shown[0][2], shown[1][2]))
    return "".join(parts)


def why_text(colored: PairColoring, which: int, round: int, nodes: tuple[int, ...]) -> str:
    """The same in plain words, for one node or pair."""
    sight = seen(colored, which, round, nodes)
    head = f"{_name(nodes)} of {'ab'[which]} has color {sight.color} after round {round}"
    if round == 0:
        return f"{head}: {_start_text(colored)}"
    bags = "; ".join(
        f"{title}: {', '.join(_sight_text(sight, n) for sight, n in _sort(bag)) or 'nothing'}"
        for title, bag in sight.bags.items()
    )
    return f"{head}: before it had {sight.before}, and saw {bags}"


def hint(colored: PairColoring, which: int, round: int, u: int, v: int) -> str:
    """What a pair is to the test, for a tooltip."""
    if colored.distances is not None:
        return distance_text(colored, which, u, v)
    if colored.pair_item is None:
        return ""
    color = colored.color(which, round, *_fill(colored.pair_item, u, v))
    return "" if color < 0 else f"pair color {color}"


def item_name(colored: PairColoring) -> str:
    """What the test counts, in the plural."""
    width = len(colored.node_item)
    if width == 1:
        return "nodes"
    if -1 in colored.node_item:
        return "nodes in copies"
    return "pairs" if width == 2 else "triples"


def _witness_text(colored: PairColoring) -> str:
    round, (color, differing) = colored.distinction.round, colored.witness_color()
    counts = colored.counts[round]
    (a, b), items = counts[:, color].tolist(), item_name(colored)
    items = (
        items
        if a != 1
        else {"pairs": "pair", "triples": "triple"}.get(items, items).replace("nodes", "node")
    )
    return (
        f"Witness after round {round}: color {color} stands at {a} {items} of a and {b} of b"
        f"{'' if differing == 1 else f' ({differing} colors differ)'}."
    )


def _one_why(colored: PairColoring, which: int, round: int, nodes, sight: Seen) -> str:
    if sight.color < 0:
        text = f"{_name(nodes)} of {'ab'[which]}: not in this ego net, so it has no color here"
        return f'<div class="workbench-bag">{html.escape(text)}</div>'
    stands = ""
    if sight.item != nodes:
        item = ", ".join("all" if node < 0 else str(node) for node in sight.item)
        stands = f" (item ({item}))"
    head = (
        f"<b>{'ab'[which]}: {html.escape(_name(nodes))}</b>{html.escape(stands)} has "
        f"{chip(sight.color)} after round {round}"
    )
    if round == 0:
        return f'<div class="workbench-bag">{head}: {html.escape(_start_text(colored))}</div>'
    rows = [f"{head}: before it had {chip(sight.before)}, and it saw"]
    for title, bag in sight.bags.items():
        shown = [_sight_html(one, n) for one, n in _sort(bag)[:MOST_CHIPS]]
        more = len(bag) - len(shown)
        rest = f" and {more} other kinds" if more > 0 else ""
        rows.append(f"<i>{html.escape(title)}:</i> {' '.join(shown) or 'nothing'}{rest}")
    return "".join(f'<div class="workbench-bag">{row}</div>' for row in rows)


def _comparison(one: Seen, other: Seen) -> str:
    if one.color == other.color:
        text = "Same color before, same sights: the same color after."
    elif one.before != other.before:
        text = "Their colors differed before, so they differ after."
    else:
        text = "Same color before, but they saw different bags: their colors part here."
    if not one.bags:
        same = one.color == other.color
        text = "Both start alike." if same else "They start with different colors."
    return f'<div class="workbench-bag">{text}</div>'


def _start_text(colored: PairColoring) -> str:
    if len(colored.node_item) == 1 or -1 in colored.node_item:
        marks = ", and by their marks in the copy" if -1 in colored.node_item else ""
        start = "by their features x" if colored.pair.both_hold("x") else "with equal colors"
        return f"nodes start {start}{marks}"
    read = [
        text
        for key, text in (("x", "the features x of its nodes"), ("edge_attr", "its edge labels"))
        if colored.pair.both_hold(key)
    ]
    kind = "a tuple starts with its isomorphism type: which of its nodes are equal, which adjacent"
    return ", ".join([kind, *read])


def _sort(bag) -> list:
    return sorted(bag.items(), key=lambda one: (one[0][0], one[0][1]))


def _sight_text(sight, count: int) -> str:
    label, colors = sight
    named = " ".join(filter(None, [label, "(" + ", ".join(map(str, colors)) + ")"]))
    return f"{count} x {named}"


def _sight_html(sight, count: int) -> str:
    label, colors = sight
    chips = "".join(chip(color) for color in colors)
    times = f"{count} × " if count > 1 else ""
    return f"<span>{times}{html.escape(label)}{'&nbsp;' if label else ''}{chips}</span>"


def chip(color: int) -> str:
    """A color with its number, as HTML."""
    if color < 0:
        return '<span class="workbench-chip">none</span>'
    back = CLASS_COLORS[color % len(CLASS_COLORS)]
    style = f"background:{back};color:{readable_on(back)}"
    return f'<span class="workbench-chip" style="{style}">{color}</span>'


def _name(nodes: tuple[int, ...]) -> str:
    return f"node {nodes[0]}" if len(nodes) == 1 else f"pair ({nodes[0]}, {nodes[1]})"


def _fill(form: tuple, u: int, v: int) -> tuple[int, ...]:
    return tuple({"u": u, "v": v}.get(part, part) for part in form)
