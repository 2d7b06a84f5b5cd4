"""Curvatures of all edges, beside the dense formulation of a released code and GraphRicciCurvature.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_curvature.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

The peer of balanced Forman curvature multiplies whole matrices and looks at every node for every
edge, compiled by numba, as the published code does (with its loop mended: it stopped each row at
the first non-neighbor). It is written here from the formula. That of Forman and Ollivier curvatures
is GraphRicciCurvature, in one process and on one thread; it is no dependency, and without it its
rows are skipped. Values are asserted equal; times are for reading.
"""

import networkx as nx
import numpy as np
import pytest
import torch
from numba import njit

from workbench.diagnostics import (
    approximate_weighted_forman,
    augmented_forman,
    balanced_forman,
    forman,
    node_resistance_curvature,
    ollivier_ricci,
    resistance_curvature,
    weighted_forman,
)
from workbench.graphs import grid
from workbench.topology import both_directions


@njit
def dense_loop(adjacency, squared, into, out):
    size = adjacency.shape[0]
    result = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            if adjacency[i, j] == 0:
                continue
            high, low = max(into[i], out[j]), min(into[i], out[j])
            if low == 0:
                continue
            sharp, most = 0.0, 0.0
            for k in range(size):
                for value in (
                    adjacency[k, j] * (squared[i, k] - adjacency[i, k]),
                    adjacency[i, k] * (squared[k, j] - adjacency[k, j]),
                ):
                    if value > 0:
                        sharp += 1
                        most = max(most, value)
            result[i, j] = 2 / high + 2 / low - 2 + (2 / high + 1 / low) * squared[i, j]
            if most > 0:
                result[i, j] += sharp / (high * most)
    return result


def dense(edge_index, num_nodes):
    adjacency = np.zeros((num_nodes, num_nodes))
    adjacency[edge_index[0], edge_index[1]] = 1.0
    return dense_loop(adjacency, adjacency @ adjacency, adjacency.sum(0), adjacency.sum(1))


def random_graph(num_nodes):
    graph = nx.gnm_random_graph(num_nodes, 3 * num_nodes, seed=1)
    return both_directions(*torch.tensor(list(graph.edges)).T)


def timed(benchmark, function, rounds):
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=1)


@pytest.mark.parametrize("who", ["workbench", "dense"])
@pytest.mark.parametrize("num_nodes", [200, 1000, 3000])
def test_official_kernel(benchmark, num_nodes, who):
    benchmark.group = f"balanced Forman, official, {num_nodes} nodes"
    edge_index = random_graph(num_nodes)
    expected = balanced_forman(edge_index, num_nodes, variant="official")
    if who == "workbench":
        found = timed(
            benchmark, lambda: balanced_forman(edge_index, num_nodes, variant="official"), 20
        )
    else:
        found = timed(benchmark, lambda: dense(edge_index, num_nodes), 3)
        found = found[edge_index[0], edge_index[1]]
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("num_nodes", [1000, 3000, 100_000])
def test_paper(benchmark, num_nodes):
    benchmark.group = f"balanced Forman, paper, {num_nodes} nodes"
    edge_index = random_graph(num_nodes)
    found = timed(benchmark, lambda: balanced_forman(edge_index, num_nodes), 5)
    assert bool((found > -2).all())


def test_paper_on_a_large_grid(benchmark):
    benchmark.group = "balanced Forman, paper, grid of 100,000 nodes"
    data = grid(250, 400)
    found = timed(benchmark, lambda: balanced_forman(data.edge_index, 100_000), 5)
    assert found.numel() == data.num_edges


def peer_values(graph, solver, key, edge_index):
    solver.compute_ricci_curvature()
    return torch.tensor([solver.G[u][v][key] for u, v in edge_index.T.tolist()]).double()


@pytest.mark.parametrize("who", ["workbench", "GraphRicciCurvature"])
@pytest.mark.parametrize("method", ["1d", "augmented"])
def test_forman(benchmark, method, who):
    benchmark.group = f"Forman, {method}, 3000 nodes"
    edge_index = random_graph(3000)
    function = {"1d": forman, "augmented": augmented_forman}[method]
    if who == "workbench":
        timed(benchmark, lambda: function(edge_index, 3000), 20)
        return
    peer = pytest.importorskip("GraphRicciCurvature.FormanRicci", reason="the peer is absent")
    graph = nx.Graph(edge_index.T.tolist())
    solver = peer.FormanRicci(graph, method=method)
    timed(benchmark, solver.compute_ricci_curvature, 3)
    found = peer_values(graph, solver, "formanCurvature", edge_index)
    torch.testing.assert_close(function(edge_index, 3000), found)


@pytest.mark.parametrize("who", ["workbench", "GraphRicciCurvature"])
@pytest.mark.parametrize("num_nodes", [200, 1000, 3000])
def test_ollivier(benchmark, num_nodes, who):
    benchmark.group = f"Ollivier, alpha 0, {num_nodes} nodes"
    edge_index = random_graph(num_nodes)
    if who == "workbench":
        timed(benchmark, lambda: ollivier_ricci(edge_index, num_nodes), 10)
        return
    peer = pytest.importorskip("GraphRicciCurvature.OllivierRicci", reason="the peer is absent")
    graph = nx.Graph(edge_index.T.tolist())
    largest = graph.subgraph(max(nx.connected_components(graph), key=len))
    solver = peer.OllivierRicci(nx.Graph(largest), alpha=0.0, method="OTD", proc=1)
    timed(benchmark, solver.compute_ricci_curvature, 1)
    inside = torch.tensor([int(u) in largest for u in edge_index[0]])
    found = peer_values(graph, solver, "ricciCurvature", edge_index[:, inside])
    torch.testing.assert_close(ollivier_ricci(edge_index, num_nodes)[inside], found)


LARGE = {
    "random": lambda: random_graph(33_333),
    "grid": lambda: grid(223, 224).edge_index,
    "preferential": lambda: attached(33_333, 3),
    "preferential, degree 40": lambda: attached(5_000, 20),
}


def attached(num_nodes, edges):
    graph = nx.barabasi_albert_graph(num_nodes, edges, seed=0)
    return both_directions(*torch.tensor(list(graph.edges)).T)


@pytest.mark.parametrize("which", LARGE)
@pytest.mark.parametrize(
    "function",
    [
        forman,
        augmented_forman,
        lambda *graph: augmented_forman(*graph, max_cycle=4),
        weighted_forman,
        approximate_weighted_forman,
        balanced_forman,
        ollivier_ricci,
        lambda *graph: ollivier_ricci(*graph, alpha="lin-lu-yau"),
        resistance_curvature,
        node_resistance_curvature,
    ],
    ids=[
        "forman",
        "AF3",
        "AF4",
        "WAF3",
        "WAF3 by MinHash",
        "BFC",
        "ORC",
        "LLY",
        "resistance",
        "resistance of nodes",
    ],
)
def test_hundred_thousand_edges(benchmark, function, which):
    benchmark.group = f"1e5 edges, {which}"
    edge_index = LARGE[which]()
    num_nodes = int(edge_index.max()) + 1
    timed(benchmark, lambda: function(edge_index, num_nodes), 2)


@pytest.mark.parametrize("function", [forman, weighted_forman, approximate_weighted_forman])
def test_five_million_edges(benchmark, function):
    benchmark.group = "5e6 edges, random"
    ends = torch.randint(1_000_000, (2, 5_000_000), generator=torch.Generator().manual_seed(0))
    ends = torch.unique(ends.sort(0).values[:, ends[0] != ends[1]], dim=1)
    edge_index = both_directions(*ends)
    benchmark.pedantic(lambda: function(edge_index, 1_000_000), rounds=1, iterations=1)
