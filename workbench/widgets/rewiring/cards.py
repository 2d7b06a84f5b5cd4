"""The number cards of the rewiring lab, and what they leave out of a disconnected graph."""

import base64

import numpy as np

from workbench.rewiring.tape.numbers import APART, Numbers
from workbench.widgets.canvas.tape_bar import TapeBar

#: (name among ``NUMBERS``, title, unit, meaning) of the cards, in their order.
CARDS = (
    (
        "total_resistance",
        "total resistance",
        "ohm",
        "Sum of the effective resistance over all pairs of nodes. Lower: signals get through.",
    ),
    (
        "spectral_gap",
        "spectral gap",
        "",
        "Second smallest eigenvalue of the normalized Laplacian. Higher: no bottleneck.",
    ),
    (
        "cheeger_lower",
        "Cheeger at least",
        "",
        "Lower bound of the Cheeger constant: half the spectral gap, or exact up to 20 nodes.",
    ),
    (
        "cheeger_upper",
        "Cheeger at most",
        "",
        "Upper bound of the Cheeger constant: the best sweep cut along the Fiedler vector.",
    ),
    ("diameter", "diameter", "hops", "Longest shortest path."),
    ("mean_degree", "mean degree", "", "Neighbors of a node, on average: the work of one layer."),
    ("num_edges", "edges", "", "Number of undirected edges."),
    (
        "distance",
        "distance from original",
        "",
        "Jaccard distance of the edge sets: 0 the original graph, 1 no edge in common.",
    ),
)


def show_numbers(numbers: Numbers, num_nodes: int, bar: TapeBar) -> None:
    """Send the numbers at every position. Of a disconnected graph they are those within components.

    Total resistance is then summed over the pairs of one component; the others are those of the
    largest one. Each card says so, and a line below them how much is left out.
    """
    with bar.hold_sync():
        bar.cards = [
            {
                "name": title,
                "unit": unit,
                "help": text,
                "values": numbers.values[numbers.within(name)],
                "exact": numbers.exact[numbers.within(name)],
                "note": _note(name) if numbers.disconnected else "",
            }
            for name, title, unit, text in CARDS
        ]
        bar.notes = _notes(numbers, num_nodes)
        bar.stale = False


def _note(name: str) -> str:
    if name not in APART:
        return ""
    return "within components" if name == "total_resistance" else "largest component"


def _notes(numbers: Numbers, num_nodes: int) -> list[dict]:
    """What is left out: one text for each run of positions where it is the same."""
    count = numbers.values["num_components"].astype(int)
    size = numbers.values["largest_component"].astype(int)
    runs = np.flatnonzero(np.r_[True, (np.diff(count) != 0) | (np.diff(size) != 0)])
    return [
        {
            "from": at,
            "text": left_out(int(count[at]), int(size[at]), num_nodes, int(count[0])),
            "apart": bool(count[at] > 1),
        }
        for at in runs.tolist()
    ]


def left_out(count: int, largest: int, num_nodes: int, at_first: int) -> str:
    """What the numbers leave out of a graph of so many components; "" where nothing.

    Args:
        count: components now.
        largest: nodes of the largest one.
        num_nodes: nodes of the graph.
        at_first: components of the graph before its edits.
    """
    said = []
    if count > 1:
        said.append(
            f"{count:,} components: total resistance is that of the pairs within one; spectral "
            f"gap, Cheeger constant and diameter are those of the largest, {largest:,} of "
            f"{num_nodes:,} nodes."
        )
    elif count < at_first:
        said.append("One component.")
    if count < at_first:
        said.append(
            f"{at_first - count:,} fewer than at first: the pairs that were joined count, too."
        )
    elif count > at_first:
        said.append(
            f"{count - at_first:,} more than at first: the pairs that were parted do not count."
        )
    return " ".join(said)


def card_values(bar: TapeBar) -> dict[str, np.ndarray]:
    """The numbers that the page has, by the title of their card: one for each position."""
    return {
        card["name"]: np.frombuffer(base64.b64decode(card["values"]), "<f8") for card in bar.cards
    }


def note_at(notes: list[dict], position: int) -> str:
    """The note that stands below the cards at a position."""
    return next((note["text"] for note in reversed(notes) if note["from"] <= position), "")
