"""PNA: parity of the layer that it uses, its aggregates by hand, and what it refuses."""

import math

import pytest
import torch
from torch_geometric.nn import PNAConv

from conftest import ORACLES, load_oracle
from workbench.models import PNA


@pytest.mark.parity
@pytest.mark.parametrize(
    "name", sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/pyg_PNAConv*.npz"))
)
def test_the_layer_is_the_published_one(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    # the file does not say which; these two lists alone give its numbers
    conv = PNAConv(
        arrays["x"].size(1),
        arrays["output"].size(1),
        ["mean", "max", "std"],
        ["identity", "amplification"],
        deg=torch.ones(1),
    )
    conv.load_state_dict(state)
    out = conv(arrays["x"], arrays["edge_index"])
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


def test_one_layer_is_four_aggregates_times_three_scalers():
    torch.manual_seed(0)
    model = PNA(2, 4, 3, num_layers=1, edge_channels=1, log_degree=0.7, residual=False, norm=None)
    model = model.double()
    x, attr = torch.randn(4, 2).double(), torch.randn(3, 1).double()
    edges = torch.tensor([[1, 2, 3], [0, 0, 0]])
    h, conv = model.encoder(x), model.layers[0].conv
    e = conv.edge_encoder(model.edge_encoder(attr))
    m = conv.pre_nns[0](torch.cat([h[:1].expand(3, -1), h[1:], e], dim=1))
    deviation = (m.square().mean(0) - m.mean(0).square()).sqrt()
    found = torch.cat([m.mean(0), m.amin(0), m.amax(0), deviation])
    scale = math.log(4) / 0.7
    scaled = torch.cat([h[0], found, found * scale, found / scale])
    expected = model.head(torch.relu(conv.lin(conv.post_nns[0](scaled))))
    torch.testing.assert_close(model(x, edges, edge_attr=attr)[0], expected)


def test_scalers_are_one_where_the_degree_is_that_of_the_training_graphs():
    torch.manual_seed(0)
    conv = PNA(2, 4, 1, num_layers=1, log_degree=math.log(3)).layers[0].conv
    ring = torch.tensor([[0, 1, 2, 0, 1, 2], [1, 2, 0, 2, 0, 1]])
    parts = conv.aggr_module(torch.randn(6, 1, 4), ring[1], dim_size=3, dim=0).chunk(3, dim=-1)
    torch.testing.assert_close(parts[0], parts[1])
    torch.testing.assert_close(parts[0], parts[2])


def test_a_wrong_option_says_what_came_in():
    with pytest.raises(ValueError, match="log_degree must be a number above 0, got 0"):
        PNA(2, 4, 1, num_layers=1, log_degree=0.0)
    with pytest.raises(ValueError, match="got towers=3, hidden_channels=4"):
        PNA(2, 4, 1, num_layers=1, towers=3)
    assert len(PNA(2, 4, 1, num_layers=1, towers=2).layers[0].conv.pre_nns) == 2
