"""GINE: parity of its layer, and the sum that it takes."""

import pytest
import torch
from torch import nn

from conftest import ORACLES, load_oracle
from workbench.models import GINE
from workbench.models.gine import GINEConv


def arrays_of(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    return arrays, {k.removeprefix("state/"): v for k, v in arrays.items() if "state/" in k}


def files(pattern):
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob(f"07_models/{pattern}"))


def perceptron(state, prefix, activation):
    """Linear, activation, Linear with the weights of a file, whatever stands between them there."""
    first, last = sorted(k for k in state if k.startswith(prefix) and k.endswith("weight"))
    net = nn.Sequential(
        nn.Linear(*state[first].shape[::-1]), activation, nn.Linear(*state[last].shape[::-1])
    ).to(state[first].dtype)
    weights = (state[first], state[first.replace("weight", "bias")])
    weights = (*weights, state[last], state[last.replace("weight", "bias")])
    for parameter, value in zip(net.parameters(), weights, strict=True):
        parameter.data.copy_(value)
    return net


@pytest.mark.parity
@pytest.mark.parametrize("name", files("pyg_GINEConv*.npz"))
def test_the_layer_is_the_published_one(name):
    arrays, state = arrays_of(name)
    conv = GINEConv(perceptron(state, "nn.", nn.ReLU()))
    conv.eps.copy_(state["eps"])
    attr = arrays["edge_attr"] @ state["lin.weight"].T + state["lin.bias"]
    out = conv(arrays["x"], arrays["edge_index"], attr)
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("name", files("lrgb_gine_layer*.npz"))
def test_the_layer_is_that_of_the_tuned_baselines(name):
    arrays, state = arrays_of(name)  # their perceptron has GELU, and nothing follows the layer
    conv = GINEConv(perceptron(state, "model.nn.", nn.GELU())).double()
    conv.eps.copy_(state["model.eps"])
    x = arrays["x"]
    out = x + conv(x, arrays["edge_index"], arrays["edge_attr"])
    torch.testing.assert_close(out, arrays["output_x"], rtol=0, atol=1e-10)


def test_one_layer_sums_what_the_edges_let_through():
    torch.manual_seed(0)
    model = GINE(1, 4, 2, num_layers=1, edge_channels=1, residual=False, norm=None).double()
    x = torch.tensor([[0.0], [1.0], [2.0]]).double()
    edges, attr = torch.tensor([[1, 2, 2], [0, 0, 0]]), torch.tensor([[1.0], [2], [-3]]).double()
    h, e, conv = model.encoder(x), model.edge_encoder(attr), model.layers[0].conv
    heard = torch.relu(h[1] + e[0]) + torch.relu(h[2] + e[1]) + torch.relu(h[2] + e[2])
    expected = model.head(torch.relu(conv.nn(h[0] + heard)))
    torch.testing.assert_close(model(x, edges, edge_attr=attr)[0], expected)
    with pytest.raises(ValueError, match="no edge_attr; edge_channels=1"):
        model(x, edges)


def test_a_weight_of_two_is_a_message_twice():
    conv = GINEConv(nn.Identity())
    h, edges = torch.randn(3, 4), torch.tensor([[1, 2], [0, 0]])
    twice = conv(h, edges[:, [0, 1, 1]])
    torch.testing.assert_close(conv(h, edges, edge_weight=torch.tensor([1.0, 2.0])), twice)
