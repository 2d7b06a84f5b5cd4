"""Each component by its own Fiedler vector, and the order of rows that follows."""

import pytest
import torch

from workbench.cost import Stopped
from workbench.diagnostics import fiedler_vector
from workbench.diagnostics.spectrum.within_components import fiedler_within, order_within
from workbench.graphs import barbell, grid, karate, path

ONE, OTHER = barbell(6, 3), path(4)


def apart():
    """A path of 4 before a node alone, a barbell of 15, and a node alone: 21 nodes."""
    edges = [OTHER.edge_index, ONE.edge_index + 5]
    return torch.cat(edges, dim=1), 21


def test_it_is_the_vector_of_each_component_by_itself():
    edge_index, n = apart()
    found = fiedler_within(edge_index, n)
    for data, nodes in ((OTHER, slice(0, 4)), (ONE, slice(5, 20))):
        expected = fiedler_vector(data.edge_index, data.num_nodes)
        scale = data.num_edges**0.5
        torch.testing.assert_close(found[nodes], scale * expected, rtol=1e-6, atol=1e-9)
    assert found.isnan().nonzero().flatten().tolist() == [4, 20]


def test_sizes_compare_and_weights_count():
    data = karate()
    low, high = data.edge_index.min(0).values, data.edge_index.max(0).values
    weight = 1.0 + ((low + 2 * high) % 5).double()
    twice = torch.cat([data.edge_index, data.edge_index + 34], dim=1)
    found = fiedler_within(twice, 68, torch.cat([weight, 100 * weight]))
    torch.testing.assert_close(found[:34], found[34:], rtol=1e-6, atol=1e-9)


def test_rows_stand_component_by_component_the_largest_first():
    edge_index, n = apart()
    order = order_within(edge_index, n).tolist()
    assert sorted(order) == list(range(n))
    assert set(order[:15]) == set(range(5, 20))
    assert set(order[15:19]) == set(range(4))
    assert order[19:] == [4, 20]
    assert order[15:19] in ([0, 1, 2, 3], [3, 2, 1, 0])
    # along the barbell one clique comes first, then the path between, then the other
    places = [order.index(node) for node in range(5, 20)]
    assert sorted(places[6:9]) == [6, 7, 8]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_without_edges_the_numbers_of_the_nodes_are_the_order(n):
    none = torch.zeros(2, 0, dtype=torch.int64)
    assert order_within(none, n).tolist() == list(range(n))
    assert fiedler_within(none, n).isnan().all()


def test_it_stops_before_a_component():
    data = grid(5, 5)
    with pytest.raises(Stopped):
        fiedler_within(data.edge_index, 25, should_stop=lambda: True)
