"""A matrix over pairs of nodes as a live picture, linked with the graph by its hovered pair."""

import math

import numpy as np
import traitlets
from ipywidgets import widget_serialization

from workbench.widgets.canvas.browser_module import browser_module, style
from workbench.widgets.canvas.pair_hints import PairHints
from workbench.widgets.canvas.palette import COLORMAPS, color_table
from workbench.widgets.canvas.tape_bar import TapeBar


def _number(values: bytes, widget) -> bytes:
    """The values behind one byte that counts the messages.

    The browser compares a new value with the old one byte by byte, from the front. Matrices along
    a tape begin alike, and a million equal bytes take longer to compare than to draw.
    """
    widget._messages = (widget._messages + 1) % 256
    return bytes([widget._messages]) + values


#: the level of a cell without a number (inf or nan)
MISSING = 255


class MatrixCanvas(PairHints):
    """A square matrix in 255 levels, before and after an edit on one scale.

    Drawn in the browser, through a color table.

    Buffers:
        values, values_before: uint8 [size, size], level q stands for
            ``low + q / 254 (high - low)`` with [low, high] = ``value_range``, evenly spaced in the
            logarithm if ``log_scale``; 255 is a cell without a number (inf, nan), drawn hatched.
            ``levels`` makes them.
        order: int32 [size], the node that row i and column i of ``values`` belong to; empty for
            0, 1, 2, ... Hover, clicks and ``selection`` speak of nodes, not of rows.

    ``clipped`` says whether there are cells below or above ``value_range``; they have the color of
    its end, which is marked ≤ or ≥.

    Where the matrix has more rows than the picture has pixels, a pixel shows the most extreme of
    the cells under it (the largest; with ``rdbu`` the one farthest from the middle), and the title
    line says so. Hence one bad pair among a million stays visible.

    The picture greys while ``stale``, and also, with no kernel asked, while the position of
    ``tape`` (a ``TapeBar``; ``position`` where there is none) differs from ``values_position``,
    where ``values`` were computed; -1 switches that off.

    ``classes`` says that levels are numbers of classes: no color bar is drawn, and the tooltip says
    ``unit`` and the number of the class.

    ``rows`` and ``columns`` say what a row and a column stand for ("to", "from"); the tooltip names
    them where they differ.

    Messages to the kernel (``on_msg``): ``{"type": "hover", "u", "v"}`` (debounced) and
    ``{"type": "click", "u", "v"}``, row u and column v as node ids.
    """

    _esm = browser_module("matrix_canvas")
    _css = style("canvas")

    _messages = 0

    size = traitlets.Int(0, min=0).tag(sync=True)
    values = traitlets.Bytes(b"").tag(sync=True, to_json=_number)
    values_before = traitlets.Bytes(b"").tag(sync=True, to_json=_number)
    mode = traitlets.Enum(["before", "after", "both"], default_value="after").tag(sync=True)
    order = traitlets.Bytes(b"").tag(sync=True)
    value_range = traitlets.List(traitlets.Float(), [0.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    log_scale = traitlets.Bool(False).tag(sync=True)
    clipped = traitlets.List(traitlets.Bool(), [False, False], minlen=2, maxlen=2).tag(sync=True)

    title = traitlets.Unicode("").tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    rows = traitlets.Unicode("row").tag(sync=True)
    columns = traitlets.Unicode("column").tag(sync=True)
    missing = traitlets.Unicode("no number").tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    classes = traitlets.Bool(False).tag(sync=True)
    colormap = traitlets.Enum(list(COLORMAPS), default_value="cividis").tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)

    position = traitlets.Int(-1).tag(sync=True, echo_update=False)
    tape = traitlets.Instance(TapeBar, allow_none=True).tag(sync=True, **widget_serialization)
    values_position = traitlets.Int(-1).tag(sync=True)
    stale = traitlets.Bool(False).tag(sync=True)

    height = traitlets.Int(420, min=120).tag(sync=True)

    @traitlets.default("palette")
    def _default_palette(self):
        return color_table(self.colormap)

    @traitlets.observe("colormap")
    def _follow_colormap(self, change):
        self.palette = color_table(change.new)

    @traitlets.validate("order")
    def _whole_rows(self, proposal):
        if len(proposal.value) % 4:
            raise traitlets.TraitError(
                f"order has {len(proposal.value)} bytes, not a multiple of 4 (int32)"
            )
        return proposal.value


def levels(matrix, value_range, *, log_scale: bool = False) -> bytes:
    """A matrix as the uint8 levels that ``MatrixCanvas`` draws.

    Level ``round(254 (x - low) / (high - low))``, clipped to 0..254; with ``log_scale`` the same
    of log x, log low, log high. inf and nan become 255, and so does x <= 0 on a logarithmic scale.

    Args:
        matrix: array or CPU tensor of real numbers, any shape.
        value_range: (low, high), finite; both > 0 if ``log_scale``.
        log_scale: space the levels evenly in the logarithm.

    Raises:
        ValueError: for a range that is not finite or not increasing, or not positive where a
            logarithm is asked for.
    """
    low, high = (float(x) for x in value_range)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"value_range must be finite with low <= high, got ({low}, {high})")
    if log_scale and low <= 0:
        raise ValueError(f"a logarithmic scale needs value_range > 0, got ({low}, {high})")
    values = np.asarray(matrix, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if log_scale:
            values, low, high = np.log(values), math.log(low), math.log(high)
        scaled = (values - low) * (254.0 / (high - low) if high > low else 0.0)
        bad = ~np.isfinite(scaled)
        out = np.rint(np.clip(scaled, 0.0, 254.0))
    out[bad] = MISSING
    return out.astype(np.uint8).tobytes()
