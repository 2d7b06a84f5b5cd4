"""The border between graph and matrix, and the room that two positions at once have."""

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "from workbench.widgets import rewiring_lab",
    'lab = rewiring_lab("grid:6x6", num_edges=3)\nlab',
]
WIDTHS = (800, 1100, 1440)


@pytest.fixture(scope="module")
def lab(notebook, shared):
    lab = notebook(shared.write("border.ipynb", CELLS), height=1300)
    lab.page.wait_for_selector(".wb-card")
    lab.wait_until("lab.wait()", "True")
    lab.settle()
    yield lab
    lab.theme("JupyterLab Light")


@pytest.fixture(autouse=True)
def at_first(lab):
    lab.page.set_viewport_size({"width": 1440, "height": 1300})
    lab.ask("lab.view = 'after'\nlab.controls['border'].shares = [0.56, 0.5]")
    lab.settle()


def border(lab):
    return lab.page.get_by_role("separator", name="border between graph and matrix")


def boxes(lab):
    return [lab.page.locator(name).bounding_box() for name in (".wb-graph", ".wb-matrix")]


def drag(lab, dx, dy):
    box = border(lab).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + dx / 2, y + dy / 2)
    lab.page.mouse.move(x + dx, y + dy)
    lab.page.mouse.up()
    lab.settle()


def test_a_hand_drags_it_and_both_pictures_follow(lab):
    (graph, matrix) = boxes(lab)
    drag(lab, -150, 40)
    (narrower, wider) = boxes(lab)
    assert narrower["width"] == pytest.approx(graph["width"] - 150, abs=2)
    assert wider["width"] == pytest.approx(matrix["width"] + 150, abs=2)
    assert narrower["height"] == graph["height"]
    for name in (".wb-graph canvas", ".wb-matrix canvas"):  # the pictures fill their boxes anew
        inside = lab.page.locator(name).bounding_box()
        outside = lab.page.locator(name.split()[0]).bounding_box()
        assert inside["x"] + inside["width"] <= outside["x"] + outside["width"]
    share = narrower["width"] / (narrower["width"] + wider["width"])
    told = float(lab.ask("print(lab.controls['border'].shares[0])"))
    assert told == pytest.approx(share, abs=0.01)
    assert border(lab).get_attribute("aria-valuenow") == str(round(100 * told))
    border(lab).dblclick()
    lab.settle()
    assert boxes(lab) == [graph, matrix]


def test_the_keys_move_it(lab):
    assert border(lab).get_attribute("aria-orientation") == "vertical"
    border(lab).focus()
    start = boxes(lab)[0]["width"]
    lab.page.keyboard.press("Shift+ArrowRight")
    lab.wait_until("round(lab.controls['border'].shares[0], 2)", "0.66")
    lab.settle()
    assert boxes(lab)[0]["width"] > start
    lab.page.keyboard.press("Home")
    lab.wait_until("lab.controls['border'].shares[0]", "0.2")
    lab.page.keyboard.press("ArrowUp")  # not its way
    lab.page.keyboard.press("Enter")
    lab.wait_until("lab.controls['border'].shares[0]", "0.56")
    ring = border(lab).evaluate("node => getComputedStyle(node).outlineStyle")
    assert ring == "solid"


def test_it_is_reached_between_graph_and_matrix(lab):
    lab.page.locator(".wb-graph canvas").first.focus()
    seen = []
    for _ in range(3):
        lab.page.keyboard.press("Tab")
        seen.append(lab.page.evaluate("document.activeElement.ariaLabel ?? ''"))
    assert seen[0] == "border between graph and matrix"
    assert seen[1].startswith("effective resistance")


def sides(lab):
    """Pixels of the room for one graph, and of one matrix."""
    graph = boxes(lab)[0]
    both = lab.page.locator(".wb-graph.wb-both").count()
    width = graph["width"] / (2 if both else 1) - 60
    matrix = lab.page.locator(".wb-matrix canvas").bounding_box()
    return min(width, graph["height"] - 34 - 58), matrix["height"]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_two_positions_at_once_keep_most_of_their_size(lab, width, theme):
    lab.theme(theme)
    lab.page.set_viewport_size({"width": width, "height": 1300})
    lab.settle()
    alone = sides(lab)
    lab.ask("lab.view = 'both'")
    lab.settle()
    (graph, matrix) = boxes(lab)
    assert matrix["y"] >= graph["y"] + graph["height"]
    assert border(lab).get_attribute("aria-orientation") == "horizontal"
    for one, other in zip(sides(lab), alone, strict=True):
        assert one**2 >= 0.6 * other**2
    back = lab.page.evaluate("getComputedStyle(document.querySelector('.wb-border')).display")
    assert back == "block"


def test_one_above_the_other_it_moves_up_and_down(lab):
    lab.ask("lab.view = 'both'")
    lab.settle()
    (graph, matrix) = boxes(lab)
    drag(lab, 30, 90)
    (taller, lower) = boxes(lab)
    assert taller["height"] == pytest.approx(graph["height"] + 90, abs=2)
    assert lower["height"] == pytest.approx(matrix["height"] - 90, abs=2)
    border(lab).focus()
    lab.page.keyboard.press("Enter")
    lab.wait_until("lab.controls['border'].shares", "[0.56, 0.5]")
    lab.ask("lab.view = 'after'")
    lab.settle()
    (graph, matrix) = boxes(lab)
    assert graph["y"] == matrix["y"]
