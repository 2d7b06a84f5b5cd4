"""Degree control: every move lowers the sum of squared degrees by its score."""

import pytest

from conftest import oracle_graph, oracle_names
from workbench.graphs import complete, ring, star
from workbench.rewiring import apply_edits, degree_control
from workbench.topology import simple_graph


def test_a_star_ends_even():
    """A center of 8 edges: six ends move, and degrees of sum 16 are 1 and 2."""
    rewired = degree_control(star(9).edge_index, 9, num_edges=20)
    degree = simple_graph(rewired.edge_index, 9).degree()
    assert degree.sum() == 16
    assert sorted(degree.tolist()) == [1, 1, 2, 2, 2, 2, 2, 2, 2]
    assert rewired.score[0::2].tolist() == [12.0, 10.0, 8.0, 6.0, 4.0, 2.0]


@pytest.mark.parametrize("name", oracle_names(max_nodes=60))
def test_squares_of_degrees_fall_by_the_score(name):
    edge_index, num_nodes, _ = oracle_graph(name)
    rewired = degree_control(edge_index, num_nodes, num_edges=6)
    for at in range(0, rewired.edits.size(1), 2):
        before, after = (
            simple_graph(
                apply_edits(edge_index, num_nodes, rewired.edits[:, :count]).edge_index, num_nodes
            ).degree()
            for count in (at, at + 2)
        )
        fell = float((before**2).sum() - (after**2).sum())
        assert fell == rewired.score[at] == rewired.score[at + 1]
        assert fell == 2 * (before.max() - before.min() - 1)


def test_regular_graphs_are_even_already():
    for data in (ring(8), complete(5)):
        assert degree_control(data.edge_index, data.num_nodes).edits.size(1) == 0
