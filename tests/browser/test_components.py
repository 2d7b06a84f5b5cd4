"""A disconnected graph in the rewiring lab: what is within its components is seen, and told."""

import pytest

from workbench.graphs import grid

pytestmark = pytest.mark.browser

CELLS = [
    "import torch\n"
    "from torch_geometric.data import Data\n"
    "from workbench.graphs import grid, ring\n"
    "from workbench.widgets import rewiring_lab\n"
    "parts = [grid(6, 7).edge_index, ring(9).edge_index + 42, ring(8).edge_index + 51]\n"
    "data = Data(edge_index=torch.cat(parts, dim=1), num_nodes=60)",
    "lab = rewiring_lab(data, num_edges=4)\nlab.edit(0, 59)\nlab.edit(1, 42)\nlab",
]
CARDS = ("total resistance", "spectral gap", "Cheeger at least", "Cheeger at most", "diameter")
#: Texts that are shown whole, however many lines they need.
CUT = """() => [...document.querySelectorAll(
    ".wb-graph .wb-colorbar-label, .wb-card-name, .wb-card-note, .wb-card-change, .wb-notes")]
  .filter((node) => node.scrollWidth > node.clientWidth + 1
                    || node.scrollHeight > node.clientHeight + 1)
  .map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def lab(notebook, shared):
    lab = notebook(shared.write("components.ipynb", CELLS), height=1200)
    lab.page.wait_for_selector(".wb-card-note")
    lab.wait_until("lab.wait()", "True")
    lab.settle()
    yield lab
    lab.theme("JupyterLab Light")


def go_to(lab, position):
    slider = lab.page.get_by_label("position on the edit tape")
    slider.focus()
    slider.press("Home")
    for _ in range(position):
        slider.press("ArrowRight")
    lab.wait_until("lab.position", str(position))
    lab.settle()


def texts(lab, name):
    """What the card of this name says: name, number, change, note."""
    card = lab.page.locator(".wb-card", has=lab.page.get_by_text(name, exact=True))
    return card.inner_text().split("\n")


def test_every_card_has_its_number_and_says_what_it_leaves_out(lab):
    go_to(lab, 4)
    for name in CARDS:
        said = texts(lab, name)
        assert not any("∞" in text or text.strip() in ("0", "–") for text in said), said
        assert "no change" not in said
        expected = "within components" if name == "total resistance" else "largest component"
        assert expected in said
    assert "largest component" not in texts(lab, "edges")
    line = lab.page.locator(".wb-notes").inner_text()
    assert line.startswith("4 components: total resistance is that of the pairs within one;")
    assert f"the largest, {grid(6, 7).num_nodes} of 60 nodes." in line


def test_where_an_edge_joins_components_the_line_says_so_and_nothing_moves(lab):
    places = {}
    for position in (0, 4, 5, 6):
        go_to(lab, position)
        places[position] = [
            box.bounding_box() for box in lab.page.locator(".wb-card, .workbench-status").all()
        ]
    assert places[0] == places[4] == places[5] == places[6]
    assert (
        lab.page.locator(".wb-notes")
        .inner_text()
        .endswith("2 fewer than at first: the pairs that were joined count, too.")
    )


def test_hatching_and_colors_say_what_they_are(lab):
    assert lab.page.locator(".wb-tick-missing").inner_text() == "no path"
    go_to(lab, 0)
    lab.eventually(
        lab.page.locator(".wb-colorbar-label").first.inner_text,
        lambda text: text == "mean resistance (ohm), within components; gray: no edge",
    )
    ends = lab.page.locator(".wb-graph .wb-colorbar-ends span").all_inner_texts()
    assert 0 < float(ends[0]) < float(ends[1])


def test_a_hint_between_components_says_that_it_joins_them(lab):
    lab.ask("lab.pictures['graph'].selection = lab.pictures['graph'].picked = []")
    lab.page.locator(".wb-matrix canvas").focus()
    for key in ("Home", "End"):  # the largest component on one side, the smallest on the other
        lab.page.keyboard.press(key)
    tip = lab.page.locator(".wb-matrix .wb-tip")
    said = lab.eventually(tip.inner_text, lambda text: "joins two components" in text)
    assert "no path" in said
    assert "total resistance within components +" in said.replace("\n", " ")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_no_word_is_cut(lab, theme, width):
    lab.theme(theme)
    lab.page.set_viewport_size({"width": width, "height": 1200})
    lab.settle()
    for position in (0, 6):
        go_to(lab, position)
        assert lab.page.evaluate(CUT) == []


def test_several_graphs_ask_which(lab):
    lab.ask("lab.do('open_graph', [ring(n) for n in (5, 7, 9)])")
    lab.wait_until("lab.wait()", "True")
    assert lab.page.locator(".workbench-file").inner_text() == "graph 0 of 3, counted from 0."
    index = lab.page.locator(".widget-text", has_text="graph").locator("input").first
    index.fill("2")
    index.press("Enter")
    lab.wait_until("lab.wait(), lab.graph.num_nodes", "True 9")
    lab.eventually(
        lab.page.locator(".workbench-file").inner_text, lambda text: text.startswith("graph 2 of 3")
    )
