"""Every lab for an eye, a keyboard and a screen reader: contrast, whole texts, rings, names."""

import pytest

from browser.accessible import out_of_reach, pictures_without_name, without_name
from browser.conftest import look
from browser.legible import faint_texts, lost_texts, walk_by_tab

pytestmark = pytest.mark.browser

LABS = ("rewiring", "sensitivity", "attention", "expressivity")
SCENE = [
    """
import torch
from workbench.graphs import ring_of_cliques
from workbench.models import GCN, GPS
from workbench.widgets import attention_lens, expressivity_lab, rewiring_lab, sensitivity_lab

data = ring_of_cliques(4, 5)
data.x = torch.randn(data.num_nodes, 5, generator=torch.Generator().manual_seed(0))
torch.manual_seed(0)
models = {"deep": GCN(5, 8, 4, num_layers=4), "shallow": GCN(5, 8, 4, num_layers=2)}
attentive = GPS(5, 16, 3, num_layers=2)
""",
    """
rewiring = rewiring_lab("barbell:6,2", num_edges=4)
rewiring.best = True
rewiring.training.epochs, rewiring.training.seeds, rewiring.training.layers = 3, 2, 2
rewiring
""",
    "sensitivity = sensitivity_lab(models, data)\nsensitivity",
    "attention = attention_lens(attentive, data)\nattention",
    "expressivity = expressivity_lab('two spiders')\nexpressivity",
]


@pytest.fixture(scope="module")
def opened(notebook, shared):
    """One notebook with all labs; the rewiring lab has a run, and one of another graph."""
    lab = notebook(shared.write("labs.ipynb", SCENE), height=4600, seconds=240)
    lab.ask("rewiring.training.start(); rewiring.training.wait(); rewiring.position = 2")
    lab.ask("rewiring.training.start(); rewiring.training.wait(); rewiring.position = 4")
    lab.ask("for one in (rewiring, sensitivity, attention, expressivity): one.wait()")
    lab.page.locator(".workbench-runs .workbench-old").wait_for()
    lab.page.locator(".workbench-panels svg").first.wait_for()
    lab.page.locator(".wb-rounds-column").first.wait_for()
    lab.settle()
    return lab


def root(lab, name):
    """The lab of a name on the page."""
    return lab.page.locator(".jp-Cell").nth(1 + LABS.index(name)).locator(".workbench-lab").first


@pytest.mark.parametrize("name", LABS)
def test_every_control_and_every_picture_has_a_name(opened, name):
    assert without_name(root(opened, name)) == []
    assert pictures_without_name(root(opened, name)) == []


@pytest.mark.parametrize("name", LABS)
def test_tab_comes_to_every_control_and_a_ring_shows_where_it_is(opened, name):
    walked, passed_over = walk_by_tab(opened.page, root(opened, name))
    assert [one["told"] for one in walked if not one["ring"]] == []
    assert passed_over == []
    assert out_of_reach(root(opened, name)) == []
    assert len(walked) >= 9


@pytest.mark.parametrize(
    ("name", "button"), [("rewiring", "open file…"), ("expressivity", "open a")]
)
def test_a_file_is_opened_by_the_keyboard(opened, name, button):
    with opened.page.expect_file_chooser():
        opened.settle()  # the browser knows that its own dialog is not wanted
        root(opened, name).get_by_role("button", name=button).first.focus()
        opened.page.keyboard.press("Enter")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("name", LABS)
def test_text_stands_out_from_its_ground(opened, theme, name):
    """Also that of a tooltip, and of what went wrong."""
    opened.theme(f"JupyterLab {theme}")
    look(opened, f"labs-{theme.lower()}")
    said = opened.ask(f"print({name}.shown()['status'])")
    opened.ask(f"{name}.say('nothing can be read', wrong=True)")
    root(opened, name).get_by_text("nothing can be read").wait_for()
    canvas = root(opened, name).locator("canvas.wb-layer").first
    canvas.focus()
    opened.page.keyboard.press("ArrowRight")
    tip = root(opened, name).locator(".wb-tip.wb-shown").first
    tip.wait_for()
    opened.eventually(lambda: faint_texts(root(opened, name)), lambda found: found == [])
    opened.page.keyboard.press("Escape")
    opened.ask(f"{name}.say({said!r})")
    opened.theme("JupyterLab Light")


@pytest.mark.parametrize("width", [1440, 1000, 640])
def test_no_text_is_cut_or_covered_at_any_width(opened, width):
    opened.page.mouse.move(5, 5)
    opened.page.set_viewport_size({"width": width, "height": 6400})
    opened.settle()
    look(opened, f"labs-{width}")
    for name in LABS:
        opened.eventually(lambda name=name: lost_texts(root(opened, name)), lambda x: x == [])
        wide = root(opened, name).evaluate("(one) => one.scrollWidth - one.clientWidth")
        assert wide <= 1, name
    opened.page.set_viewport_size({"width": 1440, "height": 4600})
