import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from workbench.topology.search import both_ways, in_neighbors, lists, search


def test_lists_are_sorted_and_name_a_neighbor_once():
    start, neighbor = lists(np.array([2, 0, 0, 0]), np.array([1, 3, 1, 3]), 4)
    assert start.tolist() == [0, 2, 2, 3, 3]
    assert neighbor.tolist() == [1, 3, 1]
    assert both_ways(np.array([0]), np.array([1]), 2).neighbor.tolist() == [1, 0]


def test_lists_against_sets():
    rng = np.random.default_rng(1)
    for size, count in ((1, 0), (1, 3), (7, 30), (40, 25)):
        source, target = rng.integers(size, size=(2, count))
        start, neighbor = lists(source, target, size)
        for v in range(size):
            expected = sorted(set(target[source == v].tolist()))
            assert neighbor[start[v] : start[v + 1]].tolist() == expected


def test_a_node_hears_from_where_an_arrow_starts():
    start, neighbor = in_neighbors(torch.tensor([[0, 2, 0], [1, 1, 2]]), 4)
    assert start.tolist() == [0, 0, 2, 3, 3]
    assert neighbor.tolist() == [0, 2, 0]


def test_search_against_scipy():
    rng = np.random.default_rng(0)
    for size, edges in ((1, 0), (30, 20), (30, 60), (60, 200)):
        source, target = rng.integers(size, size=(2, edges))
        expected = shortest_path(
            csr_array((np.ones(edges), (source, target)), shape=(size, size)), unweighted=True
        )
        expected[np.isinf(expected)] = -1
        for dtype in (np.int16, np.int32):
            distance, queue = np.empty(size, dtype), np.empty(size, np.int64)
            for node in range(size):
                reached = search(*lists(source, target, size), node, distance, queue)
                np.testing.assert_array_equal(distance, expected[node])
                assert reached == (distance >= 0).sum()
                assert (np.diff(distance[queue[:reached]]) >= 0).all()
