"""The attention lens in a real JupyterLab: click a cell, click a node, look."""

import pytest

from browser.accessible import out_of_reach, without_name
from browser.conftest import look

pytestmark = pytest.mark.browser

SCENE = [
    """
import torch
from workbench.graphs import karate
from workbench.models import GPS
from workbench.widgets import attention_lens

data = karate()
data.x = torch.randn(34, 5, generator=torch.Generator().manual_seed(0))
torch.manual_seed(0)
model = GPS(5, 16, 3, num_layers=3)
""",
    "lens = attention_lens(model, data)\nlens",
]


@pytest.fixture(scope="module")
def opened(notebook, shared):
    """One notebook with the lens for all tests of this file."""
    lab = notebook(shared.write("lens.ipynb", SCENE), height=1300)
    lab.page.wait_for_selector(".wb-graph canvas")
    lab.page.wait_for_selector(".wb-heads-cell")
    return lab


def test_a_click_on_a_cell_and_the_arrow_keys_choose_a_head(opened):
    look(opened, "lens-first")
    opened.page.get_by_label("layers.2.attn, head 1: entropy").click()
    opened.wait_until("(lens.layer, lens.head)", "(2, 1)")
    opened.wait_until("lens.pictures['matrix'].title", "attention, layers.2.attn, head 1")
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("ArrowRight")
    opened.wait_until("(lens.layer, lens.head)", "(1, 2)")
    chosen = opened.page.locator(".wb-heads-cell.wb-chosen")
    opened.settle()
    assert chosen.count() == 3  # in every map
    opened.ask("lens.show(2, 1)")
    opened.settle()
    assert "layers.2.attn, head 1" in chosen.first.get_attribute("title")
    assert opened.page.locator(".wb-heads-mass").count() == 6


def test_a_node_shows_where_it_looks_and_the_matrix_follows(opened):
    opened.ask("lens.node = None")
    opened.wait_until("lens.pictures['graph'].color_label", "mean attention received")
    spot = opened.page.locator(".wb-graph canvas").last.bounding_box()
    canvas = opened.page.locator(".wb-graph canvas").last
    canvas.click(position={"x": spot["width"] / 2, "y": 8})
    opened.ask("lens.node = 5")
    opened.wait_until("lens.pictures['graph'].color_label", "attention of 5")
    opened.wait_until("lens.pictures['matrix'].selection", "[5]")
    # nothing can be edited here: the pairs are no edges to come, and there are no edits to count
    opened.page.locator(".wb-legend-row").get_by_text("strongest", exact=True).wait_for()
    assert opened.page.get_by_text("after 0 edits").count() == 0
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        opened.theme(theme)
        look(opened, f"lens-{theme.split()[-1].lower()}")
    opened.theme("JupyterLab Light")


def test_hovering_the_matrix_tells_both_ways_and_moves_the_graph(opened):
    matrix = opened.page.locator(".wb-matrix canvas").last
    box = matrix.bounding_box()
    # it waits until nothing lies above, such as the splash screen of a change of themes
    matrix.hover(position={"x": box["width"] / 3, "y": box["height"] / 2})
    opened.wait_until("len(lens.pictures['graph'].selection)", "2")
    tip = opened.page.locator(".wb-matrix .wb-tip.wb-shown")
    tip.get_by_text("hops apart").wait_for()
    look(opened, "lens-hover")
    opened.page.mouse.move(5, 5)


def test_every_control_has_a_name_and_obeys_the_keyboard(opened):
    root = opened.page.locator(".workbench-lab")
    assert without_name(root) == []
    assert out_of_reach(root) == []
    opened.ask("lens.show(0, 0)")
    root.get_by_label("layer", exact=True).focus()
    opened.page.keyboard.press("ArrowDown")
    opened.wait_until("lens.layer", "1")
    root.get_by_label("head", exact=True).focus()
    opened.page.keyboard.press("ArrowUp")
    opened.wait_until("lens.head", "1")
    root.get_by_role("button", name="what looks at it").focus()
    opened.page.keyboard.press("Enter")
    opened.wait_until("lens.view", "what looks at it")


def test_no_word_of_the_legend_is_cut(opened):
    opened.ask("lens.node = None")
    opened.wait_until("lens.pictures['graph'].color_label", "mean attention received")
    opened.settle()
    cut = """() => [...document.querySelectorAll(".workbench-lab .wb-colorbar-label")]
      .filter((line) => line.scrollWidth > line.clientWidth).map((line) => line.textContent)"""
    assert opened.page.evaluate(cut) == []


def test_the_page_without_a_kernel_shows_a_picture(opened):
    kinds = opened.page.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
          .flatMap((cell) => cell.outputs.toJSON())
          .flatMap((output) => Object.keys(output.data ?? {}))"""
    )
    assert "image/png" in kinds
    assert "application/vnd.jupyter.widget-view+json" in kinds
