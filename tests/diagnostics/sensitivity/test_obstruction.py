"""Jacobian obstruction: the linear series, its limit, second implementations, odd models."""

import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch_geometric.nn import GCNConv

from workbench.diagnostics import Stopped, TooLargeError, effective_resistance
from workbench.diagnostics.sensitivity.obstruction import obstruction, obstruction_limit
from workbench.graphs import erdos_renyi, karate, lollipop, ring


def walk_and_degree(edge_index, size):
    adjacency = torch.zeros(size, size).double()
    adjacency[edge_index[1], edge_index[0]] = 1.0
    degree = adjacency.sum(1)
    return adjacency / (degree[:, None] * degree).sqrt(), degree


class Linear(nn.Module):
    """h' = (I - s (I - Ahat)) h, one module for every step."""

    def __init__(self, walk, step, depth):
        super().__init__()
        self.layers = nn.ModuleList([Step(walk, step) for _ in range(depth)])

    def forward(self, x, edge_index):
        for layer in self.layers:
            x = layer(x)
        return x


class Step(nn.Module):
    def __init__(self, walk, step):
        super().__init__()
        self.matrix = (1 - step) * torch.eye(walk.size(0)).double() + step * walk

    def forward(self, x):
        return self.matrix @ x


def names(depth):
    return [f"layers.{at}" for at in range(depth)]


def series(walk, degree, step, depth):
    """sum_j (P^j)_vv / d_v + (P^j)_uu / d_u - 2 (P^j)_vu / sqrt(d_v d_u)."""
    lazy, power, total = (1 - step) * torch.eye(len(degree)).double() + step * walk, None, 0.0
    for _ in range(depth + 1):
        power = torch.eye(len(degree)).double() if power is None else power @ lazy
        scaled = power / (degree[:, None] * degree).sqrt()
        total = total + scaled.diagonal()[:, None] + scaled.diagonal() - 2 * scaled
    return total


@pytest.mark.parametrize("depth", [1, 4, 10])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_linear_model_gives_the_series(depth, channels):
    data = karate()
    walk, degree = walk_and_degree(data.edge_index, 34)
    pairs = torch.tensor([[0, 33, 5, 16, 7], [33, 0, 6, 26, 7]])
    found = obstruction(
        Linear(walk, 0.4, depth),
        torch.ones(34, channels).double(),
        data.edge_index,
        pairs,
        layers=names(depth),
    )
    torch.testing.assert_close(found, series(walk, degree, 0.4, depth)[pairs[0], pairs[1]])


def test_with_depth_it_tends_to_resistance():
    """Nodes 0 and 8 of the lollipop: R = 2/5 + 4, times 2."""
    data = lollipop(5, 4)
    walk, _ = walk_and_degree(data.edge_index, 9)
    limit = obstruction_limit(data.edge_index, 9, neighbor_weight=0.5)
    assert float(limit[0, 8]) == pytest.approx(8.8)
    shortfall = []
    for depth in (50, 100, 400):
        found = obstruction(
            Linear(walk, 0.5, depth),
            torch.ones(9, 1).double(),
            data.edge_index,
            torch.tensor([[0], [8]]),
            layers=names(depth),
        )
        shortfall.append(8.8 - float(found[0]))
    assert shortfall[0] > shortfall[1] > shortfall[2]
    assert abs(shortfall[2]) < 1e-4


def test_the_series_tends_to_the_limit_on_every_pair():
    for seed in range(5):
        data = erdos_renyi(9, 0.5, generator=torch.Generator().manual_seed(seed))
        walk, degree = walk_and_degree(data.edge_index, 9)
        limit = obstruction_limit(data.edge_index, 9, singular_value=0.8, neighbor_weight=0.5)
        if bool(limit.isinf().any()):
            continue
        torch.testing.assert_close(series(walk, degree, 0.4, 2000), limit, atol=1e-6, rtol=1e-6)


class Stack(nn.Module):
    """Three GCN layers with tanh and dropout; the states are the activations."""

    def __init__(self):
        super().__init__()
        sizes = [(2, 4), (4, 4), (4, 3)]
        self.convolutions = nn.ModuleList([GCNConv(*size) for size in sizes])
        self.states = nn.ModuleList([nn.Sequential(nn.Tanh(), nn.Dropout(0.5)) for _ in sizes])
        self.readout = nn.Linear(3, 1)

    def forward(self, x, edge_index):
        for convolution, state in zip(self.convolutions, self.states, strict=True):
            x = state(convolution(x, edge_index))
        return self.readout(x)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("norm", ["spectral", "frobenius"])
def test_the_definition_by_whole_jacobians(symmetric, norm):
    data = karate()
    torch.manual_seed(0)
    model = Stack().double().eval()
    x = torch.randn(34, 2).double()
    layers, pairs = [f"states.{at}" for at in range(3)], torch.tensor([[0, 11, 0], [33, 4, 1]])
    options = {"symmetric": symmetric, "norm": norm}
    found = obstruction(model, x, data.edge_index, pairs, layers=layers, **options)
    states = [x]
    for convolution, state in zip(model.convolutions, model.states, strict=True):
        states.append(state(convolution(states[-1], data.edge_index)).detach())
    _, degree = walk_and_degree(data.edge_index, 34)
    expected = torch.zeros(3).double()
    for k in range(4):

        def rest(h, k=k):
            for convolution, state in zip(model.convolutions[k:], model.states[k:], strict=True):
                h = state(convolution(h, data.edge_index))
            return h

        whole = jacobian(rest, states[k])
        for at, (v, u) in enumerate(pairs.T.tolist()):
            scale = (degree[v] * degree[u]).sqrt()
            block = whole[v, :, v] / degree[v] - whole[v, :, u] / scale
            if symmetric:
                block = block + whole[u, :, u] / degree[u] - whole[u, :, v] / scale
            order = 2 if norm == "spectral" else "fro"
            expected[at] += torch.linalg.matrix_norm(block, ord=order)
    torch.testing.assert_close(found, expected)


def test_one_module_that_runs_several_times():
    data = lollipop(4, 2)
    walk, degree = walk_and_degree(data.edge_index, 6)

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.step = Step(walk, 0.5)

        def forward(self, x, edge_index):
            return self.step(self.step(self.step(x)))

    x, pairs = torch.ones(6, 1).double(), torch.tensor([[0, 5], [5, 0]])
    with torch.no_grad():
        found = obstruction(Shared(), x, data.edge_index, pairs, layers=["step"])
    torch.testing.assert_close(found, series(walk, degree, 0.5, 3)[pairs[0], pairs[1]])


class Several(nn.Module):
    """Returns more than a tensor; may cut its gradients on the way."""

    def __init__(self, walk, cut=lambda x: x):
        super().__init__()
        self.model, self.cut = Linear(walk, 0.5, 2), cut

    def forward(self, x, edge_index):
        x = self.model.layers[0](x.mul_(1.0))
        return {"states": self.model.layers[1](self.cut(x)), "loss": None}


def test_a_model_may_return_anything_and_change_its_input():
    data = ring(6)
    walk, _ = walk_and_degree(data.edge_index, 6)
    x, pairs = torch.ones(6, 1).double(), torch.tensor([[0, 1], [3, 2]])
    layers = ["model.layers.0", "model.layers.1"]
    found = obstruction(Several(walk), x, data.edge_index, pairs, layers=layers)
    plain = obstruction(Linear(walk, 0.5, 2), x, data.edge_index, pairs, layers=names(2))
    assert torch.equal(found, plain)


def test_gradients_that_are_cut_are_told():
    data = ring(6)
    walk, _ = walk_and_degree(data.edge_index, 6)
    scale = nn.Parameter(torch.ones(()).double())
    cut = Several(walk, lambda x: x.detach() * scale)
    x, pairs = torch.ones(6, 1).double(), torch.tensor([[0], [3]])
    layers = ["model.layers.0", "model.layers.1"]
    with pytest.warns(UserWarning, match="no gradient reaches x, state 1 from the last of 2"):
        found = obstruction(cut, x, data.edge_index, pairs, layers=layers)
    torch.testing.assert_close(found, torch.ones(1).double())  # 1/2 + 1/2 of the last state alone


def test_what_takes_too_long_is_refused_and_stopped():
    data = karate()
    walk, _ = walk_and_degree(data.edge_index, 34)
    pairs = torch.arange(34).view(2, 17)
    call = lambda **options: obstruction(  # noqa: E731
        Linear(walk, 0.5, 3),
        torch.ones(34, 2).double(),
        data.edge_index,
        pairs,
        layers=names(3),
        **options,
    )
    with pytest.raises(TooLargeError, match=r"max_seconds=1e-05; use obstruction of fewer pairs"):
        call(max_seconds=1e-5)
    asked = []
    with pytest.raises(Stopped):
        call(should_stop=lambda: bool(asked.append(1)) or len(asked) > 3)
    assert len(asked) == 4


def test_limits():
    data = ring(6)
    resistance = effective_resistance(data.edge_index, 6)
    found = obstruction_limit(data.edge_index, 6, singular_value=2.0, activation=0.5)
    torch.testing.assert_close(found, resistance / 2)
    assert obstruction_limit(data.edge_index, 7)[0, 6].isinf()
    assert not obstruction_limit(data.edge_index, 7, activation=0.0).any()
    for wrong in ({"singular_value": 0.0}, {"neighbor_weight": -1.0}, {"activation": 1.5}):
        with pytest.raises(ValueError, match="got"):
            obstruction_limit(data.edge_index, 6, **wrong)


def test_refusals():
    data = ring(6)
    walk, _ = walk_and_degree(data.edge_index, 6)
    model, x, pairs = Linear(walk, 0.5, 2), torch.ones(6, 1).double(), torch.tensor([[0], [1]])
    with pytest.raises(ValueError, match=r"layers.0"):
        obstruction(model, x, data.edge_index, pairs, layers=["layer"])
    with pytest.raises(ValueError, match="0 to 6"):
        obstruction(model, x, data.edge_index, torch.tensor([[0], [6]]), layers=names(2))
    with pytest.raises(ValueError, match="no neighbor"):
        obstruction(model, torch.ones(7, 1), data.edge_index, pairs + 5, layers=names(2))
    with pytest.raises(TypeError):
        obstruction(model, x.long(), data.edge_index, pairs, layers=names(2))

    class Ends(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused, self.pool = nn.Identity(), nn.Identity()

        def forward(self, x, edge_index):
            return self.pool(x.mean(0))

    with pytest.raises(ValueError, match="only 0 ran"):
        obstruction(Ends(), x, data.edge_index, pairs, layers=["unused"])
    with pytest.raises(ValueError, match=r"gave \[1\]"):
        obstruction(Ends(), x, data.edge_index, pairs, layers=["pool"])
    assert obstruction(model, x, data.edge_index, pairs[:, :0], layers=names(2)).shape == (0,)
