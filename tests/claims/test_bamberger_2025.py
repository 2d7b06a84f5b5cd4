"""Bamberger et al., ICML 2025, arXiv 2506.05971: what can be checked without training.

The range of synthetic tasks, of message passing and of global mixing, and of graph-level tasks.
"""

import math

import pytest
import torch
from torch import nn
from torch_geometric.nn import GCNConv

from workbench.diagnostics import (
    effective_resistance,
    hessian_range,
    hop_distance,
    jacobian_range,
    sensitivity,
    walk_bound,
)
from workbench.graphs import erdos_renyi, grid, karate, ring


class Of(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, edge_index):
        return self.function(x)


def connected(seed):
    data = erdos_renyi(20, 0.2, generator=torch.Generator().manual_seed(seed))
    return data if bool(hop_distance(data.edge_index, 20).isfinite().all()) else connected(seed + 1)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_range_of_a_dirac_task_is_its_hop_distance(k):
    for data in (grid(5, 6), connected(0), ring(9)):
        hops = hop_distance(data.edge_index, data.num_nodes)
        reached = (hops == k).any(1)
        found = jacobian_range((hops == k).double(), hops)
        assert found[reached].tolist() == [k] * int(reached.sum())


def test_a_rectangle_grows_linearly_and_walks_by_the_root():
    size = 400
    hops = hop_distance(ring(size).edge_index, size)
    rectangle = [float(jacobian_range((hops <= k).double(), hops)[0]) for k in (10, 20, 40)]
    assert rectangle == pytest.approx([k * (k + 1) / (2 * k + 1) for k in (10, 20, 40)])
    walks = [
        float(
            jacobian_range(
                walk_bound(ring(size).edge_index, size, num_layers=k, self_weight=0.0), hops
            )[0]
        )
        for k in (10, 40, 160)
    ]
    # the mean distance of a walk of k steps on a line is about sqrt(2 k / pi)
    assert walks == pytest.approx([math.sqrt(2 * k / math.pi) for k in (10, 40, 160)], rel=0.03)


def test_message_passing_has_at_most_its_depth_and_a_global_mean_the_mean_distance():
    data = grid(6, 6)
    hops = hop_distance(data.edge_index, 36)
    x = torch.randn(36, 4, generator=torch.Generator().manual_seed(0)).double()
    torch.manual_seed(0)
    layers = [GCNConv(4, 4).double() for _ in range(6)]
    ranges = []
    for depth in (1, 2, 4, 6):

        def forward(x, depth=depth):
            for layer in layers[:depth]:
                x = layer(x, data.edge_index).tanh()
            return x

        found = sensitivity(Of(forward), x, data.edge_index, norm="l1")
        ranges.append(jacobian_range(found, hops))
        assert bool((ranges[-1] <= depth).all())
    means = [float(r.mean()) for r in ranges]
    assert means == sorted(means)
    everywhere = sensitivity(Of(lambda x: x.mean(0).expand(36, -1)), x, data.edge_index, norm="l1")
    torch.testing.assert_close(jacobian_range(everywhere, hops), hops.mean(1))


def test_the_range_is_an_expected_distance_that_samples_estimate():
    data = karate()
    hops = hop_distance(data.edge_index, 34)
    influence = torch.rand(34, 34, generator=torch.Generator().manual_seed(0)).double()
    exact = jacobian_range(influence, hops)
    drawn = torch.multinomial(
        influence, 4000, replacement=True, generator=torch.Generator().manual_seed(1)
    )
    sample = torch.gather(hops.T, 1, drawn)
    error = sample.std(1) / 4000**0.5
    assert float(((sample.mean(1) - exact).abs() <= 3 * error).double().mean()) >= 0.95


def test_with_resistance_redundant_paths_shorten_the_range():
    data = grid(5, 5)
    hops, resistance = (f(data.edge_index, 25) for f in (hop_distance, effective_resistance))
    influence = torch.ones(25, 25).double()
    assert bool((jacobian_range(influence, resistance) < jacobian_range(influence, hops)).all())


@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_graph_task_that_mixes_pairs_k_hops_apart_has_range_k(k):
    data = ring(10)
    hops = hop_distance(data.edge_index, 10)
    x = torch.randn(10, 1, generator=torch.Generator().manual_seed(0)).double()
    apart = (hops == k).double()
    model = Of(lambda x: (x * (apart @ x)).sum())
    found = hessian_range(model, x, data.edge_index, hops)
    torch.testing.assert_close(found, torch.full((10,), float(k)).double())


def test_the_jacobian_of_a_graph_task_cannot_tell_and_the_hessian_can():
    """Two tasks with equal first derivatives at x = 1: products of neighbors, and of antipodes."""
    data, x = ring(8), torch.ones(8, 1).double()
    hops = hop_distance(data.edge_index, 8)
    near, far = Of(lambda x: (x * x.roll(1, 0)).sum()), Of(lambda x: (x * x.roll(4, 0)).sum())
    for model, expected in ((near, 1.0), (far, 4.0)):
        found = hessian_range(model, x, data.edge_index, hops)
        assert found.tolist() == [expected] * 8
        start = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(model(start, None), start)
        assert slope.flatten().tolist() == [2.0] * 8
