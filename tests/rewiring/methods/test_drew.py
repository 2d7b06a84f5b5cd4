"""DRew's hop sets: parity with the released code, distances, layers."""

import sys

import pytest
import torch

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.diagnostics import TooLargeError, hop_distance
from workbench.graphs import path
from workbench.rewiring import drew

NOTHING = torch.zeros(2, 0, dtype=torch.int64)


def sets(rewired):
    """{type: the pairs of that type}."""
    pairs = {}
    ends = rewired.edge_index.T.tolist()
    for pair, kind in zip(map(tuple, ends), rewired.edge_type.tolist(), strict=True):
        pairs.setdefault(kind, set()).add(pair)
    return pairs


@pytest.mark.parity
def test_hop_sets_are_the_released_ones():
    """Layer t has the sets 1 to t + 1."""
    oracle = load_oracle("03f_drew_khop.npz")
    graphs = {key.split("/")[0] for key in oracle}
    assert graphs
    for graph in graphs:
        expected = {
            int(key.split("/k")[1]): set(map(tuple, pairs.T.tolist()))
            for key, pairs in oracle.items()
            if key.startswith(f"{graph}/k")
        }
        edge_index, num_nodes, _ = oracle_graph(graph)
        hops = max(expected)
        found = drew(edge_index, num_nodes, num_layers=hops + 1, max_hops=hops)
        assert len(found.layers) == hops + 1
        for layer, rewired in enumerate(found.layers):
            here = sets(rewired)
            for hop in range(1, hops + 1):
                there = expected[hop] if hop <= layer + 1 else set()
                assert here.get(hop - 1, set()) == there, (graph, layer, hop)


def test_types_are_distances():
    for name in oracle_names(max_nodes=60):
        edge_index, num_nodes, _ = oracle_graph(name)
        distance = hop_distance(edge_index, num_nodes)
        found = drew(edge_index, num_nodes, num_layers=4)
        last = found.layers[-1]
        assert last.edge_index.size(1) == int(((distance > 0) & (distance <= 4)).sum()), name
        at = distance[last.edge_index[0], last.edge_index[1]]
        assert torch.equal(at.long(), last.edge_type + 1), name


def test_a_path_by_hand():
    data = path(3)
    first, second = drew(data.edge_index, 3, num_layers=2).layers
    assert torch.equal(first.edge_index, data.edge_index)
    assert second.edge_index[:, 4:].tolist() == [[0, 2], [2, 0]]
    assert second.edge_type.tolist() == [0, 0, 0, 0, 1, 1]
    assert bool(second.kept.all())


def test_arcs_loops_and_repeats():
    edge_index = torch.tensor([[0, 0, 1, 1, 2], [0, 1, 2, 2, 3]])  # a loop and a repeat
    found = drew(edge_index, 5, num_layers=3)
    assert found.layers[0].kept.tolist() == [False, True, True, False, True]
    assert sets(found.layers[2]) == {
        0: {(0, 1), (1, 2), (2, 3)},
        1: {(0, 2), (1, 3)},
        2: {(0, 3)},
    }


def test_nothing_further_ends_it():
    found = drew(NOTHING, 4, num_layers=3)
    assert [layer.edge_index.size(1) for layer in found.layers] == [0, 0, 0]
    capped = drew(path(6).edge_index, 6, num_layers=4, max_hops=2).layers
    assert [int(layer.edge_type.max()) + 1 for layer in capped] == [1, 2, 2, 2]


def test_what_is_too_large_names_the_hops(monkeypatch):
    monkeypatch.setattr(sys.modules["workbench.rewiring.methods.drew"], "MAX_WALKS", 10)
    with pytest.raises(TooLargeError, match="use max_hops=1"):
        drew(path(30).edge_index, 30)


@pytest.mark.parametrize("options", [{"num_layers": 0}, {"max_hops": 0}])
def test_options_out_of_range(options):
    with pytest.raises(ValueError, match="must be at least 1, got 0"):
        drew(NOTHING, 2, **options)
