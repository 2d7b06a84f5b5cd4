"""The sensitivity lab in a real JupyterLab: point at a node, change the norm, stop, look."""

import time

import pytest

from browser.conftest import REPOSITORY, Lab, look

pytestmark = pytest.mark.browser

SCENE = [
    """
import torch
from workbench.graphs import grid, ring_of_cliques
from workbench.models import GCN
from workbench.widgets import sensitivity_lab

data = ring_of_cliques(5, 6)
data.x = torch.randn(data.num_nodes, 5, generator=torch.Generator().manual_seed(0))
torch.manual_seed(0)
models = {"six layers": GCN(5, 16, 4, num_layers=6), "two layers": GCN(5, 16, 4, num_layers=2)}
""",
    "lab = sensitivity_lab(models, data)\nlab",
    """
import threading, time
import torch.nn as nn

one_at_a_time = threading.Lock()

def wait(gradient):
    with one_at_a_time:
        time.sleep(0.05)

class Slow(nn.Module):
    def forward(self, x, edge_index):
        x = x * 1.0
        x.register_hook(wait)
        return x.sum(1, keepdim=True) * torch.ones(1, 40)

road = grid(20, 22)
road.x = torch.randn(road.num_nodes, 3, generator=torch.Generator().manual_seed(0))
slow = sensitivity_lab(Slow(), road, curvature="none")
slow
""",
]


@pytest.fixture(scope="module")
def opened(chromium, jupyter_server):
    """One notebook with the lab for all tests of this file."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1300})
    lab = Lab(context.new_page(), jupyter_server)
    lab.open_and_run(lab.write("sensitivity.ipynb", SCENE), 240)
    lab.page.wait_for_selector(".wb-graph canvas", timeout=60_000)
    lab.page.wait_for_selector(".workbench-panels svg", timeout=60_000)
    yield lab
    assert lab.outside == [], "requests to other machines"
    assert lab.errors == []
    lab.close()
    context.close()


@pytest.fixture
def first(opened):
    """The first lab, nothing chosen, in sight."""
    opened.page.mouse.move(5, 5)
    opened.ask("lab.node = None; lab.norm = 'frobenius'; lab.model = 'six layers'; lab.wait()")
    opened.page.locator(".workbench-lab").first.scroll_into_view_if_needed()
    return opened


def test_pointing_at_a_node_shows_what_reaches_it(first):
    canvas = first.page.locator(".wb-graph canvas").last
    first = first
    box = first.page.locator(".wb-graph").first.bounding_box()
    canvas = first.page.locator(".wb-graph canvas.wb-layer").first
    before = first.page.locator(".wb-graph").first.screenshot()
    canvas.focus()
    first.page.keyboard.press("ArrowRight")  # by keys, a node is in focus wherever it lies
    first.wait_until("len(lab._canvas.selection)", "1")
    first.wait_until("lab._canvas.color_label[:20]", "log10 sensitivity of")
    first.wait_until("lab._matrix.selection == lab._canvas.selection", "True")
    first.page.wait_for_timeout(400)
    assert first.page.locator(".wb-graph").first.screenshot() != before
    assert box == first.page.locator(".wb-graph").first.bounding_box(), "nothing jumps"
    first.page.keyboard.press("Enter")
    first.wait_until("lab._canvas.picked == lab._canvas.selection", "True")
    look(first, "sensitivity-node")
    first.page.keyboard.press("Escape")


def test_hovering_the_matrix_tells_both_ways(first):
    box = first.page.locator(".wb-matrix canvas").first.bounding_box()
    first.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2, steps=3)
    first.wait_until("len(lab._canvas.selection)", "2")
    tip = first.page.locator(".wb-matrix .wb-tip.wb-shown").first
    tip.get_by_text("sensitivity of").wait_for(timeout=10_000)
    look(first, "sensitivity-hover")


def test_the_menus_change_norm_model_and_blind_spots(first):
    menus = first.page.locator(".workbench-lab").first.locator("select")
    menus.nth(1).select_option("spectral")
    first.wait_until("lab.wait(), lab.norm, lab._matrix.stale", "True spectral False", 30)
    title = first.page.locator(".wb-matrix .wb-title").first
    assert title.inner_text().startswith("sensitivity, spectral norm, six layers")
    menus.nth(0).select_option("two layers")
    first.wait_until("lab.model", "two layers")
    first.page.wait_for_function(
        "() => document.querySelector('.wb-matrix .wb-title').innerText.endsWith('two layers')"
    )
    menus.nth(3).select_option("pairs")
    first.wait_until("lab.wait(), lab.among", "True pairs")
    first.page.get_by_text("squashed pairs").first.wait_for(timeout=10_000)
    menus.nth(3).select_option("edges")


def test_stop_is_heard_at_once_and_compute_goes_on(opened):
    opened.wait_until("slow._controls.left.value[-13:]", "Press Compute", 60)
    slow = opened.page.locator(".workbench-lab").last
    slow.get_by_role("button", name="Compute").click()
    slow.get_by_text("of the rows").wait_for(timeout=10_000)
    look(opened, "sensitivity-slow")
    begun = time.monotonic()
    slow.get_by_role("button", name="Stop").click()
    slow.get_by_text("stopped at row").wait_for(timeout=5_000)
    assert time.monotonic() - begun < 10
    assert opened.ask("print(1 + 1)") == "2"
    slow.get_by_role("button", name="Compute").click()
    slow.get_by_text("of the rows").wait_for(timeout=10_000)
    slow.get_by_role("button", name="Stop").click()
    slow.get_by_text("stopped at row").wait_for(timeout=5_000)


def test_it_reads_in_both_themes_and_on_a_narrow_page(first):
    first.ask("lab.node = 7")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        first.theme(theme)
        look(first, f"sensitivity-{theme.split()[-1].lower()}")
    first.theme("JupyterLab Light")
    first.page.set_viewport_size({"width": 720, "height": 1300})
    first.page.wait_for_timeout(700)
    look(first, "sensitivity-narrow")
    wide = first.page.evaluate(
        "() => { const lab = document.querySelector('.workbench-lab');"
        " return lab.scrollWidth - lab.clientWidth; }"
    )
    assert wide <= 1, "nothing sticks out"
    first.page.set_viewport_size({"width": 1440, "height": 1300})


def test_the_page_without_a_kernel_shows_a_picture(opened):
    kinds = opened.page.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
          .flatMap((cell) => cell.outputs.toJSON()).flatMap((output) => Object.keys(output.data))"""
    )
    assert "image/png" in kinds
    assert "application/vnd.jupyter.widget-view+json" in kinds


def test_notebook_04_runs_from_top_to_bottom(chromium, jupyter_server):
    source = REPOSITORY / "notebooks" / "04_sensitivity.ipynb"
    (jupyter_server.root / source.name).write_bytes(source.read_bytes())
    context = chromium.new_context(viewport={"width": 1440, "height": 1300})
    lab = Lab(context.new_page(), jupyter_server)
    try:
        lab.open_and_run(source.name, 300)
        lab.page.locator(".workbench-panels svg").first.wait_for(timeout=60_000)
        lab.page.locator(".workbench-lab").first.scroll_into_view_if_needed()
        canvas = lab.page.locator(".wb-graph canvas.wb-layer").first
        canvas.focus()
        lab.page.keyboard.press("ArrowRight")
        lab.wait_until("lab._canvas.color_label[:20]", "log10 sensitivity of")
        look(lab, "notebook-04")
        assert lab.outside == []
        assert lab.errors == []
        lab.close()
    finally:
        context.close()
