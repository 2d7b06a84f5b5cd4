"""Heads by layers as small multiples that can be clicked, and attention by distance beside."""

import math

import anywidget
import numpy as np
import traitlets

from workbench.widgets.canvas.browser_module import browser_module, style
from workbench.widgets.canvas.palette import color_table, ink_on


class HeadMaps(anywidget.AnyWidget):
    """One number for each head and layer in a map for each quantity; one head is chosen.

    A cell is a button: a click or the arrow keys choose its head in all maps.

    Attributes:
        maps: ``[{"title", "cells"}]``, the cells from ``map_cells``: rows of ``[text, background,
            foreground]``, None where there is no head.
        layers: name of each row.
        selected: [layer, head].
        bars: ``[{"name", "mass", "uniform"}]``, attention and an even spread at each distance.
        bars_title: what the bars are of.
    """

    _esm = browser_module("head_maps")
    _css = style("head_maps")

    maps = traitlets.List().tag(sync=True)
    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.List(traitlets.Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)
    bars = traitlets.List().tag(sync=True)
    bars_title = traitlets.Unicode("").tag(sync=True)


def map_cells(matrix, *, signed: bool = False, heads=None) -> list[list[list[str] | None]]:
    """The cells of one map: text, background and foreground of each.

    Args:
        matrix: ``[layers, heads]`` numbers; nan where a number is not defined.
        signed: color both ways from 0, blue below and red above; else from 0 up.
        heads: number of heads of each layer, None for all columns.
    """
    values = np.asarray(matrix, dtype=np.float64)
    finite = values[np.isfinite(values)]
    high = float(np.abs(finite).max()) if finite.size and np.abs(finite).max() > 0 else 1.0
    low = -high if signed else 0.0
    table = np.frombuffer(color_table("rdbu" if signed else "cividis"), np.uint8).reshape(-1, 3)

    def cell(value: float) -> list[str]:
        if not math.isfinite(value):
            return ["–", "transparent", "inherit"]
        color = table[round(255 * min(max((value - low) / (high - low), 0.0), 1.0))]
        return [f"{value:.2f}", "#" + color.tobytes().hex(), ink_on(color)]

    counts = [values.shape[1]] * len(values) if heads is None else heads
    return [
        [cell(value) if i < count else None for i, value in enumerate(row)]
        for row, count in zip(values, counts, strict=True)
    ]
