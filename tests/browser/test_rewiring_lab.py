"""The whole loop in a real JupyterLab: drag, click an edge, undo, train, stop, export, look."""

import json

import pytest

from browser.conftest import drag_files, look
from workbench.diagnostics import spectral_gap, total_resistance
from workbench.graphs import open_graph, read_graph
from workbench.rewiring import apply_edits, gtr

pytestmark = pytest.mark.browser

GRAPH = "barbell:6,2"


@pytest.fixture(scope="module")
def opened(notebook, shared):
    """One notebook with the lab for all tests of this file."""
    cells = [
        "from workbench.widgets import rewiring_lab",
        f'lab = rewiring_lab("{GRAPH}", num_edges=6)\nlab',
    ]
    lab = notebook(shared.write("lab.ipynb", cells), height=1100)
    lab.page.wait_for_selector(".wb-card")
    return lab


@pytest.fixture
def lab(opened):
    """The lab with the six edits of GTR on its tape; nothing may have left this machine."""
    opened.page.mouse.move(5, 5)
    opened.ask("lab.wait(); lab.reset(); g = lab.pictures['graph']; g.picked = g.selection = []")
    opened.wait_until("lab.wait(), lab.position", "True 6")
    opened.page.wait_for_function(
        "() => document.querySelector('.wb-count').innerText.endsWith('6 of 6')"
    )
    opened.page.locator(".wb-tape").scroll_into_view_if_needed()
    opened.settle()
    yield opened
    assert opened.outside == [], "requests to other machines"
    assert opened.errors == []


def drag(lab, start, end):
    """Drag the slider from one share of its way to another, as a hand does."""
    box = lab.page.locator(".wb-tape input[type=range]").bounding_box()
    thumb = 16

    def x(share):
        return box["x"] + thumb / 2 + (box["width"] - thumb) * share

    y = box["y"] + box["height"] / 2
    lab.page.mouse.move(x(start), y)
    lab.page.mouse.down()
    lab.page.mouse.move(x(end), y, steps=12)
    lab.page.mouse.up()


def card(lab, name):
    """The number on a card, as a person reads it."""
    one = lab.page.locator(".wb-card").filter(has_text=name).first
    return float(one.locator(".wb-card-now span").first.inner_text().replace("−", "-"))


def shown_position(lab):
    return int(lab.page.locator(".wb-count").inner_text().split()[1])


def node_place(lab, node):
    """Where a node is on the page: the canvas fits all nodes between its margins."""
    box = lab.page.locator(".wb-graph canvas.wb-layer").first.bounding_box()
    low, high, at = json.loads(
        lab.ask(
            "import json, numpy as np\n"
            "p = np.frombuffer(lab.pictures['graph'].positions, '<f4').reshape(-1, 2)\n"
            f"print(json.dumps([p.min(0).tolist(), p.max(0).tolist(), p[{node}].tolist()]))"
        )
    )
    left, top, bottom = 30, 34, 58
    room = box["width"] - 2 * left, box["height"] - top - bottom
    scale = min(room[0] / (high[0] - low[0]), room[1] / (high[1] - low[1]))
    x = box["width"] / 2 + scale * (at[0] - (low[0] + high[0]) / 2)
    y = top + room[1] / 2 - scale * (at[1] - (low[1] + high[1]) / 2)
    return box["x"] + x, box["y"] + y


def click_node(lab, node):
    lab.page.mouse.move(*node_place(lab, node))
    lab.drawn()
    lab.page.mouse.click(*node_place(lab, node))


def colors(lab, selector):
    """How many different colors a canvas shows."""
    shot = lab.page.locator(selector).first.screenshot()
    return lab.page.evaluate(
        """async (bytes) => {
          const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const pen = canvas.getContext("2d");
          pen.drawImage(bitmap, 0, 0);
          const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4) {
            seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
          }
          return seen.size;
        }""",
        list(shot),
    )


def test_dragging_the_slider_moves_picture_numbers_and_kernel(lab):
    data = open_graph(GRAPH)
    edits = gtr(data.edge_index, data.num_nodes, num_edges=6)
    assert shown_position(lab) == 6
    before = lab.page.locator(".wb-graph").screenshot()
    matrix = lab.page.locator(".wb-matrix").screenshot()
    drag(lab, 1, 0)
    lab.wait_until("lab.position", "0")
    assert shown_position(lab) == 0
    lab.eventually(lab.page.locator(".wb-graph").screenshot, lambda now: now != before)
    lab.page.locator(".wb-matrix:not(.wb-stale)").wait_for()
    lab.eventually(lab.page.locator(".wb-matrix").screenshot, lambda now: now != matrix)
    expected = float(total_resistance(data.edge_index, data.num_nodes))
    assert card(lab, "total resistance") == pytest.approx(expected, rel=1e-3)
    drag(lab, 0, 0.5)
    lab.wait_until("lab.position", "3")
    part = edits.edits[:, :3]
    edge_index = apply_edits(data.edge_index, data.num_nodes, part).edge_index
    for name, value in (
        ("total resistance", total_resistance(edge_index, data.num_nodes)),
        ("spectral gap", spectral_gap(edge_index, data.num_nodes)),
    ):
        assert card(lab, name) == pytest.approx(float(value), rel=1e-3), name
    assert colors(lab, ".wb-graph") > 20
    assert colors(lab, ".wb-matrix") > 20


def test_clicks_add_and_remove_edges_and_undo_takes_them_back(lab):
    click_node(lab, 0)
    click_node(lab, 13)
    lab.wait_until("len(lab.tape.edits)", "7")
    assert lab.ask("print(lab.tape.edits[-1].by, lab.tape.edits[-1].u, lab.tape.edits[-1].v)") == (
        "hand 0 13"
    )
    lab.eventually(lambda: shown_position(lab), lambda position: position == 7)
    # half way between two neighbors on the path there is an edge and nothing else
    ends = [int(x) for x in lab.ask("e = lab.tape.base; print(6, 7)").split()]
    places = [node_place(lab, node) for node in ends]
    middle = [sum(p[i] for p in places) / 2 for i in (0, 1)]
    lab.page.mouse.move(*middle)
    tip = lab.page.locator(".wb-graph .wb-tip")
    lab.eventually(tip.inner_text, lambda text: "remove" in text)
    lab.page.mouse.click(*middle)
    lab.wait_until("len(lab.tape.edits)", "8")
    assert lab.ask("print(lab.tape.edits[-1].sign)") == "-1"
    for left in (7, 6):
        lab.page.get_by_role("button", name="undo").click()
        lab.wait_until("lab.position", str(left))
    lab.page.get_by_role("button", name="redo").click()
    lab.wait_until("lab.position", "7")
    lab.page.locator(".wb-button", has_text="reset").click()
    lab.wait_until("len(lab.tape.edits)", "6")


def test_hovering_a_pair_shows_what_the_edge_would_do(lab):
    click_node(lab, 0)
    lab.page.mouse.move(*node_place(lab, 13))
    change = lab.ask(
        "now = lab.state.moment()\n"
        "effect = now.start.pairs.what_if(now.in_force, 0, 13)\n"
        "print(f'{effect.total_resistance_change:+.4g}')"
    )
    said = f"total resistance {change} ohm"
    tip = lab.page.locator(".wb-graph .wb-tip")
    lab.eventually(tip.inner_text, lambda text: said in text.replace("−", "-"))
    # the matrix points at the same pair
    assert sorted(json.loads(lab.ask("print(lab.pictures['matrix'].selection)"))) == [0, 13]


def test_training_runs_live_stops_and_compares(lab):
    lab.ask("lab.training.epochs = 5000")
    lab.page.get_by_role("button", name="Train before / after").click()
    lab.wait_until("'run 1' in lab.training.shown()['progress']", "True")
    # the kernel answers other cells while it trains
    assert lab.ask("print(lab.training.controls['stop'].disabled)") == "False"
    drag(lab, 1, 0)
    lab.wait_until("lab.position", "0")
    lab.page.wait_for_selector(".wb-losses-mean", state="attached")
    lab.page.get_by_role("button", name="Stop", exact=True).click()
    lab.wait_until("lab.training.controls['stop'].disabled", "True")
    assert lab.ask("print(lab.runs.stopped)") == "True"
    drag(lab, 0, 1)
    lab.wait_until("lab.position", "6")
    lab.ask("lab.training.epochs, lab.training.seeds = 5, 2")
    lab.page.get_by_role("button", name="Train before / after").click()
    lab.wait_until("lab.runs is not None and not lab.runs.stopped and len(lab.runs.after)", "2")
    lab.wait_until("lab.training.sensitivities is not None", "True")
    said = lab.ask("print(lab.runs.comparison().sentence)")
    lab.eventually(lambda: lab.page.inner_text(".workbench-lab"), lambda text: said in text)
    assert colors(lab, ".wb-matrix >> nth=1") > 20


def test_exports_land_beside_the_notebook(lab):
    for name in ("GraphML", "SVG", "Python"):
        lab.page.get_by_role("button", name=name, exact=True).click()
        lab.wait_until("lab.wait()", "True")
    lab.wait_until("'.py' in lab.shown()['status']", "True")
    folder = lab.server.root
    (graph,) = folder.glob("barbell*.graphml")
    assert read_graph(graph).num_nodes == 14
    (code,) = folder.glob("barbell*.py")
    made = {}
    exec(code.read_text(), made)
    assert made["data"].edge_index.size(1) == read_graph(graph).edge_index.size(1)
    for path in folder.glob("barbell*"):
        path.unlink()


def test_keyboard_alone_moves_the_slider_and_adds_an_edge(lab):
    lab.page.locator(".wb-tape input[type=range]").focus()
    for _ in range(2):
        lab.page.keyboard.press("ArrowLeft")
    lab.wait_until("lab.position", "4")
    lab.page.locator(".wb-graph canvas.wb-layer").first.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    lab.wait_until("len(lab.pictures['graph'].picked)", "1")
    for _ in range(6):
        lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    lab.wait_until("len(lab.tape.edits) != 6", "True")
    assert lab.ask("print(lab.tape.edits[-1].by)") == "hand"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_themes_are_followed(lab, theme):
    lab.theme(theme)
    corner = lab.page.evaluate(
        """() => getComputedStyle(document.querySelector(".wb-graph")).backgroundColor"""
    )
    light = sum(int(x) for x in corner[corner.index("(") + 1 : -1].split(",")[:3])
    assert (light > 600) == (theme == "JupyterLab Light")
    assert lab.errors == []


def test_nothing_jumps_when_numbers_change(lab):
    def boxes():
        return [b.bounding_box() for b in lab.page.locator(".wb-card, .wb-graph, .wb-matrix").all()]

    start = boxes()
    for share in (0.5, 0.0, 1.0):
        drag(lab, 1 - share if share != 0.5 else 1, share)
        lab.settle()
        assert boxes() == start


def test_a_dropped_file_is_the_graph(lab):
    lab.ask("own = lab.pictures['graph'].spans")
    graph = lab.page.locator(".wb-graph canvas.wb-layer").first
    graph.scroll_into_view_if_needed()
    drag_files(graph, {"ring.csv": b""}, ["dragenter", "dragover"])
    assert lab.page.locator(".wb-dropping .wb-drop").inner_text() == "open as the graph"
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab.theme(theme)
        look(lab, f"rewiring-drop-{theme.split()[-1].lower()}")
    before = graph.evaluate("canvas => canvas.toDataURL()")
    drag_files(graph, {"torn.graphml": b"<graphml>"}, ["drop"])
    status = lab.page.locator(".workbench-status")
    status.get_by_text("torn.graphml was not opened").wait_for()
    assert lab.ask("print(lab.pictures['graph'].spans == own, lab.position)") == "True 6"
    assert graph.evaluate("canvas => canvas.toDataURL()") == before
    ring = "".join(f"{v},{(v + 1) % 12}\n" for v in range(12))
    drag_files(graph, {"ring.csv": ring.encode()})
    lab.wait_until("lab.wait(), lab.graph.num_nodes, lab.graph.name", "True 12 ring")
    lab.page.wait_for_function(
        "() => document.querySelector('.wb-count').innerText.endsWith('6 of 6')"
    )
    chosen = lab.page.locator(".workbench-lab select option:checked").first.inner_text()
    assert chosen.split() == ["ring", "(12)"]
    drag(lab, 1, 0)
    lab.wait_until("lab.position", "0")
    # a ring of n unit resistors: (n^3 - n) / 12
    assert card(lab, "total resistance") == pytest.approx((12**3 - 12) / 12, rel=1e-3)
    assert graph.evaluate("canvas => canvas.toDataURL()") != before
    look(lab, "rewiring-dropped")
    drag(lab, 0, 1)
    lab.ask(f"lab.do('open_graph', '{GRAPH}')")
    lab.wait_until("lab.wait(), lab.graph.num_nodes", "True 14")


def test_the_still_picture_is_hidden_while_the_lab_is_live(lab):
    pictures = lab.page.locator(".jp-RenderedImage img")
    assert pictures.count() == 1
    assert not pictures.first.is_visible()
