import numpy as np
import pytest
import torch

from workbench.widgets.lab.whole_number import whole_number


@pytest.mark.parametrize("value", [3, np.int64(3), torch.tensor(3)])
def test_whole_numbers_of_any_kind(value):
    assert whole_number(value, "round", 0, 3) == 3
    assert type(whole_number(value, "round", 0, 3)) is int


@pytest.mark.parametrize("value", [1.5, 2.0, "1", None, True])
def test_what_is_no_whole_number_is_told(value):
    with pytest.raises(TypeError, match="round must be a whole number from 0 to 3, got"):
        whole_number(value, "round", 0, 3)


@pytest.mark.parametrize("value", [-1, 4])
def test_what_is_out_of_range_is_told(value):
    with pytest.raises(ValueError, match=f"round must be from 0 to 3, got {value}"):
        whole_number(value, "round", 0, 3)
