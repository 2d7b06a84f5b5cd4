"""One HTML page about one graph: a drawing and a table, in one file that asks for nothing else."""

from collections.abc import Sequence
from html import escape

import numpy as np

from workbench.figures.graph import edge_key
from workbench.figures.theme import AFTER, OKABE_ITO

#: More edges than this and the drawing holds an even sample of them, and says so.
DRAWN_EDGES = 20_000
DRAWN_NODES = 10_000

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1d2126; --soft: #5c6670; --line: #dde1e6;
  --edge: #8b949e; --node: #dfe4ea; --pair: PAIR; --hot: HOT; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --ink: #e7eaed; --soft: #a3adb7;
  --line: #333a41; --edge: #6d7680; --node: #3a434c; } }
body { margin: 2.5rem auto; padding: 0 1.25rem; max-width: 64rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
p, figcaption, td:last-child, footer { color: var(--soft); }
figure { margin: 1.5rem 0; }
svg { display: block; width: 100%; height: auto; max-height: 30rem; border: 1px solid var(--line);
  border-radius: 6px; }
figcaption { font-size: .9rem; margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0;
  border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: .85rem; font-weight: 600; color: var(--soft); }
tbody th { font-weight: 600; min-width: 10rem; }
td.value { font-variant-numeric: tabular-nums; min-width: 10rem; }
td.value small { display: block; color: var(--soft); }
.edge { stroke: var(--edge); fill: none; stroke-opacity: .7; }
.node { fill: var(--node); stroke: var(--edge); }
.end { fill: var(--pair); stroke: var(--page); }
.pair { stroke: var(--pair); fill: none; stroke-dasharray: 6 5; }
.hot { stroke: var(--hot); fill: none; }
text { fill: var(--ink); font: 600 15px system-ui, sans-serif; paint-order: stroke;
  stroke: var(--page); stroke-width: 4px; }
""".replace("PAIR", OKABE_ITO[4]).replace("HOT", AFTER)


def graph_svg(
    positions,
    edges,
    *,
    pair: Sequence[int] = (),
    edge: Sequence[int] = (),
    names: Sequence[str] = (),
    width: int = 900,
    height: int = 480,
) -> str:
    """A drawing as an ``<svg>`` element, colored by the classes of the page around it.

    Args:
        positions: ``[nodes, 2]`` drawing, y upward.
        edges: ``[2, edges]`` edge list, one or both directions.
        pair: two nodes to mark and to join by a dashed line, or nothing.
        edge: two nodes whose edge is drawn heavily, or nothing.
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
    lines = " ".join(
        f"M{at[u, 0]:.1f} {at[u, 1]:.1f}L{at[v, 0]:.1f} {at[v, 1]:.1f}" for u, v in drawn.T
    )
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="the graph">',
        f'<path class="edge" stroke-width="{stroke:.2f}" d="{lines}"/>',
    ]
    if len(edge):
        (x0, y0), (x1, y1) = at[list(edge)]
        parts.append(_line("hot", 4, x0, y0, x1, y1))
    if len(pair):
        (x0, y0), (x1, y1) = at[list(pair)]
        parts.append(_line("pair", 2, x0, y0, x1, y1))

    def name(node: int) -> str:
        return escape(str(names[node]) if len(names) else str(node))

    nodes = range(0, count, -(-count // DRAWN_NODES) or 1)
    parts += [
        f'<circle class="node" cx="{at[i, 0]:.1f}" cy="{at[i, 1]:.1f}" r="{radius:.1f}">'
        f"<title>{name(i)}</title></circle>"
        for i in nodes
    ]
    for node in pair:
        x, y = at[node]
        parts.append(
            f'<circle class="end" cx="{x:.1f}" cy="{y:.1f}" r="{max(radius, 5) + 1.5:.1f}"/>'
        )
        end = "end" if x > width - 90 else "start"
        x += (-1 if end == "end" else 1) * (max(radius, 5) + 5)
        parts.append(f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="{end}">{name(node)}</text>')
    return "\n".join([*parts, "</svg>"])


def report_page(
    title: str, intro: str, rows: Sequence[tuple[str, str, str, str]], svg: str, caption: str
) -> str:
    """The whole page.

    Args:
        title: heading.
        intro: one paragraph below it.
        rows: (name, value with its unit, how sure it is, what it means).
        svg: what ``graph_svg`` gave, or nothing for no drawing.
        caption: below the drawing.
    """
    body = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td class="value">{escape(value)}<small>{escape(sure)}</small></td>'
        f"<td>{escape(meaning)}</td></tr>"
        for name, value, sure, meaning in rows
    )
    figure = f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" if svg else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(intro)}</p>
{figure}
<table>
<thead><tr><th>measure</th><th>value</th><th>what it means</th></tr></thead>
<tbody>
{body}
</tbody>
</table>
</body>
</html>
"""


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


def _line(kind: str, width: float, x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<path class="{kind}" stroke-width="{width}" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>'
