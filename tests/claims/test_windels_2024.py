"""Windels, Malod-Dognin and Pržulj, arXiv 2405.14194: what orbit adjacencies see, and walks not."""

import numpy as np
import pytest
import torch

from workbench.diagnostics import ORBIT_ADJACENCIES, orbit_adjacency
from workbench.graphs import csl, erdos_renyi, karate, rook, shrikhande


def dense(data, **options):
    found = orbit_adjacency(data.edge_index, data.num_nodes, **options)
    return {key: found[key].to_dense() for key in found}


def random_graph(seed=4):
    return erdos_renyi(60, 0.15, generator=torch.Generator().manual_seed(seed))


def test_28_orbit_adjacencies_up_to_four_nodes():
    assert len(ORBIT_ADJACENCIES) == 28


@pytest.mark.parametrize("data", [karate(), random_graph()], ids=["karate", "random"])
def test_walks_up_to_three_steps_are_sums_of_orbit_adjacencies(data):
    """Every walk of up to three steps between two nodes runs inside one induced graphlet."""
    found = dense(data)
    walk = found[1, 0, 0]
    degree = torch.diag(walk.sum(1))
    square = walk @ walk
    assert torch.equal(square, degree + found[1, 3, 3] + found[2, 1, 1])
    # of three steps between two nodes: along an edge and back, or a path of four nodes in a
    # 4-path, 4-cycle, paw, diamond or 4-clique
    cube = square @ walk
    along = walk * (degree.diagonal() + degree.diagonal()[:, None] - 1)
    paths = cube - along - torch.diag(cube.diagonal())
    by_graphlets = (
        found[3, 4, 4]
        + found[1, 8, 8]
        + found[2, 9, 10]
        + found[2, 10, 9]
        + 2 * found[2, 12, 12]
        + found[1, 12, 13]
        + found[1, 13, 12]
        + 2 * found[1, 14, 14]
    )
    assert torch.equal(paths, by_graphlets)


def test_walks_see_a_part_of_the_orbit_adjacencies_only():
    """Powers of the adjacency and its degrees do not span the 28; the walks in them are a few."""
    found = dense(random_graph())
    walk = found[1, 0, 0]
    powers = [torch.linalg.matrix_power(walk, k).flatten() for k in range(4)]
    basis, _ = torch.linalg.qr(torch.stack(powers).T)
    unseen = []
    for key in ORBIT_ADJACENCIES:
        flat = found[key].flatten()
        rest = flat - basis @ (basis.T @ flat)
        if float(rest.norm() / flat.norm()) > 1e-9:
            unseen.append(key)
    assert len(unseen) == 27  # all but the adjacency itself


def test_graphs_with_the_same_walks_and_other_orbit_adjacencies():
    """Rook's graph and Shrikhande's: strongly regular alike, so that all their walks agree."""
    first, second = dense(rook()), dense(shrikhande())
    values = [np.linalg.eigvalsh(found[1, 0, 0].numpy()) for found in (first, second)]
    np.testing.assert_allclose(*values, atol=1e-9)
    for key in ((1, 0, 0), (1, 3, 3), (2, 1, 1)):
        assert first[key].flatten().sort().values.equal(second[key].flatten().sort().values)
    # the rook's graph has cliques of four, Shrikhande's has none
    assert float(first[1, 14, 14].sum()) > 0
    assert float(second[1, 14, 14].sum()) == 0


def test_regular_graphs_with_the_same_degrees_differ():
    first, second = dense(csl(41, 2)), dense(csl(41, 3))
    assert float(first[1, 3, 3].sum()) > 0  # triangles
    assert float(second[1, 3, 3].sum()) == 0
