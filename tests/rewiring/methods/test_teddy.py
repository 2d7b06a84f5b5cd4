"""TEDDY: parity of its scores and cuts with the released code."""

import numpy as np
import pytest

from conftest import load_oracle, oracle_graph, oracle_names
from workbench.graphs import star
from workbench.rewiring import teddy
from workbench.rewiring.methods.teddy import edge_scores
from workbench.topology import simple_graph


def cases():
    oracle = load_oracle("03m_teddy.json")
    return [name for name in oracle_names(directed=False) if name in oracle]


@pytest.mark.parity
@pytest.mark.parametrize("name", cases())
def test_scores_and_cuts_are_the_released_ones(name):
    expected = load_oracle("03m_teddy.json")[name]["plain"]
    edge_index, num_nodes, _ = oracle_graph(name)
    u, v = simple_graph(edge_index, num_nodes).ends
    ours = dict(zip(zip(u, v, strict=True), edge_scores(u, v, num_nodes), strict=True))
    for (a, b), score in zip(edge_index.T.tolist(), expected["score"], strict=True):
        assert ours[min(a, b), max(a, b)] == pytest.approx(score, abs=1e-12)
    for cut in expected["rounds_p0.1"]:
        if cut["tie_at_cut"] or cut["one_direction_only"]:
            continue  # which columns go there is chance
        found = teddy(edge_index, num_nodes, num_edges=cut["removed"] // 2).removed
        arcs = {tuple(sorted(edge_index[:, at].tolist())) for at in cut["removed_arcs"]}
        assert set(map(tuple, found.T.tolist())) == arcs


def test_scores_rise_and_ties_are_counted():
    found = teddy(star(6).edge_index, 6, num_edges=3)  # a center and five leaves
    assert found.num_tied.tolist() == [5, 4, 3]
    # a leaf hears 1 / sqrt(5); the center hears 5 leaves of degree 1, which is 1 on average
    np.testing.assert_allclose(found.score, [-(1 / np.sqrt(5)) * (1 / 5)] * 3)
    edges, size, _ = oracle_graph("karate")
    score = teddy(edges, size, num_edges=40).score
    assert bool((score.diff() <= 1e-12).all())
