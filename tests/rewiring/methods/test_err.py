"""ERR: closed forms, and every edit against the resistances of the graph at that step."""

import pytest
import torch

from conftest import oracle_graph, oracle_names
from workbench.diagnostics import effective_resistance
from workbench.graphs import karate, path
from workbench.rewiring import apply_edits, err
from workbench.topology import components


def test_the_ends_of_a_path_are_joined():
    rewired = err(path(7).edge_index, 7, num_edges=1)
    assert rewired.edits[1:, 0].tolist() == [0, 6]
    assert rewired.score[0] == pytest.approx(6.0)
    # a ring of seven: every edge has 6/7 ohm, and the new one is among those that might go
    assert rewired.removed.size(1) <= 1


@pytest.mark.parametrize("name", oracle_names(max_nodes=45))
def test_each_edit_is_the_extreme_one(name):
    """Every step, by the resistances of the graph at that step."""
    edge_index, num_nodes, _ = oracle_graph(name)
    rewired = err(edge_index, num_nodes, num_edges=4)
    labels = components(edge_index, num_nodes)
    for at, (sign, u, v) in enumerate(rewired.edits.T.tolist()):
        before = apply_edits(edge_index, num_nodes, rewired.edits[:, :at]).edge_index
        resistance = effective_resistance(before, num_nodes)
        joined = torch.zeros(num_nodes, num_nodes, dtype=torch.bool)
        joined[before[0], before[1]] = True
        if sign > 0:
            free = ~joined & torch.isfinite(resistance) & ~torch.eye(num_nodes, dtype=torch.bool)
            assert resistance[u, v] == pytest.approx(float(resistance[free].max()), rel=1e-9)
            assert rewired.score[at] == pytest.approx(float(resistance[u, v]), rel=1e-9)
        else:
            assert resistance[u, v] == pytest.approx(float(resistance[joined].min()), rel=1e-9)
            assert rewired.score[at] == pytest.approx(-float(resistance[u, v]), rel=1e-9)
    assert torch.equal(components(rewired.edge_index, num_nodes), labels), "none joins, none parts"


def test_without_removal_edges_only_come():
    rewired = err(karate().edge_index, 34, num_edges=5, remove=False)
    assert rewired.added.size(1) == 5
    assert rewired.removed.size(1) == 0
