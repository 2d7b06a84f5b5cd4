"""Values of attention: with the weights they add up to what the module itself gives."""

import pytest
import torch
from torch import nn
from torch_geometric.nn import GATConv, GATv2Conv, TransformerConv

from workbench.capture import capture, capture_attention, capture_values
from workbench.models import GAT, GCN, GPS

#: a loop at 1, the edge 0 -> 2 twice, 3 -> 0 one way, node 4 isolated
EDGES = torch.tensor([[0, 1, 1, 0, 0, 3], [1, 0, 1, 2, 2, 0]])
NODES = 5
KINDS = (GATConv, GATv2Conv, TransformerConv)


def features(num_nodes=NODES, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_nodes, channels, generator=generator, dtype=torch.float64)


def summed(attention, values, graph=0):
    """sum_hj P^h_ij V^h_j W_O^h of one graph, by its definition."""
    weights, vectors = attention.dense(graph), values.values[attention.nodes(graph)]
    heads = torch.einsum("hqk,khc->qhc", weights, vectors)
    if values.output_weight is None:
        return heads.flatten(1)
    return torch.einsum("qhc,hco->qo", heads, values.output_weight)


def read_both(model, *inputs, **options):
    with (
        torch.no_grad(),
        capture_attention(model) as attention,
        capture_values(model) as values,
        capture(model, "**" if list(model.children()) else "") as outputs,
    ):
        result = model(*inputs, **options)
    assert list(attention) == list(values)
    return attention, values, outputs, result


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("concat", [True, False])
@pytest.mark.parametrize("flow", ["source_to_target", "target_to_source"])
def test_layers_along_edges(kind, concat, flow):
    torch.manual_seed(0)
    conv, x = kind(3, 4, heads=2, concat=concat, flow=flow).double().eval(), features()
    attention, values, _, out = read_both(conv, x, EDGES)
    extra = conv.lin_skip(x) if kind is TransformerConv else conv.bias
    torch.testing.assert_close(summed(attention[""], values[""]) + extra, out)
    assert values[""].values.shape == (NODES, 2, 4)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("widths", [{}, {"kdim": 6, "vdim": 3}])
def test_multihead_attention_with_padding(bias, batch_first, widths):
    torch.manual_seed(0)
    options = {"bias": bias, "batch_first": batch_first, **widths}
    module = nn.MultiheadAttention(8, 2, **options).double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter)  # biases are 0 otherwise
    padding = torch.tensor([[False, False, False, True], [False, True, True, True]])
    inputs = [
        features(8, width, seed).view(2, 4, width)
        for seed, width in enumerate((8, widths.get("kdim", 8), widths.get("vdim", 8)))
    ]
    given = inputs if batch_first else [part.transpose(0, 1) for part in inputs]
    numbers = torch.zeros(2, 4, dtype=torch.float64).masked_fill(padding, -torch.inf)
    for mask in (padding, numbers):
        attention, values, _, (out, _) = read_both(module, *given, key_padding_mask=mask)
        out = out if batch_first else out.transpose(0, 1)
        assert values[""].values.shape == (4, 2, 4)
        for graph in range(2):
            found = summed(attention[""], values[""], graph)
            found = found + module.out_proj.bias if bias else found
            torch.testing.assert_close(found, out[graph][~padding[graph]])


def test_one_sequence_without_a_batch():
    torch.manual_seed(0)
    module, x = nn.MultiheadAttention(8, 2).double().eval(), features(5, 8)
    attention, values, _, (out, _) = read_both(module, x, x, x)
    torch.testing.assert_close(summed(attention[""], values[""]) + module.out_proj.bias, out)


@pytest.mark.parametrize(
    ("kind", "options"), [(GAT, {}), (GPS, {"local": "gat", "heads": 2}), (GPS, {"heads": 4})]
)
def test_models_with_a_batch(kind, options):
    torch.manual_seed(0)
    model = kind(3, 8, 4, num_layers=2, **options).double().eval()
    batch = torch.tensor([0, 0, 0, 1, 1])
    edges = torch.tensor([[0, 1, 1, 2, 3, 4], [1, 0, 2, 1, 4, 3]])
    attention, values, outputs, _ = read_both(model, features(), edges, batch=batch)
    for name, entry in attention.items():
        module, out = model.get_submodule(name), outputs[name]
        pairs = isinstance(module, nn.MultiheadAttention)
        for graph in range(2):
            members = entry.nodes(graph)
            found = summed(entry, values[name], graph)
            expected = out[0][graph][: members.numel()] if pairs else out[members]
            bias = module.out_proj.bias if pairs else module.bias
            torch.testing.assert_close(found + bias, expected)


def test_several_runs_types_and_the_graph():
    torch.manual_seed(0)
    conv, x = GATConv(3, 4, heads=2).double().eval(), features().requires_grad_()
    with capture_values(conv, "", keep_graph=True) as values:
        conv(x, EDGES)
        conv(2 * x, EDGES)
    one, two = values[""]
    torch.testing.assert_close(two.values, 2 * one.values)
    (gradient,) = torch.autograd.grad(one.values.sum(), x)
    assert float(gradient.abs().sum()) > 0
    found = capture_values(conv, dtype=torch.float16).run(x, EDGES)[""]
    assert found.values.dtype == torch.float16
    assert not found.values.requires_grad
    assert not conv._forward_pre_hooks
    assert not conv._propagate_forward_pre_hooks


def test_what_has_no_value_for_each_node_is_refused():
    with pytest.raises(ValueError, match="no submodule of GCN is one of GATConv"):
        capture_values(GCN(3, 8, 4, num_layers=2))
    for option in ("add_bias_kv", "add_zero_attn"):
        module = nn.MultiheadAttention(8, 2, **{option: True})
        with pytest.raises(ValueError, match="a key that is no node"), capture_values(module):
            pass
        assert not module._forward_pre_hooks
    conv = TransformerConv(3, 4, edge_dim=2).double()
    with pytest.raises(ValueError, match="adds features of the edge"):
        capture_values(conv).run(features(), EDGES, features(6, 2))
