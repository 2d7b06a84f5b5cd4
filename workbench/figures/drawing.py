"""A drawing of a graph as SVG, colored by the page around it, with its narrow places marked."""

from collections.abc import Sequence
from html import escape

import numpy as np

from workbench.figures.graph import edge_key

#: More edges than this and the drawing holds an even sample of them, and says so.
DRAWN_EDGES = 20_000
DRAWN_NODES = 10_000


def drawing_svg(
    positions,
    edges,
    *,
    marks: Sequence[np.ndarray] = (),
    pairs=((), ()),
    names: Sequence[str] = (),
    width: int = 900,
    height: int = 480,
) -> str:
    """A drawing as an ``<svg>`` element, colored by the classes of the page around it.

    Args:
        positions: ``[nodes, 2]`` drawing, y upward.
        edges: ``[2, edges]`` edge list, one or both directions.
        marks: ``[2, edges]`` edges of each place to mark, at most three; they are drawn heavily
            and numbered from 1.
        pairs: ``[2, pairs]`` nodes to mark, each two to join by a dashed line.
        names: a name for each node, or nothing for its number.
        width: of the view box.
        height: of the view box.
    """
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    edges = edge_key(np.asarray(edges, dtype=np.int64).reshape(2, -1))
    at = _fit(positions, width, height)
    count = len(positions)
    radius = float(np.clip(120 / np.sqrt(max(count, 1)), 0.8, 7))
    stroke = float(np.clip(300 / max(edges.shape[1], 1), 0.35, 1.4))
    drawn = edges[:, :: -(-edges.shape[1] // DRAWN_EDGES) or 1]
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="the graph">',
        f'<path class="edge" stroke-width="{stroke:.2f}" d="{_segments(at, drawn)}"/>',
    ]
    for number, mark in reversed(list(enumerate(marks, start=1))):
        heavy = float(np.clip(3 * radius / 4, 2.5, 4.5))
        parts.append(
            f'<path class="mark place-{number}" stroke-width="{heavy:.1f}" '
            f'd="{_segments(at, np.asarray(mark))}"/>'
        )
    ends = np.asarray(pairs, dtype=np.int64)
    if ends.size:
        parts.append(f'<path class="pair" stroke-width="1.6" d="{_segments(at, ends)}"/>')

    def name(node: int) -> str:
        return escape(str(names[node]) if len(names) else str(node))

    parts += [
        f'<circle class="node" cx="{at[i, 0]:.1f}" cy="{at[i, 1]:.1f}" r="{radius:.1f}">'
        f"<title>{name(i)}</title></circle>"
        for i in range(0, count, -(-count // DRAWN_NODES) or 1)
    ]
    for node in np.unique(ends).tolist():
        x, y = at[node]
        parts.append(
            f'<circle class="end" cx="{x:.1f}" cy="{y:.1f}" r="{max(radius, 5) + 1.5:.1f}"/>'
        )
        end = "end" if x > width - 90 else "start"
        x += (-1 if end == "end" else 1) * (max(radius, 5) + 5)
        parts.append(f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="{end}">{name(node)}</text>')
    taken: list[np.ndarray] = []
    for number, mark in enumerate(marks, start=1):
        spot = _free_spot(at[np.asarray(mark)[:, :1]].mean(axis=(0, 1)), taken, width, height)
        taken.append(spot)
        parts.append(
            f'<g class="badge place-{number}"><circle cx="{spot[0]:.1f}" cy="{spot[1]:.1f}" '
            f'r="10"/><text x="{spot[0]:.1f}" y="{spot[1] + 4.5:.1f}" text-anchor="middle">'
            f"{number}</text></g>"
        )
    return "\n".join([*parts, "</svg>"])


def _segments(at: np.ndarray, edges: np.ndarray) -> str:
    return " ".join(
        f"M{at[u, 0]:.1f} {at[u, 1]:.1f}L{at[v, 0]:.1f} {at[v, 1]:.1f}" for u, v in edges.T
    )


def _free_spot(point: np.ndarray, taken: list[np.ndarray], width: int, height: int) -> np.ndarray:
    """A point above this one, moved on where another badge stands."""
    spot = point - np.array([0.0, 20.0])
    while any(np.hypot(*(spot - other)) < 24 for other in taken):
        spot = spot + np.array([24.0, 0.0])
    return np.clip(spot, 12, [width - 12, height - 12])


def _fit(positions: np.ndarray, width: int, height: int, margin: int = 28) -> np.ndarray:
    """Positions scaled evenly into the view box, y downward, in its middle."""
    if not len(positions):
        return positions
    low, high = positions.min(axis=0), positions.max(axis=0)
    room = np.array([width - 2 * margin, height - 2 * margin])
    span = high - low
    scale = float(np.min(room[span > 0] / span[span > 0])) if bool((span > 0).any()) else 1.0
    at = (positions - (low + high) / 2) * scale * np.array([1, -1])
    return at + np.array([width / 2, height / 2])
