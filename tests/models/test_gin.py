import torch
from torch import nn

from workbench.models import GIN


def star(leaves):
    """Center 0; its leaves have the given scalar features, the center has 0."""
    count = len(leaves)
    edge_index = torch.stack([torch.arange(1, count + 1), torch.zeros(count, dtype=torch.int64)])
    return torch.tensor([[0.0], *([leaf] for leaf in leaves)]).double(), edge_index


def test_the_sum_tells_multisets_apart_that_mean_and_maximum_confuse():
    torch.manual_seed(0)
    model = GIN(1, 8, 3, num_layers=1).double().eval()
    once, twice = (model(*star(leaves))[0] for leaves in ([1.0, 2.0], [1.0, 2.0, 1.0, 2.0]))
    assert (once - twice).abs().max() > 1e-3


def test_one_layer_is_the_perceptron_of_the_sum():
    torch.manual_seed(0)
    model = GIN(1, 4, 2, num_layers=1, residual=False, norm=None).double()
    x, edge_index = star([1.0, 2.0, 5.0])
    h = model.encoder(x)
    gathered = h[0] + h[1:].sum(dim=0)
    expected = model.head(torch.relu(model.layers[0].conv.nn(gathered)))
    torch.testing.assert_close(model(x, edge_index)[0], expected)


def test_number_of_parameters():
    width, layers = 16, 3
    per_layer = 2 * (width * width + width) + 2 * width  # perceptron; scale and shift of the norm
    expected = (5 * width + width) + layers * per_layer + (width * 4 + 4)
    model = GIN(5, width, 4, num_layers=layers)
    assert sum(p.numel() for p in model.parameters()) == expected


def test_the_perceptron_can_be_read():
    assert isinstance(GIN(5, 8, 4, num_layers=1).layers[0].conv.nn, nn.Sequential)
