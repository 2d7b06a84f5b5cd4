"""Weights times lengths: closed forms, vector by vector, and the output that they make up."""

import pytest
import torch
from torch import nn

from workbench.capture import capture_attention, capture_values
from workbench.diagnostics import (
    attention_by_hop,
    attention_distance,
    attention_entropy,
    attention_rollout,
    hop_distance,
)
from workbench.diagnostics.attention.value_weighted_attention import value_weighted_attention
from workbench.graphs import karate, ring
from workbench.models import GAT, GPS

HEADS, NODES, CHANNELS, OUT = 3, 7, 4, 5


def random(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def inputs(seed=0, scale=2.0):
    attention = torch.softmax(scale * random(HEADS, NODES, NODES, seed=seed), dim=-1)
    return attention, random(NODES, HEADS, CHANNELS, seed=1), random(HEADS, CHANNELS, OUT, seed=2)


def vectors_of(attention, values, output_weight):
    """P^h_ij V^h_j W_O^h, one vector at a time: ``[heads, queries, keys, out]``."""
    heads, nodes, _ = attention.shape
    result = torch.zeros(heads, nodes, nodes, output_weight.size(2), dtype=torch.float64)
    for h in range(heads):
        for i in range(nodes):
            for j in range(nodes):
                result[h, i, j] = attention[h, i, j] * (values[j, h] @ output_weight[h])
    return result


def side_by_side(heads, channels):
    """The output weight that puts the heads beside each other, as ``None`` stands for."""
    identity = torch.eye(heads * channels, dtype=torch.float64)
    return identity.view(heads, channels, heads * channels)


def test_equal_values_leave_attention_as_it_was():
    attention, _, weight = inputs()
    one = random(HEADS, CHANNELS)
    values = one.expand(NODES, HEADS, CHANNELS)
    length = torch.einsum("hc,hco->ho", one, weight).norm(dim=-1)
    found = value_weighted_attention(attention, values, weight)
    torch.testing.assert_close(found, length[:, None, None] * attention)
    found = value_weighted_attention(attention, values, weight, normalized=True)
    torch.testing.assert_close(found, attention)
    # lengths count, directions do not
    values = nn.functional.normalize(random(NODES, HEADS, CHANNELS), dim=-1)
    torch.testing.assert_close(value_weighted_attention(attention, values), attention)


def test_a_key_without_a_value_gets_nothing():
    attention, values, weight = inputs()
    values[2] = 0
    for options in ({}, {"sum_heads": True}):
        found = value_weighted_attention(attention, values, weight, **options)
        assert float(found[..., 2].abs().max()) == 0
        assert bool((found[..., [0, 1, 3, 4, 5, 6]] > 0).all())
    # nor does one whose value the output weight does not read
    weight[1, 0] = 0
    values[3, 1] = torch.tensor([7.0, 0, 0, 0])
    found = value_weighted_attention(attention, values, weight)
    assert float(found[1, :, 3].abs().max()) == 0


def test_a_hand_made_case():
    attention = torch.tensor([[[0.5, 0.5], [0.2, 0.8]]], dtype=torch.float64)
    values = torch.tensor([[[3.0, 4.0]], [[0.0, 1.0]]], dtype=torch.float64)
    found = value_weighted_attention(attention, values)
    torch.testing.assert_close(found[0], torch.tensor([[2.5, 0.5], [1.0, 0.8]]).double())
    found = value_weighted_attention(attention, values, normalized=True)[0]
    torch.testing.assert_close(found, torch.tensor([[5 / 6, 1 / 6], [5 / 9, 4 / 9]]).double())


@pytest.mark.parametrize("seed", range(3))
def test_lengths_of_the_vectors_one_by_one(seed):
    attention, values, weight = inputs(seed)
    for given in (weight, None):
        full = side_by_side(HEADS, CHANNELS) if given is None else given
        each = vectors_of(attention, values, full)
        found = value_weighted_attention(attention, values, given)
        torch.testing.assert_close(found, each.norm(dim=-1))
        found = value_weighted_attention(attention, values, given, sum_heads=True)
        torch.testing.assert_close(found, each.sum(dim=0).norm(dim=-1)[None])


@pytest.mark.parametrize("out", [1, 2, 40])
def test_heads_that_cancel_sum_to_nothing(out):
    attention, values, weight = (
        inputs()[0][:1],
        random(NODES, 1, CHANNELS),
        random(1, CHANNELS, out),
    )
    twice = attention.expand(2, -1, -1), values.expand(-1, 2, -1)
    opposite = torch.cat([weight, -weight])
    found = value_weighted_attention(*twice, opposite, sum_heads=True)
    assert found.shape == (1, NODES, NODES)
    assert float(found.max()) < 1e-14
    found = value_weighted_attention(*twice, torch.cat([weight, weight]), sum_heads=True)
    torch.testing.assert_close(found, 2 * value_weighted_attention(attention, values, weight))


def test_the_vectors_make_up_the_output_of_the_module():
    torch.manual_seed(0)
    module = nn.MultiheadAttention(12, 3).double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter)  # biases are 0 otherwise
    x = random(NODES, 12)
    with torch.no_grad(), capture_attention(module) as read, capture_values(module) as taken:
        out, _ = module(x, x, x)
    values, weight = taken[""].values, taken[""].output_weight
    each = vectors_of(read[""].dense(), values, weight)
    torch.testing.assert_close(each.sum(dim=(0, 2)) + module.out_proj.bias, out)
    found = value_weighted_attention(read[""].dense(), values, weight)
    torch.testing.assert_close(found, each.norm(dim=-1))
    found = value_weighted_attention(read[""].dense(), values, weight, sum_heads=True)
    torch.testing.assert_close(found[0], each.sum(dim=0).norm(dim=-1))
    # no output is longer than the lengths that make it up
    assert bool(((out - module.out_proj.bias).norm(dim=-1) <= found[0].sum(dim=-1)).all())


@pytest.mark.parametrize("model", [GAT, GPS])
def test_normalized_rows_go_into_the_other_diagnostics(model):
    data, distance = karate(), hop_distance(karate().edge_index, 34)
    torch.manual_seed(0)
    model = model(3, 8, 4, num_layers=2, heads=2).eval()
    with torch.no_grad(), capture_attention(model) as read, capture_values(model) as taken:
        model(random(34, 3).float(), data.edge_index)
    layers = []
    for name, of in taken.items():
        entry = read[name]
        share = value_weighted_attention(
            entry.dense(), of.values, of.output_weight, normalized=True
        )
        torch.testing.assert_close(share.sum(dim=-1), torch.ones(2, 34, dtype=torch.float64))
        assert bool((share[:, ~entry.allowed_pairs()] == 0).all())
        assert bool((attention_entropy(share, mask=entry.allowed_pairs()) <= 1).all())
        assert attention_distance(share, distance).shape == (2,)
        mass = attention_by_hop(share, distance).mass.sum(dim=-1)
        torch.testing.assert_close(mass, torch.ones_like(mass))
        layers.append(share)
    assert attention_rollout(torch.stack(layers)).shape == (34, 34)


def test_new_names_of_nodes_and_another_basis_change_nothing():
    attention, values, weight = inputs()
    order = torch.randperm(NODES, generator=torch.Generator().manual_seed(0))
    for options in ({}, {"sum_heads": True}, {"normalized": True}):
        plain = value_weighted_attention(attention, values, weight, **options)
        moved = attention[:, order][:, :, order], values[order]
        found = value_weighted_attention(*moved, weight, **options)
        torch.testing.assert_close(found, plain[:, order][:, :, order])
        turn = torch.linalg.qr(random(OUT, OUT)).Q
        found = value_weighted_attention(attention, values, weight @ turn, **options)
        torch.testing.assert_close(found, plain)


def test_queries_without_keys_and_keys_without_values_leave_rows_of_zeros():
    attention, values, _ = inputs()
    attention[:, 3] = 0
    found = value_weighted_attention(attention, values, normalized=True)
    assert float(found[:, 3].abs().max()) == 0
    assert attention_entropy(found, reduction="none")[:, 3].isnan().all()
    found = value_weighted_attention(attention, torch.zeros_like(values), normalized=True)
    assert float(found.abs().max()) == 0
    assert value_weighted_attention(torch.zeros(2, 0, 0), torch.zeros(0, 2, 4)).shape == (2, 0, 0)
    empty = torch.zeros(2, 0, 0), torch.zeros(0, 2, 4)
    assert value_weighted_attention(*empty, sum_heads=True).shape == (1, 0, 0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_small_floats_give_double_results(dtype):
    n = ring(8).num_nodes
    even = torch.full((1, n, n), 1 / n, dtype=dtype)
    values = torch.full((n, 1, 4), 0.5, dtype=dtype)
    found = value_weighted_attention(even, values, torch.eye(4, dtype=dtype)[None])
    torch.testing.assert_close(found, torch.full((1, n, n), 1 / n, dtype=torch.float64))


def test_refusals():
    attention, values, weight = inputs()
    with pytest.raises(ValueError, match="row 0 of matrix 0 sums to 2"):
        value_weighted_attention(2 * attention, values, weight)
    values[4, 2, 0] = torch.inf
    with pytest.raises(ValueError, match="value of node 4 in head 2 is not finite"):
        value_weighted_attention(attention, values)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("sum_heads", [False, True])
def test_results_stay_on_cuda_and_agree(sum_heads):
    attention, values, weight = inputs()
    found = value_weighted_attention(
        attention.cuda(), values.cuda(), weight.cuda(), sum_heads=sum_heads
    )
    assert found.is_cuda
    expected = value_weighted_attention(attention, values, weight, sum_heads=sum_heads)
    torch.testing.assert_close(found.cpu(), expected)
