import numpy as np
import torch

from workbench.graphs import ring, sbm
from workbench.rewiring.engine.pseudo_inverse import pseudo_inverse
from workbench.topology import laplacian_matrix, simple_graph


def test_the_inverse_on_each_component_and_nothing_between():
    data = sbm([6, 5], 0.9, 0.0, generator=torch.Generator().manual_seed(1))
    graph = simple_graph(data.edge_index, 12)  # two blocks, and a node alone
    found = pseudo_inverse(graph)
    laplacian = laplacian_matrix(graph, normalized=False).numpy()
    np.testing.assert_allclose(found, np.linalg.pinv(laplacian), atol=1e-14)


def test_a_long_ring_is_exact_to_twelve_digits():
    """L^+ of a ring in closed form: ((n^2 - 1) / 12 - d (n - d) / 2) / n at distance d."""
    n = 600
    found = pseudo_inverse(simple_graph(ring(n).edge_index, n))
    d = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    expected = ((n**2 - 1) / 12 - d * (n - d) / 2) / n
    assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()
