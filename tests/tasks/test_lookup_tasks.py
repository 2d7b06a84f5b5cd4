"""Tasks of keys and values: what every label means, read from the features."""

import math

import pytest
import torch

from workbench.tasks import (
    bfs_pointers,
    clrs_pointers,
    dictionary_lookup,
    neighbor_recall,
    ring_transfer,
    two_radius_star,
)
from workbench.tasks.bfs_pointers import predecessors
from workbench.tasks.task import PARTS


def graphs(task):
    return [graph for part in PARTS for graph in getattr(task, part)]


@pytest.mark.parametrize("size", [4, 5])
def test_a_query_gets_the_value_beside_its_key_and_all_permutations_come(size):
    task = dictionary_lookup(size)
    seen = set()
    for graph in graphs(task):
        key, value = graph.x[:, :size].argmax(1), graph.x[:, size:].argmax(1)
        assert bool((value[:size] == size).all())
        for query in range(size):
            entry = size + int((key[size:] == key[query]).nonzero())
            assert int(graph.y[query]) == int(value[entry])
        assert set(map(tuple, graph.edge_index.T.tolist())) == {
            (entry, query) for entry in range(size, 2 * size) for query in range(size)
        }
        seen.add(tuple(graph.y[:size].tolist()))
    assert len(seen) == len(graphs(task)) == math.factorial(size)


def test_large_dictionaries_are_drawn():
    task = dictionary_lookup(9, num_graphs=50)
    assert len(graphs(task)) == 50
    assert task.chance == 1 / 9
    with pytest.raises(ValueError, match="size must be at least 2, got 1"):
        dictionary_lookup(1)


@pytest.mark.parametrize("variant", ["paper", "official"])
@pytest.mark.parametrize("centers", [0, 1, 3])
def test_a_node_tells_the_class_of_its_namesake(centers, variant):
    n, classes = 6, 4
    task = two_radius_star(
        n, num_centers=centers, num_classes=classes, train=5, val=2, test=2, variant=variant
    )
    for graph in graphs(task):
        name, told = graph.x[:, : n + centers].argmax(1), graph.x[:, n + centers :].argmax(1)
        assert sorted(name[:n].tolist()) == sorted(name[n + centers :].tolist()) == list(range(n))
        unknown = classes if variant == "paper" else classes - 1
        assert bool((told[n:] == unknown).all())
        assert graph.mask.nonzero().flatten().tolist() == list(range(n + centers, 2 * n + centers))
        for node in range(n + centers, 2 * n + centers):
            there = int((name[:n] == name[node]).nonzero())
            assert int(graph.y[node]) == int(told[there])
        degree = torch.bincount(graph.edge_index[0], minlength=graph.num_nodes)
        expected = [centers] * n + [2 * n] * centers + [centers] * n
        assert degree.tolist() == expected
    with pytest.raises(ValueError, match="num_leaves must be at least 2, got 1"):
        two_radius_star(1)


def test_the_key_that_is_asked_for_comes_a_layer_late():
    task = neighbor_recall(5, num_classes=3, train=20, val=5, test=5)
    for graph in graphs(task):
        key, told = graph.x[:, :6].argmax(1), graph.x[:, 6:].argmax(1)
        assert key.tolist()[3:] == [0, 1, 2, 3, 4]
        assert key.tolist()[:2] == [5, 5]
        assert told.tolist()[:3] == [3, 3, 3]
        assert int(graph.y[0]) == int(told[3 + int(key[2])])
        edges = set(map(tuple, graph.edge_index.T.tolist()))
        assert edges == {(v, u) for u, v in edges}
        assert {v for u, v in edges if u == 0} == {1, 3, 4, 5, 6, 7}
        assert {v for u, v in edges if u == 2} == {1}
    with pytest.raises(ValueError, match="must be at least 2, got 1 and 1"):
        neighbor_recall(1)


# ---- pointers ------------------------------------------------------------------------------------


def test_pointers_lead_to_the_source_by_the_least_neighbor_that_is_nearer():
    task = bfs_pointers(12, test_nodes=20, train=20, val=5, test=5)
    assert {graph.num_nodes for graph in task.test} == {20}
    assert task.chance == pytest.approx(1 / 20)
    for graph in graphs(task):
        size = graph.num_nodes
        source = int(graph.x[:, 1].argmax())
        hops = torch.full((size,), size)
        hops[source] = 0
        for _ in range(size):
            hops = hops.scatter_reduce(
                0, graph.edge_index[1], hops[graph.edge_index[0]] + 1, "amin", include_self=True
            )
        for node in range(size):
            around = graph.edge_index[0, graph.edge_index[1] == node].tolist()
            nearer = [u for u in around if hops[u] == hops[node] - 1 and hops[node] < size]
            assert int(graph.y[node]) == (min(nearer) if nearer else node)


def test_bfs_of_the_benchmark_points_as_ours(data_root):
    task = clrs_pointers(str(data_root / "clrs" / "bfs.npz"))
    assert [len(getattr(task, part)) for part in PARTS] == [300, 32, 100]
    for graph in task.train[:50] + task.test[:20]:
        source = int(graph.x[:, 1].argmax())
        assert torch.equal(predecessors(graph.edge_index, graph.num_nodes, source), graph.y)


@pytest.mark.parametrize(
    "name", ["dijkstra", "bellman_ford", "mst_prim", "topological_sort", "dfs"]
)
def test_pointers_of_the_benchmark_are_edges_or_the_node_itself(data_root, name):
    task = clrs_pointers(str(data_root / "clrs" / f"{name}.npz"))
    graph = task.val[3]
    edges = set(map(tuple, graph.edge_index.T.tolist()))
    assert graph.edge_attr.shape == (graph.num_edges, 1)
    if name == "topological_sort":  # an order, not a path
        assert sorted(graph.y.tolist()) != list(range(graph.num_nodes))
        return
    assert all(int(u) == v or (int(u), v) in edges for v, u in enumerate(graph.y))


def test_what_points_not_from_nodes_is_refused(data_root):
    with pytest.raises(ValueError, match="none of its outputs is pi, topo, scc_id"):
        clrs_pointers(str(data_root / "clrs" / "bridges.npz"))
    with pytest.raises(ValueError, match="needs at least 2 nodes, got 1"):
        bfs_pointers(1)
    with pytest.raises(ValueError, match="probability must be from 0 to 1, got 2"):
        bfs_pointers(5, probability=2.0)


def test_the_ring_comes_in_the_sizes_of_three_papers():
    for name, sizes in (
        ("bodnar", [5000, 500, 500]),
        ("gutteridge", [1600, 200, 200]),
        ("di_giovanni", [5000, 500, 500]),
    ):
        task = ring_transfer(10, published=name)
        assert [len(getattr(task, part)) for part in PARTS] == sizes
    assert len(ring_transfer(10, published="gutteridge", train=10).train) == 10
