"""Curvature against measured sensitivity: what a curvature sees of what a model squashes."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from workbench.figures.still import bare, image, look
from workbench.figures.theme import AFTER, GRAY, REMOVED, TEMPLATE

#: More points of one kind than this and an even sample of them is drawn, and the legend says so.
DRAWN_POINTS = 4_000


@dataclass(frozen=True)
class _Kind:
    """Points of one kind."""

    name: str
    color: str
    size: float
    inside: np.ndarray
    drawn: np.ndarray

    @property
    def label(self) -> str:
        count = f"{self.inside.sum():,}"
        if self.drawn.size < self.inside.sum():
            count += f", {self.drawn.size:,} drawn"
        return f"{self.name} ({count})"


def blind_spot_figure(
    curvature,
    sensitivity,
    squashed,
    detected,
    *,
    threshold=None,
    pairs=None,
    measure: str = "curvature",
    among: str = "edges",
    title: str | None = None,
    height: int = 380,
) -> go.Figure:
    """Curvature against sensitivity of edges or pairs; those that are missed in red.

    Args:
        curvature: ``[candidates]``.
        sensitivity: ``[candidates]``, on a logarithmic axis; 0 is drawn at its lower end.
        squashed: ``[candidates]`` whether the sensitivity is low enough to count.
        detected: ``[candidates]`` whether the curvature calls it a bottleneck.
        threshold: ``[candidates]`` sensitivity up to which each counts as squashed; drawn as a line
            where it is the same for all.
        pairs: ``[2, candidates]`` input and output node, for the tooltip.
        measure: name of the curvature.
        among: what the candidates are, in the plural.
        title: one line above; the missed ratio (MOSR) if not given.
        height: pixels.

    Examples:
        >>> from workbench.figures import blind_spot_figure
        >>> figure = blind_spot_figure([-1.0, 0.5], [0.01, 0.02], [True, True], [True, False])
        >>> figure.layout.title.text
        'curvature misses 1 of 2 squashed edges: MOSR 0.500'
    """
    x, y, squashed, detected = _arrays(curvature, sensitivity, squashed, detected)
    shown = _on_log_axis(y)
    names = [""] * len(x)
    if pairs is not None:
        names = [f"from {u} to {v}" for u, v in np.asarray(pairs).T.tolist()]
    figure = go.Figure()
    for kind in _kinds(squashed, detected):
        at = kind.drawn
        figure.add_scatter(
            x=x[at],
            y=shown[at],
            mode="markers",
            name=kind.label,
            marker={"color": kind.color, "size": kind.size, "opacity": 0.75},
            customdata=np.array([[names[i], f"{y[i]:.4g}"] for i in at]).reshape(-1, 2),
            hovertemplate="%{customdata[0]}<br>curvature %{x:.3f}, sensitivity %{customdata[1]}"
            "<extra></extra>",
        )
    border, level = detection_border(x, detected), _common(threshold)
    line = {"color": GRAY, "width": 1, "dash": "dash"}
    if border is not None:
        note = {"annotation_text": "detected ←", "annotation_position": "bottom left"}
        figure.add_vline(x=border, line=line, **note, annotation_font_size=11)
    if level is not None and level > 0:
        figure.add_hline(y=level, line=line)
        # on a logarithmic axis plotly places a line by its value and a text by its logarithm
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=np.log10(level),
            yanchor="bottom",
            text="squashed ↓",
            showarrow=False,
            font_size=11,
        )
    text = missed_sentence(squashed, detected, measure=measure, among=among)
    figure.update_layout(
        template=TEMPLATE,
        height=height,
        title={"text": text if title is None else title, "yref": "container", "y": 0.97},
        margin={"t": 66},
        showlegend=True,
    )
    figure.update_xaxes(title=measure)
    figure.update_yaxes(title="sensitivity", type="log", exponentformat="power")
    return figure


def blind_spot_picture(
    curvature,
    sensitivity,
    squashed,
    detected,
    *,
    threshold=None,
    measure: str = "curvature",
    among: str = "edges",
    width: float = 4.4,
    format: str = "svg",
) -> bytes:
    """``blind_spot_figure`` as the bytes of a still image, drawn without a browser.

    Args:
        curvature, sensitivity, squashed, detected, threshold, measure, among: as there.
        width: inches.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> from workbench.figures import blind_spot_picture
        >>> image = blind_spot_picture([-1.0, 0.5], [0.01, 0.02], [True, True], [True, False])
        >>> b"<svg" in image
        True
    """
    with look():
        figure = bare(width, 2.9)
        axes = figure.subplots()
        draw_blind_spots(
            axes,
            curvature,
            sensitivity,
            squashed,
            detected,
            threshold=threshold,
            measure=measure,
            among=among,
        )
        return image(figure, format)


def draw_blind_spots(
    axes, curvature, sensitivity, squashed, detected, *, threshold, measure: str, among: str
) -> None:
    """The points and their borders into matplotlib axes."""
    x, y, squashed, detected = _arrays(curvature, sensitivity, squashed, detected)
    shown = _on_log_axis(y)
    for kind in _kinds(squashed, detected):
        size = {"s": (0.8 * kind.size) ** 2, "linewidths": 0, "alpha": 0.75}
        points = x[kind.drawn], shown[kind.drawn]
        axes.scatter(*points, color=kind.color, label=kind.label, **size, rasterized=len(x) > 2_000)
    border, level = detection_border(x, detected), _common(threshold)
    line = {"color": GRAY, "linewidth": 1, "linestyle": "dashed"}
    if border is not None:
        axes.axvline(border, **line)
    if len(x):
        axes.set_yscale("log")
        if level is not None and level > 0:
            axes.axhline(level, **line)
        axes.legend(frameon=False, labelcolor=GRAY, fontsize=8, loc="best")
    axes.set_xlabel(f"{measure} ({among})")
    axes.set_ylabel("sensitivity")


def missed_sentence(squashed, detected, *, measure: str, among: str) -> str:
    """How many of the squashed candidates the curvature misses: the ratio is called MOSR."""
    squashed, detected = np.asarray(squashed, dtype=bool), np.asarray(detected, dtype=bool)
    count, missed = int(squashed.sum()), int((squashed & ~detected).sum())
    if not count:
        return f"none of {len(squashed):,} {among} is squashed by {measure}'s threshold: no MOSR"
    return f"{measure} misses {missed:,} of {count:,} squashed {among}: MOSR {missed / count:.3f}"


def detection_border(curvature, detected) -> float | None:
    """The curvature that parts what is detected from what is not; None if nothing is parted.

    It is 0 where that parts them, else half way between the two.
    """
    curvature, detected = np.asarray(curvature, np.float64), np.asarray(detected, dtype=bool)
    if not len(curvature) or (~detected).sum() == 0:
        return None
    high = float(curvature[~detected].min())
    low = float(curvature[detected].max()) if detected.any() else min(0.0, high)
    return 0.0 if low < 0 <= high or (not detected.any() and high >= 0) else (low + high) / 2


def _arrays(curvature, sensitivity, squashed, detected) -> tuple[np.ndarray, ...]:
    number = [np.asarray(a, dtype=np.float64) for a in (curvature, sensitivity)]
    return (*number, *(np.asarray(a, dtype=bool) for a in (squashed, detected)))


def _on_log_axis(values: np.ndarray) -> np.ndarray:
    """The values, 0 just below the smallest that is not."""
    positive = values[values > 0]
    return np.where(values > 0, values, 0.5 * positive.min() if positive.size else 1.0)


def _kinds(squashed: np.ndarray, detected: np.ndarray) -> list[_Kind]:
    """Points by kind, the missed ones last, on top."""
    kinds = (
        ("not squashed", GRAY, 5.0, ~squashed),
        ("squashed and detected", AFTER, 7.0, squashed & detected),
        ("squashed and missed", REMOVED, 7.0, squashed & ~detected),
    )
    drawn = []
    for name, color, size, inside in kinds:
        at = np.flatnonzero(inside)
        drawn.append(_Kind(name, color, size, inside, at[:: -(-at.size // DRAWN_POINTS) or 1]))
    return drawn


def _common(threshold) -> float | None:
    """The one threshold of all candidates, None if each has its own."""
    if threshold is None:
        return None
    values = np.unique(np.asarray(threshold, dtype=np.float64))
    return float(values[0]) if values.size == 1 and np.isfinite(values[0]) else None
