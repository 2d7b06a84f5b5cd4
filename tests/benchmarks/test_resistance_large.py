"""Resistance of all edges and of pairs on large sparse graphs, beside their peers.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_resistance_large.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

Each group holds one job done several ways: on a grid of 1e4 nodes, on a Delaunay triangulation of
1e5 (planar, like a road network), on a random graph of average degree 6, and on a grid of 1e6
nodes for ours alone. Where a peer is exact the values are asserted equal, where it estimates they
are asserted to be as close as it says. NetworKit is no dependency: without it its rows are skipped.
Times are CPU seconds of the process, since peers run on one thread here.
"""

import resource
import time

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.sparse.linalg import cg, splu
from scipy.spatial import Delaunay

from workbench.diagnostics import resistance_of_edges, resistance_of_pairs
from workbench.diagnostics.resistance.elimination import Elimination, plan
from workbench.graphs import grid
from workbench.topology import both_directions, simple_graph

pytestmark = pytest.mark.benchmark(timer=time.process_time)


def planar(num_nodes):
    points = np.random.default_rng(0).random((num_nodes, 2))
    corners = Delaunay(points).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    ends = np.unique(np.sort(sides, axis=1), axis=0)
    return both_directions(*torch.from_numpy(ends.astype(np.int64)).T), num_nodes


def random_graph(num_nodes):
    graph = nx.gnm_random_graph(num_nodes, 3 * num_nodes, seed=1)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    graph = nx.convert_node_labels_to_integers(graph)
    return both_directions(*torch.tensor(list(graph.edges)).T), graph.number_of_nodes()


def square(side):
    data = grid(side, side)
    return data.edge_index, data.num_nodes


GRAPHS = {
    "grid 1e4": lambda: square(100),
    "planar 1e5": lambda: planar(100_000),
    "grid 1e5": lambda: square(316),
    "grid 1e6": lambda: square(1000),
    "random 1e4": lambda: random_graph(10_000),
    "random 1e5": lambda: random_graph(100_000),
}


def networkit_graph(edge_index, num_nodes):
    networkit = pytest.importorskip("networkit", reason="networkit is not installed")
    networkit.setNumberOfThreads(1)
    graph = networkit.Graph(num_nodes)
    ends = edge_index[:, edge_index[0] < edge_index[1]]
    for u, v in ends.T.tolist():
        graph.addEdge(u, v)
    graph.indexEdges()
    return networkit, graph, ends


def grounded(edge_index, num_nodes):
    adjacency = simple_graph(edge_index, num_nodes).adjacency()
    degree = csr_array((adjacency.sum(axis=0), (np.arange(num_nodes),) * 2))
    return (degree - adjacency).tocsc()[1:, 1:]


def timed(benchmark, function, rounds=3, warmup=1):
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=warmup)


@pytest.mark.parametrize("name", ["grid 1e4", "planar 1e5", "grid 1e5", "grid 1e6", "random 1e4"])
def test_all_edges(benchmark, name):
    benchmark.group = f"all edges, {name}"
    edge_index, size = GRAPHS[name]()
    resistance_of_edges(*square(30))  # compiled
    rounds = 1 if size >= 1_000_000 else 3
    found = timed(
        benchmark, lambda: resistance_of_edges(edge_index, size), rounds, warmup=int(rounds > 1)
    )
    assert float(found.sum()) / 2 == pytest.approx(size - 1, rel=1e-12)  # Foster
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    benchmark.extra_info["peak GB of the process"] = peak


@pytest.mark.parametrize("tolerance", [0.1, 0.3])
def test_all_edges_of_a_large_random_graph(benchmark, tolerance):
    benchmark.group = "all edges, random 1e5, projected"
    edge_index, size = GRAPHS["random 1e5"]()
    found = timed(
        benchmark, lambda: resistance_of_edges(edge_index, size, tolerance=tolerance), 1, 0
    )
    assert float(found.sum()) / 2 == pytest.approx(size - 1, rel=0.1 * tolerance)
    few = torch.randperm(edge_index.size(1), generator=torch.Generator().manual_seed(0))[:64]
    exact = resistance_of_pairs(edge_index, size, edge_index[:, few], tolerance=1e-6)
    assert float(((found[few] / exact - 1).abs() <= tolerance).double().mean()) >= 0.95


@pytest.mark.parametrize("name", ["grid 1e4", "random 1e4"])
def test_all_edges_by_networkit_projection(benchmark, name):
    benchmark.group = f"all edges, {name}"
    edge_index, size = GRAPHS[name]()
    networkit, graph, ends = networkit_graph(edge_index, size)

    def peer():
        found = networkit.centrality.SpanningEdgeCentrality(graph, 0.3)
        found.runApproximation()
        return found.scores()

    scores = torch.tensor(timed(benchmark, peer, 1, 0), dtype=torch.float64)
    ids = torch.tensor([graph.edgeId(u, v) for u, v in ends.T.tolist()])
    exact = resistance_of_edges(edge_index, size)[edge_index[0] < edge_index[1]]
    assert float((scores[ids] / exact - 1).abs().mean()) < 0.3


@pytest.mark.parametrize("name", ["grid 1e4", "planar 1e5"])
def test_all_edges_by_networkit_spanning_trees(benchmark, name):
    benchmark.group = f"all edges, {name}"
    edge_index, size = GRAPHS[name]()
    networkit, graph, ends = networkit_graph(edge_index, size)

    def peer():
        found = networkit.centrality.ApproxSpanningEdge(graph, 0.1)
        found.run()
        return found.scores()

    scores = torch.tensor(timed(benchmark, peer, 1, 0), dtype=torch.float64)
    ids = torch.tensor([graph.edgeId(u, v) for u, v in ends.T.tolist()])
    exact = resistance_of_edges(edge_index, size)[edge_index[0] < edge_index[1]]
    assert float((scores[ids] - exact).abs().max()) < 0.1


@pytest.mark.parametrize("name", ["grid 1e4", "grid 1e5", "planar 1e5", "grid 1e6"])
@pytest.mark.parametrize("who", ["workbench", "splu MMD", "splu COLAMD"])
def test_pairs_after_the_factor(benchmark, name, who):
    edge_index, size = GRAPHS[name]()
    large = size >= 1_000_000
    if large and who != "workbench":
        pytest.skip("splu takes minutes and gigabytes at a million nodes")
    benchmark.group = f"100 pairs after the factor, {name}"
    random = np.random.default_rng(0)
    first, second = random.permutation(size)[:200].reshape(2, 100)
    if who == "workbench":
        graph = simple_graph(edge_index, size)
        elimination = Elimination(plan(graph.adjacency()))
        found = timed(benchmark, lambda: elimination.of_pairs(first, second))
        if not large:
            check = resistance_of_pairs(
                edge_index, size, torch.from_numpy(np.stack([first, second]))
            )
            np.testing.assert_allclose(found, check, rtol=1e-12)
        return
    order = "MMD_AT_PLUS_A" if who == "splu MMD" else "COLAMD"
    options = {"SymmetricMode": True} if who == "splu MMD" else {}
    factor = splu(grounded(edge_index, size), permc_spec=order, options=options)

    def peer():
        found = np.empty(100)
        for at, (u, v) in enumerate(zip(first, second, strict=True)):
            right = np.zeros(size)
            right[u], right[v] = 1.0, -1.0
            potential = np.zeros(size)
            potential[1:] = factor.solve(right[1:])
            found[at] = potential[u] - potential[v]
        return found

    found = timed(benchmark, peer, 1, 0)
    expected = resistance_of_pairs(edge_index, size, torch.from_numpy(np.stack([first, second])))
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("name", ["grid 1e5", "planar 1e5"])
@pytest.mark.parametrize("who", ["workbench", "splu MMD"])
def test_the_factor(benchmark, name, who):
    benchmark.group = f"the factor, {name}"
    edge_index, size = GRAPHS[name]()
    if who == "workbench":
        adjacency = simple_graph(edge_index, size).adjacency()
        timed(benchmark, lambda: Elimination(plan(adjacency)))
    else:
        matrix, options = grounded(edge_index, size), {"SymmetricMode": True}
        timed(benchmark, lambda: splu(matrix, permc_spec="MMD_AT_PLUS_A", options=options))


@pytest.mark.parametrize("who", ["workbench", "scipy CG with Jacobi"])
def test_pairs_of_a_large_random_graph(benchmark, who):
    benchmark.group = "64 pairs, random 1e5"
    edge_index, size = GRAPHS["random 1e5"]()
    pairs = torch.from_numpy(np.random.default_rng(0).permutation(size)[:128].reshape(2, 64))
    if who == "workbench":
        timed(benchmark, lambda: resistance_of_pairs(edge_index, size, pairs, tolerance=1e-8), 1)
        return
    adjacency = simple_graph(edge_index, size).adjacency()
    degree = adjacency.sum(axis=0)
    laplacian = csr_array((degree, (np.arange(size),) * 2)) - adjacency
    jacobi = csr_array((1.0 / degree, (np.arange(size),) * 2))

    def peer():
        found = np.empty(64)
        for at, (u, v) in enumerate(pairs.T.tolist()):
            right = np.zeros(size)
            right[u], right[v] = 1.0, -1.0
            potential, _ = cg(laplacian, right, rtol=1e-8, M=jacobi)
            found[at] = potential[u] - potential[v]
        return found

    found = timed(benchmark, peer, 1, 0)
    expected = resistance_of_pairs(edge_index, size, pairs, tolerance=1e-8)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
