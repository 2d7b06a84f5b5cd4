"""The matrix canvas without a browser: levels, buffers, messages."""

import numpy as np
import pytest
import torch
import traitlets

from workbench.widgets.canvas.matrix_canvas import MISSING, MatrixCanvas, levels
from workbench.widgets.canvas.palette import color_table


def test_levels_are_evenly_spaced():
    assert list(levels([0.0, 1.0, 2.0, 254.0], (0, 254))) == [0, 1, 2, 254]
    assert list(levels([-1.0, 0.0, 1.0], (-1, 1))) == [0, 127, 254]


def test_levels_clip_to_the_range():
    assert list(levels([-5.0, 5.0], (0, 1))) == [0, 254]


def test_what_is_no_number_is_missing():
    bad = [float("inf"), float("-inf"), float("nan")]
    assert list(levels(bad, (0, 1))) == [MISSING] * 3


def test_levels_on_a_logarithmic_scale():
    values = [0.01, 1.0, 100.0]
    assert list(levels(values, (0.01, 100), log_scale=True)) == [0, 127, 254]
    assert list(levels([0.0, -1.0], (0.01, 100), log_scale=True)) == [MISSING] * 2


def test_a_constant_matrix_has_the_lowest_level():
    assert list(levels(np.full(3, 2.0), (2, 2))) == [0, 0, 0]


def test_levels_take_tensors_row_by_row():
    matrix = torch.tensor([[0.0, 1.0], [0.5, 0.0]], dtype=torch.float64)
    assert list(levels(matrix, (0, 1))) == [0, 254, 127, 0]
    # a view that is not contiguous gives its own rows, not those of its storage
    assert list(levels(matrix.T, (0, 1))) == [0, 127, 254, 0]


def test_the_level_is_within_half_a_step_of_the_value():
    values = np.random.default_rng(0).uniform(3, 7, 1000)
    back = 3 + np.frombuffer(levels(values, (3, 7)), np.uint8) / 254 * 4
    assert np.abs(back - values).max() <= 4 / 254 / 2 + 1e-12


@pytest.mark.parametrize("value_range", [(1, 0), (0, float("inf")), (float("nan"), 1)])
def test_a_range_must_be_finite_and_ordered(value_range):
    with pytest.raises(ValueError, match="value_range must be finite"):
        levels([0.5], value_range)


def test_a_logarithm_needs_a_positive_range():
    with pytest.raises(ValueError, match=r"needs value_range > 0, got \(0.0, 1.0\)"):
        levels([0.5], (0, 1), log_scale=True)


def test_the_palette_follows_the_colormap():
    canvas = MatrixCanvas(colormap="rdbu")
    assert canvas.palette == color_table("rdbu")
    canvas.colormap = "cividis"
    assert canvas.palette == color_table("cividis")
    with pytest.raises(traitlets.TraitError):
        canvas.colormap = "jet"


def test_equal_matrices_are_different_messages():
    canvas = MatrixCanvas(size=2, values=bytes(4))
    first, second = (canvas.get_state("values")["values"] for _ in range(2))
    assert first[1:] == second[1:] == bytes(4)
    assert first[0] != second[0]
    assert canvas.values == bytes(4)


def test_order_is_int32():
    with pytest.raises(traitlets.TraitError, match="order has 6 bytes"):
        MatrixCanvas(order=bytes(6))


def test_the_same_hint_for_the_next_cell_is_a_change_again():
    canvas = MatrixCanvas()
    sent = []
    canvas.observe(lambda change: sent.append(change.new), "hint")
    for v in (1, 2):
        canvas._handle_custom_msg({"type": "hover", "u": 0, "v": v}, [])
        canvas.show_hint(0, v, "same text")
    assert sent == ["same text", "", "same text"]
