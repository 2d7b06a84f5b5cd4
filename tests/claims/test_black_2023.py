"""Black, Wan, Nayyeri and Wang, ICML 2023, arXiv 2302.06835: what can be checked without training.

Resistance as a bound on sensitivity, and what one more edge does to it.
"""

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.utils import to_undirected

from workbench.diagnostics import effective_resistance, total_resistance
from workbench.rewiring import EDITS, ResistanceTracker, apply_edits, gtr, profile


def edges_of(graph):
    graph = nx.convert_node_labels_to_integers(graph)
    return to_undirected(torch.tensor(list(graph.edges)).T), graph.number_of_nodes()


def random_graphs():
    """Connected, not bipartite, 5 to 14 nodes."""
    seed, found = 0, 0
    while found < 60:
        graph = nx.fast_gnp_random_graph(5 + seed % 10, 0.4, seed=seed)
        seed += 1
        if nx.is_connected(graph) and not nx.is_bipartite(graph):
            found += 1
            yield edges_of(graph)


def normalized_adjacency(edge_index, num_nodes):
    adjacency = np.zeros((num_nodes, num_nodes))
    adjacency[tuple(edge_index.numpy())] = 1.0
    degree = adjacency.sum(axis=0)
    return adjacency / np.sqrt(np.outer(degree, degree)), degree


def test_an_edge_lowers_the_total_by_n_biharmonic_over_one_plus_resistance():
    for edge_index, num_nodes in random_graphs():
        tracker = ResistanceTracker(edge_index, num_nodes)
        before = float(total_resistance(edge_index, num_nodes))
        for u in range(num_nodes):
            for v in range(u + 1, num_nodes):
                if not tracker.has_edge(u, v):
                    edit = torch.tensor([[1], [u], [v]])
                    after = apply_edits(edge_index, num_nodes, edit).edge_index
                    fall = before - float(total_resistance(after, num_nodes))
                    assert tracker.gain(u, v) == pytest.approx(fall, rel=1e-9)


def test_barbell_of_the_card():
    edge_index, num_nodes = edges_of(nx.barbell_graph(5, 0))
    assert float(total_resistance(edge_index, num_nodes)) == pytest.approx(49)
    assert ResistanceTracker(edge_index, num_nodes).gain(9, 2) == pytest.approx(18.071428571)


def test_no_edge_raises_any_resistance():
    """Rayleigh's monotonicity, and GTR's total falls strictly until the graph is complete."""
    for edge_index, num_nodes in random_graphs():
        rewired = gtr(edge_index, num_nodes, num_edges=10**6)
        assert bool((rewired.score > 0).all())
        before = effective_resistance(edge_index, num_nodes)
        for at in range(1, rewired.edits.size(1) + 1):
            now = apply_edits(edge_index, num_nodes, rewired.edits[:, :at]).edge_index
            after = effective_resistance(now, num_nodes)
            assert bool((after <= before + 1e-12).all())
            before = after
        assert float(before.sum()) / 2 == pytest.approx(num_nodes - 1)  # K_n


@pytest.mark.parametrize("rounds", [1, 2, 4, 8])
def test_walks_are_bounded_by_resistance(rounds):
    """Sum over l <= r of (A^l)_uv, which bounds the Jacobian, falls with R_uv.

    At most d_max / 2 (2 / d_min (r + 1 + mu^(r + 1) / (1 - mu)) - R_uv), with A normalized and mu
    the largest modulus of its other eigenvalues.
    """
    for edge_index, num_nodes in random_graphs():
        walk, degree = normalized_adjacency(edge_index, num_nodes)
        mu = np.sort(np.abs(np.linalg.eigvalsh(walk)))[-2]
        walks = sum(np.linalg.matrix_power(walk, power) for power in range(rounds + 1))
        resistance = effective_resistance(edge_index, num_nodes).numpy()
        constant = 2 / degree.min() * (rounds + 1 + mu ** (rounds + 1) / (1 - mu))
        assert (walks <= degree.max() / 2 * (constant - resistance) + 1e-9).all()


def test_resistance_as_a_series_of_walks():
    """R_uv = sum over i of (A^i)_uu / d_u + (A^i)_vv / d_v - 2 (A^i)_uv / sqrt(d_u d_v)."""
    for edge_index, num_nodes in random_graphs():
        walk, degree = normalized_adjacency(edge_index, num_nodes)
        values, vectors = np.linalg.eigh(walk)
        values[-1] = 0.0  # its part cancels in every pair
        scaled = vectors / np.sqrt(degree)[:, None]
        scaled[:, -1] = 0.0
        total = (scaled / (1 - values)) @ scaled.T  # the geometric series, summed
        diagonal = np.diag(total)
        series = diagonal[:, None] + diagonal - 2 * total
        resistance = effective_resistance(edge_index, num_nodes).numpy()
        np.testing.assert_allclose(series, resistance, atol=1e-9)


def test_gtr_lowers_the_total_more_than_other_methods():
    """By greed, not by proof: on these graphs ten edges of GTR leave the least resistance."""
    for graph in (nx.karate_club_graph(), nx.grid_2d_graph(6, 7), nx.balanced_tree(2, 4)):
        edge_index, num_nodes = edges_of(graph)
        left = {
            name: float(
                profile(
                    edge_index, num_nodes, method(edge_index, num_nodes, num_edges=10).edits
                ).total_resistance[-1]
            )
            for name, method in EDITS.items()
        }
        assert min(left, key=left.get) == "gtr"
