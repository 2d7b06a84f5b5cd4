"""GatedGCN: parity of its layer with two releases, states of edges, closed form of equal gates."""

import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.models import GatedGCN
from workbench.models.gatedgcn import GatedLayer

CASES = [
    *(f"07_models/{path.name}" for path in ORACLES.glob("07_models/gatedgcn_plain*.npz")),
    *(f"07_models/{path.name}" for path in ORACLES.glob("07_models/lrgb_gatedgcn_layer_relu*.npz")),
]
NAMES = {"bn_node_x": "norm", "bn_edge_e": "edge_norm"}


@pytest.mark.parity
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_layer_is_the_published_one(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    state = {}
    for key, value in arrays.items():
        if key.startswith("state/"):
            part, leaf = key.removeprefix("state/").split(".")
            state[f"{NAMES.get(part, part)}.{leaf}"] = value
    layer = GatedLayer(arrays["x"].size(1), norm="batch", dropout=0.0).to(arrays["x"].dtype).eval()
    layer.load_state_dict(state)
    h, e = layer(arrays["x"], arrays["edge_attr"], arrays["edge_index"])
    atol = 1e-5 if h.dtype == torch.float32 else 1e-10
    torch.testing.assert_close(h, arrays["output_x"], rtol=0, atol=atol)
    torch.testing.assert_close(e, arrays["output_edge_attr"], rtol=0, atol=atol)


def test_equal_gates_take_the_mean():
    layer = GatedLayer(4, norm=None, dropout=0.0).double()
    for linear in (layer.A, layer.C, layer.D, layer.E):
        for parameter in linear.parameters():
            torch.nn.init.zeros_(parameter)
    h = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    edges = torch.tensor([[1, 2, 3], [0, 0, 0]])
    found, _ = layer(h, torch.zeros(3, 4, dtype=torch.float64), edges)
    expected = h[0] + torch.relu(layer.B(h)[1:].mean(0))
    torch.testing.assert_close(found[0], expected, rtol=0, atol=1e-5)  # of 10^-6 below the sum
    torch.testing.assert_close(found[1:], h[1:])


def test_an_edge_that_a_layer_lacks_keeps_its_state():
    torch.manual_seed(0)
    model = GatedGCN(1, 4, 2, num_layers=3, edge_channels=1, norm=None).double()
    x, edges = torch.randn(3, 1).double(), torch.tensor([[0, 1], [1, 2]])
    attr = torch.tensor([[1.0], [2.0]]).double()
    layers = torch.tensor([[True, True, True], [True, False, True]])
    h, e = model.encoder(x), model.edge_encoder(attr, 2)
    first, second, third = model.layers
    h, e = first(h, e, edges)
    h, kept = second(h, e[:1], edges[:, :1])
    h, _ = third(h, torch.cat([kept, e[1:]]), edges)
    torch.testing.assert_close(model(x, edges, edge_attr=attr, edge_layers=layers), model.head(h))


def test_edge_features_arrive_and_one_learned_state_stands_in_for_them():
    torch.manual_seed(0)
    plain, x = GatedGCN(2, 4, 1, num_layers=2), torch.randn(3, 2)
    edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    before = plain(x, edges)
    with torch.no_grad():
        plain.edge_encoder.state += 1
    assert not torch.equal(plain(x, edges), before)
    with pytest.raises(ValueError, match=r"edge_attr \[4, 1\]; edge_channels=None"):
        plain(x, edges, edge_attr=torch.ones(4, 1))
    featured = GatedGCN(2, 4, 1, num_layers=2, edge_channels=1)
    attr = torch.ones(4, 1)
    out = featured(x, edges, edge_attr=attr)
    assert not torch.equal(out, featured(x, edges, edge_attr=2 * attr))
    with pytest.raises(ValueError, match="no edge_attr; edge_channels=1"):
        featured(x, edges)
