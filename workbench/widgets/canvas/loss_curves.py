"""The losses of several runs against the epoch, with the values under the pointer."""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import traitlets

from workbench.figures.theme import AFTER, BEFORE
from workbench.widgets.canvas.browser_module import browser_module, style

#: A line has at most so many points.
MOST_POINTS = 300


class LossCurves(anywidget.AnyWidget):
    """Groups of lines: each run thin, the mean of a group thick.

    The pointer, or the arrow keys where the picture has the focus, choose an epoch; a line in the
    picture and a text tell the values there.

    Attributes:
        groups: the name of the group of each line, such as ``"before"``.
        epochs: int32 ``[points]``, the epochs that are drawn.
        losses: float32 ``[lines, points]``; nan where a run has no such epoch.
        quantity: what the numbers are.
        height: in pixels.
    """

    _esm = browser_module("loss_curves")
    _css = style("canvas", "loss_curves")

    groups = traitlets.List(traitlets.Unicode()).tag(sync=True)
    epochs = traitlets.Bytes(b"").tag(sync=True)
    losses = traitlets.Bytes(b"").tag(sync=True)
    styles = traitlets.Dict({"before": [BEFORE, ""], "after": [AFTER, "7 3"]}).tag(sync=True)
    quantity = traitlets.Unicode("training loss").tag(sync=True)
    height = traitlets.Int(300).tag(sync=True)

    def show(self, groups: Mapping[str, Sequence[Sequence[float]]]) -> None:
        """Draw these groups of losses, one value for each epoch, from epoch 1."""
        names = [name for name, runs in groups.items() for _ in runs]
        runs = [np.asarray(run, np.float32) for group in groups.values() for run in group]
        last = max(map(len, runs), default=0)
        epochs = np.unique(np.linspace(1, last, min(last, MOST_POINTS)).round()).astype("<i4")
        losses = np.full((len(runs), len(epochs)), np.nan, "<f4")
        for line, run in zip(losses, runs, strict=True):
            there = epochs <= len(run)
            line[there] = run[epochs[there] - 1]
        with self.hold_sync():
            self.groups, self.epochs, self.losses = names, epochs.tobytes(), losses.tobytes()
