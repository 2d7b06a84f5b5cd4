import pytest
import torch

from workbench.topology import (
    DirectedGraphError,
    both_directions,
    check_edge_index,
    components,
    simple_graph,
)


def pairs(*edges):
    return torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T


def as_set(edges):
    return set(zip(edges.source.tolist(), edges.target.tolist(), strict=True))


def test_both_directions_is_sorted_and_holds_each_edge_twice():
    edge_index = both_directions(torch.tensor([2, 0]), torch.tensor([1, 2]))
    assert edge_index.tolist() == [[0, 1, 2, 2], [2, 2, 0, 1]]


def test_both_directions_are_sorted_up_to_the_last_node():
    edge_index = both_directions(torch.tensor([3, 1, 3]), torch.tensor([1, 0, 2]))
    assert edge_index.tolist() == [[0, 1, 1, 2, 3, 3], [1, 0, 3, 3, 1, 2]]
    assert both_directions(torch.tensor([1]), torch.tensor([0])).tolist() == [[0, 1], [1, 0]]


def test_both_directions_of_nothing():
    assert both_directions(*torch.zeros(2, 0, dtype=torch.int64)).shape == (2, 0)


def test_undirected_edges_are_sorted_pairs_without_loops_or_repeats():
    edge_index = pairs((3, 1), (1, 3), (0, 0), (1, 0), (0, 1), (1, 0), (0, 1))
    edges = simple_graph(edge_index, 5)
    assert edges.source.tolist() == [0, 1]
    assert edges.target.tolist() == [1, 3]
    assert edges.weight.tolist() == [1.0, 1.0]
    assert edges.num_edges == 2


def test_repeats_with_weights_are_parallel_conductors():
    edge_index = pairs((0, 1), (1, 0), (0, 1), (1, 0))
    edges = simple_graph(edge_index, 2, torch.tensor([2.0, 2.0, 3.0, 3.0]))
    assert edges.weight.tolist() == [2.0 + 3.0]


def test_weight_zero_is_no_edge():
    edges = simple_graph(pairs((0, 1), (1, 0)), 2, torch.zeros(2))
    assert edges.num_edges == 0


def test_degree_and_adjacency_agree():
    edge_index = pairs((0, 1), (1, 0), (1, 2), (2, 1))
    edges = simple_graph(edge_index, 4, torch.tensor([2.0, 2.0, 0.5, 0.5]))
    assert edges.degree().tolist() == [2.0, 2.5, 0.5, 0.0]
    dense = edges.adjacency().toarray()
    assert (dense == dense.T).all()
    assert dense.sum(axis=1).tolist() == edges.degree().tolist()


def test_every_view_of_a_graph_tells_of_the_same_conductances():
    """Two components with weights that name the edges: 10 u + v."""
    low = torch.tensor([0, 0, 1, 2, 4, 5, 4])
    high = torch.tensor([3, 6, 6, 3, 5, 7, 7])
    edge_index = both_directions(low, high)
    name = 10.0 * edge_index.min(0).values + edge_index.max(0).values
    graph = simple_graph(edge_index, 9, name.double())
    assert graph.weight.tolist() == (10.0 * graph.source + graph.target).tolist()
    assert graph.edge_index().equal(edge_index)
    assert graph.edge_weight().equal(name.double())
    start, node, edge, weight = graph.neighbors
    assert start[-1] == node.size == 14
    for v in range(9):
        for at in range(start[v], start[v + 1]):
            u = int(node[at])
            assert weight[at] == 10 * min(u, v) + max(u, v) == graph.conductance[edge[at]]
    parts = list(graph.parts())
    assert [nodes.tolist() for nodes, _ in parts] == [[0, 1, 2, 3, 6], [4, 5, 7]]
    for nodes, part in parts:
        low, high = nodes[part.source], nodes[part.target]
        assert part.weight.tolist() == (10.0 * low + high).tolist()


def test_a_missing_direction_is_named():
    with pytest.raises(ValueError, match=r"directed: of nodes 2 and 4 .*to_undirected"):
        simple_graph(pairs((0, 1), (1, 0), (2, 4)), 5)


def test_two_weights_of_one_edge_are_named():
    with pytest.raises(ValueError, match=r"edge \(\d, \d\) has weight"):
        simple_graph(pairs((0, 1), (1, 0)), 2, torch.tensor([1.0, 2.0]))


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_two_weights_of_one_edge_are_one_up_to_rounding(scale):
    """What a sum of a hundred thousand terms may lose, in another order, makes no other weight;
    what differs in the eighth digit, as in single precision, does; and that at any unit."""
    ends = pairs((0, 1), (1, 0))
    weight = torch.full((2,), scale, dtype=torch.float64)
    for factor in (1.0 + 1e-11, 1.0 - 1e-11):
        same = torch.tensor([1.0, factor], dtype=torch.float64)
        assert simple_graph(ends, 2, weight * same).num_edges == 1
    for factor in (1.0 + 1e-8, 1.0 - 1e-8):
        with pytest.raises(DirectedGraphError, match="has weight"):
            simple_graph(ends, 2, weight * torch.tensor([1.0, factor], dtype=torch.float64))


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_conductance_is_refused(weight):
    with pytest.raises(ValueError, match="conductances"):
        simple_graph(pairs((0, 1), (1, 0)), 2, torch.full((2,), weight))


@pytest.mark.parametrize(
    ("edge_index", "num_nodes", "error", "message"),
    [
        (torch.zeros(2, 1), 1, TypeError, "float32"),
        ([[0], [0]], 1, TypeError, "list"),
        (torch.zeros(1, 2, dtype=torch.int64), 1, ValueError, r"\[1, 2\]"),
        (torch.zeros(2, dtype=torch.int64), 1, ValueError, r"\[2, edges\], got \[2\]"),
        (torch.tensor([[0], [3]]), 3, ValueError, "nodes 0 to 3, outside 0 to 2"),
        (torch.tensor([[-1], [0]]), 3, ValueError, "nodes -1 to 0"),
        (torch.zeros(2, 0, dtype=torch.int64), -1, ValueError, "-1"),
    ],
)
def test_what_is_no_edge_index_is_refused(edge_index, num_nodes, error, message):
    # jaxtyping's check would come first in the test run
    check = getattr(check_edge_index, "__wrapped__", check_edge_index)
    with pytest.raises(error, match=message):
        check(edge_index, num_nodes)


def test_components_count_isolated_nodes_and_ignore_direction():
    assert components(pairs((3, 1), (4, 5)), 6).tolist() == [0, 1, 2, 1, 3, 3]
    assert components(pairs(), 0).tolist() == []
    assert components(pairs(), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("times", [127, 128, 255, 256, 512])
def test_components_do_not_lose_an_edge_by_repeating_it(times):
    assert components(pairs(*[(0, 1)] * times), 3).tolist() == [0, 0, 1]


def test_permuting_the_nodes_permutes_the_edges():
    generator = torch.Generator().manual_seed(0)
    edge_index = both_directions(*torch.randint(20, (2, 40), generator=generator))
    order = torch.randperm(20, generator=generator)
    moved = {
        (min(u, v), max(u, v))
        for u, v in (
            (int(order[a]), int(order[b])) for a, b in as_set(simple_graph(edge_index, 20))
        )
    }
    assert as_set(simple_graph(order[edge_index], 20)) == moved
