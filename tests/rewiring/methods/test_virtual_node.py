"""A virtual node: PyG's transform as a second implementation, resistances in closed form."""

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.transforms import VirtualNode

from conftest import oracle_graph, oracle_names
from workbench.diagnostics import diameter, effective_resistance
from workbench.graphs import path
from workbench.rewiring import rewired_data, virtual_node

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def test_it_is_the_transform_of_pyg():
    for name in oracle_names(directed=None, max_nodes=60):
        edge_index, num_nodes, weight = oracle_graph(name)
        x = torch.arange(1.0, 2 * num_nodes + 1).reshape(-1, 2)
        types = torch.arange(edge_index.size(1)) % 3
        data = Data(x=x, edge_index=edge_index, edge_type=types)
        if weight is not None:
            data.edge_weight = weight
        found = rewired_data(data, virtual_node(edge_index, num_nodes))
        expected = VirtualNode()(data.clone())
        for key in ("x", "edge_index", "edge_type", "edge_weight"):
            assert (key in found) == (key in expected), (name, key)
            if key in expected:
                assert torch.equal(found[key], expected[key]), (name, key)
        assert found.num_nodes == num_nodes + 1


def test_without_types_the_input_is_type_0():
    data = path(3)
    found = rewired_data(data, virtual_node(data.edge_index, 3))
    assert found.edge_type.tolist() == [0] * 4 + [1] * 3 + [2] * 3


def test_no_pair_is_far():
    """Resistance at most 2 and two hops; exactly 2 between the leaves of a star."""
    for name in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(name)
        result = virtual_node(edge_index, num_nodes)
        resistance = effective_resistance(result.edge_index, result.num_nodes)
        assert float(resistance.max()) <= 2 + 1e-9
        assert float(diameter(result.edge_index, result.num_nodes)) <= 2
    alone = virtual_node(NOTHING, 5)
    leaves = effective_resistance(alone.edge_index, 6)[:5, :5]
    expected = 2.0 * (1.0 - torch.eye(5, dtype=torch.float64))
    torch.testing.assert_close(leaves, expected)


def test_the_mean_of_all_nodes():
    data = path(4)
    data.x = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
    found = rewired_data(data, virtual_node(data.edge_index, 4, start="mean"))
    assert found.x[4].tolist() == [3.0]
    assert rewired_data(data, virtual_node(data.edge_index, 4)).x[4].tolist() == [0.0]


def test_of_nothing():
    result = virtual_node(NOTHING, 0)
    assert (result.num_nodes, result.edge_index.size(1)) == (1, 0)


def test_another_word():
    """A TypeError where shapes and types are checked, as in tests, else a ValueError."""
    with pytest.raises((ValueError, TypeError), match="sum"):
        virtual_node(NOTHING, 2, start="sum")
