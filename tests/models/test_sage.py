"""GraphSAGE: parity of its layer, and the mean that it takes."""

import pytest
import torch

from conftest import load_oracle
from workbench.models import SAGE


@pytest.mark.parity
def test_the_layer_is_the_published_one():
    oracle = load_oracle("07_models/pyg_SAGEConv_mean.npz")
    x, output = (torch.from_numpy(oracle[name]) for name in ("x", "output"))
    weights = {k.removeprefix("state/"): v for k, v in oracle.items() if k.startswith("state/")}
    own, heard = (torch.from_numpy(weights[f"lin_{side}.weight"]) for side in "rl")
    source, target = torch.from_numpy(oracle["edge_index"])
    total = torch.zeros_like(x).index_add(0, target, x[source])
    count = torch.bincount(target, minlength=x.size(0)).clamp(min=1)[:, None]
    bias = torch.from_numpy(weights["lin_l.bias"])
    torch.testing.assert_close(
        x @ own.T + total / count @ heard.T + bias, output, rtol=0, atol=1e-5
    )
    model = SAGE(1, x.size(1), 1, num_layers=1, residual=False, norm=None)
    conv = model.layers[0].conv
    assert {k: v.shape[1:] for k, v in conv.state_dict().items()} == {
        k: torch.from_numpy(v).shape[1:] for k, v in weights.items()
    }


def test_one_layer_is_the_mean_and_the_state_of_its_own():
    torch.manual_seed(0)
    model = SAGE(1, 4, 2, num_layers=1, residual=False, norm=None).double()
    x = torch.tensor([[0.0], [1.0], [2.0], [5.0]]).double()
    edges = torch.tensor([[1, 2, 3, 3], [0, 0, 0, 0]])  # 3 twice
    h, conv = model.encoder(x), model.layers[0].conv
    mean = (h[1] + h[2] + 2 * h[3]) / 4
    expected = model.head(torch.relu(conv.lin_r(h[0]) + conv.lin_l(mean)))
    torch.testing.assert_close(model(x, edges)[0], expected)
    alone = model.head(torch.relu(conv.lin_r(h[2]) + conv.lin_l.bias))
    torch.testing.assert_close(model(x, edges)[2], alone)


def test_number_of_parameters():
    width, layers = 16, 3
    per_layer = 2 * width * width + width + 2 * width  # two maps; scale and shift of the norm
    expected = (5 * width + width) + layers * per_layer + (width * 4 + 4)
    model = SAGE(5, width, 4, num_layers=layers)
    assert sum(p.numel() for p in model.parameters()) == expected
