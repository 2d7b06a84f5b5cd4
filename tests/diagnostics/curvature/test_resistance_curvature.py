"""Resistance curvature: closed forms, the definition by the dense inverse, sum rules."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import effective_resistance
from workbench.diagnostics.curvature.forman import forman
from workbench.diagnostics.curvature.resistance_curvature import (
    node_resistance_curvature,
    resistance_curvature,
)
from workbench.graphs import complete, from_networkx, karate, petersen, ring


def relabeled(graph):
    return from_networkx(nx.convert_node_labels_to_integers(graph))


@pytest.mark.parametrize(
    ("data", "resistance"),
    [
        (complete(6), 2 / 6),
        (ring(7), 6 / 7),
        (petersen(), 9 / 15),
        (relabeled(nx.hypercube_graph(3)), 7 / 12),
        (relabeled(nx.grid_2d_graph(5, 5, periodic=True)), 24 / 50),
    ],
)
def test_graphs_that_look_the_same_everywhere(data, resistance):
    """p = 1/n, and R = (n - 1)/m by Foster's sum: kappa = 4 / (n R)."""
    graph, size = (data.edge_index, data.num_nodes), data.num_nodes
    assert node_resistance_curvature(*graph).tolist() == pytest.approx([1 / size] * size)
    expected = [4 / (size * resistance)] * data.num_edges
    assert resistance_curvature(*graph).tolist() == pytest.approx(expected)


@given(st.integers(2, 40), st.integers(0, 1_000))
@settings(max_examples=20, deadline=None)
def test_trees_have_the_curvature_of_forman(size, seed):
    data = from_networkx(nx.random_labeled_tree(size, seed=seed))
    found = resistance_curvature(data.edge_index, size)
    torch.testing.assert_close(found, forman(data.edge_index, size), rtol=0, atol=1e-9)


@given(st.integers(1, 16), st.sampled_from([0.1, 0.3, 0.8]), st.booleans(), st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_definition_and_sum(size, share, weighted, seed):
    graph = nx.gnp_random_graph(size, share, seed=seed)
    data, weight = from_networkx(graph), None
    if weighted:
        draw = torch.rand(size, size, generator=torch.Generator().manual_seed(seed)).double()
        weight = (0.1 + draw + draw.T)[data.edge_index[0], data.edge_index[1]]
    resistance = effective_resistance(data.edge_index, size, weight)
    at_edge = resistance[data.edge_index[0], data.edge_index[1]]
    flow = at_edge if weight is None else at_edge * weight
    node = torch.ones(size).double().index_add_(0, data.edge_index[0], -flow / 2)
    found = node_resistance_curvature(data.edge_index, size, weight)
    torch.testing.assert_close(found, node, rtol=0, atol=1e-9)
    assert float(found.sum()) == pytest.approx(nx.number_connected_components(graph))
    expected = 2 * node[data.edge_index].sum(0) / at_edge
    found = resistance_curvature(data.edge_index, size, weight)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_order_of_the_columns_self_loops_repeats_and_isolated_nodes():
    data = karate()
    clean = resistance_curvature(data.edge_index, 36)
    order = torch.randperm(156, generator=torch.Generator().manual_seed(0))
    loop = torch.tensor([[5, 35], [5, 35]])
    noisy = torch.cat([loop, data.edge_index[:, order], data.edge_index], dim=1)
    found = resistance_curvature(noisy, 36)
    torch.testing.assert_close(found, torch.cat([torch.zeros(2).double(), clean[order], clean]))
    assert node_resistance_curvature(noisy, 36)[34:].tolist() == [1, 1]
    for size in (0, 1, 2):
        assert resistance_curvature(data.edge_index[:, :0], size).shape == (0,)
        assert node_resistance_curvature(data.edge_index[:, :0], size).tolist() == [1] * size


def test_parallel_conductors_and_weight_0():
    edge_index = torch.tensor([[0, 1, 0, 1, 1, 2], [1, 0, 1, 0, 2, 1]])
    found = resistance_curvature(edge_index, 3, torch.tensor([1.0, 1, 2, 2, 0, 0]))
    # one edge of conductance 3, R = 1/3: p = 1/2 at both ends
    assert found.tolist() == pytest.approx([6, 6, 6, 6, 0, 0])


def test_refusals():
    for function in (resistance_curvature, node_resistance_curvature):
        with pytest.raises(ValueError, match="to_undirected"):
            function(torch.tensor([[0, 1], [1, 2]]), 3)
