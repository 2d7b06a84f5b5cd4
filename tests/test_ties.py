"""Numbers that differ by rounding alone are equal, and nothing else is."""

import numpy as np
import pytest

from workbench.ties import best_first, best_levels, largest, levels, smallest, starts_level

THIRD = 0.1 + 0.2  # 0.30000000000000004


def test_rounding_makes_no_level():
    assert levels(np.array([THIRD, 0.3, 0.1, 0.4, 0.3])).tolist() == [1, 1, 0, 2, 1]


def test_a_difference_in_the_eighth_digit_is_one():
    assert levels(np.array([1.0, 1.0 + 1e-8, 1.0 + 1e-10])).tolist() == [0, 1, 0]


def test_around_zero_the_scale_of_the_terms_decides():
    noise = np.array([3e-17, -1e-17, 0.0, 1e-3])
    assert levels(noise).tolist() == [2, 0, 1, 3]
    assert levels(noise, scale=1.0).tolist() == [0, 0, 0, 1]


def test_a_share_is_of_the_size_of_a_number_whatever_its_sign():
    assert levels(np.array([-1.0, -1.0 - 1e-12, -2.0])).tolist() == [1, 1, 0]
    assert largest(np.array([-1.0 - 1e-12, -2.0, -1.0])).tolist() == [0, 2]
    assert smallest(np.array([3.0, 1.0 + 1e-12, 1.0])).tolist() == [1, 2]


def test_what_differs_by_the_tolerance_itself_is_tied():
    """1 is half of 2, and of -2."""
    for values in (np.array([1.0, 2.0]), np.array([-2.0, -1.0])):
        assert levels(values, tolerance=0.5).tolist() == [0, 0]
        assert levels(values, tolerance=0.49).tolist() == [0, 1]
    assert largest(np.array([1.0, 2.0]), tolerance=0.5).tolist() == [0, 1]
    assert largest(np.array([1.0, 2.0]), tolerance=0.49).tolist() == [1]


def test_infinities_are_tied_and_nan_comes_last():
    values = np.array([np.inf, np.nan, -np.inf, 1.0, np.inf, np.nan])
    assert levels(values).tolist() == [2, 3, 0, 1, 2, 3]


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e290])
def test_a_common_factor_moves_no_level(scale):
    values = np.array([1.0, 2.0, 1.0 + 1e-12, 5.0])
    assert levels(values * scale).tolist() == [0, 1, 0, 2]


def test_the_first_of_sorted_numbers_starts_a_level():
    assert starts_level(np.array([0.3, THIRD, 0.5])).tolist() == [True, False, True]
    assert starts_level(np.zeros(0)).size == 0


def test_all_that_tie_with_the_extremes_are_named():
    values = np.array([0.3, -1.0, THIRD, np.nan, -1.0 - 1e-13])
    assert largest(values).tolist() == [0, 2]
    assert smallest(values).tolist() == [1, 4]
    assert largest(np.array([1.0, np.inf, np.inf])).tolist() == [1, 2]
    assert largest(np.array([np.nan])).size == largest(np.zeros(0)).size == 0


def test_ties_of_the_first_key_go_by_the_second_and_then_keep_their_places():
    first = np.array([0.3, 1.0, THIRD, 0.3])
    assert best_first(first).tolist() == [1, 0, 2, 3]
    assert best_first(first, np.array([1, 0, 2, 2])).tolist() == [1, 2, 3, 0]


def test_the_largest_few_come_with_all_that_tie_with_the_last_of_them():
    values = np.array([2.0, 0.3, 5.0, THIRD, np.nan, 0.1])
    assert largest(values, count=2).tolist() == [0, 2]
    assert largest(values, count=3).tolist() == [0, 1, 2, 3]
    assert largest(values, count=9).tolist() == [0, 1, 2, 3, 5]
    assert largest(values, count=0).size == 0


def test_first_may_be_what_is_zero_up_to_rounding():
    noise = np.array([-2e-17, 1e-17, 0.5, -3.0, 0.0])
    assert best_first(noise, scale=1.0).tolist() == [2, 0, 1, 4, 3]


def test_whole_numbers_are_numbers():
    assert levels(np.array([3, 1, 3])).tolist() == [1, 0, 1]


def test_a_choice_of_the_largest_parts_no_tie():
    values = np.array([2.0, 0.3, 1.0, THIRD, 2.0 - 1e-12, 0.3])
    assert best_levels(values, 2).tolist() == [0, 4]
    assert best_levels(values, 3).tolist() == best_levels(values, 5).tolist() == [0, 4, 2]
    assert best_levels(values, 6).tolist() == [0, 4, 2, 1, 3, 5]
    assert best_levels(values, 1).tolist() == [0]
    assert best_levels(values[:0], 4).size == 0
