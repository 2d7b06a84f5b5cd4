"""The training panel in a real JupyterLab: runs that stay, values at hand, whole texts."""

import pytest

from browser.conftest import look
from browser.legible import lost_texts

pytestmark = pytest.mark.browser

SCENE = [
    "from workbench.widgets import rewiring_lab",
    "lab = rewiring_lab('barbell:6,2', num_edges=4)\nlab.training.epochs = 30\n"
    "lab.training.seeds = 2\nlab.training.layers = 4\nlab",
]


@pytest.fixture(scope="module")
def opened(notebook, shared):
    """One notebook with the lab, trained once, for all tests of this file."""
    lab = notebook(shared.write("training.ipynb", SCENE), height=1900)
    lab.page.wait_for_selector(".wb-graph canvas")
    lab.page.get_by_role("button", name="Train before / after").click()
    lab.wait_until("lab.training.wait(), lab.training.sensitivities is not None", "True True", 180)
    lab.page.locator(".wb-losses-mean").nth(1).wait_for(state="attached")
    return lab


def panel(lab):
    """The part of the lab that trains."""
    return lab.page.locator(".workbench-lab .workbench-lab")


def test_the_pointer_and_the_arrow_keys_tell_the_values_of_an_epoch(opened):
    plot = opened.page.locator(".wb-losses-plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    tip = opened.page.locator(".wb-losses .wb-tip.wb-shown")
    tip.get_by_text("epoch 30 of 30").wait_for()
    code = "print(f'{sum(r.curve.train_loss[29] for r in lab.runs.after) / 2:.3f}'[:4])"
    assert f"after {opened.ask(code)}" in tip.inner_text()
    look(opened, "training-hover")
    opened.page.mouse.move(5, 5)
    assert tip.count() == 0
    plot.focus()
    for key, epoch in (("Home", 1), ("ArrowRight", 2), ("End", 30), ("ArrowLeft", 29)):
        opened.page.keyboard.press(key)
        tip.get_by_text(f"epoch {epoch} of 30").wait_for()
        said = opened.page.locator(".wb-losses [aria-live]").inner_text()
        assert said.startswith(f"epoch {epoch} of 30; before ")
    opened.page.keyboard.press("Escape")
    assert tip.count() == 0
    assert plot.get_attribute("aria-label").startswith("training loss, epochs 1 to 30; before from")


def test_runs_stay_where_the_graph_changes_and_are_compared_and_deleted(opened):
    page = opened.page
    first = opened.ask("print(lab.training.run)")
    opened.ask("lab.position = 1")
    grey = page.locator(".workbench-runs .workbench-old")
    grey.get_by_text("the graph has changed since").wait_for()
    page.get_by_role("button", name="Train before / after").click()
    opened.wait_until("lab.training.wait(), len(lab.training.kept)", "True 2", 180)
    table = page.locator(".workbench-runs tbody tr")
    opened.eventually(table.count, lambda count: count == 2)
    assert (
        page.locator(".workbench-runs [aria-current]")
        .inner_text()
        .startswith("barbell:6,2, gtr 1, GCN")
    )
    menu = panel(opened).get_by_label("run", exact=True)
    menu.select_option(first)
    opened.wait_until("lab.training.run", first)
    more = panel(opened).get_by_role("button", name="More seeds")
    more.focus()
    page.keyboard.press("Enter")
    opened.wait_until("lab.training.wait(), lab.runs.seeds", "True (0, 1, 2, 3)", 180)
    opened.ask("lab.source = 'ring:24'; lab.wait()")
    opened.eventually(grey.count, lambda count: count == 2)
    page.locator(".wb-losses-mean").nth(1).wait_for(state="attached")
    panel(opened).get_by_role("button", name="Delete").click()
    opened.eventually(table.count, lambda count: count == 1)
    opened.ask("lab.source = 'barbell:6,2'; lab.wait()")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_no_text_of_the_panel_is_cut_or_covered_at_any_width(opened, theme):
    page = opened.page
    opened.theme(f"JupyterLab {theme}")
    for width in (1440, 1000, 640):
        page.set_viewport_size({"width": width, "height": 1900})
        opened.settle()
        panel(opened).scroll_into_view_if_needed()
        opened.settle()
        look(opened, f"training-{theme.lower()}-{width}")
        opened.eventually(lambda: lost_texts(panel(opened)), lambda found: found == [])
        wide = panel(opened).evaluate("(one) => one.scrollWidth - one.clientWidth")
        assert wide <= 1
    page.set_viewport_size({"width": 1440, "height": 1900})
    opened.theme("JupyterLab Light")
