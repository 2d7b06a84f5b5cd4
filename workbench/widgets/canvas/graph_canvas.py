"""The graph as a live picture: nodes colored by a value, edges that come and go along a tape."""

import traitlets
from ipywidgets import widget_serialization

from workbench.widgets.canvas.browser_module import browser_module, style
from workbench.widgets.canvas.pair_hints import PairHints
from workbench.widgets.canvas.palette import color_table
from workbench.widgets.canvas.tape_bar import TapeBar

#: end of a span whose edge is never removed
NEVER = 2**31 - 1


class GraphCanvas(PairHints):
    """A graph that follows an edit tape, with hover, clicks and keys reported to the kernel.

    The picture is drawn in the browser from binary buffers (little-endian): a 2-D canvas up to a
    few thousand edges, WebGL beyond. Moving ``position`` needs no kernel. With ``tape`` (a
    ``TapeBar``) the picture stands where the bar stands, whatever ``position`` says; that is a
    message per move cheaper than ``jslink((bar, "position"), (canvas, "position"))``.

    Buffers:
        positions: float32 [num_nodes, 2], y up, any scale (the canvas fits it).
        spans: int32 [spans, 4], rows u, v, start, end: the edge is there at tape positions
            start <= k < end. Start 0 marks an original edge, end ``NEVER`` one that stays.
        node_values: float32 [num_nodes], colored over ``color_range``; empty for plain nodes,
            nan and inf are drawn in grey. ``clipped`` says whether there are values below or above
            the range, whose ends are then marked ≤ or ≥; ``color_label`` what they are, or why
            there are none.
        node_values_before: the same before the edits, for the panel "before"; empty where the
            colors do not change.
        candidates: int32 [candidates, 3], rows u, v, index into ``methods``: drawn dashed.

    ``texts`` (one short text per node, or none) is written inside the nodes; ``ringed`` lists nodes
    to ring. ``classes`` says that the values are numbers of classes: no color bar is drawn.

    ``camera`` is [center x, center y, zoom] in the units of ``positions``, zoom 1 shows the whole
    graph; the empty list means "fit". Two canvases with the same positions and linked cameras
    show the same region whatever their sizes.

    ``show_hint`` shows a text in the tooltip of the hovered pair (see ``PairHints``).

    Messages to the kernel (``on_msg``): ``{"type": "add", "u", "v"}`` (two nodes clicked in turn,
    or a candidate clicked), ``{"type": "remove", "u", "v"}`` (an edge clicked),
    ``{"type": "hover", "u", "v"}`` (a pair under the pointer or the keys, debounced),
    ``{"type": "file", "name"}`` with the bytes as its buffer (a file dropped on the picture), or
    ``{"type": "file", "refused"}`` with the reason (a folder, several files, more than 10 MB).

    A file is taken only where ``file_prompt`` says what becomes of it; the text is shown while a
    file is held over the picture. ``opening.read_drop`` reads the message.
    """

    _esm = browser_module("graph_canvas")
    _css = style("canvas")

    # echo_update=False: what follows the hand needs no answer from the kernel for every step
    positions = traitlets.Bytes(b"").tag(sync=True)
    num_nodes = traitlets.Int(0, min=0).tag(sync=True)
    spans = traitlets.Bytes(b"").tag(sync=True)
    position = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    tape = traitlets.Instance(TapeBar, allow_none=True).tag(sync=True, **widget_serialization)
    mode = traitlets.Enum(["before", "after", "both"], default_value="after").tag(sync=True)

    node_values = traitlets.Bytes(b"").tag(sync=True)
    node_values_before = traitlets.Bytes(b"").tag(sync=True)
    color_range = traitlets.List(traitlets.Float(), [0.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    clipped = traitlets.List(traitlets.Bool(), [False, False], minlen=2, maxlen=2).tag(sync=True)
    color_label = traitlets.Unicode("").tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ringed = traitlets.List(traitlets.Int()).tag(sync=True)
    classes = traitlets.Bool(False).tag(sync=True)

    candidates = traitlets.Bytes(b"").tag(sync=True)
    methods = traitlets.List(traitlets.Unicode()).tag(sync=True)

    picked = traitlets.List(traitlets.Int(), maxlen=1).tag(sync=True, echo_update=False)
    camera = traitlets.List(traitlets.Float()).tag(sync=True, echo_update=False)
    status = traitlets.Unicode("").tag(sync=True)
    stale = traitlets.Bool(False).tag(sync=True)

    editable = traitlets.Bool(True).tag(sync=True)
    file_prompt = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(420, min=120).tag(sync=True)
    renderer = traitlets.Enum(["auto", "2d", "webgl"], default_value="auto").tag(sync=True)
    hides_picture = traitlets.Bool(False).tag(sync=True)

    @traitlets.default("palette")
    def _default_palette(self):
        return color_table("cividis")

    @traitlets.validate("positions", "spans", "node_values", "node_values_before", "candidates")
    def _whole_rows(self, proposal):
        name, row = proposal.trait.name, _ROW_BYTES[proposal.trait.name]
        if len(proposal.value) % row:
            raise traitlets.TraitError(
                f"{name} has {len(proposal.value)} bytes, not a multiple of {row} "
                f"({_ROW_MEANING[name]})"
            )
        return proposal.value

    @traitlets.validate("camera")
    def _three_or_none(self, proposal):
        if len(proposal.value) not in (0, 3):
            raise traitlets.TraitError(
                f"camera is [] or [center x, center y, zoom], got {proposal.value}"
            )
        return proposal.value


_ROW_BYTES = {
    "positions": 8,
    "spans": 16,
    "node_values": 4,
    "node_values_before": 4,
    "candidates": 12,
}
_ROW_MEANING = {
    "positions": "float32 x, y",
    "spans": "int32 u, v, start, end",
    "node_values": "float32",
    "node_values_before": "float32",
    "candidates": "int32 u, v, method",
}
