"""The very first click on a widget is heard while the cell below runs."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    """
import time
import ipywidgets
import workbench.widgets

clicked = []
button = ipywidgets.Button(description="Stop it")
button.on_click(lambda _: clicked.append(time.time()))
button
""",
    # in Python all the time, as a training is
    """
end = time.time() + 12
button.tooltip = "written to by this cell"
while not clicked and time.time() < end:
    sum(range(1000))
stopped = time.time()
""",
]


def test_a_first_click_on_stop_ends_the_loop_within_half_a_second(lab):
    lab.open(lab.write("first_click.ipynb", CELLS))
    lab.command("notebook:run-all-cells")
    running = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells][1]
        .executionState === "running" """
    lab.page.wait_for_function(running, timeout=120_000, polling=50)
    lab.page.get_by_role("button", name="Stop it").wait_for(timeout=10_000)
    lab.page.wait_for_timeout(500)
    at = lab.page.evaluate(
        """() => { const button = [...document.querySelectorAll("button")].find(
          (one) => one.innerText.includes("Stop it")); const now = Date.now() / 1000;
          button.click(); return now; }"""
    )
    idle = """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status
        === "idle" """
    lab.page.wait_for_function(idle, timeout=60_000, polling=50)
    clicked, stopped = (float(x) for x in lab.ask("print(clicked[0], stopped)").split())
    assert clicked - at < 0.5
    assert stopped - at < 0.5
