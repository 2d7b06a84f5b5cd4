"""Parts of spectra against whole ones, closed forms, and the multiplicities that Lanczos misses."""

import math
import sys

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import load_oracle, oracle_graph
from workbench.diagnostics import (
    algebraic_connectivity,
    fiedler_vector,
    laplacian_eigenpairs,
    laplacian_spectrum,
    partial_spectrum,
    relaxation_time,
    spectral_gap,
)
from workbench.graphs import (
    barbell,
    complete,
    csl,
    erdos_renyi,
    from_networkx,
    grid,
    karate,
    path,
    petersen,
    ring,
    star,
)

ENDS = ["smallest", "largest"]


def of(function, data, **options):
    return function(data.edge_index, data.num_nodes, **options)


def part(values, count, which):
    return values[:count] if which == "smallest" else values[max(values.numel() - count, 0) :]


def check_pairs(found, edge_index, num_nodes, *, normalized, tolerance=1e-7):
    """Orthonormal eigenvectors, with residuals that are what they say."""
    source, target = edge_index
    degree = torch.bincount(source, minlength=num_nodes).double()[:, None]
    scale = degree.clamp(min=1).sqrt() if normalized else torch.ones_like(degree)
    x = found.vectors / scale
    image = (degree * x - torch.zeros_like(x).index_add_(0, source, x[target])) / scale
    residual = (image - found.values * found.vectors).norm(dim=0)
    torch.testing.assert_close(residual, found.residual, rtol=1e-3, atol=1e-10)
    assert float(residual.max()) < tolerance
    gram = found.vectors.T @ found.vectors
    torch.testing.assert_close(gram, torch.eye(len(gram)).double(), rtol=0, atol=1e-8)


@given(
    st.integers(0, 14),
    st.integers(0, 10_000),
    st.integers(0, 16),
    st.sampled_from(ENDS),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_part_of_the_whole(size, seed, count, which, normalized):
    data = from_networkx(nx.gnp_random_graph(size, 0.25, seed=seed))
    found = of(laplacian_eigenpairs, data, count=count, which=which, normalized=normalized)
    expected = part(of(laplacian_spectrum, data, normalized=normalized), count, which)
    torch.testing.assert_close(found.values, expected, rtol=1e-9, atol=1e-9)
    if found.values.numel():
        check_pairs(found, data.edge_index, size, normalized=normalized)


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("which", ENDS)
@pytest.mark.parametrize(
    "data",
    [
        grid(28, 31),
        grid(30, 30),  # square: eigenvalues in twos
        ring(901),
        csl(801, 5),
        barbell(8, 800),
        erdos_renyi(900, 0.01, generator=torch.Generator().manual_seed(3)),
        star(700),  # all but two eigenvalues are 1
    ],
    ids=lambda data: data.name,
)
def test_sparse_and_dense_agree(data, which, normalized):
    found = of(laplacian_eigenpairs, data, count=9, which=which, normalized=normalized)
    expected = part(of(laplacian_spectrum, data, normalized=normalized), 9, which)
    torch.testing.assert_close(found.values, expected, rtol=1e-7, atol=1e-10)
    check_pairs(found, data.edge_index, data.num_nodes, normalized=normalized, tolerance=1e-5)


def test_conjugate_gradients_take_over_where_lanczos_does_not_converge(monkeypatch):
    lanczos = sys.modules["workbench.diagnostics.spectrum.lanczos"]
    data = from_networkx(nx.convert_node_labels_to_integers(nx.grid_graph([9, 10, 11])))
    expected = of(laplacian_spectrum, data, normalized=False)[:6]
    with_copies, inverse, tried = lanczos._with_copies, lanczos._inverse, []

    def failing_once(*arguments, **options):
        tried.append("direct")
        if len(tried) == 1:
            raise lanczos.ArpackNoConvergence("cut short", [], [])
        return with_copies(*arguments, **options)

    def noted(laplacian, method):
        tried.append(method)
        return inverse(laplacian, method)

    monkeypatch.setattr(lanczos, "stays_sparse", lambda adjacency: False)
    found = of(partial_spectrum, data, count=6, normalized=False)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-10)
    monkeypatch.setattr(lanczos, "_with_copies", failing_once)
    monkeypatch.setattr(lanczos, "_inverse", noted)
    found = of(partial_spectrum, data, count=6, normalized=False)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-10)
    assert "cg" in tried


@pytest.mark.parametrize("skip", [2, 3, 4, 5, 6, 9, 11, 12, 13, 16])
def test_csl_whose_multiple_eigenvalues_mislead_networkx(skip):
    values = [4 - 2 * math.cos(2 * math.pi * j / 41) - 2 * math.cos(2 * math.pi * j * skip / 41)
              for j in range(1, 41)]  # fmt: skip
    assert float(of(algebraic_connectivity, csl(41, skip))) == pytest.approx(min(values), rel=1e-12)


@pytest.mark.parametrize("size", [1001, 20_001])
def test_csl_by_lanczos(size):
    values = sorted(
        4 - 2 * math.cos(2 * math.pi * j / size) - 2 * math.cos(2 * math.pi * j * 3 / size)
        for j in range(size)
    )
    found = of(partial_spectrum, csl(size, 3), count=7, normalized=False)
    assert found.tolist() == pytest.approx([0, *values[1:7]], rel=1e-7)
    assert values[1] == pytest.approx(values[2])  # every value but 0 comes twice


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (path(6), 2 - 2 * math.cos(math.pi / 6)),
        (ring(8), 2 - 2 * math.cos(2 * math.pi / 8)),
        (complete(7), 7),
        (star(7), 1),
        (petersen(), 2),
        (grid(4, 4), 2 - 2 * math.cos(math.pi / 4)),
        (path(50_000), 2 - 2 * math.cos(math.pi / 50_000)),
        (grid(150, 200), 2 - 2 * math.cos(math.pi / 200)),
    ],
)
def test_algebraic_connectivity_in_closed_form(data, expected):
    assert float(of(algebraic_connectivity, data)) == pytest.approx(expected, rel=1e-7)


@given(st.integers(2, 12), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_networkx_agrees(size, seed):
    graph = nx.gnp_random_graph(size, 0.5, seed=seed)
    expected = nx.algebraic_connectivity(graph, method="tracemin_lu") if size > 2 else None
    if expected is not None:
        found = float(of(algebraic_connectivity, from_networkx(graph)))
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_grid_of_many_nodes():
    sizes = 240, 301
    data = grid(*sizes)
    values = sorted(
        4 - 2 * math.cos(math.pi * a / sizes[0]) - 2 * math.cos(math.pi * b / sizes[1])
        for a in range(8)
        for b in range(8)
    )
    found = of(laplacian_eigenpairs, data, count=8, normalized=False)
    assert found.values.tolist() == pytest.approx(values[:8], rel=1e-7)
    assert float(found.residual.max()) < 1e-8
    top = of(partial_spectrum, data, count=3, which="largest", normalized=False)
    expected = sorted(
        4 + 2 * math.cos(math.pi * a / sizes[0]) + 2 * math.cos(math.pi * b / sizes[1])
        for a in range(1, 9)
        for b in range(1, 9)
    )
    assert top.tolist() == pytest.approx(expected[-3:], rel=1e-7)
    assert float(of(partial_spectrum, data, count=1, which="largest")) == pytest.approx(2)


def test_the_second_pair_is_gap_and_fiedler_vector():
    for data in (karate(), barbell(7, 3), grid(25, 40)):
        found = of(laplacian_eigenpairs, data, count=2)
        assert float(found.values[1]) == pytest.approx(float(of(spectral_gap, data)), rel=1e-6)
        degree = torch.bincount(data.edge_index[0]).double()
        y = found.vectors[:, 1] / degree.sqrt()
        other = of(fiedler_vector, data)
        assert float((degree * y * other).sum().abs()) == pytest.approx(1, abs=1e-6)


def test_components_and_isolated_nodes():
    two = torch.cat([ring(700).edge_index, grid(20, 40).edge_index + 700], dim=1)
    found = laplacian_eigenpairs(two, 1501, count=8)  # node 1500 is isolated
    assert found.values[:3].tolist() == [0, 0, 0]
    assert float(found.values[3]) > 0
    expected = laplacian_spectrum(two, 1501)[:8]
    torch.testing.assert_close(found.values, expected, rtol=1e-7, atol=1e-10)
    check_pairs(found, two, 1501, normalized=True)
    assert algebraic_connectivity(two, 1501) == 0


def test_many_components_cost_nothing():
    empty = torch.empty(2, 0, dtype=torch.int64)
    found = laplacian_eigenpairs(empty, 300_000, count=4)
    assert found.values.tolist() == [0] * 4
    assert found.vectors.sum(0).tolist() == [1] * 4


def test_weights_are_conductances():
    data = grid(20, 40)
    weight = 0.5 + (data.edge_index.sum(0) % 5).double()
    for which in ENDS:
        found = laplacian_eigenpairs(
            data.edge_index, 800, weight, count=4, which=which, normalized=False
        )
        expected = laplacian_spectrum(data.edge_index, 800, weight, normalized=False)
        torch.testing.assert_close(found.values, part(expected, 4, which), rtol=1e-8, atol=1e-10)


def test_the_same_answer_twice():
    first, second = of(laplacian_eigenpairs, grid(30, 31)), of(laplacian_eigenpairs, grid(30, 31))
    assert torch.equal(first.vectors, second.vectors)
    assert torch.equal(first.values, second.values)


@pytest.mark.parity
def test_parity():
    """Of the spectra and gaps of every graph in the oracle folder."""
    compared = 0
    for name, scalars in load_oracle("01_resistance_scalars.json").items():
        graph = oracle_graph(name)
        for key, function in (
            ("fiedler_value_algebraic_connectivity", algebraic_connectivity),
            ("normalized_spectral_gap_lambda2", lambda *graph: partial_spectrum(*graph)[1]),
        ):
            if scalars.get(key) is not None:
                compared += 1
                expected = pytest.approx(scalars[key], rel=1e-8, abs=1e-10)
                assert float(function(*graph)) == expected, (name, key)
        gap = scalars.get("random_walk_spectral_gap_1_minus_max_abs_mu")
        if gap is not None and gap > 1e-10:
            found = 1 / float(relaxation_time(*graph, lazy=False))
            assert found == pytest.approx(gap, rel=1e-8), name
    assert compared


def test_bad_input():
    with pytest.raises(ValueError, match="negative, got -1"):
        of(partial_spectrum, ring(5), count=-1)
    with pytest.raises(ValueError, match="to_undirected"):
        algebraic_connectivity(torch.tensor([[0], [1]]), 2)
    empty = torch.empty(2, 0, dtype=torch.int64)
    for size in (0, 1):
        assert algebraic_connectivity(empty, size) == 0
        assert partial_spectrum(empty, size).tolist() == [0] * size


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_results_lie_on_the_device_of_the_input():
    data = karate()
    found = laplacian_eigenpairs(data.edge_index.cuda(), 34)
    assert found.vectors.is_cuda
    torch.testing.assert_close(found.values.cpu(), of(partial_spectrum, data))
