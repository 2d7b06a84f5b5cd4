"""Hitting times against closed forms and against a solve for each target."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.diagnostics import commute_time, hitting_time
from workbench.graphs import complete, karate, lollipop, path, ring


def of(function, data):
    return function(data.edge_index, data.num_nodes)


def one_by_one(walk):
    """H by its definition: h_t = 0, h_s = 1 + sum_k P_sk h_k, one linear system for each target."""
    size = walk.size(0)
    result = torch.zeros(size, size).double()
    for target in range(size):
        rest = torch.tensor([u for u in range(size) if u != target], dtype=torch.int64)
        inner = torch.eye(size - 1).double() - walk[rest[:, None], rest]
        result[rest, target] = torch.linalg.solve(inner, torch.ones(size - 1).double())
    return result


def test_lollipop_is_not_symmetric():
    found = of(hitting_time, lollipop(5, 4))
    assert float(found[0, 8]) == pytest.approx(100)
    assert float(found[8, 0]) == pytest.approx(23.2)


def test_path_from_end_to_end_takes_the_square_of_its_length():
    assert float(of(hitting_time, path(11))[0, 10]) == pytest.approx(100)


def test_complete_graph():
    expected = 6 * (1 - torch.eye(7).double())
    torch.testing.assert_close(of(hitting_time, complete(7)), expected)


def test_both_ways_make_the_commute_time():
    found = of(hitting_time, karate())
    torch.testing.assert_close(found + found.T, of(commute_time, karate()))


@given(st.integers(2, 10), st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_solve_for_each_target_agrees(size, seed, weighted):
    graph = nx.gnp_random_graph(size, 0.3, seed=seed, directed=True)
    graph.add_edges_from((u, (u + 1) % size) for u in range(size))  # strongly connected
    edge_index = torch.tensor(list(graph.edges())).T
    generator = torch.Generator().manual_seed(seed)
    weight = 0.1 + torch.rand(edge_index.size(1), generator=generator, dtype=torch.float64)
    adjacency = torch.zeros(size, size).double()
    adjacency[edge_index[0], edge_index[1]] = weight if weighted else 1.0
    expected = one_by_one(adjacency / adjacency.sum(1, keepdim=True))
    found = hitting_time(edge_index, size, weight if weighted else None)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


def test_directed_ring():
    size = 7
    around = torch.arange(size)
    found = hitting_time(torch.stack([around, (around + 1) % size]), size)
    expected = ((around[None] - around[:, None]) % size).double()
    torch.testing.assert_close(found, expected)


def test_a_walk_that_cannot_return_is_refused():
    with pytest.raises(ValueError, match="1 -> 2"):
        hitting_time(torch.tensor([[0, 1, 1, 2, 3], [1, 0, 2, 3, 2]]), 4)


def test_components_self_loops_and_repeats():
    one_way = torch.tensor(
        [[0, 1, 2, 4, 5, 2, 0], [1, 2, 0, 5, 4, 2, 1]]
    )  # a 3-ring, a pair, 3 alone
    found = hitting_time(one_way, 6)
    assert found[0, 1:3].tolist() == pytest.approx([1, 2])
    assert float(found[4, 5]) == pytest.approx(1)
    assert found[3, :3].isinf().all()
    assert found[0, 4].isinf()
    assert bool((found.diagonal() == 0).all())


def test_each_component_of_an_undirected_graph_walks_as_if_alone():
    """Whatever lies beside it: 10^2 steps along the path, k (5 - k) around the ring of 5."""
    edge_index = torch.cat([path(11).edge_index, ring(5).edge_index + 11], dim=1)
    found = hitting_time(edge_index, 17)
    assert float(found[0, 10]) == pytest.approx(100)
    assert found[11, 11:16].tolist() == pytest.approx([0, 4, 6, 6, 4])
    assert found[:11, 11:].isinf().all()
    assert found[16, :16].isinf().all()


def test_an_arc_of_weight_zero_is_none_and_unweighted_repeats_count_once():
    """Two directed rings of 3 with an arc of weight 0 between; and a way that is stored twice."""
    around = torch.tensor([[0, 1, 2, 3, 4, 5, 2], [1, 2, 0, 4, 5, 3, 3]])
    weight = torch.tensor([1.0] * 6 + [0.0])
    found = hitting_time(around, 6, weight)
    assert found[0, 1:3].tolist() == pytest.approx([1, 2])
    assert found[2, 3].isinf()
    # 0 -> 1 or 2 with equal chances, and both back: 1 + 2 + ... tries
    twice = torch.tensor([[0, 0, 0, 1, 2], [1, 1, 2, 0, 0]])
    assert float(hitting_time(twice[:, [0, 2, 3, 4]], 3)[0, 2]) == pytest.approx(3)
    one_way = torch.tensor([[0, 0, 0, 1, 2, 0], [1, 1, 2, 2, 0, 0]])  # 0 -> 1 -> 2 -> 0, 0 -> 2
    found = hitting_time(one_way, 3)
    assert float(found[0, 2]) == pytest.approx(1.5)
    assert float(found[0, 1]) == pytest.approx(3)


def test_bad_weights():
    with pytest.raises(ValueError, match="not negative"):
        hitting_time(torch.tensor([[0, 1], [1, 0]]), 2, torch.tensor([1.0, -1.0]))


def test_a_weak_one_way_arc_makes_a_graph_directed():
    """Against first-step equations, on a triangle with a detour too weak to see beside it."""
    edge_index = torch.tensor([[0, 1, 1, 2, 2, 0, 0, 3], [1, 0, 2, 1, 0, 2, 3, 2]])
    weight = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1e-11, 1e-11], dtype=torch.float64)
    found = hitting_time(edge_index, 4, weight)
    walk = torch.zeros(4, 4, dtype=torch.float64)
    walk[edge_index[0], edge_index[1]] = weight
    walk /= walk.sum(1, keepdim=True)
    eye, ones = torch.eye(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    for target in range(4):
        rest = [v for v in range(4) if v != target]
        steps = torch.linalg.solve(eye - walk[rest][:, rest], ones)
        torch.testing.assert_close(found[rest, target], steps, rtol=1e-4, atol=0)
