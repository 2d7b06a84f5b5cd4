import itertools

import pytest
import torch
from torch import nn
from torch_geometric.nn import GATConv

from conftest import ORACLES, load_oracle
from workbench.models import GAT, GATv2

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


def dynamic_cases():
    return sorted(f"07_models/{path.name}" for path in ORACLES.glob("07_models/pyg_GATv2Conv*.npz"))


@pytest.mark.parity
@pytest.mark.parametrize("name", dynamic_cases())
def test_the_dynamic_layer_gives_the_numbers_of_the_oracle(name):
    arrays = {key: torch.from_numpy(value) for key, value in load_oracle(name).items()}
    state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
    _, heads, width = state["att"].shape
    edges = state["lin_edge.weight"].size(1) if "lin_edge.weight" in state else None
    model = GATv2(4, 4 * heads, 1, num_layers=1, heads=heads, edge_channels=edges)
    ours = model.layers[0].conv
    assert {k.split(".")[0] for k in ours.state_dict()} == {k.split(".")[0] for k in state}
    conv = type(ours)(arrays["x"].size(1), width, heads=heads, edge_dim=edges)
    conv.load_state_dict(state)
    extra = {"edge_attr": arrays["edge_attr"]} if edges else {}
    out = conv.eval()(arrays["x"], arrays["edge_index"], **extra)
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


def test_one_head_ranks_the_keys_alike_for_every_query():
    # Brody et al. 2022: the score is a growing function of a term of the key alone
    x, edge_index, asked, _ = lookups(4)
    x, edge_index = x[:8], edge_index[:, (edge_index < 8).all(0)]  # one graph is enough
    for seed in range(20):
        torch.manual_seed(seed)
        model = GAT(8, 32, 4, num_layers=1, heads=2).double()
        conv, h = model.layers[0].conv, model.encoder(x.double())
        _, (pairs, weight) = conv(h, edge_index, return_attention_weights=True)
        of_keys = asked[pairs[1]] & ~asked[pairs[0]]
        table = torch.zeros(2, 4, 4, dtype=torch.float64)
        table[:, pairs[1][of_keys] - 4, pairs[0][of_keys]] = weight[of_keys].detach().T
        ranking = table.argsort(dim=2)
        assert torch.equal(ranking, ranking[:, :1].expand_as(ranking))


def test_a_score_of_both_ends_looks_up_what_is_asked_for():
    # by hand: key and query meet as k - q and q - k, where LeakyReLU makes 0.8 |k - q| of them
    x, edge_index, asked, value = lookups(4)
    model = GATv2(8, 12, 4, num_layers=1, heads=1, residual=False, norm=None)
    conv, one = model.layers[0].conv, torch.eye(4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder.weight[:8] = torch.eye(8)
        conv.lin_l.weight[:8, :4] = torch.cat([one, -one])
        conv.lin_l.weight[8:, 4:8] = one  # the value, to pass on
        conv.lin_r.weight[:8, :4] = torch.cat([-one, one])
        conv.att[..., :8] = -10
        model.head.weight[:, 8:] = one
    out = model(x, edge_index)[asked]
    # the asked key and the node itself share the attention
    torch.testing.assert_close(out, 0.5 * one[value], rtol=0, atol=1e-6)


def test_heads_share_the_channels():
    conv = GAT(5, 12, 4, num_layers=1, heads=3).layers[0].conv
    assert isinstance(conv, GATConv)
    assert (conv.heads, conv.out_channels) == (3, 4)
    with pytest.raises(ValueError, match="got heads=5, hidden_channels=12"):
        GAT(5, 12, 4, num_layers=1, heads=5)
    with pytest.raises(ValueError, match="got heads=5, hidden_channels=12"):
        GATv2(5, 12, 4, num_layers=1, heads=5)


def test_number_of_parameters():
    width, layers = 16, 3
    per_layer = (width * width + 2 * width + width) + 2 * width  # two score vectors, bias; norm
    expected = (5 * width + width) + layers * per_layer + (width * 4 + 4)
    model = GAT(5, width, 4, num_layers=layers)
    assert sum(p.numel() for p in model.parameters()) == expected
