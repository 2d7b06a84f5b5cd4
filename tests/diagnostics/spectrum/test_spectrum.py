"""Spectra and gaps against closed forms, and the sparse path against the dense one."""

import math

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import fiedler_vector, laplacian_spectrum, spectral_gap
from workbench.diagnostics.spectrum.full_spectrum import gap_and_fiedler
from workbench.graphs import (
    barbell,
    complete,
    erdos_renyi,
    from_networkx,
    grid,
    lollipop,
    path,
    petersen,
    ring,
    star,
)
from workbench.topology import simple_graph


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, **options)


@pytest.mark.parametrize(
    ("data", "algebraic", "gap"),
    [
        (path(6), 0.26795, 0.19098),
        (ring(8), 0.58579, 0.29289),
        (complete(7), 7, 7 / 6),
        (star(7), 1, 1),
        (barbell(5, 0), 0.29844, 0.0726),
        (lollipop(5, 5), 0.13705, 0.06309),
        (petersen(), 2, 2 / 3),
        (grid(4, 4), 0.58579, 0.21826),
    ],
)
def test_golden_values(data, algebraic, gap):
    assert float(of(laplacian_spectrum, data, normalized=False)[1]) == pytest.approx(
        algebraic, abs=6e-6
    )
    assert float(of(spectral_gap, data)) == pytest.approx(gap, abs=6e-6)


@given(st.integers(1, 14), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_networkx_agrees(size, seed):
    graph = nx.gnp_random_graph(size, 0.25, seed=seed)
    data = from_networkx(graph)
    plain = torch.from_numpy(nx.laplacian_spectrum(graph)).clamp(min=0)
    found = of(laplacian_spectrum, data, normalized=False)
    torch.testing.assert_close(found, plain, rtol=1e-9, atol=1e-9)
    normal = torch.from_numpy(nx.normalized_laplacian_spectrum(graph)).sort().values
    found = of(laplacian_spectrum, data)
    torch.testing.assert_close(found, normal, rtol=1e-9, atol=1e-9)
    count = nx.number_connected_components(graph)
    assert int((found == 0).sum()) == count  # exact zeros, one for each component


@pytest.mark.parametrize("size", [1000, 100_000])
def test_ring_of_any_size(size):
    expected = 1 - math.cos(2 * math.pi / size)
    assert float(of(spectral_gap, ring(size))) == pytest.approx(expected, rel=1e-5)


def test_sparse_and_dense_agree():
    for data in (grid(20, 25), erdos_renyi(400, 0.02, generator=torch.Generator().manual_seed(1))):
        found = float(of(spectral_gap, data))
        expected = float(of(laplacian_spectrum, data)[1])
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_lanczos_without_a_factor_agrees():
    data = erdos_renyi(3000, 0.003, generator=torch.Generator().manual_seed(3))
    gap, expected = of(spectral_gap, data), of(laplacian_spectrum, data)[1]
    assert float(gap) == pytest.approx(float(expected), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("data", [barbell(6, 2), grid(4, 9), grid(15, 40), lollipop(30, 400)])
def test_fiedler_vector_is_an_eigenvector(data):
    y, gap = of(fiedler_vector, data), of(spectral_gap, data)
    source, target = data.edge_index
    degree = torch.bincount(source, minlength=data.num_nodes).double()
    image = degree * y - torch.zeros_like(y).index_add_(0, source, y[target])
    torch.testing.assert_close(image, gap * degree * y, rtol=0, atol=1e-6)
    assert float((degree * y).sum()) == pytest.approx(0, abs=1e-8)
    assert float((degree * y * y).sum()) == pytest.approx(1)
    assert float(y.max()) >= float(y.abs().max()) * (1 - 1e-6)


def test_fiedler_vector_splits_a_barbell_in_the_middle():
    y = of(fiedler_vector, barbell(6, 0))
    assert abs(int(torch.sign(y[:6]).sum())) == 6
    assert bool((y[:6] * y[6:] < 0).all())


def test_disconnected_and_tiny_graphs():
    two_rings = torch.cat([ring(5).edge_index, ring(4).edge_index + 5], dim=1)
    assert spectral_gap(two_rings, 9) == 0
    y = fiedler_vector(two_rings, 10)  # node 9 is isolated
    assert y[:5].unique().numel() == y[5:9].unique().numel() == 1
    assert float(y[0] * y[5]) < 0
    assert float((2 * y).sum()) == pytest.approx(0, abs=1e-12)
    assert y[9] == 0
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1, 3):
        assert spectral_gap(empty, size) == 0
        assert torch.equal(fiedler_vector(empty, size), torch.zeros(size).double())
        assert torch.equal(laplacian_spectrum(empty, size), torch.zeros(size).double())


def test_weights_are_conductances():
    edge_index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    spectrum = laplacian_spectrum(
        edge_index, 3, torch.tensor([2.0, 2.0, 2.0, 2.0]), normalized=False
    )
    assert spectrum.tolist() == pytest.approx([0, 2, 6], abs=1e-12)


def test_the_same_answer_twice():
    graph = simple_graph(grid(30, 31).edge_index, 930)
    first, second = gap_and_fiedler(graph), gap_and_fiedler(graph)
    assert torch.equal(first[1], second[1])
    assert first[0] == second[0]
