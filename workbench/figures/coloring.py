"""Two graphs colored by classes, with the counts of both; colors for classes that stay apart."""

import numpy as np
from matplotlib.collections import LineCollection

from workbench.figures.still import bare, check_format, image
from workbench.figures.theme import GRAY, REMOVED

#: Okabe and Ito's colors, then colors chosen one by one, each as far as possible from those before,
#: in OKLab as seen with full color vision, deuteranopia and protanopia.
CLASS_COLORS = (
    *("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442", "#701034"),
    *("#4010A0", "#F4DCF4", "#10DCA0", "#D01CF4", "#7C5858", "#1C4064", "#B81C10", "#C41C94"),
    *("#701CD0", "#A0F4AC", "#B8C4DC", "#F45870", "#947CD0", "#34641C", "#B8D064", "#C4A0B8"),
)
#: Beyond this many classes a number beside the color says which it is.
SAFE_CLASSES = 8

#: Classes that a histogram draws.
_MOST_BARS = 40


def class_table() -> bytes:
    """256 colors as bytes red, green, blue: class c has entry c, and they repeat."""
    return b"".join(
        bytes.fromhex(CLASS_COLORS[c % len(CLASS_COLORS)].removeprefix("#")) for c in range(256)
    )


def readable_on(color: str) -> str:
    """Black or white, whichever reads on ``#RRGGBB``."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#fff"


def coloring_picture(
    positions, edges, colors, counts, *, titles=("a", "b"), marked=((), ()), title="", format="png"
) -> bytes:
    """Two colored graphs side by side, and how often each has each color.

    Gray reads on a light and on a dark page; the background is transparent.

    Args:
        positions: of each graph ``[nodes, 2]``.
        edges: of each graph ``[2, edges]``.
        colors: of each graph ``[nodes]``, the class of each node from 0; -1 for none.
        counts: ``[2, classes]`` how often each graph has each class; upwards and downwards bars.
        titles: what to call each graph.
        marked: of each graph, nodes to ring.
        title: one line above.
        format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        ValueError: ``format`` is none of these.

    Examples:
        >>> from workbench.figures import coloring_picture
        >>> positions, edges = [[0, 0], [1, 0], [1, 1]], [[0, 1], [1, 2]]  # a path
        >>> colors, counts = [0, 1, 0], [2, 1]
        >>> image = coloring_picture([positions] * 2, [edges] * 2, [colors] * 2, [counts] * 2)
        >>> image[1:4]
        b'PNG'
    """
    check_format(format)
    figure = bare(9.2, 5.4)
    axes = figure.subplot_mosaic([["a", "b"], ["counts", "counts"]], height_ratios=(3.2, 1))
    numbered = int(max((max(part, default=-1) for part in colors), default=-1)) >= SAFE_CLASSES
    for which, name in enumerate("ab"):
        drawing = positions[which], edges[which], colors[which], marked[which]
        _draw(axes[name], *drawing, numbered=numbered)
        axes[name].set_title(titles[which], color=GRAY, fontsize=11)
    _draw_counts(axes["counts"], np.asarray(counts), titles)
    if title:
        figure.suptitle(title, color=GRAY, fontsize=11)
    return image(figure, format)


def _draw(axes, positions, edges, colors, marked, *, numbered: bool) -> None:
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    edges, colors = np.asarray(edges), np.asarray(colors)
    size = float(np.clip(5000 / max(len(positions), 1), 8, 150))
    axes.add_collection(LineCollection(positions[edges.T], colors=GRAY, linewidths=0.7, alpha=0.6))
    fill = [CLASS_COLORS[c % len(CLASS_COLORS)] if c >= 0 else GRAY for c in colors.tolist()]
    axes.scatter(*positions.T, s=size, c=fill, edgecolors=GRAY, linewidths=0.5, zorder=3)
    if numbered and len(positions) <= 120:
        for (x, y), color, back in zip(positions, colors.tolist(), fill, strict=True):
            look = {"fontsize": 0.45 * size**0.5, "color": readable_on(back), "zorder": 5}
            axes.text(x, y, str(color), ha="center", va="center", **look)
    if len(marked):
        ring = {"facecolors": "none", "edgecolors": REMOVED, "linewidths": 1.6, "zorder": 4}
        axes.scatter(*positions[np.asarray(marked)].T, s=size * 1.9, **ring)
    axes.set_aspect("equal")
    axes.margins(0.06)
    axes.autoscale_view()
    axes.axis("off")


def _draw_counts(axes, counts, titles) -> None:
    there = _classes_to_draw(counts)
    place = np.arange(len(there))
    fill = [CLASS_COLORS[c % len(CLASS_COLORS)] for c in there.tolist()]
    for sign, row in ((1, 0), (-1, 1)):
        edge = [REMOVED if counts[0, c] != counts[1, c] else GRAY for c in there]
        look = {"color": fill, "edgecolor": edge, "linewidth": 1.2, "width": 0.8}
        axes.bar(place, sign * counts[row, there], **look)
    axes.axhline(0, color=GRAY, linewidth=0.7)
    high = max(int(counts.max(initial=0)), 1)
    axes.set_ylim(-1.15 * high, 1.15 * high)
    axes.set_yticks([high / 2, -high / 2], titles, color=GRAY, fontsize=9)
    axes.set_xticks(place, [str(c) for c in there], color=GRAY, fontsize=8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.patch.set_alpha(0)


def _classes_to_draw(counts: np.ndarray) -> np.ndarray:
    """Classes to draw: all, or those that differ first, as many of a as of b."""
    there = np.flatnonzero(counts.any(axis=0))
    if len(there) <= _MOST_BARS:
        return there
    often = there[np.argsort(-counts[:, there].sum(axis=0), kind="stable")]
    sign = np.sign(counts[0, often] - counts[1, often])
    turn = np.empty(len(often))
    for which in (1, -1):
        turn[sign == which] = np.arange(int((sign == which).sum()))
    turn[sign == 0] = len(often)
    return np.sort(often[np.argsort(turn, kind="stable")][:_MOST_BARS])
