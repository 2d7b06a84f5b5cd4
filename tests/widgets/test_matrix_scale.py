"""The scales of matrices and nodes: constants, outliers, what has no number, both spacings."""

import numpy as np
import pytest

from workbench.diagnostics import effective_resistance
from workbench.graphs import barbell, complete, sbm
from workbench.widgets.canvas.matrix_canvas import MISSING
from workbench.widgets.canvas.matrix_scale import QUANTILE_ROWS, Scale, shared_scale
from workbench.widgets.canvas.palette import MANY, color_span, inner_span


def drawn(scale, matrix):
    return np.frombuffer(scale.levels(matrix), np.uint8).reshape(matrix.shape)


@pytest.mark.parametrize("size", [4, QUANTILE_ROWS + 20])
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_constant_is_one_number_and_one_color(size, logarithmic, value):
    matrix = np.full((size, size), value)
    scale = shared_scale(matrix, matrix, logarithmic=logarithmic)
    assert scale == Scale(value, value)
    assert len(set(drawn(scale, matrix).flat)) == 1


def test_a_complete_graph_has_the_two_numbers_that_it_has():
    n = QUANTILE_ROWS + 30
    matrix = effective_resistance(complete(n).edge_index, n).numpy()
    scale = shared_scale(matrix, matrix)
    assert (scale.low, scale.high) == (0.0, pytest.approx(2 / n))
    assert set(drawn(scale, matrix).flat) == {0, 254}


@pytest.mark.parametrize("logarithmic", [False, True])
def test_numbers_that_differ_by_rounding_are_one(logarithmic):
    matrix = np.full((5, 5), 8.0)
    matrix[0] *= 1 - 1e-15
    assert shared_scale(matrix, matrix, logarithmic=logarithmic) == Scale(8.0, 8.0)
    np.fill_diagonal(matrix, 0.0)
    assert shared_scale(matrix, matrix, logarithmic=logarithmic) == Scale(0.0, 8.0)


def test_few_rows_are_shown_in_full():
    matrix = effective_resistance(barbell(6, 3).edge_index, 15).numpy()
    scale = shared_scale(matrix, 0.5 * matrix)
    assert scale == Scale(0.0, matrix.max())
    scale = shared_scale(matrix, matrix, logarithmic=True)
    off = matrix[~np.eye(15, dtype=bool)]
    assert scale == Scale(off.min(), off.max(), True, below=True)  # the zeros of the diagonal


@pytest.mark.parametrize("logarithmic", [False, True])
def test_one_far_value_does_not_leave_one_gray_to_the_rest(logarithmic):
    rng = np.random.default_rng(0)
    matrix = rng.lognormal(size=(300, 300))
    matrix += matrix.T
    np.fill_diagonal(matrix, 0.0)
    matrix[3, 5] = matrix[5, 3] = 1e6
    matrix[7, :] = matrix[:, 7] = np.inf
    scale = shared_scale(matrix, matrix, logarithmic=logarithmic)
    off = matrix[~np.eye(300, dtype=bool) & np.isfinite(matrix)]
    inside = np.mean((off >= scale.low) & (off <= scale.high))
    assert 0.97 < inside < 1.0
    assert scale.below == (scale.low > 0.0)
    assert scale.above
    shown = drawn(scale, matrix)
    assert len(set(shown.flat)) > 200
    assert shown[3, 5] == 254
    assert shown[0, 0] == 0
    np.testing.assert_array_equal(shown == MISSING, ~np.isfinite(matrix))


def test_the_ends_stay_while_a_slider_moves():
    data = sbm([60, 60], 0.2, 0.02)
    matrix = effective_resistance(data.edge_index, 120).numpy()
    ends = {
        (scale.low, scale.high)
        for share in np.linspace(0.98, 1.0, 20)
        if (scale := shared_scale(matrix, share * matrix))
    }
    assert len(ends) <= 3


@pytest.mark.parametrize("logarithmic", [False, True])
def test_without_a_number_there_is_no_scale(logarithmic):
    matrix = np.full((150, 150), np.inf)
    np.fill_diagonal(matrix, 0.0)
    assert shared_scale(matrix, matrix, logarithmic=logarithmic) == Scale(0.0, 0.0)


def test_a_far_node_does_not_take_the_colors_of_many():
    values = np.linspace(1.0, 2.0, 400).reshape(1, -1).repeat(2, axis=0)
    values[0, 7], values[1, 3], values[1, 9] = 90.0, -5.0, np.nan
    (low, high), clipped = inner_span(values)
    assert 1.0 < low < 1.05
    assert 1.95 < high < 2.0
    assert clipped == [True, True]
    few = values[:, :MANY]
    assert inner_span(few) == (color_span(few), [False, False])


def test_nodes_that_are_all_but_one_alike_keep_their_span():
    values = np.ones((2, 300))
    values[:, 0] = 4.0
    assert inner_span(values) == ([1.0, 4.0], [False, False])
    assert inner_span(np.full((2, 300), 0.3)) == ([0.3, 0.3], [False, False])
    assert inner_span(np.full((2, 300), np.nan)) == ([0.0, 1.0], [False, False])
