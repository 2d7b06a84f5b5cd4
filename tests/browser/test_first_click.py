"""The very first click on a widget beside a lab is heard while the cell below runs."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    """
import time
import ipywidgets
from workbench.widgets import rewiring_lab

display(rewiring_lab("karate"))

clicked = []
button = ipywidgets.Button(description="Stop it")
button.on_click(clicked.append)
button
""",
    # in Python all the time, as a training is
    """
end = time.monotonic() + 60
button.tooltip = "written to by this cell"
while not clicked and time.monotonic() < end:
    sum(range(1000))
heard = bool(clicked)
""",
]


def test_a_first_click_on_stop_ends_the_loop(lab):
    lab.open(lab.write("first_click.ipynb", CELLS))
    lab.command("notebook:run-all-cells")
    running = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells][1]
        .executionState === "running" """
    lab.page.wait_for_function(running, polling=50)
    lab.page.get_by_role("button", name="Stop it").click()
    idle = """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status
        === "idle" """
    lab.page.wait_for_function(idle, timeout=120_000, polling=50)
    assert lab.ask("print(heard)") == "True"  # while the cell ran, not after its minute
