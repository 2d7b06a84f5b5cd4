"""The slider through an edit tape, with the numbers that follow it."""

import base64

import anywidget
import numpy as np
import traitlets

from workbench.widgets.canvas.browser_module import browser_module, style


class TapeBar(anywidget.AnyWidget):
    """A slider over tape positions 0..``length``, play, undo, redo, reset, and number cards.

    ``position`` moves in the browser at once, and with it every canvas whose ``tape`` is this bar;
    other widgets follow by ``jslink((bar, "position"), (widget, "position"))``. The kernel hears of
    the newest position only, one message in flight.

    ``edits`` holds one short text per edit, shown beside the slider. ``cards`` is a list of dicts:

        name, unit, help: texts
        values: one number per position (length + 1): a list, an array, a tensor or base64 of
            little-endian float64; stored as base64, since JSON has no inf and no nan
        exact: False marks the numbers with "≈" (default True)
        digits: significant digits (default 4)
        reason: why a number is missing, for the tooltip of a nan
        note: what the number leaves out, on the card where ``notes`` say ``apart``

    A card shows the value at ``position``, its change from position 0, and a sparkline. inf reads
    "∞", nan "–".

    ``notes`` is a list of dicts ``from``, ``text``, ``apart``, ascending: from that position on the
    text stands below the cards.

    Messages to the kernel (``on_msg``): ``{"type": "undo"}``, ``{"type": "redo"}``,
    ``{"type": "reset"}``.
    """

    _esm = browser_module("tape_bar")
    _css = style("canvas")

    length = traitlets.Int(0, min=0).tag(sync=True)
    position = traitlets.Int(0, min=0).tag(sync=True, echo_update=False)
    playing = traitlets.Bool(False).tag(sync=True)
    interval = traitlets.Int(200, min=10).tag(sync=True)
    edits = traitlets.List(traitlets.Unicode()).tag(sync=True)
    can_undo = traitlets.Bool(False).tag(sync=True)
    can_redo = traitlets.Bool(False).tag(sync=True)
    cards = traitlets.List(traitlets.Dict()).tag(sync=True)
    notes = traitlets.List(traitlets.Dict()).tag(sync=True)
    stale = traitlets.Bool(False).tag(sync=True)

    @traitlets.validate("cards")
    def _encode_cards(self, proposal):
        return [_card(**card) for card in proposal.value]


def _card(*, name, values, unit="", help="", exact=True, digits=4, reason="", note=""):
    """One card with its values as base64, so that inf and nan survive JSON."""
    if not isinstance(values, str):
        array = np.asarray(values, dtype="<f8")
        if array.ndim != 1:
            raise traitlets.TraitError(
                f"card {name!r}: values must be one number per position, got shape {array.shape}"
            )
        values = base64.b64encode(array.tobytes()).decode()
    return {
        "name": name,
        "unit": unit,
        "help": help,
        "values": values,
        "exact": bool(exact),
        "digits": int(digits),
        "reason": reason,
        "note": note,
    }
