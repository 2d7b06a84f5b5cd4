"""What the graph canvas and the matrix canvas share: a text from the kernel in a pair's tooltip."""

import anywidget
import traitlets


class PairHints(anywidget.AnyWidget):
    """A picture of pairs of nodes: the hovered pair is told to the kernel, which may say a text.

    ``selection`` is the hovered pair or node. ``hint`` is shown in the tooltip of ``hint_pair``.
    Set it with ``show_hint``, so that an answer that comes late is not shown at another pair.
    """

    # echo_update=False: what follows the hand needs no answer from the kernel for every step
    selection = traitlets.List(traitlets.Int(), maxlen=2).tag(sync=True, echo_update=False)
    hint = traitlets.Unicode("").tag(sync=True)
    hint_pair = traitlets.List(traitlets.Int(), maxlen=2).tag(sync=True)

    def show_hint(self, u: int, v: int, text: str) -> None:
        """Show a text in the tooltip of the pair (u, v), and only there."""
        with self.hold_sync():
            self.hint_pair = [u, v]
            self.hint = text

    def _handle_custom_msg(self, content, buffers):
        # the browser drops its hint when the pair changes; dropping ours too makes the same text
        # for the next pair a change again, which traitlets would otherwise not send
        if isinstance(content, dict) and content.get("type") == "hover":
            self.hint = ""
        super()._handle_custom_msg(content, buffers)
