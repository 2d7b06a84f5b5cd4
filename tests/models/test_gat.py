import itertools

import pytest
import torch
from torch import nn
from torch_geometric.nn import GATConv

from conftest import ORACLES, load_oracle
from workbench.models import GAT

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def cases():
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/pyg_GATConv*.npz"))


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_layer_gives_the_numbers_of_the_oracle(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    _, heads, width = state["att_src"].shape
    conv = type(GAT(4, 4 * heads, 1, num_layers=1, heads=heads).layers[0].conv)(
        arrays["x"].size(1), width, heads=heads
    )
    conv.load_state_dict(state)
    out = conv.eval()(arrays["x"], arrays["edge_index"])
    torch.testing.assert_close(out, arrays["output"], rtol=0, atol=1e-5)


def test_equal_scores_average_over_the_neighbors_and_the_node_itself():
    model = GAT(2, 2, 2, num_layers=1, heads=1, residual=False, norm=None).double()
    conv = model.layers[0].conv
    with torch.no_grad():
        for linear in (model.encoder, model.head, conv.lin):
            linear.weight.copy_(torch.eye(2))
        for zero in (model.encoder.bias, model.head.bias, conv.bias, conv.att_src, conv.att_dst):
            zero.zero_()
    x = torch.tensor([[1.0, 0.0], [2.0, 5.0], [6.0, 1.0]], dtype=torch.float64)
    expected = torch.stack([(x[0] + x[1]) / 2, x.sum(0) / 3, (x[1] + x[2]) / 2])
    torch.testing.assert_close(model(x, PATH), expected)


def lookups(size):
    """For each permutation a graph: keys 0 .. size-1 that hold a value, queries that ask for one.

    Feature: which key is held or asked for, and which value is held.
    """
    orders = torch.tensor(list(itertools.permutations(range(size))))
    count, eye = len(orders), torch.eye(size).expand(len(orders), size, size)
    keys = torch.cat([eye, nn.functional.one_hot(orders, size)], dim=2)
    queries = torch.cat([eye, torch.zeros_like(eye)], dim=2)
    x = torch.cat([keys, queries], dim=1).reshape(-1, 2 * size)
    one = torch.cartesian_prod(torch.arange(size), torch.arange(size, 2 * size)).T
    edge_index = (one[:, None] + 2 * size * torch.arange(count)[None, :, None]).reshape(2, -1)
    asked = (torch.arange(count * 2 * size) % (2 * size)) >= size
    return x, edge_index, asked, orders.reshape(-1)


@pytest.mark.parametrize("dynamic", [True, False])
def test_only_a_ranking_that_depends_on_the_query_looks_up(dynamic):
    # Brody et al. 2022: one head of GAT ranks the keys alike for every query
    x, edge_index, asked, value = lookups(4)
    torch.manual_seed(0)
    model = GAT(8, 32, 4, num_layers=1, heads=1, dynamic=dynamic, residual=False, norm=None)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(400):
        optimizer.zero_grad()
        out = model(x, edge_index)[asked]
        nn.functional.cross_entropy(out, value).backward()
        optimizer.step()
    right = float((out.argmax(1) == value).double().mean())
    assert right == 1.0 if dynamic else right < 0.8, right


def test_heads_share_the_channels():
    conv = GAT(5, 12, 4, num_layers=1, heads=3).layers[0].conv
    assert isinstance(conv, GATConv)
    assert (conv.heads, conv.out_channels) == (3, 4)
    with pytest.raises(ValueError, match="got heads=5, hidden_channels=12"):
        GAT(5, 12, 4, num_layers=1, heads=5)


def test_number_of_parameters():
    width, layers = 16, 3
    per_layer = (width * width + 2 * width + width) + 2 * width  # two score vectors, bias; norm
    expected = (5 * width + width) + layers * per_layer + (width * 4 + 4)
    model = GAT(5, width, 4, num_layers=layers)
    assert sum(p.numel() for p in model.parameters()) == expected
