"""Resistance among chosen nodes: equal to the whole matrix, and it stops where it is asked to."""

import pytest
import torch

from conftest import oracle_graph, oracle_names
from workbench.diagnostics import Stopped, effective_resistance
from workbench.diagnostics.resistance.resistance_among import resistance_among
from workbench.graphs import grid


def test_it_is_the_part_of_the_whole_matrix():
    for name in oracle_names(max_nodes=200):
        edge_index, num_nodes, _ = oracle_graph(name)
        order = torch.randperm(num_nodes, generator=torch.Generator().manual_seed(1))
        nodes = order[: max(1, num_nodes // 2)]
        whole = effective_resistance(edge_index, num_nodes)
        found = resistance_among(edge_index, num_nodes, nodes, tolerance=1e-9)
        torch.testing.assert_close(found, whole[nodes][:, nodes], rtol=1e-6, atol=1e-9)


def test_weights_are_conductances_and_repeats_add():
    edge_index, num_nodes, _ = oracle_graph("karate")
    low, high = edge_index.min(0).values, edge_index.max(0).values
    weight = 0.1 + ((5 * low + 3 * high) % 13).double()
    edges, weights = torch.cat([edge_index, edge_index], 1), torch.cat([weight, 2 * weight])
    nodes = torch.tensor([33, 4, 0, 16, 9])
    whole = effective_resistance(edge_index, num_nodes, 3 * weight)
    found = resistance_among(edges, num_nodes, nodes, weights, tolerance=1e-9)
    torch.testing.assert_close(found, whole[nodes][:, nodes], rtol=1e-6, atol=1e-9)


def test_isolated_nodes_and_self_loops():
    edge_index = torch.tensor([[0, 1, 2, 2], [1, 0, 2, 2]])
    found = resistance_among(edge_index, 4, torch.tensor([3, 0, 1, 2]))
    inf = torch.inf
    expected = [[0, inf, inf, inf], [inf, 0, 1, inf], [inf, 1, 0, inf], [inf, inf, inf, 0]]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_it_stops_between_solves():
    data = grid(30, 30)
    with pytest.raises(Stopped):
        resistance_among(data.edge_index, 900, torch.arange(100), should_stop=lambda: True)
