"""A first click is heard while a cell runs: where ipykernel 7.4 sends it, and the mend."""

import sys


def hear_first_clicks() -> bool:
    """Let the page decide which shell of the kernel a widget's message goes to; True if changed.

    JupyterLab gives the widgets of a page a shell of their own, which answers while a cell runs.
    From 7.4.0 on, ipykernel overrules that: it sends what comes from a widget to the shell that
    last wrote to the widget. One that a cell made, and nobody has touched yet, was last written to
    by the cell's shell, so the first click on Stop would wait for the end of the very cell that it
    is to stop. Up to 7.3 the message goes where the page sent it, and after this call again. The
    shell that last wrote matters only to code that waits in one shell for an answer of the page,
    which neither ipywidgets nor anywidget does.

    It is called where a lab is shown, not where one is imported: it changes ipykernel for all that
    runs in it. Does nothing outside a kernel, and where ipykernel has no such rule.
    """
    # not imported here: where there is a kernel it is loaded, and elsewhere it costs half a second
    comm = getattr(sys.modules.get("ipykernel.comm.comm"), "BaseComm", None)
    if not hasattr(comm, "_reply_subshell_for"):
        return False
    comm._reply_subshell_for = _as_the_page_sent_it
    return True


def _as_the_page_sent_it(self, data, default):
    return default
