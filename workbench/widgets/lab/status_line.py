"""The line of a lab that tells: read aloud where it changes, and the lab's keys are its own."""

import anywidget
import traitlets

from workbench.widgets.canvas.browser_module import browser_module


class StatusLine(anywidget.AnyWidget):
    """A line of HTML that screen readers read when it changes.

    JupyterLab takes arrow keys and Enter for its notebook before a menu or a button of a lab hears
    of them. Where this line stands in a lab (``.workbench-lab``), they are the lab's; what is
    pressed with Ctrl, Alt or Cmd, and Shift-Enter, stays the notebook's.
    """

    _esm = browser_module("status_line")

    value = traitlets.Unicode("").tag(sync=True)
