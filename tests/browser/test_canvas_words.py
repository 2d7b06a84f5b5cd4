"""What the live pictures say, in JupyterLab: nothing is cut or invented, none for eyes alone."""

import pytest

pytestmark = pytest.mark.browser

SCENE = """
import ipywidgets, numpy as np
from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_span
from workbench.widgets.canvas.tape_bar import TapeBar

n = 6
turn = 2 * np.pi * np.arange(n) / n
spans = [[u, v, 0, NEVER] for u in range(n) for v in range(u)]
constant = np.full(n, 0.4, dtype="<f4")
graph = GraphCanvas(
    num_nodes=n, positions=np.stack([np.cos(turn), np.sin(turn)], 1).astype("<f4").tobytes(),
    spans=np.array(spans, "<i4").tobytes(), node_values=constant.tobytes(),
    color_range=color_span(constant), height=300,
    color_label="mean distance of what reaches node 17 along the edges, in hops",
    status="gtr adds Geborand–MotherPlutarch")
matrix = MatrixCanvas(
    size=n, values=levels(np.full((n, n), 0.4), (0.4, 0.4)), value_range=[0.4, 0.4], height=300,
    title="resistance among 200 landmark nodes of 2,642, on one scale with the original graph")
names = ["total resistance", "spectral gap", "longest resistance", "mean effective degree",
         "attention received, mean over heads", "resistance among 200 landmark nodes of 2,642",
         "diameter", "components"]
bar = TapeBar(length=1, position=1, cards=[dict(name=name, values=[3.0, 2.0]) for name in names],
              edits=["gtr adds Geborand–MotherPlutarch, found at distance 3"])
row = ipywidgets.HBox([graph, matrix])
box = ipywidgets.VBox([row, bar])
"""

TEXTS = """.wb-graph .wb-colorbar-label, .wb-graph .wb-status, .wb-matrix .wb-title,
  .wb-matrix .wb-note, .wb-card-name, .wb-card-change, .wb-count, .wb-edit"""

CUT = f"""() => [...document.querySelectorAll(`{TEXTS}`)]
  .filter((node) => node.scrollWidth > node.clientWidth + 1
                    || node.scrollHeight > node.clientHeight + 1)
  .map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def opened(notebook, shared):
    lab = notebook(shared.write("canvas_words.ipynb", [SCENE, "box"]))
    lab.page.wait_for_function("document.querySelectorAll('.wb').length === 3")
    lab.settle()
    yield lab
    lab.page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_no_text_is_cut_and_no_card_stands_alone(opened, width):
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.settle()
    assert opened.page.locator(".wb-card").count() == 8
    assert opened.page.evaluate(CUT) == []
    tops = opened.page.evaluate(
        "[...document.querySelectorAll('.wb-card')].map((c) => c.getBoundingClientRect().top)"
    )
    assert min(tops.count(top) for top in tops) > 1
    # the picture stands below its title, however many lines that has
    title, canvas = (
        opened.page.locator(f".wb-matrix {name}").bounding_box() for name in (".wb-head", "canvas")
    )
    assert canvas["y"] >= title["y"] + title["height"]


def test_a_constant_has_one_number_and_one_color(opened):
    def texts(selector):
        return [text for text in opened.page.locator(selector).all_inner_texts() if text]

    assert texts(".wb-graph .wb-colorbar-ends span") == ["0.4"]
    assert texts(".wb-matrix .wb-tick:not(.wb-tick-missing)") == ["0.4"]
    ramps = opened.page.evaluate(
        """[...document.querySelectorAll(".wb-colorbar-ramp")]
          .map((ramp) => getComputedStyle(ramp).backgroundImage)"""
    )
    assert ramps == ["none", "none"]


def test_the_keys_reach_everything_and_a_ring_shows_where(opened):
    page = opened.page
    page.evaluate("document.querySelector('.wb-graph canvas').focus()")
    seen = []
    for _ in range(20):
        where = page.evaluate(
            """() => {
              const node = document.activeElement, style = getComputedStyle(node);
              if (!node.closest(".wb")) return null;
              return [node.ariaLabel ?? node.textContent, node.matches(":focus-visible"),
                      style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        if where is None:
            break
        seen.append(where)
        page.keyboard.press("Tab")
    names = [name for name, *_ in seen]
    for start in (
        "Graph of 6 nodes, colored by mean distance",
        "resistance among 200 landmark",
        "to the original graph",
        "position on the edit tape",
        "drop all edits",
    ):
        assert any(name.startswith(start) for name in names), (start, names)
    assert all(names)
    for name, *ring in seen[1:]:
        assert ring[:2] == [True, "solid"], name
        assert ring[2] >= 2, name


def test_pictures_and_cards_have_names(opened):
    names = opened.page.evaluate(
        """[...document.querySelectorAll(".wb canvas, .wb button, .wb input, .wb [role=group]")]
          .map((node) => node.ariaLabel || node.textContent)"""
    )
    assert len(names) >= 2 + 8 + 1 + 8
    assert all(names)


def test_ends_that_stand_for_more_are_marked(opened):
    opened.ask(
        "graph.color_range, graph.clipped = [0.4, 2.0], [True, True]\n"
        "matrix.value_range, matrix.clipped = [0.4, 1.4], [False, True]"
    )
    opened.settle()
    ends = opened.page.locator(".wb-graph .wb-colorbar-ends span").all_inner_texts()
    assert ends == ["≤ 0.4", "≥ 2"]
    ticks = opened.page.locator(".wb-matrix .wb-tick:not(.wb-tick-missing)")
    texts = ticks.evaluate_all("ticks => ticks.map((tick) => tick.textContent)")
    assert [texts[0], texts[2], texts[4]] == ["0.4", "0.9", "≥ 1.4"]
    names = opened.page.evaluate("[...document.querySelectorAll('canvas')].map((c) => c.ariaLabel)")
    assert any("from ≤ 0.4 to ≥ 2" in name for name in filter(None, names))
    assert any("from 0.4 to ≥ 1.4" in name for name in filter(None, names))


def test_where_there_are_no_colors_the_legend_says_why(opened):
    why = "mean resistance is not shown: the elimination of 10,000 nodes and 60,000 edges fills in"
    opened.ask(f"graph.node_values, graph.color_label = b'', {why!r}")
    opened.settle()
    label = opened.page.locator(".wb-graph .wb-colorbar-label")
    assert label.inner_text() == why
    assert label.is_visible()
    assert not opened.page.locator(".wb-graph .wb-colorbar-ramp").is_visible()
    assert opened.page.evaluate(CUT) == []
    opened.ask("graph.color_label = ''")
    opened.settle()
    assert not label.is_visible()
