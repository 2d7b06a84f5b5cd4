"""The encodings against those of GraphGPS, GRIT and PyG, over whatever graphs the folder holds."""

import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.encodings import (
    heat_kernel,
    laplacian_frequencies,
    random_walk,
    rrwp,
    shortest_path,
)

pytestmark = pytest.mark.parity

ORACLE = load_oracle("06_encodings.npz")

#: Theirs divides by degrees in float32 for the normalized Laplacian; the other is whole numbers.
TOLERANCE = {"sym": 1e-5, "none": 1e-9}


def cases(quantity):
    return [name for name in oracle_names(directed=None) if f"{name}/{quantity}" in ORACLE]


def isolated(edge_index, num_nodes):
    return num_nodes - edge_index.unique().numel()


@pytest.mark.parametrize("name", cases("rwse_pyg"))
def test_random_walk(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    expected = torch.from_numpy(ORACLE[f"{name}/rwse_pyg"]).double()
    found = random_walk(edge_index, num_nodes, num_steps=expected.size(1))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", cases("rrwp_dense"))
def test_rrwp(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    expected = torch.from_numpy(ORACLE[f"{name}/rrwp_dense"]).double()
    found = rrwp(edge_index, num_nodes, num_steps=expected.size(2))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    of_nodes = torch.from_numpy(ORACLE[f"{name}/rrwp_abs"]).double()
    torch.testing.assert_close(found.diagonal().T, of_nodes, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["sym", "none"])
@pytest.mark.parametrize("name", cases("lap_sym_gps_eigvals8"))
def test_eigenvalues(name, kind):
    edge_index, num_nodes, _ = oracle_graph(name)
    if kind == "sym" and isolated(edge_index, num_nodes):
        pytest.skip("an isolated node is an eigenvalue 1 of theirs and 0 of ours, a component")
    expected = torch.from_numpy(ORACLE[f"{name}/lap_{kind}_gps_eigvals8"])
    found = laplacian_frequencies(
        edge_index,
        num_nodes,
        num_frequencies=expected.numel(),
        constant=True,
        normalized=kind == "sym",
    )
    torch.testing.assert_close(found.values, expected, rtol=0, atol=TOLERANCE[kind])


@pytest.mark.parametrize("kind", ["sym", "none"])
@pytest.mark.parametrize("name", cases("lap_sym_spaces"))
def test_eigenspaces(name, kind):
    if f"{name}/lap_{kind}_projections" not in ORACLE:
        pytest.skip("this folder holds no projections of the graph")
    edge_index, num_nodes, _ = oracle_graph(name)
    if kind == "sym" and isolated(edge_index, num_nodes):
        pytest.skip("an isolated node is an eigenvalue 1 of theirs and 0 of ours, a component")
    spaces = ORACLE[f"{name}/lap_{kind}_spaces"]
    projections = torch.from_numpy(ORACLE[f"{name}/lap_{kind}_projections"]).double()
    found = laplacian_frequencies(
        edge_index,
        num_nodes,
        num_frequencies=num_nodes,
        constant=True,
        normalized=kind == "sym",
    )
    for (value, first, last), projection in zip(spaces, projections, strict=False):
        vectors = found.vectors[:, int(first) : int(last) + 1]
        assert found.values[int(first)].item() == pytest.approx(value, abs=10 * TOLERANCE[kind])
        torch.testing.assert_close(vectors @ vectors.T, projection, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", cases("heat_diag_expm"))
def test_heat_kernel(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    if f"{name}/heat_expm_t1" in ORACLE:
        whole = torch.from_numpy(ORACLE[f"{name}/heat_expm_t1"]).double()
        found = heat_kernel(edge_index, num_nodes, times=[1.0])
        torch.testing.assert_close(found[:, 0], whole.diagonal(), rtol=0, atol=1e-7)
    expected = torch.from_numpy(ORACLE[f"{name}/heat_diag_expm"]).double()
    found = heat_kernel(edge_index, num_nodes, times=(0.5, 1.0, 2.0, 5.0))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", cases("spd"))
def test_shortest_path(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    expected = torch.from_numpy(ORACLE[f"{name}/spd"]).long()
    found = shortest_path(edge_index, num_nodes, max_hops=int(expected.max()))
    hops = found.argmax(-1).where(found.any(-1), -1)
    assert torch.equal(hops, expected)
