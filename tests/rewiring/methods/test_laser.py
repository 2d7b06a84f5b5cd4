"""LASER: parity with the released code in both its ways, and true distances in ours."""

import numpy as np
import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import hop_distance
from workbench.graphs import path, ring
from workbench.rewiring import laser
from workbench.rewiring.methods.laser import _released_distances

SETTINGS = [(snapshots, rho) for snapshots in (2, 4) for rho in (0.1, 0.5, 1.0)]


def cases():
    oracle = load_oracle("03d_laser.json")
    return [name for name in oracle_names(directed=False) if name in oracle]


def snapshots(rewired):
    """{hop: its pairs}."""
    found = {}
    for pair, kind in zip(rewired.edge_index.T.tolist(), rewired.edge_type.tolist(), strict=True):
        if kind:
            found.setdefault(kind + 1, []).append(tuple(pair))
    return found


def measured(pairs, hops, measure):
    """Of each node the measures of those it is joined with, ascending."""
    found = {}
    for v, u in sorted(pairs):
        found.setdefault((v, hops[v, u]), []).append(measure[v, u])
    return {key: sorted(values) for key, values in found.items()}


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_released_snapshots(name):
    """As many for each node, and of the same measures: which of equals is chance there."""
    oracle = load_oracle("03d_laser.json")[name]
    edge_index, num_nodes, _ = oracle_graph(name)
    for count, rho in SETTINGS:
        key = f"fast=True,rho={rho}"
        key = key if count == 4 else f"num_snapshots=2,{key}"
        if key not in oracle:
            continue
        hops, measure = _released_distances(edge_index, num_nodes, count)
        found = snapshots(
            laser(edge_index, num_nodes, num_snapshots=count, rho=rho, variant="official")
        )
        for hop in range(2, count + 1):
            ours = measured(found.get(hop, []), hops, measure)
            theirs = measured(map(tuple, oracle[key].get(f"snapshot{hop}", [])), hops, measure)
            assert ours.keys() == theirs.keys()
            for node, values in theirs.items():
                np.testing.assert_allclose(ours[node], values, rtol=1e-9)


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_the_released_matrices(name):
    matrices = load_oracle("03d_laser_matrices.npz")
    edge_index, num_nodes, _ = oracle_graph(name)
    if f"{name}/M_fast=True" in matrices:
        hops, measure = _released_distances(edge_index, num_nodes, 4)
        np.testing.assert_array_equal(hops, np.tril(matrices[f"{name}/D_fast=True"], -1))
        np.testing.assert_allclose(measure, matrices[f"{name}/M_fast=True"], rtol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_each_node_is_joined_with_those_of_the_lowest_measure_at_its_true_distance(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    hops = hop_distance(edge_index, num_nodes).numpy()
    adjacency = np.eye(num_nodes)
    adjacency[tuple(edge_index.numpy())] = 1
    measure = np.linalg.matrix_power(adjacency, 8)
    for hop, pairs in snapshots(laser(edge_index, num_nodes, num_snapshots=4, rho=0.3)).items():
        assert all(hops[v, u] == hop for v, u in pairs)
        assert {(u, v) for v, u in pairs} == set(pairs)
        for v in range(num_nodes):
            orbit = np.flatnonzero(hops[v] == hop)
            least = max(1, round(0.3 * orbit.size))
            mine = [measure[v, u] for w, u in pairs if w == v]
            if orbit.size:
                assert len(mine) >= least
                wanted = np.sort(measure[v, orbit])[:least]
                np.testing.assert_allclose(np.sort(mine)[:least], wanted, rtol=1e-9)


def test_on_a_ring_every_node_at_r_hops_is_alike():
    found = snapshots(laser(ring(10).edge_index, 10, num_snapshots=4, rho=1.0))
    assert {hop: len(pairs) for hop, pairs in found.items()} == {2: 20, 3: 20, 4: 20}
    official = laser(ring(10).edge_index, 10, num_snapshots=3, rho=1.0, variant="official")
    assert {hop: len(pairs) for hop, pairs in snapshots(official).items()} == {2: 10, 3: 20}


def test_one_snapshot_is_the_graph_and_what_is_refused():
    edges = path(4).edge_index
    assert torch.equal(laser(edges, 4, num_snapshots=1).edge_index, edges)
    assert laser(edges, 4, rho=0.0, minimum=0).edge_index.size(1) == edges.size(1)
    with pytest.raises(ValueError, match=r"rho from 0 to 1; got 3, 1 and 1\.5"):
        laser(edges, 4, rho=1.5)
