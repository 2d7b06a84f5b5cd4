"""Random regular layers: degrees, and numbers of nodes that allow none."""

import pytest
import torch

from workbench.diagnostics import spectral_gap
from workbench.graphs import path
from workbench.rewiring import random_regular_expander

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


@pytest.mark.parametrize(
    ("num_nodes", "degree", "expected"),
    [(20, 4, 4), (21, 3, 2), (20, 3, 3), (4, 9, 3), (5, 9, 4), (2, 4, 1), (1, 4, 0), (0, 4, 0)],
)
def test_every_node_has_the_degree(num_nodes, degree, expected):
    found = random_regular_expander(NOTHING, num_nodes, degree=degree, num_layers=2)
    count = torch.bincount(found.layers[1].edge_index[0], minlength=num_nodes)
    assert count.tolist() == [expected] * num_nodes
    assert found.layers[0].edge_index.numel() == 0


def test_the_gap_of_a_long_path():
    edges = path(200).edge_index
    found = random_regular_expander(edges, 200, num_layers=3, degree=4)
    assert float(spectral_gap(edges, 200)) < 1e-3
    # 1 - 2 sqrt(3) / 4 = 0.134 for an infinite tree of degree 4
    assert float(spectral_gap(found.layers[1].edge_index, 200)) > 0.1
    other = random_regular_expander(edges, 200, generator=torch.Generator().manual_seed(5))
    assert not torch.equal(other.layers[1].edge_index, found.layers[1].edge_index)
