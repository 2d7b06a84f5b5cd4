import numpy as np
import pytest
import torch

from workbench.graphs.generators.building import check_least, circle, columns, fit, undirected_graph


def test_fit_keeps_proportions():
    pos = fit(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 1.0]]))
    assert pos.tolist() == [[-1.0, -0.25], [1.0, -0.25], [1.0, 0.25]]
    assert fit(np.array([[3.0, 7.0]])).tolist() == [[0.0, 0.0]]
    assert fit(np.zeros((0, 2))).shape == (0, 2)


def test_circle_goes_clockwise_from_the_top():
    assert circle(4).round(6).tolist() == [[0, 1], [1, 0], [0, -1], [-1, 0]]


def test_undirected_graph_drops_loops_and_repeats():
    data = undirected_graph("mine", np.array([0, 1, 2, 1]), np.array([1, 0, 2, 2]), 4)
    assert data.edge_index.tolist() == [[0, 1, 1, 2], [1, 0, 2, 1]]
    assert data.num_nodes == 4
    assert "pos" not in data


def test_columns_point_back_to_the_listed_edges():
    source, target = np.array([2, 0, 2, 1]), np.array([1, 1, 1, 1])
    found = columns(source, target, 3, directed=False)
    assert found.edge_index.tolist() == [[0, 1, 1, 1, 2], [1, 0, 1, 2, 1]]
    # 2-1 is listed first and third: its columns carry what the first says
    assert found.column.tolist() == [1, 1, 3, 0, 0]
    assert found.repeats == 1
    assert found.sum_repeats(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [2.0, 2.0, 4.0, 4.0, 4.0]
    arcs = columns(source, target, 3, directed=True)
    assert arcs.edge_index.tolist() == [[0, 1, 2], [1, 1, 1]]


def test_columns_of_nothing():
    nothing = np.zeros(0, dtype=np.int64)
    for n in (0, 3):
        found = columns(nothing, nothing, n, directed=False)
        assert found.edge_index.shape == (2, 0)
        assert found.edge_index.dtype == torch.int64
        assert found.sum_repeats(np.zeros(0)).shape == (0,)


def test_check_least_names_the_value():
    check_least("ring", num_nodes=(3, 3))
    with pytest.raises(ValueError, match="ring needs num_nodes of at least 3, got 2"):
        check_least("ring", num_nodes=(2, 3))
    with pytest.raises(TypeError, match=r"ring needs an integer num_nodes, got 2\.5"):
        getattr(check_least, "__wrapped__", check_least)("ring", num_nodes=(2.5, 3))
