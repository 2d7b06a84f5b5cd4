"""The fully adjacent last layer: every pair once, and no other layer is touched."""

import pytest
import torch

from workbench.diagnostics import TooLargeError
from workbench.rewiring import fully_adjacent
from workbench.rewiring.methods import fully_adjacent as module


def test_only_the_last_layer_is_complete():
    edges = torch.tensor([[0, 1, 1, 2, 2, 2, 0], [1, 0, 1, 1, 1, 2, 1]])  # loops and repeats
    found = fully_adjacent(edges, 4, num_layers=3)
    for layer in found.layers[:2]:
        assert torch.equal(layer.edge_index, edges)
    last = found.layers[2]
    pairs = list(map(tuple, last.edge_index.T.tolist()))
    assert sorted(pairs) == [(u, v) for u in range(4) for v in range(4) if u != v]
    assert last.kept.tolist() == [True, True, False, True, False, False, False]
    assert last.edge_type.tolist() == [0] * 3 + [1] * 9
    assert found.edge_layers.sum(0).tolist() == [7, 7, 12]


def test_a_graph_of_many_nodes_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_NODES", 3)
    with pytest.raises(TooLargeError, match=r"12 ordered pairs.*virtual_node"):
        fully_adjacent(torch.zeros(2, 0, dtype=torch.int64), 4)


def test_no_layer():
    with pytest.raises(ValueError, match="num_layers must be at least 1, got 0"):
        fully_adjacent(torch.zeros(2, 0, dtype=torch.int64), 4, num_layers=0)
