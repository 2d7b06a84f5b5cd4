"""Jacobian norms against the whole Jacobian, and what a model may do to them."""

import subprocess
import sys
import threading
import warnings

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.nn import (
    GATConv,
    GCNConv,
    GINConv,
    PNAConv,
    ResGatedGraphConv,
    SAGEConv,
    TransformerConv,
    global_mean_pool,
)

from workbench.diagnostics import (
    Stopped,
    TooLargeError,
    approximate_sensitivity,
    effective_range,
    hop_distance,
    influence_by_hop,
    sensitivity,
    sensitivity_decay,
    walk_bound,
)
from workbench.diagnostics.sensitivity import jacobian_rows
from workbench.diagnostics.sensitivity.chosen_rows import chosen_rows
from workbench.diagnostics.sensitivity.evaluation import differentiable
from workbench.diagnostics.sensitivity.sparse_backward import SparseBackward
from workbench.graphs import erdos_renyi, grid, karate, path, ring
from workbench.models import GCN, MODELS


class Stack(nn.Module):
    """Three layers with batch norm and dropout, as people train them."""

    def __init__(self, layer, width=6):
        super().__init__()
        self.layers = nn.ModuleList([layer(width) for _ in range(3)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width) for _ in range(3)])
        self.dropout = nn.Dropout(0.5)

    def forward(self, x, edge_index, edge_weight=None):
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + self.dropout(norm(layer(x, edge_index)).tanh())
        return x if edge_weight is None else x * edge_weight.sum()


class Calls(nn.Module):
    """A model made of one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, edge_index):
        return self.function(x, edge_index)


LAYERS = {
    "GCN": lambda width: GCNConv(width, width),
    "GAT": lambda width: GATConv(width, width),
    "GIN": lambda width: GINConv(nn.Linear(width, width)),
}


def features(num_nodes, width=6):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_nodes, width, dtype=torch.float64, generator=generator)


def stack(layer="GCN"):
    torch.manual_seed(0)
    return Stack(LAYERS[layer]).double()


def whole(model, x, edge_index, order):
    """Norms of the blocks of the whole Jacobian."""
    model.eval()
    blocks = jacobian(lambda x: model(x, edge_index), x).permute(0, 2, 1, 3)
    if order == "spectral":
        return torch.linalg.matrix_norm(blocks, ord=2)
    return blocks.abs().sum((2, 3)) if order == "l1" else blocks.square().sum((2, 3)).sqrt()


@pytest.mark.parametrize("norm", ["frobenius", "l1", "spectral"])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_whole_jacobian_agrees(layer, norm):
    data, x = karate(), features(34)
    found = sensitivity(stack(layer), x, data.edge_index, norm=norm)
    expected = whole(stack(layer), x, data.edge_index, norm)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


MORE_LAYERS = {
    **LAYERS,
    "SAGE": lambda width: SAGEConv(width, width),
    "SAGE max": lambda width: SAGEConv(width, width, aggr="max"),
    "Transformer": lambda width: TransformerConv(width, width, heads=2, concat=False),
    "PNA": lambda width: PNAConv(
        width, width, ["mean", "max", "std"], ["identity", "attenuation"], torch.tensor([0, 2, 5])
    ),
    "gated": lambda width: ResGatedGraphConv(width, width),
}


@pytest.mark.parametrize("layer", MORE_LAYERS)
def test_recorded_as_sparse_products_or_not_a_model_is_the_same(layer):
    torch.manual_seed(0)
    model, data = Stack(MORE_LAYERS[layer]).double().eval(), karate()
    x = features(34).requires_grad_()
    plain = model(x, data.edge_index)
    with SparseBackward():
        recorded = model(x, data.edge_index)
    torch.testing.assert_close(recorded, plain)
    seed = torch.randn(34, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected, gradient = (
        torch.autograd.grad((output * seed).sum(), x)[0] for output in (plain, recorded)
    )
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-12)
    found = sensitivity(model, features(34), data.edge_index)
    torch.testing.assert_close(
        found, whole(model, features(34), data.edge_index, "frobenius"), rtol=1e-6, atol=1e-12
    )


@pytest.mark.parametrize(
    "gather",
    [
        lambda x, e: x[e[0]],
        lambda x, e: x.index_select(0, e[0]),
        lambda x, e: torch.index_select(x, dim=-2, index=e[0]),
        lambda x, e: x[e[0] - 34],
        lambda x, e: 2.5 * x[e[0]] * torch.ones(e.size(1), 1).double(),
        lambda x, e: x[e[0]].mul_(0.5),
        lambda x, e: x[e[0]] + x[e[1]],
    ],
)
@pytest.mark.parametrize(
    "scatter",
    [
        lambda m, e: torch.zeros(34, 6).double().index_add_(0, e[1], m),
        lambda m, e: torch.zeros(34, 6).double().index_add(0, e[1], m, alpha=2.0),
        lambda m, e: torch.ones(34, 6).double().scatter_add(0, e[1][:, None].expand_as(m), m),
        lambda m, e: m.new_zeros(34, 6).scatter_add_(0, e[1][:, None].expand(-1, 6), m),
        lambda m, e: m.new_zeros(34, 6).scatter_add_(0, e[1][:, None].repeat(1, 6), m),
    ],
)
def test_every_way_to_gather_and_scatter(gather, scatter):
    data = karate()
    model = Calls(lambda x, e: scatter(gather(x.tanh(), e), e).tanh())
    found = sensitivity(model, features(34), data.edge_index)
    expected = whole(model, features(34), data.edge_index, "frobenius")
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def _summed(messages, target):
    return torch.zeros(34, 6).double().index_add_(0, target, messages)


def _source_in_place(x, e, change):
    h = 1.0 * x
    messages = h[e[0]]
    change(h)
    return _summed(messages, e[1]) + h


def _scale_in_place(x, e):
    scale = torch.full((e.size(1), 1), 0.5).double()
    messages = x[e[0]] * scale
    scale.mul_(3.0)
    return _summed(messages, e[1]).tanh()


def _index_in_place(x, e):
    source = e[0].clone()
    messages = x[source]
    source.fill_(0)
    return _summed(messages, e[1]).tanh()


IN_PLACE = {
    "relu_": lambda x, e: _source_in_place(x, e, torch.relu_),
    "*=": lambda x, e: _source_in_place(x, e, lambda h: h.mul_(2.0)),
    "rows": lambda x, e: _source_in_place(x, e, lambda h: h[3].zero_()),
    "a view": lambda x, e: _source_in_place(x, e, lambda h: h.t().add_(1.0)),
    "the scale": _scale_in_place,
    "the index": _index_in_place,
    "the messages": lambda x, e: _summed(x[e[0]].relu_(), e[1]),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_is_changed_in_place_between_gather_and_scatter_is_seen(name):
    data = karate()
    model = Calls(IN_PLACE[name])
    with SparseBackward():
        recorded = model(features(34).requires_grad_(), data.edge_index)
    torch.testing.assert_close(recorded, model(features(34), data.edge_index))
    if name == "the scale":  # torch itself refuses the derivative
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            sensitivity(model, features(34), data.edge_index)
        return
    if name == "the index":  # as does torch, where nothing is recorded
        model = Calls(lambda x, e: _summed(x[e[0]], e[1]).tanh())
    found = sensitivity(model, features(34), data.edge_index)
    expected = whole(model, features(34), data.edge_index, "frobenius")
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("which", ["source", "target", "scale"])
def test_what_is_written_to_after_the_sum_does_not_change_its_derivative(which):
    """Torch refuses such a derivative; what is recorded keeps the numbers that it was made of."""
    data = karate()

    def model(x, change):
        source, target = (end.clone() for end in data.edge_index)
        scale = torch.linspace(0.5, 2.0, source.numel()).double()[:, None]
        sums = _summed(x[source] * scale, target)
        change({"source": source, "target": target, "scale": scale}[which])
        return sums

    seed = torch.linspace(-1, 1, 34 * 6).double().view(34, 6)
    gradients = []
    for recorded in (True, False):
        x = features(34).requires_grad_()
        if recorded:
            with SparseBackward():
                output = model(x, lambda written: written.fill_(0))
        else:
            output = model(x, lambda written: None)
        gradients.append(torch.autograd.grad((output * seed).sum(), x)[0])
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


def _rewritten_index(x, e):
    """One tensor that names other nodes the second time."""
    source = e[0].clone()
    first = _summed(x[source], e[1])
    source.copy_(e[1])
    return first + 2.0 * _summed(x[source].tanh(), e[0])


ONE_AFTER_THE_OTHER = {
    "two scales": lambda x, e: _summed(
        x[e[0]] * torch.linspace(1, 2, e.size(1)).double()[:, None] * _slope(e), e[1]
    ),
    "an index written to": _rewritten_index,
    "twice the sum": lambda x, e: torch.index_add(
        torch.zeros(34, 6).double(), 0, e[1], x[e[0]], alpha=2
    ),
    "a scale for each channel": lambda x, e: _summed(
        x[e[0]] * torch.arange(6.0).double() * _slope(e), e[1]
    ),
    "a scale that is learned": lambda x, e: _summed(x[e[0]] * x[e[1]].sum(1, keepdim=True), e[1]),
    "another target for each channel": lambda x, e: (
        torch.zeros(34, 6)
        .double()
        .scatter_add(0, torch.stack([e[k % 2] for k in range(6)], 1), x[e[0]])
    ),
    "no weights of a norm": lambda x, e: functional.batch_norm(
        x, _slope(e)[:6, 0], _slope(e)[6:12, 0]
    ),
    "no bias of a norm": lambda x, e: functional.batch_norm(
        x, _slope(e)[:6, 0], _slope(e)[6:12, 0], weight=_slope(e)[12:18, 0]
    ),
}


def _slope(e):
    return torch.linspace(0.3, 3, e.size(1)).double()[:, None]


@pytest.mark.parametrize("name", ONE_AFTER_THE_OTHER)
def test_values_and_derivatives_are_those_of_torch(name):
    """The seed is 0 in some channels of each node, and in all of a few nodes."""
    data, function = karate(), ONE_AFTER_THE_OTHER[name]
    seed = torch.linspace(-1, 1, 34 * 6).double().view(34, 6)
    seed[::3, 0], seed[5], seed[1::4, 3:] = 0, 0, 0
    x = features(34).requires_grad_()
    with SparseBackward():
        recorded = function(x, data.edge_index)
    (found,) = torch.autograd.grad((recorded * seed).sum(), x)
    if name == "an index written to":  # torch refuses the derivative
        ends = data.edge_index
        function = lambda x, e: _summed(x[e[0]], e[1]) + 2.0 * _summed(x[e[1]].tanh(), e[0])  # noqa: E731
        plain = function(x, ends)
    else:
        plain = function(x, data.edge_index)
    torch.testing.assert_close(recorded, plain)
    (expected,) = torch.autograd.grad((plain * seed).sum(), x)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_a_sum_of_another_precision_is_refused_as_torch_does():
    data, x = karate(), features(34).requires_grad_()
    with SparseBackward(), pytest.raises(RuntimeError, match="same"):
        torch.zeros(34, 6).index_add_(0, data.edge_index[1], x[data.edge_index[0]])


@pytest.mark.slow
def test_without_torchs_private_names_the_derivatives_are_the_same():
    """In a process in which they are not there, as in a version of torch that moved them."""
    code = """
import sys, torch, torch_geometric
sys.modules["torch._C._functorch"] = None
from workbench.diagnostics import sensitivity
from workbench.diagnostics.sensitivity import sparse_operator
from workbench.graphs import karate
from workbench.models import GCN
assert sparse_operator.is_batchedtensor is None
torch.manual_seed(0)
model, data = GCN(6, 8, 4, num_layers=3).double().eval(), karate()
x = torch.linspace(-1, 1, 34 * 6).double().view(34, 6)
print(sensitivity(model, x, data.edge_index).sum().item())
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    torch.manual_seed(0)
    model, data = GCN(6, 8, 4, num_layers=3).double().eval(), karate()
    x = torch.linspace(-1, 1, 34 * 6).double().view(34, 6)
    expected = sensitivity(model, x, data.edge_index).sum().item()
    assert float(found.stdout) == pytest.approx(expected, rel=1e-12)


def test_second_derivatives_of_what_is_recorded():
    data, x = karate(), features(34).requires_grad_()
    layer = GCNConv(6, 1).double()
    with SparseBackward():
        output = layer(layer.lin.weight * x.tanh(), data.edge_index)
    (first,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), x)
    plain = layer(layer.lin.weight * x.tanh(), data.edge_index)
    (expected,) = torch.autograd.grad(plain.square().sum(), x, create_graph=True)
    (expected,) = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(second, expected)


def test_row_by_row_in_batches_and_side_by_side_agree(monkeypatch):
    data, x = karate(), features(34)
    batched, threads = sensitivity(stack(), x, data.edge_index), torch.get_num_threads()
    monkeypatch.setattr(jacobian_rows, "_BATCH_ENTRIES", 0)
    try:
        for count in (1, 4):
            torch.set_num_threads(count)
            torch.testing.assert_close(sensitivity(stack(), x, data.edge_index), batched)
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)


def test_linear_propagation_is_the_power_of_the_operator():
    data = grid(4, 5)
    torch.manual_seed(0)
    layer = GCNConv(1, 1, bias=False).double()
    layer.lin.weight.data.fill_(1.0)
    model = Calls(lambda x, edge_index: layer(layer(x, edge_index), edge_index))
    operator = torch.eye(20).double()
    operator[data.edge_index[0], data.edge_index[1]] = 1.0
    degree = operator.sum(1)
    operator = operator / (degree[:, None] * degree).sqrt()
    found = sensitivity(model, features(20, 1), data.edge_index)
    torch.testing.assert_close(found, operator @ operator)


def test_nothing_arrives_beyond_the_reach_of_the_layers():
    data = path(12)
    found = sensitivity(stack(), features(12), data.edge_index)
    hops = hop_distance(data.edge_index, 12)
    assert bool((found[hops > 3] == 0).all())
    assert bool((found[hops <= 3] > 0).all())


def test_row_is_the_output_and_column_the_input():
    one_way = torch.tensor([[0, 1], [1, 2]])  # messages go from 0 to 2
    found = sensitivity(stack(), features(3), one_way)
    assert found[2, 0] > 0
    assert found[0, 2] == 0


def test_chosen_nodes():
    data, x = karate(), features(34)
    nodes = torch.tensor([33, 0, 33])
    found = sensitivity(stack(), x, data.edge_index, nodes=nodes)
    torch.testing.assert_close(found, sensitivity(stack(), x, data.edge_index)[nodes])
    assert sensitivity(stack(), x, data.edge_index, nodes=nodes[:0]).shape == (0, 34)
    with pytest.raises(ValueError, match="34 to 34"):
        sensitivity(stack(), x, data.edge_index, nodes=torch.tensor([34]))


def test_a_mask_a_tensor_and_a_list_choose_the_same_nodes():
    data, x, net = karate(), features(34), stack().eval()
    mask = torch.zeros(34, dtype=torch.bool)
    mask[[3, 20]] = True
    calls = {
        "sensitivity": lambda nodes: sensitivity(net, x, data.edge_index, nodes=nodes),
        "probes": lambda nodes: approximate_sensitivity(net, x, data.edge_index, nodes=nodes).value,
        "walks": lambda nodes: walk_bound(data.edge_index, 34, num_layers=3, nodes=nodes),
        "hops": lambda nodes: (
            influence_by_hop(net, x, data.edge_index, num_layers=3, nodes=nodes).total
        ),
        "range": lambda nodes: (
            effective_range(net, x, data.edge_index, max_hops=3, nodes=nodes).influence.range
        ),
    }
    for call in calls.values():
        expected = call(torch.tensor([3, 20]))
        assert expected.size(0) == 2
        assert torch.equal(call(mask), expected)
        assert torch.equal(call([3, 20]), expected)
        with pytest.raises(ValueError, match="mask of 33 entries for 34"):
            call(mask[1:])
        with pytest.raises(ValueError, match="34 to 34, outside 0 to 33"):
            call([34])


@pytest.mark.parametrize(
    ("nodes", "error", "message"),
    [
        (torch.tensor([0.0]), TypeError, "tensor of torch.float32; give int64"),
        (torch.tensor([0], dtype=torch.int32), TypeError, r"nodes\.long\(\)"),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError, r"shape \[2, 1\], not one axis"),
        (torch.tensor(3), ValueError, r"shape \[\], not one axis"),
        (3, TypeError, "nodes is 3, of type int"),
        ("all", TypeError, "nodes is 'all'"),
        ([True, False], TypeError, "holds True, of type bool"),
        ([0, 1.5], TypeError, "holds 1.5, of type float"),
        ([0, -1], ValueError, "holds -1 to 0, outside 0 to 4"),
    ],
)
def test_what_does_not_name_nodes(nodes, error, message):
    with pytest.raises(error, match=message):
        chosen_rows(nodes, 5)


def test_the_model_is_left_as_it_was():
    model, data = stack().train(), karate()
    model.norms[1].eval()
    model(features(34), data.edge_index).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    running = model.norms[0].running_mean.clone()
    found = sensitivity(model, features(34), data.edge_index)
    assert torch.equal(found, sensitivity(model, features(34), data.edge_index))  # no dropout
    assert model.training
    assert model.dropout.training
    assert not model.norms[1].training
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), before, strict=True))
    assert torch.equal(model.norms[0].running_mean, running)


def test_modes_come_back_after_an_error():
    model = Calls(lambda x, edge_index: x.sum()).train()
    with pytest.raises(ValueError, match=r"\[\].*read-out"):
        sensitivity(model, features(3), ring(3).edge_index)
    assert model.training


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_inside_no_grad_and_inference_mode(mode):
    data, model = ring(6), stack()
    expected = sensitivity(model, features(6), data.edge_index)
    with mode():
        x, edge_index = features(6), data.edge_index.clone()
        assert torch.equal(sensitivity(model, x, edge_index), expected)


def test_in_a_worker_thread_whose_caller_has_gradients_off():
    data, results = ring(6), []
    with torch.no_grad():
        work = lambda: results.append(sensitivity(stack(), features(6), data.edge_index))  # noqa: E731
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert float(results[0].sum()) > 0


def test_more_inputs():
    data, weight = ring(6), torch.full((12,), 0.5, dtype=torch.float64)
    found = sensitivity(stack(), features(6), data.edge_index, inputs={"edge_weight": weight})
    torch.testing.assert_close(found, 6 * sensitivity(stack(), features(6), data.edge_index))


def test_a_model_that_ignores_x_or_its_edges():
    zeros, data = torch.zeros(6, 6).double(), ring(6)
    weight = nn.Parameter(torch.ones(6, 2))
    for function in (lambda x, e: torch.ones(6, 2), lambda x, e: weight * 2):
        assert torch.equal(sensitivity(Calls(function), features(6), data.edge_index), zeros)
    found = sensitivity(Calls(lambda x, e: 3 * x), features(6), data.edge_index, norm="spectral")
    torch.testing.assert_close(found, 3 * torch.eye(6).double())


def test_operations_that_cannot_be_batched_go_row_by_row():
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x * 2

        @staticmethod
        def backward(context, gradient):
            return torch.from_numpy(gradient.numpy() * 2)

    model = Calls(lambda x, e: Doubled.apply(x))
    found = sensitivity(model, features(6, 1), ring(6).edge_index)
    torch.testing.assert_close(found, 2 * torch.eye(6).double())


def test_single_precision_gives_double_results():
    found = sensitivity(stack().float(), features(34).float(), karate().edge_index)
    assert found.dtype == torch.float64
    expected = sensitivity(stack(), features(34), karate().edge_index)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (lambda x, e: (x, x), "tuple"),
        (lambda x, e: global_mean_pool(x, None), r"\[1, 6\].*before the read-out"),
        (lambda x, e: x.sum(1), r"readout=lambda output: output\.unsqueeze\(-1\)"),
        (lambda x, e: x[:, None], r"readout=lambda output: output\.flatten\(1\)"),
    ],
)
def test_outputs_that_are_not_per_node(output, message):
    with pytest.raises(ValueError, match=message):
        sensitivity(Calls(output), features(6), ring(6).edge_index)


def test_advice_about_outputs_can_be_followed():
    data, x = ring(6), features(6)
    flat, deep = Calls(lambda x, e: x.sum(1)), Calls(lambda x, e: x[:, None].expand(-1, 2, -1))
    found = sensitivity(flat, x, data.edge_index, readout=lambda output: output.unsqueeze(-1))
    torch.testing.assert_close(found, 6**0.5 * torch.eye(6).double())
    with pytest.raises(ValueError, match=r"readout returned .* let it end with output.unsqueeze"):
        sensitivity(flat, x, data.edge_index, readout=lambda output: output)
    found = sensitivity(deep, x, data.edge_index, readout=lambda output: output.flatten(1))
    torch.testing.assert_close(found, 12**0.5 * torch.eye(6).double())


class OfData(nn.Module):
    def forward(self, data):
        return data.x * 2


class Around(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, edge_index):
        return self.model(Data(x=x, edge_index=edge_index))


def test_a_model_that_takes_a_data_object():
    data, x = ring(6), features(6)
    for model in (OfData(), nn.Sequential(nn.Linear(6, 6).double())):
        with pytest.raises(
            TypeError, match=r"forward takes \(.*\), .* model\(x, edge_index\).*Around"
        ):
            sensitivity(model, x, data.edge_index)
    found = sensitivity(Around(OfData()), x, data.edge_index)
    torch.testing.assert_close(found, 2 * 6**0.5 * torch.eye(6).double())


def test_a_model_that_changes_its_input_in_place():
    data, x = ring(6), features(6)
    before = x.clone()

    def change(x, e):
        x[0] = 0.0
        return x.mul_(2)

    expected = 2 * 6**0.5 * torch.eye(6).double()
    expected[0, 0] = 0.0
    torch.testing.assert_close(sensitivity(Calls(change), x, data.edge_index), expected)
    assert torch.equal(x, before)


def test_read_outs():
    data, x, net = karate(), features(34), stack()
    matrix = sensitivity(net, x, data.edge_index)
    mask = torch.arange(34) % 5 == 0
    scored = sensitivity(net, x, data.edge_index, readout=lambda h: h[mask])
    torch.testing.assert_close(scored, matrix[mask])
    pair = Calls(lambda x, e: (net(x, e), None))
    net.eval()
    first = sensitivity(pair, x, data.edge_index, readout=lambda output: output[0])
    torch.testing.assert_close(first, matrix)
    pooled = Calls(lambda x, e: global_mean_pool(x.tanh(), None))
    graph = sensitivity(pooled, x, data.edge_index, readout=lambda output: output)
    assert graph.shape == (1, 34)
    expected = (1 - x.tanh().square()).norm(dim=1) / 34
    torch.testing.assert_close(graph[0], expected)
    one = torch.tensor([1])
    with pytest.raises(ValueError, match="nodes holds 1 to 1, outside 0 to 0"):
        sensitivity(pooled, x, data.edge_index, readout=lambda output: output, nodes=one)
    with pytest.raises(ValueError, match=r"reshape\(1, -1\)"):
        sensitivity(pooled, x, data.edge_index, readout=lambda output: output.sum())
    with pytest.raises(ValueError, match="readout returned a tuple"):
        sensitivity(pair, x, data.edge_index, readout=lambda output: output)


class Needs(nn.Module):
    """A model with arguments of its own."""

    def forward(self, x, edge_index, edge_attr, *, encoding, batch=None):
        return x + encoding + edge_attr.sum() * x.mean(0)


def test_a_model_that_needs_more_says_what():
    data, x = ring(6), features(6)
    with pytest.raises(TypeError, match=r'edge_attr and encoding .* inputs={"edge_attr": ...'):
        sensitivity(Needs(), x, data.edge_index)
    inputs = {"edge_attr": torch.ones(12, 1).double(), "encoding": torch.ones(6, 1).double()}
    assert sensitivity(Needs(), x, data.edge_index, inputs=inputs).shape == (6, 6)
    with pytest.raises(TypeError, match=r"pe, and Needs.forward takes .* edge_attr, encoding"):
        sensitivity(Needs(), x, data.edge_index, inputs={**inputs, "pe": x})
    with pytest.raises(RuntimeError) as caught:
        sensitivity(Needs(), x, data.edge_index, inputs={**inputs, "encoding": torch.ones(5, 1)})
    assert "inputs={...}" in caught.value.__notes__[0]


def test_half_precision_is_refused():
    data, x = ring(6), features(6)
    for half in (torch.float16, torch.bfloat16):
        with pytest.raises(TypeError, match=r"x is .*16.* model\.float\(\)"):
            sensitivity(stack(), x.to(half), data.edge_index)
        with pytest.raises(TypeError, match=r"parameters are .*16.* x\.float\(\)"):
            sensitivity(stack().to(half), x, data.edge_index)


def test_integer_features_and_how_to_get_an_embedding():
    data = ring(6)
    with pytest.raises(TypeError):
        sensitivity(stack(), torch.arange(6)[:, None], data.edge_index)
    with pytest.raises(TypeError, match=r"model\.embedding\(features\)"):
        differentiable(torch.arange(6)[:, None])
    table = nn.Embedding(9, 6).double()
    model = Calls(lambda x, e: table(x.long()[:, 0]))
    with pytest.warns(UserWarning, match="embed first"):
        found = sensitivity(model, torch.ones(6, 1).double(), data.edge_index)
    assert found.sum() == 0


def test_training_mode_is_told():
    data, x = ring(6), features(6)
    with pytest.warns(UserWarning, match="BatchNorm1d, Dropout .* evaluation mode"):
        sensitivity(stack().train(), x, data.edge_index)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sensitivity(stack().eval(), x, data.edge_index)


class Idiom(nn.Module):
    """The commonest model of PyG: dropout as a function, with the mode of the module."""

    def __init__(self, p, drop=functional.dropout):
        super().__init__()
        self.layer, self.p, self.drop = GCNConv(6, 6).double(), p, drop

    def forward(self, x, edge_index):
        return self.drop(self.layer(x, edge_index), p=self.p, training=self.training)


class FrozenNorm(nn.Module):
    """Batch norm by a function, in the mode of the module."""

    def __init__(self):
        super().__init__()
        self.mean, self.variance = torch.zeros(6).double(), torch.ones(6).double()

    def forward(self, x, edge_index):
        return functional.batch_norm(x, self.mean, self.variance, training=self.training)


def warned(model, x, edge_index):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sensitivity(model, x, edge_index)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("drop", [functional.dropout, functional.alpha_dropout])
def test_functional_dropout_in_training_mode_is_told(drop):
    data, x = ring(6), features(6)
    model = Idiom(0.9, drop).train()
    (message,) = warned(model, x, data.edge_index)
    assert f"call of {drop.__name__} in Idiom acts differently" in message
    assert "model.eval()" in message
    assert model.training
    exact = sensitivity(model.eval(), x, data.edge_index)
    torch.testing.assert_close(
        exact, whole(model.layer, x, data.edge_index, "frobenius"), rtol=1e-9, atol=1e-12
    )
    for silent in (model.eval(), Idiom(0.0, drop).train()):
        assert warned(silent, x, data.edge_index) == []
    outer = Calls(lambda x, e: inner(x, e)).train()
    outer.inner = inner = Idiom(0.5, drop).eval()  # only what has no dropout trains
    assert warned(outer, x, data.edge_index) == []


def test_functional_batch_norm_and_dropout_of_a_function_are_told():
    data, x = ring(6), features(6)
    (message,) = warned(FrozenNorm().train(), x, data.edge_index)
    assert "call of batch_norm in FrozenNorm" in message
    assert warned(FrozenNorm().eval(), x, data.edge_index) == []
    always = Calls(lambda x, e: functional.dropout(x, 0.5)).eval()
    (message,) = warned(always, x, data.edge_index)
    assert "one random draw" in message
    modules = Calls(lambda x, e: norm(x))
    modules.norm = norm = nn.BatchNorm1d(6).double()
    (message,) = warned(modules.train(), x, data.edge_index)
    assert "BatchNorm1d would act differently" in message
    norm.eval()
    assert warned(modules, x, data.edge_index) == []


@pytest.mark.slow
def test_probes_are_unbiased_and_their_error_holds():
    data, x = erdos_renyi(20, 0.2, generator=torch.Generator().manual_seed(0)), features(20)
    net = stack().eval()
    wide = Calls(lambda x, e: torch.cat([net(x, e), net(x, e).square()], 1))
    truth = sensitivity(wide, x, data.edge_index).square()
    inside, values = [], []
    for seed in range(60):
        generator = torch.Generator().manual_seed(seed)
        found = approximate_sensitivity(wide, x, data.edge_index, generator=generator)
        off = (found.value - truth).abs()
        inside.append(off <= 3 * found.standard_error + 1e-12 * truth.max())
        values.append(found.value)
    assert float(torch.stack(inside).double().mean()) >= 0.95
    values = torch.stack(values)
    error = values.std(0) / 60**0.5
    assert float(((values.mean(0) - truth).abs() <= 4.5 * error + 1e-12).double().mean()) > 0.999
    again = approximate_sensitivity(wide, x, data.edge_index, generator=generator.manual_seed(59))
    assert torch.equal(again.value, found.value)
    torch.testing.assert_close(found.root.square(), found.value)


def test_the_root_is_too_low_by_the_relative_variance_over_8_probes():
    """E sqrt(mean of k) = sqrt(mean) (1 - relative variance / 8 k + ...), each row a trial."""
    mix = torch.randn(24, 1, generator=torch.Generator().manual_seed(0)).double()
    wide, x, no_edges = Calls(lambda x, e: x @ mix.T), features(300, 1), torch.zeros(2, 0).long()
    k, roots, truth = 16, [], mix.square().sum()
    for seed in range(10):
        random = torch.Generator().manual_seed(seed)
        found = approximate_sensitivity(wide, x, no_edges, num_probes=k, generator=random)
        roots.append(found.root.diagonal() / truth.sqrt())
    roots = torch.cat(roots)
    variance = float(2 * (1 - mix.pow(4).sum() / truth**2))
    low, error = 1 - float(roots.mean()), float(roots.std()) / roots.numel() ** 0.5
    assert abs(low - variance / (8 * k)) < 3 * error
    assert abs(low - variance / (4 * k)) > 3 * error


def test_probes_of_chosen_rows_and_read_outs():
    data, x, net = karate(), features(34), stack().eval()
    rows = torch.tensor([5, 0])
    found = approximate_sensitivity(net, x, data.edge_index, nodes=rows, num_probes=400)
    truth = sensitivity(net, x, data.edge_index, nodes=rows).square()
    torch.testing.assert_close(found.value, truth, rtol=0.5, atol=float(truth.max()) * 0.1)
    assert bool((found.standard_error[truth == 0] == 0).all())
    pooled = approximate_sensitivity(
        net, x, data.edge_index, readout=lambda h: h.mean(0, keepdim=True)
    )
    assert pooled.value.shape == (1, 34)
    with pytest.raises(ValueError, match="at least 2"):
        approximate_sensitivity(net, x, data.edge_index, num_probes=1)
    with pytest.raises(TooLargeError, match="influence_by_hop"):
        approximate_sensitivity(net, torch.ones(100_000, 6), data.edge_index)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("layer", LAYERS)
def test_on_cuda(layer):
    data, x = karate(), features(34)
    found = sensitivity(stack(layer).cuda(), x.cuda(), data.edge_index.cuda())
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), sensitivity(stack(layer), x, data.edge_index))


def test_refusals():
    data, model = ring(6), stack()
    with pytest.raises(TypeError):
        sensitivity(model, torch.ones(6, 6, dtype=torch.int64), data.edge_index)
    with pytest.raises((ValueError, TypeError)):
        sensitivity(model, features(6), data.edge_index, norm="nuclear")
    with pytest.raises(TooLargeError, match="nodes="):
        sensitivity(model, features(34), karate().edge_index, max_seconds=1e-9)
    with pytest.raises(TooLargeError, match="100,000 nodes"):
        sensitivity(model, torch.ones(100_000, 6), data.edge_index)


def test_a_hundred_thousand_nodes_for_a_few_of_them():
    data = ring(100_000)
    found = sensitivity(
        stack().float(), features(100_000).float(), data.edge_index, nodes=torch.tensor([7])
    )
    assert int((found > 0).sum()) == 7


def test_stop_is_heeded_at_once():
    asked, passes = [], []

    class Counting(torch.autograd.Function):  # and no hook, for which passes would go alone
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, gradient):
            passes.append(None)
            return gradient

    class Counted(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = stack()

        def forward(self, x, edge_index):
            return self.model(Counting.apply(x), edge_index)

    def should_stop():
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Stopped):
        sensitivity(Counted(), features(900), grid(30, 30).edge_index, should_stop=should_stop)
    assert len(asked) == 3
    # what ran at each question, and what was begun before the last one
    assert len(passes) <= 10 * torch.get_num_threads() < 900


def test_decay_is_the_mean_at_each_distance():
    data = path(8)
    found = sensitivity(stack(), features(8), data.edge_index)
    decay = sensitivity_decay(found, hop_distance(data.edge_index, 8))
    assert decay.distance.tolist() == list(range(8))
    assert decay.pairs.tolist() == [8, 14, 12, 10, 8, 6, 4, 2]
    off = torch.cat([found.diagonal(1), found.diagonal(-1)])
    assert float(decay.mean[1]) == pytest.approx(float(off.mean()))
    assert float(decay.standard_error[1]) == pytest.approx(float(off.std() / 14**0.5))
    assert decay.mean[4:].tolist() == [0, 0, 0, 0]


def test_decay_leaves_other_components_out_and_takes_direction_into_account():
    inf = torch.inf
    distance = torch.tensor([[0, 1, inf], [inf, 0, inf], [inf, inf, 0]]).double()
    influence = torch.tensor([[5.0, 0, 0], [2, 5, 0], [0, 0, 5]]).double()
    decay = sensitivity_decay(influence, distance)
    assert decay.distance.tolist() == [0, 1]
    assert decay.mean.tolist() == [5, 2]
    assert decay.standard_error[1].isnan()
    with pytest.raises((ValueError, TypeError)):
        sensitivity_decay(influence, distance[:2, :2])


def test_decay_against_a_distance_with_rounding():
    distance = torch.tensor([[0, 1 / 3], [1 / 3 * (1 + 1e-15), 0]]).double()
    decay = sensitivity_decay(torch.ones(2, 2).double(), distance)
    assert decay.pairs.tolist() == [2, 2]


@pytest.mark.parametrize("name", ["GCN", "GIN", "GAT"])
def test_a_layer_without_edges_passes_nothing_on(name):
    torch.manual_seed(0)
    model = MODELS[name](3, 8, 2, num_layers=2, norm=None).double().eval()
    x, none = torch.randn(4, 3).double(), torch.zeros(2, 0, dtype=torch.int64)
    assert torch.equal(sensitivity(model, x, none) > 0, torch.eye(4, dtype=torch.bool))
    edges = torch.tensor([[0, 1], [1, 0]])
    first = torch.tensor([[True, False], [True, False]])
    found = sensitivity(model, x, edges, inputs={"edge_layers": first}) > 0
    assert found.sum() == 6
