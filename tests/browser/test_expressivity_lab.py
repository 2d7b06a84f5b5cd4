"""The expressivity notebook in a real JupyterLab: drag, choose, click, run a model."""

import shutil

import pytest

from browser.accessible import out_of_reach, without_name
from browser.conftest import REPOSITORY, drag_files, look

pytestmark = pytest.mark.browser

NOTEBOOK = "08_expressivity.ipynb"


@pytest.fixture(scope="module")
def opened(notebook, shared):
    """Notebook 08, run once for all tests of this file; its first lab is looked at."""
    results = shared.server.root.parent / "data" / "results"
    results.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "data" / "results" / "wl_upper_bound.json", results)
    shutil.copy(REPOSITORY / "notebooks" / NOTEBOOK, shared.server.root / NOTEBOOK)
    lab = notebook(NOTEBOOK, height=1300, seconds=240)
    # every lab has taken its place
    labs = lab.page.locator(".workbench-expressivity:has(.wb-rounds-column)")
    lab.eventually(labs.count, lambda count: count == 3)
    lab.settle()
    return lab


@pytest.fixture
def first(opened):
    """The lab of the notebook's first section, in sight and as the notebook left it."""
    opened.ask("lab.pair = 'two spiders'; lab.test = '1-wl'; lab.round = 0")
    root = opened.page.locator(".workbench-expressivity").first
    root.scroll_into_view_if_needed()
    root.get_by_text("round 0 of 12").wait_for()
    opened.settle()
    return root


def pixels(root, which=0) -> str:
    """The picture of a graph as text, to see whether it changed."""
    canvas = root.locator(".wb-graph canvas").nth(which)
    return canvas.evaluate("canvas => canvas.toDataURL()")


def test_dragging_the_slider_recolors_both_graphs(opened, first):
    before = pixels(first, 0), pixels(first, 1)
    slider = first.get_by_label("round of the refinement")
    slider.hover()  # waits until it stands still
    look(opened, "expressivity-before-drag")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    opened.page.mouse.move(box["x"] + 8, middle)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=6)
    opened.page.mouse.up()
    reached = int(slider.input_value())
    assert 5 <= reached <= 7
    first.get_by_text(f"round {reached} of 12").wait_for()
    opened.wait_until("lab.round", str(reached))
    for which in (0, 1):
        opened.eventually(lambda: pixels(first, which), lambda now: now != before[which])  # noqa: B023
    assert first.locator(".wb-rounds-column.wb-differs").count() > 3
    look(opened, "expressivity-round")


def test_a_drag_needs_no_kernel(opened, first):
    # the kernel sleeps; the colors move all the same. Its status says nothing: messages of widgets
    # may be answered beside a cell, and their end makes it idle
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    opened.page.evaluate(
        f"""() => {{
          window.sleeps = null;
          const code = "import time; print('now', flush=True); time.sleep(600)";
          const asleep = {kernel}.requestExecute({{ code, store_history: false }});
          asleep.onIOPub = ({{ header }}) => {{
            if (header.msg_type === "stream") window.sleeps = true;
          }};
          const end = () => {{ window.sleeps = false; }};
          asleep.done.then(end, end);
        }}"""
    )
    try:
        opened.page.wait_for_function("() => window.sleeps")
        before = pixels(first)
        first.get_by_label("one round further").click()
        first.get_by_text("round 1 of 12").wait_for()
        opened.eventually(lambda: pixels(first), lambda now: now != before)
        assert opened.page.evaluate("() => window.sleeps")
    finally:
        opened.page.evaluate(f"() => {kernel}.interrupt()")
    opened.page.wait_for_function("() => window.sleeps === false")
    opened.wait_until("lab.round", "1")


def test_arrow_keys_move_the_round_and_stay_in_the_lab(opened, first):
    slider = first.get_by_label("round of the refinement")
    slider.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    opened.wait_until("lab.round", "2")
    assert slider.evaluate("element => element === document.activeElement")


def test_another_test_by_the_menu_and_by_raise_k(opened, first):
    opened.settle()
    top = first.locator(".wb-graph").first.bounding_box()["y"]
    first.locator("select").nth(1).select_option("SPD-WL (shortest paths)")
    first.get_by_text("SPD-WL: different from round 1.").wait_for()
    opened.wait_until("lab.test", "spd-wl")
    assert abs(first.locator(".wb-graph").first.bounding_box()["y"] - top) < 2  # nothing jumps
    opened.ask("lab.pair = 'hexagon and two triangles'; lab.test = '1-wl'")
    first.get_by_text("1-WL: equal, stable after 0 rounds.").wait_for()
    first.get_by_role("button", name="raise k").click()
    first.get_by_text("2-FWL: different from round 1.").wait_for()
    look(opened, "expressivity-raised")


def test_a_clicked_node_says_what_it_saw(opened, first):
    opened.ask("lab.round = 1")
    first.get_by_text("round 1 of 12").wait_for()
    canvas = first.locator(".wb-graph canvas").first
    canvas.focus()
    opened.page.keyboard.press("ArrowUp")  # the node in the middle: the body
    opened.page.keyboard.press("Enter")
    why = first.locator(".workbench-why")
    why.get_by_text("its neighbors:").wait_for()
    assert why.locator(".workbench-chip").count() >= 3
    opened.ask("lab.choose('a', 0); lab.choose('b', 1)")
    why.get_by_text("they saw different bags").wait_for()
    look(opened, "expressivity-why")
    opened.ask("lab.choose('a'); lab.choose('b')")


def test_a_click_with_the_mouse_chooses_a_node(opened, first):
    # the top foot of the spider: the highest node, in the middle of the picture
    canvas = first.locator(".wb-graph canvas").first
    box = canvas.bounding_box()
    for y in range(10, int(box["height"]), 6):
        canvas.hover(position={"x": box["width"] / 2, "y": y})
        opened.drawn()
        if first.locator(".wb-graph").first.locator(".wb-tip.wb-shown").count():
            break
    canvas.click(position={"x": box["width"] / 2, "y": y})
    first.locator(".workbench-why").get_by_text("a: node").wait_for()
    opened.ask("lab.choose('a')")


def test_a_hovered_column_shows_where_its_color_is(opened, first):
    opened.ask("lab.pair = 'hexagon and two triangles'; lab.test = '2-fwl'; lab.round = 1")
    first.get_by_text("2-FWL: different").wait_for()
    opened.settle()
    before = pixels(first, 0), pixels(first, 1)
    column = first.get_by_label("12 pairs in a, 0 in b").first
    column.hover()
    opened.eventually(lambda: pixels(first, 0), lambda now: now != before[0])  # pairs of a
    look(opened, "expressivity-column")
    opened.page.mouse.move(5, 5)
    opened.eventually(lambda: pixels(first, 0), lambda now: now == before[0])


def test_a_model_is_run_on_the_pair(opened, first):
    first.get_by_role("button", name="run model").click()
    first.get_by_text("it tells them apart").wait_for()
    opened.wait_until("lab.result.is_separated", "True")
    opened.ask("lab.pair = 'rook and Shrikhande'")
    first.get_by_role("button", name="run model").click()
    first.get_by_text("it does not tell them apart").wait_for()


def test_a_dropped_file_takes_the_place_of_the_graph_under_it(opened, first):
    opened.ask("lab.pair = 'hexagon and two triangles'; lab.test = '1-wl'")
    first.get_by_text("1-WL: equal, stable after 0 rounds.").wait_for()
    opened.settle()
    before = pixels(first, 0), pixels(first, 1)
    graphs = first.locator(".wb-graph canvas.wb-layer")
    drag_files(graphs.nth(1), {"path.g6": b"EhCG\n"}, ["dragenter", "dragover"])
    assert first.locator(".wb-dropping .wb-drop").inner_text() == "open as graph b"
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        opened.theme(theme)
        look(opened, f"expressivity-drop-{theme.split()[-1].lower()}")
    drag_files(graphs.nth(1), {"path.g6": b"EhCG\n"}, ["drop"])
    first.get_by_text("1-WL: different from round 1.").wait_for()
    opened.wait_until("lab.pair, lab.b.num_edges // 2, lab.b.name", "your graphs 5 path")
    assert first.locator("select").first.input_value() == "your graphs"
    opened.eventually(lambda: pixels(first, 1), lambda now: now != before[1])
    # and the other side, from GraphML: the same path again
    nodes = "".join(f'<node id="{v}"/>' for v in range(6))
    edges = "".join(f'<edge source="{v}" target="{v + 1}"/>' for v in range(5))
    kind = 'xmlns="http://graphml.graphdrawing.org/xmlns"'
    text = f'<graphml {kind}><graph edgedefault="undirected">{nodes}{edges}</graph></graphml>'
    drag_files(graphs.nth(0), {"mine.graphml": text.encode()})
    first.get_by_text("1-WL: equal, stable after 2 rounds.").wait_for()
    opened.wait_until("lab.a.name, lab.b.name", "mine path")
    look(opened, "expressivity-dropped")
    # what cannot be opened is said, and nothing is lost
    opened.settle()
    now = pixels(first, 0), pixels(first, 1)
    drag_files(graphs.nth(0), {"torn.graphml": text[:99].encode()})
    status = first.locator(".workbench-status")
    status.get_by_text("torn.graphml was not opened").wait_for()
    look(opened, "expressivity-drop-refused")
    drag_files(graphs.nth(0), {"large.csv": 12_340_000})
    status.get_by_text("large.csv has 12.4 MB").wait_for()
    drag_files(graphs.nth(0), {"one.g6": b"A_", "two.g6": b"A_"})
    status.get_by_text("Drop one file; there were 2.").wait_for()
    assert (pixels(first, 0), pixels(first, 1)) == now
    opened.wait_until("lab.a.name, lab.b.name, lab.test", "mine path 1-wl")


def test_what_a_table_leaves_open_is_told(opened, first):
    opened.ask("lab.pair = 'two spiders'")
    graph = first.locator(".wb-graph canvas.wb-layer").first
    drag_files(graph, {"friends.csv": b"from,to,since\nann,bob,3\nbob,cat,5\n"})
    first.get_by_text("friends.csv is graph a now: ").wait_for()
    look(opened, "expressivity-notes")


def test_every_control_has_a_name_and_obeys_the_keyboard(opened, first):
    assert without_name(first) == []
    assert out_of_reach(first) == []
    test = first.get_by_label("test", exact=True)
    test.focus()
    opened.page.keyboard.press("ArrowDown")
    opened.wait_until("lab.test", "spd-wl")
    layers = first.get_by_label("layers")
    layers.focus()
    opened.page.keyboard.press("ArrowUp")
    opened.wait_until("lab.num_layers", "7")
    opened.ask("lab.num_layers = 6; lab.test = '1-wl'")
    first.get_by_text("1-WL: different").wait_for()
    raise_k = first.get_by_role("button", name="raise k")
    raise_k.focus()
    opened.page.keyboard.press("Enter")
    opened.wait_until("lab.test", "2-fwl")


def test_both_themes_and_a_narrow_page(opened, first):
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        opened.theme(theme)
        look(opened, f"expressivity-{theme.split()[-1].lower()}")
    opened.page.set_viewport_size({"width": 620, "height": 1300})
    opened.settle()
    wide = """() => { const root = document.querySelector(".workbench-expressivity");
      return root.scrollWidth - root.clientWidth; }"""
    opened.eventually(lambda: opened.page.evaluate(wide), lambda out: out <= 1)
    cut = """() => [...document.querySelectorAll(".workbench-expressivity .wb-status")]
      .filter((line) => line.scrollWidth > line.clientWidth).map((line) => line.textContent)"""
    assert opened.page.evaluate(cut) == []
    look(opened, "expressivity-narrow")
    opened.page.set_viewport_size({"width": 1440, "height": 1300})


def test_the_page_without_a_kernel_shows_pictures(opened):
    kinds = opened.page.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
          .flatMap((cell) => cell.outputs?.toJSON() ?? [])
          .map((output) => Object.keys(output.data ?? {}))"""
    )
    pictures = sum("image/png" in kind for kind in kinds)
    labs = sum("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
    assert pictures >= labs == 3
