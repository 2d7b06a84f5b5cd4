"""The range measures: closed forms on rings and paths, laws, components."""

import pytest
import torch
from torch import nn
from torch.autograd.functional import hessian
from torch_geometric.nn import GCN

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import (
    Stopped,
    TooLargeError,
    effective_resistance,
    estimate,
    hop_distance,
    sensitivity,
)
from workbench.diagnostics.sensitivity.jacobian_range import (
    hessian_range,
    jacobian_range,
    mixed_influence,
)
from workbench.graphs import erdos_renyi, grid, karate, path, ring


class Of(nn.Module):
    """A model made of one function of x."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, edge_index):
        return self.function(x)


def hops(data):
    return hop_distance(data.edge_index, data.num_nodes)


@pytest.mark.parametrize("size", [9, 12])
@pytest.mark.parametrize("k", [1, 3, 4])
def test_on_a_ring_what_comes_from_k_hops_has_range_k(size, k):
    distance = hops(ring(size))
    influence = (distance == k).double()
    assert jacobian_range(influence, distance).tolist() == [k] * size
    assert jacobian_range(influence, distance, normalized=False).tolist() == [2 * k] * size
    # all within k: (2 + 4 + ... + 2k) / (2k + 1)
    within = (distance <= k).double()
    expected = torch.full((size,), k * (k + 1) / (2 * k + 1)).double()
    torch.testing.assert_close(jacobian_range(within, distance), expected)


def test_resistance_for_distance():
    data, size = ring(10), 10
    resistance = effective_resistance(data.edge_index, size)
    influence = (hops(data) == 3).double()
    expected = torch.full((size,), 3 * 7 / 10).double()  # k (n - k) / n
    torch.testing.assert_close(jacobian_range(influence, resistance), expected)


def test_ends_and_middle_of_a_path():
    distance = hops(path(5))
    found = jacobian_range(torch.ones(5, 5).double(), distance)
    assert found.tolist() == [2.0, 1.4, 1.2, 1.4, 2.0]


def test_the_axioms():
    """Local, a unit interaction has its distance, additive and homogeneous; normalized a mean."""
    data = erdos_renyi(12, 0.3, generator=torch.Generator().manual_seed(0))
    distance = hops(data)
    generator = torch.Generator().manual_seed(1)
    one, other = (torch.rand(12, 12, generator=generator).double() for _ in range(2))
    plain = {"normalized": False}
    unit = torch.zeros(12, 12).double()
    unit[3, 7] = 1.0
    expected = torch.zeros(12).double()
    expected[3] = distance[3, 7]
    assert torch.equal(jacobian_range(unit, distance, **plain), expected)
    both = jacobian_range(one + other, distance, **plain)
    apart = jacobian_range(one, distance, **plain) + jacobian_range(other, distance, **plain)
    torch.testing.assert_close(both, apart)
    tripled = jacobian_range(3 * one, distance, **plain)
    torch.testing.assert_close(tripled, 3 * jacobian_range(one, distance, **plain))
    torch.testing.assert_close(jacobian_range(3 * one, distance), jacobian_range(one, distance))
    nearest, farthest = distance.amin(1), distance.amax(1)
    found = jacobian_range(one, distance)
    assert bool(((nearest <= found) & (found <= farthest)).all())


def test_order_of_the_nodes_and_chosen_rows():
    data = karate()
    order = torch.randperm(34, generator=torch.Generator().manual_seed(0))
    influence = torch.rand(34, 34, generator=torch.Generator().manual_seed(1)).double()
    found = jacobian_range(influence, hops(data))
    turned = jacobian_range(influence[order][:, order], hops(data)[order][:, order])
    torch.testing.assert_close(turned, found[order])
    rows = jacobian_range(influence[order[:5]], hops(data), nodes=order[:5])
    torch.testing.assert_close(rows, found[order[:5]])
    assert torch.equal(
        jacobian_range(influence[order[:5]], hops(data), nodes=order[:5].tolist()), rows
    )
    mask = torch.arange(34) < 7
    torch.testing.assert_close(jacobian_range(influence[mask], hops(data), nodes=mask), found[mask])


def test_direction():
    """What 0 does to 2 travels from 0 to 2."""
    one_way = torch.tensor([[0, 1], [1, 2]])
    influence = torch.eye(3).double()
    influence[2, 0] = 1.0
    assert jacobian_range(influence, hop_distance(one_way, 3)).tolist() == [0, 0, 1]


def test_the_released_code_measures_against_the_messages():
    """On a directed ring of 5, what comes from one hop away lies four hops back."""
    edges = torch.stack([torch.arange(5), (torch.arange(5) + 1) % 5])
    distance, heard = hop_distance(edges, 5), torch.eye(5).double().roll(1, 0)
    assert jacobian_range(heard, distance).tolist() == [1.0] * 5
    assert jacobian_range(heard, distance, variant="official").tolist() == [4.0] * 5
    apart = torch.full((2, 2), torch.inf).double().fill_diagonal_(0)
    both = torch.tensor([[1.0, 1.0], [0.0, 0.0]]).double()
    assert jacobian_range(both, apart)[0].isinf()
    assert jacobian_range(both, apart, variant="official").tolist() == [0.0, 0.0]
    with pytest.raises((ValueError, TypeError)):
        jacobian_range(both, apart, variant="code")


def test_components_do_not_make_nan_and_no_influence_does():
    two = torch.cat([ring(3).edge_index, ring(3).edge_index + 3], dim=1)
    distance = hop_distance(two, 7)
    influence = (distance < 2).double()
    influence[6] = 0.0
    found = jacobian_range(influence, distance)
    torch.testing.assert_close(found[:6], torch.full((6,), 2 / 3).double())
    assert found[6].isnan()
    assert jacobian_range(influence, distance, normalized=False)[6] == 0
    influence[0, 6] = 0.1
    assert jacobian_range(influence, distance)[0].isinf()


def test_with_measured_sensitivity_of_a_linear_model():
    data = ring(12)
    adjacency = torch.zeros(12, 12).double()
    adjacency[data.edge_index[1], data.edge_index[0]] = 0.5
    model = Of(lambda x: adjacency @ (adjacency @ x))
    found = sensitivity(model, torch.ones(12, 2).double(), data.edge_index, norm="l1")
    # two steps of a walk: back with 1/2, two away with 1/4 each; mean distance 1
    torch.testing.assert_close(jacobian_range(found, hops(data)), torch.ones(12).double())


@pytest.mark.parity
def test_the_stored_range_within_so_many_hops():
    """R of City-Networks is this range by hops, with what comes from farther left out."""
    arrays, seen = load_oracle("04_jacobian.npz"), 0
    for name, cases in load_oracle("04_influence.json").items():
        edge_index, num_nodes, _ = oracle_graph(name)
        distance = hop_distance(edge_index, num_nodes)
        influence = torch.from_numpy(arrays[f"{name}/jac_l1"])
        for case, stored in cases.items():
            most = int(case.split("=")[1])
            near = torch.where(distance.transpose(0, 1) <= most, influence, 0.0)
            found = float(jacobian_range(near, distance).mean())
            expected = float(stored["R_from_full_graph_jacobian"])
            assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)
            seen += 1
    assert seen


def readout(x):
    return torch.stack([(x.sum(1).tanh().prod()), (x[:-1] * x[1:]).sum() + (x**3).sum()])


def test_second_derivatives_against_the_whole_hessian():
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    found = mixed_influence(Of(readout), x, path(5).edge_index)
    whole = sum(hessian(lambda x, k=k: readout(x)[k], x).abs().sum((1, 3)) for k in range(2))
    torch.testing.assert_close(found, whole)
    torch.testing.assert_close(found, found.T)


def test_products_of_neighbors_and_of_far_nodes_have_their_distance():
    data = ring(10)
    x = torch.randn(10, 2, generator=torch.Generator().manual_seed(0)).double()
    for k in (1, 2, 5):
        model = Of(lambda x, k=k: (x * x.roll(k, 0)).sum())
        found = hessian_range(model, x, data.edge_index, hops(data))
        torch.testing.assert_close(found, torch.full((10,), k).double())
    # squared differences of neighbors: 4 on the diagonal, 2 on each side of it
    model = Of(lambda x: ((x - x.roll(1, 0)) ** 2).sum())
    found = hessian_range(model, x, data.edge_index, hops(data))
    torch.testing.assert_close(found, torch.full((10,), 0.5).double())
    total = hessian_range(model, x, data.edge_index, hops(data), normalized=False)
    torch.testing.assert_close(total, torch.full((10,), 8.0).double())  # two channels


def test_piecewise_linear_models_have_no_graph_range():
    data = ring(4)
    for function in (lambda x: x.relu().sum(), lambda x: torch.ones(()), lambda x: x.mean(0)):
        x = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
        assert not mixed_influence(Of(function), x, data.edge_index).any()
        assert bool(hessian_range(Of(function), x, data.edge_index, hops(data)).isnan().all())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_modes_and_gradients_are_left_alone(mode):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Dropout(0.5)).double()

    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, x, edge_index, scale=None):
            return scale * self.inner(x).mean(0)

    wrapped, data = Wrapped().train(), path(3)
    model[2].eval()
    with mode():
        x, scale = torch.ones(3, 2).double(), torch.ones(3).double()
        inputs = {"scale": scale}
        first = mixed_influence(wrapped, x, data.edge_index.clone(), inputs=inputs)
        assert torch.equal(first, mixed_influence(wrapped, x, data.edge_index, inputs=inputs))
    assert wrapped.training
    assert all(p.grad is None for p in model.parameters())
    assert bool((first.diagonal() > 0).all())
    assert torch.equal(first, torch.diag(first.diagonal()))  # a mean mixes no two nodes


def test_read_outs_of_a_model_that_returns_several():
    data = ring(6)
    x = torch.randn(6, 2, generator=torch.Generator().manual_seed(0)).double()
    product = lambda x: (x * x.roll(2, 0)).sum()  # noqa: E731
    several = Of(lambda x: (product(x), None))
    expected = mixed_influence(Of(product), x, data.edge_index)
    first = {"readout": lambda output: output[0]}
    assert torch.equal(mixed_influence(several, x, data.edge_index, **first), expected)
    found = hessian_range(several, x, data.edge_index, hops(data), **first)
    torch.testing.assert_close(found, torch.full((6,), 2.0).double())
    with pytest.raises(ValueError, match=r"readout=lambda output: output\[0\]"):
        mixed_influence(several, x, data.edge_index)


def test_second_derivatives_through_message_passing():
    torch.manual_seed(0)
    net, data = GCN(3, 4, 2, 2, act="tanh").double().eval(), karate()
    x = torch.randn(34, 3, generator=torch.Generator().manual_seed(0)).double()
    mean = lambda output: output.mean(0)  # noqa: E731
    found = mixed_influence(net, x, data.edge_index, readout=mean)
    whole = sum(
        hessian(lambda x, k=k: mean(net(x, data.edge_index))[k], x).abs().sum((1, 3))
        for k in range(2)
    )
    torch.testing.assert_close(found, whole)


def test_what_takes_too_long_is_refused_and_stopped():
    data, x = grid(12, 12), torch.randn(144, 40, generator=torch.Generator().manual_seed(0))
    net = GCN(40, 32, 2, 7, act="tanh").eval()
    for function in (mixed_influence, lambda *a, **o: hessian_range(*a, hops(data), **o)):
        with pytest.raises(TooLargeError, match=r"144 nodes .* max_seconds=0\.001.*fewer outputs"):
            function(net, x, data.edge_index, max_seconds=1e-3)
        answers = iter([False, False, True])  # who asks once more, ends in StopIteration
        stop = {"max_seconds": 1e9, "should_stop": answers.__next__}
        with pytest.raises(Stopped):
            function(net, x, data.edge_index, **stop)
        assert next(answers, "asked three times") == "asked three times"


def test_the_estimate_says_which_model_it_is_for():
    for name in ("mixed_influence", "hessian_range"):
        assert "16 channels, two layers and one output" in estimate(name, num_nodes=30).why
    for name in ("sensitivity", "approximate_sensitivity", "obstruction"):
        assert "GCN of six layers of width 32" in estimate(name, num_nodes=30).why
    for name in ("influence_by_hop", "effective_range"):
        assert "sixteen layers of width 32 and ten outputs" in estimate(name, num_nodes=30).why


@pytest.mark.parametrize("cause", ["detach", "no_grad"])
def test_a_model_that_cuts_its_gradients_is_told(cause):
    inner = nn.Linear(2, 3)

    def cut(x):
        if cause == "detach":
            return inner(x.detach()).tanh().sum()
        with torch.no_grad():
            return inner(x).tanh().sum()

    data, x = ring(4), torch.ones(4, 2)
    with pytest.warns(UserWarning, match=r"no gradient reaches x.*detaches x"):
        assert not mixed_influence(Of(cut), x, data.edge_index).any()
    with pytest.warns(UserWarning, match="no gradient reaches x"):
        assert bool(hessian_range(Of(cut), x, data.edge_index, hops(data)).isnan().all())


def test_refusals():
    distance = hops(ring(4))
    with pytest.raises(ValueError, match="nodes="):
        jacobian_range(torch.ones(2, 4).double(), distance)
    with pytest.raises((ValueError, TypeError)):
        jacobian_range(torch.ones(3, 3).double(), distance)
    with pytest.raises(ValueError, match="norm"):
        jacobian_range(-torch.ones(4, 4).double(), distance)
    data = ring(2000)
    with pytest.raises(TooLargeError, match="read-out"):
        mixed_influence(Of(torch.sum), torch.ones(2000, 1), data.edge_index)
    with pytest.raises(ValueError, match="tuple"):
        mixed_influence(Of(lambda x: (x, x)), torch.ones(4, 1), ring(4).edge_index)
    with pytest.raises(TypeError):
        mixed_influence(Of(torch.sum), torch.ones(4, 1, dtype=torch.int64), ring(4).edge_index)
