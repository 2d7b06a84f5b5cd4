"""The sensitivity lab in a real JupyterLab: point at a node, change the norm, stop, look."""

import pytest

from browser.conftest import look

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
        time.sleep(0.2)  # a minute and a half for all rows

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
def opened(notebook, shared):
    """One notebook with the lab for all tests of this file."""
    lab = notebook(shared.write("sensitivity.ipynb", SCENE), height=1300, seconds=240)
    lab.page.wait_for_selector(".wb-graph canvas")
    lab.page.wait_for_selector(".workbench-panels svg")
    return lab


@pytest.fixture
def first(opened):
    """The first lab, nothing chosen, in sight."""
    opened.page.mouse.move(5, 5)
    opened.ask("lab.node = None; lab.norm = 'frobenius'; lab.model = 'six layers'")
    # the norms of all pairs are there, and on the page
    opened.wait_until("lab.wait(), lab.pictures['matrix'].stale", "True False")
    opened.page.locator(".wb-matrix:not(.wb-stale)").first.wait_for()
    opened.page.locator(".workbench-lab").first.scroll_into_view_if_needed()
    opened.settle()
    return opened


def test_pointing_at_a_node_shows_what_reaches_it(first):
    box = first.page.locator(".wb-graph").first.bounding_box()
    canvas = first.page.locator(".wb-graph canvas.wb-layer").first
    before = first.page.locator(".wb-graph").first.screenshot()
    canvas.focus()
    first.page.keyboard.press("ArrowRight")  # by keys, a node is in focus wherever it lies
    first.wait_until("len(lab.pictures['graph'].selection)", "1")
    first.wait_until("lab.pictures['graph'].color_label[:20]", "log10 sensitivity of")
    first.wait_until("lab.pictures['matrix'].selection == lab.pictures['graph'].selection", "True")
    picture = first.page.locator(".wb-graph").first
    first.eventually(picture.screenshot, lambda now: now != before)
    assert box == first.page.locator(".wb-graph").first.bounding_box(), "nothing jumps"
    first.page.keyboard.press("Enter")
    first.wait_until("lab.pictures['graph'].picked == lab.pictures['graph'].selection", "True")
    look(first, "sensitivity-node")
    first.page.keyboard.press("Escape")


def test_hovering_the_matrix_tells_both_ways(first):
    box = first.page.locator(".wb-matrix canvas").first.bounding_box()
    first.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2, steps=3)
    first.wait_until("len(lab.pictures['graph'].selection)", "2")
    tip = first.page.locator(".wb-matrix .wb-tip.wb-shown").first
    tip.get_by_text("sensitivity of").wait_for()
    look(first, "sensitivity-hover")


def test_the_menus_change_norm_model_and_blind_spots(first):
    menus = first.page.locator(".workbench-lab").first.locator("select")
    menus.nth(1).select_option("spectral")
    first.wait_until(
        "lab.wait(), lab.norm, lab.pictures['matrix'].stale", "True spectral False", 30
    )
    title = first.page.locator(".wb-matrix .wb-title").first
    first.eventually(
        title.inner_text, lambda text: text.startswith("sensitivity, spectral norm, six layers")
    )
    menus.nth(0).select_option("two layers")
    first.wait_until("lab.model", "two layers")
    first.page.wait_for_function(
        "() => document.querySelector('.wb-matrix .wb-title').innerText.endsWith('two layers')"
    )
    menus.nth(3).select_option("pairs")
    first.wait_until("lab.wait(), lab.among", "True pairs")
    first.page.get_by_text("squashed pairs").first.wait_for()
    menus.nth(3).select_option("edges")


@pytest.mark.slow
def test_stop_is_heard_at_once_and_compute_goes_on(opened):
    opened.wait_until("slow.shown()['progress'][-13:]", "Press Compute", 60)
    slow = opened.page.locator(".workbench-lab").last
    for _ in range(2):
        slow.get_by_role("button", name="Compute").click()
        slow.get_by_text("of the rows").wait_for()
        look(opened, "sensitivity-slow")
        # the kernel answers other cells meanwhile
        assert opened.ask("print(slow.controls['stop'].disabled)") == "False"
        slow.get_by_role("button", name="Stop").click()
        slow.get_by_text("stopped at row").wait_for()


def test_it_reads_in_both_themes_and_on_a_narrow_page(first):
    first.ask("lab.node = 7")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        first.theme(theme)
        look(first, f"sensitivity-{theme.split()[-1].lower()}")
    first.theme("JupyterLab Light")
    first.page.set_viewport_size({"width": 720, "height": 1300})
    first.settle()
    look(first, "sensitivity-narrow")
    wide = (
        "() => { const lab = document.querySelector('.workbench-lab');"
        " return lab.scrollWidth - lab.clientWidth; }"
    )
    first.eventually(lambda: first.page.evaluate(wide), lambda out: out <= 1)  # nothing sticks out
    first.page.set_viewport_size({"width": 1440, "height": 1300})


def test_the_page_without_a_kernel_shows_a_picture(opened):
    kinds = opened.page.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
          .flatMap((cell) => cell.outputs.toJSON())
          .flatMap((output) => Object.keys(output.data ?? {}))"""
    )
    assert "image/png" in kinds
    assert "application/vnd.jupyter.widget-view+json" in kinds
