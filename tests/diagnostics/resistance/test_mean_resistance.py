"""Mean resistance to the other nodes: equal to the whole matrix, and refused where it fills in."""

import pytest
import torch

from conftest import oracle_graph, oracle_names
from workbench.cost import Stopped, TooLargeError
from workbench.diagnostics import effective_resistance
from workbench.diagnostics.resistance import mean_resistance as module
from workbench.diagnostics.resistance.mean_resistance import mean_resistance
from workbench.graphs import barbell, erdos_renyi, grid, path
from workbench.topology import both_directions


def by_matrix(edge_index, num_nodes, edge_weight=None):
    matrix = effective_resistance(edge_index, num_nodes, edge_weight)
    there = matrix.isfinite() & ~torch.eye(num_nodes, dtype=torch.bool)
    return torch.where(there, matrix, 0.0).sum(1) / there.sum(1)  # 0 / 0 for a node alone


def test_it_is_the_mean_of_a_row():
    for name in oracle_names(max_nodes=200):
        edge_index, num_nodes, _ = oracle_graph(name)
        found = mean_resistance(edge_index, num_nodes)
        torch.testing.assert_close(
            found, by_matrix(edge_index, num_nodes), rtol=1e-9, atol=0.0, equal_nan=True
        )


def test_components_weights_and_nodes_alone():
    one, other = grid(7, 9), barbell(6, 4)
    edge_index = torch.cat([one.edge_index, other.edge_index + 63], dim=1)
    low, high = edge_index.min(0).values, edge_index.max(0).values
    weight = 0.5 + ((7 * low + 3 * high) % 11).double()
    n = 63 + other.num_nodes + 2
    found = mean_resistance(edge_index, n, weight)
    expected = by_matrix(edge_index, n, weight)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0.0, equal_nan=True)
    assert found.isnan().nonzero().flatten().tolist() == [n - 2, n - 1]


def test_a_long_path_in_closed_form():
    """Resistances from node v are the numbers to both ends: sum of 1..v and of 1..n-1-v."""
    n = 4_001
    v = torch.arange(n, dtype=torch.float64)
    w = n - 1 - v
    expected = (v * (v + 1) / 2 + w * (w + 1) / 2) / (n - 1)
    torch.testing.assert_close(mean_resistance(path(n).edge_index, n), expected, rtol=1e-9, atol=0)


def test_none_without_edges_and_none_where_it_fills_in(monkeypatch):
    assert mean_resistance(torch.zeros(2, 0, dtype=torch.int64), 3).isnan().all()
    random = erdos_renyi(400, 0.1, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(module, "MOST_OPERATIONS", 1e4)
    with pytest.raises(TooLargeError, match=r"400 nodes and .* edges fills in"):
        mean_resistance(random.edge_index, 400)


def test_it_stops_where_it_is_asked_to():
    nodes = torch.arange(2_000)
    ring = both_directions(nodes, (nodes + 1) % 2_000)
    with pytest.raises(Stopped):
        mean_resistance(ring, 2_000, should_stop=lambda: True)
