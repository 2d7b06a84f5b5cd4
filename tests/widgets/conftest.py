"""What the tests of the labs share."""

import pytest


@pytest.fixture
def from_page():
    """Have a widget hear a message, as if the browser had sent it."""

    def send(widget, content, buffers=()):
        widget._handle_custom_msg(content, buffers)  # of ipywidgets, which has no public way

    return send
