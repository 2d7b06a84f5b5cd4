"""The graph canvas without a browser: its buffers, its messages, its files."""

import re
from struct import pack

import numpy as np
import pytest
import traitlets

from workbench.widgets.canvas.graph_canvas import NEVER, GraphCanvas
from workbench.widgets.canvas.palette import color_span, color_table


def test_buffers_are_whole_rows():
    canvas = GraphCanvas(num_nodes=2, positions=pack("<4f", 0, 0, 1, 0))
    canvas.spans = pack("<4i", 0, 1, 0, NEVER)
    with pytest.raises(traitlets.TraitError, match=r"spans has 15 bytes.*u, v, start, end"):
        canvas.spans = bytes(15)
    with pytest.raises(traitlets.TraitError, match=r"positions has 12 bytes, not a multiple of 8"):
        canvas.positions = bytes(12)
    with pytest.raises(traitlets.TraitError, match="node_values has 3 bytes"):
        canvas.node_values = bytes(3)
    with pytest.raises(traitlets.TraitError, match="candidates has 8 bytes"):
        canvas.candidates = bytes(8)


def test_never_is_the_largest_int32():
    assert pack("<i", NEVER) == b"\xff\xff\xff\x7f"


@pytest.mark.parametrize("camera", [[1.0], [0.0, 0.0], [0.0] * 4])
def test_a_camera_is_a_center_and_a_zoom_or_nothing(camera):
    canvas = GraphCanvas(camera=[0.5, -0.5, 2.0])
    with pytest.raises(traitlets.TraitError, match="camera is"):
        canvas.camera = camera
    canvas.camera = []


def test_modes():
    with pytest.raises(traitlets.TraitError):
        GraphCanvas(mode="during")


def test_a_hint_names_its_pair():
    canvas = GraphCanvas()
    canvas.show_hint(3, 17, "total resistance −1.2")
    assert (canvas.hint, canvas.hint_pair) == ("total resistance −1.2", [3, 17])


def test_the_same_hint_for_the_next_pair_is_a_change_again():
    canvas = GraphCanvas()
    heard, sent = [], []
    canvas.on_msg(lambda _, content, __: heard.append(content))
    canvas.observe(lambda change: sent.append(change.new), "hint")
    for u, v in [(0, 1), (0, 2)]:
        canvas._handle_custom_msg({"type": "hover", "u": u, "v": v}, [])
        canvas.show_hint(u, v, "same text")
    assert heard == [{"type": "hover", "u": 0, "v": 1}, {"type": "hover", "u": 0, "v": 2}]
    assert sent == ["same text", "", "same text"]


def test_a_file_is_taken_only_where_it_is_said_what_becomes_of_it():
    assert GraphCanvas().file_prompt == ""


def test_what_follows_the_hand_is_not_echoed():
    for name in ("position", "selection", "picked", "camera"):
        assert GraphCanvas().trait_metadata(name, "echo_update") is False


def test_files_are_whole_and_ask_for_nothing():
    canvas = GraphCanvas()
    assert "export default" in canvas._esm
    assert ".wb-graph" in canvas._css
    for text in (canvas._esm, canvas._css):
        links = set(re.findall(r"https?://[^\s\"'`)]+", text))
        assert links <= {"http://www.w3.org/2000/svg"}  # a name, not an address


@pytest.mark.parametrize(
    ("values", "span"),
    [
        ([2.0, np.inf, -1.0, np.nan], [-1.0, 2.0]),
        ([1e-30, 3e-30], [1e-30, 3e-30]),
        ([13 / 6, 13 / 6 + 1e-15], [13 / 6, 13 / 6]),  # a ring: rounding is no difference
        ([0.0], [0.0, 0.0]),
        ([np.nan], [0.0, 1.0]),
    ],
)
def test_colors_spread_over_the_values_that_differ(values, span):
    assert color_span(np.array(values)) == span


def test_color_tables():
    cividis, rdbu = color_table("cividis"), color_table("rdbu")
    assert len(cividis) == len(rdbu) == 768
    assert GraphCanvas().palette == cividis
    # cividis runs from dark blue to yellow, ever lighter
    assert cividis[2] > cividis[0]
    assert cividis[-1] < cividis[-3]
    light = [2 * cividis[3 * k] + 7 * cividis[3 * k + 1] + cividis[3 * k + 2] for k in range(256)]
    assert all(a <= b for a, b in zip(light[::8], light[8::8], strict=False))
    # rdbu: blue low, red high, white in the middle
    assert rdbu[2] > rdbu[0]
    assert rdbu[-3] > rdbu[-1]
    assert min(rdbu[3 * 127 : 3 * 128]) > 240
    with pytest.raises(ValueError, match="'jet' is unknown; choose one of cividis, rdbu"):
        color_table("jet")
