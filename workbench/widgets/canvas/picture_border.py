"""The border between two pictures, which a hand or the arrow keys move."""

import anywidget
import traitlets

from workbench.widgets.canvas.browser_module import browser_module, style


class PictureBorder(anywidget.AnyWidget):
    """Stands between two pictures in a grid of the class ``wb-pair``, and says what each gets.

    The pictures are side by side, each with its own height; while ``stacked`` one above the other,
    ``height`` pixels together. ``shares`` are those of the first picture, side by side and stacked.
    The kernel hears of a share when the hand lets go.
    """

    _esm = browser_module("picture_border")
    _css = style("canvas")

    label = traitlets.Unicode("border between graph and matrix").tag(sync=True)
    stacked = traitlets.Bool(False).tag(sync=True)
    shares = traitlets.List(traitlets.Float(min=0.2, max=0.8), [0.56, 0.5], minlen=2, maxlen=2).tag(
        sync=True
    )
    height = traitlets.Int(800, min=240).tag(sync=True)
