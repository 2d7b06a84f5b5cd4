"""Real distances as classes: what is equal but for rounding, whatever else is in the batch."""

import networkx as nx
import pytest
import torch

from workbench.diagnostics import distance_wl_colors, distinguishes, graph_classes
from workbench.graphs import from_networkx, karate, path


def cycles_missing(*sizes, beside=0):
    """A complete graph without some cycles, and a path of ``beside`` nodes in another component."""
    left_out = nx.complement(nx.disjoint_union_all([nx.cycle_graph(size) for size in sizes]))
    return from_networkx(nx.disjoint_union(left_out, nx.path_graph(beside)))


@pytest.mark.parametrize("beside", [0, 600])
def test_a_long_way_elsewhere_hides_no_small_difference(beside):
    """Resistances of both graphs are near 2/n; those that differ do so in the sixth digit."""
    a, b = cycles_missing(3, 57, beside=beside), cycles_missing(4, 56, beside=beside)
    assert distinguishes(a, b, test="rd-wl").distinguished
    assert not distinguishes(a, a, test="rd-wl").distinguished


def test_no_graph_of_a_batch_changes_what_another_is():
    a, b = cycles_missing(3, 57), cycles_missing(4, 56)
    assert graph_classes([a, b, path(900)], test="rd-wl").unique().numel() == 3


def test_rounding_makes_no_difference():
    """The sum of the weights on the way is the same number, but for its last digits."""
    data = karate()
    order = torch.randperm(34, generator=torch.Generator().manual_seed(0))
    renamed = data.clone()
    renamed.edge_index = order[data.edge_index]
    for test in ("rd-wl", "spd-rd-wl", "rrwp-wl"):
        assert not distinguishes(data, renamed, test=test).distinguished


def test_own_numbers_with_nan_are_refused():
    distance = torch.ones(34, 34)
    distance[3, 5] = torch.nan
    with pytest.raises(ValueError, match=r"distance\[3, 5\] is nan"):
        distance_wl_colors(karate().edge_index, 34, distance=distance)
