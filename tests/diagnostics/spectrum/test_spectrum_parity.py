"""Spectra, eigenspaces, hops and walks against the encodings that the authors' code gave."""

import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import hop_distance, laplacian_eigenpairs, laplacian_spectrum
from workbench.diagnostics.expressivity.weisfeiler_leman.pair_classes import distance_columns
from workbench.diagnostics.expressivity.weisfeiler_leman.prepared import prepare

pytestmark = pytest.mark.parity

ENCODINGS = load_oracle("06_encodings.npz")

#: Theirs divides by degrees in float32 for the normalized Laplacian; the other is whole numbers.
TOLERANCE = {"sym": 1e-5, "none": 1e-9}


def cases(quantity):
    return [name for name in oracle_names() if f"{name}/{quantity}" in ENCODINGS]


def isolated(edge_index, num_nodes):
    return num_nodes - edge_index.unique().numel()


@pytest.mark.parametrize("kind", ["sym", "none"])
@pytest.mark.parametrize("name", cases("lap_sym_eigenvalues"))
def test_spectra(name, kind):
    edge_index, num_nodes, _ = oracle_graph(name)
    expected = torch.from_numpy(ENCODINGS[f"{name}/lap_{kind}_eigenvalues"])
    found = laplacian_spectrum(edge_index, num_nodes, normalized=kind == "sym")
    if kind == "sym":
        # an isolated node is an eigenvalue 1 of theirs, I - Ahat, and 0 of ours, a component
        found[: isolated(edge_index, num_nodes)] = 1.0
        found = found.sort().values
    torch.testing.assert_close(found, expected.sort().values, rtol=0, atol=TOLERANCE[kind])


@pytest.mark.parametrize("kind", ["sym", "none"])
@pytest.mark.parametrize("name", cases("lap_sym_spaces"))
def test_eigenspaces(name, kind):
    if f"{name}/lap_{kind}_projections" not in ENCODINGS:
        pytest.skip("this folder holds no projections of the graph")
    edge_index, num_nodes, _ = oracle_graph(name)
    if kind == "sym" and isolated(edge_index, num_nodes):
        pytest.skip("an isolated node is an eigenvalue 1 of theirs and 0 of ours")
    spaces = ENCODINGS[f"{name}/lap_{kind}_spaces"]
    projections = torch.from_numpy(ENCODINGS[f"{name}/lap_{kind}_projections"]).double()
    whole = laplacian_eigenpairs(edge_index, num_nodes, count=num_nodes, normalized=kind == "sym")
    for (value, first, last), projection in zip(spaces, projections, strict=False):
        vectors = whole.vectors[:, int(first) : int(last) + 1]
        assert whole.values[int(first)].item() == pytest.approx(value, abs=10 * TOLERANCE[kind])
        torch.testing.assert_close(vectors @ vectors.T, projection, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", cases("spd"))
def test_hops(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    found = hop_distance(edge_index, num_nodes)
    found[found.isinf()] = -1
    assert torch.equal(found, torch.from_numpy(ENCODINGS[f"{name}/spd"]).double())


@pytest.mark.parametrize("name", cases("rrwp_dense"))
def test_walks(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    graph, _ = prepare(edge_index, num_nodes, None, None, None)
    expected = torch.from_numpy(ENCODINGS[f"{name}/rrwp_dense"]).double()
    found = torch.from_numpy(distance_columns(graph, "rrwp")).view(num_nodes, num_nodes, -1)
    torch.testing.assert_close(found[:, :, : expected.size(2)], expected, rtol=0, atol=1e-5)
