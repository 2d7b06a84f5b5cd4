"""Jacobian norms against the whole Jacobian, and what a model may do to them."""

import threading
import time

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch_geometric.nn import GATConv, GCNConv, GINConv, global_mean_pool

from workbench.diagnostics import (
    Stopped,
    TooLargeError,
    hop_distance,
    jacobian_rows,
    sensitivity,
    sensitivity_decay,
)
from workbench.graphs import grid, karate, path, ring


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
        (lambda x, e: x.sum(1), r"unsqueeze"),
    ],
)
def test_outputs_that_are_not_per_node(output, message):
    with pytest.raises(ValueError, match=message):
        sensitivity(Calls(output), features(6), ring(6).edge_index)


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
    data, started = grid(30, 30), time.perf_counter()
    with pytest.raises(Stopped):
        sensitivity(
            stack(),
            features(900),
            data.edge_index,
            should_stop=lambda: time.perf_counter() > started + 0.3,
        )
    assert time.perf_counter() - started < 1.5


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
