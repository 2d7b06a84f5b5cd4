"""Resistance of all pairs, its total, and chosen pairs, beside their peers.

Run by name, not collected by default:

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks/test_resistance.py -o addopts="" \\
        --benchmark-group-by=group --benchmark-columns=min,median,rounds

Each group holds one job done several ways on a connected random graph of average degree 6 (a grid
for the pairs). The tests assert that the results are equal; times are for reading. "LAPACK" is
dpotrf and dpotri in place on a matrix that is there already: the limit of the machine.
"""

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse.linalg import splu

from workbench.diagnostics import (
    approximate_total_resistance,
    effective_resistance,
    resistance_of_pairs,
    total_resistance,
)
from workbench.graphs import grid
from workbench.topology import both_directions, simple_graph


def random_graph(num_nodes):
    graph = nx.gnm_random_graph(num_nodes, 3 * num_nodes, seed=1)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    return nx.convert_node_labels_to_integers(graph)


def edges_of(graph):
    return both_directions(*torch.tensor(list(graph.edges)).T), graph.number_of_nodes()


def laplacian(edge_index, num_nodes):
    adjacency = simple_graph(edge_index, num_nodes).adjacency().toarray()
    return np.diag(adjacency.sum(0)) - adjacency


def from_inverse(inverse):
    diagonal = inverse.diagonal()
    return diagonal[:, None] + diagonal - 2 * inverse


def timed(benchmark, function, rounds=5):
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=1)


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("num_nodes", [300, 1000, 2000])
@pytest.mark.parametrize("who", ["workbench", "LAPACK", "torch.pinv", "torch.pinv hermitian"])
def test_all_pairs(benchmark, num_nodes, who):
    benchmark.group = f"all pairs, {num_nodes} nodes"
    edge_index, size = edges_of(random_graph(num_nodes))
    matrix = laplacian(edge_index, size)
    expected = effective_resistance(edge_index, size)
    if who == "workbench":
        close(timed(benchmark, lambda: effective_resistance(edge_index, size)), expected)
    elif who == "LAPACK":

        def in_place(fresh):
            factor, _ = dpotrf(fresh, lower=1, clean=0, overwrite_a=1)
            return dpotri(factor, lower=1, overwrite_c=1)[0]

        shifted = np.asfortranarray(matrix + 1.0 / size)
        lower = benchmark.pedantic(in_place, setup=lambda: ((shifted.copy("F"),), {}), rounds=5)
        close(from_inverse(np.tril(lower) + np.tril(lower, -1).T), expected)
    elif who == "torch.pinv" and num_nodes > 1000:
        pytest.skip("a singular value decomposition of 2,000 nodes takes a minute")
    else:
        tensor, hermitian = torch.from_numpy(matrix), who.endswith("hermitian")
        rounds = 2 if num_nodes > 1000 else 3
        inverse = timed(
            benchmark, lambda: torch.linalg.pinv(tensor, hermitian=hermitian), rounds=rounds
        )
        close(from_inverse(inverse), expected)


@pytest.mark.parametrize("num_nodes", [300, 1000])
def test_all_pairs_by_networkx(benchmark, num_nodes):
    benchmark.group = f"all pairs, {num_nodes} nodes"
    graph = random_graph(num_nodes)
    found = benchmark.pedantic(lambda: nx.resistance_distance(graph), rounds=1, iterations=1)
    size = graph.number_of_nodes()
    matrix = [[found[u][v] for v in range(size)] for u in range(size)]
    close(matrix, effective_resistance(*edges_of(graph)))


@pytest.mark.parametrize("who", ["workbench", "networkx", "workbench, exact or estimated"])
def test_total(benchmark, who):
    benchmark.group = "total resistance, 2000 nodes"
    graph = random_graph(2000)
    edge_index, size = edges_of(graph)
    expected = float(total_resistance(edge_index, size))
    if who == "workbench":
        assert float(timed(benchmark, lambda: total_resistance(edge_index, size))) == expected
    elif who == "networkx":
        found = timed(benchmark, lambda: nx.effective_graph_resistance(graph), rounds=3)
        assert found == pytest.approx(expected, rel=1e-8)
    else:
        found = timed(benchmark, lambda: approximate_total_resistance(edge_index, size))
        off = abs(float(found.value) - expected)
        assert off < 6 * float(found.standard_error) + 1e-9 * expected


@pytest.mark.parametrize("who", ["workbench", "scipy.splu"])
def test_twenty_pairs_of_a_large_grid(benchmark, who):
    benchmark.group = "20 pairs of a 100,000-node grid, factor and solves"
    data = grid(250, 400)
    pairs = torch.randint(0, 100_000, (2, 20), generator=torch.Generator().manual_seed(0))

    def peer():
        adjacency = simple_graph(data.edge_index, 100_000).adjacency().tocsc()
        matrix = (-adjacency).tolil()
        matrix.setdiag(np.asarray(adjacency.sum(0)).ravel())
        factor = splu(matrix.tocsc()[1:, 1:])
        right = np.zeros((100_000, 20))
        right[pairs[0], np.arange(20)], right[pairs[1], np.arange(20)] = 1.0, -1.0
        potential = np.zeros_like(right)
        potential[1:] = factor.solve(right[1:])
        return (right * potential).sum(0)

    expected = resistance_of_pairs(data.edge_index, 100_000, pairs)
    if who == "workbench":
        found = timed(
            benchmark, lambda: resistance_of_pairs(data.edge_index, 100_000, pairs), rounds=3
        )
    else:
        found = timed(benchmark, peer, rounds=2)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-7)
