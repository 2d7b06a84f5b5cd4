"""Sparsification by resistance: the published chances, no bias, and the spectrum that it keeps."""

import numpy as np
import pytest
import torch

from conftest import load_oracle
from workbench.diagnostics import laplacian_spectrum
from workbench.graphs import barbell, complete
from workbench.rewiring import spanning_sparsify
from workbench.rewiring.methods.spanning_sparsify import edge_probability


@pytest.mark.parity
@pytest.mark.parametrize("name", load_oracle("03o_resistance_sparsification.json"))
def test_chances_are_the_released_ones(name):
    case = load_oracle("03o_resistance_sparsification.json")[name]
    ends = torch.tensor([case["target"], case["source"]])
    weight = torch.tensor(case["weight"], dtype=torch.float64)
    found = edge_probability(ends, int(ends.max()) + 1, weight)
    np.testing.assert_allclose(found, case["probability"], atol=1e-9)


def laplacian(rewired, n):
    matrix = torch.zeros(n, n, dtype=torch.float64)
    matrix[tuple(rewired.edge_index)] = rewired.edge_weight
    return torch.diag(matrix.sum(1)) - matrix


def test_the_mean_over_many_draws_is_the_graph():
    data = barbell(4, 1)
    n, weight = data.num_nodes, torch.ones(data.edge_index.size(1)).double()
    weight[(data.edge_index < 4).all(dim=0)] = 2.5
    mean = torch.zeros(n, n).double()
    for seed in range(400):
        generator = torch.Generator().manual_seed(seed)
        found = spanning_sparsify(
            data.edge_index, n, num_samples=30, edge_weight=weight, generator=generator
        )
        mean += laplacian(found, n) / 400
    full = torch.zeros(n, n).double()
    full[tuple(data.edge_index)] = weight
    full = torch.diag(full.sum(1)) - full
    # one draw of 30: a weight is off by w sqrt((1 - p) / (30 p)), 2.1 at most; 0.1 in the mean
    torch.testing.assert_close(mean, full, rtol=0, atol=0.4)


def test_a_clique_keeps_its_spectrum_with_fewer_edges():
    data = complete(60)
    found = spanning_sparsify(data.edge_index, 60, epsilon=0.5)
    assert found.edge_index.size(1) < data.edge_index.size(1)
    spectrum = laplacian_spectrum(
        found.edge_index, 60, edge_weight=found.edge_weight, normalized=False
    )
    assert 0.5 * 60 < float(spectrum[1]) <= float(spectrum[-1]) < 1.5 * 60


def test_loops_repeats_and_directions():
    edges = torch.tensor([[0, 1, 0, 1, 2], [1, 0, 1, 0, 2]])
    found = spanning_sparsify(edges, 3, num_samples=4)
    assert found.kept.tolist() == [True, True, False, False, True]
    assert found.edge_weight.tolist() == [1, 1, 1]
    weighted = spanning_sparsify(edges, 3, num_samples=4, edge_weight=torch.ones(5).double())
    assert weighted.edge_weight.tolist() == [2, 2, 1]


def test_an_edge_of_weight_0_is_none_and_takes_no_weight_of_another():
    edges = torch.tensor([[0, 1, 1, 2, 0, 2], [1, 0, 2, 1, 2, 0]])
    weight = torch.tensor([3.0, 3.0, 2.0, 2.0, 0.0, 0.0]).double()
    found = spanning_sparsify(edges, 3, num_samples=50, edge_weight=weight)
    assert found.kept.tolist() == [True] * 4 + [False] * 2


def test_what_it_refuses():
    edges = torch.tensor([[0, 1], [1, 0]])
    with pytest.raises(ValueError, match="epsilon must be above 0 and at most 1, got 0"):
        spanning_sparsify(edges, 2, epsilon=0.0)
    with pytest.raises(ValueError, match="num_samples must be at least 1, got 0"):
        spanning_sparsify(edges, 2, num_samples=0)
