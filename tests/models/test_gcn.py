import torch

from workbench.models import GCN

RING = torch.tensor([[0, 0, 1, 1, 2, 2, 3, 3, 4, 4], [1, 4, 0, 2, 1, 3, 2, 4, 0, 3]])


def plain(num_layers):
    """A GCN whose layers only apply the operator: identity weights, nothing else."""
    model = GCN(2, 2, 2, num_layers=num_layers, residual=False, norm=None).double()
    with torch.no_grad():
        for linear in (model.encoder, model.head, *(layer.conv.lin for layer in model.layers)):
            linear.weight.copy_(torch.eye(2))
        for bias in (model.encoder.bias, model.head.bias, *(a.conv.bias for a in model.layers)):
            bias.zero_()
    return model


def test_on_a_regular_graph_constant_features_stay():
    x = torch.tensor([[2.0, 3.0]], dtype=torch.float64).expand(5, 2)
    torch.testing.assert_close(plain(4)(x, RING), x)


def test_the_jacobian_of_the_linear_model_is_a_power_of_the_operator():
    x = torch.rand(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 1
    jacobian = torch.autograd.functional.jacobian(lambda x: plain(3)(x, RING), x)
    operator = torch.eye(5, dtype=torch.float64)
    operator[RING[0], RING[1]] = 1
    power = torch.linalg.matrix_power(operator / 3, 3)
    torch.testing.assert_close(jacobian[:, 0, :, 0], power)


def test_conductances_weigh_the_messages():
    # D of A + I: 1 + 3 at both ends of the one edge
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    edge = torch.tensor([[0, 1], [1, 0]])
    weight = torch.tensor([3.0, 3.0], dtype=torch.float64)
    expected = torch.tensor([[1 / 4, 3 / 4], [3 / 4, 1 / 4]], dtype=torch.float64)
    torch.testing.assert_close(plain(1)(x, edge, edge_weight=weight), expected)


def test_number_of_parameters():
    width, layers = 16, 3
    per_layer = (width * width + width) + 2 * width  # convolution; scale and shift of the norm
    expected = (5 * width + width) + layers * per_layer + (width * 4 + 4)
    model = GCN(5, width, 4, num_layers=layers)
    assert sum(p.numel() for p in model.parameters()) == expected
