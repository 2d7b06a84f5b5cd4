"""Graphs without nodes or edges are graphs, and wrong input is named by what the caller gave."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from workbench.diagnostics import (
    TESTS,
    distinguishes,
    fwl_colors,
    graph_classes,
    is_isomorphic,
    isomorphism_classes,
    klwl_colors,
    kwl_colors,
    subgraph_wl_colors,
    tell_apart,
    wl_colors,
    wl_upper_bound,
)
from workbench.graphs import ring

NONE = torch.empty(2, 0, dtype=torch.int64)


def unchecked(function):
    """The function without jaxtyping's check of the annotations, which would speak first."""
    return getattr(function, "__wrapped__", function)


def bare(num_nodes):
    return Data(edge_index=NONE, num_nodes=num_nodes)


@pytest.mark.parametrize("test", TESTS)
def test_an_empty_graph_equals_only_an_empty_graph(test):
    empty, one = bare(0), bare(1)
    for a, b in ((empty, empty), (empty, one), (one, empty), (one, one)):
        assert bool(distinguishes(a, b, test=test)) == (a is not b)
        assert tell_apart([(a, b)], test=test).tolist() == [a is not b]
    assert graph_classes([empty, one, empty], test=test).tolist() == [0, 1, 0]
    assert wl_upper_bound([one, empty], torch.tensor([0, 1]), test=test).classes[-1] == 2
    assert wl_upper_bound([empty, empty], torch.tensor([0, 1]), test=test).classes[-1] == 1


def test_isomorphism_of_empty_graphs():
    assert isomorphism_classes([bare(1), bare(0), bare(0)]).tolist() == [0, 1, 1]
    assert is_isomorphic(bare(0), bare(0))


@pytest.mark.parametrize("test", TESTS)
def test_a_graph_without_edges_has_no_edge_labels_of_any_width(test):
    atom, pair = bare(1), Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=2)
    pair.edge_attr = torch.ones(2, 3)
    for width in ((0, 1), (0, 3), (0,)):
        atom.edge_attr = torch.empty(width)
        assert not distinguishes(atom, atom, test=test)
        assert distinguishes(atom, pair, test=test)
        assert graph_classes([atom, pair, atom], test=test).unique().numel() == 2
        assert tell_apart([(pair, atom), (atom, atom)], test=test).tolist() == [True, False]
        assert not is_isomorphic(atom, pair)


def test_a_number_left_out_of_the_batch_is_an_empty_graph():
    found = wl_colors(NONE, 3, batch=torch.tensor([2, 2, 4]))
    assert found.start.tolist() == [0, 0, 0, 2, 2, 3]


def test_rows_are_counted_for_each_graph():
    # 4 + 2 rows for 3 + 3 nodes would fit the sum
    one, two = bare(3), bare(3)
    one.x, two.x = torch.zeros(4, 1), torch.zeros(2, 1)
    with pytest.raises(ValueError, match="x of data_a has 4 rows for 3 nodes"):
        distinguishes(one, two)
    one.x = torch.zeros(3, 1)
    with pytest.raises(ValueError, match=r"x of graphs\[1\] has 2 rows for 3 nodes"):
        graph_classes([one, two])
    with pytest.raises(ValueError, match=r"x of pairs\[1\]\[0\] has 2 rows for 3 nodes"):
        tell_apart([(one, one), (two, one)])
    marked = ring(4)
    marked.edge_attr = torch.zeros(7)
    with pytest.raises(ValueError, match="edge_attr of data_b has 7 rows for 8 edges"):
        distinguishes(marked.clone().update({"edge_attr": torch.zeros(8)}), marked)


def test_an_edge_out_of_range_names_its_graph():
    wrong = Data(edge_index=torch.tensor([[0], [5]]), num_nodes=3)
    with pytest.raises(ValueError, match="edge_index of data_a holds nodes 0 to 5, outside 0 to 2"):
        distinguishes(wrong, bare(9))
    with pytest.raises(ValueError, match=r"edge_index of graphs\[2\] holds nodes 0 to 5"):
        graph_classes([ring(4), bare(0), wrong, ring(3)])
    wrong.edge_index = torch.tensor([[0.0], [1.0]])
    with pytest.raises(TypeError, match=r"edge_index of pairs\[0\]\[1\] must be an int64 tensor"):
        tell_apart([(ring(4), wrong)])


def test_what_is_no_data():
    with pytest.raises(TypeError, match="data_b must be a torch_geometric Data, got Graph; use fr"):
        unchecked(distinguishes)(ring(4), nx.path_graph(3))
    with pytest.raises(TypeError, match=r"pairs\[0\]\[0\] must be a torch_geometric Data"):
        unchecked(tell_apart)([(nx.path_graph(3), ring(4))])
    with pytest.raises(TypeError, match=r"graphs\[0\] has no edge_index; give it one"):
        graph_classes([Data(num_nodes=3)])
    with pytest.raises(TypeError, match=r"graphs\[0\] has no edge_index; give it one"):
        wl_upper_bound([Data(num_nodes=3)], torch.tensor([0]))


@pytest.mark.parametrize("labels", [[0, 1, 0, 1], np.arange(4), torch.tensor(1.0)])
def test_labels_are_a_tensor_with_rows(labels):
    wrong = ring(4)
    wrong.x = labels
    with pytest.raises(TypeError, match=r"x of graphs\[0\] must be a tensor with a row"):
        graph_classes([wrong])
    with pytest.raises((TypeError, ValueError), match=r"node_labels (must be a tensor|has one nu)"):
        unchecked(wl_colors)(wrong.edge_index, 4, node_labels=labels)


def test_labels_of_any_type():
    labels = [0, 1, 0, 1]
    expected = wl_colors(ring(4).edge_index, 4, node_labels=torch.tensor(labels)).colors
    for dtype in (torch.bfloat16, torch.float16, torch.bool, torch.uint8, torch.complex64):
        values = torch.tensor(labels, dtype=dtype)
        found = wl_colors(ring(4).edge_index, 4, node_labels=values).colors
        assert torch.equal(found, expected)
    large, small = bare(2), bare(2)
    large.x, small.x = torch.tensor([2**24 + 1, 2**24]), torch.tensor([2.0**24, 2.0**24])
    assert distinguishes(large, small)  # as float32 all four would be equal


@pytest.mark.parametrize("batch", [[0, 0, 1, 1], torch.tensor([0.0, 0, 0, 0])])
def test_batch_holds_integers(batch):
    with pytest.raises(TypeError, match="batch must be an int64 tensor, got "):
        unchecked(wl_colors)(ring(4).edge_index, 4, batch=batch)


def test_counts_are_integers():
    edges = ring(4).edge_index
    for colors in (kwl_colors, fwl_colors, klwl_colors):
        with pytest.raises(TypeError, match=r"k must be an integer, got 2\.0"):
            unchecked(colors)(edges, 4, k=2.0)
    with pytest.raises(TypeError, match=r"radius must be an integer, got 1\.5"):
        unchecked(subgraph_wl_colors)(edges, 4, radius=1.5)
    with pytest.raises(ValueError, match="l must be at least 0, got -1"):
        klwl_colors(edges, 4, l=-1)
    with pytest.raises(ValueError, match="max_rounds must be at least 0, got -1"):
        wl_colors(edges, 4, max_rounds=-1)
    with pytest.raises(ValueError, match="max_rounds must be at least 0, got -1"):
        distinguishes(ring(4), ring(4), max_rounds=-1)


def test_classes_of_the_data_set():
    with pytest.raises(TypeError, match="labels must be a tensor, got list"):
        unchecked(wl_upper_bound)([bare(1)], [0])
    with pytest.raises(ValueError, match="labels hold nan"):
        wl_upper_bound([bare(1)], torch.tensor([torch.nan]))
