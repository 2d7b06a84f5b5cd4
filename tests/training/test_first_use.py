import torch

from workbench.training import warm_up


def test_warming_up_leaves_random_numbers_alone():
    torch.manual_seed(7)
    expected = torch.rand(4)
    torch.manual_seed(7)
    warm_up()
    assert torch.equal(torch.rand(4), expected)
