"""Two groups of losses as a drawing that fills its place, in the colors of the page."""

import html
from collections.abc import Sequence

import numpy as np

from workbench.figures.theme import AFTER, BEFORE

#: Size of the drawing in its own units, and the margins left, right, top, bottom.
WIDTH, HEIGHT = 480, 300
MARGINS = 54, 12, 26, 40

#: A line has at most so many points.
MOST_POINTS = 300

#: Name of a group -> color and dashes, so that it can be told apart without colors.
LINES = {"before": (BEFORE, ""), "after": (AFTER, "7 3")}


def loss_curves(groups: dict[str, Sequence[Sequence[float]]]) -> str:
    """The training loss of each seed against the epoch (thin), and the mean of a group (thick).

    Args:
        groups: ``"before"`` and ``"after"``, for each the losses of its seeds.
    """
    runs = {name: [np.asarray(r, float) for r in group if len(r)] for name, group in groups.items()}
    every = [r for group in runs.values() for r in group]
    values = np.concatenate(every or [np.zeros(1)])
    values = values[np.isfinite(values)]
    high = float(values.max()) if values.size and values.max() > 0 else 1.0
    last = max((len(r) for r in every), default=1)
    left, right, top, bottom = MARGINS

    def x(epoch: np.ndarray | float) -> np.ndarray | np.float64:
        share = (np.asarray(epoch, float) - 1) / max(last - 1, 1)
        return left + (WIDTH - left - right) * share

    def y(loss: np.ndarray | float) -> np.ndarray | np.float64:
        return HEIGHT - bottom - (HEIGHT - top - bottom) * np.asarray(loss, float) / high

    def line(losses: np.ndarray, style: str) -> str:
        at = np.unique(np.linspace(0, len(losses) - 1, min(len(losses), MOST_POINTS)).round())
        at = at.astype(int)[np.isfinite(losses[at.astype(int)])]
        pairs = zip(x(at + 1), y(losses[at]), strict=True)
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in pairs)
        mark = points if len(at) > 1 else f"{points} {points}"
        return f'<polyline points="{mark}" fill="none" stroke-linecap="round" {style}/>'

    parts, place = [], left
    for name, group in runs.items():
        color, dashes = LINES[name]
        thin = f'stroke="{color}" stroke-opacity="0.4" stroke-width="1"'
        parts += [line(r, thin) for r in group]
        if group:
            shortest = min(map(len, group))
            thick = f'stroke="{color}" stroke-width="2.5" stroke-dasharray="{dashes}"'
            parts.append(line(np.mean([r[:shortest] for r in group], axis=0), thick))
            label = f"{name} (mean of {len(group)})" if len(group) > 1 else name
            parts.append(f'<path d="M{place} 12h26" {thick}/>' + _text(place + 32, 16, label))
            place += 60 + 7 * len(label)
    frame = f"M{left} {top}V{HEIGHT - bottom}H{WIDTH - right}"
    parts.append(f'<path d="{frame}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>')
    for loss in (0.0, high / 2, high):
        parts.append(_text(left - 6, float(y(loss)) + 4, f"{loss:.3g}", "end"))
    for epoch in sorted({1, (1 + last) // 2, last}):
        parts.append(_text(float(x(float(epoch))), HEIGHT - bottom + 16, f"{epoch:,}", "middle"))
    parts.append(_text((left + WIDTH - right) / 2, HEIGHT - 6, "epoch", "middle"))
    parts.append(
        f'<g transform="rotate(-90)">{_text(-HEIGHT / 2, 12, "training loss", "middle")}</g>'
    )
    return (
        f'<svg class="wb-curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12" '
        f'aria-label="training loss against the epoch" style="width:100%;max-height:320px">'
        f"{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor"'
    return f"<text {place}>{html.escape(text)}</text>"
