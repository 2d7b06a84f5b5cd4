"""Balanced Forman curvature of all edges, beside the dense formulation of the released code.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_curvature.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

The peer multiplies whole matrices and looks at every node for every edge, compiled by numba, as the
published code does (with its loop mended: it stopped each row at the first non-neighbor). It is
written here from the formula. Values are asserted equal; times are for reading.
"""

import networkx as nx
import numpy as np
import pytest
import torch
from numba import njit

from workbench.diagnostics import balanced_forman
from workbench.graphs import grid
from workbench.graphs.edges import both_directions


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
