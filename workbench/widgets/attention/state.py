"""What the attention lens can be asked for."""

from collections.abc import Sequence
from typing import SupportsIndex

import traitlets

from workbench.widgets.lab.state import LabState, Setting
from workbench.widgets.lab.whole_number import whole_number

LOOKS, SEEN = "what it looks at", "what looks at it"


class AttentionState(LabState):
    """Which head is shown, and the node whose attention colors the graph.

    Args:
        layers: the name of each layer.
        num_heads: number of heads of each layer.
        num_nodes: number of nodes.
    """

    layer = Setting(0, "The layer that is shown; a map has a row for each.", choices=[0])
    head = Setting(0, "The head that is shown; a map has a column for each.", width=110)
    node = Setting(
        None,
        "The node whose attention colors the graph, or None for the mean over all.",
        optional=True,
    )
    view = Setting(
        LOOKS,
        "Color the nodes by what the chosen node looks at, or by who looks at it.",
        choices=[LOOKS, SEEN],
        buttons=True,
        width=130,
    )

    def __init__(self, layers: Sequence[str], num_heads: Sequence[int], num_nodes: int):
        super().__init__()
        self._num_heads = list(num_heads)
        self.offer("layer", {name: layer for layer, name in enumerate(layers)})
        self.bound("node", 0, num_nodes - 1)
        self._bound_head()

    @traitlets.observe("layer")
    def _bound_head(self, _: object = None) -> None:
        """A layer with fewer heads shows its last one."""
        self.bound("head", 0, self._num_heads[self.layer] - 1)

    def show(self, layer: SupportsIndex, head: SupportsIndex) -> None:
        """Set both at once.

        Raises:
            ValueError: there is no such layer or head; nothing changes.
            TypeError: the head is no whole number.
        """
        layer = self.check("layer", layer)
        head = whole_number(head, "head", 0, self._num_heads[layer] - 1)
        with self.hold_trait_notifications():
            self.layer = layer
            self._bound_head()
            self.head = head
