"""Graph canvas, matrix canvas and tape bar in a real JupyterLab: pixels and messages."""

import os
import signal

import numpy as np
import pytest

from browser.conftest import drag_files, drag_from_disk

pytestmark = pytest.mark.browser

# Six nodes around a square; edit 1 adds 0-3, edit 2 removes 0-1, edit 3 adds 2-4.
SCENE = """
import base64, json, struct, threading, time
import ipywidgets, numpy as np
from IPython.display import Image, display
from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.matrix_canvas import MatrixCanvas, levels
from workbench.widgets.canvas.tape_bar import TapeBar

heard = []
ORDER = [3, 1, 4, 0, 5, 2]
MATRIX = np.arange(36.0).reshape(6, 6)
MATRIX[5, 5] = np.inf

def build():
    global graph, matrix, bar, links, box
    graph = GraphCanvas(
        num_nodes=6,
        positions=np.array([[-1, 1], [0, 1], [1, 1], [1, -1], [0, -1], [-1, -1]], "<f4").tobytes(),
        spans=np.array([[0, 1, 0, 2], [1, 2, 0, NEVER], [2, 3, 0, NEVER], [3, 4, 0, NEVER],
                        [4, 5, 0, NEVER], [5, 0, 0, NEVER], [0, 3, 1, NEVER],
                        [2, 4, 3, NEVER]], "<i4").tobytes(),
        node_values=np.linspace(0, 1, 6, dtype="<f4").tobytes(), color_label="value", height=300)
    matrix = MatrixCanvas(size=6, values=levels(MATRIX, (0, 35)), value_range=[0, 35],
                          order=np.array(ORDER, "<i4").tobytes(), title="resistance", unit="ohm",
                          missing="not connected", height=300)
    bar = TapeBar(length=3, edits=["gtr adds 0-3", "sdrf removes 0-1", "hand adds 2-4"],
                  can_undo=True, cards=[
        dict(name="resistance", unit="ohm", help="sum", values=[10.0, 8.25, 9.5, float("inf")]),
        dict(name="diameter", unit="hops", values=[3, 2, 2, 2]),
        dict(name="gap", values=[0.5, 0.6, float("nan"), 0.7], exact=False, reason="too large")])
    links = [ipywidgets.jslink((bar, "position"), (graph, "position")),
             ipywidgets.jslink((graph, "selection"), (matrix, "selection"))]
    for widget in (graph, matrix, bar):
        widget.on_msg(lambda _, content, __: heard.append(content))
    row = ipywidgets.HBox([graph, matrix], layout=ipywidgets.Layout(grid_gap="8px"))
    box = ipywidgets.VBox([row, bar])
    return box
"""

PIXELS = """([selector, want, tolerance]) => {
  const canvas = document.querySelector(selector);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let count = 0, x = 0, y = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - want[0]) > tolerance || Math.abs(data[i + 1] - want[1]) > tolerance
        || Math.abs(data[i + 2] - want[2]) > tolerance) continue;
    count++;
    x += (i / 4) % width;
    y += Math.floor(i / 4 / width);
  }
  const box = canvas.getBoundingClientRect();
  return { count, x: box.x + (x / count + 0.5) * box.width / width,
           y: box.y + (y / count + 0.5) * box.height / height };
}"""

ADDED = (0, 114, 178)  # Okabe and Ito's blue
REMOVED = (213, 94, 0)  # and vermillion
GRAPH, MATRIX = ".wb-graph canvas", ".wb-matrix canvas"


class Scene:
    """The three linked widgets on the page."""

    def __init__(self, lab):
        self.lab, self.page = lab, lab.page

    def ask(self, code):
        return self.lab.ask(code)

    def pixels(self, color, selector=GRAPH, tolerance=8):
        return self.page.evaluate(PIXELS, [selector, list(color), tolerance])

    def node(self, i):
        """Where node i is on the page, by its color."""
        table = self.ask("print(list(graph.palette))")
        entry = 3 * round(255 * i / 5)
        color = np.fromstring(table.strip("[]"), sep=",", dtype=int)[entry : entry + 3]
        spot = self.pixels(color.tolist(), tolerance=1)
        assert spot["count"] > 20, f"node {i} is not in the picture"
        return spot["x"], spot["y"]

    def between(self, i, j):
        (ax, ay), (bx, by) = self.node(i), self.node(j)
        return (ax + bx) / 2, (ay + by) / 2

    def cell(self, row, column):
        box = self.page.locator(MATRIX).bounding_box()
        return (
            box["x"] + (column + 0.5) * box["width"] / 6,
            box["y"] + (row + 0.5) * box["height"] / 6,
        )

    def shown(self, count=3):
        """Wait until so many widgets are on the page, and drawn."""
        self.eventually(lambda: self.page.locator(".wb").count(), lambda found: found == count)
        self.settle()

    def settle(self):
        self.lab.settle()

    def eventually(self, look, expected=bool):
        return self.lab.eventually(look, expected)

    def tip(self, widget=".wb-graph"):
        return self.page.locator(f"{widget} .wb-tip.wb-shown").inner_text()

    def away(self):
        """Move the pointer off the widgets."""
        box = self.page.locator(".wb-tape").bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] + 30, steps=2)
        self.settle()

    def messages(self, count=1):
        """The next messages that are not hovers, once there are as many as expected."""
        code = "[m for m in heard if m['type'] != 'hover']"
        self.lab.wait_until(f"len({code})", str(count))
        found = eval(self.ask(f"print({code}); heard.clear()"))
        return found if count != 1 else found[0]


@pytest.fixture(scope="module")
def opened(notebook, shared):
    return notebook(shared.write("canvases.ipynb", [SCENE, "build()"]))


@pytest.fixture
def scene(opened):
    """The scene as it was built, whatever the test before did."""
    scene = Scene(opened)
    scene.page.mouse.move(0, 0)
    opened.ask("heard.clear()")
    opened.run_all()
    scene.shown()
    scene.page.evaluate("document.querySelector('.wb-tape').scrollIntoView({ block: 'end' })")
    scene.settle()
    yield scene
    assert opened.errors == []


def drag(scene, start, end, steps=6):
    """Drag the slider from one position to another."""
    box = scene.page.locator(".wb-tape input").bounding_box()
    y = box["y"] + box["height"] / 2
    x = [box["x"] + 8 + (box["width"] - 16) * int(k) / 3 for k in (start, end)]
    scene.page.mouse.move(x[0], y)
    scene.page.mouse.down()
    scene.page.mouse.move(x[1], y, steps=steps)
    scene.page.mouse.up()


def test_edits_come_and_go_with_the_slider(scene):
    blue = [scene.pixels(ADDED)["count"]]
    for _ in range(3):
        scene.page.get_by_label("one edit forward").click()
        scene.lab.drawn()
        blue.append(scene.pixels(ADDED)["count"])
    assert blue[0] == 0
    assert 0 < blue[1] <= blue[2] < blue[3]
    assert scene.page.locator(".wb-count").inner_text() == "edit 3 of 3"
    assert scene.page.locator(".wb-edit").inner_text() == "hand adds 2-4"
    scene.lab.wait_until("bar.position, graph.position", "3 3")


def test_a_removed_edge_turns_into_faint_dashes(scene):
    before = scene.pixels(REMOVED, tolerance=60)["count"]
    scene.ask("bar.position = 2")
    scene.settle()
    assert before == 0
    assert scene.pixels(REMOVED, tolerance=60)["count"] > 10


def test_the_slider_needs_no_kernel(scene):
    kernel = int(scene.ask("import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        drag(scene, 0, 3)
        scene.lab.drawn()
        assert scene.page.locator(".wb-count").inner_text() == "edit 3 of 3"
        assert scene.pixels(ADDED)["count"] > 100
        assert scene.page.locator(".wb-card-now").nth(1).inner_text() == "2 hops"
    finally:
        os.kill(kernel, signal.SIGCONT)
    scene.lab.wait_until("bar.position, graph.position", "3 3")


def test_canvases_follow_their_tape_without_a_message_each(scene):
    scene.ask(
        "links[0].unlink(); graph.tape = matrix.tape = bar; matrix.values_position = 0; seen = []\n"
        "for w in (graph, matrix): w.observe(lambda change: seen.append(change), 'position')"
    )
    scene.settle()
    kernel = int(scene.ask("import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        drag(scene, 0, 3)
        scene.lab.drawn()
        assert scene.pixels(ADDED)["count"] > 100
        assert scene.page.locator(".wb-graph .wb-title").first.inner_text() == "after 3 edits"
        scene.page.wait_for_selector(".wb-matrix.wb-stale")
    finally:
        os.kill(kernel, signal.SIGCONT)
    scene.lab.wait_until("bar.position, seen", "3 []")
    scene.ask("matrix.values_position = 3")
    scene.page.wait_for_selector(".wb-matrix:not(.wb-stale)")
    scene.ask("graph.tape = None")  # then its own position counts again
    scene.settle()
    assert scene.page.locator(".wb-graph .wb-title").first.inner_text() == "after 0 edits"


def test_the_kernel_hears_of_the_newest_position_only(scene):
    scene.ask("seen = []; bar.observe(lambda change: seen.append(change.new), 'position')")
    kernel = int(scene.ask("import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        for k in (1, 2, 3, 2, 1, 2):
            drag(scene, scene.page.locator(".wb-tape input").input_value(), k)
    finally:
        os.kill(kernel, signal.SIGCONT)
    scene.lab.wait_until("bar.position", "2")
    assert len(eval(scene.ask("print(seen)"))) <= 2  # the one in flight and the newest


STILL = """async (work) => {
  const slider = document.querySelector(".wb-tape input"), frames = window.requestAnimationFrame;
  const move = (k) => {
    slider.value = k;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  window.requestAnimationFrame = () => 0;
  try { await new Function("move", `return (async () => { ${work} })()`)(move); }
  finally { window.requestAnimationFrame = frames; }
}"""


def test_the_kernel_hears_of_the_last_position_on_a_hidden_page(scene):
    # where no frame is drawn, nothing is painted to wait for
    scene.page.evaluate(STILL, "move(1); move(3); await new Promise((r) => setTimeout(r, 100));")
    scene.lab.wait_until("bar.position", "3")


def test_a_bar_that_goes_still_tells_its_position(scene):
    # the notebook drops the output in the moment in which the slider moved
    clear = "window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');"
    scene.page.evaluate(STILL, "move(2); " + clear)
    scene.page.wait_for_selector(".wb-tape", state="detached")
    scene.lab.wait_until("bar.position", "2")


def test_undo_comes_after_the_move_before_it(scene):
    scene.ask(
        "order = []; bar.observe(lambda change: order.append(change.new), 'position');"
        "bar.on_msg(lambda _, content, __: order.append(content['type']))"
    )
    scene.page.evaluate(STILL, "move(2); document.querySelector('[aria-label^=\"undo\"]').click();")
    scene.lab.wait_until("order", "[2, 'undo']")


def test_two_clicks_add_an_edge_one_removes(scene):
    scene.page.mouse.click(*scene.node(1))
    scene.lab.wait_until("graph.picked", "[1]")
    scene.page.mouse.click(*scene.node(4))
    assert scene.messages() == {"type": "add", "u": 1, "v": 4}
    scene.lab.wait_until("graph.picked", "[]")
    scene.page.mouse.click(*scene.between(2, 3))
    assert scene.messages() == {"type": "remove", "u": 2, "v": 3}


def test_nodes_that_are_adjacent_now_are_not_added_again(scene):
    scene.page.mouse.click(*scene.node(0))
    scene.page.mouse.click(*scene.node(1))
    scene.lab.wait_until("graph.picked", "[1]")  # the hand moves on to that node
    scene.ask("bar.position = 2")  # here 0-1 is gone
    scene.settle()
    scene.page.mouse.click(*scene.node(0))
    assert scene.messages() == {"type": "add", "u": 1, "v": 0}


def test_the_picture_before_is_read_only(scene):
    scene.ask("graph.mode = 'before'")
    scene.settle()
    scene.page.mouse.click(*scene.between(2, 3))
    scene.page.mouse.click(*scene.node(1))
    scene.page.mouse.click(*scene.node(4))
    scene.lab.wait_until("graph.picked", "[4]")
    assert scene.ask("print([m for m in heard if m['type'] != 'hover'])") == "[]"


def test_a_candidate_is_drawn_and_clicked(scene):
    scene.ask(
        "graph.methods = ['gtr', 'fosr'];"
        "graph.candidates = np.array([[1, 4, 0], [1, 3, 1]], '<i4').tobytes()"
    )
    scene.settle()
    assert scene.pixels((230, 159, 0))["count"] > 20  # gtr, orange
    assert scene.pixels((0, 158, 115))["count"] > 20  # fosr, green
    legend = scene.page.locator(".wb-legend").inner_text().split("\n")
    assert legend == ["added", "removed", "gtr next", "fosr next"]
    scene.page.mouse.move(*scene.between(1, 4))
    assert "best next edge of gtr" in scene.tip()
    scene.page.mouse.click(*scene.between(1, 4))
    assert scene.messages() == {"type": "add", "u": 1, "v": 4}


def test_hover_is_shared_and_answered(scene):
    scene.ask(
        "graph.on_msg(lambda w, m, b: m['type'] == 'hover' "
        "and w.show_hint(m['u'], m['v'], f\"change {m['u']}{m['v']}\"))"
    )
    scene.page.mouse.move(*scene.node(2))
    scene.lab.wait_until("graph.selection, matrix.selection", "[2] [2]")
    assert scene.tip().split("\n")[0] == "node 2"
    scene.page.mouse.click(*scene.node(2))
    for other in (5, 4):
        scene.page.mouse.move(*scene.node(other))
        scene.page.wait_for_selector(f".wb-graph .wb-tip-hint:text-is('change 2{other}')")
        assert "no edge" in scene.tip()
        assert "click to add it" in scene.tip()
    scene.lab.wait_until("matrix.selection", "[2, 4]")
    scene.page.mouse.move(*scene.between(2, 3))
    assert "click to remove it" in scene.tip()
    scene.away()
    scene.lab.wait_until("graph.selection", "[2]")  # still picked
    assert scene.page.locator(".wb-tip.wb-shown").count() == 0


def test_a_late_hint_is_not_shown_at_another_pair(scene):
    scene.page.mouse.move(*scene.between(2, 3))
    scene.lab.wait_until("graph.selection", "[2, 3]")
    scene.ask("graph.show_hint(0, 1, 'of another pair')")
    scene.settle()
    assert "another" not in scene.tip()
    scene.ask("graph.show_hint(3, 2, 'of this pair')")
    scene.page.wait_for_selector(".wb-tip-hint:text-is('of this pair')")


def test_matrix_cells_are_pairs_of_nodes(scene):
    scene.page.mouse.move(*scene.cell(1, 2))
    scene.lab.wait_until("graph.selection, matrix.selection", "[1, 4] [1, 4]")
    text = scene.tip(".wb-matrix")
    assert "node 1 – node 4" in text
    assert "≈ 7.99 ohm" in text  # 8 to within half a level, 35 / 254 / 2
    scene.page.mouse.click(*scene.cell(1, 2))
    assert scene.messages() == {"type": "click", "u": 1, "v": 4}
    scene.page.mouse.move(*scene.cell(5, 5))
    assert "not connected" in scene.tip(".wb-matrix")


def test_matrix_colors_and_colorbar(scene):
    scene.away()
    table = np.frombuffer(bytes(eval(scene.ask("print(list(matrix.palette))"))), np.uint8)
    corner = scene.page.evaluate(
        f"""() => {{
          const canvas = document.querySelector("{MATRIX}");
          const read = (x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
          return [read(3, 3), read(canvas.width - 4, 3)];
        }}"""
    )
    assert corner[0][:3] == table[:3].tolist()
    q = 3 * round(round(254 * 5 / 35) * 255 / 254)
    assert corner[1][:3] == table[q : q + 3].tolist()
    ticks = scene.page.locator(".wb-matrix .wb-tick").all_inner_texts()
    assert ticks == ["0", "8.75", "17.5", "26.25", "35", "not connected"]


def test_one_hot_cell_of_a_million_is_seen(scene):
    scene.ask(
        "big = np.zeros((1000, 1000)); big[123, 777] = 1; "
        "matrix.order = b''; matrix.value_range = [0, 1]; "
        "matrix.size = 1000; matrix.values = levels(big, (0, 1))"
    )
    scene.settle()
    spot = scene.pixels((253, 234, 69), MATRIX, tolerance=24)
    assert spot["count"] == 1
    assert "each pixel shows the largest of" in scene.page.locator(".wb-note").first.inner_text()
    scene.page.mouse.move(spot["x"], spot["y"])
    scene.lab.wait_until("matrix.selection", "[123, 777]")


def test_before_and_after_share_one_scale(scene):
    scene.ask(
        "matrix.values_before = levels(MATRIX / 2, (0, 35)); matrix.mode = 'both'; "
        "graph.mode = 'both'"
    )
    scene.settle()
    scene.page.mouse.move(*scene.cell(2, 2)[:1], scene.cell(2, 2)[1])
    box = scene.page.locator(MATRIX).bounding_box()
    scene.page.mouse.move(box["x"] + box["height"] * 0.75, box["y"] + box["height"] * 0.25)
    text = scene.tip(".wb-matrix")
    assert "before ≈" in text
    assert "after ≈" in text


def test_before_and_after_share_one_camera(scene):
    scene.ask("graph.mode = 'both'")
    scene.settle()
    halves = f"""() => {{
      const canvas = document.querySelector("{GRAPH}");
      const half = Math.floor(canvas.width / 2), context = canvas.getContext("2d");
      const read = (x) => context.getImageData(x, 30, half - 2, canvas.height - 60).data;
      const [a, b] = [read(0), read(canvas.width - half)];
      return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
    }}"""
    assert scene.page.evaluate(halves) == 0  # at position 0 after is before
    box = scene.page.locator(GRAPH).bounding_box()
    middle = (box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    scene.page.mouse.move(*middle)
    scene.page.mouse.wheel(0, -240)
    scene.page.mouse.down()
    scene.page.mouse.move(middle[0] + 40, middle[1] + 25, steps=4)
    scene.page.mouse.up()
    scene.away()
    assert scene.page.evaluate(halves) == 0
    scene.lab.wait_until("len(graph.camera)", "3")
    zoom = float(scene.ask("print(graph.camera[2])"))
    assert zoom == pytest.approx(np.exp(0.0018 * 240), rel=1e-6)
    scene.page.mouse.dblclick(*middle)
    scene.lab.wait_until("graph.camera", "[]")
    scene.ask("bar.position = 3")
    scene.settle()
    assert scene.page.evaluate(halves) > 0


def test_the_point_under_the_wheel_stays(scene):
    x, y = scene.node(2)
    scene.page.mouse.move(x, y)
    scene.page.mouse.wheel(0, -200)
    scene.lab.wait_until("len(graph.camera)", "3")
    assert scene.node(2) == pytest.approx((x, y), abs=1.5)


def test_a_way_back_to_the_whole_graph(scene):
    fit = scene.page.locator(".wb-graph .wb-fit")
    assert not fit.is_visible()
    scene.page.mouse.move(*scene.node(2))
    scene.page.mouse.wheel(0, -200)
    fit.click()
    scene.lab.wait_until("graph.camera", "[]")
    assert not fit.is_visible()


def test_a_page_that_scrolls_does_not_zoom_the_graph_under_the_pointer(scene):
    scene.page.evaluate(
        """() => addEventListener("pointermove", (event) => {
          window.at = { screenX: event.screenX, screenY: event.screenY };
        })"""
    )
    x, y = scene.node(3)  # a lower one, which stays on the canvas when this moves down
    scene.page.mouse.move(x, y)
    # the wheel turned over the bar, and the graph came under the pointer
    scene.page.evaluate(
        """document.querySelector(".wb-tape").dispatchEvent(
          new WheelEvent("wheel", { ...window.at, deltaY: 10, bubbles: true }))"""
    )
    top = scene.page.locator(GRAPH).bounding_box()["y"]
    scene.page.mouse.wheel(0, -60)
    scene.eventually(lambda: scene.page.locator(GRAPH).bounding_box()["y"] > top)
    scene.settle()
    assert scene.ask("print(graph.camera)") == "[]"
    scene.page.mouse.move(x + 10, y + 10)
    scene.page.mouse.wheel(0, -60)
    scene.lab.wait_until("len(graph.camera)", "3")


def test_nodes_leave_room_for_each_other(scene):
    table = np.array(eval(scene.ask("print(list(graph.palette))"))).reshape(256, 3)
    colors = table[0].tolist(), table[51].tolist()
    before = [scene.pixels(color, tolerance=1)["count"] for color in colors]
    # pairs of nodes close together: small dots, not one blot
    scene.ask(
        "at = np.array([[-1, 1], [-0.95, 1], [1, 1], [1, -1], [0.95, -1], [-1, -1]], '<f4');"
        "graph.positions = at.tobytes()"
    )
    scene.away()
    left, right = (scene.pixels(color, tolerance=1) for color in colors)
    for dot, large in zip((left, right), before, strict=True):
        assert 5 < dot["count"] < large / 2
    radius = (left["count"] / np.pi) ** 0.5
    assert right["x"] - left["x"] > 2 * radius


def test_a_narrow_page_gives_the_slider_a_row_and_the_matrix_its_width(scene):
    page = scene.page
    place = "(name) => document.querySelector(name).getBoundingClientRect().toJSON()"
    wide = {name: page.evaluate(place, name) for name in (".wb-slider", ".wb-where", MATRIX)}
    assert wide[".wb-slider"]["bottom"] > wide[".wb-where"]["top"]
    page.set_viewport_size({"width": 800, "height": 900})
    try:
        scene.ask("matrix.mode = 'both'; matrix.values_before = matrix.values")
        scene.settle()
        slider, where, bar, matrix, color = (
            page.evaluate(place, name)
            for name in (".wb-slider", ".wb-where", ".wb-tape", MATRIX, ".wb-matrix .wb-colorbar")
        )
        assert slider["width"] > 0.95 * bar["width"]
        assert slider["bottom"] <= where["top"]
        assert color["top"] > matrix["bottom"]  # the colors stand below
        box = page.evaluate(place, ".wb-matrix")
        assert matrix["width"] > 0.9 * box["width"]
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_everything_by_keyboard(scene):
    cells = "window.jupyterapp.shell.currentWidget.content.model.cells.length"
    count = scene.page.evaluate(cells)
    scene.page.locator(GRAPH).focus()
    press = scene.page.keyboard.press
    press("ArrowRight")  # from nowhere to the node nearest the middle
    press("ArrowUp")
    press("ArrowLeft")
    scene.lab.wait_until("graph.selection", "[0]")
    press("Enter")
    scene.lab.wait_until("graph.picked", "[0]")
    press("ArrowDown")
    scene.lab.wait_until("graph.selection", "[0, 5]")
    live = scene.page.locator(".wb-graph [aria-live]")
    assert live.inner_text() == "node 5, value 1, with node 0: an edge"
    press("Delete")
    assert scene.messages() == {"type": "remove", "u": 0, "v": 5}
    press("Enter")  # the focus is still at 5: pick it, go to 4 and on to 3
    press("ArrowRight")
    press("ArrowRight")
    press("Enter")
    assert scene.messages() == {"type": "add", "u": 5, "v": 3}
    press("+")
    scene.lab.wait_until("[round(x, 6) for x in graph.camera[2:]]", "[1.25]")
    press("0")
    scene.lab.wait_until("graph.camera", "[]")
    press("Escape")
    scene.lab.wait_until("graph.selection, graph.picked", "[] []")

    scene.page.locator(MATRIX).focus()
    press("ArrowDown")  # the first cell
    press("ArrowDown")
    press("ArrowRight")
    press("ArrowRight")
    scene.lab.wait_until("matrix.selection", "[1, 4]")
    press("Enter")
    assert scene.messages() == {"type": "click", "u": 1, "v": 4}

    scene.page.locator(".wb-tape input").focus()
    press("ArrowRight")
    press("End")
    scene.lab.wait_until("bar.position", "3")
    press("Control+z")
    assert scene.messages() == {"type": "undo"}
    # the notebook kept its hands off: no cell deleted, added, cut or run
    assert scene.page.evaluate(cells) == count
    assert "restart" not in scene.page.locator("body").inner_text().lower()


def test_buttons_of_the_tape(scene):
    redo = scene.page.get_by_label("redo (Ctrl+Shift+Z)")
    assert redo.is_disabled()
    scene.page.get_by_label("undo the last edit by hand (Ctrl+Z)").click()
    assert scene.messages() == {"type": "undo"}
    scene.page.get_by_label("drop all edits by hand").click()
    assert scene.messages() == {"type": "reset"}
    scene.ask("bar.interval = 60")
    scene.page.get_by_label("play the edits").click()
    scene.lab.wait_until("bar.position, bar.playing", "3 False")
    scene.page.get_by_label("to the original graph").click()
    scene.lab.wait_until("bar.position", "0")


def test_cards_say_what_is_no_number(scene):
    value = scene.page.locator(".wb-card-now")
    change = scene.page.locator(".wb-card-change")
    assert value.all_inner_texts() == ["10.00 ohm", "3 hops", "≈ 0.5000"]
    assert change.first.inner_text() == "no change"
    scene.ask("bar.position = 1")
    scene.settle()
    assert value.first.inner_text() == "8.250 ohm"
    assert change.all_inner_texts() == ["−1.75 (−18 %)", "−1 (−33 %)", "+0.100 (+20 %)"]
    scene.ask("bar.position = 2")
    scene.settle()
    assert value.nth(2).inner_text() == "–"
    assert "too large" in scene.page.locator(".wb-card").nth(2).get_attribute("title")
    scene.ask("bar.position = 3")
    scene.settle()
    assert value.first.inner_text() == "∞ ohm"
    assert change.first.inner_text() == "from 10.00"


def test_nothing_jumps(scene):
    boxes = """() => [...document.querySelectorAll(".wb, .wb *")]
      .filter((node) => !node.closest(".wb-tip, .wb-dot, .wb-card-now > span, .wb-legend"))
      .map((node) => { const b = node.getBoundingClientRect();
                       return [b.x, b.y, b.width, b.height].map(Math.round).join(" "); })"""
    scene.page.mouse.move(0, 0)
    first = scene.page.evaluate(boxes)
    for k in (1, 2, 3):
        scene.ask(f"bar.position = {k}; matrix.stale = {k == 2}; graph.stale = {k == 2}")
        scene.settle()
        assert scene.page.evaluate(boxes) == first


def test_the_matrix_greys_without_the_kernel(scene):
    scene.ask(
        "matrix.position = matrix.values_position = 0; "
        "links.append(ipywidgets.jslink((bar, 'position'), (matrix, 'position')))"
    )
    scene.settle()
    assert scene.page.locator(".wb-matrix.wb-stale").count() == 0
    drag(scene, 0, 2)
    scene.page.wait_for_selector(".wb-matrix.wb-stale")
    scene.ask("matrix.values_position = 2; matrix.values = levels(MATRIX / 2, (0, 35))")
    scene.page.wait_for_selector(".wb-matrix:not(.wb-stale)")


def test_both_themes(scene):
    ground = {}
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        scene.lab.theme(theme)
        pixel = scene.page.evaluate(
            f"""() => [...document.querySelector("{GRAPH}").getContext("2d")
              .getImageData(2, 2, 1, 1).data].slice(0, 3)"""
        )
        css = scene.page.evaluate(
            "getComputedStyle(document.querySelector('.wb-graph')).backgroundColor"
        )
        assert css == f"rgb({pixel[0]}, {pixel[1]}, {pixel[2]})"
        ground[theme] = sum(pixel)
    assert ground["JupyterLab Dark"] < 150 < 700 < ground["JupyterLab Light"]


def test_the_static_picture_gives_way_and_comes_back(scene):
    dot = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
        "AAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
    scene.page.evaluate(
        """(source) => {
          const { model } = window.jupyterapp.shell.currentWidget.content;
          model.cells.get(1).sharedModel.setSource(source);
        }""",
        f"display(Image(data=base64.b64decode('{dot}')))\n"
        "display(GraphCanvas(hides_picture=True, num_nodes=1, positions=bytes(8)))\n"
        "display(Image(data=base64.b64decode('" + dot + "')))\n"
        "display(GraphCanvas(num_nodes=1, positions=bytes(8)))",
    )
    try:
        scene.lab.run_all()
        scene.page.wait_for_function("document.querySelectorAll('.wb-graph').length === 2")
        scene.settle()
        shown = scene.page.evaluate(
            """[...document.querySelectorAll(".jp-RenderedImage")]
              .map((node) => node.closest(".jp-OutputArea-child").style.display)"""
        )
        assert shown == ["none", ""]
    finally:
        scene.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1)
              .sharedModel.setSource("build()")"""
        )


def test_webgl_and_2d_show_the_same_graph(scene):
    scene.away()
    counts = {}
    for renderer in ("2d", "webgl"):
        scene.ask(f"graph.renderer = '{renderer}'")
        scene.settle()
        counts[renderer] = [scene.node(i) for i in range(6)]
    np.testing.assert_allclose(counts["2d"], counts["webgl"], atol=1.0)


@pytest.mark.parametrize("renderer", ["2d", "webgl"])
def test_each_panel_has_its_own_colors(scene, renderer):
    values = {"before": (0.2, 1.0), "after": (0.6, 0.0)}  # of node 0 and of the others
    for name, trait in (("before", "node_values_before"), ("after", "node_values")):
        first, rest = values[name]
        scene.ask(f"graph.{trait} = np.array([{first}] + 5 * [{rest}], '<f4').tobytes()")
    scene.ask(f"graph.renderer, graph.mode = {renderer!r}, 'both'")
    scene.away()
    scene.settle()
    table = np.array(eval(scene.ask("print(list(graph.palette))"))).reshape(256, 3)
    box = scene.page.locator(GRAPH).bounding_box()
    middle = box["x"] + box["width"] / 2
    spots = {
        name: [scene.pixels(table[round(255 * x)].tolist(), tolerance=1) for x in pair]
        for name, pair in values.items()
    }
    for name, (one, others) in spots.items():
        assert min(one["count"], others["count"]) > 20
        assert (one["x"] > middle) == (others["x"] > middle) == (name == "after")
        # the tooltip tells what its panel shows
        scene.page.mouse.move(one["x"], one["y"])
        assert f"value {values[name][0]}" in scene.tip()
    scene.ask("graph.mode = 'before'")
    scene.away()
    scene.settle()
    assert scene.pixels(table[255].tolist(), tolerance=1)["count"] > 100
    assert scene.pixels(table[0].tolist(), tolerance=1)["count"] == 0


@pytest.mark.slow
def test_many_widgets_leave_no_webgl_context_behind(scene):
    warned = []
    scene.page.on("console", lambda message: warned.append(message.text))
    for _ in range(20):
        scene.ask(
            "from IPython.display import clear_output\n"
            "other = GraphCanvas(num_nodes=1, positions=bytes(8), renderer='webgl')\n"
            "row = box.children[0]\nrow.children = (graph, matrix, other)\n"
        )
        scene.shown(4)
        scene.ask("row.children = (graph, matrix); other.close()")
        scene.shown()
    assert [text for text in warned if "Too many active WebGL contexts" in text] == []


@pytest.mark.slow
def test_a_thousand_moves_leave_memory_flat(scene):
    client = scene.page.context.new_cdp_session(scene.page)
    client.send("Performance.enable")

    def measure():
        scene.settle()
        for _ in range(2):
            client.send("HeapProfiler.collectGarbage")
        numbers = {m["name"]: m["value"] for m in client.send("Performance.getMetrics")["metrics"]}
        return {k: numbers[k] for k in ("JSHeapUsedSize", "JSEventListeners", "Nodes")}

    def move(times):
        # the slider's own event, as the hand causes it, one per frame
        scene.page.evaluate(
            """async (times) => {
              const slider = document.querySelector(".wb-tape input");
              for (let k = 0; k < times; k++) {
                slider.value = (k % 3) + (k % 2);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(requestAnimationFrame);
              }
            }""",
            times,
        )
        last = scene.page.locator(".wb-tape input").input_value()
        scene.lab.wait_until("bar.position", last)

    move(150)
    before = measure()
    move(1000)
    after = measure()
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 5
    assert after["Nodes"] <= before["Nodes"] + 50
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] < 3e6


def test_a_closed_widget_takes_its_listeners_along(scene):
    client = scene.page.context.new_cdp_session(scene.page)
    client.send("Performance.enable")

    def listeners():
        for _ in range(2):
            client.send("HeapProfiler.collectGarbage")
        metrics = client.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "JSEventListeners")

    def open_and_close():
        scene.ask(
            "other = [GraphCanvas(num_nodes=1, positions=bytes(8)), MatrixCanvas(), TapeBar()]\n"
            "row = box.children[0]\nrow.children = (graph, matrix, *other)"
        )
        scene.shown(6)
        scene.ask("row.children = (graph, matrix)\nfor one in other: one.close()\ndel other")
        scene.shown()

    for _ in range(3):
        open_and_close()
    before = listeners()
    for _ in range(10):
        open_and_close()
    # each of the three widgets had about a dozen; JupyterLab keeps one or two per opening
    assert listeners() <= before + 40


def test_a_canvas_that_takes_no_file_leaves_it_to_the_page(scene):
    canvas = scene.page.locator(GRAPH)
    assert drag_files(canvas, {"ring.g6": b"EhEG"}) == [(False, True)] * 3
    assert scene.page.locator(".wb-dropping").count() == 0
    assert scene.ask("print([m for m in heard if m['type'] == 'file'])") == "[]"


def test_a_dropped_file_goes_to_the_kernel_and_nowhere_else(scene, tmp_path):
    scene.ask(
        "graph.file_prompt = 'open as the graph'\nfiles = []\n"
        "graph.on_msg(lambda _, m, parts: m['type'] == 'file' and files.append((m, parts)))"
    )
    canvas, held = scene.page.locator(GRAPH), scene.page.locator(".wb-dropping .wb-drop")
    scene.settle()

    def last(count):
        scene.lab.wait_until("len(files)", str(count), 20)
        return scene.ask(
            "m, parts = files[-1]; print(m.get('name'), m.get('refused'), *map(len, parts))"
        )

    assert (
        drag_files(canvas, {"ring.g6": b"EhEG"}, ["dragenter", "dragover"]) == [(True, False)] * 2
    )
    assert held.inner_text() == "open as the graph"
    drag_files(canvas, {"ring.g6": b"EhEG"}, ["dragleave"])
    assert held.count() == 0
    assert drag_files(canvas, {"ring.g6": b"EhEG"}) == [(True, False)] * 3
    assert held.count() == 0
    assert last(1) == "ring.g6 None 4"
    assert scene.ask("print(bytes(files[-1][1][0]))") == "b'EhEG'"
    # no file: a text that is dragged over it
    assert drag_files(canvas, {}) == [(False, True)] * 3
    # a byte more than a message to the kernel holds for sure, and just as much as that
    drag_files(canvas, {"large.csv": 10_000_001})
    assert last(2) == (
        "None large.csv has 10.1 MB; a drop takes 10 MB at most. Open it by its path instead."
    )
    drag_files(canvas, {"full.csv": 10_000_000})
    assert last(3) == "full.csv None 10000000"
    drag_files(canvas, {"one.g6": b"A_", "two.g6": b"A_"})
    assert last(4) == "None Drop one file; there were 2."
    # as a hand does it
    (tmp_path / "a folder").mkdir()
    drag_from_disk(scene.lab, canvas, [tmp_path / "a folder"])
    assert last(5) == "None a folder is a folder; drop a file."
    (tmp_path / "mine.g6").write_bytes(b"A_")
    drag_from_disk(scene.lab, canvas, [tmp_path / "mine.g6"], ["dragEnter", "dragOver"])
    assert held.is_visible()
    drag_from_disk(scene.lab, scene.page.locator(MATRIX), [tmp_path / "mine.g6"], ["dragOver"])
    held.wait_for(state="detached")
    drag_from_disk(scene.lab, canvas, [tmp_path / "mine.g6"], ["dragOver", "drop"])
    assert last(6) == "mine.g6 None 2"
    assert scene.page.url.startswith(scene.lab.server.url)


def test_odd_graphs_are_drawn(scene):
    cases = {
        "no node": "graph.num_nodes, graph.positions, graph.spans = 0, b'', b''",
        "one node": "graph.positions, graph.num_nodes = bytes(8), 1",
        "a line of two": "graph.positions = struct.pack('<4f', 0, 0, 0, 5); graph.num_nodes = 2",
        "values missing": "graph.node_values = struct.pack('<2f', float('nan'), float('inf'))",
        "a loop and a repeat": "graph.spans = struct.pack("
        "'<12i', 0, 0, 0, NEVER, 0, 1, 0, NEVER, 1, 0, 0, NEVER)",
        "an edge to nowhere": "graph.spans = struct.pack('<4i', 0, 7, 0, NEVER)",
        "an empty matrix": "matrix.size, matrix.values = 0, b''",
        "a matrix of one": "matrix.size, matrix.values = 1, b'\\x05'",
        "too few values": "matrix.size = 3",
        "no edits": "bar.length = 0; bar.position = 0; bar.cards = []",
    }
    for name, code in cases.items():
        scene.ask(code)
        scene.settle()
        box = scene.page.locator(GRAPH).bounding_box()
        scene.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
        box = scene.page.locator(MATRIX).bounding_box()
        scene.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
        assert scene.lab.errors == [], name


def test_sharp_on_a_fine_screen(scene):
    client = scene.page.context.new_cdp_session(scene.page)
    screen = {"width": 1440, "height": 900, "deviceScaleFactor": 2, "mobile": False}
    client.send("Emulation.setDeviceMetricsOverride", screen)
    try:
        scene.lab.run_all()
        scene.shown()
        for selector in (GRAPH, MATRIX):
            pixels, width = scene.page.evaluate(
                f"""() => {{ const canvas = document.querySelector("{selector}");
                  return [canvas.width, canvas.getBoundingClientRect().width]; }}"""
            )
            assert pixels == pytest.approx(2 * width, abs=1)
    finally:
        scene.page.set_viewport_size({"width": 1440, "height": 900})
        client.detach()
