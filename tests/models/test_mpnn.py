"""MPNN: a gated graph network where all edges are alike, its steps by hand, set2set."""

import pytest
import torch

from conftest import ORACLES, load_oracle
from workbench.models import MPNN


@pytest.mark.parity
@pytest.mark.parametrize(
    "name",
    sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/pyg_GatedGraphConv*.npz")),
)
def test_steps_are_those_of_a_gated_graph_network_where_edges_are_alike(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    matrices, width = arrays["state/weight"], arrays["output"].size(1)
    model = MPNN(width, width, 1, num_layers=1)  # that network has other matrices in each step
    for leaf in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(model.update, leaf).data.copy_(arrays[f"state/rnn.{leaf}"])
    make = model.message.nn[1]
    make.weight.data.zero_()
    x, edges = arrays["x"], arrays["edge_index"]
    h = torch.cat([x, x.new_zeros(x.size(0), width - x.size(1))], dim=1)
    for matrix in matrices:
        make.bias.data.copy_(matrix.flatten())
        h = model.layers[0](h, edges, model.edge_encoder(None, edges.size(1)))
    torch.testing.assert_close(h, arrays["output"], rtol=0, atol=1e-5)


def test_a_step_sums_matrices_times_states():
    torch.manual_seed(0)
    model = MPNN(2, 4, 3, num_layers=1, edge_channels=1).double()
    x, attr = torch.randn(3, 2).double(), torch.randn(3, 1).double()
    edges = torch.tensor([[1, 2, 2], [0, 0, 0]])
    h = model.encoder(x)
    matrix = model.message.nn(model.edge_encoder(attr, 3)).view(3, 4, 4)
    heard = h[1] @ matrix[0] + h[2] @ matrix[1] + h[2] @ matrix[2]
    expected = model.head(model.update(heard, h[0]))
    torch.testing.assert_close(model(x, edges, edge_attr=attr)[0], expected)


def test_all_steps_share_their_weights():
    one, three = (MPNN(2, 4, 3, num_layers=layers) for layers in (1, 3))
    counts = [sum(p.numel() for p in model.parameters()) for model in (one, three)]
    assert counts[0] == counts[1]
    assert three.layers[0].message is three.layers[2].message


def test_a_graph_is_read_by_attention_twice_as_wide():
    model = MPNN(2, 4, 3, num_layers=1, level="graph")
    assert model.head.in_features == 8
    assert model(torch.randn(5, 2), torch.zeros(2, 0, dtype=torch.int64)).shape == (1, 3)
