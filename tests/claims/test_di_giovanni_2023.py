"""Di Giovanni et al., ICML 2023, arXiv 2302.02941: what can be checked without training.

Width, depth and topology: the walk bound, what depth does to it, and obstruction as resistance.
"""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.nn import GCNConv

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import (
    commute_time,
    effective_resistance,
    hop_distance,
    obstruction,
    obstruction_limit,
    sensitivity,
    walk_bound,
)
from workbench.graphs import clique_path, crossed_ring, karate, lollipop, ring, tree


class Stack(nn.Module):
    """GCN layers with ReLU between them."""

    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(GCNConv(*size).double() for size in sizes)

    def forward(self, x, edge_index):
        for place, layer in enumerate(self.layers):
            x = layer(x if place == 0 else x.relu(), edge_index)
        return x

    def bound(self, edge_index, num_nodes, norm):
        weights = [layer.lin.weight.detach() for layer in self.layers]
        return walk_bound(
            edge_index,
            num_nodes,
            num_layers=len(weights),
            weight_bound=max(float(w.abs().max()) for w in weights),
            width=max(max(w.shape) for w in weights),
            self_weight=0.0,
            self_loops=True,
            norm=norm,
        )


@pytest.mark.parametrize("norm", ["frobenius", "l1", "spectral"])
@pytest.mark.parametrize("width", [1, 4, 16])
def test_theorem_3_2_bounds_a_gcn(norm, width):
    data = karate()
    torch.manual_seed(0)
    model = Stack([(3, width), (width, width), (width, width), (width, 2)])
    found = sensitivity(model, torch.randn(34, 3).double(), data.edge_index, norm=norm)
    limit = model.bound(data.edge_index, 34, norm)
    assert bool((found <= limit * (1 + 1e-9)).all())
    assert bool((found[hop_distance(data.edge_index, 34) > 4] == 0).all())


@pytest.mark.parity
@pytest.mark.parametrize(
    ("norm", "quantity"), [("l1", "jac_l1"), ("frobenius", "jac_fro"), ("spectral", "jac_spectral")]
)
def test_theorem_3_2_bounds_the_stored_jacobians(norm, quantity):
    arrays = load_oracle("04_jacobian.npz")
    places = [k.split("/")[1] for k in arrays if k.startswith("weights/") and k.endswith("weight")]
    weights = [torch.from_numpy(arrays[f"weights/{place}/weight"]) for place in places]
    model = Stack([w.shape[::-1] for w in weights])
    for layer, weight in zip(model.layers, weights, strict=True):
        layer.lin.weight.data = weight
    names = [key.split("/")[0] for key in arrays if key.endswith(f"/{quantity}")]
    assert names
    for name in names:
        edge_index, num_nodes, _ = oracle_graph(name)
        stored = torch.from_numpy(arrays[f"{name}/{quantity}"])
        assert bool((stored <= model.bound(edge_index, num_nodes, norm) * (1 + 1e-9)).all())


def between(data, source, target, depth):
    found = walk_bound(data.edge_index, data.num_nodes, num_layers=depth, self_weight=0.0)
    return float(found[source, target])


@pytest.mark.parametrize("size", [6, 8, 12, 20])
def test_what_reaches_the_source_of_the_transfer_graphs(size):
    """At depth = distance; two formulas of the authors' README do not hold, and are not here."""
    r = size // 2
    assert between(ring(size), 0, r, r) == pytest.approx(2.0 ** -(r - 1))
    expected = 8 / 9 * 2.0 ** -(r - 1)  # not (3/2)^-(r - 1)
    assert between(crossed_ring(size), 0, r, r) == pytest.approx(expected)
    r = size // 2 + 1
    expected = 2.0 ** -(r - 2) / ((r - 1) * math.sqrt(r - 2))  # r - 1, not r
    assert between(clique_path(size), 0, size - 1, r) == pytest.approx(expected)


def test_by_resistance_the_crossed_ring_is_easier_and_the_clique_path_harder():
    for size in (8, 12, 20):
        far = []
        for data, target in (
            (crossed_ring(size), size // 2),
            (ring(size), size // 2),
            (clique_path(size), size - 1),
        ):
            far.append(float(effective_resistance(data.edge_index, size)[0, target]))
        assert far == sorted(far)
        assert far[:2] == pytest.approx([0.5 + size / 8, size / 4])


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_depth_comparable_to_distance_is_exponentially_small(depth):
    """Theorem 4.1 at m = r: gamma_r / d_min^r walks at most; on a binary tree 4^-r and a factor."""
    data = tree(depth)
    leaf = data.num_nodes - 1
    options = {"num_layers": depth, "self_weight": 0.0}
    found = float(walk_bound(data.edge_index, data.num_nodes, **options)[0, leaf])
    walks = walk_bound(data.edge_index, data.num_nodes, **options, normalization="none")
    degree = torch.bincount(data.edge_index[0]).min()
    assert found <= float(walks[0, leaf]) / float(degree) ** depth
    # sqrt(2 d) for the root and 1 for the leaf, 3 at each node between
    assert found == pytest.approx(1 / math.sqrt(2) / 3 ** (depth - 1))


def test_deep_networks_of_small_weights_vanish():
    """Theorem 4.2: below 1, the bound falls by a factor c w p rho(S) with each layer."""
    data = karate()
    options = {"weight_bound": 0.1, "width": 4, "self_weight": 0.5, "neighbor_weight": 0.5}
    bounds = [
        walk_bound(data.edge_index, 34, num_layers=m, **options, log=True) for m in (200, 201)
    ]
    fall = torch.full((34, 34), math.log(0.4)).double()  # rho(S) = 1
    torch.testing.assert_close(bounds[1] - bounds[0], fall, atol=1e-6, rtol=1e-6)


class Mixing(nn.Module):
    """h' = (c_r h + c_a Ahat h) W^T, without activation."""

    def __init__(self, walk, weights, c_r, c_a):
        super().__init__()
        self.layers = nn.ModuleList(Layer(walk, weight, c_r, c_a) for weight in weights)

    def forward(self, x, edge_index):
        for layer in self.layers:
            x = layer(x)
        return x


class Layer(nn.Module):
    def __init__(self, walk, weight, c_r, c_a):
        super().__init__()
        self.mix, self.weight = c_r * torch.eye(len(walk)).double() + c_a * walk, weight

    def forward(self, x):
        return self.mix @ x @ self.weight.T


def measured(data, weights, c_r, c_a, pairs):
    size = data.num_nodes
    walk = torch.zeros(size, size).double()
    walk[data.edge_index[1], data.edge_index[0]] = 1.0
    degree = walk.sum(1)
    model = Mixing(walk / (degree[:, None] * degree).sqrt(), weights, c_r, c_a)
    names = [f"layers.{at}" for at in range(len(weights))]
    x = torch.ones(size, weights[0].size(1)).double()
    return obstruction(model, x, data.edge_index, pairs, layers=names)


def of_singular_values(low, high, count, seed):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(count):
        u, _, v = torch.linalg.svd(torch.randn(3, 3, generator=generator).double())
        values = low + (high - low) * torch.rand(3, generator=generator).double()
        yield u @ torch.diag(values) @ v


def test_obstruction_is_resistance_for_equal_singular_values():
    """Lollipop of a 5-clique and 4 more nodes: 0 and 8 tend to 2 (2/5 + 4)."""
    data, pairs = lollipop(5, 4), torch.tensor([[0, 0, 4], [8, 1, 8]])
    weights = list(of_singular_values(0.8, 0.8, 400, 0))  # nu (c_r + c_a) = 1
    found = measured(data, weights, 0.625, 0.625, pairs)
    limit = obstruction_limit(data.edge_index, 9, singular_value=0.8, neighbor_weight=0.625)
    assert float(limit[0, 8]) == pytest.approx(8.8)
    torch.testing.assert_close(found, limit[pairs[0], pairs[1]], atol=1e-4, rtol=1e-4)
    steps = commute_time(data.edge_index, 9) / data.num_edges
    torch.testing.assert_close(limit, 2 * steps)  # tau / 2|E| = R


@pytest.mark.parametrize("seed", range(3))
def test_theorem_5_5_between_the_extreme_singular_values(seed):
    data, pairs = lollipop(5, 4), torch.tensor([[0, 0, 4, 2], [8, 1, 8, 6]])
    weights = list(of_singular_values(0.7, 1.0, 60, seed))
    resistance = effective_resistance(data.edge_index, 9)[pairs[0], pairs[1]]
    # nu = 0.7 with nu (c_r + c_a) = 1: at least R / (nu c_a), but for what depth leaves out
    c_a = 0.5 / 0.7
    low = measured(data, weights, c_a, c_a, pairs)
    same = measured(data, list(of_singular_values(0.7, 0.7, 60, seed)), c_a, c_a, pairs)
    assert bool((low >= same * (1 - 1e-9)).all())
    assert bool((same <= resistance / 0.5 * (1 + 1e-9)).all())
    # mu = 1 with mu (c_r + c_a) = 1: at most R / (mu c_a)
    high = measured(data, weights, 0.5, 0.5, pairs)
    assert bool((high <= resistance / 0.5 * (1 + 1e-9)).all())


def test_obstruction_ranks_the_pairs_as_resistance_does():
    data = karate()
    pairs = torch.tensor([[0, 0, 0, 0, 0, 0], [33, 11, 16, 1, 26, 8]])
    weights = [torch.eye(1).double()] * 80
    found = measured(data, weights, 0.5, 0.5, pairs).numpy()
    resistance = effective_resistance(data.edge_index, 34)[pairs[0], pairs[1]].numpy()
    assert (np.argsort(found) == np.argsort(resistance)).all()
