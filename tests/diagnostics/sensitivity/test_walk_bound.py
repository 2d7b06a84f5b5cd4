"""The walk bound: never exceeded by exact Jacobians of its models, met by the worst of them."""

import math

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from workbench.diagnostics import TooLargeError, hop_distance, sensitivity
from workbench.diagnostics.sensitivity.walk_bound import message_operator, walk_bound
from workbench.graphs import complete, karate, path, ring

ACTIVATIONS = {"relu": (torch.relu, 1.0), "tanh": (torch.tanh, 1.0), "none": (lambda x: x, 1.0)}
ACTIVATIONS["steep"] = (lambda x: 2.5 * torch.tanh(x), 2.5)


class OfTheClass(nn.Module):
    """h' = sigma(c_r W_r h + c_a W_a Aop h), entries of W uniform in [-w, w]."""

    def __init__(self, operator, layers, width, bound, c_r, c_a, activation, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        size = (layers, 2, width, width)
        self.weight = bound * (2 * torch.rand(size, generator=generator).double() - 1)
        self.operator, self.c_r, self.c_a = operator, c_r, c_a
        self.activation = ACTIVATIONS[activation][0]

    def forward(self, x, edge_index):
        for own, others in self.weight:
            x = self.c_r * x @ own.T + self.c_a * (self.operator @ x) @ others.T
            x = self.activation(x)
        return x


@st.composite
def edge_lists(draw):
    size = draw(st.integers(1, 9))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    arcs = draw(st.lists(pairs.filter(lambda p: p[0] != p[1]), max_size=20, unique=True))
    return torch.tensor(arcs, dtype=torch.int64).reshape(-1, 2).T.contiguous(), size


@given(
    edge_lists(),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from(["symmetric", "row", "none"]),
    st.booleans(),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from(["frobenius", "l1", "spectral"]),
    st.tuples(st.floats(0, 3), st.floats(0, 2), st.floats(0, 2)),
    st.integers(0, 10_000),
)
@settings(max_examples=80, deadline=None)
def test_never_exceeded(graph, layers, width, normalization, loops, activation, norm, sizes, seed):
    edge_index, size = graph
    bound, c_r, c_a = sizes
    weight = torch.rand(edge_index.size(1), generator=torch.Generator().manual_seed(seed))
    options = {"normalization": normalization, "self_loops": loops}
    operator = message_operator(edge_index, size, weight, **options)
    model = OfTheClass(operator, layers, width, bound, c_r, c_a, activation, seed)
    x = torch.randn(size, width, generator=torch.Generator().manual_seed(seed)).double()
    found = sensitivity(model, x, edge_index, norm=norm)
    limit = walk_bound(
        edge_index,
        size,
        weight,
        num_layers=layers,
        lipschitz=ACTIVATIONS[activation][1],
        weight_bound=bound,
        width=width,
        self_weight=c_r,
        neighbor_weight=c_a,
        norm=norm,
        **options,
    )
    assert bool((found <= limit * (1 + 1e-9)).all())


@pytest.mark.parametrize("norm", ["frobenius", "l1"])
def test_met_by_the_model_whose_weights_are_all_at_the_bound(norm):
    data = karate()
    options = {"self_weight": 0.5, "neighbor_weight": 2.0}
    operator = message_operator(data.edge_index, 34)
    model = OfTheClass(operator, 3, 4, 1.0, 0.5, 2.0, "none", 0)
    model.weight = torch.full_like(model.weight, 0.7)
    found = sensitivity(model, torch.ones(34, 4).double(), data.edge_index, norm=norm)
    limit = walk_bound(
        data.edge_index, 34, num_layers=3, weight_bound=0.7, width=4, norm=norm, **options
    )
    torch.testing.assert_close(found, limit)


def test_the_sum_of_all_entries_needs_the_factor_of_the_width():
    operator = message_operator(ring(5).edge_index, 5)
    model = OfTheClass(operator, 2, 3, 1.0, 1.0, 1.0, "none", 0)
    model.weight = torch.ones_like(model.weight)
    found = sensitivity(model, torch.ones(5, 3).double(), ring(5).edge_index, norm="l1")
    limit = walk_bound(ring(5).edge_index, 5, num_layers=2, width=3)
    torch.testing.assert_close(found, 3 * limit)


def test_zero_beyond_reach():
    data = path(9)
    hops = hop_distance(data.edge_index, 9)
    for layers in (1, 3, 8):
        found = walk_bound(data.edge_index, 9, num_layers=layers)
        assert torch.equal(found == 0, hops > layers)
    alone = walk_bound(data.edge_index, 10, num_layers=20, self_loops=True)
    assert alone[9].tolist() == [0.0] * 9 + [2.0**20]


def test_closed_forms():
    """On K_n the mean of the others mixes at once; around a ring there are two ways."""
    found = walk_bound(complete(5).edge_index, 5, num_layers=2, self_weight=0.0)
    expected = torch.full((5, 5), 3 / 16).fill_diagonal_(1 / 4)  # two steps to another, and back
    torch.testing.assert_close(found, expected.double())
    for half in (3, 6):
        found = walk_bound(ring(2 * half).edge_index, 2 * half, num_layers=half, self_weight=0.0)
        assert float(found[0, half]) == pytest.approx(2.0 ** -(half - 1))
    counts = walk_bound(path(3).edge_index, 3, num_layers=4, self_weight=0.0, normalization="none")
    assert counts.tolist() == [[2, 0, 2], [0, 4, 0], [2, 0, 2]]


@given(st.integers(1, 12), st.integers(0, 1000), st.integers(1, 6), st.booleans())
@settings(max_examples=50, deadline=None)
def test_powers_by_networkx(size, seed, layers, loops):
    graph = nx.gnp_random_graph(size, 0.3, seed=seed)
    arcs = list(graph.to_directed().edges())
    edge_index = torch.tensor(arcs, dtype=torch.int64).reshape(-1, 2).T.contiguous()
    if loops:
        graph.add_edges_from((v, v) for v in graph)
    adjacency = torch.from_numpy(nx.to_numpy_array(graph, nodelist=range(size)))
    degree = adjacency.sum(1).clamp(min=1)
    walk = 0.3 * torch.eye(size).double() + 0.9 * adjacency / (degree[:, None] * degree).sqrt()
    options = {"self_weight": 0.3, "neighbor_weight": 0.9, "self_loops": loops}
    found = walk_bound(edge_index, size, num_layers=layers, **options)
    torch.testing.assert_close(found, torch.linalg.matrix_power(walk, layers))


def test_direction_and_weights():
    one_way, weight = torch.tensor([[0, 0, 0], [1, 1, 0]]), torch.tensor([1.0, 2.0, 5.0])
    found = walk_bound(one_way, 2, weight, num_layers=1, normalization="none")
    assert found.tolist() == [[1, 0], [3, 1]]  # 0 reaches 1; repeats add; the loop is dropped
    found = walk_bound(one_way, 2, num_layers=1, normalization="none")
    assert found.tolist() == [[1, 0], [1, 1]]


def test_chosen_nodes():
    data = karate()
    whole = walk_bound(data.edge_index, 34, num_layers=3)
    nodes = torch.tensor([33, 0, 33])
    assert torch.equal(walk_bound(data.edge_index, 34, num_layers=3, nodes=nodes), whole[nodes])
    few = walk_bound(ring(100_000).edge_index, 100_000, num_layers=3, nodes=torch.tensor([7]))
    assert int((few > 0).sum()) == 7
    none = walk_bound(data.edge_index, 34, num_layers=3, nodes=nodes[:0])
    assert none.shape == (0, 34)
    with pytest.raises(ValueError, match="34 to 34"):
        walk_bound(data.edge_index, 34, num_layers=3, nodes=torch.tensor([34]))


def test_depth_neither_overflows_nor_underflows_in_logarithms():
    data = ring(4)
    for growth in (1e3, 1e-3):
        found = walk_bound(data.edge_index, 4, num_layers=500, weight_bound=growth, log=True)
        # the rows of S sum to 2, and after many steps its powers are 2^m / 4
        expected = 500 * math.log(2 * growth) + math.log(1 / 4)
        torch.testing.assert_close(found, torch.full((4, 4), expected).double())
    plain = walk_bound(data.edge_index, 4, num_layers=500, weight_bound=1e3)
    assert bool(plain.isinf().all())
    plain = walk_bound(data.edge_index, 4, num_layers=500, weight_bound=1e-3)
    assert plain.tolist() == [[0.0] * 4] * 4
    near = walk_bound(data.edge_index, 4, num_layers=1000, weight_bound=1.0)
    torch.testing.assert_close(near, torch.full((4, 4), 2.0**998, dtype=torch.float64))
    assert walk_bound(path(4).edge_index, 4, num_layers=1, log=True)[0, 3] == -math.inf
    apart = walk_bound(data.edge_index, 5, num_layers=5000)
    assert apart[0].tolist() == [math.inf] * 4 + [0.0]


def test_odd_sizes_and_refusals():
    none = torch.empty(2, 0, dtype=torch.int64)
    assert walk_bound(none, 0, num_layers=3).shape == (0, 0)
    assert walk_bound(none, 1, num_layers=3, width=2).tolist() == [[8.0]]
    edges = ring(4).edge_index
    for wrong, message in (
        ({"num_layers": 0}, "num_layers=0"),
        ({"num_layers": 1, "width": 0}, "width"),
        ({"num_layers": 1, "weight_bound": -1.0}, "weight_bound"),
        ({"num_layers": 1, "lipschitz": math.inf}, "lipschitz"),
    ):
        with pytest.raises(ValueError, match=message):
            walk_bound(edges, 4, **wrong)
    with pytest.raises(ValueError, match="conductances"):
        walk_bound(edges, 4, torch.full((8,), -1.0), num_layers=1)
    with pytest.raises(TooLargeError, match=r"100,000 nodes.*nodes="):
        walk_bound(edges, 100_000, num_layers=1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda():
    data = karate()
    found = walk_bound(data.edge_index.cuda(), 34, num_layers=4)
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), walk_bound(data.edge_index, 34, num_layers=4))
